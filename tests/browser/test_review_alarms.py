"""From the bell to an answered alarm, looking back, and time that only activity adds."""

import numpy as np
import pytest
from celery import current_app
from playwright.sync_api import expect

from predictions.review import reviewing, signing, tasks
from predictions.review.models import Alarm, LookBack, Review, Sitting
from slides.models import AuditEvent
from slides.services import sha256_of
from tests.predictions.review import conftest as rows
from training.models import ModelVersion

desk_slide, work, review = rows.desk_slide, rows.work, rows.review
KNOWING = frozenset({"open_findings", "unseen", "other_conclusion"})


@pytest.fixture
def reading(desk_slide, make_version, predicted):
    """c1 is sure and large."""
    slide = desk_slide()
    slide.sha256, slide.bytes = sha256_of(slide.path), slide.path.stat().st_size
    slide.save()
    cells = rows.three_lesions()
    cells[12:14, 8:28] = 0.97
    return predicted(slide, make_version("live", stage="live"), cells)


@pytest.fixture
def signed(review, pathologist) -> Review:
    reviewing.judge_slide(review=review, by=pathologist, is_adequate=True, conclusion="negative")
    return signing.sign(review=review, by=pathologist, terms=signing.Terms(knowing=KNOWING))


def test_a_reader_is_told_looks_at_the_place_and_answers(log_in, pathologist, signed):
    tasks.after_signing(signed.pk)
    page = log_in(pathologist)
    page.clock.install()
    page.goto("/review/notices/")
    expect(page.get_by_role("link", name="1 open alarm")).to_be_visible()
    page.get_by_role("button", name="signed as negative against strong evidence").click()
    expect(page.get_by_role("link", name="Notices").first).to_be_visible()  # none unread by now
    alarm = page.locator(".alarm")
    expect(alarm).to_contain_text("Finding 1: 0.97, 320 µm across, not judged.")
    picture = alarm.locator("img")
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("(image) => image.naturalWidth") > 0
    place = page.url
    alarm.get_by_role("link", name="Look at the place").click()
    expect(page.locator('[data-show="magnification"]').first).to_contain_text("×")
    x, y = page.locator("slide-viewer").evaluate("(v) => [v.view.x, v.view.y]")
    assert (round(x), round(y)) == (18 * 32, 13 * 32)  # the middle of its cells

    page.mouse.move(400, 300)
    page.clock.run_for(5_500)
    page.clock.run_for(60_000)  # the page is open, and nobody touches it
    page.goto(place)
    reason = page.get_by_label("Why")
    reason.fill("A germinal centre, looked at again at 40x.")
    reason.press("Tab")
    expect(page.get_by_role("button", name="The review stands")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".alarm")).to_contain_text("A germinal centre, looked at again at 40x.")
    expect(page.get_by_role("link", name="1 open alarm")).to_have_count(0)
    assert Alarm.objects.get().answered_by == pathologist
    sitting = Sitting.objects.get()
    assert 0 < sitting.active_seconds < 10  # of more than a minute
    assert AuditEvent.objects.filter(action="see", actor="bob").count() == 1


def test_an_admin_has_the_live_version_look_back(
    log_in, admin, signed, make_version, predicted, monkeypatch
):
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")
    ModelVersion.objects.live().update(stage="archived")
    version = make_version("next", stage="live")
    cells = np.full((rows.ROWS, rows.COLUMNS), 0.1, np.float32)
    cells[16:18, 34:37] = 0.8
    predicted(signed.slide, version, cells)
    page = log_in(admin)
    page.goto("/review/alarms/")
    page.get_by_role("button", name="Look back with the live version").click()
    expect(page.locator("#look-back")).to_contain_text("waiting for a worker")
    assert tasks.run_look_back(LookBack.objects.get())
    expect(page.locator("#look-back")).to_contain_text("It calls 1 positive")
    page.get_by_role("link", name="Show these alarms").click()
    expect(page.locator(".alarm")).to_contain_text("next calls the slide positive")
