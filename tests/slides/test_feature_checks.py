"""Which features a drawing keeps, and what the others are told."""

import math
import time
from copy import deepcopy

import numpy as np
import pytest

from slides.feature_checks import MAX_VERTICES, Extent, FeatureError, check_id, checked
from tests.slides.drawn import area

EXTENT = Extent(900, 700)


def with_rings(*rings) -> dict:
    return area(0) | {"geometry": {"type": "Polygon", "coordinates": list(rings)}}


def with_properties(**properties) -> dict:
    return area(0) | {"properties": area(0)["properties"] | properties}


def point(x, y) -> dict:
    return area(0) | {"geometry": {"type": "Point", "coordinates": [x, y]}}


def circle(corners: int) -> list[list[float]]:
    """A closed ring of that many points, the first one said twice."""
    angles = np.linspace(0, 2 * math.pi, corners - 1, endpoint=False)
    ring = np.column_stack([400 + 300 * np.cos(angles), 350 + 300 * np.sin(angles)]).tolist()
    return [*ring, ring[0]]


def test_a_feature_is_kept_with_what_is_known_of_it():
    origin = {"prediction": 3, "version": "v1", "threshold": 0.5, "form": "smoothed"}
    sent = with_properties(name=" A\x00 ", origin=origin | {"more": 1}, strange="x")
    kept = checked(sent, "a", EXTENT)
    assert kept == area(0) | {
        "id": "a",
        "properties": with_properties(name="A", origin=origin)["properties"],
    }


def test_checking_twice_changes_nothing():
    once = checked(with_rings([[0.5, 0], [10.125, 0], [10, 10], [0.5, 0]]), "a", EXTENT)
    assert checked(deepcopy(once), "a", EXTENT) == once


def test_a_point_is_kept_as_it_is():
    assert checked(point(3.0, 4.5), "p", EXTENT)["geometry"] == {
        "type": "Point",
        "coordinates": [3, 4.5],
    }


def test_an_open_ring_is_closed():
    kept = checked(with_rings([[0, 0], [10, 0], [10, 10]]), "a", EXTENT)
    assert kept["geometry"]["coordinates"] == [[[0, 0], [10, 0], [10, 10], [0, 0]]]


def test_a_region_may_reach_beyond_the_slide():
    assert checked(area(650), "a", EXTENT)["geometry"] == area(650)["geometry"]


@pytest.mark.parametrize(
    ("feature", "code"),
    [
        ("text", "not_a_feature"),
        ({"type": "Feature"}, "not_a_feature"),
        (area(0) | {"id": "other"}, "bad_id"),
        (with_properties(classification={"name": "Tumour?"}), "unknown_label"),
        (with_properties(classification=None), "unknown_label"),
        (with_properties(name=3), "bad_name"),
        (with_properties(origin="v1"), "bad_origin"),
        (with_properties(origin={"threshold": 2}), "bad_origin"),
        (with_properties(origin={"prediction": True}), "bad_origin"),
        (area(0) | {"geometry": {"type": "LineString", "coordinates": []}}, "bad_geometry"),
        (area(0) | {"geometry": {"type": "MultiPolygon", "coordinates": []}}, "bad_geometry"),
        (with_rings(), "bad_geometry"),
        (with_rings(3), "bad_geometry"),
        (with_rings([[0, 0, 0], [10, 0, 0], [10, 10, 0]]), "bad_geometry"),
        (with_rings([[0, 0], [10], [10, 10]]), "bad_geometry"),
        (with_rings([[0, 0], [10, "x"], [10, 10]]), "bad_geometry"),
        (with_rings([[0, 0], [10**400, 0], [10, 10]]), "bad_geometry"),
        (with_rings([[0, 0], [math.inf, 0], [10, 10]]), "not_finite"),
        (with_rings([[0, 0], [None, 0], [10, 10]]), "not_finite"),
        (with_rings([[0, 0], [2e9, 0], [10, 10]]), "not_finite"),
        (with_rings([[0, 0], [10, 10]]), "empty"),
        (with_rings([[0, 0], [10, 10], [20, 20]]), "self_crossing"),
        (with_rings([[0, 0], [10, 10], [10, 0], [0, 10], [0, 0]]), "self_crossing"),
        (area(5000), "outside"),
        (point(-1, 5), "outside"),
        (point("x", 5), "bad_geometry"),
        (with_rings(circle(MAX_VERTICES + 1)), "too_many_vertices"),
    ],
)
def test_a_feature_that_cannot_be_is_refused_by_name(feature, code):
    with pytest.raises(FeatureError) as refusal:
        checked(feature, "a", EXTENT)
    assert refusal.value.code == code


def test_a_million_corners_are_taken_in_seconds():
    started = time.monotonic()
    kept = checked(with_rings(circle(MAX_VERTICES)), "a", EXTENT)
    assert len(kept["geometry"]["coordinates"][0]) == MAX_VERTICES
    assert time.monotonic() - started < 20


def test_ids_of_revisions_to_come_are_not_given_away():
    check_id("r2-0", 2)
    check_id("my region", 0)
    with pytest.raises(FeatureError, match="Give a new region a UUID"):
        check_id("r3-0", 2)


@pytest.mark.parametrize("kind", [[], {}, None, 7, "\ud800"])
def test_a_geometry_of_no_known_kind_is_refused_whatever_stands_there(kind):
    sent = area(0) | {"geometry": {"type": kind, "coordinates": []}}
    with pytest.raises(FeatureError, match="expected Polygon, MultiPolygon or Point"):
        checked(sent, "a", EXTENT)


@pytest.mark.parametrize("key", ["prediction", "version", "threshold", "form"])
def test_a_refusal_quotes_only_what_can_be_written(key):
    origin = {key: ["\ud800"]}
    with pytest.raises(FeatureError, match=key) as refusal:
        checked(with_properties(origin=origin), "a", EXTENT)
    assert str(refusal.value).encode()


def test_a_refusal_quotes_no_more_of_an_id_than_fits_a_line():
    with pytest.raises(FeatureError) as refusal:
        checked(area(0) | {"id": "x" * 100_000}, "a", EXTENT)
    assert len(str(refusal.value)) < 100
