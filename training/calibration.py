"""From a network's output to a probability that holds what it says.

Fitted on validation patches only, never on the test set. A calibration is a small JSON:
{"kind": "none"}, {"kind": "temperature", "temperature": t}, or {"kind": "isotonic", "x": [...],
"y": [...]}. None of them ranks two patches the other way round; isotonic may make equals of
patches that were not (its steps), and so may a low temperature at either end of float32.

What it says holds for patches mixed as in validation: tumour is far rarer on a slide.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from training.metrics import Statistic, wilson

NONE, TEMPERATURE, ISOTONIC = "none", "temperature", "isotonic"
KINDS = (NONE, TEMPERATURE, ISOTONIC)
PARAMETERS = ("kind", "temperature", "x", "y")
BINS = 10
FOLDS = 10
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 10.0
LEAST_PROBABILITY = 1e-7  # below float32's step under 1: keeps a logarithm finite

Calibration = Mapping[str, Any]


def fit(kind: str, labels: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """The calibration of one kind that fits validation patches best.

    labels: (n,) bool, True = tumour. scores: (n,) in [0, 1], as the network gave them.
    Raises ValueError if the kind is unknown or a class is missing.
    """
    labels, scores = np.asarray(labels).astype(bool), np.asarray(scores, dtype=np.float64)
    if kind == NONE:
        return {"kind": NONE}
    if kind not in KINDS:
        raise ValueError(f"calibration {kind!r} is unknown; choose one of {', '.join(KINDS)}")
    if labels.all() or not labels.any():
        raise ValueError(
            f"a calibration needs tumour and normal patches, got {np.count_nonzero(labels)} "
            f"tumour of {len(labels)}; choose none"
        )
    if kind == TEMPERATURE:
        return {"kind": kind, "temperature": _best_temperature(labels, scores)}
    return {"kind": kind} | _isotonic_points(labels, scores)


def apply(calibration: Calibration, probabilities: np.ndarray) -> np.ndarray:
    """Calibrated probabilities, float32 of the same shape; NaN (not assessed) stays NaN.

    An empty calibration changes nothing. Raises ValueError if its kind is unknown.
    """
    given = np.asarray(probabilities, dtype=np.float32)
    kind = calibration.get("kind", NONE)
    if kind == NONE:
        return given
    if kind == TEMPERATURE:
        return _expit(_logit(given) / calibration["temperature"]).astype(np.float32)
    if kind == ISOTONIC:
        found = np.interp(given, calibration["x"], calibration["y"])  # NaN in, NaN out
        return found.astype(np.float32)
    raise ValueError(f"calibration {kind!r} is unknown; choose one of {', '.join(KINDS)}")


def parameters(calibration: Calibration) -> dict[str, Any]:
    """What decides a calibration, without its figures; an empty one is none."""
    known = {name: calibration[name] for name in PARAMETERS if name in calibration}
    return known or {"kind": NONE}


def named(calibration: Calibration) -> dict[str, Any]:
    """A calibration as origins name it: short, and equal only for equal calibrations."""
    deciding = parameters(calibration)
    if deciding["kind"] != ISOTONIC:
        return deciding
    text = json.dumps(deciding, sort_keys=True)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    return {"kind": ISOTONIC, "points": len(deciding["x"]), "sha256": checksum}


def cross_fitted(
    kind: str, labels: np.ndarray, scores: np.ndarray, patients: np.ndarray
) -> np.ndarray | None:
    """Each patch's probability by a calibration that other patients' patches were fitted to.

    What is fitted and measured on the same patches flatters. (n,) float32; None where some
    patients' leaving leaves one class only.
    """
    labels, scores = np.asarray(labels).astype(bool), np.asarray(scores, dtype=np.float32)
    if kind == NONE:
        return scores
    fold_of = _folds(labels, patients)
    found = np.empty(len(scores), dtype=np.float32)
    for fold in np.unique(fold_of):
        is_left_out = fold_of == fold
        others = labels[~is_left_out]
        if not len(others) or others.all() or not others.any():
            return None
        fitted = fit(kind, others, scores[~is_left_out])
        found[is_left_out] = apply(fitted, scores[is_left_out])
    return found


def _folds(labels: np.ndarray, patients: np.ndarray) -> np.ndarray:
    """(n,) which fold a patch is left out with: its patient's, tumour spread over the folds."""
    names, owner = np.unique(patients, return_inverse=True)
    has_tumour = np.bincount(owner, weights=labels, minlength=len(names)) > 0
    order = np.argsort(~has_tumour, kind="stable")
    fold_of_patient = np.empty(len(names), dtype=np.int64)
    fold_of_patient[order] = np.arange(len(names)) % FOLDS
    return fold_of_patient[owner]


# Fitting -------------------------------------------------------------------


def _best_temperature(labels: np.ndarray, scores: np.ndarray) -> float:
    """The temperature of the least cross-entropy. Guo et al. 2017, "On Calibration".

    Towards targets a little inside 0 and 1 (Platt 1999): where validation is parted without an
    error, any temperature would else be too high, and all probabilities would end at 0 and 1.
    """
    from scipy import optimize  # noqa: PLC0415 -- slow import

    logits = _logit(np.clip(scores, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY))
    tumour = int(np.count_nonzero(labels))
    normal = len(labels) - tumour
    target = np.where(labels, (tumour + 1) / (tumour + 2), 1 / (normal + 2))

    def entropy(log_temperature: float) -> float:
        given = logits / np.exp(log_temperature)
        return float((np.logaddexp(0, given) - target * given).mean())

    bounds = (np.log(LOWEST_TEMPERATURE), np.log(HIGHEST_TEMPERATURE))
    best = optimize.minimize_scalar(entropy, bounds=bounds, method="bounded")
    return float(np.exp(best.x))


def _isotonic_points(labels: np.ndarray, scores: np.ndarray) -> dict[str, list[float]]:
    """The corners of the rising line nearest to the labels.

    Held off 0 and 1 by one patch in n + 2: n patches do not show that something is certain.
    """
    from sklearn.isotonic import IsotonicRegression

    least = 1 / (len(labels) + 2)
    line = IsotonicRegression(y_min=least, y_max=1 - least, out_of_bounds="clip")
    line.fit(scores, labels.astype(np.float64))
    return {"x": line.X_thresholds_.tolist(), "y": line.y_thresholds_.tolist()}


def _logit(probabilities: np.ndarray) -> np.ndarray:
    given = np.asarray(probabilities, dtype=np.float64)
    with np.errstate(divide="ignore"):  # 0 and 1 are minus and plus infinity, and come back
        return np.log(given) - np.log1p(-given)


def _expit(logits: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-logits))


# Measuring -----------------------------------------------------------------


def bins_of(probabilities: np.ndarray, bins: int = BINS) -> np.ndarray:
    """(n,) the bin of each patch, 0 the lowest: as equal in count as equal scores allow."""
    ordered = np.sort(probabilities)
    places = np.arange(1, bins) * len(ordered) // bins
    return np.searchsorted(np.unique(ordered[places]), probabilities, side="right")


def reliability(
    labels: np.ndarray, probabilities: np.ndarray, patients: np.ndarray, bins: int = BINS
) -> list[dict[str, Any]]:
    """What was said and what was true, bin by bin from the lowest probability.

    mean: of the probabilities. share: of tumour, with Wilson's 95 % interval over patches,
    which is too narrow where one patient has many of them: their number stands beside.
    """
    labels, bin_of = np.asarray(labels).astype(bool), bins_of(probabilities, bins)
    return [
        _bin(labels[members], np.asarray(probabilities)[members], patients[members])
        for members in (bin_of == place for place in np.unique(bin_of))
    ]


def _bin(labels: np.ndarray, probabilities: np.ndarray, patients: np.ndarray) -> dict[str, Any]:
    n, tumour = len(labels), int(np.count_nonzero(labels))
    low, high = wilson(tumour, n) or (None, None)
    return {
        "n": n,
        "tumour": tumour,
        "patients": len(np.unique(patients)),
        "mean": float(probabilities.mean(dtype=np.float64)),
        "share": tumour / n,
        "low": low,
        "high": high,
    }


def weighted_ece(bin_of: np.ndarray) -> Statistic:
    """Expected calibration error over these bins, as a statistic to resample.

    The mean distance of what was said from what was true; never below 0, and above it for
    any finite number of patches.
    """
    is_member = np.eye(int(bin_of.max()) + 1)[bin_of]  # (n, bins)

    def ece(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        gaps = weights * (labels - scores.astype(np.float64))
        return np.abs(gaps @ is_member).sum(axis=1) / weights.sum(axis=1)

    return ece


def weighted_brier(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean squared distance of probability and truth, for each row of weights (draws, n)."""
    squares = (labels - scores.astype(np.float64)) ** 2
    return (weights * squares).sum(axis=1) / weights.sum(axis=1)
