"""A report as people walk it: asked for, read off by keys, filtered, stale, computed anew.

What a worker does is done here in its place, by the worker's own function.
"""

import pypdfium2
import pytest
from celery import current_app
from shapely import box

from predictions import tasks
from predictions.models import Report
from tests.browser.test_accessibility import serious as serious
from tests.predictions.report_rows import cells
from tests.predictions.report_rows import coarse_slide as coarse_slide
from tests.predictions.report_rows import coarse_version as coarse_version
from tests.predictions.report_rows import reported as reported

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

WIDE = box(4, 4, 60, 20)


@pytest.fixture(autouse=True)
def nobody_else_works(monkeypatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")


@pytest.fixture
def cohort(coarse_slide, coarse_version, annotate, predicted):
    """Versions one, which misses the lesion, and two; five slides, of which three hold tumour."""
    one, two = coarse_version("one"), coarse_version("two")
    for index in range(5):
        slide = coarse_slide(f"slide {index}")
        annotate(slide, *([WIDE] if index < 3 else []))
        for version, found in ((one, 0.1), (two, 0.9)):
            low = [(0, 1, found)] if index < 3 else []
            predicted(slide, version, cells(*low, (3, 5, 0.05 + index / 10)))
    return one, two


def test_a_report_from_asking_to_computing_anew(log_in, admin, cohort, annotate):
    page = log_in(admin, accept_downloads=True)
    page.goto("/reports/")
    page.get_by_role("link", name="New report").first.click()
    page.get_by_label("one", exact=True).check()
    page.get_by_label("two", exact=True).check()
    page.get_by_label("Held against").select_option(label="one")
    page.get_by_role("button", name="Report", exact=True).click()
    expect(page.locator("#report-state")).to_contain_text("Waiting")

    assert tasks.run_report(Report.objects.get())

    # the page finds out by itself
    expect(page.get_by_role("heading", name="In short")).to_be_visible(timeout=15_000)
    expect(page.locator("report-plot svg.plot").first).to_be_visible()
    expect(page.locator("#report-slides tbody tr:visible")).to_have_count(5)
    page.get_by_role("button", name="Lesions missed").click()
    expect(page.locator("#report-slides tbody tr:visible")).to_have_count(3)
    expect(page.locator("row-filter")).to_contain_text("3 of 5 slides")
    with page.expect_download() as download:
        page.get_by_role("link", name="Figures CSV").click()
    assert download.value.suggested_filename.endswith("-figures.csv")

    annotate(cohort[0].predictions.first().slide, WIDE, box(64, 0, 96, 30))
    page.reload()
    expect(page.locator(".stale")).to_contain_text("Out of date.")
    page.get_by_role("button", name="Compute anew").click()
    expect(page.locator("#report-state")).to_contain_text("Waiting")
    assert Report.objects.count() == 2


def test_curves_are_read_off_by_arrow_keys(log_in, pathologist, cohort, reported):
    page = log_in(pathologist)
    page.goto(reported(list(cohort)).get_absolute_url())
    plot = page.locator("report-plot[data-plot=froc]")
    plot.locator("svg.plot").focus()

    page.keyboard.press("End")

    expect(plot.get_by_role("status")).to_contain_text("false findings per slide 8.00")
    expect(plot.get_by_role("status")).to_contain_text("two: 1.000")
    page.keyboard.press("Home")
    expect(plot.get_by_role("status")).to_contain_text("false findings per slide 0.13")
    expect(plot.locator(".plot-cursor")).to_have_attribute("visibility", "visible")
    page.get_by_text("Numbers: Lesions found (FROC)").click()
    expect(page.get_by_role("table", name="Lesions found (FROC)")).to_be_visible()


def test_axe_finds_nothing_serious_in_a_report_of_two(
    log_in, pathologist, cohort, reported, serious
):
    row = reported(list(cohort))
    page = log_in(pathologist, reduced_motion="reduce")
    page.goto(row.get_absolute_url())
    page.wait_for_load_state("networkidle")
    for fold in page.locator("details.fold > summary").all():
        fold.click()

    assert serious(page) == []


@pytest.mark.looking
def test_on_paper_a_report_is_light_whole_and_without_navigation(
    log_in, pathologist, cohort, reported
):
    row = reported(list(cohort))
    row.is_synthetic = True
    row.save(update_fields=["is_synthetic"])
    page = log_in(pathologist, color_scheme="dark")
    page.add_init_script("window.print = () => { document.title = 'printed'; }")
    page.goto(row.get_absolute_url())
    origin = page.locator("details", has_text="Truths and maps of 5 slides")
    expect(origin).not_to_have_attribute("open", "")

    page.keyboard.press("Control+p")

    expect(page).to_have_title("printed")
    expect(origin).to_have_attribute("open", "")
    pictures = page.locator("main img")
    assert pictures.count() > 0
    assert all(
        one.evaluate("one => one.complete && one.naturalWidth > 0") for one in pictures.all()
    )
    with pypdfium2.PdfDocument(page.pdf(prefer_css_page_size=True, print_background=True)) as pdf:
        words = [sheet.get_textpage().get_text_bounded() for sheet in pdf]
        corner = pdf[0].render(scale=0.5).to_pil().getpixel((3, 3))
    assert corner[:3] == (255, 255, 255)
    told = " ".join(words)
    assert "Where it comes from" in told and row.inputs_sha256[:8] in told
    assert "Log out" not in told and "Model versions" not in told
    for number, said in enumerate(words, start=1):
        assert "Synthetic: no patients" in said and "Not a medical device" in said
        assert f"{number} / {len(words)}" in said
    # The browser has printed by itself, so all is as it was.
    expect(origin).not_to_have_attribute("open", "")
