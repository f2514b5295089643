"""The threshold cockpit in the browser: what moves with the slider, and a point that is chosen."""

import pytest
from playwright.sync_api import Page, expect

from predictions.models import Report
from tests.predictions import report_rows
from tests.predictions.report_rows import SMALL, WIDE, cells
from training.models import ModelVersion

coarse_slide, coarse_version = report_rows.coarse_slide, report_rows.coarse_version
read, reported = report_rows.read, report_rows.reported


@pytest.fixture
def report(coarse_version, read, reported) -> Report:
    version = coarse_version("one")
    ward = {"subset": "development"}
    read("low", [WIDE], {version: cells((0, 1, 0.25), (3, 5, 0.625))}, **ward)
    read("high", [WIDE, SMALL], {version: cells((0, 1, 0.875), (2, 4, 0.375))}, **ward)
    read("normal", [], {version: cells((2, 2, 0.75))}, **ward)
    return reported([version], "development")


def figure(page: Page, name: str) -> str:
    return page.locator(f'[data-figure="{name}"] [data-value]').inner_text()


def lost(page: Page) -> list[str]:
    return page.locator("#lost li:visible a").all_inner_texts()


def test_a_threshold_is_looked_for_by_keys_and_made_a_version(log_in, admin, report):
    page = log_in(admin)
    page.goto(f"{report.get_absolute_url()}cockpit/")
    slider = page.get_by_label("Called tumour from")
    expect(slider).to_have_attribute(
        "aria-valuetext", "0.5000: 1 of 2 lesions found, 0.67 false findings per slide"
    )
    assert lost(page) == ["low, lesion 1", "high, lesion 2"]
    slider.press("ArrowRight")  # to the next threshold at which something changes
    expect(page.locator("#cockpit-threshold")).to_have_value("0.625")
    slider.press("ArrowRight")
    expect(page.locator('[data-figure="false_per_slide"] [data-value]')).to_have_text("0.33")
    assert figure(page, "sensitivity") == "0.500"
    slider.press("Home")
    expect(slider).to_have_attribute(
        "aria-valuetext", "0.2500: 2 of 2 lesions found, 0.67 false findings per slide"
    )
    assert (lost(page), figure(page, "minutes")) == ([], "2.1 min")
    page.get_by_label("Seconds per finding").fill("60")
    assert figure(page, "minutes") == "3.5 min"  # 111 s and five findings on three slides
    page.get_by_label("False findings per slide, at most").fill("0.5")
    page.locator('[data-snap="budget"]').click()
    expect(page.locator("#cockpit-threshold")).to_have_value("0.75")
    expect(page.get_by_role("link", name="normal", exact=True)).to_be_visible()
    box = page.locator('[data-plot="found"] svg').bounding_box()
    page.mouse.click(box["x"] + 0.3 * box["width"], box["y"] + 20)
    expect(page.locator("#cockpit-threshold")).to_have_value("0.25")
    assert page.url.endswith("#t=0.25")
    form = page.locator("#choose")
    form.get_by_role("button", name="Make the candidate").click()
    expect(form.get_by_role("alert")).to_contain_text("the reason is empty")
    expect(form.get_by_label("Threshold", exact=True)).to_have_value("0.25")
    form.get_by_label("Why this threshold").fill("No lesion is lost.")
    form.get_by_role("button", name="Make the candidate").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("one (at 0.25)")
    new = ModelVersion.objects.get(parent__name="one")
    assert (new.threshold, new.metrics["chosen"]["reason"]) == (0.25, "No lesion is lost.")
