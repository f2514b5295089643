"""Documents as PDF: A4, fonts embedded, heads repeated, page numbers, the same bytes each time.

Imported where a document is wanted, never when the web process starts.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    Image,
    KeepTogether,
    LongTable,
    PageTemplate,
    Spacer,
    TableStyle,
)
from reportlab.platypus import PageBreak as NextPage
from reportlab.platypus import Paragraph as Text

from slides.document import (
    Bullets,
    Cell,
    Column,
    Document,
    Facts,
    Heading,
    Lines,
    PageBreak,
    Paragraph,
    Part,
    Picture,
    Pictures,
    Sheet,
    Table,
)
from slides.vector_figures import FigureOnPage

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"
INK, SOFT, LINE = (colors.HexColor(one) for one in ("#1b1c2b", "#535a70", "#d5d9e3"))
ACCENT, SUNKEN, WARN, WARN_WASH = (
    colors.HexColor(one) for one in ("#453c97", "#eceef3", "#7d4a00", "#fbefd9")
)
MARGIN = 16 * mm
HEAD, FOOT = 14 * mm, 16 * mm
LEAST_BELOW_HEADING = 30 * mm  # room that a heading needs below it, else it goes to the next page
TALLEST_PICTURE = 150 * mm
LONG_CELL = 300  # characters from which a row may be broken, lest it be taller than a page
WIDEST_SHARE = 3.0  # of the narrowest column, before a cell's words are broken


# Fonts -----------------------------------------------------------------------


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
    given = {"fontName": REGULAR, "leading": size * 1.35, "textColor": INK, "name": "one"} | more
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
        cell=style(7.5),
        number=style(7.5, alignment=TA_RIGHT),
        head=style(7.5, fontName=BOLD),
        head_number=style(7.5, fontName=BOLD, alignment=TA_RIGHT),
        foot=style(6.5, textColor=SOFT),
    )


# Pages -----------------------------------------------------------------------


def pdf_of(document: Document) -> bytes:
    """The document's pages. Raises ValueError where a picture is none."""
    sheet = document.sheet
    size = landscape(A4) if sheet.is_landscape else A4
    width, height = size[0] - 2 * MARGIN, size[1] - HEAD - FOOT - (8 * mm if sheet.banner else 0)
    frame = Frame(MARGIN, FOOT, width, height, 0, 0, 0, 0)
    target = io.BytesIO()
    template = BaseDocTemplate(
        target, pagesize=size, title=sheet.title, subject=sheet.origin, creator="Sentinode"
    )
    template.addPageTemplates([PageTemplate(frames=[frame])])
    story = [Text(escape(sheet.title), styles().title)]
    for part in document.parts:
        story += SETTERS[type(part)](part, width)

    def canvas(*args: Any, **options: Any) -> NumberedCanvas:
        return NumberedCanvas(sheet, *args, **options)

    template.build(story, canvasmaker=canvas)
    return target.getvalue()


class NumberedCanvas(Canvas):
    """Pages are put aside until it is known how many there are."""

    def __init__(self, sheet: Sheet, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options | {"invariant": 1, "lang": sheet.language})
        self._sheet = sheet
        self._aside: list[dict[str, Any]] = []
        told = sheet.dated.utctimetuple()
        # The day of the row in place of reportlab's constant one.
        self._doc._timeStamp = SimpleNamespace(YMDhms=tuple(told)[:6], dhh=0, dmm=0)

    def showPage(self) -> None:
        self._aside.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        for page in self._aside:
            self.__dict__.update(page)
            self._around(len(self._aside))
            super().showPage()
        super().save()

    def _around(self, pages: int) -> None:
        """Banner and foot of one page."""
        with_fonts()
        sheet, (width, height) = self._sheet, self._pagesize
        if sheet.banner:
            self.setFillColor(WARN_WASH)
            self.rect(MARGIN, height - 17 * mm, width - 2 * MARGIN, 6 * mm, stroke=0, fill=1)
            self.setFillColor(WARN)
            self.setFont(BOLD, 8)
            self.drawCentredString(width / 2, height - 15 * mm, sheet.banner)
        self.setStrokeColor(LINE)
        self.setLineWidth(0.5)
        self.line(MARGIN, 12.5 * mm, width - MARGIN, 12.5 * mm)
        self.setFont(REGULAR, 6.5)
        self.setFillColor(SOFT)
        number = sheet.page % {"page": self._pageNumber, "pages": pages}
        self.drawRightString(width - MARGIN, 9.5 * mm, number)
        self.drawRightString(width - MARGIN, 6.5 * mm, sheet.disclaimer)
        room = width - 2 * MARGIN - 45 * mm
        foot = Text(escape(sheet.origin), styles().foot)
        first, *_rest = foot.split(room, 2 * foot.style.leading) or [foot]
        _width, tall = first.wrap(room, height)
        first.drawOn(self, MARGIN, 11.8 * mm - tall)


# Parts -----------------------------------------------------------------------


def _heading(part: Heading, width: float) -> list[Flowable]:
    look = styles().heading if part.level == 1 else styles().smaller
    return [CondPageBreak(LEAST_BELOW_HEADING), Text(escape(part.text), look)]


def _paragraph(part: Paragraph, width: float) -> list[Flowable]:
    own = styles()
    look = own.warning if part.is_warning else own.quiet if part.is_quiet else own.text
    return [Text(escape(part.text), look)]


def _bullets(part: Bullets, width: float) -> list[Flowable]:
    look = ParagraphStyle("bullets", parent=styles().text, leftIndent=10, bulletIndent=1)
    return [Text(escape(item), look, bulletText="•") for item in part.items]


def _facts(part: Facts, width: float) -> list[Flowable]:
    """Pairs run down the first column, then down the next."""
    columns = max(1, min(part.columns, len(part.rows)))
    deep = -(-len(part.rows) // columns)
    pairs = [[_text(name, styles().quiet), _text(value)] for name, value in part.rows]
    pairs += [["", ""]] * (deep * columns - len(pairs))
    rows = [sum((pairs[place + deep * at] for at in range(columns)), []) for place in range(deep)]
    if not rows:
        return []
    widths = [width / columns * share for share in (0.36, 0.64)] * columns
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    is_long = any(map(_is_long, part.rows))
    table = LongTable(rows, widths, splitInRow=int(is_long), style=TableStyle(look))
    return [table, Spacer(0, 5)]


def _table(part: Table, width: float) -> list[Flowable]:
    own = styles()
    head = [
        _text(one.title, own.head_number if one.is_number else own.head) for one in part.columns
    ]
    rows = [
        [_cell(cell, column) for cell, column in zip(row, part.columns, strict=True)]
        for row in part.rows
    ]
    look = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("BACKGROUND", (0, 0), (-1, 0), SUNKEN),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 3),
        ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
    table = LongTable(
        [head, *rows],
        _widths(part, width),
        repeatRows=1,
        hAlign="LEFT",
        splitInRow=int(any(map(_is_long, part.rows))),
        style=TableStyle(look),
    )
    caption = [Text(escape(part.caption), own.smaller)] if part.caption else []
    start = [CondPageBreak(LEAST_BELOW_HEADING)] if part.caption else []
    return [*start, *caption, table, Spacer(0, 7)]


def _is_long(row: Sequence[str | Cell]) -> bool:
    return any(len(line) > LONG_CELL for cell in row for line in _lines_of(cell))


def _widths(part: Table, width: float) -> list[float]:
    """By weight, or by the widest of what each column holds, none beyond a few narrowest ones."""
    weights = [one.width for one in part.columns]
    if not any(weights):
        weights = [_reach(part, place) for place in range(len(part.columns))]
        room = max(width, sum(weights)) if sum(weights) > width else sum(weights)
        if room <= width:
            return weights
        most = width / len(weights) * WIDEST_SHARE
        weights = [min(weight, most) for weight in weights]
    return [width * weight / sum(weights) for weight in weights]


def _reach(part: Table, place: int) -> float:
    """Points that the widest line of a column needs, with its padding."""
    words = [(part.columns[place].title, BOLD)]
    for row in part.rows:
        cell = row[place]
        words += [(one, REGULAR) for one in _lines_of(cell)]
    return max(pdfmetrics.stringWidth(text, font, 7.5) for text, font in words) + 12


def _lines_of(cell: str | Cell) -> Iterator[str]:
    if isinstance(cell, str):
        yield cell
    else:
        yield f"■ {cell.text}" if cell.key else cell.text
        yield cell.sub


def _cell(cell: str | Cell, column: Column) -> Text:
    look = styles().number if column.is_number else styles().cell
    if isinstance(cell, str):
        return _text(cell, look)
    told = escape(cell.text)
    if cell.is_strong:
        told = f"<b>{told}</b>"
    if cell.is_quiet:
        told = f'<font color="#535a70">{told}</font>'
    if cell.key:
        told = f'<font color="{cell.key}">■</font> {told}'
    if cell.sub:
        told += f'<br/><font size="6.2" color="#535a70">{escape(cell.sub)}</font>'
    return Text(told, look)


def _text(words: str, look: ParagraphStyle | None = None) -> Text:
    return Text(escape(words), look or styles().cell)


def _picture(part: Picture, width: float) -> list[Flowable]:
    return [KeepTogether(_drawn(part, part.width_mm * mm or width))]


def _drawn(part: Picture, width: float) -> list[Flowable]:
    if isinstance(part.content, bytes):
        image: Flowable = _raster(part.content, width)
    else:
        with_fonts()
        image = FigureOnPage(part.content, width, (REGULAR, BOLD))
    image.hAlign = "LEFT"
    caption = [Text(escape(part.caption), styles().quiet)] if part.caption else []
    return [image, *caption, Spacer(0, 4)]


def _raster(content: bytes, width: float) -> Image:
    across, down = ImageReader(io.BytesIO(content)).getSize()
    scale = min(width / across, TALLEST_PICTURE / down)
    return Image(io.BytesIO(content), across * scale, down * scale)


def _pictures(part: Pictures, width: float) -> list[Flowable]:
    own = width / part.columns
    told = [_drawn(one, min(one.width_mm * mm or own, own) - 8) for one in part.members]
    told += [[]] * (-len(told) % part.columns)
    rows = [told[at : at + part.columns] for at in range(0, len(told), part.columns)]
    look = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]
    return [LongTable(rows, [own] * part.columns, style=TableStyle(look))] if rows else []


def _lines(part: Lines, width: float) -> list[Flowable]:
    rows = [[_text(words, styles().quiet), ""] for words in part.words]
    look = [
        ("LINEBELOW", (1, 0), (1, -1), 0.5, SOFT),
        ("VALIGN", (0, 0), (-1, -1), "BOTTOM"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
    table = LongTable(rows, [width * 0.25, width * 0.75], [9 * mm] * len(rows))
    table.setStyle(TableStyle(look))
    return [table, Spacer(0, 6)]


def _page_break(part: PageBreak, width: float) -> list[Flowable]:
    return [NextPage()]


SETTERS: dict[type[Part], Callable[[Any, float], Sequence[Flowable]]] = {
    Heading: _heading,
    Paragraph: _paragraph,
    Bullets: _bullets,
    Facts: _facts,
    Table: _table,
    Picture: _picture,
    Pictures: _pictures,
    Lines: _lines,
    PageBreak: _page_break,
}
