"""Moving over a slide: turned, mirrored, by keys, by touch; what is shown where."""

import pytest
from playwright.sync_api import expect

from tests.browser.looking import at, at_rest, layer, shown
from tests.predictions.rows import PATCH_PX

TURNED = "&r=33.5&m=1"
# Where OpenSeadragon itself puts level-0 points; it leaves the mirror to its drawer.
OWN_NUMBERS = """viewer => {
  const { viewport, world } = viewer.viewer;
  const image = world.getItemAt(0);
  const place = (x, y) => {
    const px = image.imageToViewerElementCoordinates(new OpenSeadragon.Point(x, y));
    return { x: viewport.getFlip() ? viewport.getContainerSize().x - px.x : px.x, y: px.y };
  };
  return [[0, 0], [100, 30], [7, 90]].map(([x, y]) => {
    const ours = viewer.toScreen({ x, y });
    return { theirs: place(x, y), ours, back: viewer.toLevel0(ours), x, y };
  });
}"""


def viewer(page):
    return page.locator("slide-viewer").first


def view(page) -> dict:
    return viewer(page).evaluate("viewer => viewer.view")


def opened(page, slide, place: str = "") -> None:
    page.goto(f"{slide.get_absolute_url()}{place}")
    expect(shown(page, "called")).to_have_text("1")


@pytest.mark.parametrize("turn", ["", "&r=90", "&r=33.5", "&m=1", TURNED])
def test_our_geometry_gives_openseadragons_own_numbers(log_in, pathologist, read_slide, turn):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(1.5, 1, cells=3)}{turn}")
    for place in viewer(page).evaluate(OWN_NUMBERS):
        assert place["ours"] == pytest.approx(place["theirs"], abs=1e-6)
        assert place["back"] == pytest.approx({"x": place["x"], "y": place["y"]}, abs=1e-6)


def test_layers_lie_on_the_tissue_turned_and_mirrored(log_in, pathologist, read_slide):
    """Tissue alone has its own colour in every cell; the px under a cell's middle tells which."""
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=9)}&r=90&m=1&l=0")
    page.wait_for_timeout(600)
    reds = viewer(page).evaluate(
        """(viewer, side) => [[0, 0], [4, 0], [0, 2], [4, 2]].map(([column, row]) => {
          const { x, y } = viewer.toScreen({ x: (column + 0.5) * side, y: (row + 0.5) * side });
          const context = viewer.viewer.drawer.canvas.getContext('2d');
          return context.getImageData(Math.round(x), Math.round(y), 1, 1).data[0];
        })""",
        PATCH_PX,
    )
    assert reds == pytest.approx([10, 50, 110, 150], abs=6)


def test_the_address_keeps_turn_and_mirror(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, at(2.5, 1.5, cells=4))
    page.keyboard.press("r")
    page.keyboard.press("Alt+ArrowRight")
    page.keyboard.press("y")
    at_rest(page)
    page.keyboard.press("3")  # an act is remembered
    before = view(page)
    assert before["isFlipped"] is True
    page.reload()
    expect(shown(page, "called")).to_have_text("1")
    assert view(page) == pytest.approx(before, abs=1e-2)


def test_keys_move_the_way_the_reader_sees_it(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=1)}&r=90&m=1")
    before = viewer(page).evaluate("viewer => viewer.toScreen({ x: 80, y: 48 })")
    page.keyboard.press("ArrowRight")
    at_rest(page)
    after = viewer(page).evaluate("viewer => viewer.toScreen({ x: 80, y: 48 })")
    assert after["x"] < before["x"] - 30
    assert after["y"] == pytest.approx(before["y"], abs=0.5)


def test_turning_right_is_right_for_the_eye_even_if_mirrored(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=4)}&m=1")
    right_of_middle = {"x": 80 - 20, "y": 48}  # mirrored: smaller x lies to the right
    page.keyboard.press("r")
    at_rest(page)
    place = viewer(page).evaluate("(viewer, point) => viewer.toScreen(point)", right_of_middle)
    middle = viewer(page).evaluate("viewer => viewer.toScreen({ x: 80, y: 48 })")
    assert place["x"] == pytest.approx(middle["x"], abs=0.5)
    assert place["y"] > middle["y"]


@pytest.mark.parametrize(("mirror", "turned"), [("", 45), ("&m=1", 315)])
def test_a_drag_with_alt_turns_by_any_angle(log_in, pathologist, read_slide, mirror, turned):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=9)}{mirror}")
    stage = viewer(page).bounding_box()
    middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
    before = view(page)
    page.keyboard.down("Alt")
    page.mouse.move(middle[0] + 200, middle[1])
    page.mouse.down()
    page.mouse.move(middle[0] + 201, middle[1], steps=2)
    page.mouse.move(middle[0] + 200, middle[1] + 200, steps=9)
    page.mouse.up()
    page.keyboard.up("Alt")
    after = view(page)
    assert after["rotation"] == pytest.approx(turned, abs=1)
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=0.5)


def test_dragging_and_pointing_work_mirrored(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=4)}{TURNED}")
    box = viewer(page).bounding_box()
    x, y = box["x"] + 300, box["y"] + 250
    under = viewer(page).evaluate("viewer => viewer.toLevel0({ x: 300, y: 250 })")
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 40, steps=6)
    page.mouse.up()
    at_rest(page)
    moved = viewer(page).evaluate("viewer => viewer.toLevel0({ x: 360, y: 290 })")
    assert moved == pytest.approx(under, abs=0.5)
    expect(layer(page, "none")).to_be_visible()


def test_the_minimap_moves_the_view_and_stays_upright(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(1, 1, cells=2)}{TURNED}")
    minimap = page.locator("slide-minimap")
    expect(minimap).to_be_visible()
    box = minimap.bounding_box()
    assert box["width"] / box["height"] == pytest.approx(5 / 3, abs=0.03)
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.4 * box["height"], steps=3)
    page.mouse.up()
    page.wait_for_timeout(300)
    seen = view(page)
    assert (seen["x"], seen["y"]) == pytest.approx((80, 0.4 * 96), abs=1)
    assert seen["rotation"] == pytest.approx(33.5)
    picture = minimap.evaluate(
        """minimap => {
          const { canvas } = minimap.tissue;
          const red = (x) => canvas.getContext('2d').getImageData(x, 3, 1, 1).data[0];
          return [red(0.1 * canvas.width), red(0.9 * canvas.width)];
        }"""
    )
    assert picture == pytest.approx([10, 50], abs=6)


def line_of(page, command: str):
    return page.locator(f'key-list [data-command="{command}"]')


def test_a_reader_gives_a_command_another_key_and_takes_one_from_another(
    log_in, pathologist, read_slide
):
    page = log_in(pathologist)
    opened(page, read_slide, at(2.5, 1.5, cells=9))
    page.keyboard.press("?")
    line_of(page, "flip").get_by_role("button").click()
    page.keyboard.press("x")
    expect(line_of(page, "flip").locator("kbd")).to_have_text("X")
    line_of(page, "flip").get_by_role("button").click()
    page.keyboard.press("h")
    expect(page.locator("key-list [role=status]")).to_contain_text("H belongs to “Whole slide”")
    page.get_by_role("button", name="Take it from there").click()
    expect(line_of(page, "home").locator("kbd")).to_have_count(0)
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("h")
    assert view(page)["isFlipped"] is True
    page.reload()
    expect(shown(page, "called")).to_have_text("1")
    page.keyboard.press("?")
    expect(line_of(page, "flip").locator("kbd")).to_have_text("H")
    flip = page.get_by_label("Mirror left to right", exact=True)
    expect(flip).to_have_attribute("title", "Mirror left to right (H)")
    page.get_by_role("button", name="Back to the usual keys").click()
    expect(line_of(page, "flip").locator("kbd")).to_have_text("Y")


def test_buttons_name_the_keys_that_a_reader_gave(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    button = page.locator('[data-keys-of="next-finding"] kbd')
    expect(button).to_have_text("N")
    page.keyboard.press("?")
    line_of(page, "next-finding").get_by_role("button").click()
    page.keyboard.press("Shift+Y")
    expect(button).to_have_text("⇧Y")
    page.reload()
    expect(button).to_have_text("⇧Y")


def test_the_list_of_keys_is_searched_by_typing(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    page.keyboard.press("?")
    expect(page.locator("key-list dialog")).to_be_visible()
    page.keyboard.type("mirror")
    expect(page.locator("key-list .keys-line:visible")).to_have_count(1)
    expect(line_of(page, "flip")).to_be_visible()
    page.keyboard.press("Escape")  # empties the search
    page.keyboard.press("Escape")
    expect(page.locator("key-list dialog")).not_to_be_visible()


def test_tiles_that_fail_are_counted_hatched_and_asked_for_again(log_in, pathologist, read_slide):
    page = log_in(pathologist, expected=("Failed to load resource", "failed to load"))
    page.route("**/*_files/**", lambda route: route.abort())
    opened(page, read_slide, f"{at(2.5, 1.5, cells=8)}&l=0")
    notice = page.locator("[data-missing]")
    expect(notice).to_contain_text("1 tile could not be read: trying again.")
    page.keyboard.press("ArrowRight")  # what was begun goes on
    at_rest(page)
    hatched = viewer(page).evaluate(
        """viewer => { const { canvas } = viewer.layers.find(({ order }) => order === 5);
        const middle = [canvas.width / 2, canvas.height / 2, 1, 1];
        return canvas.getContext('2d').getImageData(...middle).data[3]; }"""
    )
    assert hatched > 100
    with page.expect_request("**/*_files/**"):  # at once, before the page would by itself
        page.get_by_role("button", name="Try again").click()
    page.unroute("**/*_files/**")
    expect(notice).to_be_hidden(timeout=20_000)
    page.wait_for_timeout(1500)
    assert middle_red(page) < 160


def test_tiles_come_back_by_themselves(log_in, pathologist, read_slide):
    page = log_in(pathologist, expected=("Failed to load resource", "failed to load"))
    page.route("**/*_files/**", lambda route: route.fulfill(status=500))
    opened(page, read_slide, at(2.5, 1.5, cells=8))
    expect(page.locator("[data-missing]")).to_be_visible()
    page.unroute("**/*_files/**")
    expect(page.locator("[data-missing]")).to_be_hidden(timeout=9000)


def test_a_slide_that_cannot_be_opened_is_opened_later(log_in, pathologist, read_slide):
    page = log_in(pathologist, expected=("Failed to load resource", "load TileSource"))
    page.route("**/*.dzi", lambda route: route.abort())
    page.goto(read_slide.get_absolute_url())
    expect(page.locator("[data-missing]")).to_contain_text("could not be opened")
    expect(page.locator("[data-trouble]")).to_be_visible()
    page.unroute("**/*.dzi")
    expect(page.locator("[data-missing]")).to_be_hidden(timeout=9000)
    expect(page.locator("[data-trouble]")).to_be_hidden()
    expect(page.locator('[data-show="scale"]')).to_contain_text("µm")


def middle_red(page) -> int:
    return viewer(page).evaluate(
        """viewer => { const { canvas } = viewer.viewer.drawer;
        const middle = [canvas.width / 2, canvas.height / 2, 1, 1];
        return canvas.getContext('2d').getImageData(...middle).data[0]; }"""
    )


def test_the_magnifier_shows_what_lies_under_the_cursor(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=20)}&r=30&m=1")
    page.keyboard.press("i")
    lens = page.locator(".lens slide-viewer")
    expect(lens).to_be_visible()
    box = viewer(page).bounding_box()
    page.mouse.move(box["x"] + 500, box["y"] + 380)
    under = viewer(page).evaluate("viewer => viewer.toLevel0({ x: 500, y: 380 })")
    page.wait_for_timeout(300)
    seen = lens.evaluate("viewer => ({ ...viewer.view, scale: viewer.scale })")
    assert (seen["x"], seen["y"]) == pytest.approx((under["x"], under["y"]), abs=0.6)
    assert (seen["rotation"], seen["isFlipped"]) == (pytest.approx(30), True)
    assert seen["scale"] == pytest.approx(4 * viewer(page).evaluate("v => v.scale"), rel=0.01)
    page.keyboard.press("i")
    expect(lens).to_have_count(0)


def test_full_screen_is_entered_and_a_refusal_is_put_in_words(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide)
    button = page.get_by_role("button", name="Full screen", exact=True)
    page.keyboard.press("Shift+F")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift+F")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.evaluate("() => { HTMLElement.prototype.requestFullscreen = undefined; }")
    page.evaluate("() => { Element.prototype.requestFullscreen = undefined; }")
    button.click()
    expect(page.locator("[data-trouble]")).to_contain_text("F11")


def test_a_pinch_zooms_and_a_finger_drags(log_in, pathologist, read_slide):
    page = log_in(pathologist, has_touch=True)
    opened(page, read_slide, f"{at(2.5, 1.5, cells=12)}&m=1")
    before = at_rest(page)
    touch = page.context.new_cdp_session(page)

    def send(kind: str, *points) -> None:
        touches = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touches})

    send("touchStart", (400, 400), (600, 400))
    for step in range(1, 11):
        send("touchMove", (400 - 10 * step, 400), (600 + 10 * step, 400))
    send("touchEnd")
    after = at_rest(page)
    assert after["width"] < 0.6 * before["width"]
    send("touchStart", (400, 400))
    for step in range(1, 6):
        send("touchMove", (400, 400 + 10 * step))
    send("touchEnd")
    assert at_rest(page)["y"] < after["y"] - 1
