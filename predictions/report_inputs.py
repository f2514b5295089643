"""What a report is made of, down to the checksum; and whether that is still so."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from predictions.components import MERGE_UM
from predictions.models import Prediction, Report
from predictions.origin import NotPredicted, exposures, prediction_key
from predictions.report_slides import PEAK_RADIUS_UM, PEAK_STOP
from predictions.resampling import DRAWS
from slides.models import Annotation, Slide
from training import calibration
from training.models import ModelVersion

SUBSETS = ("test", "development", "unseen", "all")
DEFINITION = 1  # of the figures: another one makes another report
REASONS = {
    "not_ready": "the slide is not ready",
    "without_truth": "no truth: import an annotation, or declare the slide free of tumour",
    "seen": "seen in training by a version, or used to choose it",
    "unknown_mpp": "um per px is unknown: give it on the slide's page, then read the slide",
    "without_prediction": "not read at this tissue bar: run a prediction first",
}


@dataclass(frozen=True)
class Wish:
    """What a report is asked for. groups: by slide name, what is known of it beyond its file."""

    versions: Sequence[ModelVersion]
    subset: str
    tissue_bar: float
    itc_slides: str = "negative"
    groups: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def gather(wish: Wish) -> dict[str, Any]:
    """The inputs of a report as they are now. Only slides that every version has read count, so
    that versions can be held against each other; who is left out is named with the reason.

    Raises NotPredicted where no slide is left, and at a subset that does not exist.
    """
    slides = _slides(wish.subset)
    truths = latest_truths(slide.pk for slide in slides)
    done = _done(wish)
    seen = {version.pk: exposures(slides, version) for version in wish.versions}
    members, excluded = [], []
    for slide in slides:
        rows = {version.pk: done.get((slide.pk, version.pk)) for version in wish.versions}
        code, lacking = _left_out(slide, truths.get(slide.pk), rows, seen, wish)
        if code:
            told = {"slide": slide.pk, "name": slide.name, "code": code, "reason": REASONS[code]}
            excluded.append(told | {"versions": lacking})
        else:
            members.append(_member(slide, truths[slide.pk], rows, seen, wish))
    if not members:
        raise NotPredicted(_nothing_left(wish, excluded))
    return {
        "rules": _rules(wish),
        "versions": {str(version.pk): _version(version) for version in wish.versions},
        "slides": members,
        "excluded": excluded,
    }


def checksum(inputs: Mapping[str, Any]) -> str:
    """SHA-256 of inputs, however a database has ordered their keys."""
    return hashlib.sha256(json.dumps(inputs, sort_keys=True).encode()).hexdigest()


def latest_truths(slides: Iterable[int]) -> dict[int, Annotation]:
    """The latest truth of each slide by its key, without its regions; in one query."""
    rows = Annotation.objects.filter(slide__in=list(slides)).defer("regions")
    return {row.slide_id: row for row in rows.order_by("slide_id", "revision")}


def _slides(subset: str) -> list[Slide]:
    slides = Slide.objects.order_by("name", "pk")
    if subset in Slide.Subset.values:
        slides = slides.with_subset(subset)
    elif subset not in SUBSETS:
        raise NotPredicted(f"subset {subset!r} is none of {', '.join(SUBSETS)}", "bad_input")
    return list(slides)


def _done(wish: Wish) -> dict[tuple[int, int], Prediction]:
    """By slide and version, the done prediction at the tissue bar and the slide's um/px."""
    rows = Prediction.objects.filter(
        version__in=wish.versions, status=Prediction.Status.DONE
    ).select_related("slide")
    versions = {version.pk: version for version in wish.versions}
    return {
        (row.slide_id, row.version_id): row
        for row in rows
        if row.key == prediction_key(row.slide, versions[row.version_id], wish.tissue_bar)
    }


def _left_out(
    slide: Slide,
    truth: Annotation | None,
    rows: Mapping[int, Prediction | None],
    seen: Mapping[int, Mapping[int, str]],
    wish: Wish,
) -> tuple[str, list[int]]:
    """Why a slide is left out, empty if it is not, and the versions for which that holds."""
    unread = [pk for pk, row in rows.items() if row is None]
    known = [pk for pk in rows if seen[pk][slide.pk] != Prediction.Exposure.UNSEEN]
    if not slide.is_ready:
        return "not_ready", []
    if truth is None:
        return "without_truth", []
    if wish.subset == "unseen" and known:
        return "seen", known
    if unread:
        return ("unknown_mpp" if slide.mpp is None else "without_prediction"), unread
    return "", []


def _member(
    slide: Slide,
    truth: Annotation,
    rows: Mapping[int, Prediction | None],
    seen: Mapping[int, Mapping[int, str]],
    wish: Wish,
) -> dict[str, Any]:
    return {
        "slide": slide.pk,
        "name": slide.name,
        "patient": slide.patient,
        "sha256": slide.sha256,
        "mpp": slide.mpp,
        "is_synthetic": slide.is_synthetic,
        "annotation": truth.pk,
        "truth_revision": truth.revision,
        "truth_checksum": truth.checksum,
        "is_exhaustive": truth.is_exhaustive,
        "groups": dict(wish.groups.get(slide.name, {})),
        "predictions": {
            str(pk): {
                "prediction": row.pk,
                "map_sha256": row.map_sha256,
                "exposure": seen[pk][slide.pk],
            }
            for pk, row in rows.items()
            if row is not None
        },
    }


def _version(version: ModelVersion) -> dict[str, Any]:
    return {
        "name": version.name,
        "architecture": version.architecture,
        "weights_sha256": version.weights_sha256,
        "mpp": version.mpp,
        "patch_px": version.patch_px,
        "threshold": version.threshold,
        "threshold_source": version.threshold_source,
        "tumour_bar": version.tumour_bar,
        "calibration": calibration.named(version.calibration),
        "is_synthetic": version.is_synthetic,
    }


def _rules(wish: Wish) -> dict[str, Any]:
    return {
        "definition": DEFINITION,
        "subset": wish.subset,
        "tissue_bar": wish.tissue_bar,
        "itc_slides": wish.itc_slides,
        "merge_um": MERGE_UM,
        "peak_radius_um": PEAK_RADIUS_UM,
        "peak_stop": PEAK_STOP,
        "draws": DRAWS,
        "seed": 0,
    }


def _nothing_left(wish: Wish, excluded: Sequence[Mapping[str, Any]]) -> str:
    names = ", ".join(version.name for version in wish.versions)
    counts = {code: sum(one["code"] == code for one in excluded) for code in REASONS}
    why = "; ".join(f"{n} {code.replace('_', ' ')}" for code, n in counts.items() if n)
    return (
        f"no slide of {wish.subset!r} has a truth and a prediction by {names} at a tissue bar of "
        f"{wish.tissue_bar:g}; predict slides first ({why or 'there are no slides'})"
    )


# Still so? -------------------------------------------------------------------


@dataclass(frozen=True)
class _Now:
    """What is now of what reports are made of; each by key."""

    truths: Mapping[int, int]
    maps: Mapping[int, str]
    mpps: Mapping[int, float | None]
    versions: Mapping[int, tuple[float, str]]


def changes(reports: Sequence[Report]) -> dict[int, list[dict[str, str]]]:
    """By key of a report, what it was made of and is no longer so: {name, what}.

    Four queries, however many reports. what: truth, map, mpp, threshold or gone.
    """
    slides = {one["slide"] for report in reports for one in report.inputs.get("slides", [])}
    predictions = {
        row["prediction"]
        for report in reports
        for one in report.inputs.get("slides", [])
        for row in one["predictions"].values()
    }
    versions = {int(pk) for report in reports for pk in report.inputs.get("versions", {})}
    latest = Annotation.objects.filter(slide__in=slides).values_list("slide")
    now = _Now(
        truths=dict(latest.annotate(Max("revision")).order_by()),
        maps=dict(Prediction.objects.filter(pk__in=predictions).values_list("pk", "map_sha256")),
        mpps=dict(Slide.objects.filter(pk__in=slides).values_list("pk", "mpp")),
        versions={
            pk: (threshold, weights)
            for pk, threshold, weights in ModelVersion.objects.filter(pk__in=versions).values_list(
                "pk", "threshold", "weights_sha256"
            )
        },
    )
    return {report.pk: _changes(report.inputs, now) for report in reports}


def _changes(inputs: Mapping[str, Any], now: _Now) -> list[dict[str, str]]:
    told = []
    for pk, version in inputs.get("versions", {}).items():
        found = now.versions.get(int(pk))
        if found is None:
            told.append({"name": version["name"], "what": "gone"})
        elif found != (version["threshold"], version["weights_sha256"]):
            told.append({"name": version["name"], "what": "threshold"})
    for slide in inputs.get("slides", []):
        if what := _change(slide, now):
            told.append({"name": slide["name"], "what": what})
    return told


def _change(slide: Mapping[str, Any], now: _Now) -> str:
    if slide["slide"] not in now.mpps:
        return "gone"
    if now.truths.get(slide["slide"]) != slide["truth_revision"]:
        return "truth"
    if now.mpps[slide["slide"]] != slide["mpp"]:
        return "mpp"
    rows = slide["predictions"].values()
    is_same = all(now.maps.get(row["prediction"]) == row["map_sha256"] for row in rows)
    return "" if is_same else "map"
