"""The cockpit as its page has it: lesions and slides in the order they are lost in, with places to
look at, and all numbers once, for the browser to count with."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from predictions.cockpit import FIT, Cockpit, bases_of
from predictions.lesions import SIZE_CLASSES
from predictions.operating_points import (
    Entry,
    ReviewTime,
    in_lesion_figures,
    of_known_class,
)
from slides.models import Slide
from slides.templatetags.words import rounded

LEAST_WIDTH_L0 = 2000.0
EDGES = ("sensitivity", "false_per_slide", "tumour_slides", "normal_slides")


def shown(cockpit: Cockpit, review: ReviewTime | None = None) -> dict[str, Any]:
    """Context of the page."""
    review = review or ReviewTime()
    table = cockpit.table(review)
    lesions = _lesions(cockpit)
    slides = _slides(cockpit)
    return {
        "cockpit": cockpit,
        "report": cockpit.report,
        "n": cockpit.counts(),
        "bases": bases_of(cockpit),
        "all_slides": (whole := len(cockpit.figures["slides"])),
        "left_out": whole - len(cockpit.entries) if cockpit.basis == FIT else 0,
        "versions": [
            {"pk": pk, "name": cockpit.report.results["versions"][str(pk)]["name"]}
            for pk in cockpit.report.order
        ],
        "lesions": lesions,
        "slides": slides,
        "table": table,
        "review": review,
        "numbers": _numbers(cockpit, table, lesions, slides),
    }


def _lesions(cockpit: Cockpit) -> list[dict[str, Any]]:
    """By size, the largest first: each lesion, the surest first."""
    there = _there(cockpit)
    told = []
    for name in reversed(SIZE_CLASSES):
        own = [
            {
                **one,
                "name": each["name"],
                "slide": each["slide"],
                "length": f"{rounded(one['diameter_um'] / 1000, 2)} mm",
                "is_found": 0 < one["confidence"] >= cockpit.threshold,
                "address": _place(each, one) if each["slide"] in there else "",
            }
            for each in in_lesion_figures(cockpit.entries)
            for one in each["lesions"]
            if one["size_class"] == name
        ]
        own.sort(key=lambda one: (-one["confidence"], -one["diameter_um"]))
        told.append({"size_class": name, "n": len(own), "members": own})
    return told


def _slides(cockpit: Cockpit) -> dict[str, list[dict[str, Any]]]:
    """Tumour slides and normal slides, the surest first; those of which nothing was assessed last.

    A slide of which nothing was assessed is called at no threshold.
    """
    there = _there(cockpit)
    every = [
        {
            "name": one["name"],
            "score": -1.0 if one["score"] is None else one["score"],
            "node_class": one["node_class"],
            "has_tumour": one["has_tumour"],
            "is_called": one["is_called"],
            "address": _slide(one) if one["slide"] in there else "",
        }
        for one in of_known_class(cockpit.entries)
    ]
    every.sort(key=lambda one: -one["score"])
    return {
        "tumour": [one for one in every if one["has_tumour"]],
        "normal": [one for one in every if not one["has_tumour"]],
    }


def _there(cockpit: Cockpit) -> set[int]:
    keys = [one["slide"] for one in cockpit.entries]
    return set(Slide.objects.ready().filter(pk__in=keys).values_list("pk", flat=True))


def _place(entry: Entry, lesion: Mapping[str, Any]) -> str:
    left, top, right, bottom = lesion["box_l0"]
    width = max(2 * (right - left), 2 * (bottom - top), LEAST_WIDTH_L0)
    look = {"x": lesion["x"], "y": lesion["y"], "w": round(width), "p": entry["prediction"]}
    return f"{reverse('slide', args=[entry['slide']])}#{urlencode(look)}"


def _slide(entry: Entry) -> str:
    return f"{reverse('slide', args=[entry['slide']])}#p={entry['prediction']}"


def _numbers(
    cockpit: Cockpit,
    table: Sequence[Mapping[str, Any]],
    lesions: Sequence[Mapping[str, Any]],
    slides: Mapping[str, Sequence[Mapping[str, Any]]],
) -> dict[str, Any]:
    """For the script: confidences, highest first, and at each threshold the edges of figures."""
    counted = in_lesion_figures(cockpit.entries)
    false = sorted((one for each in counted for one in each["false_positives"]), reverse=True)
    return {
        "threshold": cockpit.threshold,
        "floor": cockpit.floor,
        "slides": len(counted),
        "false": false,
        "lesions": {
            one["size_class"]: [each["confidence"] for each in one["members"]] for one in lesions
        },
        "scores": {kind: [one["score"] for one in own] for kind, own in slides.items()},
        "stops": [row["threshold"] for row in table],
        "edges": {
            name: [[row[name]["found"], *_rounded(row[name])] for row in table] for name in EDGES
        },
        "rates": [row["false_per_slide"]["value"] for row in table],
    }


def _rounded(figure: Mapping[str, Any]) -> list[float | None]:
    return [None if figure[edge] is None else round(figure[edge], 4) for edge in ("low", "high")]
