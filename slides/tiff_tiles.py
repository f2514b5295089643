"""The tiles of a TIFF slide, taken from the file and decoded without OpenSlide.

OpenSlide spends three quarters of its time on laying tiles over each other, which a plain tiled
TIFF does not need. A level is read this way only after tiles of it were found to be, px for px,
what OpenSlide makes of them; whatever is out of the ordinary is left to OpenSlide.
"""

import logging
import os
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
import tifffile
from numpy.typing import NDArray

from slides.pixels import GLASS, Pixels

Boxes = NDArray[np.intp]  # (n, 4): left, top, right, bottom in px of a level

# Their levels are plain pages of tiles. Others overlap, lie shifted or are stitched.
PHILIPS = "philips"
VENDORS = {"aperio", "generic-tiff", PHILIPS}
NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE = 1, 5, 7, 8, 32946
COMPRESSIONS = {NONE, LZW, JPEG, DEFLATE, OLD_DEFLATE}
RGB, YCBCR = 2, 6
LARGEST_TILE_PX = 4_000_000
TRIED_TILES = 2
# Where OpenSlide has to blend neighbours, colours on the whole must agree, of 255.
BLENDED_TOLERANCE = 3.0
# What tifffile and the decoders of imagecodecs raise at files that are not as they say.
UNREADABLE = (ValueError, RuntimeError, OSError, LookupError, TypeError, struct.error)

logging.getLogger("tifffile").setLevel(logging.CRITICAL)  # OpenSlide judges the file


@dataclass(frozen=True)
class TiledLevel:
    """One level: where its tiles lie in the file, row by row, and how they are decoded."""

    width: int
    height: int
    tile_width: int
    tile_height: int
    columns: int
    offsets: NDArray[np.int64]
    sizes: NDArray[np.int64]
    decode: Callable[[bytes, int], Any]

    def tile(self, file: int, number: int) -> Pixels | None:
        """A tile's px, uint8 (tile_height, tile_width, 3); None if it is empty or odd."""
        size = int(self.sizes[number])
        if size == 0:
            return None
        try:
            found = self.decode(os.pread(file, size, int(self.offsets[number])), number)
        except UNREADABLE:
            return None
        pixels = np.asarray(found[0])
        if pixels.shape != (1, self.tile_height, self.tile_width, 3) or pixels.dtype != np.uint8:
            return None
        return pixels[0]

    def box_of(self, number: int) -> tuple[int, int, int, int]:
        """left, top, right, bottom of a tile, cut off where the level ends."""
        row, column = divmod(number, self.columns)
        left, top = column * self.tile_width, row * self.tile_height
        right, bottom = left + self.tile_width, top + self.tile_height
        return left, top, min(right, self.width), min(bottom, self.height)


class TiffTiles:
    """The levels of a slide that can be read from its tiles. One serves many threads."""

    def __init__(
        self, file: BinaryIO, levels: Sequence[TiledLevel | None], *, has_glass: bool
    ) -> None:
        """has_glass: tiles that the file leaves out are glass; else OpenSlide must be asked."""
        self._file = file
        self._has_glass = has_glass
        self.levels = list(levels)
        self._trusted: set[int] = set()

    @classmethod
    def open(cls, path: Path, vendor: str, level_sizes: Sequence[tuple[int, int]]) -> Self | None:
        """The tiles of a slide, None if no level of it is made of plain tiles."""
        if vendor not in VENDORS:
            return None
        try:
            with tifffile.TiffFile(path) as tiff:
                pages = [page for page in tiff.pages if _is_plain(page)]
                levels = [_level(pages, size) for size in level_sizes]
        except UNREADABLE:
            return None
        if not any(levels):
            return None
        return cls(path.open("rb", buffering=0), levels, has_glass=vendor == PHILIPS)

    def close(self) -> None:
        self._file.close()

    def is_trusted(
        self, number: int, by_openslide: Callable[[int, int, int, int], Pixels], *, is_exact: bool
    ) -> bool:
        """Whether a level's largest tiles show what OpenSlide shows of them; tried once.

        by_openslide(left, top, width, height) gives px of the level. is_exact: False where
        OpenSlide has to blend neighbours because its corners are whole level-0 px.
        """
        level = self.levels[number]
        if level is None or number in self._trusted:
            return level is not None
        # The more bytes, the more there is to tell apart.
        for tile in np.argsort(level.sizes)[-TRIED_TILES:].tolist():
            left, top, right, bottom = level.box_of(tile)
            own = self.read(number, np.array([[left, top, right, bottom]]))
            if own is None or not _is_same(
                own[0], by_openslide(left, top, right - left, bottom - top), is_exact=is_exact
            ):
                self.levels[number] = None
                return False
        self._trusted.add(number)
        return True

    def read(self, number: int, boxes: Boxes) -> tuple[Pixels, int, int] | None:
        """A block in which every box lies, and its left and top; between boxes it is undefined.

        boxes: inside the level. Every tile is decoded once. None if OpenSlide must be asked.
        """
        level = self.levels[number]
        if level is None:
            return None
        left, top = (int(edge) for edge in boxes[:, :2].min(axis=0))
        right, bottom = (int(edge) for edge in boxes[:, 2:].max(axis=0))
        block = np.empty((bottom - top, right - left, 3), np.uint8)
        for tile in _tiles_under(level, boxes):
            x, y, x_end, y_end = level.box_of(tile)
            x0, y0, x1, y1 = max(x, left), max(y, top), min(x_end, right), min(y_end, bottom)
            target = block[y0 - top : y1 - top, x0 - left : x1 - left]
            if level.sizes[tile] == 0 and self._has_glass:
                target[:] = GLASS
                continue
            pixels = level.tile(self._file.fileno(), tile)
            if pixels is None:
                return None
            target[:] = pixels[y0 - y : y1 - y, x0 - x : x1 - x]
        return block, left, top


def _tiles_under(level: TiledLevel, boxes: Boxes) -> list[int]:
    """The numbers of the tiles that the boxes touch, rising: in the order of the file."""
    sides = np.array([level.tile_width, level.tile_height] * 2)
    first, last = boxes[:, :2] // sides[:2], (boxes[:, 2:] - 1) // sides[:2]
    numbers = {
        row * level.columns + column
        for (column0, row0), (column1, row1) in zip(first.tolist(), last.tolist(), strict=True)
        for row in range(row0, row1 + 1)
        for column in range(column0, column1 + 1)
    }
    return sorted(numbers)


def _is_same(own: Pixels, other: Pixels, *, is_exact: bool) -> bool:
    if is_exact:
        return np.array_equal(own, other)
    apart = np.abs(own.mean(axis=(0, 1)) - other.mean(axis=(0, 1)))
    return bool(apart.max() <= BLENDED_TOLERANCE)


def _level(pages: Sequence[Any], size: tuple[int, int]) -> TiledLevel | None:
    """The one page of plain RGB tiles that holds a level of this size, if there is just one."""
    found = [page for page in pages if _holds(page, size)]
    if len(found) != 1:
        return None
    page = found[0]
    decode, tables = page.decode, page.jpegtables
    columns, rows = -(-page.imagewidth // page.tilewidth), -(-page.imagelength // page.tilelength)
    offsets, sizes = (
        np.array(places, np.int64) for places in (page.dataoffsets, page.databytecounts)
    )
    if len(offsets) != columns * rows or len(sizes) != columns * rows:
        return None
    return TiledLevel(
        *size,
        tile_width=page.tilewidth,
        tile_height=page.tilelength,
        columns=columns,
        offsets=offsets,
        sizes=sizes,
        decode=lambda data, number: decode(data, number, jpegtables=tables),
    )


def _is_plain(page: Any) -> bool:
    return (
        isinstance(page, tifffile.TiffPage)
        and page.is_tiled
        and page.samplesperpixel == 3
        and page.bitspersample == 8
        and page.planarconfig == 1
        and page.compression in COMPRESSIONS
        and (page.photometric == RGB or (page.photometric, page.compression) == (YCBCR, JPEG))
        and page.tilewidth * page.tilelength <= LARGEST_TILE_PX
    )


def _holds(page: Any, size: tuple[int, int]) -> bool:
    """Whether a page is of this size, or, as Philips writes them, filled up to whole tiles."""
    sides = ((page.imagewidth, page.tilewidth), (page.imagelength, page.tilelength))
    return all(
        side in (own, -(-own // tile) * tile) for (side, tile), own in zip(sides, size, strict=True)
    )
