"""Polygons in level-0 px: what is tumour, how much, and which pixels."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Point, Polygon, box

from slides.regions import (
    Mark,
    Region,
    cut_out,
    from_geojson,
    marks_from_geojson,
    rasterise,
    region_checksum,
    scaled,
    simplified,
    to_geojson,
    tumour_area_px,
    tumour_geometry,
)

SQUARE = Region("tumour", box(10, 20, 30, 40), "_0")
HOLE = Region("normal", box(15, 25, 20, 30), "_2")
MARK = Mark("tumour", 3, 4.5, "look here")


def test_normal_outlines_are_holes_in_the_tumour():
    assert tumour_area_px([SQUARE, HOLE]) == 400 - 25


def test_overlapping_tumour_counts_once():
    assert tumour_area_px([SQUARE, Region("tumour", box(20, 20, 40, 40))]) == 600


def test_no_regions_means_no_tumour():
    assert tumour_area_px([]) == 0
    assert not rasterise([], width=5, height=4, scale=1).any()


def test_outlines_to_ignore_are_not_tumour():
    assert tumour_geometry([Region("ignore", box(0, 0, 5, 5))]).is_empty


def test_an_unknown_label_is_refused():
    with pytest.raises(ValueError, match="'stroma' is unknown; use one of tumour, normal"):
        Region("stroma", box(0, 0, 1, 1))


def test_a_point_is_not_a_region():
    with pytest.raises(TypeError, match="this is a Point"):
        Region("tumour", Point(1, 2))


def test_geojson_gives_the_same_regions_back():
    regions = [
        SQUARE,
        HOLE,
        Region("artefact", MultiPolygon([box(0, 0, 1.5, 1), box(4, 4, 5, 6)])),
    ]
    assert from_geojson(json.loads(json.dumps(to_geojson(regions)))) == regions


def test_marks_are_stored_beside_regions_and_come_back_apart():
    stored = json.loads(json.dumps(to_geojson([SQUARE], [MARK])))
    assert stored["features"][1]["geometry"] == {"type": "Point", "coordinates": [3, 4.5]}
    assert from_geojson(stored) == [SQUARE]
    assert marks_from_geojson(stored) == [MARK]


def test_marks_are_in_no_mask_and_no_area():
    stored = to_geojson([SQUARE], [MARK])
    regions = from_geojson(stored)
    assert tumour_area_px(regions) == 400
    assert rasterise(regions, width=40, height=40, scale=1).sum() == 400


def test_a_mark_has_a_label_we_know():
    with pytest.raises(ValueError, match="'stroma' is unknown"):
        Mark("stroma", 0, 0)


def test_marks_count_in_the_checksum_ids_and_origins_do_not():
    plain = to_geojson([SQUARE])
    [feature] = plain["features"]
    origin = feature["properties"] | {"origin": {"prediction": 1}}
    named = {"features": [feature | {"id": "a", "properties": origin}]}
    assert region_checksum(named) == region_checksum(plain) == region_checksum([SQUARE])
    assert region_checksum(to_geojson([SQUARE], [MARK])) != region_checksum(plain)


def test_geojson_names_classes_as_qupath_does():
    feature = to_geojson([SQUARE])["features"][0]
    assert feature["properties"]["objectType"] == "annotation"
    assert feature["properties"]["classification"] == {
        "name": "Tumor",
        "color": [200, 0, 0],
    }
    assert feature["geometry"]["coordinates"][0][0] == [30, 20]


def test_checksum_of_regions_and_of_their_geojson_agree():
    stored = json.loads(json.dumps(to_geojson([SQUARE, HOLE])))
    for ring in stored["features"][0]["geometry"]["coordinates"]:
        ring[:] = [[float(x), float(y)] for x, y in ring]
    assert region_checksum(stored) == region_checksum([SQUARE, HOLE])


def test_checksum_differs_when_a_label_does():
    assert region_checksum([SQUARE]) != region_checksum([Region("normal", SQUARE.polygon, "_0")])


def test_cutting_out_normal_tissue_leaves_a_hole():
    tumour, normal = cut_out([SQUARE, HOLE])
    assert len(tumour.polygon.interiors) == 1
    assert tumour.polygon.area == 375
    assert normal == HOLE


def test_a_tumour_outline_wholly_in_normal_tissue_is_left_out():
    inside = Region("tumour", box(16, 26, 18, 28))
    assert cut_out([inside, HOLE]) == [HOLE]


def test_scaling_goes_from_a_level_to_level_0():
    assert scaled([SQUARE], 4)[0].polygon.bounds == (40, 80, 120, 160)


def test_simplifying_never_loses_a_small_region():
    small = Region("tumour", Point(50, 50).buffer(2))
    assert simplified([small], 100)[0].polygon.area > 0


def test_a_pixel_belongs_to_the_tumour_if_its_middle_does():
    regions = [Region("tumour", box(0.6, 0.4, 2.6, 1.6))]
    expected = [[False, True, True, False], [False, True, True, False]]
    assert rasterise(regions, width=4, height=2, scale=1).tolist() == expected


def test_rasterising_at_a_coarser_scale_keeps_the_corner():
    mask = rasterise([Region("tumour", box(64, 32, 96, 64))], width=4, height=3, scale=32)
    assert np.argwhere(mask).tolist() == [[1, 2]]


def test_a_scale_of_zero_is_refused():
    with pytest.raises(ValueError, match="must be above 0, got 0"):
        rasterise([SQUARE], width=4, height=4, scale=0)


def test_rows_in_later_bands_are_filled_too():
    tall = Region("tumour", Polygon([(0, 0), (30, 0), (30, 1300), (0, 1300)]))
    mask = rasterise([tall], width=40, height=1400, scale=1)
    assert mask.sum() == 30 * 1300
    assert mask[:1300, :30].all()


points = st.tuples(st.integers(-30, 160), st.integers(-30, 1100))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(points, points, points), min_size=1, max_size=4),
    st.sampled_from([1, 3]),
)
def test_pixels_agree_with_asking_for_every_middle(triangles, scale):
    regions = [
        Region("tumour", Polygon([(x + 0.1414213, y + 0.1732051) for x, y in corners]))
        for corners in triangles
        if Polygon(corners).area
    ]
    width, height = 120 // scale, 1050 // scale
    mask = rasterise(regions, width=width, height=height, scale=scale)
    x, y = np.meshgrid((np.arange(width) + 0.5) * scale, (np.arange(height) + 0.5) * scale)
    np.testing.assert_array_equal(mask, shapely.contains_xy(tumour_geometry(regions), x, y))
