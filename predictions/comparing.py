"""Two versions over the same slides, and one version at every threshold: what changes hands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.froc import SlideHits
from predictions.lesions import SIZE_CLASSES, TruthLesion
from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights, two_sided_p

MAX_POINTS = 200


@dataclass(frozen=True)
class LesionChange:
    """A lesion that one of two versions finds. confidences: of the first and of the second."""

    slide: str
    number: int
    is_gained: bool
    confidences: tuple[float, float]


def lesion_changes(
    first: Sequence[SlideHits], second: Sequence[SlideHits], thresholds: tuple[float, float]
) -> list[LesionChange]:
    """Lesions that the second version finds and the first does not, and the other way round.

    thresholds: of the first and of the second. Both have to be of the same slides and truths, in
    the same order; raises ValueError otherwise.
    """
    changes = []
    for one, other in zip(first, second, strict=True):
        if one.name != other.name or not np.array_equal(one.numbers, other.numbers):
            raise ValueError(f"{one.name} and {other.name}: not the same slide with the same truth")
        for number, *both in zip(one.numbers, one.lesions, other.lesions, strict=True):
            found = [
                score > 0 and score >= cut for score, cut in zip(both, thresholds, strict=True)
            ]
            if found[0] != found[1]:
                pair = float(both[0]), float(both[1])
                changes.append(LesionChange(one.name, int(number), bool(found[1]), pair))
    return changes


def found_by_size_class(
    slide: SlideHits, lesions: Sequence[TruthLesion], threshold: float
) -> dict[str, dict[str, int]]:
    """Of one slide's lesions of each size that counts: how many there are, how many are found."""
    found = slide.numbers[(slide.lesions > 0) & (slide.lesions >= threshold)]
    told = {name: {"n": 0, "found": 0} for name in SIZE_CLASSES if name != "itc"}
    for one in lesions:
        if not one.is_itc:
            told[one.size_class]["n"] += 1
            told[one.size_class]["found"] += int(one.number in found)
    return told


def paired_mean(
    first: np.ndarray,
    second: np.ndarray,
    patients: Sequence[str],
    has_tumour: Sequence[bool],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """The mean over slides of second less first, with an interval that resamples patients.

    first, second: (slides,) a figure of each slide, NaN where it does not exist; only slides that
    have both count, and n says how many those are.
    """
    difference = np.asarray(second, float) - np.asarray(first, float)
    is_known = np.isfinite(difference)
    figure: dict[str, Any] = {"value": None, "low": None, "high": None, "p": None, "unit": "slides"}
    figure["n"] = int(is_known.sum())
    if not is_known.any():
        return figure | {"reason": "no slide has this figure of both versions"}
    figure["value"] = float(difference[is_known].mean())
    if len({one for one, known in zip(patients, is_known, strict=True) if known}) < 2:
        return figure | {"interval_reason": TOO_FEW}
    weights = slide_weights(patients, has_tumour, draws=draws, seed=seed)
    drawn = divided(weights @ np.where(is_known, difference, 0), weights @ is_known.astype(float))
    low, high = interval(drawn) or (None, None)
    return figure | {"low": low, "high": high, "p": two_sided_p(drawn)}


# One version at every threshold ----------------------------------------------


@dataclass(frozen=True)
class ReviewTime:
    """What looking at a slide takes, and at each finding in it."""

    seconds_per_slide: float
    seconds_per_finding: float


def operating_table(
    slides: Sequence[SlideHits],
    size_classes: Sequence[Sequence[str]],
    review: ReviewTime,
    *,
    max_points: int = MAX_POINTS,
) -> list[dict[str, Any]]:
    """What each threshold costs and gives, from the highest confidence to the lowest.

    size_classes: of each slide's lesions that count, in their order. Each row: threshold, lesions
    found and lost, lost by size class, sensitivity (None without lesions), false positives per
    slide, minutes of review of a slide. At most max_points thresholds, spread over the findings.
    """
    scores = np.concatenate([np.zeros(0), *(one.lesions for one in slides)])
    classes = np.array([name for names in size_classes for name in names], dtype=str)
    if len(classes) != len(scores):
        raise ValueError(f"{len(classes)} size classes for {len(scores)} lesions; give one each")
    false = np.sort(np.concatenate([np.zeros(0), *(one.false_positives for one in slides)]))
    found = {name: np.sort(scores[(classes == name) & (scores > 0)]) for name in SIZE_CLASSES}
    totals = {name: int(np.count_nonzero(classes == name)) for name in SIZE_CLASSES}
    cuts = np.unique(np.concatenate([false, scores[scores > 0]]))[::-1]
    if len(cuts) > max_points:
        cuts = cuts[np.linspace(0, len(cuts) - 1, max_points).astype(int)]
    return [_operating_row(cut, found, totals, false, (len(slides), review)) for cut in cuts]


def _operating_row(
    cut: float,
    found: Mapping[str, np.ndarray],
    totals: Mapping[str, int],
    false: np.ndarray,
    terms: tuple[int, ReviewTime],
) -> dict[str, Any]:
    slides, review = terms
    own = {name: _at_or_above(scores, cut) for name, scores in found.items()}
    hits, total, alarms = sum(own.values()), sum(totals.values()), _at_or_above(false, cut)
    seconds = review.seconds_per_slide + review.seconds_per_finding * (hits + alarms) / slides
    return {
        "threshold": float(cut),
        "found": hits,
        "lost": total - hits,
        "lost_by_size_class": {name: totals[name] - own[name] for name in own},
        "sensitivity": hits / total if total else None,
        "false_positives_per_slide": alarms / slides,
        "minutes_per_slide": seconds / 60,
    }


def _at_or_above(rising: np.ndarray, cut: float) -> int:
    return int(len(rising) - np.searchsorted(rising, cut, side="left"))
