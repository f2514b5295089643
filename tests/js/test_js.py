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
