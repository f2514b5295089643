"""What a new version is worth on the patients held out of its training.

These patients chose the epoch, the calibration and the operating point, so the figures flatter:
the test set, which did none of it, is where a version is judged. Only the figures of a
calibration are cross-fitted: each patch by a calibration that never saw its patient.
"""

from dataclasses import asdict
from typing import Any

import numpy as np

from training import calibration, operating
from training.metrics import (
    Statistic,
    confusion,
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
from training.operating import Terms

NO_INTERVAL = "needs two patients with tumour and two with normal patches"
NO_PATCH = "no validation patch to take it of"
NO_CROSS_FIT = "too few patients to fit on some and measure on others"
CURVE_POINTS = 100

Columns = tuple[np.ndarray, np.ndarray, np.ndarray]


def validation_metrics(
    labels: np.ndarray, scores: np.ndarray, patients: np.ndarray, terms: Terms
) -> dict[str, Any]:
    """Calibration, operating point, figures with patient-bootstrap intervals, and their counts.

    labels, scores, patients: (n,), of the validation patches, scores as the network gave them;
    both classes occur. Everything in the answer but "before" in its calibration is on the
    calibrated scale, which is that of every prediction.
    Raises ValueError if there is no tumour to choose an operating point by, OperatingError if
    nothing keeps to the budget.
    """
    labels = np.asarray(labels).astype(bool)
    fitted = calibration.fit(terms.calibration, labels, scores)
    given = calibration.apply(fitted, scores)
    threshold = operating.choose(labels, given, terms)
    calls = confusion(labels, given, threshold)
    return _figures((labels, given, patients), threshold, terms) | {
        "threshold": threshold,
        "operating_rule": terms.rule,
        "target_recall": terms.target_recall,
        "fp_budget": terms.fp_budget,
        "normal_mm2": terms.normal_mm2,
        "confusion": asdict(calls),
        "n": _counts(labels, patients),
        "curves": _curves(labels, given),
        "calibration": fitted | _calibration_figures((labels, scores, patients), given, terms),
    }


def _figures(columns: Columns, threshold: float, terms: Terms) -> dict[str, Any]:
    labels, scores, _ = columns
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
    figures = {
        name: _figure(value, statistic, columns, n=n, seed=terms.seed)
        for name, (value, statistic, n) in statistics.items()
    }
    return figures | _alarms(figures["specificity"], n_all - n_tumour, terms)


def _alarms(specificity: dict[str, Any], n_normal: int, terms: Terms) -> dict[str, Any]:
    """False positives: what is wrong of specificity, as a rate (of a curve) and per mm2."""
    rate = _turned(specificity, 1)
    found = {"false_positive_rate": {name: rate[name] for name in ("value", "low", "high", "n")}}
    if not terms.normal_mm2 or specificity["value"] is None:
        return found
    return found | {"fp_per_mm2": _turned(specificity, n_normal / terms.normal_mm2)}


def _turned(figure: dict[str, Any], factor: float) -> dict[str, Any]:
    """What is left of 1, times a factor; where there is no figure, none."""
    of = {"value": "value", "low": "high", "high": "low"}
    return figure | {
        name: None if figure[other] is None else (1 - figure[other]) * factor
        for name, other in of.items()
    }


def _calibration_figures(columns: Columns, given: np.ndarray, terms: Terms) -> dict[str, Any]:
    """How well probabilities hold what they say, as the network gave them and calibrated."""
    labels, scores, patients = columns
    figures: dict[str, Any] = {
        "bins": calibration.BINS,
        "n": _counts(labels, patients),
        "tumour_share": float(labels.mean()),
        "distinct": {"before": len(np.unique(scores)), "after": len(np.unique(given))},
        "before": _reliability(columns, terms),
    }
    if terms.calibration == calibration.NONE:
        return figures
    crossed = calibration.cross_fitted(terms.calibration, labels, scores, patients)
    if crossed is None:
        return figures | {"after": {"reason": NO_CROSS_FIT}}
    return figures | {"after": _reliability((labels, crossed, patients), terms)}


def _reliability(columns: Columns, terms: Terms) -> dict[str, Any]:
    labels, scores, patients = columns
    weighted_ece = calibration.weighted_ece(calibration.bins_of(scores))
    once = np.ones((1, len(labels)))
    return {
        name: _figure(
            float(statistic(labels, scores, once)[0]),
            statistic,
            columns,
            n=len(labels),
            seed=terms.seed,
        )
        for name, statistic in (("ece", weighted_ece), ("brier", calibration.weighted_brier))
    } | {"curve": calibration.reliability(labels, scores, patients)}


def _curves(labels: np.ndarray, scores: np.ndarray) -> dict[str, list[list[float]]]:
    """ROC (false-positive rate, recall, threshold) and PR (recall, precision, threshold).

    Thinned to so many points that a page can draw; the operating point is drawn apart.
    """
    falling = np.unique(scores)[::-1]
    tumour, free = np.sort(scores[labels]), np.sort(scores[~labels])
    tp = len(tumour) - np.searchsorted(tumour, falling, side="left")
    fp = len(free) - np.searchsorted(free, falling, side="left")
    kept = np.unique(np.linspace(0, len(falling) - 1, CURVE_POINTS).round().astype(int))
    tpr, fpr = tp / max(len(tumour), 1), fp / max(len(free), 1)
    roc = [[float(fpr[i]), float(tpr[i]), float(falling[i])] for i in kept]
    pr = [[float(tpr[i]), float(tp[i] / (tp[i] + fp[i])), float(falling[i])] for i in kept]
    return {"roc": roc, "pr": pr}


def _counts(is_tumour: np.ndarray, patients: np.ndarray) -> dict[str, int]:
    tumour = int(np.count_nonzero(is_tumour))
    return {
        "patches": len(is_tumour),
        "tumour_patches": tumour,
        "normal_patches": len(is_tumour) - tumour,
        "patients": len(np.unique(patients)),
        "tumour_patients": len(np.unique(patients[is_tumour])),
        "normal_patients": len(np.unique(patients[~is_tumour])),
    }


def _figure(
    value: float | None, statistic: Statistic, columns: Columns, *, n: int, seed: int
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
