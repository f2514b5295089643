"""How well scores rank and separate patches, with intervals that resample patients.

labels: (n,) bool or 0/1, 1 = tumour. scores: (n,), higher = more like tumour.
A figure that does not exist (no tumour, nothing called) is None, never NaN or 0.
Exact with ties: equal scores count one half in ROC and enter PR together.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

DRAWS = 1000
CHUNK = 100  # draws at a time: 10,000 patches then take 8 MB
Z_95 = 1.959963984540054  # two-sided 95 % of the normal distribution

# labels, scores, weights (draws, n) -> (draws,), NaN where undefined
Statistic = Callable[[np.ndarray, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Confusion:
    """Patches by truth and call."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def recall(self) -> float | None:
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def specificity(self) -> float | None:
        return _ratio(self.tn, self.tn + self.fp)

    @property
    def precision(self) -> float | None:
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def accuracy(self) -> float | None:
        return _ratio(self.tp + self.tn, self.tp + self.fp + self.fn + self.tn)

    @property
    def f1(self) -> float | None:
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)


def _ratio(top: int, bottom: int) -> float | None:
    return top / bottom if bottom else None


def confusion(labels: np.ndarray, scores: np.ndarray, threshold: float) -> Confusion:
    """Patches by truth and call; called tumour at or above the threshold."""
    labels, scores = _checked(labels, scores)
    called = scores >= scores.dtype.type(threshold)
    return Confusion(
        tp=int(np.count_nonzero(called & labels)),
        fp=int(np.count_nonzero(called & ~labels)),
        fn=int(np.count_nonzero(~called & labels)),
        tn=int(np.count_nonzero(~called & ~labels)),
    )


def roc_auc(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Chance that a tumour patch scores above a tumour-free one; None if a class is missing."""
    return _one(weighted_roc_auc, labels, scores)


def pr_auc(labels: np.ndarray, scores: np.ndarray) -> float | None:
    """Average precision: precision at each distinct score, weighted by the recall it adds.

    No interpolation, which would flatter. None if a class is missing: without
    tumour it does not exist, with nothing but tumour it is 1 whatever the scores.
    """
    return _one(weighted_pr_auc, labels, scores)


def wilson(k: int, n: int) -> tuple[float, float] | None:
    """Wilson's 95 % interval of a share k / n; None if n is 0.

    For independent things only: patients or slides, never patches of one slide.
    Raises ValueError unless 0 <= k <= n.
    """
    if not 0 <= k <= n:
        raise ValueError(f"a share needs 0 <= k <= n, got k={k} of n={n}")
    if n == 0:
        return None
    share, z2 = k / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 / (1 + z2 / n) * (share * (1 - share) / n + z2 / (4 * n**2)) ** 0.5
    return max(0.0, centre - half), min(1.0, centre + half)


def operating_point(labels: np.ndarray, scores: np.ndarray, target_recall: float) -> float | None:
    """The highest threshold at which recall is at least the target; None without tumour.

    It is one of the scores, so that `score >= threshold` reaches the recall exactly.
    Raises ValueError unless 0 < target_recall <= 1.
    """
    if not 0 < target_recall <= 1:
        raise ValueError(f"target recall must be in (0, 1], got {target_recall}")
    labels, scores = _checked(labels, scores)
    falling = np.sort(scores[labels])[::-1]
    if not len(falling):
        return None
    # Rounded first: 0.9 * 10 must ask for 9 patches, not for 10 by a float's last bit.
    needed = int(np.ceil(round(target_recall * len(falling), 9)))
    return float(falling[needed - 1])


# Resampling ----------------------------------------------------------------


def slide_bootstrap(
    statistic: Statistic,
    labels: np.ndarray,
    scores: np.ndarray,
    patients: np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[float, float] | None:
    """The 95 % interval of a statistic when patients are drawn again, with replacement.

    patients: (n,) whose patch it is (or whose slide, where no patient is known).
    Patients with and without tumour are drawn apart, so that no draw lacks tumour.
    None if fewer than two patients carry either class: their draws would not vary.
    """
    labels, scores = _checked(labels, scores)
    names, owner = np.unique(patients, return_inverse=True)
    positives = np.bincount(owner[labels], minlength=len(names))
    negatives = np.bincount(owner[~labels], minlength=len(names))
    if np.count_nonzero(positives) < 2 or np.count_nonzero(negatives) < 2:
        return None
    times = _patient_draws(positives > 0, draws=draws, seed=seed)
    values = [
        statistic(labels, scores, times[start : start + CHUNK, owner].astype(np.float64))
        for start in range(0, draws, CHUNK)
    ]
    low, high = np.nanquantile(np.concatenate(values), [0.025, 0.975])
    return float(low), float(high)


def _patient_draws(has_tumour: np.ndarray, *, draws: int, seed: int) -> np.ndarray:
    """How often each patient is in each draw, (draws, patients)."""
    rng = np.random.default_rng(seed)
    times = np.zeros((draws, len(has_tumour)), dtype=np.int64)
    for stratum in (np.flatnonzero(has_tumour), np.flatnonzero(~has_tumour)):
        if len(stratum):
            equal = np.full(len(stratum), 1 / len(stratum))
            times[:, stratum] = rng.multinomial(len(stratum), equal, size=draws)
    return times


def weighted_roc_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """ROC-AUC of each row of weights (draws, n), NaN where a class has no weight."""
    tumour, free = _by_score(labels, scores, weights)
    above = np.cumsum(tumour, axis=1)
    pairs = ((above - tumour / 2) * free).sum(axis=1)
    return _divided(pairs, tumour.sum(axis=1) * free.sum(axis=1))


def weighted_pr_auc(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Average precision of each row of weights (draws, n), NaN where a class has no weight."""
    tumour, free = _by_score(labels, scores, weights)
    tp, called = np.cumsum(tumour, axis=1), np.cumsum(tumour + free, axis=1)
    precision = np.divide(tp, called, out=np.zeros_like(tp), where=called > 0)
    area = _divided((tumour * precision).sum(axis=1), tumour.sum(axis=1))
    return np.where(free.sum(axis=1) > 0, area, np.nan)


def weighted_recall(threshold: float) -> Statistic:
    """Share of tumour called at the threshold, as a statistic to resample."""
    return partial(_share_called, threshold=threshold, of_tumour=True)


def weighted_specificity(threshold: float) -> Statistic:
    """Share of tumour-free patches not called at the threshold, as a statistic to resample."""
    return partial(_share_called, threshold=threshold, of_tumour=False)


def weighted_precision(threshold: float) -> Statistic:
    """Share of tumour among what is called at the threshold, as a statistic to resample."""
    return partial(_share_of_tumour_called, threshold=threshold)


def weighted_accuracy(threshold: float) -> Statistic:
    """Share of patches called rightly at the threshold, as a statistic to resample."""
    return partial(_share_right, threshold=threshold)


def _share_of_tumour_called(
    labels: np.ndarray, scores: np.ndarray, weights: np.ndarray, *, threshold: float
) -> np.ndarray:
    labels, scores = _checked(labels, scores)
    called = scores >= scores.dtype.type(threshold)
    return _divided((weights * (called & labels)).sum(axis=1), (weights * called).sum(axis=1))


def _share_right(
    labels: np.ndarray, scores: np.ndarray, weights: np.ndarray, *, threshold: float
) -> np.ndarray:
    labels, scores = _checked(labels, scores)
    is_right = (scores >= scores.dtype.type(threshold)) == labels
    return _divided((weights * is_right).sum(axis=1), weights.sum(axis=1))


def _share_called(
    labels: np.ndarray,
    scores: np.ndarray,
    weights: np.ndarray,
    *,
    threshold: float,
    of_tumour: bool,
) -> np.ndarray:
    labels, scores = _checked(labels, scores)
    is_right = (scores >= scores.dtype.type(threshold)) == of_tumour
    members = labels == of_tumour
    return _divided((weights * (members & is_right)).sum(axis=1), (weights * members).sum(axis=1))


def _by_score(
    labels: np.ndarray, scores: np.ndarray, weights: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Weight of tumour and of tumour-free patches at each distinct score, highest first."""
    labels, scores = _checked(labels, scores)
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    first_of_tie = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    drawn = weights[:, order].astype(np.float64, copy=False)
    tumour = np.add.reduceat(drawn * labels[order], first_of_tie, axis=1)
    free = np.add.reduceat(drawn * ~labels[order], first_of_tie, axis=1)
    return tumour, free


def _one(statistic: Statistic, labels: np.ndarray, scores: np.ndarray) -> float | None:
    """A statistic with every patch counted once."""
    if not len(labels):
        return None
    value = float(statistic(labels, scores, np.ones((1, len(labels))))[0])
    return None if np.isnan(value) else value


def _divided(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    quotient: np.ndarray = np.full(bottom.shape, np.nan)
    np.divide(top, bottom, out=quotient, where=bottom > 0)
    return quotient


def _checked(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = np.asarray(labels).astype(bool), np.asarray(scores)
    if labels.shape != scores.shape or labels.ndim != 1:
        raise ValueError(
            f"labels and scores must be two rows of equal length, "
            f"got {labels.shape} and {scores.shape}"
        )
    if not np.isfinite(scores).all():
        raise ValueError("scores hold NaN or infinity: leave out what was not assessed")
    if not np.issubdtype(scores.dtype, np.floating):
        scores = scores.astype(np.float64)
    return labels, scores
