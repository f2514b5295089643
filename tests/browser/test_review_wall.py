"""Findings judged on the wall by keys, looked at closely, and opened at the desk."""

import re

import pytest

from predictions.review import reviewing, worklist
from predictions.review.models import Review, Verdict, WorkItem
from predictions.review.reviewing import Said

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

ONE = [[0.9, 0.1, 0.1, 0.1, 0.1], [0.1] * 5, [0.1] * 5]


@pytest.fixture
def items(small_slide, make_version, predicted) -> list[WorkItem]:
    """Four slides of one finding each."""
    version = make_version()
    return [worklist.open_work(predicted(small_slide(name), version, ONE)) for name in "abcd"]


def test_findings_are_judged_by_one_key_each(log_in, pathologist, items):
    page = log_in(pathologist)
    page.goto("/review/wall/")
    tiles = page.locator("[data-tile]")
    expect(tiles).to_have_count(4)

    page.keyboard.press("n")
    page.keyboard.press("a")
    expect(tiles.nth(0)).to_contain_text("accepted")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("x")
    expect(page.get_by_role("button", name="sinus histiocytes")).to_be_visible()
    page.keyboard.press("2")
    expect(tiles.nth(1)).to_contain_text("sinus histiocytes")
    expect(page.get_by_text(re.compile("saved .+:"))).to_be_visible()
    kinds = Verdict.objects.order_by("pk").values_list("kind", "because")
    assert list(kinds) == [("accepted", ""), ("rejected", "histiocytes")]
    assert Review.objects.count() == 2

    page.keyboard.press("u")
    expect(tiles.nth(1)).not_to_contain_text("sinus histiocytes")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("Space")
    expect(page.locator(".wall-close img")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Shift+A")
    expect(page.locator("[data-judged]")).to_have_text("4")
    expect(page.get_by_text(re.compile("saved .+:"))).to_be_visible()
    assert Review.objects.count() == 4

    tiles.nth(3).click()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/review/\d+/\?finding=c1"))


def test_what_a_colleague_has_taken_is_refused_on_its_tile(log_in, pathologist, admin, items):
    page = log_in(pathologist, expected=("409",))
    page.goto("/review/wall/")
    WorkItem.objects.filter(pk=items[0].pk).update(assigned_to=admin)
    page.locator("[data-tile]").first.click()
    page.keyboard.press("a")
    expect(page.get_by_role("alert").filter(has_text="is assigned to")).to_be_visible()
    expect(page.locator("[data-tile]").first).to_have_class(re.compile("is-open"))
    assert not Verdict.objects.exists()


def test_what_another_window_said_is_not_taken_back(log_in, pathologist, items):
    page = log_in(pathologist, expected=("409",))
    page.goto("/review/wall/")
    page.locator("[data-tile]").first.click()
    page.keyboard.press("a")
    expect(page.get_by_text(re.compile("saved .+:"))).to_be_visible()
    said = Said("rejected", finding="c1", because="fold")
    reviewing.give_verdict(review=Review.objects.get(), said=said, by=pathologist)
    page.keyboard.press("u")
    expect(page.get_by_role("alert").filter(has_text="elsewhere meanwhile")).to_be_visible()
    assert Verdict.objects.count() == 2
