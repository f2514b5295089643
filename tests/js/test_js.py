"""The browser's pure modules, tested by node's own runner."""

import json
import random
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predictions.evaluation import CellTruth, Terms, agreement
from predictions.stitching import called_values, truth_values
from slides.grid import Grid

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "static" / "js"


def answer_of(script: str) -> Any:
    """What a module script says on its console, as JSON."""
    said = subprocess.run(
        ["node", "--input-type=module", "-"],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return json.loads(said.stdout)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is absent: scripts are not tested")
def test_pure_modules_pass_under_node():
    tests = sorted(str(path) for path in HERE.glob("*.test.mjs"))
    result = subprocess.run(
        ["node", "--test", *tests],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.skipif(shutil.which("node") is None, reason="node is absent: scripts are not tested")
def test_cells_lie_where_the_patch_reader_puts_them():
    draw = random.Random(7)
    sides = [draw.uniform(20, 1400) for _ in range(20)] + [149.5, 298.5]
    cells = [(draw.randrange(400), draw.randrange(400)) for _ in range(50)]
    asked = [{"side": side, "cells": cells} for side in sides]
    script = (
        f"import {{ cellCorner }} from {json.dumps(str(SCRIPTS / 'viewer/geometry.js'))};"
        f"const asked = {json.dumps(asked)};"
        "console.log(JSON.stringify(asked.map(({ side, cells }) => cells.map(([row, column]) => {"
        "const { x, y } = cellCorner({ row, column }, side); return [x, y]; }))));"
    )
    for side, corners in zip(sides, answer_of(script), strict=True):
        grid = Grid(columns=400, rows=400, side_l0=side, patch_px=299, mpp=0.5)
        assert [tuple(corner) for corner in corners] == [grid.corner(*cell) for cell in cells]


@pytest.mark.skipif(shutil.which("node") is None, reason="node is absent: scripts are not tested")
def test_the_browser_counts_the_cells_that_the_stored_figures_count():
    draw = np.random.default_rng(3)
    cases = [_random_case(draw) for _ in range(40)]
    asked = [
        {
            "values": called_values(scores, terms.threshold).ravel().tolist(),
            "truth": truth_values(truth.share, truth.is_ignored, terms.tumour_bar).ravel().tolist(),
            "bar": terms.tumour_bar,
            "threshold": terms.threshold,
        }
        for scores, truth, terms in cases
    ]
    script = (
        f"import {{ measure, tally }} from {json.dumps(str(SCRIPTS / 'maps/counts.js'))};"
        f"const asked = {json.dumps(asked)};"
        "console.log(JSON.stringify(asked.map(({ values, truth, bar, threshold }) =>"
        "measure(tally(values, truth, bar), threshold))));"
    )
    for (scores, truth, terms), seen in zip(cases, answer_of(script), strict=True):
        cells = agreement(scores, truth, terms)
        assert [seen[name] for name in ("tp", "fp", "fn", "tn")] == cells.counts.tolist()
        assert (seen["missed"], seen["ignored"]) == (cells.tumour_not_assessed, cells.ignored)


def _random_case(draw: np.random.Generator) -> tuple[np.ndarray, CellTruth, Terms]:
    """A map with many cells near its threshold, some not assessed, some ignored."""
    shape, threshold = (12, 17), float(draw.choice([0.0, 1e-4, 0.003, 0.5, 1.0, draw.random()]))
    near = np.clip(threshold + draw.normal(0, 0.004, shape), 0, 1)
    scores = np.where(draw.random(shape) < 0.5, near, draw.random(shape)).astype(np.float32)
    scores[draw.random(shape) < 0.2] = np.nan
    share = np.where(draw.random(shape) < 0.5, draw.integers(0, 1025, shape) / 1024, 0)
    truth = CellTruth(share.astype(np.float32), draw.random(shape) < 0.1)
    return scores, truth, Terms(threshold, tumour_bar=float(draw.choice([0.0, 0.3, 0.5, 0.77])))


@pytest.mark.skipif(shutil.which("node") is None, reason="node is absent: scripts are not tested")
def test_two_versions_are_compared_as_numpy_compares_them():
    draw = np.random.default_rng(11)
    cases = [_random_pair(draw) for _ in range(30)]
    script = (
        f"import {{ onOneGrid }} from {json.dumps(str(SCRIPTS / 'maps/pairs.js'))};"
        "import { PAIR_CODES, classCounts, histogramOf, pairCodes, pairTable } from "
        f"{json.dumps(str(SCRIPTS / 'maps/classes.js'))};"
        f"const asked = {json.dumps([_asked(*case) for case in cases])};"
        "console.log(JSON.stringify(asked.map(({ a, b, thresholds }) => {"
        "const laid = onOneGrid(a, b); const codes = pairCodes(laid.a, laid.b);"
        "return classCounts(histogramOf(codes, PAIR_CODES), pairTable(...thresholds)); })));"
    )
    for case, seen in zip(cases, answer_of(script), strict=True):
        assert seen[:7] == _compared(*case)


def _random_pair(draw: np.random.Generator) -> tuple[Any, ...]:
    """Two maps of one slide, of the same cells or of others, and their thresholds."""
    sides = [int(side) for side in draw.choice([20, 30, 45, 64], 2)]
    maps = []
    for side in sides:
        shape = (-(-400 // side), -(-700 // side))
        scores = draw.random(shape).astype(np.float32)
        scores[draw.random(shape) < 0.25] = np.nan
        maps.append(scores)
    thresholds = [float(draw.choice([0.0, 0.5, 1.0, draw.random()])) for _ in sides]
    return maps, sides, thresholds


def _asked(maps: list[np.ndarray], sides: list[int], thresholds: list[float]) -> dict[str, Any]:
    named = {
        name: {
            "grid": {"columns": scores.shape[1], "rows": scores.shape[0], "sideL0": side},
            "values": called_values(scores, threshold).ravel().tolist(),
        }
        for name, scores, side, threshold in zip("ab", maps, sides, thresholds, strict=True)
    }
    return named | {"thresholds": thresholds}


def _compared(maps: list[np.ndarray], sides: list[int], thresholds: list[float]) -> list[int]:
    """None, both, A only, B only, neither, one assessed and calling, one assessed and not."""
    fine = min(sides)
    rows, columns = maps[sides.index(fine)].shape
    y, x = (np.arange(rows) + 0.5) * fine, (np.arange(columns) + 0.5) * fine
    a, b = (
        _at_centres(scores, (y // side).astype(int), (x // side).astype(int))
        for scores, side in zip(maps, sides, strict=True)
    )
    is_a, is_b = ~np.isnan(a), ~np.isnan(b)
    calls_a, calls_b = a >= np.float32(thresholds[0]), b >= np.float32(thresholds[1])
    two, one = is_a & is_b, is_a ^ is_b
    parts = [
        ~is_a & ~is_b,
        calls_a & calls_b,
        two & calls_a & ~calls_b,
        two & ~calls_a & calls_b,
        two & ~calls_a & ~calls_b,
        one & (calls_a | calls_b),
        one & ~calls_a & ~calls_b,
    ]
    return [int(part.sum()) for part in parts]


def _at_centres(scores: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """The scores of the cells that hold the centres; NaN beyond the map."""
    padded = np.pad(scores, 4, constant_values=np.nan)[4:, 4:]
    return padded[np.ix_(np.minimum(rows, scores.shape[0]), np.minimum(columns, scores.shape[1]))]
