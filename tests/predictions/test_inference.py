import threading

import numpy as np
import pytest

from predictions.inference import classify, glass_probability  # noqa: TID253 -- its subject
from slides.grid import Grid
from slides.jobs import Cancelled
from slides.pyramid import Pyramid, SlideError
from tests.slide_files import write_pyramid

SIDE = 32


class MeanRed:
    """A network small enough to check by hand: the mean of a patch's red, 0..1."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def predict_on_batch(self, patches: np.ndarray) -> np.ndarray:
        self.shapes.append(patches.shape)
        return patches[..., 0].mean(axis=(1, 2))[:, None] / 255


@pytest.fixture
def flat_cells(tmp_path):
    """A slide of 5 x 3 cells of 32 px, each of one red: 10, 20, ... 150."""
    reds = np.arange(1, 16, dtype=np.uint8).reshape(3, 5) * 10
    rgb = np.zeros((3 * SIDE, 5 * SIDE, 3), np.uint8)
    rgb[..., 0] = reds.repeat(SIDE, axis=0).repeat(SIDE, axis=1)
    path = tmp_path / "flat.tif"
    write_pyramid(path, rgb, mpp=0.5)
    with Pyramid.open(path) as pyramid:
        yield pyramid, Grid.over(5 * SIDE, 3 * SIDE, slide_mpp=0.5, mpp=0.5, patch_px=SIDE), reds


def all_cells(grid: Grid) -> np.ndarray:
    return np.argwhere(np.ones((grid.rows, grid.columns), bool))


def test_each_cell_gets_the_probability_of_its_own_pixels(flat_cells):
    pyramid, grid, reds = flat_cells
    found = classify(pyramid, grid, all_cells(grid), MeanRed(), batch=4)
    np.testing.assert_allclose(found, reds.ravel() / 255, atol=1e-6)


def test_cells_keep_their_order_whatever_it_is(flat_cells):
    pyramid, grid, reds = flat_cells
    cells = np.array([[2, 4], [0, 0], [1, 3]])
    found = classify(pyramid, grid, cells, MeanRed(), batch=2)
    np.testing.assert_allclose(found, reds[cells[:, 0], cells[:, 1]] / 255, atol=1e-6)


def test_every_batch_has_the_same_shape(flat_cells):
    pyramid, grid, _ = flat_cells
    model = MeanRed()
    classify(pyramid, grid, all_cells(grid), model, batch=4)
    assert model.shapes == [(4, SIDE, SIDE, 3)] * 4


def test_progress_is_told_after_each_batch(flat_cells):
    pyramid, grid, _ = flat_cells
    told: list[tuple[int, int]] = []
    classify(pyramid, grid, all_cells(grid), MeanRed(), batch=4, report=lambda *n: told.append(n))
    assert told == [(0, 15), (4, 15), (8, 15), (12, 15), (15, 15)]


def test_cancelling_stops_after_the_batch_and_leaves_no_thread(flat_cells):
    pyramid, grid, _ = flat_cells
    model = MeanRed()

    def report(done: int, total: int) -> None:
        if done >= 4:
            raise Cancelled

    before = threading.active_count()
    with pytest.raises(Cancelled):
        classify(pyramid, grid, all_cells(grid), model, batch=4, report=report)
    assert len(model.shapes) == 1
    assert threading.active_count() == before


def test_what_cannot_be_read_is_told_not_hung(tmp_path):
    write_pyramid(tmp_path / "unknown.tif", np.zeros((64, 64, 3), np.uint8), mpp=None)
    grid = Grid(columns=2, rows=2, side_l0=32.0, patch_px=SIDE, mpp=0.5)
    with (
        Pyramid.open(tmp_path / "unknown.tif") as pyramid,
        pytest.raises(SlideError, match="resolution"),
    ):
        classify(pyramid, grid, all_cells(grid), MeanRed(), batch=4)


def test_no_cell_is_no_work(flat_cells):
    pyramid, grid, _ = flat_cells
    model = MeanRed()
    assert classify(pyramid, grid, np.empty((0, 2), int), model).shape == (0,)
    assert model.shapes == []


def test_glass_is_what_the_network_says_of_white():
    model = MeanRed()
    assert glass_probability(model, patch_px=SIDE, batch=4) == 1.0
    assert model.shapes == [(4, SIDE, SIDE, 3)]
