"""Seen tissue as the browser reckons it, against numpy and scipy."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from slides.coverage import grid_over, packed, tissue_counts, unseen_share
from tests.js.test_js import answer_of

MODULE = Path(__file__).resolve().parents[2] / "static" / "js" / "seen" / "coverage.js"

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is absent: scripts are not tested"
)


def asked(cases: list[dict], answer: str) -> list:
    return answer_of(
        f"import * as coverage from {json.dumps(str(MODULE))};"
        f"const cases = {json.dumps(cases)};"
        f"console.log(JSON.stringify(cases.map((each) => {{ {answer} }})));"
    )


def quadrilateral(draw: np.random.Generator) -> np.ndarray:
    """A turned rectangle's corners, (4, 2), some of it beyond the grid."""
    centre, angle = draw.uniform(-200, 3200, 2), draw.uniform(0, 2 * np.pi)
    half = draw.uniform(20, 1200, 2)
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    mirror = np.array([draw.choice([-1, 1]), 1])
    return corners @ turn.T * mirror + centre


def inside(corners: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Which points lie on the same side of all four edges."""
    sides = []
    for start, end in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        sides.append((end[0] - start[0]) * (y - start[1]) - (end[1] - start[1]) * (x - start[0]))
    return np.all(np.array(sides) >= 0, axis=0) | np.all(np.array(sides) <= 0, axis=0)


def test_a_turned_view_marks_the_cells_whose_middle_lies_in_it():
    draw = np.random.default_rng(11)
    grid = {"columns": 61, "rows": 47, "cellX": 48.3, "cellY": 51.7}
    views = [quadrilateral(draw) for _ in range(60)]
    cases = [{"grid": grid, "corners": [{"x": x, "y": y} for x, y in view]} for view in views]
    script = (
        "const seen = new Uint8Array(each.grid.columns * each.grid.rows);"
        "const box = coverage.lookAt(seen, each.grid, each.corners);"
        "return { box, seen: [...seen] };"
    )
    x = (np.arange(61) + 0.5) * 48.3
    y = (np.arange(47) + 0.5) * 51.7
    for view, told in zip(views, asked(cases, script), strict=True):
        expected = inside(view, x[None, :], y[:, None])
        np.testing.assert_array_equal(np.array(told["seen"]).reshape(47, 61), expected)
        if not expected.any():
            assert told["box"] is None
            continue
        rows, columns = ndimage.find_objects(expected.astype(int))[0]
        assert told["box"] == {
            "x": columns.start,
            "y": rows.start,
            "columns": columns.stop - columns.start,
            "rows": rows.stop - rows.start,
        }


def test_weights_shares_bits_and_the_largest_unseen_part_are_the_servers():
    draw = np.random.default_rng(12)
    cases, expected = [], []
    for _ in range(25):
        mask = ndimage.gaussian_filter(draw.random((83, 97)), 3) > 0.505
        grid = grid_over(mask.shape)
        seen = ndimage.gaussian_filter(draw.random(grid.shape), 4) > 0.5
        counts = tissue_counts(mask, grid)
        cases.append(
            {
                "grid": {"columns": grid.columns, "rows": grid.rows, "cellX": 10, "cellY": 10},
                "mask": {"columns": 97, "rows": 83, "bytes": (mask * 255).ravel().tolist()},
                "sidePx": grid.side_px,
                "bits": list(packed(seen)),
            }
        )
        labels, count = ndimage.label(~seen & (counts > 0), np.ones((3, 3)))
        largest = max(ndimage.sum_labels(counts, labels, range(1, count + 1)), default=0)
        expected.append((unseen_share(seen, counts), int(largest), list(packed(seen))))
    told = asked(
        cases,
        "const seen = coverage.unpacked(each.bits, each.grid.columns * each.grid.rows);"
        "const weights = coverage.tissueWeights(each.mask, each.grid, each.sidePx);"
        "const whole = { x: 0, y: 0, columns: each.grid.columns, rows: each.grid.rows };"
        "return [coverage.unseenShare(seen, weights),"
        " coverage.largestUnseen(seen, weights, each.grid)?.weight ?? 0,"
        " [...coverage.packed(seen, each.grid, whole)]];",
    )
    for (share, largest, bits), answer in zip(expected, told, strict=True):
        assert answer[0] == pytest.approx(share)
        assert answer[1:] == [largest, bits]


def test_a_coarse_grid_weighs_its_cells_as_the_server_does():
    mask = np.random.default_rng(13).random((700, 1111)) < 0.3
    grid = grid_over(mask.shape)
    case = {
        "grid": {"columns": grid.columns, "rows": grid.rows, "cellX": 1, "cellY": 1},
        "mask": {"columns": 1111, "rows": 700, "bytes": (mask * 255).ravel().tolist()},
        "sidePx": grid.side_px,
    }
    [weights] = asked(
        [case], "return [...coverage.tissueWeights(each.mask, each.grid, each.sidePx)];"
    )
    assert weights == tissue_counts(mask, grid).ravel().tolist()
