"""Which slide a command's word means: its name, or else its number."""

from django.core.management.base import CommandError

from slides.models import Slide


def chosen_slide(word: str) -> Slide:
    """The one slide of this name, or of this number where no slide has the name."""
    found = list(Slide.objects.filter(name=word))
    if not found and word.isdecimal():
        found = list(Slide.objects.filter(pk=int(word)))
    if not found:
        raise CommandError(f"There is no slide {word!r}. Give a slide's name or number.")
    if len(found) > 1:
        numbers = ", ".join(str(slide.pk) for slide in found)
        raise CommandError(f"{len(found)} slides are named {word!r}; give a number: {numbers}.")
    return found[0]
