"""The desk: findings judged by keys, outlines and lengths corrected, pins, signing, two windows."""

import re

import numpy as np
import pytest
from playwright.sync_api import expect

from predictions.review import reviewing, worklist
from predictions.review.models import Pin, Review, Sitting, Verdict
from predictions.review.rows import findings_of
from tests.browser.drawn import Pen
from tests.browser.looking import at_rest
from tests.predictions.review import conftest as desk

desk_slide, reading, work, review = desk.desk_slide, desk.reading, desk.work, desk.review
# How many steps wait in the browser's journal.
IN_THE_JOURNAL = """() => new Promise((done) => {
  const opening = indexedDB.open("sentinode-drawing");
  opening.onsuccess = () => {
    const rows = opening.result.transaction("entries").objectStore("entries").count();
    rows.onsuccess = () => {
      opening.result.close();
      done(rows.result);
    };
  };
})"""
EMPTY = np.full((desk.ROWS, desk.COLUMNS), 0.1, np.float32)


class Desk:
    """A reader's page of one review."""

    def __init__(self, page, address: str) -> None:
        self.page, self.keys = page, page.keyboard
        page.goto(address)
        self.comes()

    def comes(self, words: str = "All is saved") -> "Desk":
        expect(self.saved).to_have_attribute("data-state", "saved")
        expect(self.saved).to_contain_text(words)
        return self

    @property
    def saved(self):
        return self.page.locator("[data-saved]")

    def press(self, *keys: str) -> "Desk":
        for key in keys:
            self.keys.press(key)
        return self

    def states(self) -> list[str]:
        return self.page.locator(".desk-row .verdict-state").all_inner_texts()

    def say(self, *keys: str) -> "Desk":
        """Press keys and wait until the server has what they said."""
        self.press(*keys)
        return self.comes("Saved")

    def expect_states(self, *states: str) -> None:
        expect(self.page.locator(".desk-row .verdict-state")).to_have_text(list(states))


@pytest.fixture
def next_work(work, desk_slide, predicted):
    """A second slide on the list, on which the same version calls nothing."""
    return worklist.open_work(predicted(desk_slide("next"), work.prediction.version, EMPTY))


def stored(review: Review) -> dict[str, str]:
    return {one.key: one.state for one in findings_of(review)}


def test_a_slide_is_judged_by_keys_signed_and_the_next_one_comes(
    log_in, pathologist, review, next_work
):
    page = log_in(pathologist)
    at = Desk(page, f"{review.get_absolute_url()}?order=patient")
    at.expect_states("open", "open", "open")
    expect(page.get_by_text("0 of 2 signed")).to_be_visible()
    judged(at, review)
    corrected(at, review)
    added_and_taken_back(at, review)
    talked_about(at)
    signed(at, review)
    expect(page.get_by_role("heading", name="next")).to_be_visible()
    expect(page.get_by_text("1 of 2 signed")).to_be_visible()
    superseded(at, review)


def test_what_is_signed_within_seconds_took_seconds(log_in, pathologist, review):
    page = log_in(pathologist)
    at = Desk(page, review.get_absolute_url())
    at.expect_states("open", "open", "open")
    at.say("n", "Shift+A").press("Enter")
    expect(page.locator("[data-sign-sheet]")).to_be_visible()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/review/(\?|$)"))
    review.refresh_from_db()
    assert review.state == "signed"
    assert 0 < review.active_seconds < 60
    assert not Sitting.objects.exclude(review=review).filter(active_seconds__gt=2).exists()


def judged(at: Desk, review: Review) -> None:
    """Each verdict goes on to the next open finding; undo takes back stroke by stroke."""
    at.say("n", "a", "x", "4", "u", "x", "2")
    at.expect_states("accepted", "sinus histiocytes", "open")
    at.say("Shift+A", "u", "Shift+A").expect_states("accepted", "sinus histiocytes", "accepted")
    assert stored(review) == {"c1": "accepted", "c2": "rejected", "c3": "accepted"}


def corrected(at: Desk, review: Review) -> None:
    """The outline with the tools of drawing, the length by the caliper, the class by a key."""
    page = at.page
    page.locator(".desk-row").first.click()
    at.press("d")
    expect(page.locator('[data-tool="select"]')).to_have_attribute("aria-pressed", "true")
    at.say("Enter").press("m")
    expect(page.locator("[data-caliper]")).to_contain_text("1 px = 0.5 µm")
    at.say("ArrowRight", "ArrowRight", "Enter")
    last = Verdict.objects.filter(review=review).latest("sequence")
    assert (last.finding, last.kind) == ("c1", "measured")
    assert Verdict.objects.get(kind="redrawn").region["type"] == "Polygon"
    expect(page.locator("[data-length]")).to_have_text(f"{last.diameter_um:.0f} µm")
    at.say("c", "3")
    expect(page.locator("[data-class]")).to_have_text("macro")


def added_and_taken_back(at: Desk, review: Review) -> None:
    page = at.page
    at.press("h", "+")
    expect(page.locator('[data-tool="freehand"]')).to_have_attribute("aria-pressed", "true")
    at_rest(page)
    Pen(page, review.slide).drag((900, 400), (1000, 400), (1000, 500), (900, 500))
    at.say("Enter")
    expect(page.locator(".desk-row")).to_have_count(4)
    at.say("u")
    expect(page.locator(".desk-row")).to_have_count(3)


def talked_about(at: Desk) -> None:
    """A pin is set, answered and settled; the counter tells of open ones."""
    page, count = at.page, at.page.locator("[data-pin-count]")
    at.press("k")
    page.keyboard.type("Is this a sinus?")
    at.press("Enter")
    expect(count).to_have_text("1")
    page.get_by_role("textbox", name="Answer").fill("No.")
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".pin-remarks li")).to_have_count(2)
    page.get_by_role("button", name="Settle").click()
    expect(count).to_be_hidden()
    assert [one.kind for one in Pin.objects.get().remarks.all()] == ["said", "said", "resolved"]


def signed(at: Desk, review: Review) -> None:
    """Signing asks once, for all that is left; then the next slide of the list is there."""
    page, sheet = at.page, at.page.locator("[data-sign-sheet]")
    page.locator(".openseadragon-canvas").first.focus()
    at.press("Alt+1", "Enter")
    expect(sheet).to_contain_text("Say what the slide holds.")
    expect(sheet.locator("[data-choose=macro]")).to_have_attribute("aria-pressed", "true")
    expect(sheet).to_contain_text("Suggested by the findings you hold")
    at.press("Enter")
    page.wait_for_url(re.compile(rf"/review/{review.pk + 1}/\?order=patient"))
    review.refresh_from_db()
    assert (review.state, review.conclusion) == ("signed", "macro")
    assert review.frozen["left"]["open_findings"] == 0


def superseded(at: Desk, review: Review) -> None:
    """What was signed can be read; its successor begins with all that was said."""
    page = at.page
    page.goto(review.get_absolute_url())
    expect(page.get_by_text(re.compile("Signed by bob"))).to_be_visible()
    expect(page.locator("[data-verdicts]")).to_have_count(0)
    page.get_by_role("button", name="Supersede").click()
    page.get_by_label("Why", exact=True).fill("looked again")
    page.get_by_role("button", name="Begin again").click()
    page.wait_for_url(f"**/review/{review.pk + 2}/")
    at.comes().expect_states("accepted", "sinus histiocytes", "accepted")


def test_nothing_that_was_said_is_lost_without_network_nor_between_two_windows(
    log_in, pathologist, review
):
    page = log_in(pathologist, expected=("409", "ERR_INTERNET_DISCONNECTED", "401"))
    at = Desk(page, review.get_absolute_url())
    kept_without_network(at, review)
    kept_while_logged_out(at)
    told_of_another_window(at, review)


def kept_without_network(at: Desk, review: Review) -> None:
    """Verdicts wait in this browser, also when the page is loaded again; nothing is signed."""
    page = at.page
    page.context.set_offline(True)
    at.press("a", "x", "1")
    expect(at.saved).to_contain_text("2 steps wait: no network Kept in this browser.")
    at.press("Enter")
    expect(page.locator("[data-trouble]")).to_contain_text("Not signed")
    assert stored(review)["c1"] == "open"
    assert page.evaluate(IN_THE_JOURNAL) == 2
    page.goto("about:blank")
    page.context.set_offline(False)
    page.go_back()
    at.comes("Saved").expect_states("accepted", "germinal centre", "open")
    assert stored(review) == {"c1": "accepted", "c2": "rejected", "c3": "open"}


def kept_while_logged_out(at: Desk) -> None:
    page = at.page
    cookies = page.context.cookies()
    page.context.clear_cookies(name="sessionid")
    at.press("a")
    expect(page.get_by_role("link", name="Log in")).to_be_visible()
    page.context.add_cookies(cookies)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    at.comes("Saved").expect_states("accepted", "germinal centre", "accepted")


def told_of_another_window(at: Desk, review: Review) -> None:
    """Who comes second is told what changed, and may insist; the other window sees it at once."""
    page = at.page
    other = Desk(page.context.new_page(), review.get_absolute_url())
    page.locator(".desk-row").nth(1).click()
    said = reviewing.Said(kind="rejected", finding="c2", because="ink")
    reviewing.give_verdict(review=review, said=said, by=review.reader)
    at.press("a")
    expect(page.locator("[data-conflict]")).to_contain_text(
        "Changed in another tab: Finding 2 is ink now. Yours, accepted, was not taken."
    )
    at.expect_states("accepted", "ink", "accepted")
    page.get_by_role("button", name="Take mine all the same").click()
    at.comes("Saved").expect_states("accepted", "accepted", "accepted")
    other.expect_states("accepted", "accepted", "accepted")
