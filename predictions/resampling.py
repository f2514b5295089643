"""Draws of patients with replacement, and what is read off them.

What hangs together is drawn together: a patient's slides, and with them all their cells and
lesions. Patients with and without tumour are drawn apart, so that no draw lacks either.
"""

from collections.abc import Sequence

import numpy as np

DRAWS = 1000
TOO_FEW = "too few patients carry this figure for an interval"


def slide_weights(
    patients: Sequence[str],
    has_tumour: Sequence[bool] | np.ndarray,
    *,
    draws: int = DRAWS,
    seed: int = 0,
) -> np.ndarray:
    """How often each slide is in each draw, (draws, slides) int64.

    patients: whose slide it is. A patient with any tumour slide is drawn among those with tumour.
    """
    names, owner = np.unique(np.asarray(patients, dtype=str), return_inverse=True)
    tumour_slides = np.bincount(owner, np.asarray(has_tumour, float), minlength=len(names))
    times = np.zeros((draws, len(names)), dtype=np.int64)
    rng = np.random.default_rng(seed)
    for stratum in (np.flatnonzero(tumour_slides > 0), np.flatnonzero(tumour_slides == 0)):
        if len(stratum):
            equal = np.full(len(stratum), 1 / len(stratum))
            times[:, stratum] = rng.multinomial(len(stratum), equal, size=draws)
    return times[:, owner]


def interval(values: np.ndarray) -> tuple[float, float] | None:
    """The middle 95 % of the draws in which a figure exists; None if in under half of them."""
    known = values[np.isfinite(values)]
    if not len(known) or 2 * len(known) < len(values):
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return float(low), float(high)


def band(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The middle 95 % at each point of a curve, from (draws, points); NaN where undefined."""
    is_told = 2 * np.isfinite(values).sum(axis=0) >= max(len(values), 1)
    edges = np.full((2, values.shape[1]), np.nan)
    if is_told.any():
        edges[:, is_told] = np.nanquantile(values[:, is_told], [0.025, 0.975], axis=0)
    return edges[0], edges[1]


def two_sided_p(differences: np.ndarray) -> float | None:
    """Chance of a difference as far from 0, from its draws; None without any draw."""
    known = differences[np.isfinite(differences)]
    if not len(known):
        return None
    below, above = np.count_nonzero(known <= 0), np.count_nonzero(known >= 0)
    return min(1.0, 2 * (min(below, above) + 1) / (len(known) + 1))


def divided(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """top / bottom, NaN where bottom is 0."""
    bottom = np.asarray(bottom, dtype=np.float64)
    quotient: np.ndarray = np.full(np.broadcast_shapes(np.shape(top), bottom.shape), np.nan)
    np.divide(top, bottom, out=quotient, where=bottom > 0)
    return quotient
