"""Lesions of a mask by the organisers' rules; skimage and scipy as second opinions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import ndimage
from skimage import measure

from predictions.components import (
    each_label,
    filled,
    longest_diameter,
    major_axis,
    merged_labels,
)

masks = arrays(
    bool,
    st.tuples(st.integers(1, 20), st.integers(1, 20)),
    elements=st.booleans(),
    fill=st.just(False),
)


def picture(*rows: str) -> np.ndarray:
    return np.array([[cell == "#" for cell in row] for row in rows])


def count(mask, px_um=1000.0, **rules) -> int:
    return int(merged_labels(mask, px_um=px_um, **rules).max())


def test_px_that_touch_by_their_corners_are_one_lesion():
    assert count(picture("#..", ".#.", "..#")) == 1


def test_px_a_row_apart_are_two_lesions():
    assert count(picture("#.#")) == 2


def test_lesions_closer_than_75_um_are_one():
    """7.5 um per px: each grows by less than 5 px, so a gap of 8 px closes and one of 9 stays."""
    near, far = (picture("#" + "." * gap + "#") for gap in (8, 9))
    assert (count(near, px_um=7.5), count(far, px_um=7.5)) == (1, 2)


def test_a_px_at_exactly_half_the_distance_does_not_join():
    """The organisers' Python says "<", their Matlab "<=": here it is "<"."""
    labels = merged_labels(picture("#" + "." * 8), px_um=7.5)
    assert labels[0].tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0]


def test_holes_are_filled():
    ring = picture("####", "#..#", "#..#", "####")
    assert (merged_labels(ring, px_um=1000.0) == 1).all()


def test_what_is_open_by_a_side_is_no_hole_and_a_corner_is_no_opening():
    assert not filled(picture("###", "#..", "###"))[1, 1]
    assert filled(picture(".#.", "#.#", ".#."))[1, 1]


def test_a_bay_at_the_edge_of_the_slide_is_no_hole():
    assert not filled(picture("#.#", "#.#", "###"))[0, 1]


def test_no_tumour_no_lesion():
    """A distance to nothing is no distance: such a mask must not come out as one lesion."""
    assert count(np.zeros((5, 5), bool), px_um=7.5) == 0


def test_um_per_px_is_needed():
    with pytest.raises(ValueError, match="above 0"):
        merged_labels(np.ones((2, 2), bool), px_um=0)


@settings(max_examples=100, deadline=None)
@given(masks, st.floats(4, 120))
def test_labels_are_those_of_scipy_and_skimage_on_the_whole_mask(mask, px_um):
    """Only the part around tumour is worked on, which must not show."""
    labels = merged_labels(mask, px_um=px_um)
    if not mask.any():
        assert not labels.any()
        return
    near = ndimage.distance_transform_edt(~mask) < 75 / (px_um * 2)
    expected = measure.label(ndimage.binary_fill_holes(near | mask), connectivity=2)
    assert len(np.unique(np.stack([labels, expected], -1)[labels > 0], axis=0)) == labels.max()
    assert ((labels > 0) == (expected > 0)).all()
    assert labels.max() == expected.max()


def test_few_pieces_far_apart_grow_as_if_all_were_looked_at_at_once():
    rng = np.random.default_rng(0)
    mask = np.zeros((300, 400), bool)
    for row, column in [*rng.integers(0, 290, (8, 2)), (0, 399), (299, 0)]:
        mask[row : row + rng.integers(1, 9), column : column + rng.integers(1, 9)] = True
    near = ndimage.distance_transform_edt(~mask) < 75 / (7.776 * 2)
    expected, count = ndimage.label(ndimage.binary_fill_holes(near), structure=np.ones((3, 3)))
    np.testing.assert_array_equal(merged_labels(mask, px_um=7.776), expected)
    assert count > 4


@settings(max_examples=100, deadline=None)
@given(masks)
def test_the_major_axis_is_that_of_skimage(mask):
    if mask.any():
        (region,) = measure.regionprops(mask.astype(int))
        assert major_axis(mask) == pytest.approx(region.axis_major_length, abs=1e-7)


@settings(max_examples=100, deadline=None)
@given(masks)
def test_the_longest_diameter_is_the_largest_of_all_distances_plus_a_px(mask):
    points = np.argwhere(mask)
    steps = points[:, None] - points[None]
    largest = np.hypot(steps[..., 0], steps[..., 1]).max(initial=-1.0)
    assert longest_diameter(mask) == pytest.approx(largest + 1)


def test_diameters_have_the_width_of_their_px():
    assert longest_diameter(picture("#")) == 1
    assert longest_diameter(picture("####")) == 4
    assert longest_diameter(picture("...", "...")) == 0


def test_each_label_comes_with_its_window():
    labels = np.array([[1, 0, 0], [0, 0, 3]])
    found = [(number, mask.tolist()) for number, _, mask in each_label(labels)]
    assert found == [(1, [[True]]), (3, [[True]])]
