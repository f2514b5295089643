"""Numbers as a pathologist reads them: each with its unit, unknown said as unknown."""

from typing import Any

from django import template
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from slides import roles

register = template.Library()

NOTHING = "–"


@register.filter
def is_admin(user: Any) -> bool:
    return roles.is_admin(user)


@register.filter
def is_reader(user: Any) -> bool:
    return roles.is_reader(user)


def rounded(value: float, digits: int, *, is_grouped: bool = False) -> str:
    """A number rounded to so many decimals, as the reader's language writes it.

    Rounded here, because Django cuts the digits of a float off instead.
    """
    return number_format(f"{value:.{digits}f}", digits, force_grouping=is_grouped)


def whole(count: int) -> str:
    """A count with its thousands apart, as the reader's language writes it."""
    return number_format(count, 0, force_grouping=True)


@register.filter
def decimals(value: float | None, digits: int = 3) -> str:
    """A number with so many decimals; a dash where it does not exist."""
    return NOTHING if value is None or value == "" else rounded(float(value), digits)


@register.filter
def percent(value: float | None) -> str:
    return NOTHING if value is None or value == "" else f"{100 * float(value):.0f} %"


@register.filter
def rate(value: float | None) -> str:
    """A learning rate to two digits, as short as it goes; a dash where there is none."""
    return NOTHING if value is None or value == "" else number_format(f"{float(value):.2g}")


@register.filter
def interval(figure: dict | None) -> str:
    """The 95 % interval of a stored figure, or a dash."""
    if not figure or figure.get("low") is None or figure.get("high") is None:
        return NOTHING
    return f"{decimals(figure['low'])}–{decimals(figure['high'])}"


@register.filter
def micrometres(mpp: float | None) -> str:
    return _("unknown") if mpp is None else f"{number_format(f'{mpp:.4g}')} µm/px"


@register.filter
def square_mm(area: float | None) -> str:
    if area is None:
        return NOTHING
    if area >= 0.01:
        return f"{rounded(area, 2, is_grouped=True)} mm²"
    return f"{rounded(area * 1e6, 0, is_grouped=True)} µm²"


@register.filter
def area(area_px: float, mpp: float | None) -> str:
    """Level-0 px squared as mm², or as px² where um per px are unknown."""
    if mpp is None:
        return f"{rounded(area_px, 0, is_grouped=True)} px²"
    return square_mm(area_px * mpp**2 / 1e6)


@register.filter
def duration(seconds: float | None) -> str:
    """Seconds as people say them: 42 s, 3 min 20 s, 2 h 5 min."""
    if seconds is None:
        return NOTHING
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 1:
        return _("%(n)s s") % {"n": rest}
    hours, minutes = divmod(minutes, 60)
    if hours < 1:
        return _("%(m)s min %(s)s s") % {"m": minutes, "s": rest}
    return _("%(h)s h %(m)s min") % {"h": hours, "m": minutes}


@register.filter
def short(checksum: str | None) -> str:
    """The first twelve characters of a checksum: enough to tell two apart by eye."""
    return checksum[:12] if checksum else NOTHING


@register.filter
def entry(mapping: Any, key: str) -> Any:
    """mapping[key], None where there is none."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@register.filter
def plain(name: str) -> str:
    """A stored key as words: val_loss becomes val loss."""
    return str(name).replace("_", " ")


@register.filter
def unlocalized(number: float | str | None) -> str:
    """A number as scripts read it, whatever the language; empty stays empty."""
    return "" if number is None or number == "" else repr(float(number))
