"""Lay a grid of square patches over a slide and ask how much of each cell a mask covers."""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from slides.pyramid import PATCH_PX

FINER_THAN_SLIDE = 1.1


@dataclass(frozen=True)
class Grid:
    """Cells that abut from the slide's top left corner; cell (row, column) is one patch.

    side_l0: a cell's side in level-0 px, seldom a whole number.
    patch_px, mpp: how the patch of a cell is read.
    """

    columns: int
    rows: int
    side_l0: float
    patch_px: int
    mpp: float

    @classmethod
    def over(
        cls,
        width_l0: int,
        height_l0: int,
        *,
        slide_mpp: float,
        mpp: float,
        patch_px: int = PATCH_PX,
    ) -> Self:
        """The grid of patches at `mpp` that covers a whole slide, its far edges included.

        Raises ValueError if the slide is more than 10 % coarser than the patches should be.
        """
        if slide_mpp > mpp * FINER_THAN_SLIDE:
            raise ValueError(
                f"The slide has {slide_mpp:g} um/px; patches at {mpp:g} um/px would show detail "
                "it does not hold. Use a model made for a coarser resolution, or a finer scan."
            )
        side_l0 = patch_px * mpp / slide_mpp
        # The small step keeps rounding from adding an empty last column.
        columns, rows = (max(1, math.ceil(side / side_l0 - 1e-9)) for side in (width_l0, height_l0))
        return cls(columns, rows, side_l0, patch_px, mpp)

    def corner(self, row: int, column: int) -> tuple[int, int]:
        """The (x, y) level-0 px at which a cell's patch begins."""
        return round(column * self.side_l0), round(row * self.side_l0)

    def cell_share(
        self, mask: NDArray[np.bool_], scale_x: float, scale_y: float
    ) -> NDArray[np.float32]:
        """The share of each cell that the mask covers, float32 (rows, columns) in [0, 1].

        mask: (height, width), its corner on the slide's; scale_x, scale_y: level-0 px per mask
        px. Mask px cut by a cell's edge count by area; what lies outside the mask is not covered.
        """
        side_x, side_y = self.side_l0 / scale_x, self.side_l0 / scale_y
        bands = _sums_between(mask, np.arange(self.rows + 1) * side_y)
        cells = _sums_between(bands.T, np.arange(self.columns + 1) * side_x).T
        return np.clip(cells / (side_x * side_y), 0, 1).astype(np.float32)

    def cells_at(self, share: NDArray[np.floating], bar: float) -> NDArray[np.intp]:
        """The cells whose share reaches the bar, int (n, 2) of [row, column], row by row."""
        return np.argwhere(share >= bar)


def _sums_between(values: NDArray[np.generic], edges: NDArray[np.floating]) -> NDArray[np.float64]:
    """Sums of rows between fractional edges: (n, w) and m + 1 edges give (m, w)."""
    total = np.zeros((values.shape[0] + 1, values.shape[1]))
    np.cumsum(values, axis=0, out=total[1:])
    edges = np.clip(edges, 0, values.shape[0])
    whole = np.minimum(edges.astype(np.intp), values.shape[0] - 1)
    part = (edges - whole)[:, None]
    return np.diff(total[whole] * (1 - part) + total[whole + 1] * part, axis=0)
