"""Which rows a command's words mean: a number or a name."""

from collections.abc import Iterable

from django.core.management.base import CommandError

from slides.models import Slide
from training.models import ModelVersion

SUBSETS = ("test", "development", "all")


def chosen_version(word: str | None) -> ModelVersion:
    """The version of this name, or of this number where no version has the name; else the live."""
    if word is None:
        return _live()
    found = ModelVersion.objects.filter(name=word).first()
    if found is None and word.isdigit():
        found = ModelVersion.objects.filter(pk=int(word)).first()
    if found is None:
        names = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no model version {word!r}. There are: {names}.")
    return found


def _live() -> ModelVersion:
    live = ModelVersion.objects.live().first()
    if live is None:
        raise CommandError("No version is live; give --version VERSION")
    return live


def chosen_slides(words: Iterable[str], subset: str | None) -> list[Slide]:
    """The named slides, or all ready ones of a subset."""
    if not words:
        ready = Slide.objects.ready()
        return list(ready if subset == "all" else ready.with_subset(subset or "test"))
    return [_slide(word) for word in words]


def _slide(word: str) -> Slide:
    found = Slide.objects.filter(name=word).order_by("-pk").first()
    if found is None and word.isdigit():
        found = Slide.objects.filter(pk=int(word)).first()
    if found is None:
        raise CommandError(f"There is no slide {word!r}. Give a slide's name or number.")
    return found
