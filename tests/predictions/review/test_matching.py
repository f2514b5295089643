"""Which outlines of two readers are one lesion, held against asking every pair; what they share."""

from itertools import product

import numpy as np
import pytest
import shapely
from shapely import Point, box
from shapely.geometry import shape

from predictions.review.matching import (
    CHOICES,
    Matched,
    Outline,
    agreement,
    as_geometry,
    consensus,
    matched,
)

LEFT, RIGHT = box(0, 0, 10, 10), box(5, 0, 15, 10)


def outlines(prefix: str, *regions) -> list[Outline]:
    return [Outline(f"{prefix}{place}", region) for place, region in enumerate(regions)]


def keys(lesion: Matched) -> tuple[set[str], set[str]]:
    return {one.key for one in lesion.first}, {one.key for one in lesion.second}


def test_outlines_that_overlap_are_one_lesion_with_its_iou():
    (lesion,) = matched(outlines("a", LEFT), outlines("b", RIGHT))
    assert (lesion.found_by, lesion.iou) == ("both", pytest.approx(50 / 150))
    assert lesion.box_l0 == (0, 0, 15, 10)


def test_outlines_that_only_touch_are_two_lesions():
    told = matched(outlines("a", LEFT), outlines("b", box(10, 0, 20, 10)))
    assert [one.found_by for one in told] == ["first", "second"]


def test_two_small_outlines_in_a_large_one_are_one_lesion():
    small = (box(0, 0, 2, 2), box(8, 8, 10, 10))
    (lesion,) = matched(outlines("a", *small), outlines("b", LEFT))
    assert keys(lesion) == ({"a0", "a1"}, {"b0"})
    assert lesion.iou == pytest.approx(8 / 100)


def test_a_point_is_the_lesion_that_it_lies_in_or_near():
    told = matched(outlines("a", Point(12, 5), Point(30, 5)), outlines("b", LEFT), reach_px=3)
    assert [keys(one) for one in told] == [({"a0"}, {"b0"}), ({"a1"}, set())]
    assert [one.iou for one in told] == [None, None]


def test_lesions_are_numbered_from_top_to_bottom():
    told = matched(outlines("a", box(0, 50, 5, 55)), outlines("b", box(40, 0, 45, 5)))
    assert [(one.number, one.found_by) for one in told] == [(1, "second"), (2, "first")]


def test_nobody_outlined_anything():
    assert matched([], []) == []
    assert agreement([]).score is None


def test_agreement_counts_who_found_what():
    first = outlines("a", LEFT, box(50, 50, 55, 55))
    second = outlines("b", RIGHT, box(70, 70, 75, 75), box(80, 80, 85, 85))
    told = agreement(matched(first, second))
    assert (told.both, told.only_first, told.only_second) == (1, 1, 2)
    assert told.mean_iou == pytest.approx(1 / 3)
    assert told.score == pytest.approx(2 / 5)


@pytest.mark.parametrize("seed", range(8))
def test_groups_are_those_of_asking_every_pair_until_nothing_changes(seed):
    rng = np.random.default_rng(seed)

    def some(prefix: str) -> list[Outline]:
        corners = rng.integers(0, 60, size=(8, 2))
        sides = rng.integers(2, 14, size=(8, 2))
        boxes = [box(x, y, x + w, y + h) for (x, y), (w, h) in zip(corners, sides, strict=True)]
        points = [Point(*rng.integers(0, 60, size=2)) for _ in range(3)]
        return outlines(prefix, *boxes, *points)

    first, second = some("a"), some("b")
    told = {frozenset().union(*keys(one)) for one in matched(first, second, reach_px=2)}
    assert told == by_every_pair([*first, *second], 2)


def by_every_pair(everything: list[Outline], reach_px: float) -> set[frozenset[str]]:
    group = {one.key: {one.key} for one in everything}
    for _ in everything:
        for one, other in product(everything, repeat=2):
            areas = one.region.area and other.region.area
            is_same = (
                one.region.intersection(other.region).area > 0
                if areas
                else one.region.distance(other.region) <= reach_px
            )
            if is_same:
                group[one.key] |= group[other.key]
                group[other.key] |= group[one.key]
    return {frozenset(members) for members in group.values()}


# Consensus ---------------------------------------------------------------------------------


def area(choice: str, model=None) -> float:
    (lesion,) = matched(outlines("a", LEFT), outlines("b", RIGHT))
    return shape(consensus(lesion, choice, model)).area


def test_what_both_can_stand_for():
    told = {choice: area(choice) for choice in CHOICES}
    assert told == {
        "first": 100,
        "second": 100,
        "union": 150,
        "intersection": 50,
        "majority": 50,
    }


def test_the_majority_is_what_two_of_three_hold():
    model = box(0, 0, 5, 10)  # the left half of the first reader's
    assert area("majority", model) == 100


def test_the_majority_px_by_px():
    rng = np.random.default_rng(3)
    for _ in range(5):
        drawn = [box(x, y, x + 6, y + 6) for x, y in rng.integers(0, 5, size=(3, 2))]
        lesions = matched(outlines("a", drawn[0]), outlines("b", drawn[1]))
        if len(lesions) > 1:
            continue
        middles = shapely.points(*(np.mgrid[0:12, 0:12].reshape(2, -1) + 0.5))
        votes = sum(shapely.contains(one, middles) for one in drawn)
        told = shape(consensus(lesions[0], "majority", drawn[2])).area
        assert told == np.count_nonzero(votes >= 2)


def test_a_lesion_of_one_reader_has_nothing_in_common():
    (lesion,) = matched(outlines("a", LEFT), [])
    assert consensus(lesion, "intersection") is None
    assert shape(consensus(lesion, "union")).area == 100


def test_a_choice_that_is_none_is_refused():
    (lesion,) = matched(outlines("a", LEFT), [])
    with pytest.raises(ValueError, match="none of first, second"):
        consensus(lesion, "average")


def test_lines_and_points_have_no_area():
    mixed = shapely.GeometryCollection([LEFT, Point(1, 1), shapely.LineString([(0, 0), (1, 1)])])
    assert as_geometry(mixed)["type"] == "Polygon"
    assert as_geometry(Point(1, 1)) is None
