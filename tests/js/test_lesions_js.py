"""Lesions in the browser are those of the server, cell for cell, on maps of any kind."""

import json
import shutil

import numpy as np
import pytest

from predictions.lesions import LesionRules, map_lesions
from predictions.stitching import called_from, called_values
from tests.js.test_js import SCRIPTS, answer_of

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is absent: scripts are not tested"
)


def browsers(cases: list[dict]) -> list[list[dict]]:
    return answer_of(
        f"import {{ lesionsOf }} from {json.dumps(str(SCRIPTS / 'maps/lesions.js'))};"
        f"const cases = {json.dumps(cases)};"
        "console.log(JSON.stringify(cases.map(({ grid, values, cut, cellUm }) => lesionsOf(grid,"
        " Uint8Array.from(values, (value) => (value >= cut ? 1 : 0)), Uint8Array.from(values),"
        " cellUm))));"
    )


def random_map(draw: np.random.Generator) -> np.ndarray:
    """Blobs, rings and crumbs of probability, with parts that were not assessed."""
    rows, columns = draw.integers(1, 60, 2)
    y, x = np.mgrid[:rows, :columns]
    found = draw.random((rows, columns)) ** draw.uniform(1, 12)
    for _ in range(draw.integers(0, 5)):
        far = np.hypot(y - draw.uniform(0, rows), x - draw.uniform(0, columns))
        radius, width = draw.uniform(1, 15), draw.uniform(0.7, 6)
        found = np.where(np.abs(far - radius) < width, draw.uniform(0.3, 1), found)
    return np.where(draw.random((rows, columns)) < draw.choice([0, 0.1, 0.5]), np.nan, found)


def case_of(found: np.ndarray, threshold: float, cell_um: float) -> dict:
    return {
        "grid": {"columns": found.shape[1], "rows": found.shape[0]},
        "values": called_values(found, threshold).ravel().tolist(),
        "cut": called_from(threshold),
        "cellUm": cell_um,
    }


def test_lesions_on_random_maps_are_the_servers():
    draw = np.random.default_rng(5)
    maps = [random_map(draw).astype(np.float32) for _ in range(150)]
    asked = [
        (one, draw.uniform(0.05, 1), draw.uniform(0.2, 1), draw.uniform(8, 700)) for one in maps
    ]
    cases = [case_of(one, cut, side * mpp) for one, cut, mpp, side in asked]
    shown = browsers(cases)
    count = 0
    for (one, cut, mpp, side), lesions in zip(asked, shown, strict=True):
        own = map_lesions(one, LesionRules(cut), side_l0=side, mpp=mpp).lesions
        assert len(lesions) == len(own)
        count += len(own)
        expected = {_box(lesion.box_l0, side): lesion for lesion in own}
        for lesion in lesions:
            same = expected.pop((lesion["x"], lesion["y"], lesion["width"], lesion["height"]))
            assert lesion["cells"] == same.cells
            assert lesion["diameterUm"] == pytest.approx(same.diameter_um, rel=1e-12)
            assert lesion["uncertaintyUm"] == pytest.approx(same.uncertainty_um, rel=1e-12)
            assert lesion["sizeClass"] == same.size_class
            assert lesion["isByHand"] == same.measure_by_hand
        cells = [lesion["cells"] for lesion in lesions]
        assert cells == sorted(cells, reverse=True)
    assert count > 500


def _box(box: tuple[float, float, float, float], side: float) -> tuple[int, int, int, int]:
    left, top, right, bottom = (round(edge / side) for edge in box)
    return left, top, right - left, bottom - top


def test_the_limits_are_told_with_their_uncertainty():
    """100 um cells: two in a row are 200 um, ITC; near 2 mm the class is to be measured."""
    line = np.full((5, 30), 0.0, np.float32)
    line[0, :2], line[2, :8], line[4, :20] = 1, 1, 1
    (lesions,) = browsers([case_of(line, 0.5, 100)])
    told = [(one["diameterUm"], one["sizeClass"], one["isByHand"]) for one in lesions]
    assert told == [(2000, "micro", True), (800, "micro", False), (200, "itc", True)]


def test_no_call_no_lesion():
    assert browsers([case_of(np.full((3, 3), np.nan, np.float32), 0.5, 100)]) == [[]]
