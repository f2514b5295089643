"""Slides read by several versions that differ in what they find, and reports of them."""

from collections.abc import Sequence

import numpy as np
import pytest
from shapely import box

from predictions import reports, tasks
from predictions.models import Report
from training.models import ModelVersion

SIDE = 32  # level-0 px of a cell of 64 um
COLUMNS, ROWS = 20, 10
LESION = (1, 1, 3, 8)  # row, column, rows, columns


def cells(*spots) -> np.ndarray:
    """(row, column, rows, columns, probability)"""
    told = np.full((ROWS, COLUMNS), 0.01, np.float32)
    for row, column, rows, columns, probability in spots:
        told[row : row + rows, column : column + columns] = probability
    return told


def outline(row, column, rows, columns):
    return box(column * SIDE, row * SIDE, (column + columns) * SIDE, (row + rows) * SIDE)


@pytest.fixture
def made_slides(make_slide, annotate, make_version, predicted) -> list[ModelVersion]:
    """Versions A, B and C have read "one", "two", "none".

    B finds the lesion on "one" that A misses, loses that on "two", and has no false finding where
    A has one, on "none". C finds nothing.
    """
    versions = [make_version(name, mpp=2.0) for name in "ABC"]
    rgb = np.full((ROWS * SIDE, COLUMNS * SIDE, 3), 150, np.uint8)
    rgb[: 5 * SIDE] = (200, 30, 120)
    maps = {
        "one": (cells((5, 15, 1, 1, 0.4)), cells((2, 2, 1, 2, 0.9)), [LESION]),
        "two": (cells((2, 2, 1, 2, 0.8)), cells(), [LESION]),
        "none": (cells((8, 15, 1, 1, 0.7)), cells(), []),
    }
    for name, (first, second, lesions) in maps.items():
        slide = make_slide(name, rgb, mpp=2.0, subset="test")
        annotate(slide, *(outline(*each) for each in lesions))
        for version, told in zip(versions, (first, second, cells()), strict=True):
            predicted(slide, version, told)
    return versions


def report_of(versions: Sequence[ModelVersion], names: Sequence[str]) -> Report:
    row = reports.request_report([one for one in versions if one.name in names], "test")
    assert tasks.run_report(row), row.error
    return row
