"""Views kept under a name, one's own or shared."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import expect

from slides.models import Bookmark
from tests.browser.looking import at, layer, shown

PATIENCE_MS = 15_000


@pytest.fixture
def colleague(admin) -> User:
    return admin


def rows(page):
    return page.locator(".bookmarks li")


def opened(page, slide, place: str = "") -> None:
    page.goto(f"{slide.get_absolute_url()}{place}")
    expect(page.locator('[data-show="magnification"]').first).to_contain_text("×")


def set_bookmark(page, name: str, *, is_shared: bool = False) -> None:
    page.keyboard.press("Shift+M")
    page.get_by_role("textbox", name="Name").fill(name)
    if is_shared:
        page.get_by_label("colleagues see it too").check()
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(rows(page).get_by_role("button", name=name, exact=True)).to_be_visible(
        timeout=PATIENCE_MS
    )


def view(page) -> dict:
    return page.locator("slide-viewer").evaluate("(viewer) => viewer.view")


def test_a_bookmark_brings_back_place_layers_reading_and_threshold(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    opened(page, read_slide, f"{at(1.5, 1.5, cells=2)}&t=0.35&l=ta&p={first.pk}&r=90")
    expect(shown(page, "threshold")).to_have_text("0.350")
    before = view(page)
    set_bookmark(page, "here")
    opened(page, read_slide)
    expect(shown(page, "threshold")).to_have_text("0.700")
    rows(page).get_by_role("button", name="here", exact=True).click(timeout=PATIENCE_MS)
    expect(shown(page, "threshold")).to_have_text("0.350")
    expect(page.locator("[name=prediction]")).to_have_value(str(first.pk))
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(1200)
    after = view(page)
    assert after["rotation"] == 90
    for name in ("x", "y", "width"):
        assert after[name] == pytest.approx(before[name], rel=1e-3)


def test_a_key_goes_round_the_bookmarks(log_in, pathologist, read_slide):
    for column, name in ((0.5, "one"), (3.5, "two")):
        place = at(column, 1.5).removeprefix("#")
        Bookmark.objects.create(slide=read_slide, author=pathologist, name=name, view=place)
    page = log_in(pathologist)
    opened(page, read_slide)
    expect(rows(page)).to_have_count(2, timeout=PATIENCE_MS)
    for name in ("one", "two", "one"):
        page.keyboard.press("'")
        expect(rows(page).locator("[aria-current=true]")).to_have_text(name)
    page.wait_for_timeout(1000)
    assert view(page)["x"] == pytest.approx(16, abs=0.1)


def test_colleagues_see_what_is_shared_and_cannot_change_it(
    log_in, pathologist, colleague, read_slide
):
    own = log_in(pathologist)
    opened(own, read_slide)
    set_bookmark(own, "private thought")
    set_bookmark(own, "look at this", is_shared=True)
    theirs = log_in(colleague)
    opened(theirs, read_slide)
    expect(rows(theirs)).to_have_count(1, timeout=PATIENCE_MS)
    expect(rows(theirs)).to_contain_text("look at this")
    expect(rows(theirs)).to_contain_text("shared by bob")
    expect(rows(theirs).locator("[data-remove]")).to_be_hidden()


def test_a_bookmark_is_renamed_removed_and_brought_back(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    set_bookmark(page, "first name")
    rows(page).get_by_role("button", name="Change first name").click()
    page.get_by_role("textbox", name="Name").fill("second name")
    page.keyboard.press("Enter")
    expect(rows(page)).to_contain_text("second name", timeout=PATIENCE_MS)
    rows(page).get_by_role("button", name="Remove second name").click()
    expect(rows(page)).to_have_count(0, timeout=PATIENCE_MS)
    expect(page.locator("[data-removed]")).to_contain_text("“second name” removed.")
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(rows(page)).to_contain_text("second name", timeout=PATIENCE_MS)
    expect(page.locator("[data-removed]")).to_be_hidden()
    assert [row.name for row in Bookmark.objects.all()] == ["second name"]


def test_escape_sets_none_and_a_lost_network_is_told(log_in, pathologist, read_slide):
    page = log_in(pathologist, expected=("ERR_FAILED", "TypeError", "Failed to fetch"))
    opened(page, read_slide)
    asked = page.get_by_role("dialog", name="Bookmark")
    page.keyboard.press("Shift+M")
    expect(asked).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    page.route(re.compile("/api/bookmarks/"), lambda route: route.abort())
    page.keyboard.press("Shift+M")
    expect(asked).to_be_visible()
    page.keyboard.press("Enter")
    trouble = page.locator("[data-bookmark-trouble]")
    expect(trouble).to_contain_text("did not get to the server", timeout=PATIENCE_MS)
    assert not Bookmark.objects.exists()


def test_each_answer_is_for_the_bookmark_that_was_asked_about(log_in, pathologist, read_slide):
    """However soon the next is asked for: the dialog tells late that it was closed."""
    page = log_in(pathologist)
    opened(page, read_slide)
    page.locator("[data-bookmarks]").evaluate(
        """(panel) => {
          const part = (selector) => panel.querySelector(selector);
          for (const name of ["one", "two"]) {
            part("[data-set]").click();
            part("[name=name]").value = name;
            part("[value=keep]").click();
          }
        }"""
    )
    expect(rows(page)).to_have_count(2, timeout=PATIENCE_MS)
    assert sorted(row.name for row in Bookmark.objects.all()) == ["one", "two"]
