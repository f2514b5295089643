"""Cautions, leaks and sides of a split in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext

from training import dataset_words

register = template.Library()


@register.filter
def sentence(stored: Mapping[str, Any]) -> str:
    """A stored caution or leak as a sentence; as it was stored where its form has changed since."""
    try:
        return dataset_words.sentence(stored)
    except KeyError:
        return str(stored.get("words", stored["code"]))


@register.filter
def side_name(split: str) -> str:
    """A side of the split as people say it."""
    return dataset_words.side_name(split, gettext)


@register.filter
def scales(dataset: Any) -> list[float]:
    """Every um per px of a dataset's patches."""
    return dataset.mpps or [dataset.mpp]
