"""Mask TIFF -> outlines: the tumour value is found in the file, never assumed."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from rasterio import Affine
from rasterio.features import shapes
from shapely import Polygon, box

from slides.mask_blocks import (
    COLOUR,
    Block,
    blocks_of,
    declared_labels,
    declared_value,
    opened_mask,
    remarks,
)
from slides.outlines import MAX_CORNERS, Tell, Truth, TruthError, too_many_corners
from slides.regions import Region, polygons_of

MAX_VALUES = 8
MAX_PIECES = 2_000_000
# In CAMELYON17's masks 1 is metastasis and 2 normal tissue.
CAMELYON17 = {1: "tumour", 2: "normal"}


@dataclass
class _Tally:
    """What was seen so far: pixels of each value, and its polygons block by block."""

    pixels: dict[int, int] = field(default_factory=dict)
    inner: dict[int, list[Polygon]] = field(default_factory=dict)
    at_seams: dict[int, list[Polygon]] = field(default_factory=dict)

    @property
    def values(self) -> list[int]:
        return sorted(value for value in self.pixels if value)


def read_mask(path: Path, *, tumour_value: int | None = None, tell: Tell | None = None) -> Truth:
    """Outlines along the pixel edges of a mask TIFF, in px of its largest page.

    Two values, 0 and another: the other is tumour. 0, 1, 2: as in CAMELYON17. All 0: an explicit
    "no tumour". Anything else is refused with the list of values, unless tumour_value says which.
    Raises TruthError.
    """
    with opened_mask(path) as page:
        width, height = int(page.imagewidth), int(page.imagelength)
        tally = _counted(_told(blocks_of(page), height, tell), path.name)
        notes, declared = remarks(page), declared_value(page)
        legend, scale_l0 = declared_labels(page)
    labels = labels_of(tally.pixels, tumour_value, (declared, legend), path.name)
    regions = [
        Region(label, polygon)
        for value, label in labels.items()
        for polygon in _merged(tally, value)
    ]
    notes += _notes(tally, labels)
    truth = Truth("mask_tiff", tuple(regions), width, height, tuple(notes), scale_l0=scale_l0)
    if truth.corner_count > MAX_CORNERS:
        raise too_many_corners(path.name, truth.corner_count)
    return truth


def _told(blocks: Iterable[Block], height: int, tell: Tell | None) -> Iterator[Block]:
    """The same blocks; tells of each how many rows of the mask lie above it."""
    for block in blocks:
        if tell:
            tell(block.y, height)
        yield block


def _counted(blocks: Iterable[Block], file_name: str) -> _Tally:
    tally = _Tally()
    piece_count = 0
    for block in blocks:
        for value, polygons in _polygons(block, tally):
            piece_count += len(polygons)
            seam = _touching_edge(polygons, block)
            tally.at_seams.setdefault(value, []).extend(polygons[seam])
            tally.inner.setdefault(value, []).extend(polygons[~seam])
        if len(tally.values) > MAX_VALUES:
            raise TruthError(_too_many_values(tally, file_name), "mask_values")
        if piece_count > MAX_PIECES:
            raise TruthError(
                f"{file_name} falls into more than {MAX_PIECES} specks; expected outlines. "
                "Smooth the mask, or give it at a coarser level.",
                "mask_values",
            )
    return tally


def _polygons(block: Block, tally: _Tally) -> Iterator[tuple[int, np.ndarray]]:
    """Polygons of each value other than 0 in the block; counts the pixels of all values."""
    lowest, highest = int(block.values.min()), int(block.values.max())
    if lowest == highest:
        tally.pixels[lowest] = tally.pixels.get(lowest, 0) + block.values.size
        if lowest:
            yield lowest, np.array([_frame(block)], dtype=object)
        return
    values = _values_in(block.values, lowest, highest)
    for value in values[: MAX_VALUES + 2]:
        is_value = block.values == value
        tally.pixels[value] = tally.pixels.get(value, 0) + int(np.count_nonzero(is_value))
        if value and len(values) <= MAX_VALUES + 1:
            yield value, _traced(is_value, block)


def _values_in(pixels: np.ndarray, lowest: int, highest: int) -> list[int]:
    """All values; most blocks hold two, which is seen without sorting their pixels."""
    if ((pixels == lowest) | (pixels == highest)).all():
        return [lowest, highest]
    values: list[int] = np.unique(pixels).tolist()
    return values


def _traced(is_value: np.ndarray, block: Block) -> np.ndarray:
    """Exact outlines of the True pixels: rasterio's, as OpenCV's lose half a pixel all round."""
    rows, columns = (np.flatnonzero(is_value.any(axis=axis)) for axis in (1, 0))
    part = is_value[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    frame = Affine.translation(block.x + int(columns[0]), block.y + int(rows[0]))
    outlines = shapes(part.view(np.uint8), mask=part, connectivity=4, transform=frame)
    rings = [outline["coordinates"] for outline, _ in outlines]
    return np.array([Polygon(ring[0], ring[1:]) for ring in rings], dtype=object)


def _frame(block: Block) -> Polygon:
    height, width = block.values.shape
    return box(block.x, block.y, block.x + width, block.y + height)


def _touching_edge(polygons: np.ndarray, block: Block) -> np.ndarray:
    left, top, right, bottom = _frame(block).bounds
    bounds = shapely.bounds(polygons)
    touching: np.ndarray = (bounds == (left, top, right, bottom)).any(axis=1)
    return touching


def _merged(tally: _Tally, value: int) -> list[Polygon]:
    """The polygons of a value across all blocks, without the corners that the seams left.

    Raises ValueError if the area is not the number of pixels, which would be a fault here.
    """
    joined = polygons_of(shapely.union_all(tally.at_seams[value]))
    polygons = [_without_straight_corners(one) for one in joined] + tally.inner[value]
    area = float(sum(polygon.area for polygon in polygons))
    if area != tally.pixels[value]:
        raise ValueError(f"Outlines of value {value}: {area} px², mask: {tally.pixels[value]} px.")
    return polygons


def _without_straight_corners(polygon: Polygon) -> Polygon:
    rings = [_turning_points(ring) for ring in (polygon.exterior, *polygon.interiors)]
    return Polygon(rings[0], rings[1:])


def _turning_points(ring: Any) -> np.ndarray:
    """The corners of a closed ring at which it turns."""
    points: np.ndarray = shapely.get_coordinates(ring)[:-1]
    before, after = points - np.roll(points, 1, axis=0), np.roll(points, -1, axis=0) - points
    is_turn = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    return np.compress(is_turn, points, axis=0)


def labels_of(
    found: Collection[int],
    said: int | None,
    declared: tuple[int | None, dict[int, str]],
    file_name: str,
) -> dict[int, str]:
    """What each value of a mask means: said by a person, declared by the file, or plain.

    found: its values, 0 among them where it holds any. declared: the tumour value, and a legend.
    Raises TruthError where this leaves open what is tumour.
    """
    values, (value, legend) = sorted(set(found) - {0}), declared
    if said is not None:
        if said not in values:
            raise TruthError(
                f"{file_name} has no pixel of value {said}; it holds {_listed(found)}. "
                "Give one of these as tumour value.",
                "mask_values",
            )
        return {said: "tumour"}
    if legend and set(values) <= legend.keys():
        return {one: legend[one] for one in values}
    if value is not None:
        return {value: "tumour"} if value in values else {}
    if values == [1, 2]:
        return CAMELYON17
    if not values or (len(values) == 1 and 0 in found):
        return dict.fromkeys(values, "tumour")
    raise TruthError(_ask_for_value(found, file_name), "mask_values")


def _ask_for_value(found: Collection[int], file_name: str) -> str:
    if len(set(found) - {0}) == 1:
        return (
            f"Every pixel of {file_name} is {_listed(found)}, so that nothing tells tumour from "
            "the rest. If all of it is tumour, give this as tumour value."
        )
    return (
        f"{file_name} holds {_listed(found)}; expected 0 and one more value (or 1 and 2, as in "
        "CAMELYON17). Say by the tumour value which one is tumour."
    )


def _too_many_values(tally: _Tally, file_name: str) -> str:
    return (
        f"{file_name} holds more than {MAX_VALUES} values ({_listed(tally.pixels)} ...), so it is "
        "no mask but a picture, a probability map, or a mask saved with losses (as JPEG). "
        "Export a mask of 0 and 1 without losses."
    )


def _listed(found: Collection[int]) -> str:
    return ", ".join(_named(value) for value in sorted(set(found))[: MAX_VALUES + 2])


def _named(value: int) -> str:
    return f"#{value - COLOUR:06x} ({value})" if value >= COLOUR else str(value)


def _notes(tally: _Tally, labels: dict[int, str]) -> list[str]:
    found = [f"{_named(value)} = {label}" for value, label in sorted(labels.items())]
    notes = [f"Values read: {', '.join(found)}."] if found else ["The mask says: no tumour."]
    if 2 in labels and labels[2] == "tumour":
        notes.append("In CAMELYON17's masks 2 is normal tissue: check that here it is tumour.")
    others = [value for value in tally.values if value not in labels]
    if others:
        notes.append(f"Left out: {', '.join(_named(value) for value in others)}.")
    return notes
