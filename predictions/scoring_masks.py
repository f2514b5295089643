"""Score a probability map against a mask of any size, px by px, without holding the mask.

The mask is read block by block and only counted: how many px of each value lie in each cell. All
px of a cell have the cell's probability, so these counts give every figure that comparing px by
px would give, exactly, for 100,000 x 100,000 px as for 100 x 100.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from predictions.evaluation import CellTruth, figure, ratio_parts
from predictions.ranking import (
    CALLS_ONLY,
    ScoreTable,
    is_binary,
    score_table,
    table_counts,
    table_pr_auc,
    table_roc_auc,
)
from slides.mask_blocks import Block, blocks_of, declared_labels, declared_value, opened_mask
from slides.mask_reader import MAX_VALUES, labels_of
from slides.outlines import TruthError

UNDEFINED = {
    "recall": "no tumour px was assessed",
    "precision": "no px was called tumour",
    "specificity": "no tumour-free px was assessed",
    "dice": "neither tumour nor a call in what was assessed",
    "iou": "neither tumour nor a call in what was assessed",
}
NEEDS_BOTH = "needs tumour and tumour-free px"


@dataclass(frozen=True)
class Cells:
    """The cells of a map over a slide. width, height, side_l0: level-0 px."""

    width: int
    height: int
    rows: int
    columns: int
    side_l0: float


@dataclass(frozen=True)
class CellPixels:
    """Mask px by cell, each (rows, columns) int64. A px is in the cell that its middle is in.

    total: px that the mask has there; whole: that it would have, went it on beyond its edge.
    """

    tumour: np.ndarray
    ignored: np.ndarray
    total: np.ndarray
    whole: np.ndarray

    @property
    def truth(self) -> CellTruth:
        """The truth of each cell: as elsewhere, beyond the slide's edge there is no tumour, and a
        cell with anything to ignore is left out."""
        share = self.tumour / np.maximum(self.whole, 1)
        return CellTruth(share.astype(np.float32), self.ignored > 0)


def count_mask(path: Path, cells: Cells, *, tumour_value: int | None = None) -> CellPixels:
    """Count the px of a mask TIFF in each cell.

    The mask has the slide's size, or that divided by one number. What is tumour: tumour_value,
    else what the file declares, else the one value beside 0, else 1 of CAMELYON17's 1 and 2.
    Raises TruthError, with a code, if the size or the values leave it open.
    """
    with opened_mask(path) as page:
        size = int(page.imagewidth), int(page.imagelength)
        scale = mask_scale(size, cells, path.name)
        counts = count_blocks(blocks_of(page), cells, scale=scale, file_name=path.name)
        declared = (declared_value(page), declared_labels(page)[0])
    has_rest = sum(int(own.sum()) for own in counts.values()) < size[0] * size[1]
    values = sorted(counts) + [0] * has_rest
    labels = labels_of(values, tumour_value, declared, path.name)
    return _by_label(counts, labels, cells, (scale, size))


def mask_scale(size: tuple[int, int], cells: Cells, file_name: str) -> float:
    """Level-0 px per mask px. Raises TruthError (size) unless it is the slide's or a whole part."""
    slide = cells.width, cells.height
    scale = max(1, round(max(slide) / max(size)))
    sides = zip(slide, size, strict=True)
    if not all(own in {side // scale, -(-side // scale)} for side, own in sides):
        raise TruthError(
            f"{file_name} has {size[0]} x {size[1]} px; the slide has {slide[0]} x {slide[1]}, "
            "and no whole number lies between them. Give the mask of this slide, of its size or "
            "of a level of it.",
            "size",
        )
    return float(scale)


def count_blocks(
    blocks: Iterable[Block], cells: Cells, *, scale: float, file_name: str = "the mask"
) -> dict[int, np.ndarray]:
    """Value -> px of it in each cell, (rows, columns) int64; 0, which is the rest, left out.

    Raises TruthError if there are more values than a mask has.
    """
    counts: dict[int, np.ndarray] = {}
    for block in blocks:
        lowest, highest = int(block.values.min()), int(block.values.max())
        if lowest == highest == 0:
            continue
        for value in _values_in(block.values, lowest, highest):
            if value:
                own = counts.setdefault(value, np.zeros((cells.rows, cells.columns), np.int64))
                _add(own, block, value, (cells, scale))
        if len(counts) > MAX_VALUES:
            raise TruthError(
                f"{file_name} holds more than {MAX_VALUES} values, so it is no mask but a "
                "picture or a probability map. Export a mask of 0 and 1 without losses.",
                "mask_values",
            )
    return counts


def _values_in(pixels: np.ndarray, lowest: int, highest: int) -> list[int]:
    """All values, or one more than a mask may hold; two are seen without sorting the px."""
    if lowest == highest:
        return [lowest]
    if ((pixels == lowest) | (pixels == highest)).all():
        return [lowest, highest]
    return np.unique(pixels)[: MAX_VALUES + 2].tolist()


def _add(counts: np.ndarray, block: Block, value: int, frame: tuple[Cells, float]) -> None:
    cells, scale = frame
    height, width = block.values.shape
    row, row_starts = _starts(block.y, height, cells.side_l0 / scale, cells.rows)
    column, column_starts = _starts(block.x, width, cells.side_l0 / scale, cells.columns)
    is_value = block.values == value
    if is_value.all():
        sizes = (np.diff(row_starts, append=height), np.diff(column_starts, append=width))
        own = np.outer(*sizes)
    else:
        bands = np.add.reduceat(is_value, row_starts, axis=0, dtype=np.int32)
        own = np.add.reduceat(bands, column_starts, axis=1, dtype=np.int64)
    counts[row : row + own.shape[0], column : column + own.shape[1]] += own


def _starts(start: int, length: int, side: float, count: int) -> tuple[int, np.ndarray]:
    """The first cell that px start..start + length lie in, and where each cell begins in them.

    side: of a cell in mask px. A px whose middle is beyond the last cell is counted in that.
    """
    middles = np.arange(start, start + length) + 0.5
    places = np.minimum((middles / side).astype(np.int64), count - 1)
    return int(places[0]), np.flatnonzero(np.diff(places, prepend=places[0] - 1))


def _by_label(
    counts: Mapping[int, np.ndarray],
    labels: Mapping[int, str],
    cells: Cells,
    frame: tuple[float, tuple[int, int]],
) -> CellPixels:
    """frame: level-0 px per mask px, and the mask's width and height."""
    scale, (width, height) = frame
    side = cells.side_l0 / scale
    down, across = _px_by_cell(height, side, cells.rows), _px_by_cell(width, side, cells.columns)

    def of(label: str) -> np.ndarray:
        own = [counts[value] for value, name in labels.items() if name == label]
        return np.sum(own, axis=0) if own else np.zeros((cells.rows, cells.columns), np.int64)

    return CellPixels(
        of("tumour"), of("ignore"), np.outer(down[0], across[0]), np.outer(down[1], across[1])
    )


def _px_by_cell(length: int, side: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Px of a mask in each cell along one axis, and those of whole cells."""
    reach = max(length, math.ceil(count * side - 0.5))
    places = np.minimum(((np.arange(reach) + 0.5) / side).astype(np.int64), count - 1)
    return (
        np.bincount(places[:length], minlength=count),
        np.bincount(places, minlength=count),
    )


# Figures -------------------------------------------------------------------


def pixel_table(probability_map: np.ndarray, pixels: CellPixels) -> ScoreTable:
    """Mask px by the probability of their cell. Cells not assessed and px to ignore are in none."""
    if probability_map.shape != pixels.total.shape:
        raise ValueError(
            f"map {probability_map.shape} and mask {pixels.total.shape} are of different grids; "
            "count the mask in the map's own cells"
        )
    is_seen = ~np.isnan(probability_map)
    free = pixels.total - pixels.tumour - pixels.ignored
    return score_table(probability_map[is_seen], pixels.tumour[is_seen], free[is_seen])


def pixel_metrics(
    probability_map: np.ndarray, pixels: CellPixels, *, threshold: float, px_mm2: float | None
) -> dict[str, Any]:
    """All figures of a map against a mask, px by px; areas None where um per px is unknown.

    px_mm2: area of a mask px. Tumour in cells not assessed is missed tumour, listed apart.
    """
    table = pixel_table(probability_map, pixels)
    counts = table_counts(table, threshold)
    figures = {
        name: figure(
            float(top / bottom) if bottom else None,
            n=int(bottom),
            unit="px",
            reason=UNDEFINED[name],
        )
        for name, (top, bottom) in ratio_parts(counts).items()
    }
    n = int(counts.sum())
    reason = CALLS_ONLY if is_binary(table) else NEEDS_BOTH
    for name, area_under in (("roc_auc", table_roc_auc), ("pr_auc", table_pr_auc)):
        area = None if is_binary(table) else area_under(table)
        figures[name] = figure(area, n=n, unit="px", reason=reason)
    outside = int(pixels.tumour[np.isnan(probability_map)].sum())
    tumour = int(pixels.tumour.sum())
    return {
        "figures": figures,
        "counts": dict(zip(("tp", "fp", "fn", "tn"), counts.tolist(), strict=True)),
        "threshold": threshold,
        "coverage": {
            "tumour_px": tumour,
            "tumour_outside_px": outside,
            "tumour_share_assessed": 1 - outside / tumour if tumour else None,
            "tumour_outside_mm2": None if px_mm2 is None else outside * px_mm2,
        },
    }
