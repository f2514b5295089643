"""The score from which a patch is called tumour: chosen on validation patches, then frozen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from training.metrics import operating_point

RECALL, FP_BUDGET = "recall", "fp_budget"
RULES = (RECALL, FP_BUDGET)
CHOSEN = "chosen"  # by a person, on slides; none of the rules


class OperatingError(ValueError):
    """No score does what the rule asks."""

    code = "no_operating_point"


@dataclass(frozen=True)
class Terms:
    """How a version's probabilities and operating point are made of its validation patches.

    rule: "recall" (at least target_recall of tumour is called) or "fp_budget" (at most
    fp_budget normal patches per mm2 of normal tissue are), or "chosen" (the threshold given).
    calibration: a kind.
    normal_mm2: the normal tissue that the normal validation patches hold; None where unknown.
    """

    rule: str = RECALL
    target_recall: float = 0.90
    fp_budget: float = 1.0
    calibration: str = "none"
    normal_mm2: float | None = None
    seed: int = 0
    threshold: float | None = None


def patch_mm2(patch_px: int, mpp: float) -> float:
    """The area of a patch, which is what a cell of a reading covers: its stride is its side.

    However densely patches were drawn, each stands for one cell that will be called or not.
    """
    return (patch_px * mpp / 1000) ** 2


def choose(labels: np.ndarray, scores: np.ndarray, terms: Terms) -> float:
    """The threshold of the rule, one of the scores, or the one given. labels, scores: (n,), scores
    calibrated.

    Raises ValueError if there is no tumour or the rule is unknown, OperatingError if no score
    keeps to the budget or none was chosen.
    """
    if terms.rule == CHOSEN:
        if terms.threshold is None:
            raise OperatingError("this threshold was chosen by a person: give a recall or a budget")
        return terms.threshold
    if terms.rule == FP_BUDGET:
        return _within_budget(labels, scores, terms)
    if terms.rule != RECALL:
        raise ValueError(f"rule {terms.rule!r} is unknown; choose one of {', '.join(RULES)}")
    threshold = operating_point(labels, scores, terms.target_recall)
    if threshold is None:
        raise ValueError("validation holds no tumour, so no operating point can be chosen")
    return threshold


def _within_budget(labels: np.ndarray, scores: np.ndarray, terms: Terms) -> float:
    """The lowest score at or above which the normal patches keep to the budget."""
    if not terms.normal_mm2:
        raise OperatingError("the area of normal validation tissue is unknown; choose a recall")
    if not terms.fp_budget >= 0:
        raise ValueError(f"a false-positive budget is 0 or more, got {terms.fp_budget}")
    # Rounded first: 0.1 per mm2 on 30 mm2 must allow 3 patches, not 2 by a float's last bit.
    allowed = int(np.floor(round(terms.fp_budget * terms.normal_mm2, 9)))
    normal = np.sort(scores[~np.asarray(labels).astype(bool)])
    rising = np.unique(scores)
    alarms = len(normal) - np.searchsorted(normal, rising, side="left")
    fitting = rising[alarms <= allowed]
    if not len(fitting):
        raise OperatingError(
            f"a budget of {terms.fp_budget:g} per mm2 allows {allowed} false positive patches on "
            f"{terms.normal_mm2:.3g} mm2 of normal validation tissue, but the highest score of "
            f"all is that of {int(alarms[-1])} normal patches; raise the budget"
        )
    return float(fitting[0])


def source(metrics: Mapping[str, Any], dataset: str) -> str:
    """Where an operating point comes from, in words. dataset: its short checksum or name."""
    n = metrics["n"]
    if metrics.get("operating_rule") == FP_BUDGET:
        words = (
            f"lowest threshold with at most {metrics['fp_budget']:g} false positives per mm2 on "
            f"{metrics['normal_mm2']:.3g} mm2 ({n['normal_patches']} normal patches) of "
            f"{_patients(n['normal_patients'])} (dataset {dataset})"
        )
    else:
        words = (
            f"highest threshold with recall of at least {metrics['target_recall']:g} on "
            f"{n['tumour_patches']} tumour patches of {_patients(n['tumour_patients'])} "
            f"(dataset {dataset})"
        )
    kind = metrics.get("calibration", {}).get("kind", "none")
    return words if kind == "none" else f"{words}, on the scale of {kind} calibration"


def _patients(count: int) -> str:
    return f"{count} validation patient{'' if count == 1 else 's'}"
