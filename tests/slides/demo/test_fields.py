"""Random fields, and the change between scales."""

import numpy as np
from shapely.geometry import Polygon, box

from slides.demo.fields import enlarge, filled, smooth_noise


def test_noise_has_the_shape_and_spread_asked_for():
    noise = smooth_noise(np.random.default_rng(1), (120, 90), cell_px=7.5, octaves=2)

    assert noise.shape == (120, 90)
    assert noise.dtype == np.float32
    np.testing.assert_allclose(noise.std(), 1, rtol=1e-5)


def test_a_pixel_is_filled_if_its_centre_lies_inside():
    inside = filled(box(4, 0, 11.9, 8), shape=(2, 4), scale=4)

    np.testing.assert_array_equal(inside, [[0, 1, 1, 0], [0, 1, 1, 0]])


def test_holes_are_not_filled():
    ring = Polygon(box(0, 0, 6, 6).exterior, [box(2, 2, 4, 4).exterior])

    assert filled(ring, shape=(6, 6), scale=1).sum() == 36 - 4


def test_an_edge_stays_where_it_is_when_enlarged():
    small = np.array([[0, 0, 200, 200]], np.uint8)

    large = enlarge(small, 4, shape=(4, 15))

    assert large.shape == (4, 15)
    assert (large[:, :7] < 100).all()
    assert (large[:, 8:] > 100).all()
