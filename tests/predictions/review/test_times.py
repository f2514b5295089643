"""How long readings took, by numbers that can be told by hand; and who may see whose."""

import csv
import io
from datetime import date

import pytest
from django.urls import reverse
from django.utils.timezone import now

from predictions.review import activity, reviewing, signing
from predictions.review.models import Review, Sitting, Study, WorkItem
from predictions.review.time_figures import axis_for, dots, spread
from predictions.review.times import Asked, by_reader, by_slide

KNOWING = frozenset({"open_findings", "unseen", "other_conclusion"})


# Figures -----------------------------------------------------------------------------


def test_the_median_lies_between_order_statistics():
    told = spread([10, 20, 30, 40, 50, 60])
    assert (told.n, told.median, told.total) == (6, 35, 210)
    assert (told.low, told.high) == (10, 60)  # 1 - 2 / 64 = 0.969
    assert (told.lower_quartile, told.upper_quartile) == (22.5, 47.5)
    twenty = spread(range(1, 21))
    assert (twenty.low, twenty.high) == (6, 15)  # the table of Conover (1999), n = 20


def test_under_six_there_is_no_interval_and_without_times_nothing():
    told = spread([7, 5, 9, 11, 1])
    assert (told.median, told.low, told.high) == (7, None, None)
    assert spread([]) is None


def test_of_very_many_the_ranks_agree_with_those_of_fewer():
    at_1000, at_1001 = spread(range(1000)), spread(range(1001))
    assert abs(at_1000.low - at_1001.low) <= 1


def test_times_lie_on_a_logarithmic_axis():
    axis = axis_for([7, 200], left=100, right=500)
    assert (axis.shortest, axis.longest) == (5, 300)
    assert axis.at(5) == axis.at(0.2) == 100 and axis.at(300) == axis.at(999) == 500
    assert axis.at(1500**0.5) == 300
    assert [tick for tick, _ in axis.ticks] == [5, 15, 60, 300]
    assert len(dots(range(1, 5000), axis)) == 300


def test_an_axis_of_one_time_has_a_length():
    axis = axis_for([15], left=0, right=10)
    assert (axis.shortest, axis.longest) == (15, 75)


# Rows --------------------------------------------------------------------------------


@pytest.fixture
def signed(review, pathologist) -> Review:
    activity.note(slide=review.slide, reader=pathologist, seconds=20, review=review)
    reviewing.judge_slide(review=review, by=pathologist, conclusion="negative", is_adequate=True)
    return signing.sign(review=review, by=pathologist, terms=signing.Terms(knowing=KNOWING))


def asked(**given) -> Asked:
    return Asked.of(given)


def test_readers_see_their_own_and_admins_all(signed, pathologist, colleague, admin):
    (own,) = by_reader(asked(), pathologist)
    assert (own.reader, own.seconds, own.by["negative"].n, own.by["positive"]) == (
        *("bob", [20.0], 1),
        None,
    )
    assert by_reader(asked(), colleague) == []
    assert [one.reader for one in by_reader(asked(), admin)] == ["bob"]
    assert by_reader(asked(reader="nobody"), admin) == []
    (slide,) = by_slide(asked(), pathologist)
    assert (slide["n"], slide["total"], slide["longest"], slide["positive"]) == (1, 20, 20, 0)


def test_an_admin_who_reads_in_a_blinded_study_sees_no_colleagues_times_there(
    signed, pathologist, admin
):
    study = Study.objects.create(name="pilot", state="open", is_blinded=True)
    study.slides.create(slide=signed.slide)
    WorkItem.objects.filter(pk=signed.item_id).update(study=study)
    assert [one.reader for one in by_reader(asked(), admin)] == ["bob"]
    study.readers.add(admin)
    assert by_reader(asked(), admin) == []


def test_time_outside_reviews_is_told_apart(signed, make_slide, pathologist):
    moment = now()
    Sitting.objects.create(
        slide=make_slide("two"), reader=pathologist, began_at=moment, last_at=moment,
        active_seconds=12,
    )  # fmt: skip
    (own,) = by_reader(asked(), pathologist)
    assert (own.all.total, own.viewer_seconds) == (20, 12)


def test_a_reader_with_no_time_but_outside_reviews_has_dashes(
    make_slide, pathologist, as_pathologist
):
    activity.note(slide=make_slide(name="looked"), reader=pathologist, seconds=12)
    page = as_pathologist.get(reverse("reading-times"))
    assert page.status_code == 200
    assert "12 s" in page.content.decode()


@pytest.mark.parametrize("since", ["", "yesterday", "0001-01-01", "9999-12-31"])
def test_a_day_that_is_none_means_the_last_ninety(since):
    told = asked(since=since, until="2026-03-31")
    assert told.until == date(2026, 3, 31)
    assert told.since <= told.until


def test_the_page_the_file_and_the_api_tell_the_same(signed, as_pathologist, as_admin):
    page = as_pathologist.get(reverse("reading-times")).content.decode()
    assert "Your reading times" in page and "20 s" in page and "n 1" in page
    answer = as_admin.get(reverse("reading-times-csv"))
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [(row["reader"], row["active_seconds"]) for row in rows] == [("bob", "20.0")]
    told = as_admin.get("/api/reading-times/").json()["readers"]
    assert [(one["reader"], one["reviews"]["median"]) for one in told] == [("bob", 20.0)]


def test_an_empty_page_says_what_is_counted(as_pathologist):
    assert "No times yet" in as_pathologist.get(reverse("reading-times")).content.decode()
