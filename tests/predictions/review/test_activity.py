"""Reading time counts activity, once, whatever is open."""

from datetime import UTC, datetime, timedelta

import pytest

from predictions.review import activity
from predictions.review.models import Review, Sitting, Study, WorkItem
from slides.models import AuditEvent

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def slide(make_slide):
    return make_slide()


@pytest.fixture
def review(slide, pathologist) -> Review:
    item = WorkItem.objects.create(
        slide=slide, patient=slide.patient, name=slide.name, arrived_at=T0
    )
    return Review.objects.create(item=item, slide=slide, reader=pathologist)


def note(slide, reader, seconds, after, **more):
    at = T0 + timedelta(seconds=after)
    return activity.note(slide=slide, reader=reader, seconds=seconds, at=at, **more)


def test_active_seconds_add_up_in_one_sitting(slide, pathologist):
    for after in (15, 30, 45):
        sitting = note(slide, pathologist, 10, after)
    assert (sitting.active_seconds, Sitting.objects.count()) == (30, 1)
    assert (sitting.began_at, sitting.last_at) == (
        T0 + timedelta(seconds=5),
        T0 + timedelta(seconds=45),
    )


def test_no_more_counts_than_the_time_that_passed(slide, pathologist):
    note(slide, pathologist, 15, 15)
    assert note(slide, pathologist, 15, 18).active_seconds == 18
    assert note(slide, pathologist, 15, 18) is None


def test_the_first_message_counts_for_half_a_minute_at_most(slide, pathologist):
    assert note(slide, pathologist, 3600, 0).active_seconds == activity.MOST_SECONDS


def test_two_windows_are_one_reader(slide, make_slide, pathologist, admin):
    other = make_slide("two")
    note(slide, pathologist, 15, 15)
    assert note(other, pathologist, 15, 20).active_seconds == 5
    assert note(other, admin, 15, 20).active_seconds == 15  # somebody else is


def test_after_a_pause_another_sitting_begins_and_the_log_says_so(slide, pathologist):
    for after in (0, 299, 600):
        note(slide, pathologist, 5, after)
    assert list(Sitting.objects.values_list("active_seconds", flat=True)) == [5, 10]
    events = AuditEvent.objects.filter(action="see")
    assert [(event.actor, event.subject_id) for event in events] == [("bob", str(slide.pk))] * 2
    assert events[0].details == {"patient": slide.patient}


def test_an_open_review_gets_its_time_and_a_signed_one_keeps_what_it_has(
    slide, review, pathologist
):
    note(slide, pathologist, 10, 15, review=review)
    review.refresh_from_db()
    assert (review.active_seconds, review.unaided_seconds) == (10, 0)
    Review.objects.filter(pk=review.pk).update(state="signed", signed_at=T0, frozen_sha256="f" * 64)
    review.refresh_from_db()
    assert note(slide, pathologist, 10, 30, review=review).review is None
    review.refresh_from_db()
    assert review.active_seconds == 10


def test_time_before_the_findings_are_shown_is_kept_apart(slide, review, pathologist):
    study = Study.objects.create(name="pilot", state="open", is_unaided_first=True)
    WorkItem.objects.update(study=study)
    note(slide, pathologist, 10, 15, review=review)
    Review.objects.update(unaided="negative", unaided_at=T0)
    note(slide, pathologist, 10, 30, review=review)
    review.refresh_from_db()
    assert (review.unaided_seconds, review.active_seconds) == (10, 20)


def test_pages_tell_it_over_the_api_and_only_of_themselves(as_pathologist, as_admin, slide, review):
    told = as_pathologist.post(
        f"/api/reviews/{review.pk}/activity/", {"seconds": 4}, content_type="application/json"
    )
    assert told.json() == {"sitting": Sitting.objects.get().pk, "active_seconds": 4.0}
    place = f"/api/reviews/{review.pk}/activity/"
    assert as_admin.post(place, {"seconds": 4}, content_type="application/json").status_code == 404
    place = f"/api/slides/{slide.pk}/activity/"
    told = as_admin.post(place, {"seconds": 2.5}, content_type="application/json")
    assert told.json()["active_seconds"] == 2.5
    refused = as_admin.post(place, {"seconds": -1}, content_type="application/json")
    assert refused.status_code == 400
