"""The view as a picture: what is seen, and below it what it is of."""

import io

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.browser.looking import at, shown


@pytest.mark.parametrize(("label", "times"), [("Save this view as PNG", 1), ("PNG, 2× as fine", 2)])
def test_a_view_is_saved_with_a_band_that_says_what_it_is(
    log_in, pathologist, read_slide, label, times
):
    page = log_in(pathologist, accept_downloads=True)
    page.goto(f"{read_slide.get_absolute_url()}{at(2.5, 1.5, cells=9)}&r=90&m=1&l=t")
    expect(shown(page, "called")).to_have_text("1")
    page.wait_for_timeout(800)
    with page.expect_download() as saved:
        page.get_by_role("button", name=label).click()
    assert saved.value.suggested_filename == "slide_view.png"
    picture = Image.open(io.BytesIO(saved.value.path().read_bytes())).convert("RGB")
    stage = page.locator("slide-viewer").bounding_box()
    assert picture.width == times * stage["width"]
    assert picture.height > times * stage["height"] + 40
    corner = page.locator("slide-viewer").evaluate("viewer => viewer.toScreen({ x: 16, y: 80 })")
    red = picture.getpixel((round(times * corner["x"]), round(times * corner["y"])))[0]
    assert red == pytest.approx(110, abs=8)  # the cell of row 2, column 0, turned and mirrored
    band = picture.crop((0, round(times * stage["height"]), *picture.size)).convert("L")
    assert band.getextrema()[0] < 60  # words and scale bar


def test_a_key_saves_too(log_in, pathologist, read_slide):
    page = log_in(pathologist, accept_downloads=True)
    page.goto(read_slide.get_absolute_url())
    expect(shown(page, "called")).to_have_text("1")
    with page.expect_download() as saved:
        page.keyboard.press("s")
    assert saved.value.suggested_filename == "slide_view.png"


def test_lines_are_as_thick_in_a_picture_twice_as_fine(log_in, pathologist, read_slide):
    page = log_in(pathologist, accept_downloads=True)
    page.goto(f"{read_slide.get_absolute_url()}{at(2.5, 1.5, cells=9)}&l=t&s=t")
    expect(shown(page, "called")).to_have_text("1")
    page.wait_for_timeout(800)
    edge = page.locator("slide-viewer").evaluate("viewer => viewer.toScreen({ x: 32, y: 48 })")
    widths = []
    for times, label in [(1, "Save this view as PNG"), (2, "PNG, 2× as fine")]:
        with page.expect_download() as saved:
            page.get_by_role("button", name=label).click()
        picture = Image.open(io.BytesIO(saved.value.path().read_bytes())).convert("RGB")
        row = np.asarray(picture).astype(int)[round(times * edge["y"])]
        middle = round(times * edge["x"])
        near = row[middle - 8 * times : middle + 8 * times]
        widths.append(int((near[:, 1] - near[:, 0] > 60).sum()))  # the truth is green
    assert widths[0] in (2, 3)
    assert widths[1] == pytest.approx(2 * widths[0], abs=1)
