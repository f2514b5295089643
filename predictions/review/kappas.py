"""Cohen's kappa of two readers of the same slides, plain or over ordered classes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights

ALL_ONE = "both say one and the same of every slide, so that chance explains any agreement"
NO_SLIDE = "no slide was read by both"


@dataclass(frozen=True)
class Lot:
    """How patients are drawn. patients: whose slide each is."""

    patients: Sequence[str]
    draws: int = DRAWS
    seed: int = 0


def kappa(
    first: Sequence[str],
    second: Sequence[str],
    classes: Sequence[str],
    lot: Lot,
    *,
    is_ordered: bool = False,
) -> dict[str, Any]:
    """Cohen's kappa of two readers with an interval that resamples patients.

    is_ordered: a disagreement weighs as the square of how many classes lie between.
    """
    places = _places(first, second, classes)
    ranks = np.arange(len(classes))
    apart = ranks[:, None] - ranks[None, :]
    penalty = (apart**2 if is_ordered else apart != 0).astype(float)
    value = _kappa(places.sum(axis=0)[None], penalty)[0]
    told: dict[str, Any] = {"value": None, "low": None, "high": None, "n": len(first)}
    told |= {"patients": len(set(lot.patients))}
    if not np.isfinite(value):
        return told | {"reason": ALL_ONE if len(first) else NO_SLIDE}
    told["value"] = float(value)
    # drawn as one lot: what readers said may not decide among whom a patient is drawn
    weights = slide_weights(lot.patients, [False] * len(first), draws=lot.draws, seed=lot.seed)
    drawn = _kappa(np.tensordot(weights, places, axes=1), penalty)
    edges = interval(drawn) if told["patients"] > 1 else None
    if edges is None:
        return told | {"interval_reason": TOO_FEW}
    return told | {"low": edges[0], "high": edges[1]}


def _places(first: Sequence[str], second: Sequence[str], classes: Sequence[str]) -> np.ndarray:
    """(slides, classes, classes), 1 at what the first and what the second said."""
    places = np.zeros((len(first), len(classes), len(classes)))
    for index, (one, other) in enumerate(zip(first, second, strict=True)):
        places[index, classes.index(one), classes.index(other)] = 1
    return places


def _kappa(tables: np.ndarray, penalty: np.ndarray) -> np.ndarray:
    """(n,) kappas of (n, k, k) tables; NaN where chance alone would agree wholly."""
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    total = tables.sum(axis=(1, 2))
    by_chance = divided((rows[:, :, None] * columns[:, None, :] * penalty).sum(axis=(1, 2)), total)
    observed = (tables * penalty).sum(axis=(1, 2))
    return np.asarray(1 - divided(observed, np.nan_to_num(by_chance)))
