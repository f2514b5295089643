"""Geometry in the browser and on the server gives the same numbers, on slides of any size."""

import json
import math
import random
import shutil

import pytest

from slides.deepzoom import TILE_PX, DeepZoom
from slides.grid import Grid
from slides.pyramid import level_scale
from tests.js.test_js import SCRIPTS, answer_of

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None, reason="node is absent: scripts are not tested"
)
GEOMETRY = f"import * as g from {json.dumps(str(SCRIPTS / 'viewer/geometry.js'))};"


def asked(cases: list[dict], answer: str) -> list:
    """What the arrow function `answer` gives for every case."""
    return answer_of(
        f"{GEOMETRY} const cases = {json.dumps(cases)};"
        f"console.log(JSON.stringify(cases.map({answer})));"
    )


def random_slides(count: int = 200) -> list[dict]:
    """Sizes as scanners make them, odd ones too, with pyramids of 2x, 4x, or of no plain step."""
    draw = random.Random(11)
    return [_random_slide(draw) for _ in range(count)]


def _random_slide(draw: random.Random) -> dict:
    width, height = (draw.randrange(300, 250_000) for _ in range(2))
    factor = draw.choice([2.0, 3.0, 4.0, 2.5, draw.uniform(1.5, 5)])
    rounded = draw.choice([math.floor, math.ceil])
    levels = [(width, height)]
    while min(levels[-1]) > 300:
        scale = factor ** len(levels)
        levels.append((rounded(width / scale), rounded(height / scale)))
    return {
        "size": {"width": width, "height": height},
        "levels": [{"width": w, "height": h} for w, h in levels],
        "side": draw.uniform(60, 1400),
        "points": [{"x": draw.uniform(0, width), "y": draw.uniform(0, height)} for _ in range(5)],
        "view": {
            "centre": {"x": draw.random(), "y": draw.random() * height / width},
            "zoom": math.exp(draw.uniform(-1, 6)),
            "rotation": draw.choice([0, 90, 180, 270, draw.uniform(-720, 720)]),
            "isFlipped": draw.random() < 0.5,
        },
        "stage": {"width": draw.randrange(300, 2600), "height": draw.randrange(300, 1500)},
    }


def test_levels_have_the_scales_and_px_that_the_pyramid_reads():
    slides = random_slides()
    found = asked(
        slides,
        "({ size, levels, points }) => levels.map((level) => { const scale = g.levelScale(size,"
        " level); return { scale, px: points.map((point) => g.toLevel(point, scale)) }; })",
    )
    for slide, levels in zip(slides, found, strict=True):
        size_l0 = (slide["size"]["width"], slide["size"]["height"])
        for level, seen in zip(slide["levels"], levels, strict=True):
            scale = level_scale(size_l0, (level["width"], level["height"]))
            assert (seen["scale"]["x"], seen["scale"]["y"]) == scale
            px = [(round(p["x"] / scale[0]), round(p["y"] / scale[1])) for p in slide["points"]]
            assert [(p["x"], p["y"]) for p in seen["px"]] == px


def test_tiles_are_those_the_server_cuts():
    slides = random_slides()
    found = asked(
        slides,
        "({ size, points }) => { const last = g.lastZoomLevel(size); return points.map((point, i)"
        " => { const level = Math.max(0, last - 2 * i); const tile = g.tileAt(point, size, level,"
        f" {TILE_PX}); return {{ last, level, ...tile, scale: g.zoomLevelScale(size, level),"
        f" ...g.tileBox(tile, size, level, {TILE_PX}) }}; }}); }}",
    )
    for slide, tiles in zip(slides, found, strict=True):
        zoom = DeepZoom(slide["size"]["width"], slide["size"]["height"])
        for point, tile in zip(slide["points"], tiles, strict=True):
            assert (tile["last"], tile["scale"]) == (zoom.last_level, zoom.scale(tile["level"]))
            box = zoom.tile_box(tile["level"], tile["column"], tile["row"])
            seen = [tile[name] for name in ("minX", "minY", "maxX", "maxY")]
            assert seen == [edge * tile["scale"] for edge in box]
            assert seen[0] <= point["x"] <= seen[2] and seen[1] <= point["y"] <= seen[3]


def test_cells_are_those_of_the_grid():
    slides = random_slides()
    grids = [
        Grid.over(*slide["size"].values(), slide_mpp=0.25, mpp=0.25 * slide["side"] / 299)
        for slide in slides
        if slide["side"] >= 299
    ]
    slides = [slide for slide in slides if slide["side"] >= 299]
    cases = [
        slide | {"grid": {"columns": grid.columns, "rows": grid.rows, "sideL0": grid.side_l0}}
        for slide, grid in zip(slides, grids, strict=True)
    ]
    found = asked(
        cases,
        "({ grid, points }) => points.map((point) => { const cell = g.cellAt(point, grid);"
        " return { cell, corner: g.cellCorner(cell, grid.sideL0) }; })",
    )
    assert len(cases) > 100
    for case, grid, places in zip(cases, grids, found, strict=True):
        for point, place in zip(case["points"], places, strict=True):
            row, column = (int(point[axis] // grid.side_l0) for axis in "yx")
            assert place["cell"] == {"row": row, "column": column}
            assert (place["corner"]["x"], place["corner"]["y"]) == grid.corner(row, column)


def test_the_screen_shows_level_0_turned_and_mirrored_about_its_middle():
    slides = random_slides()
    found = asked(
        slides,
        "({ size, view, stage, points }) => { const map = g.level0ToScreen(view, stage,"
        " size.width); const back = g.inverse(map); return points.map((point) => { const screen ="
        " g.apply(map, point); return { screen, back: g.apply(back, screen) }; }); }",
    )
    for slide, places in zip(slides, found, strict=True):
        for point, place in zip(slide["points"], places, strict=True):
            x, y = _on_screen(point, slide)
            assert place["screen"] == pytest.approx({"x": x, "y": y}, rel=1e-9, abs=1e-6)
            assert place["back"] == pytest.approx(point, rel=1e-9, abs=1e-4)


def _on_screen(point: dict, slide: dict) -> tuple[float, float]:
    """The same by complex numbers: a turn is a product, a mirror changes one sign."""
    view, stage, width = slide["view"], slide["stage"], slide["size"]["width"]
    middle = complex(view["centre"]["x"], view["centre"]["y"])
    step = complex(point["x"], point["y"]) / width - middle
    angle = math.radians(view["rotation"])
    turned = step * complex(math.cos(angle), math.sin(angle)) * view["zoom"] * stage["width"]
    side = -1 if view["isFlipped"] else 1
    return stage["width"] / 2 + side * turned.real, stage["height"] / 2 + turned.imag
