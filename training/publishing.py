"""From a fitted network to a version that can be used."""

from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from training import calibrating, cards, manifest, origin, scored
from training.models import ModelVersion, TrainingRun
from training.own_rows import write_own

if TYPE_CHECKING:
    from training.fitting import Fitted


def publish(run: TrainingRun, frozen: manifest.Manifest, fitted: "Fitted") -> ModelVersion:
    """Store the network and the row with all that is needed to use and explain it."""
    from training import network

    _, held_out = frozen.sides(run.fold)
    kept = scored.of(frozen, held_out, fitted.validation_scores)
    chosen = calibrating.fields_of_run(run, kept)
    relative = f"versions/run-{run.pk}-attempt-{run.attempt}.keras"
    path = Path(settings.MEDIA_ROOT) / relative
    checksum = network.save(fitted.model, path)
    chosen["metrics"]["scores_sha256"] = scored.write(scored.beside(path), kept)
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
            **chosen,
            weights=relative,
            weights_sha256=checksum,
            provenance=origin.provenance(run, frozen, fitted),
            card=cards.draft(run.dataset, frozen, run.fold),
            is_synthetic=run.dataset.is_synthetic,
        )


def _free_name(run: TrainingRun) -> str:
    wanted = run.version_name or f"{run.architecture} {run.dataset.mpp:g} um/px"
    if ModelVersion.objects.filter(name=wanted).exists():
        return f"{wanted[:180]} (run {run.pk})"
    return wanted
