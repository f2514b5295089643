"""What the browser reckons with regions, against shapely."""

import json
import shutil
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from scipy import ndimage
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from tests.js.test_js import SCRIPTS, answer_of

pytestmark = pytest.mark.skipif(shutil.which("node") is None, reason="node is absent")

STEP_PX = 1 / 8
CASES = 60
ROUNDING_PX = 1.5 * STEP_PX  # how far an outline moves when its corners become whole steps


def answers(module: str, expression: str, cases: Sequence[dict], folder: Path) -> list[Any]:
    """The value of a JavaScript expression of `each` and `module` for every case."""
    (folder / "cases.json").write_text(json.dumps(cases))
    return answer_of(
        'import { readFileSync } from "node:fs";'
        f"import * as module from {json.dumps(str(SCRIPTS / 'drawing' / module))};"
        f"const cases = JSON.parse(readFileSync({json.dumps(str(folder / 'cases.json'))}));"
        f"console.log(JSON.stringify(cases.map((each) => {expression})));"
    )


def geometry(polygons: list[list[list[list[float]]]]) -> MultiPolygon:
    """The browser's polygons, just as they came."""
    return MultiPolygon([Polygon(rings[0], rings[1:]) for rings in polygons])


def polygons_of(area: BaseGeometry) -> list[list[list[list[float]]]]:
    parts = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
    return [
        [shapely.get_coordinates(ring)[:-1].tolist() for ring in (part.exterior, *part.interiors)]
        for part in parts
    ]


def refuse_invalid(polygons: list[list[list[list[float]]]]) -> None:
    """Fail unless polygons are valid, on whole steps, well turned and without slivers."""
    area = geometry(polygons)
    assert area.is_valid, shapely.is_valid_reason(area) + f" in {area.wkt}"
    steps = shapely.get_coordinates(area) / STEP_PX
    assert (steps == np.round(steps)).all()
    for part in area.geoms:
        assert part.exterior.is_ccw
        assert not any(hole.is_ccw for hole in part.interiors)
        assert all(Polygon(ring).area >= 1 for ring in (part.exterior, *part.interiors))


def near(found: BaseGeometry, expected: BaseGeometry, *inputs: BaseGeometry) -> bool:
    """Whether two areas differ by no more than a thin rim along the outlines, and slivers."""
    rim = sum(each.length for each in inputs) * ROUNDING_PX
    slivers = len(shapely.get_parts(expected)) + sum(
        len(part.interiors) for part in shapely.get_parts(expected) if part.geom_type == "Polygon"
    )
    return found.symmetric_difference(expected).area <= rim + slivers


def random_area(draw: np.random.Generator) -> BaseGeometry:
    """A valid area with holes, of one or more parts; half of them with corners on a coarse grid,
    where much touches."""
    span, is_coarse = float(draw.choice([12, 60, 3000, 60000])), draw.random() < 0.5
    corners = draw.random((int(draw.integers(3, 25)), 2)) * span
    area = shapely.make_valid(Polygon(np.round(corners) if is_coarse else corners))
    for _ in range(int(draw.integers(0, 4))):
        hole = draw.random((int(draw.integers(3, 8)), 2)) * span
        area = area - shapely.make_valid(Polygon(np.round(hole) if is_coarse else hole))
    grid = 1.0 if is_coarse else STEP_PX
    return MultiPolygon(
        [part for part in shapely.get_parts(shapely.set_precision(area, grid))
         if part.geom_type == "Polygon"]
    )  # fmt: skip


@cache
def random_pairs() -> list[tuple[BaseGeometry, BaseGeometry]]:
    """Areas of like size, so that they meet in many ways."""
    draw = np.random.default_rng(1)
    pairs: list[tuple[BaseGeometry, BaseGeometry]] = []
    while len(pairs) < CASES:
        a, b = random_area(draw), random_area(draw)
        if a.is_valid and b.is_valid and min(a.area, b.area) > 0.04 * max(a.area, b.area):
            pairs.append((a, b))
    return pairs


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("module.united([each.a, each.b])", shapely.union),
        ("module.difference(each.a, each.b)", shapely.difference),
        ("module.intersection(each.a, each.b)", shapely.intersection),
    ],
)
def test_arithmetic_is_that_of_shapely(expression, expected, tmp_path):
    pairs = random_pairs()
    cases = [{"a": polygons_of(a), "b": polygons_of(b)} for a, b in pairs]
    for (a, b), found in zip(
        pairs, answers("arithmetic.js", expression, cases, tmp_path), strict=True
    ):
        refuse_invalid(found)
        assert near(geometry(found), expected(a, b), a, b)


def test_a_lasso_that_crosses_itself_is_repaired(tmp_path):
    draw = np.random.default_rng(2)
    cases = []
    for _ in range(CASES):
        span = float(draw.choice([8, 40, 2000]))
        ring = draw.random((int(draw.integers(3, 60)), 2)) * span
        cases.append(np.round(ring) if draw.random() < 0.5 else ring)
    asked = [{"ring": ring.tolist()} for ring in cases]
    found = answers("arithmetic.js", "module.repaired([[each.ring]])", asked, tmp_path)
    for ring, polygons in zip(cases, found, strict=True):
        refuse_invalid(polygons)
        even_odd = shapely.make_valid(Polygon(ring))
        lost = even_odd.difference(geometry(polygons)).area
        slivers = len(shapely.get_parts(even_odd))
        assert lost <= LineString(ring).length * ROUNDING_PX + slivers


def test_pieces_of_a_split_are_the_whole(tmp_path):
    draw = np.random.default_rng(3)
    areas = [pair[0] for pair in random_pairs()]
    lines = []
    for area in areas:
        left, top, right, bottom = area.bounds
        points = draw.random((int(draw.integers(2, 9)), 2)) * 1.4 - 0.2
        line = points * [right - left, bottom - top] + [left, top]
        lines.append(np.round(line) if draw.random() < 0.5 else line)
    cases = [
        {"area": polygons_of(area), "line": line.tolist()}
        for area, line in zip(areas, lines, strict=True)
    ]
    found = answers("arithmetic.js", "module.splitBy(each.area, each.line)", cases, tmp_path)
    for area, line, pieces in zip(areas, lines, found, strict=True):
        for piece in pieces:
            refuse_invalid(piece)
        shapes = [geometry(piece) for piece in pieces]
        knife = LineString(line)
        assert near(shapely.union_all(shapes), area, area, knife)
        overlap = sum(shape.area for shape in shapes) - shapely.union_all(shapes).area
        assert abs(overlap) <= 1e-6 * area.area


def test_a_straight_knife_gives_the_halves_that_shapely_gives(tmp_path):
    areas = [pair[0] for pair in random_pairs()]
    expected, cases = [], []
    for area in areas:
        left, top, right, bottom = area.bounds
        middle = round((left + right) / 2 / STEP_PX) * STEP_PX
        sides = (
            shapely.box(left - 9, top - 9, middle, bottom + 9),
            shapely.box(middle, top - 9, right + 9, bottom + 9),
        )
        expected.append([area.intersection(side) for side in sides])
        cases.append({"area": polygons_of(area), "line": [[middle, top - 5], [middle, bottom + 5]]})
    found = answers("arithmetic.js", "module.splitBy(each.area, each.line)", cases, tmp_path)
    for area, sides, pieces in zip(areas, expected, found, strict=True):
        parts = [part for piece in pieces for part in geometry(piece).geoms]
        middle = sides[0].bounds[2] if not sides[0].is_empty else area.bounds[0]
        left = [part for part in parts if part.centroid.x < middle]
        if len(pieces) > 1:
            assert near(shapely.union_all(left), sides[0], area)


def test_a_stroke_is_the_buffer_of_its_line(tmp_path):
    draw = np.random.default_rng(6)
    cases = []
    for _ in range(CASES):
        radius = float(draw.choice([0.8, 5, 90, 4000]))
        line = np.cumsum(draw.normal(0, radius, (int(draw.integers(1, 60)), 2)), axis=0)
        cases.append({"line": line.tolist(), "radius": radius})
    found = answers("arithmetic.js", "module.stroke(each.line, each.radius)", cases, tmp_path)
    for case, polygons in zip(cases, found, strict=True):
        refuse_invalid(polygons)
        points, radius = case["line"], case["radius"]
        line = LineString(points) if len(points) > 1 else shapely.Point(points[0])
        slack = radius * 0.03 + 2 * STEP_PX
        painted = geometry(polygons)
        assert painted.difference(line.buffer(radius + slack, quad_segs=64)).area < 1
        assert line.buffer(max(radius - slack, 0), quad_segs=64).difference(painted).area < 1


def test_a_simplified_outline_is_valid_and_near(tmp_path):
    areas = [pair[0] for pair in random_pairs()]
    cases = [{"area": polygons_of(area)} for area in areas]
    found = answers("arithmetic.js", "module.simplified(each.area, 3)", cases, tmp_path)
    for area, polygons in zip(areas, found, strict=True):
        refuse_invalid(polygons)
        changed = geometry(polygons).symmetric_difference(area).area
        assert changed <= area.length * (3 + ROUNDING_PX) + len(polygons)


def random_lesion(draw: np.random.Generator) -> dict[str, Any]:
    """A map with called cells, one of them pointed at, on a slide that ends within its last
    cells."""
    rows, columns = draw.integers(3, 25, 2)
    side = float(draw.choice([8, 149.5, 298.375]))
    called = draw.random((rows, columns)) < draw.uniform(0.3, 0.9)
    row, column = draw.integers(rows), draw.integers(columns)
    called[row, column] = True
    width, height = (columns - draw.random()) * side, (rows - draw.random()) * side
    return {
        "grid": {"columns": int(columns), "rows": int(rows), "sideL0": side},
        "called": called.astype(int).ravel().tolist(),
        "cell": {"row": int(row), "column": int(column)},
        "size": {"width": int(width), "height": int(height)},
    }


def cells_of(case: dict[str, Any]) -> BaseGeometry:
    """The cells that touch the one pointed at, corners included, as far as the slide goes."""
    grid, cell, size = case["grid"], case["cell"], case["size"]
    called = np.array(case["called"]).reshape(grid["rows"], grid["columns"])
    groups, _ = ndimage.label(called, structure=np.ones((3, 3)))
    rows, columns = np.nonzero(groups == groups[cell["row"], cell["column"]])
    side = grid["sideL0"]
    squares = shapely.box(columns * side, rows * side, (columns + 1) * side, (rows + 1) * side)
    slide = shapely.box(0, 0, size["width"], size["height"])
    return shapely.union_all(squares).intersection(slide)


@pytest.mark.parametrize(("form", "rim_cells"), [("true cells", 0.0), ("smoothed", 0.5)])
def test_the_wand_takes_the_cells_that_touch(form, rim_cells, tmp_path):
    draw = np.random.default_rng(8)
    cases = [random_lesion(draw) for _ in range(CASES)]
    wand = (
        "module.lesionAt(each.grid, (index) => each.called[index], each.cell,"
        f" {json.dumps(form)}, each.size)"
    )
    for case, found in zip(cases, answers("wand.js", wand, cases, tmp_path), strict=True):
        refuse_invalid(found)
        expected = cells_of(case)
        changed = geometry(found).symmetric_difference(expected).area
        assert changed <= rim_cells * case["grid"]["sideL0"] * expected.length + 1e-6
