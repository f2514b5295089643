"""A file is removed with the last row that names it; scores go with their weights."""

import shutil
from functools import partial
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from slides.models import media_path
from training import scored
from training.models import Dataset, Experiment, Mining, ModelVersion

FIELDS = {Dataset: "manifest", ModelVersion: "weights", Mining: "patches"}


@receiver(post_delete, sender=Dataset)
@receiver(post_delete, sender=ModelVersion)
@receiver(post_delete, sender=Mining)
def _file_goes_with_its_row(instance: Dataset | ModelVersion | Mining, **_: object) -> None:
    field = FIELDS[type(instance)]
    relative = getattr(instance, field)
    if not relative or type(instance).objects.filter(**{field: relative}).exists():
        return
    path = media_path(relative)
    for gone in (path, scored.beside(path)) if field == "weights" else (path,):
        transaction.on_commit(partial(gone.unlink, missing_ok=True))


@receiver(post_delete, sender=Experiment)
def _answers_go_with_their_experiment(instance: Experiment, **_: object) -> None:
    for root in (settings.MEDIA_ROOT, settings.CACHE_ROOT):
        folder = Path(root) / "experiments" / str(instance.pk)
        transaction.on_commit(partial(shutil.rmtree, folder, ignore_errors=True))
