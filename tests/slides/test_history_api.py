"""The history over HTTP: who changed what, how two revisions differ, and how to go back."""

import pytest
from django.test import Client
from shapely import box
from shapely.geometry import shape

from slides.regions import Region, to_geojson
from tests.slides.drawn import area, edit_of, post


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001", mpp=0.5)


def ask(client: Client, slide, place: str):
    return client.get(f"/api/slides/{slide.pk}/{place}/").json()


def finish(client: Client, slide, **said):
    place = f"/api/slides/{slide.pk}/drawing/revision/"
    return client.post(place, said, "application/json")


def restore(client: Client, slide, revision: int):
    place = f"/api/slides/{slide.pk}/revisions/{revision}/restore/"
    return client.post(place, {}, "application/json")


@pytest.fixture
def drawn(as_pathologist, slide):
    """Revision 1: a and b. Revision 2: a moved, b gone, c new."""
    post(as_pathologist, slide, edit_of({"a": area(0), "b": area(200)}))
    finish(as_pathologist, slide, note="first look")
    changes = {"a": area(50), "b": None}
    post(as_pathologist, slide, edit_of(changes, was=1))
    post(as_pathologist, slide, edit_of({"c": area(400, label="artefact")}))
    finish(as_pathologist, slide)
    return slide


def test_the_history_counts_what_each_revision_changed(as_pathologist, drawn):
    second, first = ask(as_pathologist, drawn, "revisions")
    counted = ("regions", "added", "removed", "changed")
    assert [first[key] for key in counted] == [2, 2, 0, 0]
    assert [second[key] for key in counted] == [2, 1, 1, 1]
    assert (first["revision"], first["by"], first["source"]) == (1, "bob", "drawn")
    assert (first["note"], first["isExhaustive"]) == ("first look", False)
    assert (first["tumourAreaPx"], first["tumourAreaMm2"]) == (20_000, 20_000 * 0.25 / 1e6)


def test_revisions_from_before_the_counts_are_counted_now(as_pathologist, slide, annotate):
    annotate(slide, box(0, 0, 10, 10))
    annotate(slide, box(0, 0, 10, 10), box(20, 0, 30, 10))
    second, first = ask(as_pathologist, slide, "revisions")
    assert (first["regions"], first["added"]) == (1, 1)
    assert (second["regions"], second["added"], second["removed"]) == (2, 1, 0)


def test_a_long_history_costs_no_more_questions(
    as_pathologist, drawn, django_assert_max_num_queries
):
    for left in range(100, 400, 50):
        post(as_pathologist, drawn, edit_of({f"d{left}": area(left)}))
        finish(as_pathologist, drawn)
    with django_assert_max_num_queries(6):
        assert len(ask(as_pathologist, drawn, "revisions")) == 8


def test_the_regions_of_a_revision_keep_their_ids(as_pathologist, drawn):
    features = ask(as_pathologist, drawn, "revisions/1/features")["features"]
    assert [feature["id"] for feature in features] == ["a", "b"]
    answer = as_pathologist.get(f"/api/slides/{drawn.pk}/revisions/9/features/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_two_revisions_differ_by_shapes_gained_and_lost(as_pathologist, drawn):
    found = ask(as_pathologist, drawn, "revisions/2/against/1")
    shapes = [
        (
            feature["properties"]["kind"],
            feature["properties"]["classification"]["name"],
            shape(feature["geometry"]).area,
        )
        for feature in found["features"]
    ]
    assert shapes == [
        ("gained", "Tumor", 7_500),
        ("gained", "Artefact", 10_000),
        ("lost", "Tumor", 17_500),
    ]
    assert found["counts"] == {"regions": 2, "added": 1, "removed": 1, "changed": 1}


def test_a_revision_against_nothing_is_all_gain(as_pathologist, drawn):
    found = ask(as_pathologist, drawn, "revisions/1/against/0")
    assert [feature["properties"]["kind"] for feature in found["features"]] == ["gained"]
    assert shape(found["features"][0]["geometry"]).area == 20_000


def test_restoring_is_one_more_revision_and_one_more_edit(as_pathologist, drawn):
    post(as_pathologist, drawn, edit_of({"pending": area(300)}))
    answer = restore(as_pathologist, drawn, 1)
    told = answer.json()
    assert (answer.status_code, told["revision"], told["source"]) == (201, 4, "restored")
    assert told["source_name"] == "revision 1"
    now = ask(as_pathologist, drawn, "drawing")
    assert [feature["id"] for feature in now["features"]] == ["a", "b"]
    assert (now["revision"], now["sequence"], now["pending"]) == (4, 5, 0)
    third = ask(as_pathologist, drawn, "revisions")[1]
    assert (third["revision"], third["added"]) == (3, 1)
    place = f"/api/slides/{drawn.pk}/drawing/changes/"
    changes = as_pathologist.get(place, {"after": 4}).json()
    assert {one["id"] for one in changes["changes"]} == {"a", "b", "c", "pending"}


def test_restoring_the_latest_adds_nothing(as_pathologist, drawn):
    answer = restore(as_pathologist, drawn, 2)
    assert (answer.status_code, answer.json()["revision"]) == (200, 2)


def test_a_deleted_region_is_listed_and_comes_back_by_an_edit(as_pathologist, drawn):
    [gone] = ask(as_pathologist, drawn, "drawing/deleted")
    assert (gone["id"], gone["by"], gone["sequence"]) == ("b", "bob", 2)
    assert gone["feature"] == area(200) | {"id": "b"}
    back = post(as_pathologist, drawn, edit_of({"b": gone["feature"]}, was=gone["sequence"]))
    assert back.json()["applied"] == ["b"]
    assert ask(as_pathologist, drawn, "drawing/deleted") == []


def test_regions_that_a_file_brought_and_another_took_away_are_listed(as_pathologist, slide):
    for left in (0, 300):
        regions = to_geojson([Region("tumour", box(left, 0, left + 50, 50))])
        place = f"/api/slides/{slide.pk}/truth/"
        as_pathologist.post(place, {"regions": regions}, "application/json")
    [gone] = ask(as_pathologist, slide, "drawing/deleted")
    assert (gone["id"], gone["feature"]["id"]) == ("r1-0", "r1-0")
    assert shape(gone["feature"]["geometry"]).bounds == (0, 0, 50, 50)
