"""How far a list is read, and what the rest may take at a reader's own pace."""

from predictions.review.models import WorkItem
from predictions.review.work_filters import Filters, scope_of
from predictions.review.work_progress import progress_of
from tests.predictions.review.study_rows import a_review
from tests.predictions.review.work_rows import ranked


def signed(item: WorkItem, reader, seconds: float) -> None:
    WorkItem.objects.filter(pk=item.pk).update(state="signed", assigned_to=reader)
    a_review(item, reader, signed=True, active_seconds=seconds)


def test_progress_and_the_time_that_is_left(pathologist):
    items = ranked(5)
    for item, seconds in zip(items, (30, 50, 900), strict=False):
        signed(item, pathologist, seconds)
    told = progress_of(scope_of(pathologist, Filters()))
    assert (told.signed.n, told.total.n, told.percent) == (3, 5, 60)
    assert (told.seconds_each, told.minutes_left) == (50, 2)


def test_another_readers_pace_and_two_slides_tell_nothing(pathologist, admin):
    items = ranked(6)
    for item in items[:3]:
        signed(item, admin, 40)
    for item in items[3:5]:
        signed(item, pathologist, 40)
    told = progress_of(scope_of(pathologist, Filters()))
    assert (told.signed.n, told.total.n) == (2, 3)  # mine and nobody's
    assert told.seconds_each is told.minutes_left is None


def test_beyond_what_is_counted_no_time_is_told(pathologist, monkeypatch):
    for item in ranked(5)[:4]:
        signed(item, pathologist, 40)
    monkeypatch.setattr("predictions.review.work_pages.MOST_COUNTED", 3)
    told = progress_of(scope_of(pathologist, Filters()))
    assert told.total.is_more
    assert told.percent is told.minutes_left is None
