"""Readings of slides made from a few cells, through the code that makes them from real maps."""

import numpy as np
from shapely import box

from predictions.cohort import SlideCells
from predictions.report_slides import (
    MapTerms,
    SlideReading,
    SlideTruth,
    lesions_of_truth,
    reading_of,
)
from slides.regions import Region

SIDE = 300  # level-0 px of a cell; at 0.25 um per px 75 um
SHAPE = (40, 40)
MPP = 0.25


def cells(*spots) -> np.ndarray:
    """A map of 40 x 40 cells, 0 but for (row, column, rows, columns, probability)."""
    told = np.zeros(SHAPE, np.float32)
    for row, column, rows, columns, probability in spots:
        told[row : row + rows, column : column + columns] = probability
    return told


def reading(
    name: str,
    probabilities: np.ndarray,
    *lesions,
    patient: str = "",
    threshold: float = 0.5,
    is_exhaustive: bool = True,
    mpp: float | None = MPP,
    figures: dict | None = None,
) -> SlideReading:
    """lesions: (row, column, rows, columns) of cells that people outlined."""
    regions = [
        Region("tumour", box(column, row, column + columns, row + rows))
        for row, column, rows, columns in (np.array(one) * SIDE for one in lesions)
    ]
    size = (SHAPE[1] * SIDE, SHAPE[0] * SIDE)
    outlined = None if mpp is None else lesions_of_truth(regions, size, mpp)
    truth = SlideTruth(
        pk=sum(name.encode()),
        name=name,
        patient=patient or name,
        has_tumour=bool(regions),
        is_exhaustive=is_exhaustive,
        lesions=None if outlined is None else outlined.lesions,
    )
    labels = np.zeros(1, bool)
    own = SlideCells(name, truth.patient, labels, np.zeros(1), 1.0, truth.has_tumour)
    metrics = {"figures": {key: {"value": value} for key, value in (figures or {}).items()}}
    told = SlideReading(truth, own, None, metrics=metrics)
    return reading_of(told, probabilities, outlined, MapTerms(threshold, SIDE, mpp, size))
