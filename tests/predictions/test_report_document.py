"""A report on paper and its curves as pictures: read back, and the same as the report."""

import io
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pypdfium2
import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils.translation import override
from PIL import Image
from shapely import box

from predictions import report_document, report_exports, report_pictures, report_plots, tasks
from predictions.models import Report
from predictions.plot_looks import LOOKS, shortened
from tests.predictions.report_rows import cells, coarse_slide, coarse_version, reported

pytestmark = pytest.mark.django_db

__all__ = ["coarse_slide", "coarse_version", "reported"]

WIDE, ROOT = (4, 4, 60, 20), Path(__file__).resolve().parents[2]
MINUS = "\u2212"


@pytest.fixture
def cohort(coarse_slide, coarse_version, annotate, predicted):
    """Versions one, which misses the lesion, and two; a tumour slide and two normal ones."""
    one, two = coarse_version("one"), coarse_version("two")
    for name in ("tumour", "normal", "other"):
        slide = coarse_slide(name, is_synthetic=True)
        annotate(slide, *([box(*WIDE)] if name == "tumour" else []))
        for version, found in ((one, 0.2), (two, 0.9)):
            called = [(0, 1, found)] if name == "tumour" else []
            predicted(slide, version, cells(*called, (3, 5, 0.7)))
    return one, two


@pytest.fixture
def report(cohort, coarse_slide, reported) -> Report:
    coarse_slide("without truth")
    return reported(list(cohort))


def pages_of(content: bytes) -> list[str]:
    with pypdfium2.PdfDocument(content) as pdf:
        return [page.get_textpage().get_text_bounded() for page in pdf]


def words_of(content: bytes) -> str:
    """All text, lines that a narrow column broke put together again."""
    return re.sub(r"\s+", " ", " ".join(pages_of(content)))


# The PDF -------------------------------------------------------------------------


def test_every_figure_of_the_report_is_on_paper_with_interval_and_n(report):
    words = words_of(report_document.pdf_of(report))

    told = [row for row in report_exports.figure_rows(report) if row["value"] is not None]
    assert len(told) > 50
    missing = [row for row in told if f"{row['value']:.3f}" not in words]
    assert missing == []
    for row in told:
        if row["low"] is not None:
            assert f"{row['low']:.3f}–{row['high']:.3f}" in words, row
        assert f"n {row['n']:,}" in words, row


def test_paper_says_whose_weights_which_grid_and_who_is_left_out(report, cohort):
    content = report_document.pdf_of(report)
    pages, words = pages_of(content), words_of(content)

    for version in cohort:
        assert version.weights_sha256[:60] in words.replace(" ", "")
        assert version.weights_sha256[:12] in pages[-1]
    assert report.inputs_sha256 in words
    assert "16 px" in pages[0] and "8 µm/px" in pages[0]
    for one in report.inputs["slides"]:
        assert one["truth_checksum"][:12] in words
    assert "without truth" in words and "no truth: import an annotation" in words
    (pair,) = report.results["pairs"]
    for sentence in pair["words"]:
        assert sentence.replace(MINUS, "-") in words.replace(MINUS, "-")


def test_every_page_says_that_it_is_synthetic_and_no_medical_device(report):
    pages = pages_of(report_document.pdf_of(report))
    assert report.is_synthetic and len(pages) > 3
    for number, page in enumerate(pages, start=1):
        assert "Synthetic: no patients" in page
        assert "Not a medical device" in page
        assert f"Page {number} of {len(pages)}" in page


def test_curves_on_paper_are_lines_and_their_numbers_stand_at_the_end(report):
    content = report_document.pdf_of(report)
    with pypdfium2.PdfDocument(content) as pdf:
        kinds = {type(one).__name__ for page in pdf for one in page.get_objects()}
    words = words_of(content)
    assert "PdfImage" not in kinds
    for plot in report_plots.plots_of(report):
        assert f"Numbers: {plot['title']}" in words
        for row in plot["rows"]:
            for cell in row["cells"]:
                assert cell["value"] is None or f"{cell['value']:.3f}" in words


def test_the_same_report_gives_the_same_bytes_and_each_language_its_own(report, as_pathologist):
    address = f"/reports/{report.pk}/report.pdf"
    first = as_pathologist.get(address)
    cache.clear()
    again = as_pathologist.get(address)
    german = as_pathologist.get(address, headers={"Accept-Language": "de"})

    assert first.content == again.content and first["Content-Type"] == "application/pdf"
    assert f'filename="report-{report.pk}.pdf"' in first["Content-Disposition"]
    words = words_of(german.content)
    score = report.results["versions"][str(report.order[1])]["froc"]["score"]["value"]
    assert "Kurz gesagt" in words and f"{score:.3f}".replace(".", ",") in words
    with pypdfium2.PdfDocument(first.content) as pdf:
        made = pdf.get_metadata_value("CreationDate")
    assert made == f"D:{report.finished_at:%Y%m%d%H%M%S}+00'00'"


def test_one_slide_without_lesions_under_a_name_of_any_length(
    coarse_slide, coarse_version, annotate, predicted, reported
):
    long = "<b>Größe & Mitte</b> " + "baseline_" * 12
    version = coarse_version(long[:100])
    slide = coarse_slide("normal " + "x" * 80)
    annotate(slide)
    predicted(slide, version, cells())
    row = reported([version], name="report " + "y" * 150)

    words = words_of(report_document.pdf_of(row)).replace(" ", "")
    assert "<b>Größe&Mitte</b>" in words and "x" * 80 in words and "y" * 150 in words
    assert "Versionsagainsteachother" not in words and "Synthetic" not in words
    with override("de"):
        assert report_document.pdf_of(row)


def test_a_long_report_is_set_by_a_worker_and_the_page_says_so(
    report, as_pathologist, monkeypatch, settings
):
    monkeypatch.setattr(report_document, "LONG_FROM", 0)
    address = f"/reports/{report.pk}/report.pdf"
    asked = []
    monkeypatch.setattr(tasks.set_report, "delay", lambda *args: asked.append(args))

    waiting = as_pathologist.get(address)

    assert waiting.status_code == 202 and int(waiting["Refresh"]) > 0
    assert "The PDF is being made" in waiting.content.decode()
    assert asked == [(report.pk, "en")]
    tasks.set_report(*asked[0])
    there = as_pathologist.get(address)
    assert there.status_code == 200 and there.content.startswith(b"%PDF")


# Plots ---------------------------------------------------------------------------


def test_plots_are_drawn_in_the_colours_and_dashes_of_the_page():
    style = (ROOT / "static/css/reports.css").read_text()
    light = style[: style.index('[data-bs-theme="dark"]')]
    assert re.findall(r"--look-\d: (#\w+);", light) == [color for color, _dashes in LOOKS]
    dashes = re.findall(r"--dash: ([^;]+);", style)
    assert dashes == [" ".join(f"{one:g}" for one in own) or "none" for _color, own in LOOKS]


def test_a_plot_draws_what_its_table_says(report):
    from predictions import plot_pictures

    notes = plot_pictures.Notes(number=str)
    for plot in report_plots.plots_of(report):
        axes = plot_pictures.drawn(plot, notes).axes[0]
        curves = {line.get_gid(): line.get_xydata() for line in axes.lines if line.get_gid()}
        for place, one in enumerate(plot["series"]):
            drawn = curves[f"curve-{one['look']}"]
            for row in plot["rows"] if plot["id"] != "calibration" else []:
                value = row["cells"][place]["value"]
                nearest = drawn[np.isclose(drawn[:, 0], row["x"])]
                if len(nearest):
                    assert np.isclose(nearest[:, 1], value).any()
            if plot["scale"] == "share":
                assert len(drawn) == len(one["points"])
                np.testing.assert_allclose(drawn, np.array(one["points"], float).reshape(-1, 2))


def test_svg_is_well_formed_and_holds_words_and_every_curve(report, as_pathologist):
    address = f"/reports/{report.pk}/plots/froc.svg"
    answer = as_pathologist.get(address)
    root = ElementTree.fromstring(answer.content)
    words = "".join(root.itertext())
    ids = {part.get("id") for part in root.iter()}

    assert answer["Content-Type"] == "image/svg+xml"
    for said in ("Lesions found (FROC)", "1 lesion, 3 slides", "one", "two", "Synthetic"):
        assert said in words
    assert report.inputs_sha256[:12] in words and "Not a medical device" in words
    assert {"curve-1", "curve-2"} <= ids
    assert as_pathologist.get(address).content == answer.content
    german = as_pathologist.get(address, headers={"Accept-Language": "de"}).content.decode()
    assert "Fehlbefunde je Schnitt" in german and ">0,2<" in german


def test_png_is_a_picture_fit_for_print(report, as_pathologist):
    answer = as_pathologist.get(f"/reports/{report.pk}/plots/calibration.png")
    again = as_pathologist.get(f"/reports/{report.pk}/plots/calibration.png")

    image = Image.open(io.BytesIO(answer.content))
    assert answer["Content-Type"] == "image/png" and image.format == "PNG"
    assert image.width >= 1000 and answer.content == again.content
    shades = {pixel[:3] for _n, pixel in image.convert("RGB").getcolors(1 << 20)}
    assert (0xD5, 0x5E, 0x00) in shades


def test_what_is_not_there_is_not_found(report, cohort, as_admin):
    assert as_admin.get(f"/reports/{report.pk}/plots/nothing.svg").status_code == 404
    assert as_admin.get(f"/api/reports/{report.pk}/plots/nothing.png/").status_code == 404
    assert as_admin.get("/reports/999/report.pdf").status_code == 404
    waiting = Report.objects.create(name="waiting", subset="test")
    for place in ("report.pdf", "plots/froc.png"):
        assert as_admin.get(f"/reports/{waiting.pk}/{place}").status_code == 404
        assert as_admin.get(f"/api/reports/{waiting.pk}/{place}/").status_code == 404
    with pytest.raises(ValueError, match="only a done one"):
        report_document.pdf_of(waiting)
    with pytest.raises(report_pictures.NoSuchPlot, match="it has: froc"):
        report_pictures.plot_of(report, "nothing")


def test_names_keep_their_ends_when_they_are_cut():
    assert shortened("baseline", 20) == "baseline"
    cut = shortened("candidate-" + "x" * 90 + "-epoch-20", 30)
    assert len(cut) == 30 and cut.startswith("candidate-") and cut.endswith("-epoch-20")


# API, command --------------------------------------------------------------------


def test_scripts_find_every_file_by_its_link(report, as_pathologist):
    links = as_pathologist.get(f"/api/reports/{report.pk}/").json()["links"]
    assert as_pathologist.get(links["pdf"])["Content-Type"] == "application/pdf"
    listed = as_pathologist.get(links["plots"]).json()
    (froc,) = [one for one in listed["results"] if one["id"] == "froc"]

    assert listed["count"] == len(report_plots.plots_of(report))
    assert froc["based_on"].startswith("1 lesion")
    assert as_pathologist.get(froc["svg"])["Content-Type"] == "image/svg+xml"
    assert as_pathologist.get(froc["png"])["Content-Type"] == "image/png"


def test_the_command_writes_the_pdf_and_every_plot(cohort, tmp_path, capsys):
    pdf, folder = tmp_path / "report.pdf", tmp_path / "new" / "plots"
    call_command(
        "report", "one", "two", "--pdf", str(pdf), "--plots", str(folder), "--language", "de",
        "--format", "json",
    )  # fmt: skip

    told = json.loads(capsys.readouterr().out)
    row = Report.objects.get(pk=told["report"])
    names = {plot["id"] for plot in report_plots.plots_of(row)}
    assert {path.name for path in folder.iterdir()} == {
        f"{name}.{kind}" for name in names for kind in ("png", "svg")
    }
    with override("de"):
        assert pdf.read_bytes() == report_document.pdf_of(row)
    gone = str(tmp_path / "gone" / "report.pdf")
    with pytest.raises(CommandError, match="cannot write"):
        call_command("report", "one", "two", "--pdf", gone, "--language", "de")
