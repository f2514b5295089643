"""A version that went live reads again what was signed as negative."""

from pathlib import Path

import numpy as np
import pytest
from django.urls import reverse

from predictions.models import Promotion
from predictions.review import looking_back, reviewing, signing, tasks
from predictions.review.models import Alarm, LookBack, Review
from slides.jobs import Reason
from slides.models import AuditEvent
from slides.services import sha256_of
from tests.predictions.review.conftest import COLUMNS, ROWS, three_lesions
from training.models import ModelVersion

KNOWING = signing.Terms(
    knowing=frozenset({"open_findings", "unseen", "other_conclusion"}), keeps_corrections=False
)


@pytest.fixture
def reading(desk_slide, make_version, predicted):
    slide = desk_slide()
    slide.sha256, slide.bytes = sha256_of(slide.path), slide.path.stat().st_size
    slide.save()
    return predicted(slide, make_version("live", stage="live"), three_lesions())


@pytest.fixture
def signed(review, pathologist) -> Review:
    """Signed as negative; c1 (3 x 3 cells at the left) was rejected, c2 and c3 left unjudged."""
    said = reviewing.Said(kind="rejected", finding="c1", because="fold")
    reviewing.give_verdict(review=review, said=said, by=pathologist, after=None)
    reviewing.judge_slide(review=review, by=pathologist, is_adequate=True, conclusion="negative")
    return signing.sign(review=review, by=pathologist, terms=KNOWING)


@pytest.fixture
def successor(make_version, reading) -> ModelVersion:
    return make_version("next")


def promote(version: ModelVersion) -> Promotion:
    before = ModelVersion.objects.live().first()
    ModelVersion.objects.live().update(stage="archived")
    ModelVersion.objects.filter(pk=version.pk).update(stage="live")
    return Promotion.objects.create(kind="promoted", version=version, previous=before)


def calling(*places: tuple[slice, slice, float]) -> np.ndarray:
    cells = np.full((ROWS, COLUMNS), 0.1, np.float32)
    for rows, columns, probability in places:
        cells[rows, columns] = probability
    return cells


AT_C1 = slice(2, 5), slice(2, 5)
NOWHERE_NEAR = slice(16, 18), slice(34, 37)


def looked(version: ModelVersion) -> LookBack:
    row = looking_back.request_look_back(version)
    assert tasks.run_look_back(row)
    assert row.status == "done", row.error
    return row


def test_a_promotion_starts_one_look_back_and_only_where_something_was_signed(
    reading, successor, request
):
    promote(successor)
    assert looking_back.after_promotion() is None  # nothing was signed
    signed = request.getfixturevalue("signed")
    assert looking_back.after_promotion() is None  # it was signed after the promotion
    assert signed.signed_at > Promotion.objects.get().at


def test_a_promotion_looks_back_at_what_was_signed_before_once(signed, successor):
    promotion = promote(successor)
    row = looking_back.after_promotion()
    assert (row.version, row.promotion, row.status) == (successor, promotion, "queued")
    assert looking_back.after_promotion() is None
    assert LookBack.objects.count() == 1


def test_what_it_calls_where_nothing_was_judged_becomes_an_alarm(signed, successor, predicted):
    reading = predicted(signed.slide, successor, calling((*NOWHERE_NEAR, 0.7), (*AT_C1, 0.6)))
    row = looked(successor)
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.prediction, alarm.look_back) == ("look_back", reading, row)
    assert [one["number"] for one in alarm.details["findings"]] == [1]  # not the one at c1
    assert alarm.details["version"]["name"] == "next"
    assert (row.results["reviews"], row.results["positive"]) == (1, [signed.pk])
    assert AuditEvent.objects.get(action="looked back").details["positive"] == 1


def test_what_was_judged_at_that_place_is_only_counted(signed, successor, predicted):
    predicted(signed.slide, successor, calling((*AT_C1, 0.6)))
    row = looked(successor)
    assert (row.results["positive"], row.results["known"]) == ([], [signed.pk])
    assert not Alarm.objects.exists()


def test_strong_evidence_at_a_judged_place_is_questioned_all_the_same(signed, successor, predicted):
    large = slice(2, 5), slice(2, 20)  # 18 cells of 16 um
    predicted(signed.slide, successor, calling((*large, 0.95)))
    assert looked(successor).results["positive"] == [signed.pk]


def test_a_slide_that_it_calls_negative_raises_nothing(signed, successor, predicted):
    predicted(signed.slide, successor, calling())
    row = looked(successor)
    assert (row.results["positive"], row.results["known"], row.done_count) == ([], [], 1)


def test_looking_twice_raises_one_alarm(signed, successor, predicted):
    predicted(signed.slide, successor, calling((*NOWHERE_NEAR, 0.7)))
    looked(successor)
    looked(successor)
    assert (Alarm.objects.count(), LookBack.objects.count()) == (1, 2)


def test_the_very_reading_that_was_signed_on_says_nothing_new(signed, reading):
    row = looked(reading.version)
    assert (row.results["same"], Alarm.objects.count()) == (1, 0)


def test_a_slide_whose_file_is_another_is_not_read(signed, successor, predicted):
    predicted(signed.slide, successor, calling((*NOWHERE_NEAR, 0.7)))
    Path(signed.slide.path).write_bytes(b"other")
    row = looked(successor)
    assert [one["name"] for one in row.results["unread"]] == [signed.slide.name]
    assert Alarm.objects.get().kind == "file_changed"


def test_a_slide_that_cannot_be_read_is_named(signed, successor):
    signed.slide.mpp = None
    signed.slide.save()
    told = looked(successor).results["unread"][0]
    assert "no known um per pixel" in told["reason"]


def test_it_can_be_cancelled(signed, successor):
    row = looking_back.request_look_back(successor)
    assert row.claim()
    row.request_cancel()
    with row.recorded():
        looking_back.look_back(row, report=row.report)
    assert row.status == "cancelled" and not Alarm.objects.exists()


def test_it_stands_among_all_jobs_and_is_cancelled_and_tried_again_there(
    as_admin, signed, successor
):
    row = looking_back.request_look_back(successor)
    (listed,) = as_admin.get("/api/jobs/").json()["results"]
    assert (listed["kind"], listed["status"]) == ("look-back", "queued")
    assert successor.name in as_admin.get("/jobs/").content.decode()
    for act, status in (("cancel", "cancelled"), ("retry", "queued")):
        as_admin.post(reverse("job-act", args=["look-back", row.pk, act]))
        row.refresh_from_db()
        assert row.status == status


def test_one_that_waits_is_not_asked_for_twice(successor):
    assert looking_back.request_look_back(successor) == looking_back.request_look_back(successor)


def test_what_was_read_elsewhere_cannot_look_back(make_version):
    outside = make_version("outside", architecture="external", weights="")
    with pytest.raises(Reason) as refused:
        looking_back.request_look_back(outside)
    assert refused.value.code == "read_elsewhere"
