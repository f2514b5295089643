"""Rows as commands are told of them: by name or by number."""

from django.core.management.base import CommandError

from slides.models import Slide
from training.models import ModelVersion


def chosen_version(word: str) -> ModelVersion:
    found = ModelVersion.objects.filter(name=word).first()
    if found is None and word.isdigit():
        found = ModelVersion.objects.filter(pk=int(word)).first()
    if found is None:
        names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no version {word!r}. There are: {names}.")
    return found


def chosen_slide(word: str) -> Slide:
    found = Slide.objects.filter(name=word).order_by("-pk").first()
    if found is None and word.isdigit():
        found = Slide.objects.filter(pk=int(word)).first()
    if found is None:
        raise CommandError(f"There is no slide {word!r}. Give a slide's name or number.")
    return found
