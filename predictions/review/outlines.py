"""Outlines of a map's findings, along the edges of its cells."""

from typing import TypeAlias

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box

from predictions.components import each_label
from predictions.review.found import numbered_cells
from slides.regions import polygons_of

Area: TypeAlias = Polygon | MultiPolygon


def outlines_of(
    probabilities: np.ndarray,
    threshold: float,
    *,
    side_l0: float,
    mpp: float | None,
    size_l0: tuple[int, int],
) -> dict[int, Area]:
    """The outline of each finding by its number, in level-0 px, within the slide.

    Numbered as candidates are; size_l0: the slide's width and height.
    """
    numbers = numbered_cells(probabilities, threshold, side_l0=side_l0, mpp=mpp)
    whole = box(0, 0, *size_l0)
    return {
        number: area_of(shapely.intersection(_outline(mask, window, side_l0), whole))
        for number, window, mask in each_label(numbers)
    }


def _outline(cells: np.ndarray, window: tuple[slice, slice], side_l0: float) -> shapely.Geometry:
    """The outline of cells (rows, columns) of a window of the grid: the union of their runs."""
    edges = np.diff(cells.astype(np.int8), axis=1, prepend=0, append=0)
    rows, starts = np.nonzero(edges == 1)
    ends = np.nonzero(edges == -1)[1]  # of the same runs: both go row by row
    together = shapely.union_all(shapely.box(starts, rows, ends, rows + 1))
    corner = np.array([window[1].start, window[0].start])
    return shapely.transform(together, lambda points: (points + corner) * side_l0)


def area_of(geometry: shapely.Geometry) -> Area:
    """The areas of a geometry, stray lines and points left out."""
    parts = polygons_of(geometry)
    return parts[0] if len(parts) == 1 else MultiPolygon(parts)
