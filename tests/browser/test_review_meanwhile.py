"""What happens to a slide while somebody reviews it: read again, given to another, logged out."""

import re

import pytest
from playwright.sync_api import expect

from predictions.review import reviewing, worklist
from predictions.review.models import Review, WorkItem
from predictions.review.reviewing import Said
from predictions.review.rows import findings_of
from tests.predictions.review import conftest as desk
from training.models import ModelVersion, Stage

desk_slide, reading, work, review = desk.desk_slide, desk.reading, desk.work, desk.review


@pytest.fixture
def judged(review, pathologist) -> Review:
    for kind, key, because in (("accepted", "c1", ""), ("rejected", "c2", "fold")):
        said = Said(kind, key, because=because)
        reviewing.give_verdict(review=review, said=said, by=pathologist)
    reviewing.judge_slide(review=review, by=pathologist, conclusion="itc")
    return review


def test_a_slide_read_again_is_carried_over_and_one_given_away_says_so(
    log_in, pathologist, admin, judged, reading, make_version, predicted
):
    ModelVersion.objects.live().update(stage=Stage.ARCHIVED)
    version = make_version("next", stage=Stage.LIVE)
    worklist.open_work(predicted(reading.slide, version, desk.three_lesions()))
    page = log_in(pathologist, expected=("409", "403"))
    page.goto(judged.get_absolute_url())
    expect(page.locator("[data-saved]")).to_have_attribute("data-state", "saved")
    sheet = page.locator("[data-sign-sheet]")
    page.keyboard.press("Enter")
    expect(sheet).to_contain_text("1 finding is not judged.")
    page.keyboard.press("Enter")
    expect(sheet).to_contain_text("slide was read again by next while you reviewed it")
    page.keyboard.press("c")
    page.wait_for_url(re.compile(rf"/review/{judged.pk + 1}/"))
    following = Review.objects.get(pk=judged.pk + 1)
    assert [one.state for one in findings_of(following)] == ["accepted", "rejected", "open"]

    expect(page.locator("[data-saved]")).to_have_attribute("data-state", "saved")
    WorkItem.objects.update(assigned_to=admin)
    page.keyboard.press("n")
    page.keyboard.press("a")
    expect(page.locator("[data-saved]")).to_contain_text("the slide was given to somebody else")
    expect(page.locator("[data-trouble]")).to_contain_text("slide was given to alice")
    assert following.verdicts.count() == 2
