"""Calibration and operating point of a version: of its run, or chosen anew without training."""

from dataclasses import replace
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from slides import audit
from slides.jobs import Reason
from training import calibration, operating, scored
from training.models import ModelVersion, TrainingRun
from training.operating import OperatingError, Terms
from training.refusals import read_elsewhere
from training.scored import Scored, ScoresError
from training.validation import validation_metrics

LARGEST_BUDGET = 10_000.0
MOST_ALIKE = 1000
SAME_OF_SAME_WEIGHTS = (
    *("architecture", "pooling", "mpp", "patch_px", "labelling", "tumour_bar", "centre_px"),
    *("weights", "weights_sha256", "is_synthetic", "card", "display"),
)


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
    return {
        "threshold": metrics["threshold"],
        "threshold_source": source,
        "calibration": metrics.pop("calibration"),
        "metrics": metrics,
    }


# Choosing anew -------------------------------------------------------------


class NotCalibrated(Reason):
    """This version cannot be given that operating point or calibration."""

    code = "not_calibrated"


def scores_of(version: ModelVersion) -> Scored:
    """The validation patches as the version's network scored them. Raises ScoresError."""
    path = version.weights_path
    if path is None:
        raise ScoresError(f"{version} has no weights, so no scores beside them")
    return scored.read(scored.beside(path), sha256=version.metrics.get("scores_sha256"))


def recalibrate(
    *, version: ModelVersion, terms: Terms, name: str = "", created_by: User | None = None
) -> ModelVersion:
    """A candidate of the same weights with another operating point or calibration.

    The version itself, and what it has read, stay as they are. Raises NotCalibrated if the name
    is taken or nothing would differ, ScoresError if the validation scores are not kept,
    OperatingError or ValueError if the terms cannot be met.

    Resampling takes seconds: no transaction is open meanwhile, which in SQLite would keep
    everybody else from writing.
    """
    if version.is_read_elsewhere:
        raise NotCalibrated(read_elsewhere(version, "calibrate anew"), "read_elsewhere")
    _refuse_odd_terms(terms)
    _refuse_taken(name)
    fields = fields_of(scores_of(version), terms, dataset=_dataset_of(version))
    same = calibration.named(fields["calibration"]) == calibration.named(version.calibration)
    if same and fields["threshold"] == version.threshold:
        raise NotCalibrated(
            f"{version} has this very operating point and calibration: {version.threshold:.4g}",
            "nothing_new",
        )
    fields["metrics"] = kept_of(version) | fields["metrics"]
    return _candidate(version, terms, name, fields, created_by)


@transaction.atomic
def _candidate(
    version: ModelVersion, terms: Terms, name: str, fields: dict[str, Any], by: User | None
) -> ModelVersion:
    new = ModelVersion.objects.create(
        name=_free_name(version, terms, name),
        run=None,
        parent=version,
        provenance=version.provenance | {"calibrated_from": version.name},
        **fields,
        **{field: getattr(version, field) for field in SAME_OF_SAME_WEIGHTS},
    )
    audit.record(
        by,
        "calibrate",
        new,
        parent=version.name,
        threshold=new.threshold,
        source=new.threshold_source,
        calibration=calibration.named(new.calibration),
    )
    return new


def kept_of(version: ModelVersion) -> dict[str, Any]:
    """What is true of the weights' validation scores whatever is chosen by them."""
    checksum = version.metrics.get("scores_sha256")
    return {"scores_sha256": checksum} if checksum else {}


def terms_of(version: ModelVersion) -> Terms:
    """The terms that a version's operating point and calibration were chosen by."""
    known = version.metrics
    return Terms(
        rule=known.get("operating_rule", operating.RECALL),
        target_recall=known.get("target_recall", Terms.target_recall),
        fp_budget=known.get("fp_budget", Terms.fp_budget),
        calibration=version.calibration.get("kind", calibration.NONE),
    )


def _refuse_odd_terms(terms: Terms) -> None:
    if not 0 < terms.target_recall <= 1:
        raise NotCalibrated(
            f"a target recall is above 0 and at most 1, got {terms.target_recall:g}", "bad_input"
        )
    if not 0 <= terms.fp_budget <= LARGEST_BUDGET:
        raise NotCalibrated(
            f"a false-positive budget is in 0..{LARGEST_BUDGET:g} per mm2, got {terms.fp_budget:g}",
            "bad_input",
        )


def _dataset_of(version: ModelVersion) -> str:
    run = version.source_run
    known = version.provenance.get("dataset", {}).get("sha256", "")
    return (run.dataset.manifest_sha256 if run else known)[:12] or "unknown"


def _refuse_taken(name: str) -> None:
    if ModelVersion.objects.filter(name=name).exists():
        raise NotCalibrated(f"a version named {name!r} exists; name another", "name_taken")


def _free_name(version: ModelVersion, terms: Terms, wanted: str) -> str:
    point = (
        f"recall {terms.target_recall:g}"
        if terms.rule == operating.RECALL
        else f"{terms.fp_budget:g} per mm2"
    )
    kind = "" if terms.calibration == calibration.NONE else f", {terms.calibration}"
    return free_name(f"{version.name[:150]} ({point}{kind})", wanted)


def free_name(usual: str, wanted: str = "") -> str:
    """The wanted name, or else the usual one, numbered where it is taken.

    Raises NotCalibrated if the wanted one is.
    """
    if wanted:
        _refuse_taken(wanted)
        return wanted
    names = (usual, *(f"{usual} {number}" for number in range(2, MOST_ALIKE)))
    taken = set(ModelVersion.objects.filter(name__in=names).values_list("name", flat=True))
    return next(name for name in names if name not in taken)
