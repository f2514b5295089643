"""Two versions over the same slides: what changes hands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.froc import SlideHits
from predictions.lesions import SIZE_CLASSES, TruthLesion
from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights, two_sided_p


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


def paired_share(
    first: np.ndarray,
    second: np.ndarray,
    total: np.ndarray,
    patients: Sequence[str],
    has_tumour: Sequence[bool],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """The share of second less that of first, of the same things, with an interval.

    first, second, total: (slides,) counts; both shares are of all slides together. patients of
    the answer: how many carry the figure. Without anything there is no value.
    """
    figure: dict[str, Any] = {"value": None, "low": None, "high": None, "p": None}
    carriers = {one for one, n in zip(patients, total, strict=True) if n}
    figure |= {"n": int(total.sum()), "patients": len(carriers)}
    if not total.sum():
        return figure
    shares = [float(one.sum() / total.sum()) for one in (first, second)]
    figure |= {"value": shares[1] - shares[0], "first": shares[0], "second": shares[1]}
    if len(carriers) < 2:
        return figure | {"interval_reason": TOO_FEW}
    weights = slide_weights(patients, has_tumour, draws=draws, seed=seed)
    drawn = divided(weights @ (second - first), weights @ total)
    low, high = interval(drawn) or (None, None)
    return figure | {"low": low, "high": high, "p": two_sided_p(drawn)}
