"""A document to print: what is on it, in the order of reading.

    told = Document(Sheet(title="Report 3", origin="Model A, weights 12ab…", ...))
    told.paragraph("…")
    told.table([Column("Slide"), Column("Dice", is_number=True)], [["tumor_001", "0.812"]])
    typesetting.pdf_of(told)

`slides/typesetting.py` sets it as PDF, and is imported where one is wanted. The same document
gives the same bytes: its date is the one it was given, never the clock's.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Sheet:
    """What stands on every page, in the reader's language.

    origin: one line in the foot, such as model, weights and grid. banner: in a bar at the top,
    such as that data are synthetic; nothing where empty. page: with %(page)s and %(pages)s.
    dated: of the row that is told, for the file's own facts.
    """

    title: str
    origin: str
    dated: datetime
    disclaimer: str = "Not a medical device"
    banner: str = ""
    page: str = "Page %(page)s of %(pages)s"
    language: str = "en"
    is_landscape: bool = False


@dataclass(frozen=True)
class Heading:
    text: str
    level: int = 1


@dataclass(frozen=True)
class Paragraph:
    text: str
    is_quiet: bool = False
    is_warning: bool = False


@dataclass(frozen=True)
class Bullets:
    items: Sequence[str]


@dataclass(frozen=True)
class Facts:
    """Names and values, in so many columns of pairs."""

    rows: Sequence[tuple[str, str]]
    columns: int = 2


@dataclass(frozen=True)
class Column:
    """width: its weight among the columns; where no column has one, by what they hold.

    key: a colour such as "#d55e00", as a square before the title.
    """

    title: str
    is_number: bool = False
    width: float = 0.0
    key: str = ""


@dataclass(frozen=True)
class Cell:
    """sub: a smaller line below. key: a colour such as "#d55e00", as a square before the text."""

    text: str
    sub: str = ""
    is_strong: bool = False
    is_quiet: bool = False
    key: str = ""


@dataclass(frozen=True)
class Table:
    """Breaks over pages between rows, its head repeated on each."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[str | Cell]]
    caption: str = ""


@dataclass(frozen=True)
class Picture:
    """content: a PNG or JPEG, or a matplotlib figure, which is drawn as lines and words.

    width_mm: as printed; the whole line where it is 0.
    """

    content: Any
    caption: str = ""
    width_mm: float = 0.0


@dataclass(frozen=True)
class Pictures:
    """Pictures side by side, in so many columns; a row of them is never broken."""

    members: Sequence[Picture]
    columns: int = 2


@dataclass(frozen=True)
class Lines:
    """Empty lines to write on by hand, each after its words."""

    words: Sequence[str]


@dataclass(frozen=True)
class PageBreak:
    pass


Part = Heading | Paragraph | Bullets | Facts | Table | Picture | Pictures | Lines | PageBreak


@dataclass
class Document:
    sheet: Sheet
    parts: list[Part] = field(default_factory=list)

    def heading(self, text: str, level: int = 1) -> None:
        self.parts.append(Heading(text, level))

    def paragraph(self, text: str, *, is_quiet: bool = False, is_warning: bool = False) -> None:
        self.parts.append(Paragraph(text, is_quiet, is_warning))

    def bullets(self, items: Sequence[str]) -> None:
        self.parts.append(Bullets(items))

    def facts(self, rows: Sequence[tuple[str, str]], columns: int = 2) -> None:
        self.parts.append(Facts(rows, columns))

    def table(
        self,
        columns: Sequence[Column],
        rows: Sequence[Sequence[str | Cell]],
        caption: str = "",
    ) -> None:
        self.parts.append(Table(columns, rows, caption))

    def picture(self, content: Any, *, caption: str = "", width_mm: float = 0.0) -> None:
        self.parts.append(Picture(content, caption, width_mm))

    def pictures(self, members: Sequence[Picture], columns: int = 2) -> None:
        self.parts.append(Pictures(members, columns))

    def lines(self, words: Sequence[str]) -> None:
        self.parts.append(Lines(words))

    def page_break(self) -> None:
        self.parts.append(PageBreak())
