"""Regions over the tissue, as the layer paints them."""

import json

import pytest
from playwright.sync_api import Page, expect

from tests.browser.looking import shown

# An area with a hole, one too small to see, and a point, on a slide of 160 x 96 px.
REGIONS = [
    ("tumour", {"polygons": [[[[10, 10], [70, 10], [70, 70], [10, 70]],
                             [[30, 30], [30, 50], [50, 50], [50, 30]]]]}),
    ("normal", {"polygons": [[[[90, 10], [91, 10], [91, 11], [90, 11]]]]}),
    ("artefact", {"point": [120, 40]}),
    ("ignore", {"polygons": [[[[100, 60], [110, 60], [110, 70], [100, 70]]]]}),
    ("ignore", {"polygons": [[[[105, 65], [105, 75], [115, 75], [115, 65]]]]}),
]  # fmt: skip

PAINTED = """async (given) => {
  const base = document.querySelector('script[src*="/js/reader/"]').src.split("js/reader/")[0];
  const module = (name) => import(`${base}js/drawing/${name}.js`);
  const { RegionPainter } = await module("region-painter");
  const { Drawing } = await module("document");
  const { makeRegion, featureOf } = await module("features");
  const viewer = document.querySelector("slide-viewer");
  const drawing = new Drawing(viewer.size);
  const painter = new RegionPainter(viewer, drawing);
  const made = given.map(([label, shape], i) => makeRegion({ id: `r${i}`, label, ...shape }));
  drawing.load(made.map(featureOf));
  const next = () => new Promise(requestAnimationFrame);
  const frame = () => next().then(next);
  const alpha = (x, y) => {
    const { canvas } = painter.layer;
    const place = viewer.toScreen({ x, y });
    const ratio = canvas.width / viewer.clientWidth;
    return canvas.getContext("2d").getImageData(place.x * ratio, place.y * ratio, 1, 1).data[3];
  };
  window.regions = { painter, drawing, frame, alpha, viewer, makeRegion };
  await frame();
}"""


@pytest.fixture
def painted(log_in, pathologist, read_slide) -> Page:
    """The slide with REGIONS on a layer of their own; window.regions holds the painter."""
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(shown(page, "called")).to_have_text("1")
    page.evaluate(PAINTED, REGIONS)
    return page


def alphas(page: Page, *places: tuple[float, float]) -> list[bool]:
    """Whether anything is painted at places in level-0 px, after the next frame."""
    found = page.evaluate(
        "async (places) => { await regions.frame();"
        "return places.map(([x, y]) => regions.alpha(x, y)); }",
        places,
    )
    return [alpha > 0 for alpha in found]


def test_outlines_holes_and_marks_are_painted(painted):
    edge, hole_edge, inside, hole = (10, 40), (30, 40), (20, 40), (40, 40)
    assert alphas(painted, edge, hole_edge, inside, hole) == [True, True, False, False]
    assert alphas(painted, (120, 40), (120, 70)) == [True, False]
    scale = painted.evaluate("regions.viewer.scale")
    assert alphas(painted, (90.5 - 6 / scale, 10.5)) == [True]  # too small to see: a mark round it


def test_filled_regions_leave_their_holes_clear(painted):
    painted.evaluate("regions.painter.update({ style: 'heat' })")
    assert alphas(painted, (20, 40), (40, 40)) == [True, False]
    overlap = (107, 67)  # of two regions with one label, whichever way they run
    assert alphas(painted, overlap) == [True]


def test_hidden_layers_and_hidden_regions_are_not_painted(painted):
    painted.evaluate("regions.painter.update({ hidden: new Set(['r0']) })")
    assert alphas(painted, (10, 40), (120, 40)) == [False, True]
    painted.evaluate("regions.painter.update({ hidden: new Set(), isShown: false })")
    assert alphas(painted, (10, 40), (120, 40)) == [False, False]


def test_a_selected_region_stands_out(painted):
    scale = painted.evaluate("regions.viewer.scale")
    beside = (10 - 3.2 / scale, 40)
    assert alphas(painted, beside) == [False]
    painted.evaluate("regions.painter.update({ selected: new Set(['r0']) })")
    assert alphas(painted, beside) == [True]
    round_point = (120 - 12 / scale, 40)
    assert alphas(painted, round_point) == [False]
    painted.evaluate("regions.painter.update({ selected: new Set(['r2']) })")
    assert alphas(painted, round_point) == [True]


def test_an_edit_shows_at_once_and_undo_takes_it_back(painted):
    painted.evaluate(
        """() => {
          const { drawing, makeRegion } = regions;
          const polygons = [[[[80, 50], [100, 50], [100, 80], [80, 80]]]];
          const after = makeRegion({ id: "r0", label: "tumour", polygons });
          drawing.apply([{ id: "r0", before: drawing.get("r0"), after }], "Move");
        }"""
    )
    assert alphas(painted, (10, 40), (80, 65)) == [False, True]
    painted.evaluate("regions.drawing.undo()")
    assert alphas(painted, (10, 40), (80, 65)) == [True, False]


def test_a_look_of_the_pane_is_followed(painted):
    painted.evaluate(
        """() => {
          const pane = new EventTarget();
          pane.state = { layers: {}, styles: { regions: "heat" }, opacity: 0.8 };
          regions.pane = pane;
          regions.painter.follow(pane);
        }"""
    )
    assert alphas(painted, (20, 40)) == [True]
    for peeked, is_shown in (({}, False), (None, True)):
        painted.evaluate(
            "(peeked) => { regions.pane.peeked = peeked;"
            "regions.pane.dispatchEvent(new Event('change')); }",
            peeked,
        )
        assert alphas(painted, (20, 40)) == [is_shown], json.dumps(peeked)
