"""Choosing slides in the plot of a report, by pointer and by key."""

import pytest
from playwright.sync_api import Page, expect

from predictions.models import Report
from tests.predictions import compared_rows as rows_of
from tests.predictions.test_release_pages import with_false_findings

made_slides = rows_of.made_slides


@pytest.fixture
def pair(made_slides) -> Report:
    return rows_of.report_of(made_slides, ["A", "B"])


@pytest.fixture
def crowded(pair) -> Report:
    with_false_findings(pair, 130)
    return pair


@pytest.fixture
def page(log_in, pathologist, pair) -> Page:
    page = log_in(pathologist)
    page.goto(pair.get_absolute_url())
    page.get_by_label("Each slide by").select_option(label="Highest probability")
    return page


def shown(page: Page) -> list[str]:
    return page.locator(".brush-table tbody tr:visible th a").all_inner_texts()


def crops(page: Page) -> int:
    return page.locator(".change-wall li:visible").count()


def test_a_box_leaves_its_slides_in_the_table_and_on_the_wall(page):
    assert (len(shown(page)), crops(page)) == (3, 3)
    page.locator(".brush-picture").scroll_into_view_if_needed()
    one = page.get_by_role("option", name="one, tumour").bounding_box()
    x, y = one["x"] + one["width"] / 2, one["y"] + one["height"] / 2
    page.mouse.move(x - 15, y - 15)
    page.mouse.down()
    page.mouse.move(x + 15, y + 15, steps=4)
    page.mouse.up()
    assert (shown(page), crops(page)) == (["one"], 1)
    expect(page.get_by_role("status").filter(has_text="1 of 3 slides")).to_be_visible()
    expect(page.get_by_role("heading", name="Lesions lost")).to_be_hidden()
    page.get_by_role("button", name="All slides").click()
    assert (len(shown(page)), crops(page)) == (3, 3)


def test_keys_walk_choose_and_open_a_box(page):
    page.get_by_role("option", name="one, tumour").focus()
    page.keyboard.press("Space")
    expect(page.get_by_role("option", name="one, tumour")).to_have_attribute(
        "aria-selected", "true"
    )
    assert shown(page) == ["one"]
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    assert len(shown(page)) >= 2
    page.keyboard.press("Escape")
    assert len(shown(page)) == 3


def test_slides_that_a_version_reads_better_are_chosen_at_once(page):
    page.get_by_label("Each slide by").select_option(label="Share of lesions found")
    page.get_by_role("button", name="Better under A").click()
    assert shown(page) == ["two"]
    page.get_by_label("Each slide by").select_option(label="False findings")
    page.get_by_role("button", name="Better under B").click()
    assert shown(page) == ["none"]


def test_a_crop_opens_both_viewers_at_its_place(page):
    page.locator(".change-wall li:visible a.crop").first.click()
    expect(page.locator("slide-viewer")).to_have_count(2)
    assert page.url.count("x=160") + page.url.count("x=159") + page.url.count("x=158") >= 1


def test_what_is_left_of_the_wall_comes_when_asked_for(crowded, page):
    part = page.locator("[data-part]", has=page.get_by_role("heading", name="False findings that"))
    shown = part.first.locator("li:visible")
    expect(shown).to_have_count(24)
    part.first.get_by_role("button", name="Show all 120").click()
    expect(shown).to_have_count(120)
    part.first.get_by_role("button", name="Show more, less confident").click()
    expect(shown).to_have_count(130)
    expect(part.first.get_by_role("button", name="Show more")).to_have_count(0)
