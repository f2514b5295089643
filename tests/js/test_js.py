"""The browser's pure modules, tested by node's own runner."""

import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from slides.grid import Grid

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "static" / "js"


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
        f"import {{ cellCorner }} from {json.dumps(str(SCRIPTS / 'geometry.js'))};"
        f"const asked = {json.dumps(asked)};"
        "console.log(JSON.stringify(asked.map(({ side, cells }) => cells.map(([row, column]) => {"
        "const { x, y } = cellCorner({ row, column }, side); return [x, y]; }))));"
    )
    said = subprocess.run(
        ["node", "--input-type=module", "--eval", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    for side, corners in zip(sides, json.loads(said.stdout), strict=True):
        grid = Grid(columns=400, rows=400, side_l0=side, patch_px=299, mpp=0.5)
        assert [tuple(corner) for corner in corners] == [grid.corner(*cell) for cell in cells]
