"""From a boundary alarm to the caliper and back: the stage that was taken is out of date then."""

import numpy as np
import pytest
from playwright.sync_api import expect

from predictions.review import reviewing, signing, worklist
from predictions.review.models import Review, Staging
from predictions.review.said import Said
from tests.predictions.review import conftest as desk_rows
from tests.predictions.review.conftest import COLUMNS, ROWS
from training.models import Stage

desk_slide = desk_rows.desk_slide
KNOWING = signing.Terms(knowing=frozenset({"open_findings", "unseen"}))


@pytest.fixture
def near_a_limit(desk_slide, make_version, predicted, pathologist) -> Review:
    """A signed slide whose only finding is 12 cells of 16 um long, accepted as the map has it."""
    cells = np.full((ROWS, COLUMNS), 0.1, np.float32)
    cells[10, 10:22] = 0.9
    slide = desk_slide("P-17 a", patient="P-17")
    prediction = predicted(slide, make_version("live", stage=Stage.LIVE), cells)
    review = reviewing.begin(item=worklist.open_work(prediction), reader=pathologist)
    reviewing.give_verdict(review=review, said=Said("accepted", finding="c1"), by=pathologist)
    reviewing.judge_slide(review=review, by=pathologist, is_adequate=True, conclusion="itc")
    return signing.sign(review=review, by=pathologist, terms=KNOWING)


def test_a_finding_near_a_limit_is_measured_and_the_stage_taken_anew(
    log_in, pathologist, near_a_limit
):
    page = log_in(pathologist)
    page.goto(f"/review/patients/{near_a_limit.slide_id}/")
    expect(page.locator(".stage-told").first).to_have_text("pN0(i+) suggestion")
    expect(page.get_by_text("Measured by hand it may turn out pN0(i+) or pN1mi.")).to_be_visible()
    page.get_by_role("button", name="Take the stage").press("Enter")
    expect(page.get_by_text("Taken as pN0(i+).")).to_be_visible()

    page.get_by_role("link", name="Measure").press("Enter")
    page.get_by_label("Why", exact=True).fill("near a limit")
    page.get_by_role("button", name="Begin again").click()
    hint = page.locator("[data-caliper]")
    expect(hint).to_be_visible()
    for _ in range(12):  # its end goes beyond 0.2 mm
        page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    expect(hint).to_be_hidden()
    expect(page.locator("[data-saved]")).to_have_attribute("data-state", "saved")
    following = Review.objects.get(supersedes=near_a_limit)
    measured = reviewing.findings_of(following)[0]
    assert measured.caliper and measured.diameter_um > 200

    reviewing.judge_slide(review=following, by=pathologist, conclusion="micro")
    signing.sign(review=following, by=pathologist, terms=KNOWING)
    page.goto(f"/review/patients/{near_a_limit.slide_id}/")
    expect(page.locator(".stage-told").first).to_have_text("pN1mi suggestion")
    expect(page.get_by_text("out of date", exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="Measure by hand")).to_have_count(0)
    assert [row.stage for row in Staging.objects.all()] == ["pN0(i+)"]
