"""What a new version is worth on the patients held out of its training.

These patients chose the epoch and the operating point, so the figures flatter: the test
set, which did neither, is where a version is judged.
"""

from dataclasses import asdict
from typing import Any

import numpy as np

from training.metrics import (
    Statistic,
    confusion,
    operating_point,
    pr_auc,
    roc_auc,
    slide_bootstrap,
    weighted_pr_auc,
    weighted_recall,
    weighted_roc_auc,
    weighted_specificity,
)

NO_INTERVAL = "needs two patients with tumour and two with normal patches"


def validation_metrics(
    labels: np.ndarray,
    scores: np.ndarray,
    patients: np.ndarray,
    *,
    target_recall: float,
    seed: int = 0,
) -> dict[str, Any]:
    """Operating point, figures with patient-bootstrap intervals, and the counts behind them.

    labels, scores, patients: (n,), of the validation patches; both classes occur.
    Raises ValueError if there is no tumour to choose an operating point by.
    """
    threshold = operating_point(labels, scores, target_recall)
    if threshold is None:
        raise ValueError("validation holds no tumour, so no operating point can be chosen")
    calls = confusion(labels, scores, threshold)
    statistics: dict[str, tuple[float | None, Statistic | None]] = {
        "roc_auc": (roc_auc(labels, scores), weighted_roc_auc),
        "pr_auc": (pr_auc(labels, scores), weighted_pr_auc),
        "recall": (calls.recall, weighted_recall(threshold)),
        "specificity": (calls.specificity, weighted_specificity(threshold)),
        "precision": (calls.precision, None),
        "accuracy": (calls.accuracy, None),
    }
    is_tumour = np.asarray(labels).astype(bool)
    figures = {
        name: _figure(value, statistic, (is_tumour, scores, patients), seed=seed)
        for name, (value, statistic) in statistics.items()
    }
    return figures | {
        "threshold": threshold,
        "target_recall": target_recall,
        "confusion": asdict(calls),
        "n": _counts(is_tumour, patients),
    }


def _counts(is_tumour: np.ndarray, patients: np.ndarray) -> dict[str, int]:
    return {
        "patches": len(is_tumour),
        "tumour_patches": int(np.count_nonzero(is_tumour)),
        "patients": len(np.unique(patients)),
        "tumour_patients": len(np.unique(patients[is_tumour])),
    }


def _figure(
    value: float | None,
    statistic: Statistic | None,
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    seed: int,
) -> dict[str, Any]:
    """One figure, never without its n; low and high are None where no interval is honest."""
    labels, scores, patients = columns
    interval = None
    if statistic is not None:
        interval = slide_bootstrap(statistic, labels, scores, patients, seed=seed)
    figure: dict[str, Any] = {"value": value, "n": len(labels), "unit": "patches"}
    figure["low"], figure["high"] = interval or (None, None)
    if statistic is not None and interval is None:
        figure["interval_reason"] = NO_INTERVAL
    return figure
