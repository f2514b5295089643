"""Documents as PDF: A4, fonts embedded, heads repeated, page numbers, the same bytes each time.

Imported where a document is wanted, never when the web process starts.
"""

import io
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
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
from slides.printed_tables import is_long_row, kept_height, table_of
from slides.type_styles import (
    BOLD,
    LEAST_BELOW_HEADING,
    LINE,
    REGULAR,
    SOFT,
    WARN,
    WARN_WASH,
    styles,
    with_fonts,
)
from slides.vector_figures import FigureOnPage

MARGIN = 16 * mm
HEAD, FOOT = 14 * mm, 19 * mm
FOOT_LINES = 3
TALLEST_PICTURE = 150 * mm


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
    for place, part in enumerate(document.parts):
        if isinstance(part, Heading):
            story.append(CondPageBreak(_room_below(document.parts[place + 1 :], width)))
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
        self.line(MARGIN, FOOT - 3 * mm, width - MARGIN, FOOT - 3 * mm)
        self.setFont(REGULAR, 6.5)
        self.setFillColor(SOFT)
        number = sheet.page % {"page": self._pageNumber, "pages": pages}
        self.drawRightString(width - MARGIN, FOOT - 6.2 * mm, number)
        self.drawRightString(width - MARGIN, FOOT - 9.3 * mm, sheet.disclaimer)
        room = width - 2 * MARGIN - 45 * mm
        foot = Text(escape(sheet.origin), styles().foot)
        first, *_rest = foot.split(room, FOOT_LINES * foot.style.leading) or [foot]
        _width, tall = first.wrap(room, height)
        first.drawOn(self, MARGIN, FOOT - 3.8 * mm - tall)


# Parts -----------------------------------------------------------------------


def _heading(part: Heading, width: float) -> list[Flowable]:
    look = styles().heading if part.level == 1 else styles().smaller
    return [Text(escape(part.text), look)]


def _room_below(parts: Sequence[Part], width: float) -> float:
    """What a heading needs, lest it stand alone: short tables and pictures are not broken."""
    first = next((part for part in parts if not isinstance(part, Heading | Paragraph)), None)
    if isinstance(first, Table) and parts and parts[0] is first:
        return float(LEAST_BELOW_HEADING / 2 + kept_height(first, width, LEAST_BELOW_HEADING / 2))
    if not isinstance(first, Pictures) or not first.members:
        return LEAST_BELOW_HEADING
    beside = [_drawn(one, width / first.columns) for one in first.members[: first.columns]]
    tall = max(sum(one.wrap(width, 0)[1] for one in own) for own in beside)
    return float(LEAST_BELOW_HEADING / 2 + tall)


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
    is_long = any(map(is_long_row, part.rows))
    table = LongTable(rows, widths, splitInRow=int(is_long), style=TableStyle(look))
    return [table, Spacer(0, 5)]


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
    Table: table_of,
    Picture: _picture,
    Pictures: _pictures,
    Lines: _lines,
    PageBreak: _page_break,
}
