"""From a fitted network to a version that can be used."""

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from training import manifest, origin
from training.models import ModelVersion, TrainingRun
from training.own_rows import write_own
from training.validation import validation_metrics

if TYPE_CHECKING:
    from training.fitting import Fitted


def publish(run: TrainingRun, frozen: manifest.Manifest, fitted: "Fitted") -> ModelVersion:
    """Store the network and the row with all that is needed to use and explain it."""
    from training import network

    held_out = frozen.indices(manifest.VALIDATION)
    metrics = validation_metrics(
        frozen.labels[held_out],
        fitted.validation_scores,
        frozen.patients()[held_out],
        target_recall=run.target_recall,
        seed=run.seed,
    )
    relative = f"versions/run-{run.pk}-attempt-{run.attempt}.keras"
    checksum = network.save(fitted.model, Path(settings.MEDIA_ROOT) / relative)
    with transaction.atomic():
        write_own(run, history=fitted.history, best_epoch=fitted.best_epoch)
        return ModelVersion.objects.create(
            name=_free_name(run),
            run=run,
            parent=run.first_version,
            architecture=run.architecture,
            pooling=run.pooling,
            labelling=run.dataset.labelling,
            tumour_bar=run.dataset.tumour_bar,
            centre_px=run.dataset.centre_px,
            mpp=frozen.mpp,
            patch_px=frozen.patch_px,
            threshold=metrics["threshold"],
            threshold_source=origin.threshold_source(run, metrics),
            weights=relative,
            weights_sha256=checksum,
            metrics=metrics,
            provenance=origin.provenance(run, frozen, fitted),
            is_synthetic=run.dataset.is_synthetic,
        )


def _free_name(run: TrainingRun) -> str:
    wanted = run.version_name or f"{run.architecture} {run.dataset.mpp:g} um/px"
    if ModelVersion.objects.filter(name=wanted).exists():
        return f"{wanted[:180]} (run {run.pk})"
    return wanted
