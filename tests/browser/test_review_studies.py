"""A study from setting it up to its results: two readers decide alone first, a third between them.

What a worker does after a signature is done here in its place.
"""

import re

import pytest
from celery import current_app
from playwright.sync_api import expect

from predictions.review import adjudicating, deciding, reviewing, signing
from predictions.review.models import Review, Study, WorkItem
from predictions.review.rows import findings_of
from predictions.review.said import Said
from tests.browser.drawn import Pen
from tests.browser.looking import at_rest
from tests.browser.test_accessibility import serious as serious
from tests.browser.test_review_desk import Desk
from tests.predictions.review import conftest as desk
from tests.predictions.review.study_rows import a_user

desk_slide, reading = desk.desk_slide, desk.reading
MISSED = [[640, 480], [800, 480], [800, 580], [640, 580], [640, 480]]
KNOWING = frozenset({"unseen", "open_findings", "other_conclusion"})


@pytest.fixture(autouse=True)
def nobody_else_works(monkeypatch) -> None:
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")


@pytest.fixture
def people(db):
    return {name: a_user(name) for name in ("ann", "ben", "judge")}


def test_two_readers_decide_alone_first_and_a_third_between_them(
    log_in, admin, people, reading, serious
):
    owner = log_in(admin)
    study = set_up(owner)
    ann = read_by_keys(log_in(people["ann"], expected=("403",)), study, reading)
    ben_reads(study, people["ben"])
    adjudicating.after_signing(ann)
    judge = log_in(people["judge"], reduced_motion="reduce")  # nothing fades while axe looks
    decide_between(judge, study)
    assert serious(judge) == []
    closed(owner, study)


def set_up(page) -> Study:
    """An admin makes the study, reads what it says of itself, and opens it."""
    page.goto("/review/studies/")
    page.get_by_role("link", name="New study").click()
    page.get_by_label("Name", exact=True).fill("Alone first")
    page.get_by_label("Readings of each slide").select_option(label="two readers")
    page.get_by_label("Adjudicator").select_option(label="judge")
    for name in ("ann", "ben"):
        page.get_by_role("checkbox", name=name).check()
    page.get_by_label("Unaided first").check()
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("1 patient: under six no difference is called one.")).to_be_visible()
    page.get_by_role("button", name="Open the study").click()
    expect(page.get_by_text("its readers have been told")).to_be_visible()
    return Study.objects.get()


def read_by_keys(page, study: Study, reading) -> Review:
    """Nothing of the model is there before the decision; then it is, and she signs."""
    page.goto(f"/review/studies/{study.pk}/")
    page.get_by_role("link", name="To your slides").click()
    page.get_by_role("button", name=re.compile("Begin with the first")).click()
    expect(page.get_by_role("heading", name="Decide first, without the model")).to_be_visible()
    review = Review.objects.get(reader__username="ann")
    at = Desk(page, review.get_absolute_url())
    expect(page.locator(".desk-row")).to_have_count(0)
    assert '"candidates": []' in page.content()
    assert page.request.get(f"/predictions/{reading.pk}/map.png").status == 403
    at_rest(page)
    at.press("+")
    Pen(page, review.slide).drag(*MISSED[:4])
    at.say("Enter")
    expect(page.get_by_text("1 finding of your own")).to_be_visible()
    at.press("3", "Enter")
    expect(page.locator(".desk-row")).to_have_count(4, timeout=15_000)  # the page comes anew
    at.comes().say("n", "a", "x", "4", "x", "4")
    at.press("Enter")
    expect(page.locator("[data-sign-sheet]")).to_contain_text("Say what the slide holds.")
    at.press("Enter")
    page.wait_for_url(re.compile(r"/review/\?study="))
    review.refresh_from_db()
    assert (review.state, review.unaided) == ("signed", "micro")
    return review


def ben_reads(study: Study, ben) -> None:
    """ben draws the first finding wider, and says that there is no other."""
    review = reviewing.begin(item=WorkItem.objects.get(study=study, assigned_to=ben), reader=ben)
    review = deciding.decide_unaided(review=review, by=ben, conclusion="negative")
    wide = {
        "type": "Polygon",
        "coordinates": [[[64, 64], [220, 64], [220, 180], [64, 180], [64, 64]]],
    }
    for said in (
        Said("redrawn", "c1", region=wide),
        Said("rejected", "c2", because="fold"),
        Said("rejected", "c3", because="fold"),
    ):
        reviewing.give_verdict(review=review, said=said, by=ben)
    reviewing.judge_slide(review=review, by=ben, conclusion="itc")
    signing.sign(review=review, by=ben, terms=signing.Terms(knowing=KNOWING))


def decide_between(page, study: Study) -> None:
    """Both outlines over each other; one is taken as all of either, one is no tumour."""
    item = WorkItem.objects.get(study=study, seat=3)
    page.goto(study.work_address)
    page.get_by_role("button", name=re.compile("Begin with the first")).click()
    page.wait_for_url("**/review/*/**")
    review = item.reviews.get()
    at = Desk(page, review.get_absolute_url())
    expect(page.locator(".matched")).to_have_count(2)
    at.press(".")
    expect(page.get_by_text("Mean overlap (IoU)")).to_be_visible()
    expect(page.locator(".matched").first).to_contain_text("found by both")
    expect(page.locator(".matched").nth(1)).to_contain_text("by the first alone")
    page.get_by_role("button", name="Of either").click()
    expect(page.locator(".matched").first).to_contain_text("taken")
    at.comes().press(".", "o")
    expect(page.get_by_text("Lesion 2: take")).to_be_visible()
    at.press("2")
    expect(page.locator(".matched").nth(1)).to_contain_text("no tumour")
    found = {one.key[:2]: one for one in findings_of(review)}
    assert found["c1"].state == "accepted"
    assert found["c1"].region["type"] == "Polygon"


def closed(page, study: Study) -> None:
    page.goto(f"/review/studies/{study.pk}/")
    expect(page.get_by_role("heading", name="Changes of mind")).to_be_visible()
    expect(page.locator("paired-plot svg.plot").last).to_be_visible()
    page.get_by_text("Close the study").click()
    page.get_by_role("button", name="Close it for good").click()
    expect(page.get_by_text("its results are shown to all readers")).to_be_visible()
