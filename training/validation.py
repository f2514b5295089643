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
    weighted_accuracy,
    weighted_pr_auc,
    weighted_precision,
    weighted_recall,
    weighted_roc_auc,
    weighted_specificity,
)

NO_INTERVAL = "needs two patients with tumour and two with normal patches"
NO_PATCH = "no validation patch to take it of"


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
    n_all, n_tumour, n_called = len(labels), calls.tp + calls.fn, calls.tp + calls.fp
    statistics: dict[str, tuple[float | None, Statistic, int]] = {
        "roc_auc": (roc_auc(labels, scores), weighted_roc_auc, n_all),
        "pr_auc": (pr_auc(labels, scores), weighted_pr_auc, n_all),
        "recall": (calls.recall, weighted_recall(threshold), n_tumour),
        "specificity": (calls.specificity, weighted_specificity(threshold), n_all - n_tumour),
        "precision": (calls.precision, weighted_precision(threshold), n_called),
        "accuracy": (calls.accuracy, weighted_accuracy(threshold), n_all),
    }
    is_tumour = np.asarray(labels).astype(bool)
    figures = {
        name: _figure(value, statistic, (is_tumour, scores, patients), n=n, seed=seed)
        for name, (value, statistic, n) in statistics.items()
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
    statistic: Statistic,
    columns: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    n: int,
    seed: int,
) -> dict[str, Any]:
    """One figure with the patches it is a share of; no low and high where none is honest."""
    interval = slide_bootstrap(statistic, *columns, seed=seed) if value is not None else None
    figure: dict[str, Any] = {"value": value, "n": n, "unit": "patches"}
    figure["low"], figure["high"] = interval or (None, None)
    if value is None:
        figure["reason"] = NO_PATCH
    elif interval is None:
        figure["interval_reason"] = NO_INTERVAL
    return figure
