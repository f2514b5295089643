"""The drawing over HTTP: what is told, what is kept, and what two writers see of each other."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from shapely import box

from slides.regions import Region, to_geojson
from tests.slides.drawn import area, edit_of, post


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001")


@pytest.fixture
def as_other(stranger) -> Client:
    stranger.groups.add(Group.objects.get(name="pathologist"))
    client = Client()
    client.force_login(stranger)
    return client


def drawing(client: Client, slide) -> dict:
    return client.get(f"/api/slides/{slide.pk}/drawing/").json()


def changes(client: Client, slide, after: int, **asked) -> dict:
    return client.get(f"/api/slides/{slide.pk}/drawing/changes/", {"after": after, **asked}).json()


def test_a_slide_without_anything_has_an_empty_drawing(as_pathologist, slide):
    assert drawing(as_pathologist, slide) == {
        "revision": 0,
        "sequence": 0,
        "isExhaustive": False,
        "pending": 0,
        "features": [],
        "sequences": {},
        "editors": [],
    }


def test_an_edit_is_in_the_drawing_at_once(as_pathologist, slide):
    answer = post(as_pathologist, slide, edit_of({"a": area(10)}))
    told = answer.json()
    assert (answer.status_code, told["sequence"], told["applied"]) == (201, 1, ["a"])
    assert told["conflicts"] == []
    now = drawing(as_pathologist, slide)
    assert (now["sequence"], now["pending"], now["sequences"]) == (1, 1, {"a": 1})
    assert now["features"] == [area(10) | {"id": "a"}]


def test_the_regions_of_a_revision_have_ids_of_its_number(as_pathologist, slide, annotate):
    annotate(slide, box(0, 0, 10, 10), box(20, 0, 30, 10))
    now = drawing(as_pathologist, slide)
    assert [feature["id"] for feature in now["features"]] == ["r1-0", "r1-1"]
    assert now["sequences"] == {"r1-0": 0, "r1-1": 0}
    assert now["isExhaustive"] is True


def test_the_same_key_is_kept_once_and_answered_the_same(as_pathologist, slide):
    edit = edit_of({"a": area(10)})
    first = post(as_pathologist, slide, edit)
    again = post(as_pathologist, slide, edit)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert drawing(as_pathologist, slide)["sequence"] == 1


def test_what_another_changed_is_left_alone_and_told(as_pathologist, as_other, slide):
    post(as_pathologist, slide, edit_of({"a": area(10)}))
    post(as_other, slide, edit_of({"a": area(20)}, was=1))
    edit = edit_of({"a": area(30), "b": area(40)}, was=1)
    told = post(as_pathologist, slide, edit).json()
    assert told["applied"] == ["b"]
    [conflict] = told["conflicts"]
    assert (conflict["id"], conflict["by"], conflict["sequence"]) == ("a", "charlie", 2)
    assert conflict["feature"]["geometry"] == area(20)["geometry"]
    assert post(as_pathologist, slide, edit).json() == told
    now = drawing(as_pathologist, slide)
    assert now["sequences"] == {"a": 2, "b": 3}


def test_a_region_deleted_by_another_is_a_conflict_with_nothing(as_pathologist, as_other, slide):
    post(as_pathologist, slide, edit_of({"a": area(10)}))
    post(as_other, slide, edit_of({"a": None}, was=1))
    told = post(as_pathologist, slide, edit_of({"a": area(30)}, was=1)).json()
    assert told["applied"] == []
    assert told["conflicts"][0]["feature"] is None


def test_changes_tell_how_each_region_stands_now(as_pathologist, slide):
    post(as_pathologist, slide, edit_of({"a": area(10)}))
    post(as_pathologist, slide, edit_of({"a": area(20), "b": area(30)}, was=1))
    post(as_pathologist, slide, edit_of({"b": None}, was=2))
    told = changes(as_pathologist, slide, 1)
    assert (told["revision"], told["sequence"]) == (0, 3)
    states = [(one["id"], one["sequence"], one["feature"] is None) for one in told["changes"]]
    assert states == [("a", 2, False), ("b", 3, True)]
    assert told["changes"][0]["by"] == "bob"
    assert changes(as_pathologist, slide, 3)["changes"] == []


def test_others_are_seen_while_they_look(as_pathologist, as_other, slide):
    mine, theirs = str(uuid4()), str(uuid4())
    changes(as_other, slide, 0, device=theirs, drawing=1)
    told = changes(as_pathologist, slide, 0, device=mine, drawing=0)
    [editor] = told["editors"]
    assert (editor["name"], editor["device"], editor["isDrawing"]) == ("charlie", theirs, True)
    assert [one["name"] for one in drawing(as_other, slide)["editors"]] == ["bob", "charlie"]


def test_a_bad_region_refuses_the_whole_edit(as_pathologist, slide):
    bow_tie = area(10)
    bow_tie["geometry"]["coordinates"] = [[[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]]
    answer = post(as_pathologist, slide, edit_of({"a": area(10), "b": bow_tie}))
    body = answer.json()
    assert (answer.status_code, body["code"]) == (422, "bad_region")
    assert [(one["id"], one["code"]) for one in body["regions"]] == [("b", "self_crossing")]
    assert drawing(as_pathologist, slide)["sequence"] == 0


def test_a_slide_that_is_not_ready_takes_no_edits(as_pathologist, make_slide):
    slide = make_slide("tumor_002", status="queued")
    answer = post(as_pathologist, slide, edit_of({"a": area(10)}))
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")


def test_an_edit_too_large_is_refused_before_it_is_read(as_pathologist, slide):
    edit = edit_of({"a": area(10)}) | {"more": "x" * 33 * 2**20}
    answer = post(as_pathologist, slide, edit)
    assert (answer.status_code, answer.json()) == (
        413,
        {
            "code": "too_large",
            "detail": "The request has 33 MB; the limit is 32 MB. Send less at once.",
        },
    )


def test_an_edit_of_many_megabytes_is_taken(as_pathologist, slide):
    edit = edit_of({"a": area(10)}) | {"more": "x" * 20 * 2**20}
    assert post(as_pathologist, slide, edit).status_code == 201


def test_a_logged_out_browser_is_told_so_in_json(client, slide):
    answer = post(client, slide, edit_of({"a": area(10)}))
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")


def test_strokes_are_not_taken_in_under_another_name(as_pathologist, as_other, slide, pathologist):
    edit = edit_of({"a": area(10)}) | {"author": pathologist.pk}
    answer = post(as_other, slide, edit)
    assert (answer.status_code, answer.json()["code"]) == (403, "other_reader")
    assert post(as_pathologist, slide, edit).status_code == 201
    place = f"/api/slides/{slide.pk}/drawing/revision/"
    answer = as_other.post(place, {"author": pathologist.pk}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "other_reader")


def test_finishing_makes_one_revision_of_all_edits(as_pathologist, slide):
    post(as_pathologist, slide, edit_of({"a": area(10)}))
    post(as_pathologist, slide, edit_of({"b": area(20)}))
    place = f"/api/slides/{slide.pk}/drawing/revision/"
    made = as_pathologist.post(place, {"note": "read twice"}, "application/json")
    again = as_pathologist.post(place, {}, "application/json")
    assert (made.status_code, again.status_code) == (201, 200)
    told = made.json()
    assert (told["revision"], told["source"], told["note"]) == (1, "drawn", "read twice")
    assert (told["is_exhaustive"], told["author"]) == (False, "bob")
    now = drawing(as_pathologist, slide)
    assert (now["revision"], now["pending"], now["sequence"]) == (1, 0, 2)
    assert now["sequences"] == {"a": 1, "b": 2}
    assert [feature["id"] for feature in now["features"]] == ["a", "b"]


def test_regions_that_came_as_a_file_are_told_as_changes(as_pathologist, slide):
    post(as_pathologist, slide, edit_of({"a": area(10)}))
    regions = to_geojson([Region("tumour", box(50, 50, 90, 90))])
    kept = as_pathologist.post(
        f"/api/slides/{slide.pk}/truth/", {"regions": regions}, "application/json"
    )
    assert kept.json()["revision"] == 2
    told = changes(as_pathologist, slide, 1)
    assert {one["id"]: one["feature"] is None for one in told["changes"]} == {
        "r2-0": False,
        "a": True,
    }
    conflict = post(as_pathologist, slide, edit_of({"a": area(20)}, was=1)).json()["conflicts"]
    assert [one["feature"] for one in conflict] == [None]


@pytest.mark.parametrize("path", ["drawing/", "drawing/edits/", "seen/", "revisions/"])
def test_options_is_refused_in_words(as_pathologist, slide, path):
    answer = as_pathologist.options(f"/api/slides/{slide.pk}/{path}")
    assert answer.status_code == 405
    assert "OPTIONS" in answer.json()["detail"]
