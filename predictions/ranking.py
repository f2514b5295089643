"""How well scores rank, exactly and in a stream, and whether two rankings differ.

A score table holds each distinct score once, with how many positives and negatives have it. It is
exact whatever the scores are, grows with distinct scores and not with what is counted, and two
tables make one. Areas take ties as one half (ROC) or together (PR).
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from predictions.resampling import divided

Z_95 = 1.959963984540054  # two-sided 95 % of the normal distribution
CALLS_ONLY = "these are calls, not scores: an area under them is (sensitivity + specificity) / 2"
GATHERED = 1_000_000  # scores that wait before they are counted into the table


@dataclass(frozen=True)
class ScoreTable:
    """scores: (n,) rising, distinct. positive, negative: (n,) how many have each."""

    scores: np.ndarray
    positive: np.ndarray
    negative: np.ndarray


def score_table(
    scores: np.ndarray, positive: np.ndarray, negative: np.ndarray | None = None
) -> ScoreTable:
    """Count scores. positive: (n,) how many positives have each score, or a bool label of one.

    negative: (n,) how many negatives; without it labels are expected in `positive`. NaN scores
    ("not assessed") are refused with ValueError: leave them out.
    """
    scores = np.asarray(scores)
    if np.isnan(scores).any():
        raise ValueError("scores hold NaN: leave out what was not assessed")
    if negative is None:
        return _table_of_labels(scores.ravel(), np.asarray(positive).astype(bool).ravel())
    distinct, place = np.unique(scores, return_inverse=True)
    counts = [
        np.bincount(place.ravel(), np.asarray(side, np.float64).ravel(), minlength=len(distinct))
        for side in (positive, negative)
    ]
    return ScoreTable(distinct, counts[0].astype(np.int64), counts[1].astype(np.int64))


def _table_of_labels(scores: np.ndarray, labels: np.ndarray) -> ScoreTable:
    """Sorting values takes a fifth of what sorting places takes; only positives are looked up."""
    distinct, counts = np.unique(scores, return_counts=True)
    places = np.searchsorted(distinct, scores[labels])
    positive = np.bincount(places, minlength=len(distinct)).astype(np.int64)
    return ScoreTable(distinct, positive, counts.astype(np.int64) - positive)


def merged(tables: Iterable[ScoreTable]) -> ScoreTable:
    """One table of several; scores keep the finest of their types."""
    tables = list(tables)
    if not tables:
        return ScoreTable(np.zeros(0), np.zeros(0, np.int64), np.zeros(0, np.int64))
    distinct = np.unique(np.concatenate([table.scores for table in tables]))
    positive, negative = np.zeros((2, len(distinct)), np.int64)
    for table in tables:
        places = np.searchsorted(distinct, table.scores)  # each once: scores are distinct
        positive[places] += table.positive
        negative[places] += table.negative
    return ScoreTable(distinct, positive, negative)


@dataclass
class ScoreStream:
    """Takes labels and scores block by block and holds no more than their table."""

    _waiting: list[ScoreTable] = field(default_factory=list)
    _count: int = 0

    def add(
        self, scores: np.ndarray, positive: np.ndarray, negative: np.ndarray | None = None
    ) -> None:
        """As score_table takes them."""
        table = score_table(scores, positive, negative)
        self._waiting.append(table)
        self._count += len(table.scores)
        if self._count > GATHERED + 2 * len(self._waiting[0].scores):
            self._waiting = [self.table()]
            self._count = len(self._waiting[0].scores)

    def table(self) -> ScoreTable:
        return merged(self._waiting)


# Areas ---------------------------------------------------------------------


def table_roc_auc(table: ScoreTable) -> float | None:
    """Chance that a positive scores above a negative; None if there are none of either."""
    positive, negative = table.positive.astype(np.float64), table.negative.astype(np.float64)
    if not positive.sum() or not negative.sum():
        return None
    below = np.cumsum(negative) - negative / 2
    return float((positive * below).sum() / (positive.sum() * negative.sum()))


def table_pr_auc(table: ScoreTable) -> float | None:
    """Average precision, without interpolation; None if there are no positives or negatives."""
    positive, negative = (
        side[::-1].astype(np.float64) for side in (table.positive, table.negative)
    )
    if not positive.sum() or not negative.sum():
        return None
    tp, fp = np.cumsum(positive), np.cumsum(negative)
    precision = divided(tp, tp + fp)
    return float(np.nansum(positive * precision) / tp[-1])


def table_curve(table: ScoreTable) -> dict[str, np.ndarray]:
    """ROC and PR at each distinct score, highest first, beginning at none called.

    thresholds, false_positive_rate, recall: (n + 1,); precision: (n + 1,), 1 where none is
    called. Rates are NaN where there are no positives, or no negatives.
    """
    tp, fp = (
        np.concatenate([[0], np.cumsum(side[::-1])]) for side in (table.positive, table.negative)
    )
    return {
        "thresholds": np.concatenate([[np.inf], table.scores[::-1].astype(np.float64)]),
        "false_positive_rate": divided(fp, np.full(len(fp), fp[-1])),
        "recall": divided(tp, np.full(len(tp), tp[-1])),
        "precision": np.where(tp + fp > 0, divided(tp, tp + fp), 1.0),
    }


def table_counts(table: ScoreTable, threshold: float) -> np.ndarray:
    """[tp, fp, fn, tn] when what is at or above the threshold is called."""
    # a score in single precision is compared in single precision, as maps are
    cut = table.scores.dtype.type(threshold)
    is_called = table.scores >= cut
    tp, fp = int(table.positive[is_called].sum()), int(table.negative[is_called].sum())
    return np.array([tp, fp, int(table.positive.sum()) - tp, int(table.negative.sum()) - fp])


def is_binary(table: ScoreTable) -> bool:
    """True of calls rather than scores: their "AUC" is (sensitivity + specificity) / 2."""
    return len(table.scores) == 2 and set(table.scores.tolist()) <= {0, 1, 255}


# DeLong --------------------------------------------------------------------


def delong(labels: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """ROC-AUC with DeLong's variance and 95 % interval, for independent things (slides).

    labels: (n,) bool. scores: (n,). value is None without both classes; the interval is None
    where the variance is 0 or unknown, for a perfect ranking is not a certain one.
    """
    labels = np.asarray(labels, bool)
    areas, covariance = _delong(labels, np.asarray(scores, np.float64)[None])
    if areas is None:
        return {"value": None, "n": len(labels), "reason": "needs both classes"}
    area, variance = float(areas[0]), float(covariance[0, 0])
    told = {"value": area, "n": len(labels), "unit": "slides"}
    if not variance > 0:
        reason = "the ranking leaves no variance to measure (perfect, or too few slides)"
        return told | {"variance": None, "low": None, "high": None, "interval_reason": reason}
    half = Z_95 * math.sqrt(variance)
    return told | {
        "variance": variance,
        "low": max(0.0, area - half),
        "high": min(1.0, area + half),
    }


def paired_delong(labels: np.ndarray, first: np.ndarray, second: np.ndarray) -> dict[str, Any]:
    """Second AUC less first on the same slides, with DeLong's interval and p value."""
    labels = np.asarray(labels, bool)
    scores = np.stack([np.asarray(first, np.float64), np.asarray(second, np.float64)])
    areas, covariance = _delong(labels, scores)
    if areas is None:
        return {"value": None, "n": len(labels), "reason": "needs both classes"}
    value = float(areas[1] - areas[0])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    told: dict[str, Any] = {"value": value, "n": len(labels), "unit": "slides"}
    told |= {"first": float(areas[0]), "second": float(areas[1])}
    if not variance > 1e-18:  # the rounding of two equal variances and their covariance
        alike = {"low": None, "high": None, "p": 1.0 if abs(value) < 1e-12 else None}
        return told | alike | {"interval_reason": "the two rankings leave no variance to measure"}
    error = math.sqrt(variance)
    p = math.erfc(abs(value) / error / math.sqrt(2))
    return told | {"low": value - Z_95 * error, "high": value + Z_95 * error, "p": p}


def _delong(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray | None, np.ndarray]:
    """Areas (k,) and their covariance (k, k) for k scores (k, n) of the same things.

    By midranks (Sun and Xu 2014). NaN where a class has fewer than two. Scores need be finite.
    """
    if labels.ndim != 1 or labels.shape != scores.shape[1:] or not np.isfinite(scores).all():
        raise ValueError(
            f"labels {labels.shape} and scores {scores.shape[1:]} must be rows of equal length "
            "without NaN"
        )
    positives, negatives = int(labels.sum()), int((~labels).sum())
    if not positives or not negatives:
        return None, np.zeros((0, 0))
    everywhere = np.stack([midranks(row) for row in scores])
    among_own = [np.stack([midranks(row[side]) for row in scores]) for side in (labels, ~labels)]
    above = (everywhere[:, labels] - among_own[0]) / negatives
    below = 1 - (everywhere[:, ~labels] - among_own[1]) / positives
    covariance = np.full((len(scores), len(scores)), np.nan)
    if positives > 1 and negatives > 1:
        covariance = np.cov(above) / positives + np.cov(below) / negatives
    return above.mean(axis=1), np.atleast_2d(covariance)


def midranks(values: np.ndarray) -> np.ndarray:
    """Rank of each value from 1 on; equal values share the middle of their ranks."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]


# McNemar -------------------------------------------------------------------


def mcnemar(first_is_right: np.ndarray, second_is_right: np.ndarray) -> dict[str, Any]:
    """Two readers of the same slides at their operating points: exact two-sided McNemar test."""
    first, second = np.asarray(first_is_right, bool), np.asarray(second_is_right, bool)
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"calls must be rows of equal length, got {first.shape}, {second.shape}")
    only_first = int(np.count_nonzero(first & ~second))
    only_second = int(np.count_nonzero(~first & second))
    return {
        "only_first_right": only_first,
        "only_second_right": only_second,
        "p": mcnemar_p(only_first, only_second),
        "n": len(first),
        "unit": "slides",
    }


def mcnemar_p(only_first: int, only_second: int) -> float:
    """Chance of so uneven a split, or a more uneven one, of the slides on which two differ."""
    n = only_first + only_second
    tail = sum(math.comb(n, k) for k in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**n)
