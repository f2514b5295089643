import numpy as np
import pytest

from slides.coverage import (
    SeenPart,
    grid_over,
    merged,
    packed,
    tissue_counts,
    unpacked,
    unseen_share,
)


def part_of(seen: np.ndarray, x: int, y: int) -> SeenPart:
    rows, columns = seen.shape
    return SeenPart(x, y, columns, rows, packed(seen))


@pytest.mark.parametrize(
    ("shape", "columns", "rows", "side_px"),
    [
        ((300, 512), 512, 300, 1),
        ((2048, 1500), 375, 512, 4),
        ((513, 2), 1, 257, 2),
        ((1, 1), 1, 1, 1),
    ],
)
def test_the_grid_is_as_fine_as_512_cells_a_side_allow(shape, columns, rows, side_px):
    grid = grid_over(shape)
    assert (grid.columns, grid.rows, grid.side_px) == (columns, rows, side_px)


def test_bits_come_back_as_the_cells_they_were():
    seen = np.random.default_rng(1).random((7, 13)) < 0.4
    assert len(packed(seen)) == 12
    np.testing.assert_array_equal(unpacked(packed(seen), seen.shape), seen)


@pytest.mark.parametrize("count", [0, 11, 13])
def test_a_wrong_number_of_bytes_is_refused(count):
    with pytest.raises(ValueError, match=f"12 bytes of bits, got {count}"):
        unpacked(b"\0" * count, (7, 13))


def test_parts_add_up_in_any_order_and_take_nothing_away():
    draw = np.random.default_rng(2)
    seen, both = np.zeros((20, 30), bool), np.zeros((20, 30), bool)
    parts = []
    for _ in range(6):
        x, y = int(draw.integers(0, 25)), int(draw.integers(0, 15))
        cells = draw.random((int(draw.integers(1, 6)), int(draw.integers(1, 6)))) < 0.5
        both[y : y + cells.shape[0], x : x + cells.shape[1]] |= cells
        parts.append(part_of(cells, x, y))
    there, back = seen, seen
    for part in parts:
        there = merged(there, part)
    for part in reversed(parts + parts):
        back = merged(back, part)
    np.testing.assert_array_equal(there, both)
    np.testing.assert_array_equal(back, both)
    assert not seen.any()


@pytest.mark.parametrize(("x", "y"), [(28, 0), (0, 19), (-1, 0), (0, -1)])
def test_a_part_beyond_the_grid_is_refused(x, y):
    with pytest.raises(ValueError, match="does not lie in a grid of 30 x 20"):
        merged(np.zeros((20, 30), bool), part_of(np.ones((2, 3), bool), x, y))


def test_the_unseen_share_is_counted_in_tissue_px_not_in_cells():
    mask = np.zeros((1024, 1024), bool)
    mask[:2, :3] = True  # a whole cell of 2 x 2 px and half another one
    grid = grid_over(mask.shape)
    counts = tissue_counts(mask, grid)
    assert counts.sum() == 6 and counts[0, :2].tolist() == [4, 2]
    seen = np.zeros(grid.shape, bool)
    assert unseen_share(seen, counts) == 1
    seen[0, 0] = True
    assert unseen_share(seen, counts) == pytest.approx(1 / 3)


def test_without_tissue_there_is_no_share():
    mask = np.zeros((5, 5), bool)
    assert unseen_share(mask, tissue_counts(mask, grid_over(mask.shape))) is None
