"""Fonts, colours and sizes of what is printed."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, SOFT, LINE = (colors.HexColor(one) for one in ("#1b1c2b", "#535a70", "#d5d9e3"))
ACCENT, SUNKEN, WARN, WARN_WASH = (
    colors.HexColor(one) for one in ("#453c97", "#eceef3", "#7d4a00", "#fbefd9")
)
LEAST_BELOW_HEADING = 42 * mm  # room that a heading needs below it, else it goes to the next page
CELL_PT, SUB_PT = 7.5, 6.2
LEADING = 1.35  # lines stand so many of their size apart


@cache
def with_fonts() -> None:
    """DejaVu Sans, which comes with matplotlib: umlauts, Greek, Cyrillic, µ; free to embed."""
    found = find_spec("matplotlib")
    if found is None or found.origin is None:
        raise ImportError("matplotlib is not installed; its fonts are needed: make install")
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    for name in (REGULAR, BOLD):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))
    pdfmetrics.registerFontFamily(REGULAR, REGULAR, BOLD, REGULAR, BOLD)


def style(size: float, **more: Any) -> ParagraphStyle:
    given = {"fontName": REGULAR, "leading": size * LEADING, "textColor": INK, "name": "one"} | more
    return ParagraphStyle(fontSize=size, splitLongWords=1, **given)


class Styles(NamedTuple):
    title: ParagraphStyle
    heading: ParagraphStyle
    smaller: ParagraphStyle
    text: ParagraphStyle
    quiet: ParagraphStyle
    warning: ParagraphStyle
    cell: ParagraphStyle
    number: ParagraphStyle
    head: ParagraphStyle
    head_number: ParagraphStyle
    foot: ParagraphStyle


@cache
def styles() -> Styles:
    with_fonts()
    bold = {"fontName": BOLD, "textColor": INK}
    return Styles(
        title=style(17, spaceAfter=4, **bold),
        heading=style(11.5, spaceBefore=12, spaceAfter=4, fontName=BOLD, textColor=ACCENT),
        smaller=style(9.5, spaceBefore=8, spaceAfter=3, **bold),
        text=style(8.5, spaceAfter=4),
        quiet=style(7.5, spaceAfter=5, textColor=SOFT),
        warning=style(
            8.5, spaceBefore=3, spaceAfter=6, textColor=WARN, backColor=WARN_WASH, borderPadding=4
        ),
        cell=style(CELL_PT),
        number=style(CELL_PT, alignment=TA_RIGHT),
        head=style(CELL_PT, fontName=BOLD),
        head_number=style(CELL_PT, fontName=BOLD, alignment=TA_RIGHT),
        foot=style(6.5, textColor=SOFT),
    )
