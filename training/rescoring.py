"""The validation scores of a version that was published before they were kept."""

from typing import Any

from django.db import transaction

from slides.jobs import Report
from training import mining, runs, scored
from training.models import ModelVersion
from training.scored import Scored

BATCH = 32


def read_again(version: ModelVersion, *, report: Report = lambda done, total: None) -> Scored:
    """Score the validation patches of a version's dataset once more and keep them.

    The weights are what they were, so the scores are too, but for a float's last bits on another
    machine. Raises NotMinable if the dataset is gone, and what weights and slides raise.
    """
    from training import feeding, network  # slow import

    frozen, run = mining.frozen_of(version), version.source_run
    _, held_out = frozen.sides(run.fold)
    packed = runs.patches_of(frozen, report=report)
    model = network.load(version.weights_path, sha256=version.weights_sha256)
    share = feeding.Share(packed, frozen.labels, held_out)
    kept = scored.of(frozen, held_out, feeding.scores(model, share, batch=BATCH))
    checksum = scored.write(scored.beside(version.weights_path), kept)
    _note(version, scores_sha256=checksum)
    return kept


@transaction.atomic
def _note(version: ModelVersion, **facts: Any) -> None:
    """Of all versions of these weights: the scores are of the weights."""
    same = ModelVersion.objects.select_for_update().filter(weights=version.weights)
    for row in same:
        row.metrics |= facts
        row.save(update_fields=["metrics"])
    version.refresh_from_db(fields=["metrics"])
