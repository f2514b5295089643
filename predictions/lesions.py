"""Lesions of a probability map and of a truth: where, how large, how sure.

Sizes are physical, so there is nothing here for a slide of unknown um per px. A map's sizes are
read off its cells and never better than one of them: what lies within a cell of a limit is to be
measured by hand. Truth lesions follow the CAMELYON16 organisers' script.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from predictions.components import (
    MERGE_UM,
    each_label,
    filled,
    longest_diameter,
    major_axis,
    merged_labels,
)
from predictions.stitching import tumour_cells

ITC_UM = 200.0
MACRO_UM = 2000.0
ORGANISERS_MPP = 0.243  # of every slide, in the organisers' script
ORGANISERS_SCALE = 32  # level 5
SIZE_CLASSES = ("itc", "micro", "macro")
# What a slide with nothing but isolated tumour cells is taken for.
ITC_SLIDES = ("negative", "positive", "left_out")


class UnknownPixelSize(ValueError):
    """Lesions were asked for where um per px is unknown."""


@dataclass(frozen=True)
class LesionRules:
    """How a map becomes lesions. Cells are called at or above the threshold."""

    threshold: float
    merge_um: float = MERGE_UM
    min_area_um2: float = 0.0


@dataclass(frozen=True)
class Lesion:
    """One lesion of a map.

    number: its value in the labels. confidence: its highest probability. x_l0, y_l0: the middle
    of the cell that has it. box_l0: left, top, right, bottom of its cells. area_um2: of its
    cells, enclosed ones included, cells not assessed left out. diameter_um: the longest, which
    is uncertain by uncertainty_um, one cell, either way.
    """

    number: int
    confidence: float
    x_l0: float
    y_l0: float
    box_l0: tuple[float, float, float, float]
    cells: int
    area_um2: float
    diameter_um: float
    uncertainty_um: float

    @property
    def size_class(self) -> str:
        return size_class(self.diameter_um)

    @property
    def measure_by_hand(self) -> bool:
        """True within one cell of a limit, where the class may as well be its neighbour."""
        limits = (ITC_UM, MACRO_UM)
        return any(abs(self.diameter_um - limit) <= self.uncertainty_um for limit in limits)


@dataclass(frozen=True)
class MapLesions:
    """lesions: most confident first. labels: (rows, columns) int32. left_out: by minimum size."""

    lesions: tuple[Lesion, ...]
    labels: np.ndarray
    left_out: int

    def detections(self) -> np.ndarray:
        """(n, 3) confidence, x, y in level-0 px, as FROC and the challenge's files take them."""
        rows = [(one.confidence, one.x_l0, one.y_l0) for one in self.lesions]
        return np.array(rows, dtype=np.float64).reshape(-1, 3)


@dataclass(frozen=True)
class TruthLesion:
    """One lesion of a truth.

    major_axis_um: of the lesion grown by half the merge distance, by which ITC are told.
    diameter_um, area_um2, box_l0: of the outline itself. x_l0, y_l0: the middle of a tumour px.
    """

    number: int
    is_itc: bool
    major_axis_um: float
    diameter_um: float
    area_um2: float
    x_l0: float
    y_l0: float
    box_l0: tuple[float, float, float, float]

    @property
    def size_class(self) -> str:
        """itc by the organisers' rule; else macro above 2 mm, micro up to it."""
        if self.is_itc:
            return "itc"
        return "macro" if self.diameter_um > MACRO_UM else "micro"


@dataclass(frozen=True)
class TruthLesions:
    """labels: (rows, columns) int32, 0 = no lesion. scale: level-0 px per px of the labels."""

    lesions: tuple[TruthLesion, ...]
    labels: np.ndarray
    scale: float

    @property
    def itc_numbers(self) -> list[int]:
        return [one.number for one in self.lesions if one.is_itc]


def size_class(diameter_um: float) -> str:
    """itc up to 0.2 mm, micro above it and up to 2 mm, macro above."""
    if diameter_um <= ITC_UM:
        return "itc"
    return "micro" if diameter_um <= MACRO_UM else "macro"


def map_lesions(
    probability_map: np.ndarray,
    rules: LesionRules,
    *,
    side_l0: float,
    mpp: float | None,
    size_l0: tuple[int, int] | None = None,
) -> MapLesions:
    """The lesions of a map (rows, columns), NaN = not assessed and never part of one.

    side_l0: a cell's side in level-0 px. mpp: of the slide. size_l0: the slide's width and
    height, so that no coordinate lies beyond its edge. Raises UnknownPixelSize without mpp.
    """
    cell_um = side_l0 * _known(mpp)
    is_called = tumour_cells(probability_map, rules.threshold)
    labels = merged_labels(is_called, px_um=cell_um, merge_um=rules.merge_um)
    labels = np.where(filled(is_called) & ~np.isnan(probability_map), labels, 0).astype(np.int32)
    found, left_out = [], 0
    for number, window, mask in each_label(labels):
        if np.count_nonzero(mask) * cell_um**2 < rules.min_area_um2:
            labels[window][mask] = 0
            left_out += 1
            continue
        scores = np.where(mask, probability_map[window], -np.inf)
        found.append(_lesion(number, window, scores, (side_l0, cell_um, size_l0)))
    found.sort(key=lambda one: (-one.confidence, one.number))
    return MapLesions(tuple(found), labels, left_out)


def _known(mpp: float | None) -> float:
    if mpp is None or not (math.isfinite(mpp) and mpp > 0):
        raise UnknownPixelSize(
            f"lesions have sizes in um, and um per px of this slide is unknown (got {mpp!r}); "
            "give it on the slide's page first"
        )
    return mpp


def _lesion(
    number: int,
    window: tuple[slice, slice],
    scores: np.ndarray,
    scale: tuple[float, float, tuple[int, int] | None],
) -> Lesion:
    """scores: of the window, -inf outside the lesion. scale: cell side in px, in um, slide size."""
    side_l0, cell_um, size_l0 = scale
    mask = np.isfinite(scores)
    row, column = np.unravel_index(int(scores.argmax()), scores.shape)
    x = (window[1].start + int(column) + 0.5) * side_l0
    y = (window[0].start + int(row) + 0.5) * side_l0
    if size_l0:
        x, y = min(x, size_l0[0] - 1.0), min(y, size_l0[1] - 1.0)
    cells = int(np.count_nonzero(mask))
    return Lesion(
        number=number,
        confidence=float(scores[row, column]),
        x_l0=x,
        y_l0=y,
        box_l0=_box(window, side_l0),
        cells=cells,
        area_um2=cells * cell_um**2,
        diameter_um=longest_diameter(mask) * cell_um,
        uncertainty_um=cell_um,
    )


def _box(window: tuple[slice, slice], side_l0: float) -> tuple[float, float, float, float]:
    rows, columns = window
    edges = (columns.start, rows.start, columns.stop, rows.stop)
    left, top, right, bottom = (edge * side_l0 for edge in edges)
    return left, top, right, bottom


def peaks(
    probability_map: np.ndarray, *, side_l0: float, radius_l0: float, stop: float
) -> np.ndarray:
    """Detections by taking the highest cell, clearing a square around it, and again.

    (n, 3) confidence, x, y in level-0 px, until no cell left is at or above `stop`. The peers'
    way (NCRF: radius 768 px): it needs no threshold that parts lesions.
    """
    scores = np.nan_to_num(probability_map, nan=-np.inf)
    reach, found = int(radius_l0 // side_l0), []
    rows, columns = np.nonzero(scores >= stop)
    for index in np.argsort(-scores[rows, columns], kind="stable"):
        row, column = int(rows[index]), int(columns[index])
        confidence = float(scores[row, column])
        if confidence < stop:
            continue
        found.append((confidence, (column + 0.5) * side_l0, (row + 0.5) * side_l0))
        top, left = max(0, row - reach), max(0, column - reach)
        scores[top : row + reach + 1, left : column + reach + 1] = -np.inf
    return np.array(found, dtype=np.float64).reshape(-1, 3)


def truth_lesions(
    is_tumour: np.ndarray, *, scale: float = ORGANISERS_SCALE, mpp: float | None = ORGANISERS_MPP
) -> TruthLesions:
    """The lesions of a truth mask (rows, columns), numbered as they are looked up.

    scale: level-0 px per mask px. mpp: of level 0. ITC: lesions whose major axis, once grown by
    75 um in all, is under 275 um; they count neither as found nor as missed.
    Raises UnknownPixelSize without mpp.
    """
    px_um = _known(mpp) * scale
    labels = merged_labels(is_tumour, px_um=px_um)
    lesions = tuple(
        _truth_lesion(number, window, mask, is_tumour[window].astype(bool) & mask, (scale, px_um))
        for number, window, mask in each_label(labels)
    )
    return TruthLesions(lesions, labels, scale)


def _truth_lesion(
    number: int,
    window: tuple[slice, slice],
    grown: np.ndarray,
    outline: np.ndarray,
    units: tuple[float, float],
) -> TruthLesion:
    """grown, outline: masks within the window. units: level-0 px and um per px of them."""
    scale, px_um = units
    axis = major_axis(grown)
    rows, columns = np.nonzero(outline)
    row, column = rows[len(rows) // 2], columns[len(rows) // 2]
    top, left = window[0].start, window[1].start
    own = (
        slice(top + int(rows.min()), top + int(rows.max()) + 1),
        slice(left + int(columns.min()), left + int(columns.max()) + 1),
    )
    return TruthLesion(
        number=number,
        # compared in px, as the organisers do, so that rounding cannot part us
        is_itc=axis < (ITC_UM + MERGE_UM) / px_um,
        major_axis_um=axis * px_um,
        diameter_um=longest_diameter(outline) * px_um,
        area_um2=len(rows) * px_um**2,
        x_l0=(left + int(column) + 0.5) * scale,
        y_l0=(top + int(row) + 0.5) * scale,
        box_l0=_box(own, scale),
    )


def by_size_class(lesions: Sequence[Lesion | TruthLesion]) -> dict[str, int]:
    """How many lesions of each class, classes without any included."""
    counts = dict.fromkeys(SIZE_CLASSES, 0)
    for one in lesions:
        counts[one.size_class] += 1
    return counts
