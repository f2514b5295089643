"""The worklist by keys: rows, pages, views, search, what is ticked, and on to the desk."""

import re

import pytest

from predictions.review import worklist
from predictions.review.models import WorkItem
from tests.predictions.review.work_rows import ranked

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

LOUD = [[0.1, 0.1, 0.1, 0.9, 0.1], [0.1] * 5, [0.1] * 5]


@pytest.fixture
def first(small_slide, make_version, predicted) -> WorkItem:
    """A slide that was read; below it on the list are 31 bare ones, so that there are two pages."""
    ranked(31)
    WorkItem.objects.update(score=0.5)
    return worklist.open_work(predicted(small_slide("tumor_001"), make_version(), LOUD))


def held(page) -> str:
    """The slide of the row that has the focus."""
    return page.evaluate(
        "document.activeElement.closest('[data-work]')?.querySelector('th').innerText"
    )


def test_a_reader_goes_through_the_list_by_keys_and_opens_the_desk(log_in, pathologist, first):
    page = log_in(pathologist)
    page.goto("/review/")
    expect(page.get_by_text("Highest score 0.90, 1 finding.")).to_be_visible()
    expect(page.get_by_text("32 slides")).to_be_visible()

    for key in ("j", "ArrowDown", "k", "x"):
        page.keyboard.press(key)
    assert "tumor_001" in held(page)
    expect(page.get_by_text("With 1 ticked row")).to_be_visible()
    page.get_by_role("button", name="Mark as urgent").click()
    expect(page.get_by_text("1 slide is urgent now.")).to_be_visible()

    page.keyboard.press("k")  # from nowhere: the last row
    page.keyboard.press("j")  # and beyond it
    page.wait_for_url("**/review/?after=*")
    expect(page.locator("[data-work]")).to_have_count(2)
    page.keyboard.press("k")
    page.wait_for_url("**/review/?before=*")
    assert held(page)

    page.keyboard.press("/")
    page.keyboard.type("tumor")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=tumor**")
    page.get_by_text("Keep this list").click()
    page.get_by_label("Name", exact=True).fill("tumours")
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("The list is kept as “tumours”.")).to_be_visible()
    page.goto("/review/")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_contain_text("Open the row")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    expect(page.locator("key-list input")).not_to_be_focused()  # until the next frame it is
    page.keyboard.press("1")
    page.wait_for_url("**/review/?q=tumor")

    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/review/\d+/\?q=tumor"))
    item = WorkItem.objects.get(pk=first.pk)
    assert (item.state, item.assigned_to) == ("begun", pathologist)


def test_an_admin_deals_the_list_out(log_in, admin, pathologist, first):
    page = log_in(admin)
    page.goto("/review/?q=s")
    page.get_by_text("Assign to readers").click()
    page.get_by_label("bob").check()
    page.get_by_label("alice").check()
    page.get_by_label("by lot").check()
    page.get_by_label("all that the list shows").check()
    page.get_by_role("button", name="Assign", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("bob got")
    shares = [WorkItem.objects.filter(assigned_to=who).count() for who in (admin, pathologist)]
    assert sorted(shares) == [15, 16]
