"""How a person wants a truth file taken in, from the fields of a form."""

import math
from collections.abc import Mapping

from django.utils.translation import gettext as _

from slides.jobs import Reason
from slides.outlines import Reading
from slides.truth_preview import Terms

LARGEST_VALUE = 2**32  # beyond what a px of a mask holds


def terms_from(fields: Mapping[str, str]) -> Terms:
    """Terms of labels ("NAME=LABEL, ..."), tumour_value, scale, correction, is_forced, is_partial.

    Raises Reason (bad_input), or TruthError for an unknown label.
    """
    words = [word for word in fields.get("labels", "").split(",") if word.strip()]
    return Terms(
        reading=Reading.from_words(words, tumour_value=_tumour_value(fields)),
        scale=number_from(fields, "scale"),
        correction=fields.get("correction", "").strip(),
        is_forced=bool(fields.get("is_forced")),
        is_exhaustive=False if fields.get("is_partial") else None,
    )


def words_of(terms: Terms) -> str:
    """The labels of terms as a person types them: "NAME=LABEL, ..."."""
    named = [f"{name}={label}" for name, label in terms.reading.labels.items()]
    return ", ".join([*named, *([terms.reading.unlabelled] if terms.reading.unlabelled else [])])


def number_from(fields: Mapping[str, str], name: str) -> float | None:
    """The finite number in a field, None where it is empty. Raises Reason (bad_input)."""
    text = fields.get(name, "").strip()
    try:
        number = float(text) if text else None
    except ValueError:
        number = math.nan
    if number is not None and not math.isfinite(number):
        raise Reason(_("%(text)r is not a number.") % {"text": text[:40]}, "bad_input")
    return number


def _tumour_value(fields: Mapping[str, str]) -> int | None:
    number = number_from(fields, "tumour_value")
    if number is not None and not (number.is_integer() and 0 < number < LARGEST_VALUE):
        words = _("A tumour value is a whole number above 0, not %(number)g.")
        raise Reason(words % {"number": number}, "bad_input")
    return None if number is None else int(number)
