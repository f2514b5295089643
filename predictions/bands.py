"""ROC, PR and calibration curves over slides, with bands that resample patients.

Each slide comes as its score table. For the draws scores are gathered in bins, the highest scores
in bins of their own, where PR is decided; the curves themselves are exact.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.ranking import ScoreTable, merged, table_curve, table_pr_auc, table_roc_auc
from predictions.resampling import band, divided, interval

BINS = 2048
CHUNK = 100  # draws at a time, which bounds memory
POINTS = 200
RATES = np.linspace(0, 1, 101)
CALIBRATION_BINS = 10


@dataclass(frozen=True)
class Binned:
    """Counts by rising score, positive and negative each (slides, bins)."""

    positive: np.ndarray
    negative: np.ndarray


def binned(tables: Sequence[ScoreTable], bins: int = BINS) -> Binned:
    """One bin for each distinct score, or `bins` of them, half of which are for the highest."""
    edges = np.unique(np.concatenate([np.zeros(0), *(table.scores for table in tables)]))
    if len(edges) > bins:
        rest = len(edges) - bins // 2
        coarse = np.linspace(0, rest, bins // 2, endpoint=False).astype(int)
        edges = np.concatenate([edges[coarse], edges[rest:]])
    positive, negative = np.zeros((2, len(tables), max(len(edges), 1)))
    for row, table in enumerate(tables):
        place = np.searchsorted(edges, table.scores, side="right") - 1
        positive[row] = np.bincount(place, table.positive, minlength=positive.shape[1])
        negative[row] = np.bincount(place, table.negative, minlength=positive.shape[1])
    return Binned(positive, negative)


@dataclass(frozen=True)
class Draws:
    """Areas (draws,) and curves (draws, RATES): recall at each false-positive rate, and precision
    at each recall. NaN where a draw lacks a class."""

    roc_auc: np.ndarray
    pr_auc: np.ndarray
    recall: np.ndarray
    precision: np.ndarray


@dataclass(frozen=True)
class _Drawn:
    """Some draws, (draws, bins) each, highest score first; precision is NaN before any call."""

    positive: np.ndarray
    negative: np.ndarray
    tp: np.ndarray
    fp: np.ndarray
    precision: np.ndarray


def ranking_draws(counts: Binned, weights: np.ndarray) -> Draws:
    """Areas and curves of each draw, for (draws, slides) weights."""
    parts = [(*_areas(drawn), *_curves(drawn)) for drawn in _drawn(counts, weights)]
    return Draws(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def area_draws(counts: Binned, weights: np.ndarray) -> dict[str, np.ndarray]:
    """The areas of each draw alone, (draws,) each: curves take far longer."""
    roc_auc, pr_auc = zip(*(_areas(drawn) for drawn in _drawn(counts, weights)), strict=True)
    return {"roc_auc": np.concatenate(roc_auc), "pr_auc": np.concatenate(pr_auc)}


def _drawn(counts: Binned, weights: np.ndarray) -> Iterator[_Drawn]:
    for start in range(0, max(len(weights), 1), CHUNK):
        times = weights[start : start + CHUNK].astype(np.float64)
        positive, negative = (times @ side[:, ::-1] for side in (counts.positive, counts.negative))
        tp, fp = positive.cumsum(axis=1), negative.cumsum(axis=1)
        yield _Drawn(positive, negative, tp, fp, divided(tp, tp + fp))


def _areas(drawn: _Drawn) -> tuple[np.ndarray, np.ndarray]:
    tp, fp = drawn.tp, drawn.fp
    positives, negatives = tp[:, -1], fp[:, -1]
    pairs = ((tp - drawn.positive / 2) * drawn.negative).sum(axis=1)  # ties count one half
    steps = (drawn.positive * drawn.precision).sum(axis=1, where=tp + fp > 0)
    pr_auc = np.where(negatives > 0, divided(steps, positives), np.nan)
    return divided(pairs, positives * negatives), pr_auc


def _curves(drawn: _Drawn) -> tuple[np.ndarray, np.ndarray]:
    tp, fp, precision = drawn.tp, drawn.fp, drawn.precision
    positives, negatives = tp[:, -1], fp[:, -1]
    rates, recalls = divided(fp, negatives[:, None]), divided(tp, positives[:, None])
    along = np.full((2, len(tp), len(RATES)), np.nan)
    for row in np.flatnonzero((positives > 0) & (negatives > 0)):
        x, y = np.append(0, rates[row]), np.append(0, recalls[row])
        along[0, row] = np.interp(RATES, x, y)
        # a hair less, so that rounding makes no recall of 0.29 fall short of 0.29
        reached = np.searchsorted(recalls[row], RATES - 1e-9)
        along[1, row] = precision[row, np.maximum(reached, _first_called(tp[row] + fp[row]))]
    return along[0], along[1]


def _first_called(called: np.ndarray) -> int:
    """The first bin from the highest score down in which a draw has anything."""
    return int(np.argmax(called > 0))


def ranking_figures(tables: Sequence[ScoreTable], weights: np.ndarray) -> dict[str, Any]:
    """Areas with intervals, curves with bands, ready for JSON; empty curves without both classes.

    roc: points [false-positive rate, recall, threshold]; pr: [recall, precision, threshold].
    Bands: [rate, low, high].
    """
    whole = merged(tables)
    areas = {"roc_auc": table_roc_auc(whole), "pr_auc": table_pr_auc(whole)}
    if areas["roc_auc"] is None:
        return {name: {"value": None} for name in areas} | {"roc": _no_curve(), "pr": _no_curve()}
    drawn, curve = ranking_draws(binned(tables), weights), table_curve(whole)
    told: dict[str, Any] = {}
    for name, values in (("roc_auc", drawn.roc_auc), ("pr_auc", drawn.pr_auc)):
        low, high = interval(values) or (None, None)
        told[name] = {"value": areas[name], "low": low, "high": high}
    pr_band = _band_points(drawn.precision)
    return told | {
        "roc": {
            "points": _points(curve, "false_positive_rate", "recall"),
            "band": _band_points(drawn.recall),
        },
        "pr": {"points": _points(curve, "recall", "precision")[1:], "band": pr_band},
    }


def _no_curve() -> dict[str, Any]:
    return {"points": [], "band": []}


def _points(curve: dict[str, np.ndarray], x: str, y: str) -> list[list[float | None]]:
    chosen = np.arange(len(curve["thresholds"]))
    if len(chosen) > POINTS:
        chosen = np.linspace(0, len(chosen) - 1, POINTS).astype(int)
    return [
        [
            float(curve[x][index]),
            float(curve[y][index]),
            float(cut) if np.isfinite(cut := curve["thresholds"][index]) else None,
        ]
        for index in chosen
    ]


def _band_points(values: np.ndarray) -> list[list[float]]:
    low, high = band(values)
    return [
        [float(rate), float(below), float(above)]
        for rate, below, above in zip(RATES, low, high, strict=True)
        if np.isfinite(below)
    ]


# Calibration -----------------------------------------------------------------


def calibration_figures(
    tables: Sequence[ScoreTable], weights: np.ndarray, *, bins: int = CALIBRATION_BINS
) -> dict[str, Any]:
    """How often what was said was true, in bins of equal width, with bands; ECE and Brier score.

    Each bin: lowest and highest probability, mean said, share true, its interval, n. Bins in
    which nothing lies are left out.
    """
    sums = _calibration_sums(tables, bins)
    every = sums.sum(axis=0)
    drawn = np.tensordot(weights.astype(np.float64), sums, axes=1)
    share = divided(drawn[:, 1], drawn[:, 0])
    low, high = band(share)
    told = [
        {
            "from": index / bins,
            "to": (index + 1) / bins,
            "said": float(every[2, index] / every[0, index]),
            "true": float(every[1, index] / every[0, index]),
            "low": float(low[index]) if np.isfinite(low[index]) else None,
            "high": float(high[index]) if np.isfinite(high[index]) else None,
            "n": int(every[0, index]),
        }
        for index in np.flatnonzero(every[0])
    ]
    figures = {
        name: _calibration_figure(one(every[None]), one(drawn))
        for name, one in (("ece", _ece), ("brier", _brier))
    }
    return {"bins": told, "bin_count": bins, "n": int(every[0].sum())} | figures


def _calibration_sums(tables: Sequence[ScoreTable], bins: int) -> np.ndarray:
    """(slides, 4, bins): count, positives, sum of scores, sum of squared errors."""
    sums = np.zeros((len(tables), 4, bins))
    for row, table in enumerate(tables):
        scores = table.scores.astype(np.float64)
        place = np.minimum((scores * bins).astype(int), bins - 1)
        both = table.positive + table.negative
        errors = table.positive * (1 - scores) ** 2 + table.negative * scores**2
        for kind, values in enumerate((both, table.positive, both * scores, errors)):
            sums[row, kind] = np.bincount(place, values, minlength=bins)
    return sums


def _ece(sums: np.ndarray) -> np.ndarray:
    """Mean distance of what was said from what was true, over (draws, 4, bins) sums."""
    return divided(np.abs(sums[:, 1] - sums[:, 2]).sum(axis=1), sums[:, 0].sum(axis=1))


def _brier(sums: np.ndarray) -> np.ndarray:
    return divided(sums[:, 3].sum(axis=1), sums[:, 0].sum(axis=1))


def _calibration_figure(value: np.ndarray, drawn: np.ndarray) -> dict[str, float | None]:
    low, high = interval(drawn) or (None, None)
    is_known = np.isfinite(value[0])
    return {"value": float(value[0]) if is_known else None, "low": low, "high": high}
