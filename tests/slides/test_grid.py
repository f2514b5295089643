"""The patch grid: its size at the edges, and shares weighted by exact area."""

import numpy as np
import pytest

from slides.grid import Grid


def over(width: int, height: int, *, slide_mpp: float = 0.25, mpp: float = 0.25, side: int = 100):
    return Grid.over(width, height, slide_mpp=slide_mpp, mpp=mpp, patch_px=side)


def test_edge_tissue_gets_a_cell_of_its_own():
    grid = over(301, 100)
    assert (grid.columns, grid.rows, grid.side_l0) == (4, 1, 100)


def test_an_exact_fit_adds_no_empty_cell():
    grid = Grid.over(299 * 7, 299 * 3, slide_mpp=0.243, mpp=0.243)
    assert (grid.columns, grid.rows) == (7, 3)


def test_a_20x_slide_has_half_the_side_of_a_40x_slide():
    assert over(1000, 1000, slide_mpp=0.5, mpp=1.0).side_l0 == 200
    assert over(1000, 1000, slide_mpp=0.25, mpp=1.0).side_l0 == 400


def test_a_slide_smaller_than_a_cell_has_one_cell():
    assert (over(50, 50).columns, over(50, 50).rows) == (1, 1)


def test_a_slide_coarser_than_the_patches_is_refused():
    with pytest.raises(ValueError, match=r"0\.3 um/px; patches at 0\.25"):
        over(1000, 1000, slide_mpp=0.3)


def test_corners_do_not_accumulate_rounding():
    grid = Grid.over(100_000, 100_000, slide_mpp=0.2427, mpp=0.243)
    x_l0, y_l0 = grid.corner(row=100, column=300)
    assert (x_l0, y_l0) == (round(300 * 299 * 0.243 / 0.2427), round(100 * 299 * 0.243 / 0.2427))


def test_a_cut_mask_px_counts_by_its_area():
    mask = np.array([[True, False, False]])
    share = over(120, 40, side=60).cell_share(mask, 40, 40)
    np.testing.assert_allclose(share, [[40 * 40 / 60**2, 0]], rtol=1e-6)


def test_a_mask_px_shared_by_four_cells_is_split_between_them():
    mask = np.zeros((3, 3), bool)
    mask[1, 1] = True
    share = over(3, 3, side=2).cell_share(mask, 1, 1)
    np.testing.assert_allclose(share, [[0.25, 0], [0, 0]])
    centred = over(6, 6, side=3).cell_share(mask, 2, 2)
    np.testing.assert_allclose(centred, np.full((2, 2), 1 / 9), rtol=1e-6)


def test_beyond_the_slide_nothing_is_covered():
    share = over(150, 100).cell_share(np.ones((10, 15), bool), 10, 10)
    np.testing.assert_allclose(share, [[1, 0.5]])


def test_share_keeps_the_covered_area():
    mask = np.random.default_rng(3).random((37, 53)) < 0.4
    grid = Grid.over(530, 407, slide_mpp=0.25, mpp=0.31, patch_px=29)
    share = grid.cell_share(mask, 10, 11)
    assert share.sum() * grid.side_l0**2 == pytest.approx(mask.sum() * 110, rel=1e-5)


def test_cells_come_row_by_row_and_the_bar_counts_as_reached():
    share = np.array([[0.3, 0.1], [0.0, 0.9]], np.float32)
    np.testing.assert_array_equal(Grid(2, 2, 1.0, 1, 1.0).cells_at(share, 0.3), [[0, 0], [1, 1]])
