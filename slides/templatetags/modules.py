"""A page's script with all that it imports, asked for at once instead of one wave after another."""

import posixpath
import re
from functools import lru_cache
from pathlib import Path

from django import template
from django.conf import settings
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

register = template.Library()

IMPORT = re.compile(r"""^\s*(?:import|export)\b[^;]*?["'](\.{1,2}/[^"']+)["'];""", re.MULTILINE)


@register.simple_tag
def module(path: str) -> SafeString:
    """The script element of an ES module below static/, and preload links of its imports."""
    return format_html('{}<script src="{}" type="module"></script>', preloads(path), static(path))


@register.simple_tag
def preloads(path: str) -> SafeString:
    """Links that ask for all that an ES module below static/ imports."""
    imports = [(static(each),) for each in imports_of(path) if each != path]
    return format_html_join("", '<link rel="modulepreload" href="{}">', imports)


def imports_of(path: str) -> list[str]:
    """A module and all that it imports, however deep, each once."""
    return _walked(path) if settings.DEBUG else list(_kept(path))


@lru_cache
def _kept(path: str) -> tuple[str, ...]:
    return tuple(_walked(path))


def _walked(path: str) -> list[str]:
    found = [path]
    for each in found:
        found += [name for name in _named_by(each) if name not in found]
    return found


def _named_by(path: str) -> list[str]:
    """What a module imports itself, as paths below static/."""
    place = finders.find(path)
    if place is None:
        return []
    folder = posixpath.dirname(path)
    names = IMPORT.findall(Path(place).read_text())
    return list(dict.fromkeys(posixpath.normpath(posixpath.join(folder, name)) for name in names))
