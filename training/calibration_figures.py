"""A version's calibration and operating point as tables for other programs."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from training import calibrating, calibration
from training.models import ModelVersion

TABLES = ("reliability", "roc", "pr", "scores")
RELIABILITY = ("n", "tumour", "patients", "mean", "share", "low", "high")
CURVES = {
    "roc": ("false_positive_rate", "recall", "threshold"),
    "pr": ("recall", "precision", "threshold"),
}


def facts(version: ModelVersion) -> dict[str, Any]:
    """Everything that is known of how a version's output is read, with its figures."""
    run = version.source_run
    return {
        "version": version.name,
        "id": version.pk,
        "parent": version.parent.name if version.parent else None,
        "weights_sha256": version.weights_sha256,
        "dataset_sha256": run.dataset.manifest_sha256 if run else None,
        "is_synthetic": version.is_synthetic,
        "threshold": version.threshold,
        "threshold_source": version.threshold_source,
        "calibration": version.calibration,
        "metrics": version.metrics,
    }


def as_csv(version: ModelVersion, table: str) -> str:
    """One of TABLES as CSV, its first line the column names. Raises ScoresError for scores."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_rows(version, table))
    return text.getvalue()


def _rows(version: ModelVersion, table: str) -> Iterator[tuple[Any, ...]]:
    if table == "scores":
        yield from _scores(version)
    elif table == "reliability":
        yield ("stage", "bin", *RELIABILITY)
        for stage in ("before", "after"):
            curve = version.calibration.get(stage, {}).get("curve", [])
            for place, line in enumerate(curve, start=1):
                yield (stage, place, *(line[name] for name in RELIABILITY))
    else:
        yield CURVES[table]
        yield from version.metrics.get("curves", {}).get(table, [])


def _scores(version: ModelVersion) -> Iterator[tuple[Any, ...]]:
    columns = scores(version)
    columns["is_tumour"] = [int(is_tumour) for is_tumour in columns["is_tumour"]]
    del columns["patch_mm2"]
    yield tuple(columns)
    yield from zip(*columns.values(), strict=True)


def scores(version: ModelVersion) -> dict[str, Any]:
    """The validation patches as columns. Raises ScoresError if they are not kept."""
    kept = calibrating.scores_of(version)
    return {
        "patient": kept.patients.tolist(),
        "is_tumour": kept.labels.tolist(),
        "network_output": kept.scores.tolist(),
        "probability": calibration.apply(version.calibration, kept.scores).tolist(),
        "tissue_share": kept.tissue_share.tolist(),
        "patch_mm2": kept.patch_mm2,
    }
