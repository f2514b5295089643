"""Open a slide and read from it; every conversion between px, level and um lives here.

Level sizes are rounded by whoever wrote the slide, so OpenSlide's own downsamples
(width / level width, averaged) drift from the true 2, 4, 8 towards the far corner.
A level's scale is therefore the whole number that explains its size, where there is one.
"""

import copy
import math
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import openslide
from PIL import Image, ImageCms

from slides.formats import SlideError, refusal, require_file
from slides.pixels import GLASS, Pixels, bands, on_white, resized
from slides.resolution import plausible_mpp, read_mpp
from slides.tiff_tiles import Boxes, TiffTiles

__all__ = ["PATCH_PX", "Pyramid", "SlideError", "plausible_mpp"]

PATCH_PX = 299
COARSEST_MAX_PX = 150_000_000
TOTAL_MAX_PX = 1_000_000_000_000
SIDE_MAX_PX = 4_000_000
SAME_SCALE = 0.01


class Pyramid:
    """An open slide: sizes, resolution, and pixels at any scale. Use it with `with`."""

    def __init__(self, slide: openslide.OpenSlide, path: Path, mpp: float | None = None) -> None:
        self._slide = slide
        self.path = path
        self.vendor = str(slide.properties.get(openslide.PROPERTY_NAME_VENDOR, ""))
        self.description = str(slide.properties.get("openslide.comment", ""))
        self.width, self.height = slide.dimensions
        self.level_sizes: tuple[tuple[int, int], ...] = tuple(slide.level_dimensions)
        self.level_scales = tuple(level_scale(slide.dimensions, size) for size in self.level_sizes)
        self.level_downsamples = tuple((x + y) / 2 for x, y in self.level_scales)
        self.mpp, self.mpp_source = (mpp, "given") if mpp else read_mpp(slide.properties)
        self._tiles: TiffTiles | None = None
        self._held: tuple[int, int, int, Pixels] | None = None

    @classmethod
    def open(cls, path: str | Path, *, mpp: float | None = None, is_direct: bool = False) -> Self:
        """Open a slide; `mpp`, where a person gave it, counts more than the file's tags.

        is_direct: take tiles from the file where it is a plain tiled TIFF, several times faster.
        Levels whose scale OpenSlide takes for a fraction are then read px for px, not blended.
        Raises SlideError with a code: not_found, forbidden, not_a_slide, flat_image,
        incomplete, unreadable, too_large.
        """
        path = Path(path)
        require_file(path)
        try:
            vendor = openslide.OpenSlide.detect_format(path)
            slide = openslide.OpenSlide(path)
        except (openslide.OpenSlideError, OSError) as error:
            raise refusal(path, error) from error
        if vendor is None:
            slide.close()
            raise refusal(path, None)
        pyramid = cls(slide, path, mpp)
        try:
            pyramid.check_size()
        except SlideError:
            pyramid.close()
            raise
        if is_direct:
            pyramid._tiles = TiffTiles.open(path, pyramid.vendor, pyramid.level_sizes)
        return pyramid

    def is_direct(self, level: int) -> bool:
        """Whether a level is read without OpenSlide: a trial showed that its px are the same."""
        if self._tiles is None:
            return False
        own = self._slide.level_downsamples[level]
        return self._tiles.is_trusted(
            level, partial(self._read_by_openslide, level), is_exact=own == round(own)
        )

    def check_size(self) -> None:
        """Refuse what no scanner makes and what could not be shown without hours of decoding."""
        if max(self.width, self.height) > SIDE_MAX_PX or self.width * self.height > TOTAL_MAX_PX:
            raise SlideError(
                f"The file says it is {self.width} x {self.height} px, larger than any slide. "
                "Its header is probably damaged; export it again from the scanner.",
                "too_large",
            )
        coarsest = min(width * height for width, height in self.level_sizes)
        if coarsest > COARSEST_MAX_PX:
            raise SlideError(
                f"The smallest level still has {coarsest / 1e6:.0f} million px, so the slide "
                "cannot be shown as a whole. Convert it to a pyramid, for example with "
                "`vips tiffsave IN OUT --tile --pyramid --compression jpeg --bigtiff`.",
                "too_large",
            )

    def close(self) -> None:
        self._slide.close()
        if self._tiles:
            self._tiles.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # Reading ---------------------------------------------------------------

    def read_level(self, level: int, x_l0: float, y_l0: float, width: int, height: int) -> Pixels:
        """Pixels of one level, uint8 (height, width, 3), from the level px nearest to the point.

        Outside the slide, and where the slide is transparent, it is white.
        """
        scale_x, scale_y = self.level_scales[level]
        left, top = round(x_l0 / scale_x), round(y_l0 / scale_y)
        return self._read_block(level, left, top, width, height)

    def read_patch(self, x_l0: float, y_l0: float, *, side_px: int, mpp: float) -> Pixels:
        """A square patch at `mpp`, uint8 (side_px, side_px, 3), its corner at the point.

        A level within 1 % of the wanted scale is read as it is; otherwise a finer one
        is averaged down. Raises SlideError (unknown_mpp) if the slide has no resolution.
        """
        scale = mpp / self.require_mpp()
        level = self.best_level(scale)
        if self._is_native(level, scale):
            return self.read_level(level, x_l0, y_l0, side_px, side_px)
        return self.read_box(_square(x_l0, y_l0, side_px * scale), (side_px, side_px))

    def _is_native(self, level: int, scale: float) -> bool:
        return all(abs(own / scale - 1) <= SAME_SCALE for own in self.level_scales[level])

    def patch_window(
        self, x_l0: float, y_l0: float, *, side_px: int, mpp: float
    ) -> tuple[int, int, int, int, int]:
        """What `read_patch` reads: level, left, top, right, bottom in its px, slide or not."""
        scale = mpp / self.require_mpp()
        level = self.best_level(scale)
        if self._is_native(level, scale):
            scale_x, scale_y = self.level_scales[level]
            left, top = round(x_l0 / scale_x), round(y_l0 / scale_y)
            return level, left, top, left + side_px, top + side_px
        plan = self._plan_box(_square(x_l0, y_l0, side_px * scale), (side_px, side_px))
        level, (left, top), (columns, rows), factor, _ = plan
        return level, left, top, left + columns * factor, top + rows * factor

    def holding(self, level: int, boxes: Boxes) -> Self:
        """The same slide with the boxes of a level in memory: reading in them is only cutting.

        boxes: (n, 4) left, top, right, bottom in the level's px, inside it. Give it up before
        the slide is closed; it needs no closing of its own.
        """
        if self._tiles is not None and self.is_direct(level):
            found = self._tiles.read(level, boxes)
            if found is None:  # a tile is missing: only the patches on it are OpenSlide's
                return self
        else:
            left, top = (int(edge) for edge in boxes[:, :2].min(axis=0))
            right, bottom = (int(edge) for edge in boxes[:, 2:].max(axis=0))
            found = self._read_by_openslide(level, left, top, right - left, bottom - top), left, top
        pixels, left, top = found
        held = copy.copy(self)
        held._held = (level, left, top, pixels)
        return held

    def read_box(
        self,
        box_l0: tuple[float, float, float, float],
        size: tuple[int, int],
        *,
        outside: Literal["white", "edge"] = "white",
    ) -> Pixels:
        """Any box of level-0 px (left, top, right, bottom) as exactly `size` (width, height) px.

        The coarsest level that is fine enough is averaged down. `outside` says what lies
        beyond the slide: white, or its edge px repeated (for tiles, whose last px may
        reach over the edge and should not pale).
        """
        level, origin, reduced_size, factor, box = self._plan_box(box_l0, size)
        reduced = self._read_reduced(level, origin, reduced_size, factor, outside)
        return resized(reduced, size, box)

    def _plan_box(
        self, box_l0: tuple[float, float, float, float], size: tuple[int, int]
    ) -> tuple[int, tuple[int, int], tuple[int, int], int, tuple[float, ...]]:
        """How a box is read: level, its first px, columns and rows after averaging factor x
        factor px, that factor, and the box in averaged px."""
        scale = min((box_l0[2] - box_l0[0]) / size[0], (box_l0[3] - box_l0[1]) / size[1])
        level = self.best_level(scale)
        scale_x, scale_y = self.level_scales[level]
        factor = max(1, math.floor(scale / max(scale_x, scale_y) + 1e-6))
        left, top, right, bottom = (
            edge / own for edge, own in zip(box_l0, (scale_x, scale_y) * 2, strict=True)
        )
        origin_x, origin_y = (math.floor(edge + 1e-6) - 2 * factor for edge in (left, top))
        columns, rows = (
            math.ceil((end - start) / factor) + 3
            for end, start in ((right, origin_x), (bottom, origin_y))
        )
        box = tuple(
            (edge - start) / factor
            for edge, start in zip(
                (left, top, right, bottom), (origin_x, origin_y) * 2, strict=True
            )
        )
        return level, (origin_x, origin_y), (columns, rows), factor, box

    def thumbnail(self, max_px: int = 1024) -> Pixels:
        """The whole slide, its longer side at most max_px, uint8 (h, w, 3)."""
        scale = max(self.width / max_px, self.height / max_px, 1.0)
        size = (max(1, round(self.width / scale)), max(1, round(self.height / scale)))
        return self.read_box((0, 0, self.width, self.height), size, outside="edge")

    def read_overview(self, *, max_px: int = 4096) -> tuple[Pixels, float, float]:
        """The whole slide for measuring: rgb, and the level-0 px per overview px in x and y.

        A level whose longer side is max_px / 2 to max_px is taken as it is: four times faster.
        """
        for level, size in enumerate(self.level_sizes):
            if max_px / 2 <= max(size) <= max_px:
                return self.read_level(level, 0, 0, *size), *self.level_scales[level]
        rgb = self.thumbnail(max_px)
        return rgb, self.width / rgb.shape[1], self.height / rgb.shape[0]

    def best_level(self, scale: float) -> int:
        """The coarsest level that is still as fine as `scale` level-0 px per px, within 1 %."""
        fine = [
            i for i, own in enumerate(self.level_scales) if max(own) <= scale * (1 + SAME_SCALE)
        ]
        return fine[-1] if fine else 0

    def require_mpp(self) -> float:
        if self.mpp is None:
            raise SlideError(
                f"{self.path.name} has no believable resolution; "
                "say how many um per px it has on the slide's page.",
                "unknown_mpp",
            )
        return self.mpp

    def color_profile(self) -> ImageCms.ImageCmsProfile | None:
        """The scanner's ICC profile (PIL.ImageCms), None where the slide carries none."""
        return self._slide.color_profile

    def share_cache(self, cache: openslide.OpenSlideCache) -> None:
        """Let several open slides share one cache of decoded tiles."""
        self._slide.set_cache(cache)

    # One level's px --------------------------------------------------------

    def _read_reduced(
        self,
        level: int,
        origin: tuple[int, int],
        size: tuple[int, int],
        factor: int,
        outside: Literal["white", "edge"],
    ) -> Pixels:
        """A block of a level averaged over factor x factor px, in bands to spare memory."""
        width, height = size[0] * factor, size[1] * factor
        parts = [
            self._read_block(level, origin[0], origin[1] + start, width, rows, outside=outside)
            for start, rows in bands(width, height, factor)
        ]
        if factor == 1:
            return np.concatenate(parts)
        return np.concatenate([np.asarray(Image.fromarray(part).reduce(factor)) for part in parts])

    def _read_block(
        self,
        level: int,
        left: int,
        top: int,
        width: int,
        height: int,
        *,
        outside: Literal["white", "edge"] = "white",
    ) -> Pixels:
        """Level px [left, left + width) x [top, top + height), uint8 (height, width, 3)."""
        level_width, level_height = self.level_sizes[level]
        x0, x1 = (min(max(x, 0), level_width) for x in (left, left + width))
        y0, y1 = (min(max(y, 0), level_height) for y in (top, top + height))
        if x0 == left and y0 == top and x1 == left + width and y1 == top + height:
            return self._read_inside(level, left, top, width, height)
        if outside == "edge":
            return self._read_with_edge(level, left, top, width, height)
        block = np.full((height, width, 3), GLASS, np.uint8)
        if x1 > x0 and y1 > y0:
            inside = self._read_inside(level, x0, y0, x1 - x0, y1 - y0)
            block[y0 - top : y1 - top, x0 - left : x1 - left] = inside
        return block

    def _read_with_edge(self, level: int, left: int, top: int, width: int, height: int) -> Pixels:
        """The same block with the nearest px of the level repeated outside of it."""
        level_width, level_height = self.level_sizes[level]
        x = np.clip(np.arange(left, left + width), 0, level_width - 1)
        y = np.clip(np.arange(top, top + height), 0, level_height - 1)
        inside = self._read_inside(
            level, int(x[0]), int(y[0]), int(x[-1] - x[0]) + 1, int(y[-1] - y[0]) + 1
        )
        return inside[y - y[0]][:, x - x[0]]

    def _read_inside(self, level: int, left: int, top: int, width: int, height: int) -> Pixels:
        if self._held is not None and self._held[0] == level:
            _, held_left, held_top, pixels = self._held
            x, y = left - held_left, top - held_top
            return pixels[y : y + height, x : x + width]
        if self._tiles is not None and self.is_direct(level):
            boxes = np.array([[left, top, left + width, top + height]])
            if found := self._tiles.read(level, boxes):
                return found[0]
        return self._read_by_openslide(level, left, top, width, height)

    def _read_by_openslide(
        self, level: int, left: int, top: int, width: int, height: int
    ) -> Pixels:
        own = self._slide.level_downsamples[level]
        corner_l0 = (round(left * own), round(top * own))
        try:
            rgba = self._slide.read_region(corner_l0, level, (width, height))
        except openslide.OpenSlideError as error:
            raise SlideError(
                f"{self.path.name} opens, but its pixels cannot be read ({error}). "
                "The file is damaged; copy or export it again.",
                "unreadable",
            ) from error
        return on_white(self._with_opaque_edge(np.array(rgba), level, left, top))

    def _with_opaque_edge(self, rgba: Pixels, level: int, left: int, top: int) -> Pixels:
        """Undo OpenSlide's blending of a level's last row and column with the void beyond."""
        level_width, level_height = self.level_sizes[level]
        if top + rgba.shape[0] == level_height:
            rgba[-1, :, 3][rgba[-1, :, 3] > 0] = 255
        if left + rgba.shape[1] == level_width:
            rgba[:, -1, 3][rgba[:, -1, 3] > 0] = 255
        return rgba


def _square(x_l0: float, y_l0: float, side_l0: float) -> tuple[float, float, float, float]:
    return x_l0, y_l0, x_l0 + side_l0, y_l0 + side_l0


def level_scale(size_l0: tuple[int, int], size: tuple[int, int]) -> tuple[float, float]:
    """Level-0 px per level px in x and y: a whole number wherever rounding explains the size."""
    whole = round((size_l0[0] / size[0] + size_l0[1] / size[1]) / 2)
    explained = all(
        own in (side // whole, -(-side // whole)) for side, own in zip(size_l0, size, strict=True)
    )
    if explained:
        return float(whole), float(whole)
    return size_l0[0] / size[0], size_l0[1] / size[1]
