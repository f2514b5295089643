"""Two versions over the same slides: how the second differs from the first.

Every figure is second less first on the very same slides, with n, and an interval that resamples
patients where there are enough of them.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from predictions.changed_hands import (
    FALSE_FINDING,
    LESION,
    Pairs,
    counted,
    false_finding_changes,
    lesion_changes,
)
from predictions.comparing import paired_mean, paired_share
from predictions.froc import paired_difference
from predictions.lesions import SIZE_CLASSES
from predictions.ranking import mcnemar, paired_delong
from predictions.report_figures import Terms, in_froc, ranked
from predictions.report_slides import PEAK_RADIUS_UM, UNKNOWN_MPP, SlideReading
from predictions.resampling import TOO_FEW

PER_SLIDE = ("recall", "precision", "specificity", "dice", "iou", "roc_auc", "pr_auc")
LOWER_IS_BETTER = ("false_per_slide", "fp_per_cm2")
NO_COUNTED_LESION = "no lesion counts here; isolated tumour cells never do"
NO_SLIDE = "no slide of this kind"
# Of five that all point one way a sign test still says p = 0.06: no draws make that certain.
ENOUGH_PATIENTS = 6
ALIKE = "they differ nowhere, or alike everywhere, so draws say nothing"
DoesCount = Callable[[SlideReading], bool]


def pair_results(
    first: Sequence[SlideReading], second: Sequence[SlideReading], terms: tuple[Terms, Terms]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The figures of a pair, ready for JSON, and every lesion and false finding that changes hands.

    first, second: the same slides in the same order; raises ValueError otherwise.
    terms: of the first and of the second; rules, draws and seed are the first's.
    """
    pairs = list(zip(first, second, strict=True))
    for one, other in pairs:
        if one.truth != other.truth:
            raise ValueError(f"{one.truth.name}, {other.truth.name}: not the same slide and truth")
    changes = lesion_changes(pairs, terms) + false_finding_changes(pairs, terms)
    figures = {
        "slide_auc": _slide_auc(first, second, terms[0]),
        "froc": _froc(first, second, terms[0]),
        "lesion_sensitivity": _lesion_sensitivity(pairs, terms),
        "false_per_slide": _false_per_slide(pairs, terms),
        **_per_slide(first, second, terms[0]),
    }
    told = {
        "thresholds": [one.threshold for one in terms],
        "n": _sizes(first),
        "lesions": _lesion_counts(changes, first),
        "false_findings": _false_counts(changes, pairs, terms),
        "figures": {name: one | {"verdict": verdict(name, one)} for name, one in figures.items()},
        "mcnemar": {"lesions": _mcnemar_lesions(pairs, terms), **_mcnemar_slides(pairs, terms)},
    }
    return told, changes


def verdict(name: str, figure: Mapping[str, Any]) -> str:
    """better, worse, unclear, too_few or unknown: what the interval of second less first says.

    too_few: draws of under six patients give an interval, but one that is too narrow to trust.
    """
    low, high = figure.get("low"), figure.get("high")
    if figure["value"] is None or low is None or high is None:
        return "unknown"
    if figure["patients"] < ENOUGH_PATIENTS:
        return "too_few"
    if low <= 0 <= high:
        return "unclear"
    return "better" if (low > 0) != (name in LOWER_IS_BETTER) else "worse"


def _sizes(readings: Sequence[SlideReading]) -> dict[str, int]:
    return {
        "slides": len(readings),
        "tumour_slides": sum(one.truth.has_tumour for one in readings),
        "patients": len({one.truth.patient for one in readings}),
        "tumour_patients": len({one.truth.patient for one in readings if one.truth.has_tumour}),
        "lesion_slides": len(in_froc(readings)),
    }


# Figures ---------------------------------------------------------------------


def _slide_auc(
    first: Sequence[SlideReading], second: Sequence[SlideReading], terms: Terms
) -> dict[str, Any]:
    members, labels, scores = ranked(first, terms)
    told = paired_delong(labels, scores, ranked(second, terms)[2])
    edges = {"low": None, "high": None, "p": None, "unit": "slides"}
    patients = min(_patients(members, labels), _patients(members, ~labels))
    told = edges | told | {"tumour_slides": int(labels.sum()), "patients": patients}
    if told["value"] is not None and patients < 2:
        told |= {"low": None, "high": None, "p": None, "interval_reason": TOO_FEW}
    return told | {"method": "delong"}


def _patients(readings: Sequence[SlideReading], does_carry: np.ndarray) -> int:
    """How many patients carry a figure; of the slide AUC, in the smaller class."""
    pairs = zip(readings, does_carry, strict=True)
    return len({one.truth.patient for one, does in pairs if does})


def _froc(
    first: Sequence[SlideReading], second: Sequence[SlideReading], terms: Terms
) -> dict[str, Any]:
    able = in_froc(first)
    sides = [[one.hits for one in in_froc(side) if one.hits] for side in (first, second)]
    told = paired_difference(*sides, draws=terms.draws, seed=terms.seed)
    blank = {"low": None, "high": None, "p": None, "n": 0, "unit": "lesions", "method": "draws"}
    patients = _patients(able, np.array([len(_numbers(one)) for one in able]))
    return sure(blank | told | {"patients": patients})


def _per_slide(
    first: Sequence[SlideReading], second: Sequence[SlideReading], terms: Terms
) -> dict[str, dict[str, Any]]:
    """Means over slides of the figures of their cells; only slides that have both count."""
    told = {}
    for name in (*PER_SLIDE, "fp_per_cm2"):
        values = [np.array([_stored(one, name) for one in side]) for side in (first, second)]
        told[name] = _mean(values[0], values[1], first, terms)
    return told


def _mean(
    first: np.ndarray, second: np.ndarray, readings: Sequence[SlideReading], terms: Terms
) -> dict[str, Any]:
    told = paired_mean(
        first,
        second,
        [one.truth.patient for one in readings],
        [one.truth.has_tumour for one in readings],
        draws=terms.draws,
        seed=terms.seed,
    )
    known = np.isfinite(first) & np.isfinite(second)
    if known.any():
        told |= {"first": float(first[known].mean()), "second": float(second[known].mean())}
    return sure(told | {"method": "draws", "patients": _patients(readings, known)})


def sure(told: dict[str, Any]) -> dict[str, Any]:
    """Draws that are all alike give no interval: they would claim what nobody can know."""
    if told.get("low") is not None and told["low"] == told["high"]:
        return told | {"low": None, "high": None, "p": None, "interval_reason": ALIKE}
    return told


def _stored(reading: SlideReading, name: str) -> float:
    value = reading.metrics.get("figures", {}).get(name, {}).get("value")
    return float("nan") if value is None else float(value)


def _lesion_sensitivity(pairs: Pairs, terms: tuple[Terms, Terms]) -> dict[str, Any]:
    """Of all lesions that count, the share found at the operating points."""
    able = counted(pairs)
    total = np.array([len(_numbers(one)) for one, _ in able], float)
    found = [
        np.array([sum(_found(pair[side], cut.threshold).values()) for pair in able], float)
        for side, cut in enumerate(terms)
    ]
    return _share(found, total, [one for one, _ in able], terms[0], "lesions")


def _share(
    found: Sequence[np.ndarray],
    total: np.ndarray,
    readings: Sequence[SlideReading],
    terms: Terms,
    unit: str,
) -> dict[str, Any]:
    """Difference of two shares of the same things, each (slides,) a count."""
    told = paired_share(
        found[0],
        found[1],
        total,
        [one.truth.patient for one in readings],
        [one.truth.has_tumour for one in readings],
        draws=terms.draws,
        seed=terms.seed,
    ) | {"unit": unit, "method": "draws"}
    if told["value"] is None:
        return told | {"reason": NO_COUNTED_LESION if unit == "lesions" else NO_SLIDE}
    return sure(told)


def _false_per_slide(pairs: Pairs, terms: tuple[Terms, Terms]) -> dict[str, Any]:
    able = counted(pairs)
    counts = [
        np.array([_false_count(pair[side], cut.threshold) for pair in able], float)
        for side, cut in enumerate(terms)
    ]
    return _mean(counts[0], counts[1], [one for one, _ in able], terms[0])


def _false_count(reading: SlideReading, threshold: float) -> int:
    return 0 if reading.hits is None else int((reading.hits.false_positives >= threshold).sum())


# McNemar ---------------------------------------------------------------------


def _mcnemar_lesions(pairs: Pairs, terms: tuple[Terms, Terms]) -> dict[str, Any]:
    rows: tuple[list[bool], list[bool]] = ([], [])
    for pair in counted(pairs):
        for side, cut in enumerate(terms):
            rows[side].extend(_found(pair[side], cut.threshold).values())
    told = mcnemar(np.array(rows[0], bool), np.array(rows[1], bool)) | {"unit": "lesions"}
    return told if rows[0] else told | {"p": None, "reason": NO_COUNTED_LESION}


def _mcnemar_slides(pairs: Pairs, terms: tuple[Terms, Terms]) -> dict[str, dict[str, Any]]:
    """Whether each slide is called rightly: all of them, those with tumour, normal ones.

    A slide without an outline whose truth is not exhaustive is neither and left out.
    """
    kinds: Mapping[str, DoesCount] = {
        "slides": lambda one: one.truth.has_tumour or one.truth.is_exhaustive,
        "tumour_slides": lambda one: one.truth.has_tumour,
        "normal_slides": lambda one: one.truth.is_exhaustive and not one.truth.has_tumour,
    }
    return {name: _of_kind(pairs, terms, does_count) for name, does_count in kinds.items()}


def _of_kind(pairs: Pairs, terms: tuple[Terms, Terms], does_count: DoesCount) -> dict[str, Any]:
    own = [pair for pair in pairs if does_count(pair[0])]
    right = [
        np.array([_is_right(pair[side], cut.threshold) for pair in own], bool)
        for side, cut in enumerate(terms)
    ]
    told = mcnemar(*right)
    if not own:
        return told | {"p": None, "reason": NO_SLIDE}
    counts = [one.astype(float) for one in right]
    readings = [one for one, _ in own]
    told["difference"] = _share(counts, np.ones(len(own)), readings, terms[0], "slides")
    return told


def _is_right(reading: SlideReading, threshold: float) -> bool:
    is_called = reading.score is not None and reading.score >= np.float32(threshold)
    return bool(is_called) == reading.truth.has_tumour


# Counts ----------------------------------------------------------------------


def _numbers(reading: SlideReading) -> list[int]:
    """Numbers of the lesions that count."""
    return [one.number for one in reading.truth.lesions or () if not one.is_itc]


def _found(reading: SlideReading, threshold: float) -> dict[int, bool]:
    scores = reading.confidences
    return {
        number: scores.get(number, 0.0) > 0 and scores.get(number, 0.0) >= threshold
        for number in _numbers(reading)
    }


def _lesion_counts(
    changes: Sequence[Mapping[str, Any]], readings: Sequence[SlideReading]
) -> dict[str, Any]:
    """Lesions that count, and by size class all; isolated tumour cells never count.

    uncounted: those on slides whose truth is not exhaustive.
    """
    whole = in_froc(readings)
    slides = {one.truth.pk for one in whole}
    lesions = [one for one in changes if one["kind"] == LESION]
    own = [one for one in lesions if one["slide"] in slides]
    told: dict[str, Any] = _both([one for one in own if one["is_counted"]])
    told["n"] = sum(len(_numbers(one)) for one in whole)
    told["by_size_class"] = {
        name: _both([one for one in own if one["size_class"] == name])
        | {"n": sum(len(_of_size(one, name)) for one in whole)}
        for name in SIZE_CLASSES
    }
    told["uncounted"] = _both([one for one in lesions if one["slide"] not in slides])
    if all(one.truth.lesions is None for one in readings):
        told["reason"] = UNKNOWN_MPP
    return told


def _of_size(reading: SlideReading, name: str) -> list[int]:
    return [one.number for one in reading.truth.lesions or () if one.size_class == name]


def _both(changes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    return {name: sum(one["change"] == name for one in changes) for name in ("gained", "lost")}


def _false_counts(
    changes: Sequence[Mapping[str, Any]], pairs: Pairs, terms: tuple[Terms, Terms]
) -> dict[str, Any]:
    able = counted(pairs)
    totals = [
        sum(_false_count(pair[side], cut.threshold) for pair in able)
        for side, cut in enumerate(terms)
    ]
    told = _both([one for one in changes if one["kind"] == FALSE_FINDING])
    return told | {
        "first": totals[0],
        "second": totals[1],
        "n": len(able),
        "unit": "slides",
        "reach_um": PEAK_RADIUS_UM,
    }
