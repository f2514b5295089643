"""A planted mark through the whole chain: patch, map, truth, and the exported mask.

The network is the mean red of a patch, so a map must be the mean red of each cell's own box,
worked out here px by px. Odd sizes, pyramids that are not 2x, slides scanned at another um per
px than the network reads, marks in both corners.
"""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import openslide
import pytest
from shapely import box

from predictions.inference import classify  # noqa: TID253 -- its subject
from predictions.stitching import stitch, tumour_cells
from slides.grid import Grid
from slides.mask_tiff import write_cell_mask
from slides.pyramid import Pyramid
from slides.regions import Region
from tests.slide_files import write_pyramid
from training.labelling import truth_of_cells

WIDTH, HEIGHT = 1203, 907
MARKS = [(5, 7, 60, 50), (WIDTH - 70, HEIGHT - 55, WIDTH - 3, HEIGHT - 2), (601, 403, 677, 481)]
SCALES = {"2x": (1, 2, 4), "4x": (1, 4), "3x": (1, 3), "one level": (1,)}
# slide um/px, network um/px, patch px: a level as it is, a 20x scan, one that needs resampling
READINGS = [(0.243, 0.486, 32), (0.5, 0.486, 64), (0.226, 0.486, 32)]


def mean_red(patches: np.ndarray) -> np.ndarray:
    return patches[..., 0].mean(axis=(1, 2))[:, None] / 255


def planted() -> np.ndarray:
    rgb = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    for left, top, right, bottom in MARKS:
        rgb[top:bottom, left:right, 0] = 255
    return rgb


def boxes(grid: Grid) -> list[tuple[int, int, slice, slice]]:
    """Row, column and the level-0 px of every cell."""
    found = []
    for row in range(grid.rows):
        for column in range(grid.columns):
            (left, top), (right, bottom) = (
                grid.corner(row, column),
                grid.corner(row + 1, column + 1),
            )
            found.append((row, column, slice(top, bottom), slice(left, right)))
    return found


@pytest.mark.parametrize("downsamples", SCALES.values(), ids=SCALES.keys())
@pytest.mark.parametrize(("slide_mpp", "mpp", "side"), READINGS)
def test_map_truth_and_mask_hold_a_mark_in_its_own_cells(
    tmp_path: Path, downsamples, slide_mpp, mpp, side
):
    rgb = planted()
    path = write_pyramid(tmp_path / "s.tif", rgb, downsamples=downsamples, mpp=slide_mpp)
    with Pyramid.open(path) as pyramid:
        grid = Grid.over(WIDTH, HEIGHT, slide_mpp=pyramid.mpp, mpp=mpp, patch_px=side)
        cells = np.argwhere(np.ones((grid.rows, grid.columns), bool))
        scores = classify(pyramid, grid, cells, SimpleNamespace(predict_on_batch=mean_red))
    found = stitch(scores, cells, (grid.rows, grid.columns))
    reach = (int(grid.columns * grid.side_l0) + 2, int(grid.rows * grid.side_l0) + 2)
    red = np.full((reach[1], reach[0]), 255.0)  # glass beyond the slide
    red[:HEIGHT, :WIDTH] = rgb[..., 0]
    truth, _ = truth_of_cells([Region("tumour", box(*mark)) for mark in MARKS], grid)
    inside = np.zeros_like(red)
    inside[:HEIGHT, :WIDTH] = rgb[..., 0] > 0
    for row, column, y, x in boxes(grid):
        # one px along one side of a cell is 1 / side of its area
        assert found[row, column] == pytest.approx(red[y, x].mean() / 255, abs=1.5 / grid.side_l0)
        assert truth[row, column] == pytest.approx(inside[y, x].mean(), abs=2.5 / grid.side_l0)
    assert mask_differs(tmp_path, found, grid) == 0


def mask_differs(folder: Path, found: np.ndarray, grid: Grid) -> int:
    """Px of the exported mask that are not as their cell was called."""
    called = tumour_cells(found, 0.2)
    path = folder / "mask.tif"
    values = called.astype(np.uint8) * 255
    write_cell_mask(path, values, grid, width=WIDTH, height=HEIGHT, mpp=0.5)
    with openslide.OpenSlide(path) as mask:
        seen = np.asarray(mask.read_region((0, 0), 0, mask.dimensions))[..., 0]
    expected = np.zeros((HEIGHT, WIDTH), np.uint8)
    for row, column, y, x in boxes(grid):
        expected[y, x] = values[row, column]
    return int(np.count_nonzero(seen != expected))
