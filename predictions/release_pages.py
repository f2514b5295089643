"""What the page of a report shows of its pairs: words, figures, slides as points, the wall."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from predictions import crops, pair_words
from predictions.changed_hands import FALSE_FINDING, LESION
from predictions.models import Report
from slides.models import Slide
from slides.templatetags.words import rounded

MOST_FALSE = 120  # of each kind on the wall at a time; lesions are never cut
MOST_IN_VIEW = 24  # of each part of the wall until more is asked for
LEAST_WIDTH_L0 = 3000  # level-0 px that a viewer shows at least
# What can be plotted of a slide: name, whether it lies in 0..1.
MEASURES: dict[str, tuple[str | Promise, bool]] = {
    "dice": ("Dice", True),
    "recall": (_("Recall of cells"), True),
    "precision": (_("Precision of cells"), True),
    "specificity": (_("Specificity of cells"), True),
    "iou": ("IoU", True),
    "roc_auc": (_("ROC-AUC of cells"), True),
    "pr_auc": (_("PR-AUC of cells"), True),
    "score": (_("Highest probability"), True),
    "lesions": (_("Share of lesions found"), True),
    "false_findings": (_("False findings"), False),
}
# Parts of the wall, what is dearest first: kind, change, size class.
PARTS = [
    *(
        (LESION, change, size)
        for change in ("lost", "gained")
        for size in ("macro", "micro", "itc")
    ),
    (FALSE_FINDING, "gained", ""),
    (FALSE_FINDING, "lost", ""),
]


@dataclass(frozen=True)
class Pair:
    """One pair of versions as a page shows it. first, second: {pk, name, threshold}."""

    report: Report
    figures: Mapping[str, Any]
    first: Mapping[str, Any]
    second: Mapping[str, Any]

    @property
    def sentences(self) -> list[str]:
        return pair_words.sentences(self.figures, self.first["name"], self.second["name"])


def pairs_of(report: Report) -> list[Pair]:
    return [
        Pair(report, one, _version(report, one["a"]), _version(report, one["b"]))
        for one in report.results.get("pairs", [])
    ]


def _version(report: Report, pk: int) -> dict[str, Any]:
    told = report.results["versions"][str(pk)]
    return {"pk": pk, "name": told["name"], "threshold": told["threshold"]}


def context(report: Report, asked: str = "") -> dict[str, Any]:
    """For templates: all pairs, and the asked one, or the first, with all that is known of it.

    asked: the key of the second version, as addresses have it.
    """
    pairs = pairs_of(report)
    if not pairs:
        return {"pairs": []}
    shown = next((one for one in pairs if str(one.second["pk"]) == asked), pairs[0])
    slides = _slides(shown)
    scatter = _scatter(shown, slides)
    if scatter["measures"]:
        _shown(slides, scatter["measures"][0]["key"])
    return {
        "pairs": pairs,
        "pair": shown,
        "pair_figures": figure_rows(shown),
        "pair_tests": test_rows(shown),
        "pair_slides": slides,
        "scatter": scatter,
        "wall": _wall(shown, slides),
        "in_view": MOST_IN_VIEW,
    }


# Figures ---------------------------------------------------------------------


def figure_rows(pair: Pair) -> list[dict[str, Any]]:
    return [
        {
            "name": pair_words.FIGURES[name],
            "figure": figure,
            "difference": None if figure["value"] is None else pair_words.signed(figure["value"]),
            "edges": [pair_words.signed(figure[edge]) for edge in ("low", "high")]
            if figure["low"] is not None
            else None,
            "words": pair_words.verdict_words(figure),
        }
        for name, figure in pair.figures["figures"].items()
    ]


def test_rows(pair: Pair) -> list[dict[str, Any]]:
    names = pair.first["name"], pair.second["name"]
    return [
        {
            "name": pair_words.TESTS[name],
            "test": test,
            "words": pair_words.mcnemar_words(test, *names),
        }
        for name, test in pair.figures["mcnemar"].items()
    ]


# Slides ----------------------------------------------------------------------


def _slides(pair: Pair) -> list[dict[str, Any]]:
    """Each slide under both versions, with what changes hands on it and where to look at it."""
    versions = pair.report.results["versions"]
    sides = [versions[str(one["pk"])]["slides"] for one in (pair.first, pair.second)]
    counts = _counts(pair)
    there = set(Slide.objects.ready().filter(pk__in=counts).values_list("pk", flat=True))
    told = []
    for first, second in zip(*sides, strict=True):
        predictions = first["prediction"], second["prediction"]
        own = counts.get(first["slide"], {})
        told.append(
            {
                "slide": first["slide"],
                "name": first["name"],
                "patient": first["patient"],
                "has_tumour": first["has_tumour"],
                "values": {
                    name: [_value(one, name) for one in (first, second)] for name in MEASURES
                },
                "counts": {
                    f"{kind}_{change}": own.get((kind, change), 0)
                    for kind in (LESION, FALSE_FINDING)
                    for change in ("gained", "lost")
                },
                "predictions": predictions,
                "address": _compared(first["slide"], predictions),
                "is_there": first["slide"] in there,
            }
        )
    return told


def _counts(pair: Pair) -> dict[int, dict[tuple[str, str], int]]:
    told: dict[int, dict[tuple[str, str], int]] = {
        one["slide"]: {} for one in pair.report.inputs["slides"]
    }
    for _place, change in changes_of(pair):
        own = told.setdefault(change["slide"], {})
        key = change["kind"], change["change"]
        own[key] = own.get(key, 0) + 1
    return told


def _value(entry: Mapping[str, Any], name: str) -> float | None:
    if name in ("score", "false_findings"):
        is_left_out = name == "false_findings" and entry["froc_reason"]
        return None if is_left_out else entry[name]
    if name == "lesions":
        counted = [one for one in entry["lesions"] if one["size_class"] != "itc"]
        return sum(one["is_found"] for one in counted) / len(counted) if counted else None
    return entry["figures"].get(name, {}).get("value")


def _shown(slides: Sequence[dict[str, Any]], measure: str) -> None:
    """Put what the table says before a script asks for another measure."""
    for one in slides:
        first, second = one["values"][measure]
        known = first is not None and second is not None
        one["shown"] = {
            "first": first,
            "second": second,
            "difference": pair_words.signed(second - first) if known else None,
        }


def _scatter(pair: Pair, slides: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For the script: which measures there are, and each slide's values under both versions."""
    measures = [
        {"key": key, "name": str(name), "isShare": is_share}
        for key, (name, is_share) in MEASURES.items()
        if any(None not in one["values"][key] for one in slides)
    ]
    keys = ("slide", "name", "values")
    points = [{key: one[key] for key in keys} | {"hasTumour": one["has_tumour"]} for one in slides]
    names = [pair.first["name"], pair.second["name"]]
    return {"versions": names, "measures": measures, "slides": points}


# The wall --------------------------------------------------------------------


def changes_of(pair: Pair) -> list[tuple[int, dict[str, Any]]]:
    """Changes of this pair, each with its place among all of the report."""
    both = [pair.first["pk"], pair.second["pk"]]
    every = enumerate(pair.report.results.get("changes", []))
    return [(place, one) for place, one in every if one["pair"] == both]


def _wall(pair: Pair, slides: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Parts of the wall that hold anything: kind, change, size class, n, members."""
    told = []
    for kind, change, size in PARTS:
        own = _part(pair, kind, change, size)
        shown = own[:MOST_FALSE] if kind == FALSE_FINDING else own
        if own:
            head = {"kind": kind, "change": change, "size_class": size}
            members = _members(pair, shown, slides)
            told.append(head | {"n": len(own), "more": len(own) - len(shown), "members": members})
    return told


def wall_page(
    report: Report, asked: str, change: str, start: int, chosen: Collection[int] = ()
) -> dict[str, Any]:
    """For templates: the next false findings of a part of the wall, the surest first.

    chosen: keys of slides, of which all that follow are told; else as many as come at a time.
    """
    pairs = pairs_of(report)
    if not pairs:
        return {"members": []}
    pair = next((one for one in pairs if str(one.second["pk"]) == asked), pairs[0])
    left = _part(pair, FALSE_FINDING, change)[start:]
    left = [one for one in left if one[2]["slide"] in chosen] if chosen else left[:MOST_FALSE]
    return {"report": report, "pair": pair, "members": _members(pair, left, _slides(pair))}


def _part(
    pair: Pair, kind: str, change: str, size: str = ""
) -> list[tuple[int, int, dict[str, Any]]]:
    """Changes of one part of the wall: the rank of each in it, its place in the report, itself."""
    own = [
        (place, one)
        for place, one in changes_of(pair)
        if (one["kind"], one["change"]) == (kind, change) and size in ("", one["size_class"])
    ]
    if kind == FALSE_FINDING:
        own.sort(key=lambda row: -max(row[1]["confidences"]))
    return [(rank, *row) for rank, row in enumerate(own)]


def _members(
    pair: Pair,
    part: Sequence[tuple[int, int, dict[str, Any]]],
    slides: Sequence[Mapping[str, Any]],
) -> list[dict[str, Any]]:
    by_slide = {one["slide"]: one for one in slides}
    mpps = {one["slide"]: one.get("mpp") for one in pair.report.inputs["slides"]}
    return [
        _member(pair, place, one, by_slide[one["slide"]], mpps.get(one["slide"])) | {"rank": rank}
        for rank, place, one in part
    ]


def _member(
    pair: Pair, place: int, change: Mapping[str, Any], slide: Mapping[str, Any], mpp: float | None
) -> dict[str, Any]:
    left, top, right, bottom = change["box_l0"]
    width = max(3 * (right - left), 3 * (bottom - top), LEAST_WIDTH_L0)
    look = {"x": (left + right) / 2, "y": (top + bottom) / 2, "w": width}
    return {
        **change,
        "place": place,
        "size": length(change["diameter_um"]),
        "is_there": slide["is_there"],
        "frame": crops.window(tuple(change["box_l0"]), mpp).frame,
        "px": crops.CROP_PX,
        "address": _compared(change["slide"], slide["predictions"], look),
        "agreement": _agreement(change["slide"], slide["predictions"], look),
    }


def length(um: float | None) -> str:
    if um is None:
        return ""
    return f"{rounded(um / 1000, 2)} mm" if um >= 1000 else f"{rounded(um, 0)} µm"


def _compared(
    slide: int, predictions: Sequence[int], look: Mapping[str, float] | None = None
) -> str:
    """The page with two linked viewers, both at the place.

    Place, zoom, turn and layers are linked; each viewer keeps the threshold of its own reading.
    """
    asked = urlencode({"slide": slide, "a": predictions[0], "b": predictions[1]})
    side = f"/{_place(look)}&l=tp" if look else ""
    return f"{reverse('compare')}?{asked}#k=pzrl&on=1{2 * side}"


def _agreement(slide: int, predictions: Sequence[int], look: Mapping[str, float]) -> str:
    """The slide with the layer that says where both call tumour, and where only one of them."""
    both = urlencode({"p": predictions[0], "q": predictions[1]})
    return f"{reverse('slide', args=[slide])}#{_place(look)}&l=tv&{both}"


def _place(look: Mapping[str, float]) -> str:
    return "&".join(f"{name}={value:.0f}" for name, value in look.items())
