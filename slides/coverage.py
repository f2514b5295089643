"""What of the tissue somebody has looked at: a coarse grid of yes and no over the tissue mask.

A cell is a square of tissue mask px; its weight is the number of tissue px in it. Arrays are
[row, column]. On the wire and in the row they are packed eight to a byte, first cell first.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_CELLS_A_SIDE = 512

Seen = NDArray[np.bool_]


@dataclass(frozen=True)
class SeenGrid:
    """columns, rows: of the grid. side_px: tissue mask px per cell."""

    columns: int
    rows: int
    side_px: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.rows, self.columns


@dataclass(frozen=True)
class SeenPart:
    """What was looked at within a part of the grid. x, y: its first column and row."""

    x: int
    y: int
    columns: int
    rows: int
    bits: bytes


def grid_over(mask_shape: tuple[int, int]) -> SeenGrid:
    """The grid over a tissue mask of this shape: as fine as fits into 512 cells a side."""
    rows, columns = mask_shape
    side = max(1, -(-max(rows, columns) // MOST_CELLS_A_SIDE))
    return SeenGrid(columns=-(-columns // side), rows=-(-rows // side), side_px=side)


def packed(seen: Seen) -> bytes:
    """Cells as bits, row after row; the last byte is filled with zeros."""
    return np.packbits(seen).tobytes()


def unpacked(bits: bytes, shape: tuple[int, int]) -> Seen:
    """The cells of `packed`. Raises ValueError if there are too few or too many bytes."""
    count = shape[0] * shape[1]
    expected = -(-count // 8)
    if len(bits) != expected:
        raise ValueError(
            f"{shape[1]} x {shape[0]} cells are {expected} bytes of bits, got {len(bits)}."
        )
    return np.unpackbits(np.frombuffer(bits, np.uint8), count=count).reshape(shape).astype(bool)


def merged(seen: Seen, part: SeenPart) -> Seen:
    """Everything seen before, and this part of it too. Raises ValueError if it lies outside."""
    rows, columns = seen.shape
    is_inside = 0 <= part.x <= columns - part.columns and 0 <= part.y <= rows - part.rows
    if not is_inside or part.columns < 1 or part.rows < 1:
        raise ValueError(
            f"A part of {part.columns} x {part.rows} cells at ({part.x}, {part.y}) does not lie "
            f"in a grid of {columns} x {rows}."
        )
    together = seen.copy()
    place = np.s_[part.y : part.y + part.rows, part.x : part.x + part.columns]
    together[place] |= unpacked(part.bits, (part.rows, part.columns))
    return together


def tissue_counts(mask: NDArray[np.bool_], grid: SeenGrid) -> NDArray[np.int64]:
    """Tissue px of the mask in each cell, int (rows, columns)."""
    side = grid.side_px
    full = np.zeros((grid.rows * side, grid.columns * side), bool)
    full[: mask.shape[0], : mask.shape[1]] = mask
    return full.reshape(grid.rows, side, grid.columns, side).sum(axis=(1, 3))


def unseen_share(seen: Seen, counts: NDArray[np.int64]) -> float | None:
    """The share of tissue never looked at, in [0, 1]; None where there is no tissue."""
    total = int(counts.sum())
    return float(counts[~seen].sum() / total) if total else None
