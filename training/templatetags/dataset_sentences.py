"""Cautions, leaks and sides of a split in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from slides.templatetags.stored import told
from training import dataset_words
from training.manifest import FOLD

register = template.Library()


@register.filter
def sentence(stored: Mapping[str, Any]) -> str:
    """A stored caution or leak as a sentence; as it was stored where its code is unknown."""
    if stored["code"] not in dataset_words.FORMS:
        return str(stored.get("words", stored["code"]))
    return dataset_words.sentence(stored)


@register.filter
def side_name(split: str) -> str:
    """A side of the split as people say it."""
    if split.startswith(FOLD):
        return gettext("fold %(n)s") % {"n": split.removeprefix(FOLD)}
    return told(split)


@register.filter
def scales(dataset: Any) -> list[float]:
    """Every um per px of a dataset's patches."""
    return dataset.mpps or [dataset.mpp]
