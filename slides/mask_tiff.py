"""Masks as tiled pyramids that OpenSlide opens, written band by band."""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import groupby, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any, Protocol

import imagecodecs
import numpy as np
import tifffile
from shapely.geometry.base import BaseGeometry

from slides.mask_reader import read_mask
from slides.regions import BAND_ROWS, Region, geometry_of, raster_bands, tumour_geometry

__all__ = ["CellGrid", "read_mask", "write_cell_mask", "write_label_mask", "write_mask"]

# 1 and 2 as in CAMELYON17; in the order in which they are laid over each other.
LABEL_VALUES = {"tumour": 1, "normal": 2, "artefact": 4, "ignore": 3}

TILE_PX = BAND_ROWS
SMALLEST_LEVEL_PX = 1024
Values = np.ndarray[Any, np.dtype[np.uint8]]
# (width, height, scale) of a level -> (first row, (rows, width)), empty bands left out.
Bands = Callable[[int, int, int], Iterator[tuple[int, Values]]]


class CellGrid(Protocol):
    """What is asked of a patch grid: the side of a cell in level-0 px."""

    @property
    def side_l0(self) -> float: ...


@dataclass(frozen=True)
class _Plan:
    width: int
    height: int
    mpp: float | None
    description: str
    factor: int = 1

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f"A mask has at least 1 x 1 px, got {self.width} x {self.height}.")
        if self.mpp is not None and not self.mpp > 0:
            raise ValueError(f"um per px are above 0, or None if unknown, got {self.mpp!r}.")

    @property
    def downsamples(self) -> list[int]:
        """1, 2, 4, ... down to a level that fits a screen."""
        levels = [1]
        while max(self.width, self.height) // levels[-1] > SMALLEST_LEVEL_PX:
            levels.append(levels[-1] * 2)
        return levels

    def size_at(self, downsample: int) -> tuple[int, int]:
        """Width and height of a level, rounded down as scanners do."""
        return max(1, self.width // downsample), max(1, self.height // downsample)


def write_mask(
    path: Path,
    regions: Sequence[Region],
    *,
    width: int,
    height: int,
    mpp: float | None,
    value: int = 1,
    is_synthetic: bool = False,
) -> None:
    """Write the tumour of a slide as a mask: value where a pixel's middle lies in tumour, else 0.

    width, height: of the slide's level 0, which the mask's own level 0 matches px by px.
    mpp: um per px for the resolution tags; None leaves them out. value: 1 to 255.
    A pyramid of 2x levels, tiled, deflated BigTIFF; a slide of 100,000 px needs no more than
    a band of it in memory. Raises ValueError if value or size make no mask.
    """
    if not 1 <= value <= 255:
        raise ValueError(f"A mask holds 0 and a value of 1 to 255, got {value}.")
    facts = {"content": "truth", "tumour_value": value, "synthetic": is_synthetic}
    size, geometry = (width, height), tumour_geometry(regions)
    write_area_mask(path, geometry, size=size, mpp=mpp, value=value, facts=facts)


def write_area_mask(
    path: Path,
    geometry: BaseGeometry,
    *,
    size: tuple[int, int],
    mpp: float | None,
    value: int,
    facts: Mapping[str, Any],
) -> None:
    """Write an area in level-0 px as a mask, as write_mask does a slide's tumour.

    size: width and height of the slide. facts: JSON for the file's ImageDescription.
    """

    def bands(columns: int, rows: int, scale: int) -> Iterator[tuple[int, Values]]:
        for row, band in raster_bands(geometry, width=columns, height=rows, scale=scale):
            yield row, band.view(np.uint8)

    _write(path, bands, _Plan(*size, mpp, json.dumps({"sentinode": facts}), value))


def label_mask_size(width: int, height: int, scale: float) -> tuple[int, int]:
    """Width and height of a label mask that covers a slide at scale level-0 px per px."""
    return max(1, math.ceil(width / scale)), max(1, math.ceil(height / scale))


def write_label_mask(
    path: Path,
    regions: Sequence[Region],
    *,
    size: tuple[int, int],
    mpp: float,
    mask_mpp: float,
    is_synthetic: bool = False,
) -> None:
    """Write every label of a slide as a value of its own (see LABEL_VALUES), 0 where there is none.

    size: width and height of the slide's level 0, of mpp um per px. mask_mpp: um per px of the
    mask, whose corner (0, 0) is the slide's. Normal tissue lies over tumour, what is to be left
    out of account over both. The legend and the scale are in the ImageDescription, as JSON.
    Raises ValueError unless mask_mpp is at least mpp.
    """
    if not mask_mpp >= mpp * (1 - 1e-9):
        raise ValueError(
            f"A label mask of {mask_mpp:g} um per px would be finer than the slide, which has "
            f"{mpp:g}. Give {mpp:g} or more."
        )
    scale = mask_mpp / mpp
    shapes = [(value, geometry_of(regions, label)) for label, value in LABEL_VALUES.items()]

    def bands(columns: int, rows: int, downsample: int) -> Iterator[tuple[int, Values]]:
        return _label_bands(shapes, (columns, rows), scale * downsample)

    facts = {
        "content": "label mask",
        "labels": LABEL_VALUES,
        "scale_l0": scale,
        "um_per_px": mask_mpp,
        "synthetic": is_synthetic,
    }
    plan = _Plan(*label_mask_size(*size, scale), mask_mpp, json.dumps({"sentinode": facts}))
    _write(path, bands, plan)


def _label_bands(
    shapes: Sequence[tuple[int, BaseGeometry]], size: tuple[int, int], scale: float
) -> Iterator[tuple[int, Values]]:
    """Bands of label values, later shapes over earlier ones."""
    width, height = size
    layers = [
        _valued(raster_bands(shape, width=width, height=height, scale=scale), value)
        for value, shape in shapes
    ]
    for row, pieces in groupby(merge(*layers, key=itemgetter(0)), key=itemgetter(0)):
        labels = np.zeros((min(BAND_ROWS, height - row), width), np.uint8)
        for _, value, band in pieces:
            labels[band] = value
        yield row, labels


def _valued(
    bands: Iterator[tuple[int, np.ndarray[Any, np.dtype[np.bool_]]]], value: int
) -> Iterator[tuple[int, int, np.ndarray[Any, np.dtype[np.bool_]]]]:
    for row, band in bands:
        yield row, value, band


def write_cell_mask(
    path: Path,
    cells: Values,
    grid: CellGrid,
    *,
    width: int,
    height: int,
    mpp: float | None,
    description: str = "",
) -> None:
    """Write the cells of a patch grid as a mask, each over exactly its own box on the slide.

    cells: uint8 or bool (rows, columns), written as they are, True as 1. grid: its side_l0 is a
    cell's side in level-0 px; the box of (row, column) goes from round(column * side_l0) to
    round((column + 1) * side_l0). Cells that reach over the slide's edge are cut off there.
    description: ASCII, for the file's ImageDescription. Otherwise like write_mask.
    """
    if cells.ndim != 2:
        raise ValueError(f"Cells are an array of rows and columns, got shape {cells.shape}.")
    values = cells.astype(np.uint8)

    def bands(columns: int, rows: int, scale: int) -> Iterator[tuple[int, Values]]:
        return _cell_bands(values, grid.side_l0, (columns, rows), scale)

    _write(path, bands, _Plan(width, height, mpp, description))


def _cell_bands(
    cells: Values, side_l0: float, size: tuple[int, int], scale: int
) -> Iterator[tuple[int, Values]]:
    width, height = size
    padded = np.pad(cells, ((0, 1), (0, 1)))
    columns = _cell_of_pixel(width, cells.shape[1], side_l0, scale)
    rows = _cell_of_pixel(height, cells.shape[0], side_l0, scale)
    for row in range(0, height, BAND_ROWS):
        # Whole lines are copied, one per row of cells: picking pixels one by one is 10x slower.
        cell_rows, line_of = np.unique(rows[row : row + BAND_ROWS], return_inverse=True)
        lines = padded[cell_rows][:, columns]
        if lines.any():
            yield row, lines[line_of]


def _cell_of_pixel(length: int, count: int, side_l0: float, scale: int) -> np.ndarray[Any, Any]:
    """Cell under the middle of each pixel along one side; count where there is none."""
    edges = np.array([round(cell * side_l0) for cell in range(1, count + 1)])
    return np.searchsorted(edges, (np.arange(length) + 0.5) * scale, side="right")


def _write(path: Path, bands: Bands, plan: _Plan) -> None:
    """Write a level after the other into a file beside path, which then takes its name."""
    path = Path(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with tifffile.TiffWriter(part, bigtiff=True) as tiff:
            for downsample in plan.downsamples:
                _write_level(tiff, bands, plan, downsample)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _write_level(tiff: "tifffile.TiffWriter", bands: Bands, plan: _Plan, downsample: int) -> None:
    width, height = plan.size_at(downsample)
    is_first = downsample == 1
    tiff.write(
        _tiles(bands(width, height, downsample), (width, height), plan.factor),
        shape=(height, width),
        dtype=np.uint8,
        tile=(TILE_PX, TILE_PX),
        photometric="minisblack",
        compression="adobe_deflate",
        subfiletype=0 if is_first else 1,
        description=plan.description if is_first else None,
        software="Sentinode",
        metadata=None,
        **_resolution(plan.mpp, downsample),
    )


def _resolution(mpp: float | None, downsample: int) -> dict[str, Any]:
    if mpp is None:
        return {}
    px_per_cm = 1e4 / (mpp * downsample)
    return {"resolution": (px_per_cm, px_per_cm), "resolutionunit": "CENTIMETER"}


def _tiles(
    bands: Iterator[tuple[int, Values]], size: tuple[int, int], factor: int
) -> Iterator[bytes]:
    """All tiles of a level in the file's order, deflated; the empty one is deflated once."""
    width, height = size
    columns = -(-width // TILE_PX)
    empty = _deflated(np.zeros((TILE_PX, TILE_PX), np.uint8))
    next_row = 0
    for row, band in bands:
        yield from repeat(empty, (row - next_row) // TILE_PX * columns)
        yield from _tiles_of(band, factor, empty)
        next_row = row + TILE_PX
    yield from repeat(empty, -(-(height - next_row) // TILE_PX) * columns)


def _tiles_of(band: Values, factor: int, empty: bytes) -> Iterator[bytes]:
    for column in range(0, band.shape[1], TILE_PX):
        part = band[:, column : column + TILE_PX]
        if part.any():
            tile = np.zeros((TILE_PX, TILE_PX), np.uint8)
            tile[: part.shape[0], : part.shape[1]] = part * np.uint8(factor)
            yield _deflated(tile)
        else:
            yield empty


def _deflated(tile: np.ndarray[Any, Any]) -> bytes:
    return bytes(imagecodecs.deflate_encode(tile.tobytes(), level=6))
