"""Lesion FROC as the CAMELYON16 organisers define it, with intervals that resample patients.

Each detection on a lesion raises that lesion's confidence to its own, further ones add nothing;
on an ITC lesion it counts for nothing; anywhere else it is a false positive. The curve has one
point for each distinct confidence but the lowest, and (0, 0); a lesion that was missed, and an
ITC lesion, have confidence 0, which is one of them. Rates are per slide, normal ones included.
The score is the mean sensitivity at six rates, read off the curve by straight lines; beyond its
end the curve keeps its last value.

The organisers' script counts the result files it finds. Here a slide without one is missing: it
stays in both denominators. The script keeps lesions' confidences in single precision; here they
stay as they came, so that a tie is a tie.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from predictions.resampling import (
    DRAWS,
    TOO_FEW,
    band,
    divided,
    interval,
    slide_weights,
    two_sided_p,
)

RATES = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
CHUNK = 100  # draws at a time: 20,000 findings then take 16 MB a table
CURVE_POINTS = 400
BAND_RATES = np.concatenate([np.arange(0, 1, 1 / 32), np.arange(1, 8.01, 1 / 8)])
NO_LESION = "no lesion counts here; isolated tumour cells never do"


@dataclass(frozen=True)
class SlideHits:
    """What a slide's detections found.

    false_positives: (n,) confidences. lesions: (m,) the highest confidence on each lesion that
    counts, 0 where missed; numbers: (m,) their labels. itc: lesions that do not count.
    is_missing: no result was given for the slide. places: (n, 2) x, y in level-0 px of the false
    positives, where they are known.
    """

    name: str
    patient: str
    false_positives: np.ndarray
    lesions: np.ndarray
    numbers: np.ndarray
    itc: int = 0
    is_missing: bool = False
    places: np.ndarray | None = None

    @property
    def is_tumour(self) -> bool:
        return bool(len(self.lesions) or self.itc)


@dataclass(frozen=True)
class Curve:
    """rates: (n,) false positives per slide, never falling, from 0. sensitivity: (n,).

    thresholds: (n,) the confidence from which on detections count; infinity at (0, 0).
    """

    rates: np.ndarray
    sensitivity: np.ndarray
    thresholds: np.ndarray

    def at(self, rates: Sequence[float] | np.ndarray) -> np.ndarray:
        """Sensitivity at these rates, by straight lines; the last value beyond the curve's end."""
        return np.interp(rates, self.rates, self.sensitivity)

    @property
    def score(self) -> float:
        return float(self.at(RATES).mean())


def slide_hits(
    name: str,
    detections: np.ndarray | None,
    labels: np.ndarray,
    itc_numbers: Iterable[int] = (),
    *,
    scale: float,
    patient: str = "",
) -> SlideHits:
    """Sort a slide's detections into hits and false positives.

    detections: (n, 3) confidence, x, y in level-0 px; None if no result was given. labels:
    (rows, columns) of the truth's lesions, all 0 on a normal slide; scale: level-0 px per px of
    them. A coordinate is cut off to the px it lies in, never rounded; what lies in the part px
    beyond the last whole one is looked up in that, and there is nothing farther out. Raises
    ValueError at a coordinate below 0 and at a confidence that is no number.
    """
    found = np.zeros((0, 3)) if detections is None else np.asarray(detections, np.float64)
    found = found.reshape(-1, 3)
    _check(found, name)
    hit = _looked_up(found, labels, scale)
    count = int(labels.max(initial=0))
    best = np.zeros(count + 1)
    np.maximum.at(best, hit, found[:, 0])
    itc = sorted(set(itc_numbers))
    present = np.unique(labels)
    numbers = np.setdiff1d(present[present > 0], itc)
    return SlideHits(
        name=name,
        patient=patient or name,
        false_positives=found[hit == 0, 0],
        lesions=best[numbers],
        numbers=numbers,
        itc=len(itc),
        is_missing=detections is None,
        places=found[hit == 0, 1:],
    )


def _check(found: np.ndarray, name: str) -> None:
    if not np.isfinite(found).all() or (found < 0).any():
        row = int(np.flatnonzero(~np.isfinite(found).all(axis=1) | (found < 0).any(axis=1))[0])
        raise ValueError(
            f"{name}: detection {row + 1} is {found[row].tolist()}; expected confidence, x, y, "
            "all finite and not below 0"
        )


def _looked_up(found: np.ndarray, labels: np.ndarray, scale: float) -> np.ndarray:
    columns, rows = (np.floor(found[:, axis] / scale).astype(np.int64) for axis in (1, 2))
    height, width = labels.shape
    near = labels[np.minimum(rows, height - 1), np.minimum(columns, width - 1)]
    return np.where((rows <= height) & (columns <= width), near, 0)


# The curve -----------------------------------------------------------------


@dataclass(frozen=True)
class _Findings:
    """Everything with a confidence, highest first; owner: the slide it is on.

    first_of_tie: where each distinct confidence begins.
    """

    owner: np.ndarray
    is_false: np.ndarray
    is_lesion: np.ndarray
    first_of_tie: np.ndarray
    levels: np.ndarray
    lesions_of_slide: np.ndarray


def _findings(slides: Sequence[SlideHits]) -> _Findings:
    parts = [(one.false_positives, one.lesions, np.zeros(one.itc)) for one in slides]
    sizes = np.array([[len(part) for part in three] for three in parts], int).reshape(-1, 3)
    scores = np.concatenate([np.zeros(0), *(part for three in parts for part in three)])
    owner = np.repeat(np.arange(len(slides)), sizes.sum(axis=1))
    kind = np.repeat(np.tile(np.arange(3), len(slides)), sizes.ravel())
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    is_first = np.append(np.ones(min(len(falling), 1), bool), falling[1:] != falling[:-1])
    first = np.flatnonzero(is_first)
    return _Findings(
        owner=owner[order],
        is_false=kind[order] == 0,
        is_lesion=kind[order] == 1,
        first_of_tie=first,
        levels=falling[first],
        lesions_of_slide=sizes[:, 1],
    )


def _curves(found: _Findings, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rates and sensitivities, each (draws, 1 + levels), for (draws, slides) weights.

    They begin at (0, 0). From a draw's lowest confidence on they stand still, which is to a
    reading by straight lines as if those points were not there.
    """
    drawn = weights.astype(np.float64)
    shape = (len(drawn), len(found.levels) + 1)
    false, hit = np.zeros(shape), np.zeros(shape)
    if len(found.levels):
        own = drawn[:, found.owner]
        for table, is_kind in ((false, found.is_false), (hit, found.is_lesion)):
            steps = np.add.reduceat(own * is_kind, found.first_of_tie, axis=1)
            np.cumsum(steps, axis=1, out=table[:, 1:])
        is_there = np.add.reduceat(own, found.first_of_tie, axis=1) > 0
        _leave_out_lowest(false, hit, is_there)
    rates = divided(false, drawn.sum(axis=1)[:, None])
    sensitivity = divided(hit, (drawn @ found.lesions_of_slide)[:, None])
    return rates, sensitivity


def _leave_out_lowest(false: np.ndarray, hit: np.ndarray, is_there: np.ndarray) -> None:
    """In place: from the lowest confidence that a draw holds, repeat the point before."""
    lowest = is_there.shape[1] - is_there[:, ::-1].argmax(axis=1)  # as a column of the tables
    row = np.arange(len(lowest))[:, None]
    column = np.minimum(np.arange(false.shape[1]), lowest[:, None] - 1)
    false[:], hit[:] = false[row, column], hit[row, column]


def froc_curve(slides: Sequence[SlideHits]) -> Curve | None:
    """The curve over all slides; None where no lesion counts."""
    found = _findings(slides)
    if not found.lesions_of_slide.sum():
        return None
    rates, sensitivity = _curves(found, np.ones((1, len(slides))))
    thresholds = np.concatenate([[np.inf], found.levels])
    return Curve(rates[0, :-1], sensitivity[0, :-1], thresholds[:-1])


def froc_draws(
    slides: Sequence[SlideHits], weights: np.ndarray, rates: Sequence[float] | np.ndarray = RATES
) -> np.ndarray:
    """Sensitivity at each rate in each draw, (draws, rates); NaN where no lesion was drawn."""
    found, rates = _findings(slides), np.asarray(rates, np.float64)
    values = np.full((len(weights), len(rates)), np.nan)
    for start in range(0, len(weights), CHUNK):
        along, up = _curves(found, weights[start : start + CHUNK])
        for row, (x, y) in enumerate(zip(along, up, strict=True), start=start):
            values[row] = np.interp(rates, x, y)
    return values


# Figures -------------------------------------------------------------------


def froc_figures(
    slides: Sequence[SlideHits], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Score, sensitivity at each rate, curve and band, ready to be stored as JSON.

    Slides whose truth is not exhaustive are not to be among them. Every figure has its n.
    Without draws there are no intervals.
    """
    curve = froc_curve(slides)
    told = {"n": _sizes(slides), "draws": draws, "seed": seed, "rates": list(RATES)}
    if curve is None:
        return told | {"score": None, "reason": NO_LESION, "sensitivity": [], "curve": []}
    owners, has_tumour = [one.patient for one in slides], [one.is_tumour for one in slides]
    weights = slide_weights(owners, has_tumour, draws=draws, seed=seed)
    at = np.concatenate([RATES, BAND_RATES])
    drawn = froc_draws(slides, weights, at)
    own, along = drawn[:, : len(RATES)], drawn[:, len(RATES) :]
    is_varied = len({one.patient for one in slides if len(one.lesions)}) > 1
    low, high = band(along)
    return told | {
        "score": _figure(curve.score, own.mean(axis=1), slides, is_varied=is_varied),
        "sensitivity": [
            {"rate": rate} | _figure(value, own[:, index], slides, is_varied=is_varied)
            for index, (rate, value) in enumerate(zip(RATES, curve.at(RATES), strict=True))
        ],
        "curve": curve_points(curve),
        "band": _band_points(low, high) if is_varied else [],
    }


def _figure(
    value: float, drawn: np.ndarray, slides: Sequence[SlideHits], *, is_varied: bool
) -> dict[str, Any]:
    edges = interval(drawn) if is_varied else None
    low, high = edges or (None, None)
    figure = {"value": float(value), "low": low, "high": high, "unit": "lesions"}
    figure["n"] = int(sum(len(one.lesions) for one in slides))
    return figure if edges else figure | {"interval_reason": TOO_FEW}


def _sizes(slides: Sequence[SlideHits]) -> dict[str, int]:
    return {
        "slides": len(slides),
        "tumour_slides": sum(one.is_tumour for one in slides),
        "missing_slides": sum(one.is_missing for one in slides),
        "patients": len({one.patient for one in slides}),
        "lesions": int(sum(len(one.lesions) for one in slides)),
        "itc_left_out": sum(one.itc for one in slides),
        "false_positives": int(sum(len(one.false_positives) for one in slides)),
    }


def curve_points(curve: Curve) -> list[list[float | None]]:
    """At most 400 points [false positives per slide, sensitivity, threshold], as JSON."""
    chosen = np.arange(len(curve.rates))
    if len(chosen) > CURVE_POINTS:
        chosen = np.linspace(0, len(chosen) - 1, CURVE_POINTS).astype(int)
    return [
        [
            float(curve.rates[index]),
            float(curve.sensitivity[index]),
            float(cut) if np.isfinite(cut := curve.thresholds[index]) else None,
        ]
        for index in chosen
    ]


def _band_points(low: np.ndarray, high: np.ndarray) -> list[list[float]]:
    return [
        [float(rate), float(below), float(above)]
        for rate, below, above in zip(BAND_RATES, low, high, strict=True)
        if np.isfinite(below)
    ]


def narrowed(slide: SlideHits, numbers: Iterable[int]) -> SlideHits:
    """The slide with only these lesions counting; hits on its others are neither right nor wrong.

    For sensitivity by size class, against the false positives of all slides.
    """
    is_kept = np.isin(slide.numbers, list(numbers))
    dropped = int(np.count_nonzero(~is_kept))
    return replace(
        slide,
        lesions=slide.lesions[is_kept],
        numbers=slide.numbers[is_kept],
        itc=slide.itc + dropped,
    )


def sensitivity_at(slides: Sequence[SlideHits], threshold: float) -> tuple[int, int, float]:
    """At one operating point: lesions found, lesions that count, false positives per slide."""
    found = sum(np.count_nonzero(one.lesions[one.lesions > 0] >= threshold) for one in slides)
    false = sum(np.count_nonzero(one.false_positives >= threshold) for one in slides)
    total = sum(len(one.lesions) for one in slides)
    return int(found), total, false / len(slides) if slides else 0.0


def paired_difference(
    first: Sequence[SlideHits],
    second: Sequence[SlideHits],
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> dict[str, Any]:
    """Second score less first, over the same slides and the same draws of them.

    Raises ValueError unless both are of the same slides and truths in the same order.
    """
    for one, other in zip(first, second, strict=True):
        if (one.name, one.itc, one.numbers.tolist()) != (
            other.name,
            other.itc,
            other.numbers.tolist(),
        ):
            raise ValueError(f"{one.name} and {other.name}: not the same slide with the same truth")
    curves = froc_curve(first), froc_curve(second)
    if curves[0] is None or curves[1] is None:
        return {"value": None, "reason": NO_LESION}
    has_tumour = [one.is_tumour for one in first]
    weights = slide_weights([one.patient for one in first], has_tumour, draws=draws, seed=seed)
    told: dict[str, Any] = {
        "value": curves[1].score - curves[0].score,
        "first": curves[0].score,
        "second": curves[1].score,
        "n": int(sum(len(one.lesions) for one in first)),
        "unit": "lesions",
    }
    if len({one.patient for one in first if len(one.lesions)}) < 2:
        return told | {"low": None, "high": None, "p": None, "interval_reason": TOO_FEW}
    drawn = (froc_draws(second, weights) - froc_draws(first, weights)).mean(axis=1)
    low, high = interval(drawn) or (None, None)
    return told | {"low": low, "high": high, "p": two_sided_p(drawn)}
