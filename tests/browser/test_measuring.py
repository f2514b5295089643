"""Measuring on a slide: rulers, areas, where they are kept, and none without a pixel size."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.looking import at, at_rest, shown

PLACE = at(2.5, 1.5, cells=8)


def opened(page, slide, place: str = PLACE):
    page.goto(f"{slide.get_absolute_url()}{place}")
    expect(shown(page, "called")).to_have_text("1")


def measures(page):
    return page.locator(".measures li")


def on_screen(page, *points):
    """Where level-0 points lie on the page."""
    box = page.locator("slide-viewer").bounding_box()
    places = page.locator("slide-viewer").evaluate(
        "(viewer, points) => points.map(([x, y]) => viewer.toScreen({ x, y }))", points
    )
    return [(box["x"] + place["x"], box["y"] + place["y"]) for place in places]


def drag(page, start, end):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(*end, steps=5)
    page.mouse.up()


@pytest.mark.parametrize("turn", ["", "&r=30&m=1"])
def test_a_ruler_is_pulled_from_end_to_end_whatever_the_view(log_in, pathologist, read_slide, turn):
    page = log_in(pathologist)
    opened(page, read_slide, PLACE + turn)
    page.keyboard.press("c")
    drag(page, *on_screen(page, (50, 40), (80, 80)))  # 50 px of 0.5 um
    expect(measures(page)).to_have_count(1)
    words = measures(page).locator("dd").text_content()
    assert float(re.match(r"([\d.]+)\sµm", words)[1]) == pytest.approx(25, abs=0.3)
    expect(page.locator("[data-pixel-size]")).to_contain_text("1 px = 0.5 µm")
    expect(page.locator('.measure-tools [data-measure="length"]')).to_have_attribute(
        "aria-pressed", "true"
    )


def test_an_end_can_be_moved_and_the_rest_outlives_a_reload(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    page.keyboard.press("c")
    drag(page, *on_screen(page, (50, 40), (80, 80)))
    drag(page, *on_screen(page, (80, 80), (110, 40)))  # now 60 px
    expect(measures(page).locator("dd")).to_contain_text(re.compile(r"(29\.\d+|30(\.\d+)?)\sµm"))
    page.reload()
    expect(measures(page)).to_have_count(1)
    expect(measures(page).locator("dd")).to_contain_text(re.compile(r"(29\.\d+|30(\.\d+)?)\sµm"))
    page.get_by_role("button", name="Remove all").click()
    expect(measures(page)).to_have_count(0)
    page.reload()
    expect(page.locator("[data-pixel-size]")).to_contain_text("µm")
    expect(measures(page)).to_have_count(0)


def test_an_area_is_clicked_corner_by_corner(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    page.keyboard.press("Shift+C")
    for corner in on_screen(page, (50, 30), (110, 30), (110, 70), (50, 70), (50, 30)):
        page.mouse.click(*corner)
        page.wait_for_timeout(350)  # two clicks at once are a double click
    values = measures(page).locator("dd")
    expect(values).to_have_count(3)
    area, perimeter, diameter = (
        float(re.match(r"([\d.]+)\sµm", words)[1]) for words in values.all_text_contents()
    )
    assert area == pytest.approx(60 * 40 * 0.25, rel=0.02)
    assert perimeter == pytest.approx(100, rel=0.02)
    assert diameter == pytest.approx(36.06, rel=0.02)


def test_keys_alone_measure(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, at(2.5, 1.5, cells=4))
    page.keyboard.press("c")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    at_rest(page)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the same place again ends it
    expect(measures(page)).to_have_count(1)
    page.keyboard.press("Delete")
    expect(measures(page)).to_have_count(0)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")  # the sketch
    page.keyboard.press("Escape")  # the tool
    ruler = page.locator('.measure-tools [data-measure="length"]')
    expect(ruler).to_have_attribute("aria-pressed", "false")


def test_a_measure_is_flown_to_and_removed_from_the_list(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    page.keyboard.press("c")
    drag(page, *on_screen(page, (20, 20), (40, 20)))
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Show this measure (1)").click()
    assert at_rest(page)["x"] < 60  # as far as the slide's edge lets it
    page.get_by_role("button", name="Remove this measure (1)").click()
    expect(measures(page)).to_have_count(0)


def test_without_a_pixel_size_nothing_is_measured_and_the_reason_stands_there(
    log_in, pathologist, make_slide
):
    slide = make_slide("unknown", mpp=None)
    page = log_in(pathologist)
    page.goto(slide.get_absolute_url())
    for button in page.locator("[data-measure]").all():
        expect(button).to_be_disabled()
    expect(page.locator("#no-measuring")).to_contain_text("does not say how large a pixel is")
    page.keyboard.press("c")
    expect(page.locator("[data-trouble]")).to_contain_text("No measuring")
