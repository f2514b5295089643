"""Documents: read back from the PDF that they become."""

import io
from datetime import UTC, datetime

import pypdfium2
import pytest
from PIL import Image

from slides.document import Cell, Column, Document, Picture, Sheet

SHEET = Sheet(
    title="Größe der Läsionen, µm",
    origin="Modell A, Gewichte 12ab34cd, 0,5 µm/px",
    dated=datetime(2026, 3, 1, 12, 30, tzinfo=UTC),
    disclaimer="Kein Medizinprodukt",
    page="Seite %(page)s von %(pages)s",
    language="de",
)


def pdf_of(document: Document) -> bytes:
    from slides import typesetting

    return typesetting.pdf_of(document)


def words_of(content: bytes) -> list[str]:
    """The text of each page."""
    with pypdfium2.PdfDocument(content) as pdf:
        return [page.get_textpage().get_text_bounded() for page in pdf]


def picture(width: int, height: int) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "#88aacc").save(target, "PNG")
    return target.getvalue()


def test_words_are_read_back_as_they_were_written():
    told = Document(SHEET)
    told.paragraph("Überprüft: 0,812 – 3 cm² <b>wörtlich</b> & αβ Жук")
    told.bullets(["erstens", "zweitens"])
    told.facts([("Schwelle", "0,41"), ("Raster", "256 px"), ("Maßstab", "0,5 µm/px")])
    [page] = words_of(pdf_of(told))
    for words in (
        "Größe der Läsionen, µm", "Überprüft: 0,812 – 3 cm² <b>wörtlich</b> & αβ Жук", "zweitens",
        "Schwelle", "0,5 µm/px", "Modell A, Gewichte 12ab34cd", "Kein Medizinprodukt",
        "Seite 1 von 1",
    ):  # fmt: skip
        assert words in page


def test_a_table_repeats_its_head_and_loses_no_row():
    told = Document(SHEET)
    columns = [Column("Objektträger"), Column("Dice", is_number=True)]
    told.table(columns, [[f"slide-{n:03}", Cell("0,812", "0,7–0,9")] for n in range(150)])
    pages = words_of(pdf_of(told))
    assert len(pages) > 2
    assert all("Objektträger" in page for page in pages)
    assert [n for n in range(150) if not any(f"slide-{n:03}" in page for page in pages)] == []
    assert f"Seite 2 von {len(pages)}" in pages[1]


def test_a_banner_is_on_every_page():
    sheet = Sheet(title="A", origin="B", dated=SHEET.dated, banner="Synthetic: no patients")
    told = Document(sheet)
    told.page_break()
    told.paragraph("second")
    pages = words_of(pdf_of(told))
    assert len(pages) == 2
    assert all("Synthetic: no patients" in page for page in pages)
    assert all("Not a medical device" in page for page in pages)


def test_the_same_document_gives_the_same_bytes_and_the_date_of_its_row():
    def document():
        told = Document(SHEET)
        told.pictures([Picture(picture(40, 30), "erstes"), Picture(picture(30, 40))])
        return pdf_of(told)

    content = document()
    assert content == document()
    with pypdfium2.PdfDocument(content) as pdf:
        assert pdf.get_metadata_value("CreationDate") == "D:20260301123000+00'00'"
        assert pdf.get_metadata_value("Title") == "Größe der Läsionen, µm"


@pytest.mark.parametrize("is_landscape", [False, True])
def test_names_without_a_space_and_pictures_too_tall_stay_on_the_page(is_landscape):
    sheet = Sheet(title="x" * 300, origin="y" * 900, dated=SHEET.dated, is_landscape=is_landscape)
    told = Document(sheet)
    told.facts([("z" * 200, "w" * 2000)])
    told.table([Column("v" * 100)] * 9, [["u" * 700] * 9])
    told.picture(picture(10, 400), caption="t" * 300)
    with pypdfium2.PdfDocument(pdf_of(told)) as pdf:
        for page in pdf:
            width, _height = page.get_size()
            text = page.get_textpage()
            for n in range(text.count_rects()):
                left, _bottom, right, _top = text.get_rect(n)
                assert left >= 0
                assert right <= width


def test_an_empty_document_is_a_page():
    told = Document(SHEET)
    told.facts([])
    told.table([Column("A")], [])
    told.pictures([])
    assert len(words_of(pdf_of(told))) == 1


def test_a_figure_is_drawn_in_lines_and_words():
    from matplotlib.figure import Figure

    figure = Figure(figsize=(4, 3))
    axes = figure.add_axes((0.2, 0.2, 0.7, 0.7))
    axes.plot([0, 1], [0, 1], "--", marker="o", clip_on=False)
    axes.fill_between([0, 1], [0, 0.5], [0.5, 1], alpha=0.2)
    axes.set_xlabel("Anteil für $5")
    told = Document(SHEET)
    told.picture(figure, caption="Kurve", width_mm=80)
    content = pdf_of(told)
    assert "Anteil für $5" in words_of(content)[0]
    with pypdfium2.PdfDocument(content) as pdf:
        kinds = {type(one).__name__ for one in pdf[0].get_objects()}
        assert "PdfImage" not in kinds
        shades = {pixel[:3] for _n, pixel in pdf[0].render(scale=1).to_pil().getcolors(1 << 16)}
    assert (0x1F, 0x77, 0xB4) in shades


@pytest.mark.parametrize("lines", range(30, 38))
def test_a_short_table_takes_its_heading_along_to_the_next_page(lines):
    told = Document(SHEET)
    for number in range(lines):
        told.paragraph(f"line {number}")
    told.heading("Objektträger")
    told.table([Column("Name")], [[Cell(f"tumor_{n}", "quiet")] for n in range(8)])
    pages = words_of(pdf_of(told))
    assert ["Objektträger" in page for page in pages] == ["tumor_0" in page for page in pages]
