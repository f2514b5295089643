"""Where a map calls tumour, also where um per px is unknown: then without sizes."""

from dataclasses import dataclass

import numpy as np

from predictions.components import TOUCHING, each_label
from predictions.lesions import LesionRules, map_lesions
from predictions.stitching import tumour_cells

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Found:
    """One lesion of a map. Sizes are None where um per px is unknown. box_l0: left, top, ..."""

    confidence: float
    x_l0: float
    y_l0: float
    box_l0: Box
    cells: int
    area_um2: float | None = None
    diameter_um: float | None = None
    uncertainty_um: float | None = None
    size_class: str = ""


def found_in(
    probabilities: np.ndarray,
    threshold: float,
    *,
    side_l0: float,
    mpp: float | None,
    size_l0: tuple[int, int],
) -> list[Found]:
    """The lesions of a map (rows, columns), the surest first.

    With um per px they are those of `map_lesions`. Without, cells that touch by sides or corners
    are one lesion, for no distance to merge at is known.
    """
    if mpp is None:
        found = _touching(probabilities, threshold, side_l0, size_l0)
        return [one for _label, one in found[0]]
    rules = LesionRules(threshold)
    told = map_lesions(probabilities, rules, side_l0=side_l0, mpp=mpp, size_l0=size_l0)
    return [
        Found(
            one.confidence,
            one.x_l0,
            one.y_l0,
            one.box_l0,
            one.cells,
            area_um2=one.area_um2,
            diameter_um=one.diameter_um,
            uncertainty_um=one.uncertainty_um,
            size_class=one.size_class,
        )
        for one in told.lesions
    ]


def numbered_cells(
    probabilities: np.ndarray, threshold: float, *, side_l0: float, mpp: float | None
) -> np.ndarray:
    """(rows, columns) int32: which of `found_in` a cell is of, counted from 1; 0 where of none."""
    if mpp is None:
        size_l0 = round(probabilities.shape[1] * side_l0), round(probabilities.shape[0] * side_l0)
        found, labels = _touching(probabilities, threshold, side_l0, size_l0)
        order = [label for label, _one in found]
    else:
        told = map_lesions(probabilities, LesionRules(threshold), side_l0=side_l0, mpp=mpp)
        order, labels = [one.number for one in told.lesions], told.labels
    number_of = np.zeros(int(labels.max(initial=0)) + 1, np.int32)
    number_of[order] = np.arange(1, len(order) + 1)
    return number_of[labels]


def _touching(
    probabilities: np.ndarray, threshold: float, side_l0: float, size_l0: tuple[int, int]
) -> tuple[list[tuple[int, Found]], np.ndarray]:
    """Label and finding of cells that touch, the surest first, and the labels."""
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    labels, _ = ndimage.label(tumour_cells(probabilities, threshold), structure=TOUCHING)
    found = []
    for number, (rows, columns), mask in each_label(labels):
        scores = np.where(mask, probabilities[rows, columns], -np.inf)
        row, column = np.unravel_index(int(scores.argmax()), scores.shape)
        x = min((columns.start + int(column) + 0.5) * side_l0, size_l0[0] - 1.0)
        y = min((rows.start + int(row) + 0.5) * side_l0, size_l0[1] - 1.0)
        edges = (columns.start, rows.start, columns.stop, rows.stop)
        left, top, right, bottom = (edge * side_l0 for edge in edges)
        best, cells = float(scores[row, column]), int(np.count_nonzero(mask))
        found.append((number, Found(best, x, y, (left, top, right, bottom), cells)))
    return sorted(found, key=lambda one: -one[1].confidence), labels


def highest_within(probabilities: np.ndarray, side_l0: float, box_l0: Box) -> float | None:
    """The highest probability that a map gives within a box; None where it assessed nothing."""
    rows, columns = probabilities.shape
    left, top, right, bottom = (edge / side_l0 for edge in box_l0)
    window = probabilities[
        max(0, int(top)) : min(rows, int(np.ceil(bottom - 1e-9))),
        max(0, int(left)) : min(columns, int(np.ceil(right - 1e-9))),
    ]
    known = window[~np.isnan(window)]
    return float(known.max()) if len(known) else None
