"""A file is removed with the last row that names it; scores go with their weights."""

from functools import partial

from django.db import transaction
from django.db.models.signals import post_delete
from django.dispatch import receiver

from slides.models import media_path
from training import scored
from training.models import Dataset, Mining, ModelVersion

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
