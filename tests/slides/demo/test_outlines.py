"""Outlines of metastases: their sizes, and where they lie."""

from itertools import combinations

import numpy as np
import pytest
from shapely.geometry import Polygon, box

from slides.demo.hospital import hospital
from slides.demo.outlines import longest_diameter_um, node_outline, place_lesions, size_class


@pytest.mark.parametrize(
    ("diameter_um", "expected"),
    [(2000.1, "macro"), (2000, "micro"), (200.1, "micro"), (200, "itc"), (1, "itc")],
)
def test_sizes_are_classed_by_the_limits_of_camelyon17(diameter_um, expected):
    assert size_class(diameter_um) == expected


def test_the_longest_diameter_of_a_rectangle_is_its_diagonal():
    assert longest_diameter_um(box(10, 10, 310, 410)) == pytest.approx(500 * 0.243)


@pytest.mark.parametrize("number", [0, 2, 10])
def test_a_slide_of_default_size_holds_the_metastases_asked_for(number):
    order = hospital()[number]
    node, _ = node_outline(order.random("plan"), order.width, order.height)

    lesions = place_lesions(order.random("lesions"), node, order.lesions)

    assert tuple(lesion.size_class for lesion in lesions) == order.lesions
    assert all(node.contains(lesion.polygon) for lesion in lesions)
    pairs = combinations([lesion.polygon for lesion in lesions], 2)
    assert all(one.distance(other) > 300 for one, other in pairs)


def test_a_macrometastasis_may_keep_an_island_of_node():
    order = hospital()[0]
    node, _ = node_outline(order.random("plan"), order.width, order.height)

    macro = place_lesions(order.random("lesions"), node, order.lesions)[0]

    assert len(macro.polygon.interiors) == 1


def test_a_small_node_takes_the_class_of_what_fits():
    node = Polygon([(100, 100), (1900, 100), (1900, 1900), (100, 1900)])

    lesions = place_lesions(np.random.default_rng(1), node, ("macro",))

    assert [lesion.size_class for lesion in lesions] == ["micro"]
    assert node.contains(lesions[0].polygon)


def test_a_node_without_room_gets_no_metastasis():
    assert place_lesions(np.random.default_rng(1), box(0, 0, 100, 100), ("micro",)) == ()
