"""Features by id: named, merged, compared and counted."""

from slides.features import collected, counts, differences, identified, merged, revision_named_in
from tests.slides.drawn import area

A, B, C = area(0), area(200), area(400)


def test_features_without_an_id_go_by_revision_and_place():
    found = identified({"features": [A, B | {"id": "mine"}]}, 3)
    assert list(found) == ["r3-0", "mine"]
    assert found["r3-0"] == A | {"id": "r3-0"}
    assert collected(found)["features"][1]["id"] == "mine"


def test_a_revision_without_features_has_none():
    assert identified({}, 1) == {}


def test_the_revision_in_an_id_is_read_back():
    names = ["r12-0", "r0-1", "r1", "xr1-1", "r1-1x"]
    assert [revision_named_in(name) for name in names] == [12, None, None, None, None]


def test_later_changes_win_and_keep_the_place():
    found = merged({"a": A, "b": B}, [("c", C), ("a", B), ("b", None), ("a", C)])
    assert list(found.items()) == [("a", C), ("c", C)]


def test_differences_make_one_of_the_other():
    before, after = {"a": A, "b": B}, {"b": C, "c": C}
    changes = differences(before, after)
    assert changes == {"a": None, "b": C, "c": C}
    assert merged(before, changes.items()) == after


def test_counts_see_through_new_ids():
    before, after = {"r1-0": A, "r1-1": B}, {"r2-0": B, "r2-1": C}
    assert counts(before, after) == {"regions": 2, "added": 1, "removed": 1, "changed": 0}


def test_where_a_region_was_taken_from_does_not_count_as_a_change():
    taken = A | {"properties": A["properties"] | {"origin": {"prediction": 1}}}
    assert counts({"a": A}, {"a": taken})["changed"] == 0
