"""Calibration and operating point of a version: of its run, or chosen anew without training."""

from dataclasses import replace
from typing import Any

from training import operating
from training.models import TrainingRun
from training.operating import OperatingError, Terms
from training.scored import Scored
from training.validation import validation_metrics


def fields_of_run(run: TrainingRun, kept: Scored) -> dict[str, Any]:
    """What a version's row says by its run's rule: threshold, its source, calibration, metrics.

    A budget that no score keeps to gives way to the run's target recall, and the figures say
    so: hours of fitting are not thrown away for it.
    """
    terms = Terms(
        rule=run.operating_rule,
        target_recall=run.target_recall,
        fp_budget=run.fp_budget,
        calibration=run.calibration,
        seed=run.seed,
    )
    dataset = run.dataset.manifest_sha256[:12]
    try:
        return fields_of(kept, terms, dataset=dataset)
    except OperatingError as refusal:
        fields = fields_of(kept, replace(terms, rule=operating.RECALL), dataset=dataset)
        fields["metrics"]["operating_note"] = str(refusal)
        return fields


def fields_of(kept: Scored, terms: Terms, *, dataset: str) -> dict[str, Any]:
    """The same by any terms. Raises what validation_metrics raises."""
    terms = replace(terms, normal_mm2=kept.normal_mm2)
    metrics = validation_metrics(kept.labels, kept.scores, kept.patients, terms)
    source = operating.source(metrics, dataset)
    calibration = metrics.pop("calibration")
    return {
        "threshold": metrics["threshold"],
        "threshold_source": source,
        "calibration": calibration,
        "metrics": metrics,
    }
