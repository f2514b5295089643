"""Patches of a slide read block by block: what lies together is decoded once.

Pixels are those of `Pyramid.read_patch`, which does the reading here too, from a block that is
held in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slides.pixels import Pixels
from slides.pyramid import Pyramid

ACROSS = 8  # patches along a side of a block
LARGEST_SIDE_PX = 4096  # of a block in memory, 50 MB
# OpenSlide holds what it has decoded as well, so a block pays only where patches overlap.
OVERLAP_FOR_OPENSLIDE = 1.3


@dataclass(frozen=True)
class PatchBlock:
    """Patches that lie together. places: of each in the table it came from, in reading order.

    corners_l0: (n, 2) x, y. boxes: (n, 4) left, top, right, bottom of what is read for each, in
    px of the level and inside it; (0, 4) if nothing is to be held.
    """

    level: int
    places: NDArray[np.intp]
    corners_l0: NDArray[np.int64]
    mpp: float
    side_px: int
    boxes: NDArray[np.intp]


def blocks_of(
    pyramid: Pyramid,
    corners_l0: NDArray[np.int64],
    *,
    side_px: int,
    mpp: NDArray[np.floating] | float,
    places: NDArray[np.intp] | None = None,
) -> list[PatchBlock]:
    """The blocks of patches, row by row of blocks, finest um per px first.

    corners_l0: (n, 2) x, y. mpp: one for all, or (n,). places: what to call each patch, its
    number in the table if not given. Raises SlideError if the slide has no resolution.
    """
    places = np.arange(len(corners_l0)) if places is None else places
    each_mpp = np.broadcast_to(np.asarray(mpp, np.float64), len(corners_l0))
    blocks = []
    for one in np.unique(each_mpp).tolist():
        members = np.flatnonzero(each_mpp == one)
        windows = np.array(
            [
                pyramid.patch_window(x, y, side_px=side_px, mpp=one)
                for x, y in corners_l0[members].tolist()
            ]
        )
        for group in _together(windows):
            chosen = members[group]
            blocks.append(
                PatchBlock(
                    level=int(windows[0, 0]),
                    places=places[chosen],
                    corners_l0=corners_l0[chosen],
                    mpp=one,
                    side_px=side_px,
                    boxes=_worth_holding(pyramid, int(windows[0, 0]), windows[group, 1:]),
                )
            )
    return blocks


def read_block(pyramid: Pyramid, block: PatchBlock) -> Iterator[tuple[int, Pixels]]:
    """Each patch of a block with its place, uint8 (side_px, side_px, 3)."""
    held = pyramid.holding(block.level, block.boxes) if len(block.boxes) else pyramid
    for place, (x, y) in zip(block.places.tolist(), block.corners_l0.tolist(), strict=True):
        yield place, held.read_patch(x, y, side_px=block.side_px, mpp=block.mpp)


def _together(windows: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The numbers of windows (n, 5) by block, each block's row by row."""
    left, top = windows[:, 1], windows[:, 2]
    widest = int((windows[:, 3:] - windows[:, 1:3]).max())
    across = max(1, min(ACROSS, LARGEST_SIDE_PX // widest - 1))
    block_row, block_column = top // (across * widest), left // (across * widest)
    order = np.lexsort([left, top, block_column, block_row])
    changes = np.diff(block_row[order]) | np.diff(block_column[order])
    return np.split(order, np.flatnonzero(changes) + 1)


def _worth_holding(pyramid: Pyramid, level: int, windows: NDArray[np.intp]) -> NDArray[np.intp]:
    """The parts of the windows (n, 4) inside the level, none if reading each alone is better."""
    nothing = np.zeros((0, 4), np.intp)
    boxes = np.clip(windows, 0, np.array(pyramid.level_sizes[level] * 2))
    sides = boxes[:, 2:] - boxes[:, :2]
    boxes = boxes[(sides > 0).all(axis=1)]
    if not len(boxes):
        return nothing
    width, height = boxes[:, 2:].max(axis=0) - boxes[:, :2].min(axis=0)
    if width * height > LARGEST_SIDE_PX**2:
        return nothing
    if pyramid.is_direct(level):
        return boxes
    covered = float((sides[:, 0] * sides[:, 1]).clip(min=0).sum())
    return boxes if covered > OVERLAP_FOR_OPENSLIDE * width * height else nothing
