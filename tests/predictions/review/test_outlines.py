"""Outlines of findings run along their cells, and end where the slide does."""

import numpy as np
import pytest
from shapely import box

from predictions.review.found import found_in
from predictions.review.outlines import outlines_of

SIDE = 10.0


def outlined(cells: list[list[float]], size_l0=(1000, 1000), mpp: float | None = None):
    return outlines_of(np.array(cells, np.float32), 0.5, side_l0=SIDE, mpp=mpp, size_l0=size_l0)


def test_an_outline_holds_its_cells_and_no_other():
    found = outlined([
        [0.1, 0.9, 0.9, 0.1, 0.1],
        [0.1, 0.9, 0.1, 0.1, 0.1],
        [0.1, 0.1, 0.1, 0.1, 0.7],
    ])  # fmt: skip
    ell = box(10, 0, 30, 10) | box(10, 10, 20, 20)
    assert found[1].equals(ell)
    assert found[2].equals(box(40, 20, 50, 30))


def test_cells_that_touch_by_corners_are_one_valid_outline_and_holes_stay():
    found = outlined([
        [0.9, 0.9, 0.9, 0.1],
        [0.9, 0.1, 0.9, 0.1],
        [0.9, 0.9, 0.9, 0.1],
        [0.1, 0.1, 0.1, 0.9],
    ])  # fmt: skip
    assert (len(found), found[1].is_valid, found[1].area) == (1, True, 900)
    assert not found[1].contains(box(12, 12, 18, 18))


def test_no_outline_reaches_beyond_the_slide():
    found = outlined([[0.1, 0.9]], size_l0=(15, 8))
    assert found[1].equals(box(10, 0, 15, 8))


@pytest.mark.parametrize("mpp", [None, 2.0])
def test_outlines_are_numbered_as_findings_are(mpp):
    cells = np.random.default_rng(3).random((30, 40)).astype(np.float32)
    cells[cells > 0.97] = np.nan
    cells[:, ::5] = 0.1
    options = {"side_l0": SIDE, "mpp": mpp, "size_l0": (395, 300)}
    found = found_in(cells, 0.8, **options)
    areas = outlines_of(cells, 0.8, **options)
    assert sorted(areas) == list(range(1, len(found) + 1))
    for number, one in enumerate(found, start=1):
        left, top, right, bottom = one.box_l0
        assert areas[number].bounds == (left, top, min(right, 395), bottom)
        if right <= 395:
            assert areas[number].area == one.cells * SIDE**2
