"""What the networks of an experiment are worth on patients that none of them knew.

With k folds, the network that is asked about a patient has neither learnt from that patient nor
chosen its epoch or threshold by them: fold i tests, the next one chooses, the others are learnt
from. So every patient is a test patient once, and all answers are put together here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.metrics import (
    Statistic,
    confusion,
    slide_bootstrap,
    weighted_precision,
    weighted_recall,
    weighted_roc_auc,
    weighted_specificity,
)

CALLED = 0.5  # calls are 0 or 1: each fold has a threshold of its own
FIGURES = ("roc_auc", "recall", "precision", "specificity")


@dataclass(frozen=True)
class Answers:
    """What was said of test patches, each (n,): of one fold, or of several put together.

    labels: bool, True = tumour. scores: in [0, 1]. called: bool, by the fold's own threshold.
    patients: whose patch it is. folds: whose network answered.
    """

    labels: np.ndarray
    scores: np.ndarray
    called: np.ndarray
    patients: np.ndarray
    folds: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


def together(parts: Sequence[Answers]) -> Answers:
    """The answers of several folds as one."""
    names = ("labels", "scores", "called", "patients", "folds")
    return Answers(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def figures(answers: Answers, *, seed: int = 0) -> dict[str, Any]:
    """Figures with 95 % intervals by patient bootstrap, confusion matrix, and counts.

    A figure is {"value", "low", "high", "n"}; value is None where it does not exist, low and high
    where fewer than two patients carry either class.
    """
    labels, called = answers.labels.astype(bool), answers.called.astype(np.float64)
    calls = confusion(labels, called, CALLED)
    tumour = int(np.count_nonzero(labels))
    statistics: dict[str, tuple[Statistic, np.ndarray, int]] = {
        "roc_auc": (_auc_within(answers.folds), answers.scores, len(labels)),
        "recall": (weighted_recall(CALLED), called, tumour),
        "precision": (weighted_precision(CALLED), called, calls.tp + calls.fp),
        "specificity": (weighted_specificity(CALLED), called, len(labels) - tumour),
    }
    found = {
        name: _figure(statistic, labels, scores, answers.patients, n=n, seed=seed)
        for name, (statistic, scores, n) in statistics.items()
    }
    matrix = {name: getattr(calls, name) for name in ("tp", "fp", "fn", "tn")}
    return found | {"confusion": matrix, "n": _counts(labels, answers)}


def _figure(
    statistic: Statistic,
    labels: np.ndarray,
    scores: np.ndarray,
    patients: np.ndarray,
    *,
    n: int,
    seed: int,
) -> dict[str, Any]:
    value = float(statistic(labels, scores, np.ones((1, len(labels))))[0]) if len(labels) else None
    if value is None or np.isnan(value):
        return {"value": None, "low": None, "high": None, "n": n}
    interval = slide_bootstrap(statistic, labels, scores, patients, seed=seed)
    low, high = interval or (None, None)
    return {"value": value, "low": low, "high": high, "n": n}


def _auc_within(folds: np.ndarray) -> Statistic:
    """ROC-AUC over pairs of patches that the same network scored.

    Scores of two networks are on two scales: to compare them across folds would measure that.
    """

    def statistic(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        right, pairs = np.zeros(len(weights)), np.zeros(len(weights))
        for fold in np.unique(folds):
            part = folds == fold
            drawn, is_tumour = weights[:, part], labels[part]
            own_pairs = (drawn @ is_tumour) * (drawn @ ~is_tumour)
            auc = weighted_roc_auc(is_tumour, scores[part], drawn)
            right += np.where(own_pairs > 0, np.nan_to_num(auc) * own_pairs, 0)
            pairs += own_pairs
        return np.divide(right, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)

    return statistic


def _counts(labels: np.ndarray, answers: Answers) -> dict[str, int]:
    return {
        "patches": len(labels),
        "tumour_patches": int(np.count_nonzero(labels)),
        "patients": len(np.unique(answers.patients)),
        "tumour_patients": len(np.unique(answers.patients[labels])),
        "folds": len(np.unique(answers.folds)),
    }
