"""The difference of two revisions as shapes."""

from shapely import box
from shapely.geometry import shape

from slides.comparison import gained_and_lost
from slides.features import identified
from slides.regions import Mark, Region, to_geojson


def features(*regions: Region, marks=()) -> dict:
    return identified(to_geojson(regions, marks), 1)


def tumour(*bounds: float) -> Region:
    return Region("tumour", box(*bounds))


def shapes(found: list) -> list[tuple]:
    return [(one["properties"]["kind"], shape(one["geometry"]).bounds) for one in found]


def test_the_same_regions_do_not_differ_whatever_their_ids():
    these = features(tumour(0, 0, 10, 10), tumour(20, 0, 30, 10))
    those = features(tumour(20, 0, 30, 10), tumour(0, 0, 10, 10))
    assert gained_and_lost(these, those) == []


def test_a_region_deleted_under_another_loses_nothing():
    before = features(tumour(0, 0, 100, 100), tumour(10, 10, 20, 20))
    assert gained_and_lost(before, features(tumour(0, 0, 100, 100))) == []


def test_a_grown_region_gains_its_rim():
    found = gained_and_lost(features(tumour(0, 0, 10, 10)), features(tumour(0, 0, 15, 10)))
    assert shapes(found) == [("gained", (10, 0, 15, 10))]


def test_another_label_is_lost_here_and_gained_there():
    found = gained_and_lost(
        features(tumour(0, 0, 10, 10)), features(Region("normal", box(0, 0, 10, 10)))
    )
    assert [one["properties"]["classification"]["name"] for one in found] == ["Normal", "Tumor"]
    assert [one["properties"]["kind"] for one in found] == ["gained", "lost"]


def test_slivers_are_left_out():
    found = gained_and_lost(features(tumour(0, 0, 10, 10)), features(tumour(0, 0, 10.05, 10)))
    assert found == []


def test_points_come_as_they_are():
    found = gained_and_lost(features(), features(marks=[Mark("tumour", 3, 4)]))
    assert shapes(found) == [("gained", (3, 4, 3, 4))]
