"""One mark, one place: tile, patch, tissue, grid cell and overlay agree on where tissue lies.

Crosses at known level-0 px on slides of odd size, in pyramids 2x, 4x and with one level only.
The marks at both corners are where rounding adds up.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from slides import inspection
from slides.deepzoom import TILE_PX, DeepZoom, read_tile
from slides.grid import Grid
from slides.pyramid import Pyramid
from slides.tissue import tissue_mask
from tests.slide_files import with_fiducials, write_pyramid

WIDTH, HEIGHT, MPP = 5003, 3701, 0.243
MARKS = [(47, 45), (WIDTH - 49, HEIGHT - 46), (WIDTH - 61, 52), (2501, 1850)]
PYRAMIDS = {"2x": (1, 2, 4, 8), "4x": (1, 4, 16), "2x then 8x": (1, 2, 16), "one level": (1,)}


@dataclass(frozen=True)
class Placed:
    """Pixels and where they lie: level-0 px of their corner, level-0 px per px."""

    rgb: np.ndarray
    x_l0: float
    y_l0: float
    scale: float

    def mark(self) -> tuple[float, float]:
        """The level-0 px of the middle of what is dark here."""
        dark = 245.0 - np.minimum(self.rgb[..., 1], 245)
        y, x = np.indices(dark.shape) + 0.5
        middle = [(axis * dark).sum() / dark.sum() for axis in (x, y)]
        return self.x_l0 + middle[0] * self.scale, self.y_l0 + middle[1] * self.scale


@pytest.fixture(scope="module", params=PYRAMIDS.values(), ids=PYRAMIDS.keys())
def slide(request, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("fiducials") / "slide.tif"
    rgb = with_fiducials(WIDTH, HEIGHT, MARKS)
    return write_pyramid(path, rgb, downsamples=request.param, mpp=MPP)


@pytest.fixture
def pyramid(slide):
    with Pyramid.open(slide) as pyramid:
        yield pyramid


@pytest.fixture(scope="module")
def tissue(slide) -> tuple[np.ndarray, float, float]:
    """The tissue mask as intake makes it, and its level-0 px per px."""
    with Pyramid.open(slide) as pyramid:
        rgb, scale_x, scale_y = pyramid.read_overview(max_px=inspection.TISSUE_PX)
    return tissue_mask(rgb), scale_x, scale_y


def tiles_around(pyramid: Pyramid, mark: tuple[int, int], level: int) -> Placed:
    """The tiles that hold a mark's cross, laid side by side as a viewer does."""
    zoom = DeepZoom(pyramid.width, pyramid.height)
    scale, size = zoom.scale(level), zoom.level_size(level)
    reach = 44
    first, last = (
        [
            min(max(int((at + step) / scale), 0), most - 1) // TILE_PX
            for at, most in zip(mark, size, strict=True)
        ]
        for step in (-reach, reach)
    )
    rows = [
        np.concatenate(
            [read_tile(pyramid, level, column, row) for column in range(first[0], last[0] + 1)],
            axis=1,
        )
        for row in range(first[1], last[1] + 1)
    ]
    corner = [place * TILE_PX * scale for place in first]
    whole = Placed(np.concatenate(rows), corner[0], corner[1], scale)
    return cut_out(whole, mark, reach)


def cut_out(placed: Placed, mark: tuple[int, int], reach: int) -> Placed:
    """Only what lies within reach of a mark, so that other marks do not count."""
    left, top = (
        max(int((at - reach - start) / placed.scale), 0)
        for at, start in zip(mark, (placed.x_l0, placed.y_l0), strict=True)
    )
    right, bottom = (
        int((at + reach - start) / placed.scale) + 2
        for at, start in zip(mark, (placed.x_l0, placed.y_l0), strict=True)
    )
    return Placed(
        placed.rgb[top:bottom, left:right],
        placed.x_l0 + left * placed.scale,
        placed.y_l0 + top * placed.scale,
        placed.scale,
    )


@pytest.mark.parametrize("mark", MARKS)
def test_tiles_of_every_zoom_show_a_mark_in_its_place(pyramid, mark):
    last = DeepZoom(WIDTH, HEIGHT).last_level
    for level in range(last - 4, last + 1):
        seen = tiles_around(pyramid, mark, level)
        assert seen.mark() == pytest.approx(mark, abs=max(0.6, seen.scale / 2))


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("mpp", [0.243, 0.486, 0.7, 0.972, 2.0])
def test_patches_of_every_scale_show_a_mark_in_its_place(pyramid, mark, mpp):
    scale = mpp / MPP
    corner = [round(at - 60 * scale) for at in mark]
    patch = pyramid.read_patch(*corner, side_px=120, mpp=mpp)
    seen = cut_out(Placed(patch, corner[0], corner[1], scale), mark, 44)
    # A level read as it is begins at a whole px of its own, and OpenSlide adds a quarter.
    assert seen.mark() == pytest.approx(mark, abs=max(0.6, 0.75 * scale))


@pytest.mark.parametrize("mpp", [0.243, 0.486, 0.61])
def test_a_marks_cell_holds_its_tissue_its_patch_and_its_overlay_box(pyramid, tissue, mpp):
    grid = Grid.over(WIDTH, HEIGHT, slide_mpp=MPP, mpp=mpp, patch_px=100)
    share = grid.cell_share(*tissue)
    for x_l0, y_l0 in MARKS:
        column, row = int(x_l0 / grid.side_l0), int(y_l0 / grid.side_l0)
        around = np.zeros_like(share)
        near = np.s_[max(row - 1, 0) : row + 2, max(column - 1, 0) : column + 2]
        around[near] = share[near]
        rows, columns = np.indices(share.shape) + 0.5
        seen = [(axis * around).sum() / around.sum() * grid.side_l0 for axis in (columns, rows)]
        # A cross lies in at most four cells, so its middle is known to one cell.
        assert seen == pytest.approx([x_l0, y_l0], abs=grid.side_l0)
        assert share[row, column] > 0
        patch = pyramid.read_patch(*grid.corner(row, column), side_px=100, mpp=mpp)
        assert patch[..., 1].min() < 150


def test_the_grid_covers_the_slide_and_no_row_more(pyramid):
    grid = Grid.over(WIDTH, HEIGHT, slide_mpp=MPP, mpp=0.61, patch_px=100)
    assert grid.columns * grid.side_l0 >= WIDTH > (grid.columns - 1) * grid.side_l0
    assert grid.rows * grid.side_l0 >= HEIGHT > (grid.rows - 1) * grid.side_l0


def test_tissue_is_as_large_as_what_was_drawn_and_a_rim_of_its_own_px(tissue):
    mask, scale_x, scale_y = tissue
    seen = mask.sum() * scale_x * scale_y / len(MARKS)
    assert cross_area(80, 20) <= seen <= cross_area(80 + 3 * scale_x, 20 + 3 * scale_x)


def cross_area(arm: float, width: float) -> float:
    return 2 * arm * width - width**2
