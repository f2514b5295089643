"""Findings of many slides on one wall: which, in what order, what was said, who sees them."""

from itertools import pairwise

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from predictions.models import Prediction
from predictions.review import reviewing, worklist
from predictions.review.models import Study, StudySlide, WorkItem
from predictions.review.reviewing import Said
from predictions.review.wall import Wall, on_the_wall, parts_of, tiles_of
from predictions.review.work_filters import Filters, scope_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def other(desk_slide, reading, predicted) -> WorkItem:
    """A second slide: one finding of 32 um, less sure than all of the first but one."""
    cells = np.full((20, 40), 0.1, np.float32)
    cells[5, 5:7] = 0.7
    return worklist.open_work(predicted(desk_slide("other"), reading.version, cells))


def shown(user, wall=None, **filters):
    scope = scope_of(user, Filters(**filters))
    return tiles_of(scope, list(on_the_wall(scope, wall or Wall())))


def names(tiles) -> list[tuple[str, str]]:
    return [(tile.item.name, tile.finding.key) for tile in tiles]


def test_findings_of_all_listed_slides_stand_in_the_order_asked_for(work, other, pathologist):
    surest = [("slide", "c1"), ("slide", "c2"), ("other", "c1"), ("slide", "c3")]
    assert names(shown(pathologist)) == surest
    largest = names(shown(pathologist, Wall(sort="size")))
    assert largest[0] == ("slide", "c2")
    doubts = [tile.candidate.uncertainty for tile in shown(pathologist, Wall(sort="doubt"))]
    assert all(one >= following for one, following in pairwise(doubts))


def test_groups_stand_together_the_largest_first(work, other, pathologist):
    by_size = Wall(group="size")
    parts = parts_of(shown(pathologist, by_size), by_size)
    assert [(name[:5], names(tiles)) for name, tiles in parts] == [
        ("Micro", [("slide", "c2")]),
        ("Isola", [("slide", "c1"), ("other", "c1"), ("slide", "c3")]),
    ]
    by_slide = Wall(group="slide")
    assert [name for name, _ in parts_of(shown(pathologist, by_slide), by_slide)] == [
        "other",
        "slide",
    ]


def test_what_was_judged_leaves_the_wall_and_comes_back_when_it_is_undone(work, other, pathologist):
    review = reviewing.begin(item=work, reader=pathologist)
    said = Said("rejected", finding="c1", because="fold")
    reviewing.give_verdict(review=review, said=said, by=pathologist)
    assert ("slide", "c1") not in names(shown(pathologist))
    (judged,) = shown(pathologist, Wall(judged="yes"))
    assert (judged.finding.state, judged.finding.because, judged.finding.last) == (
        "rejected",
        "fold",
        1,
    )
    assert judged.review == review.pk
    assert len(shown(pathologist, Wall(judged="all"))) == 4
    reviewing.undo(review=review, by=pathologist)
    assert ("slide", "c1") in names(shown(pathologist))


def test_only_the_present_reading_of_a_slide_is_on_the_wall(work, pathologist):
    Prediction.objects.update(threshold=0.9)
    assert shown(pathologist) == []


def test_a_colleagues_slide_is_told_to_be_theirs(work, pathologist, colleague):
    reviewing.begin(item=work, reader=colleague)
    assert shown(pathologist) == []  # mine and nobody's
    tiles = shown(pathologist, whose="all")
    assert {tile.holder for tile in tiles} == {colleague}
    assert {tile.review for tile in tiles} == {None}  # an open review is its reader's


def test_nothing_of_a_slide_that_is_to_be_decided_on_unaided(
    work, other, pathologist, as_pathologist
):
    study = Study.objects.create(name="unaided", is_unaided_first=True, state="open")
    study.readers.add(pathologist)
    StudySlide.objects.create(study=study, slide=work.slide)
    WorkItem.objects.create(
        slide=work.slide, study=study, assigned_to=pathologist, prediction=work.prediction,
        name="slide", patient="p", arrived_at=work.arrived_at,
    )  # fmt: skip
    assert names(shown(pathologist, whose="all")) == [("other", "c1")]
    assert shown(pathologist, study=str(study.pk)) == []
    kept = work.prediction.candidates.first().pk
    assert as_pathologist.get(f"/review/wall/{kept}.jpg").status_code == 404
    page = as_pathologist.get(f"/review/wall/?study={study.pk}").content.decode()
    assert "No findings in this study" in page
    told = as_pathologist.get("/api/candidates/").json()
    assert [one["slide_name"] for one in told["results"]] == ["other"]


def test_as_many_queries_for_one_slide_as_for_four(
    work, desk_slide, predicted, reading, as_pathologist
):
    as_pathologist.get("/review/wall/?judged=all")
    with CaptureQueriesContext(connection) as one:
        as_pathologist.get("/review/wall/?judged=all")
    for number in range(3):
        cells = np.full((20, 40), 0.1, np.float32)
        cells[5, 5:7] = 0.7
        worklist.open_work(predicted(desk_slide(f"s{number}"), reading.version, cells))
    with CaptureQueriesContext(connection) as four:
        answer = as_pathologist.get("/review/wall/?judged=all")
    assert answer.content.count(b"data-tile=") == 6
    assert len(four) == len(one)


def test_a_crop_is_a_picture_of_the_size_asked_for(work, as_pathologist):
    pk = work.prediction.candidates.first().pk
    small = as_pathologist.get(f"/review/wall/{pk}.jpg")
    large = as_pathologist.get(f"/review/wall/{pk}.jpg?large=1")
    assert small["Content-Type"] == large["Content-Type"] == "image/jpeg"
    assert small["ETag"] != large["ETag"]
    again = as_pathologist.get(f"/review/wall/{pk}.jpg", HTTP_IF_NONE_MATCH=small["ETag"])
    assert again.status_code == 304


def test_an_address_that_asks_for_nonsense_shows_the_wall_as_it_opens(work, as_pathologist):
    page = as_pathologist.get("/review/wall/?sort=beauty&group=luck&judged=no&page=x").content
    assert page.count(b"data-tile=") == 3
    far = as_pathologist.get("/review/wall/?page=99999999").content.decode()
    assert "No further findings" in far
