"""Every tool with a real pointer, or with keys alone; what is stored is what was drawn."""

import math

import pytest
from playwright.sync_api import expect
from shapely.geometry import Point

from tests.browser.drawn import Pen

SIDE = 32  # of a cell; the slide is 5 x 3 cells


def test_a_polygon_is_closed_by_a_double_click(pen):
    pen.begin("q")
    for place in ((40, 30), (100, 30), (100, 60)):
        pen.click(*place)
    pen.page.mouse.dblclick(*pen.on_page(40, 60))
    pen.areas(60 * 30)


def test_a_polygon_is_closed_by_its_first_vertex_or_enter(pen):
    pen.begin("q")
    for place in ((40, 30), (70, 30), (70, 60), (40.2, 30.2)):
        pen.click(*place)
    pen.areas(450)
    for place in ((90, 30), (120, 30), (120, 60)):
        pen.click(*place)
    pen.page.keyboard.press("Enter")
    pen.areas(450, 450)


def test_freehand_follows_the_pointer(pen):
    pen.begin("f")
    circle = Point(80, 60).buffer(20).exterior.coords
    pen.drag(*circle[::4], steps=3)
    pen.areas(math.pi * 20**2, off=0.05)


def test_a_rectangle_in_a_turned_view_is_upright_on_the_screen(pen):
    pen.begin()
    pen.page.keyboard.press("r")
    pen.page.wait_for_timeout(900)
    pen.page.keyboard.press("e")
    pen.box(50, 40, 80, 60)
    pen.areas(600)


def test_a_point_is_kept_without_an_area(pen):
    pen.begin("o")
    pen.click(50, 50)
    pen.comes(lambda: len(pen.shapes()) == 1)
    (shape,) = pen.shapes()
    assert shape.geom_type == "Point"
    assert shape.distance(Point(50, 50)) < 0.3


def test_the_brush_paints_one_region_stroke_by_stroke_and_the_eraser_takes_off(pen):
    pen.begin("b")
    radius = 24 / _scale(pen)
    pen.drag((50, 50), (90, 50))
    stroke = 40 * 2 * radius + math.pi * radius**2
    pen.areas(stroke)
    pen.drag((90, 50), (90, 70))  # begins in it: grows it
    pen.areas(60 * 2 * radius + 1.25 * math.pi * radius**2 - radius**2, off=0.06)
    pen.page.keyboard.press("Control+z")
    pen.areas(stroke)
    pen.page.keyboard.press("Shift+B")
    pen.drag((70, 30), (70, 70))
    pen.areas(stroke - 4 * radius**2, off=0.06)


def test_brackets_change_the_brush_only_while_it_is_in_hand(pen):
    pen.begin("b")
    words = pen.page.locator("[data-brush-size]")
    before = words.text_content()
    pen.page.keyboard.press("]")
    expect(words).not_to_have_text(before)
    pen.page.keyboard.press("[")
    expect(words).to_have_text(before)


def test_modes_add_subtract_and_intersect_and_holes_arise(pen):
    pen.begin("e")
    pen.box(40, 30, 90, 70)
    pen.areas(2000)
    pen.page.keyboard.down("Shift")
    pen.box(80, 30, 110, 70)
    pen.page.keyboard.up("Shift")
    pen.areas(2800)
    pen.page.keyboard.press("Shift+S")
    pen.box(50, 40, 60, 60)
    pen.areas(2600)
    assert len(pen.shapes()[0].interiors) == 1
    pen.page.keyboard.press("Shift+I")
    pen.box(45, 35, 100, 65)
    pen.areas(55 * 30 - 200)
    pen.page.keyboard.press("Shift+N")
    expect(pen.page.locator('[data-mode="new"]')).to_have_attribute("aria-pressed", "true")


def test_the_knife_splits_what_it_crosses(pen):
    pen.begin("e")
    pen.box(40, 30, 100, 70)
    pen.areas(2400)
    pen.page.keyboard.press("k")
    pen.drag((60, 20), (60, 80))
    pen.areas(1600, 800)
    expect(pen.said()).to_contain_text("Split into 2 regions")
    pen.drag((70, 50), (75, 50))
    expect(pen.said()).to_contain_text("Nothing was split")
    expect(pen.said().get_by_role("button")).to_be_hidden()


def test_keys_alone_draw_a_polygon_and_correct_it(pen):
    pen.begin("q")
    keys = pen.page.keyboard
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight"):
        keys.press(key)
        pen.page.wait_for_timeout(700)
        keys.press("Space")
    keys.press("Enter")
    pen.comes(lambda: len(pen.shapes()) == 1)
    area = pen.shapes()[0].area
    across, down = (0.15 * side / _scale(pen) for side in _stage(pen))
    assert area == pytest.approx(across * down / 2, rel=0.05)
    keys.press("v")
    keys.press(".")
    keys.press("Enter")  # one more, halfway
    pen.comes(lambda: len(pen.shapes()[0].exterior.coords) - 1 >= 3)
    for _ in range(5):
        keys.press("ArrowLeft")
    pen.comes(lambda: abs(pen.shapes()[0].area - area) > 1)


def test_space_held_moves_the_slide_under_a_tool(pen):
    pen.begin("e")
    before = pen.on_page(80, 48)
    pen.move(80, 48)
    pen.page.keyboard.down("Space")
    pen.drag((80, 48), (100, 48))
    pen.page.keyboard.up("Space")
    pen.page.wait_for_timeout(900)
    assert pen.on_page(80, 48)[0] > before[0] + 40
    assert pen.features() == []


def test_a_lesion_of_the_model_is_taken_with_its_origin(log_in, pathologist, read_slide):
    pen = Pen(log_in(pathologist), read_slide).begin()
    pen.page.locator("[name=threshold]").fill("0.6")
    pen.move(48, 40)
    pen.page.keyboard.press("l")
    pen.comes(lambda: len(pen.features()) == 2)
    feature = pen.features()[-1]
    assert feature["properties"]["origin"]["version"] == "second"
    assert feature["properties"]["origin"]["threshold"] == 0.6
    pen.areas(3 * SIDE * SIDE, 2 * SIDE * SIDE)
    pen.page.keyboard.press("n")
    pen.page.wait_for_timeout(900)
    pen.page.locator("[name=lesion-form]").select_option("smoothed")
    pen.page.mouse.move(1200, 400)
    pen.page.locator("[data-drawing-panel] [data-act=lesion]").click()
    pen.comes(lambda: len(pen.features()) == 3)
    assert pen.features()[-1]["properties"]["origin"]["form"] == "smoothed"


def test_the_wand_takes_what_is_as_likely(log_in, pathologist, read_slide):
    pen = Pen(log_in(pathologist), read_slide).begin("w")
    pen.page.keyboard.press("Shift+Digit2")
    pen.click(48, 80)  # 0.4: below the threshold, so its own probability is the bar
    pen.areas(3 * SIDE * SIDE, label="Normal")
    pen.click(80, 80)
    expect(pen.said()).to_contain_text("No model has assessed")


def test_a_shape_that_was_growing_is_back_after_a_crash(pen):
    pen.begin("q")
    for place in ((40, 30), (80, 30), (80, 60)):
        pen.click(*place)
    pen.page.wait_for_timeout(1000)
    pen.page.reload()
    expect(pen.said()).to_contain_text("is back", timeout=10_000)
    pen.click(40, 60)
    pen.page.keyboard.press("Enter")
    pen.areas(1200)


def test_one_finger_draws_and_two_move(log_in, pathologist, blank):
    pen = Pen(log_in(pathologist, has_touch=True), blank).begin("e")
    hand = pen.page.context.new_cdp_session(pen.page)

    def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(places)]
        hand.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, end = pen.on_page(40, 30), pen.on_page(80, 60)
    touch("touchStart", start)
    for share in (0.3, 0.6, 1):
        place = [a + share * (b - a) for a, b in zip(start, end, strict=True)]
        touch("touchMove", place)
    touch("touchEnd")
    pen.areas(1200)
    touch("touchStart", start)
    touch("touchStart", start, end)
    for step in range(1, 6):
        touch("touchMove", *((x, y + 20 * step) for x, y in (start, end)))
    touch("touchEnd")
    pen.page.wait_for_timeout(900)
    assert pen.on_page(40, 30)[1] > start[1] + 30
    pen.areas(1200)


def test_the_far_end_of_a_pen_erases(pen):
    pen.begin("e")
    pen.box(40, 30, 100, 70)
    pen.areas(2400)
    pen.page.locator("slide-viewer canvas").first.evaluate(
        """(canvas, places) => {
            const tell = (kind, [x, y]) => canvas.dispatchEvent(new PointerEvent(kind, {
                pointerType: "pen", button: 5, buttons: 32, pointerId: 9, isPrimary: true,
                clientX: x, clientY: y, bubbles: true, composed: true,
            }));
            tell("pointerdown", places[0]);
            for (const place of places) tell("pointermove", place);
            tell("pointerup", places.at(-1));
        }""",
        [pen.on_page(70, 20), pen.on_page(70, 50), pen.on_page(70, 80)],
    )
    pen.comes(lambda: pen.shapes()[0].geom_type == "MultiPolygon")
    expect(pen.tool("rectangle")).to_have_attribute("aria-pressed", "true")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_while_somebody_draws(pen, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    pen.page.goto("/")
    pen.page.evaluate(f"localStorage.setItem('sentinode-theme', '{theme}')")
    pen.begin("e")
    pen.box(40, 30, 60, 50)
    pen.page.keyboard.press("b")
    expect(pen.page.locator("[data-regions] button")).to_have_count(1)
    found = axe.run(pen.page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in {"serious", "critical"}] == []


def _scale(pen) -> float:
    return pen.page.locator("slide-viewer").evaluate("viewer => viewer.scale")


def _stage(pen) -> tuple[float, float]:
    return tuple(
        pen.page.locator("slide-viewer").evaluate("each => [each.clientWidth, each.clientHeight]")
    )
