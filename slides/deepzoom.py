"""Deep Zoom over a slide: the geometry of levels and tiles, and tiles as JPEG.

Tiles are 256 px without overlap, the size in which scanners store them: a Deep Zoom tile of a
native level is then read from one stored tile instead of four.

A Deep Zoom px of level L is exactly 2 ** (last - L) level-0 px, whatever the slide's own levels
are. OpenSlide's generator derives it from rounded level sizes, so its tiles drift and its edge
tiles have the wrong size where levels are odd or 4x apart.
"""

import io
import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openslide
from numpy.typing import NDArray
from PIL import Image, ImageCms

from slides.pyramid import Pyramid

TILE_PX = 256
JPEG_QUALITY = 80
OPEN_SLIDES = 16
CACHE_BYTES = 64 * 1024**2
NAMESPACE = "http://schemas.microsoft.com/deepzoom/2008"


@dataclass(frozen=True)
class DeepZoom:
    """The levels and tiles of a slide of width x height level-0 px; level 0 is 1 x 1 px."""

    width: int
    height: int

    @property
    def last_level(self) -> int:
        return max(0, math.ceil(math.log2(max(self.width, self.height))))

    def level_size(self, level: int) -> tuple[int, int]:
        """Width and height of a level in its own px, rounded up."""
        scale = self.scale(level)
        return -(-self.width // scale), -(-self.height // scale)

    def scale(self, level: int) -> int:
        """Level-0 px per px of a level. Raises ValueError for a level that does not exist."""
        if not 0 <= level <= self.last_level:
            raise ValueError(f"There is no level {level}; levels go from 0 to {self.last_level}.")
        return 1 << (self.last_level - level)

    def tile_box(self, level: int, column: int, row: int) -> tuple[int, int, int, int]:
        """left, top, right, bottom of a tile in px of its level; edge tiles are smaller.

        Raises ValueError for a tile that does not exist.
        """
        width, height = self.level_size(level)
        columns, rows = -(-width // TILE_PX), -(-height // TILE_PX)
        if not (0 <= column < columns and 0 <= row < rows):
            raise ValueError(
                f"Level {level} has {columns} x {rows} tiles; there is none at {column}_{row}."
            )
        left, top = column * TILE_PX, row * TILE_PX
        return left, top, min(left + TILE_PX, width), min(top + TILE_PX, height)

    def descriptor(self) -> str:
        """The .dzi file."""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Image xmlns="{NAMESPACE}" Format="jpeg" Overlap="0" TileSize="{TILE_PX}">'
            f'<Size Width="{self.width}" Height="{self.height}"/></Image>\n'
        )


def read_tile(pyramid: Pyramid, level: int, column: int, row: int) -> NDArray[np.uint8]:
    """A tile's px, uint8 (h, w, 3). Raises ValueError for a tile that does not exist."""
    zoom = DeepZoom(pyramid.width, pyramid.height)
    left, top, right, bottom = zoom.tile_box(level, column, row)
    scale = zoom.scale(level)
    box_l0 = (left * scale, top * scale, right * scale, bottom * scale)
    return pyramid.read_box(box_l0, (right - left, bottom - top), outside="edge")


@dataclass(frozen=True)
class Colours:
    """What was done to a slide's colours: "applied", "none" in the file, or "broken"; whose."""

    state: str
    profile: str = ""


class SlideReader:
    """An open slide and the way from its scanner's colours to sRGB."""

    def __init__(self, path: Path) -> None:
        self.pyramid = Pyramid.open(path)
        self.to_srgb, self.colours = _colour_transform(self.pyramid)

    def tile_jpeg(self, level: int, column: int, row: int) -> bytes:
        """A tile as JPEG in sRGB. Raises ValueError for a tile that does not exist."""
        tile = Image.fromarray(read_tile(self.pyramid, level, column, row))
        if self.to_srgb is not None:
            ImageCms.applyTransform(tile, self.to_srgb, inPlace=True)
        file = io.BytesIO()
        tile.save(file, "JPEG", quality=JPEG_QUALITY)
        return file.getvalue()


def _colour_transform(pyramid: Pyramid) -> tuple[ImageCms.ImageCmsTransform | None, Colours]:
    try:
        profile = pyramid.color_profile()
        if profile is None:
            return None, Colours("none")
        srgb = ImageCms.createProfile("sRGB")
        transform = ImageCms.buildTransform(profile, srgb, "RGB", "RGB")
        return transform, Colours("applied", ImageCms.getProfileDescription(profile).strip())
    except (ImageCms.PyCMSError, openslide.OpenSlideError, OSError):
        # A broken profile is no reason to hide the slide.
        return None, Colours("broken")


class OpenSlides:
    """The slides this process has open, the least recently used closed by garbage collection.

    One handle a slide: handles do not share decoded tiles, and one serves many threads.
    """

    def __init__(self, most: int = OPEN_SLIDES) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._readers: OrderedDict[tuple[str, int, int], SlideReader] = OrderedDict()
        self._cache: openslide.OpenSlideCache | None = None

    def reader(self, path: Path) -> SlideReader:
        """The slide's reader, opened if need be. Raises SlideError if it cannot be opened."""
        key = _identity(path)
        with self._lock:
            if key in self._readers:
                self._readers.move_to_end(key)
                return self._readers[key]
        reader = SlideReader(path)
        with self._lock:
            self._cache = self._cache or openslide.OpenSlideCache(CACHE_BYTES)
            reader.pyramid.share_cache(self._cache)
            self._readers[key] = reader
            while len(self._readers) > self._most:
                # Not closed here: another thread may be reading from it.
                self._readers.popitem(last=False)
        return reader

    def forget(self, path: Path) -> None:
        """Drop a slide: after one failed read OpenSlide refuses every other."""
        with self._lock:
            for key in [key for key in self._readers if key[0] == str(path)]:
                del self._readers[key]


def _identity(path: Path) -> tuple[str, int, int]:
    try:
        stat = path.stat()
    except OSError:
        return str(path), 0, 0
    return str(path), stat.st_mtime_ns, stat.st_size
