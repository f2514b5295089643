"""Slides of 96 x 64 px at 8 um, with a version whose cells are 16 px: 6 x 4 cells of 128 um.

Coarse on purpose: lesions of a third of a millimetre fit, and brute force stays quick.
"""

import numpy as np
import pytest
from shapely import box

from predictions import reports, tasks
from predictions.models import Report

MPP, PATCH_PX = 8.0, 16
COLUMNS, ROWS = 6, 4
WIDE = (4, 4, 60, 20)  # 448 x 128 um, a micrometastasis
SMALL = (70, 40, 80, 50)  # 80 x 80 um, isolated tumour cells


@pytest.fixture
def coarse_slide(make_slide):
    def make(name: str, **fields):
        rgb = np.full((ROWS * PATCH_PX, COLUMNS * PATCH_PX, 3), 150, np.uint8)
        return make_slide(name, rgb, **{"mpp": MPP, "subset": "test"} | fields)

    return make


@pytest.fixture
def coarse_version(make_version):
    def make(name: str = "one", **fields):
        return make_version(name, mpp=MPP, patch_px=PATCH_PX, **fields)

    return make


@pytest.fixture
def read(coarse_slide, annotate, predicted):
    """read("name", [boxes], {version: map}): a slide with its truth and its maps."""

    def made(name, boxes, maps, **fields):
        slide = coarse_slide(name, **fields)
        annotate(slide, *(box(*one) for one in boxes))
        for version, probabilities in maps.items():
            predicted(slide, version, probabilities)
        return slide

    return made


@pytest.fixture
def reported(db):
    """reported([versions], subset, **rules): a report made here and now."""

    def made(versions, subset: str = "test", **rules):
        row = reports.request_report(versions, subset, **rules)
        tasks.run_report(row)
        row.refresh_from_db()
        assert row.status == "done", row.error
        return row

    return made


def cells(*called, low: float = 0.01, **values) -> np.ndarray:
    """A map that is low but in the called cells: (row, column, probability) each."""
    probabilities = np.full((ROWS, COLUMNS), low)
    for row, column, probability in called:
        probabilities[row, column] = probability
    return probabilities


def figures_of(row: Report, version) -> dict:
    return row.results["versions"][str(version.pk)]
