"""Tables on paper: heads repeated on each page, a line below each row, no word broken in vain."""

from collections.abc import Collection, Iterator, Sequence
from xml.sax.saxutils import escape

from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import CondPageBreak, Flowable, KeepTogether, LongTable, Spacer, TableStyle
from reportlab.platypus import Paragraph as Text

from slides.column_widths import shared_out
from slides.document import Cell, Column, Table
from slides.type_styles import (
    BOLD,
    CELL_PT,
    INK,
    LEADING,
    LEAST_BELOW_HEADING,
    LINE,
    REGULAR,
    SOFT,
    SUB_PT,
    SUNKEN,
    styles,
)

MOST_OF_A_WORD = 34 * mm  # what a word may ask of its column before it is broken
MOST_OF_A_TITLE = 24 * mm  # the same of a title's word, which gives way first
PADDING = 3
SLACK = 0.5  # points, lest a word that just fits be broken by rounding
LONG_CELL = 300  # characters from which a row may be broken, lest it be taller than a page
TITLE_LINES = 3
TALLEST_KEPT = 150 * mm
FEW_ROWS = 8  # tables of so many are kept on one page
SQUARE = "■\u00a0"
Line = tuple[str, str, float]  # text, font, size
LOOK = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("VALIGN", (0, 0), (-1, 0), "BOTTOM"),
        ("BACKGROUND", (0, 0), (-1, 0), SUNKEN),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), PADDING),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2.5),
    ]
)


def table_of(part: Table, width: float) -> list[Flowable]:
    own = styles()
    widths = _widths(part, width)
    head = [
        Text(_keyed(escape(one.title), one.key), own.head_number if one.is_number else own.head)
        for one in part.columns
    ]
    rows = [
        [_cell(*one) for one in zip(row, part.columns, widths, strict=True)] for row in part.rows
    ]
    is_long = any(map(is_long_row, part.rows))
    table = LongTable(
        [head, *rows], widths, repeatRows=1, hAlign="LEFT", splitInRow=int(is_long), style=LOOK
    )
    caption = [Text(escape(part.caption), own.smaller)] if part.caption else []
    if len(rows) <= FEW_ROWS and not is_long:
        return [KeepTogether([*caption, table]), Spacer(0, 7)]
    start = [CondPageBreak(LEAST_BELOW_HEADING)] if part.caption else []
    return [*start, *caption, table, Spacer(0, 7)]


def kept_height(part: Table, width: float, otherwise: float) -> float:
    """How tall a table is that is kept on one page; of others, that may be broken, `otherwise`."""
    first = table_of(part, width)[0]
    if not isinstance(first, KeepTogether):
        return otherwise
    return float(min(sum(one.wrap(width, 0)[1] for one in first._content), TALLEST_KEPT))


def is_long_row(row: Sequence[str | Cell]) -> bool:
    return any(len(line[0]) > LONG_CELL for cell in row for line in _lines_of(cell))


# Widths ------------------------------------------------------------------------


def _widths(part: Table, width: float) -> list[float]:
    reach = [_reach(part, place) for place in range(len(part.columns))]
    least = [min(longest, MOST_OF_A_WORD) for longest, _line in reach]
    weights = [one.width for one in part.columns]
    return shared_out(width, least, [line for _word, line in reach], weights)


def _reach(part: Table, place: int) -> tuple[float, float]:
    """Points that the longest word and the longest line of a column need, with padding.

    A title may be broken into a few lines before what stands below it is.
    """
    column = part.columns[place]
    title = f"{SQUARE if column.key else ''}{column.title}", BOLD, CELL_PT
    lines = {line for row in part.rows for line in _lines_of(row[place])}
    longest = max(_longest(_words(lines)), min(_longest(_words([title])), MOST_OF_A_TITLE))
    return longest, max(longest, _longest(lines), _longest([title]) / TITLE_LINES)


def _words(lines: Collection[Line]) -> set[Line]:
    return {(word, font, size) for text, font, size in lines for word in text.split(" ")}


def _longest(texts: Collection[Line]) -> float:
    widest = max((pdfmetrics.stringWidth(*one) for one in texts), default=0.0)
    return widest + 2 * PADDING + SLACK


def _lines_of(cell: str | Cell) -> Iterator[Line]:
    """Each line of a cell, its font and size."""
    if isinstance(cell, str):
        yield cell, REGULAR, CELL_PT
    else:
        yield (
            f"{SQUARE if cell.key else ''}{cell.text}",
            BOLD if cell.is_strong else REGULAR,
            CELL_PT,
        )
        if cell.sub:
            yield cell.sub, REGULAR, SUB_PT


# Cells -------------------------------------------------------------------------


def _cell(cell: str | Cell, column: Column, width: float) -> Flowable:
    """Lines that fit are drawn as they are, ten times as fast as a paragraph is set."""
    own = Cell(cell) if isinstance(cell, str) else cell
    room = width - 2 * PADDING
    lines = list(_lines_of(own))
    if all("\n" not in line[0] and pdfmetrics.stringWidth(*line) <= room for line in lines):
        return _ShortCell(own, lines, column.is_number)
    told = escape(own.text)
    if own.is_strong:
        told = f"<b>{told}</b>"
    if own.is_quiet:
        told = f'<font color="{SOFT.hexval().replace("0x", "#")}">{told}</font>'
    told = _keyed(told, own.key)
    if own.sub:
        soft = SOFT.hexval().replace("0x", "#")
        told += f'<br/><font size="{SUB_PT}" color="{soft}">{escape(own.sub)}</font>'
    return Text(told, styles().number if column.is_number else styles().cell)


def _keyed(told: str, key: str) -> str:
    return f'<font color="{key}">■</font>\u00a0{told}' if key else told


class _ShortCell(Flowable):
    """One or two lines, none of which has to be broken."""

    def __init__(self, cell: Cell, lines: Sequence[Line], is_right: bool) -> None:
        super().__init__()
        self.cell, self.lines, self.is_right = cell, lines, is_right

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        self.width, self.height = width, len(self.lines) * CELL_PT * LEADING
        return self.width, self.height

    def draw(self) -> None:
        for place, (text, font, size) in enumerate(self.lines):
            left = self.width - pdfmetrics.stringWidth(text, font, size) if self.is_right else 0
            base = self.height - CELL_PT - place * CELL_PT * LEADING
            self.canv.setFont(font, size)
            self.canv.setFillColor(self._color(place))
            self.canv.drawString(left, base, text)
            if self.cell.key and not place:
                self.canv.setFillColor(HexColor(self.cell.key))
                self.canv.drawString(left, base, "■")

    def _color(self, place: int) -> Color:
        return SOFT if place or self.cell.is_quiet else INK
