"""The layers over the tissue: what is painted, what is counted, and that no server is asked."""

import io
import re

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from tests.browser.looking import at, layer, shown

CELLS = 7  # across the stage
PLAIN = "&o=1&s=0"  # opaque and filled
# What other parts of the page keep, and the icon that Chromium asks for with every new address.
BACKGROUND = re.compile(r"/(drawing|seen|bookmarks)/|mark\.svg$")
VIRIDIS_90 = (187, 222, 40)
VIRIDIS_60 = (33, 165, 133)


def opened(page, slide, rest: str = ""):
    page.goto(f"{slide.get_absolute_url()}{at(2.5, 1.5, cells=CELLS)}{PLAIN}{rest}")
    expect(shown(page, "called")).not_to_have_text("–")
    page.wait_for_timeout(300)


def colour_of(page, column: int, row: int) -> np.ndarray:
    """The middle of a cell on the screen, r, g, b."""
    page.wait_for_timeout(120)
    stage = page.locator("slide-viewer").first.bounding_box()
    side = stage["width"] / CELLS
    x = stage["width"] / 2 + (column + 0.5 - 2.5) * side
    y = stage["height"] / 2 + (row + 0.5 - 1.5) * side
    picture = Image.open(io.BytesIO(page.screenshot(clip=stage))).convert("RGB")
    return np.asarray(picture)[int(y), int(x)].astype(int)


def is_near(seen: np.ndarray, wanted: tuple[int, int, int]) -> bool:
    return bool(np.abs(seen - np.array(wanted)).max() <= 6)


def press_style(page, name: str) -> None:
    page.locator(f'[data-style-of="{name}"]').click()


def test_threshold_palette_and_layer_change_colours_without_the_server(
    log_in, pathologist, read_slide
):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    opened(page, read_slide, f"&p={first.pk}&l=p")
    before = colour_of(page, 1, 1)
    assert is_near(colour_of(page, 1, 0), VIRIDIS_90)
    assert is_near(before, VIRIDIS_60)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.locator("[name=threshold]").fill("0.7")
    assert not is_near(colour_of(page, 1, 1), VIRIDIS_60)
    assert is_near(colour_of(page, 1, 0), VIRIDIS_90)
    page.locator("[name=palette]").select_option("mask")
    assert is_near(colour_of(page, 1, 0), (0x00, 0x72, 0xB2))
    page.keyboard.press("3")
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    assert is_near(colour_of(page, 1, 0), (0x00, 0x72, 0xB2))
    assert [url for url in asked if not BACKGROUND.search(url)] == []


def test_an_outline_leaves_the_tissue_free(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    opened(page, read_slide, f"&p={first.pk}&l=p")
    filled = colour_of(page, 1, 0)
    press_style(page, "probability")
    bare = colour_of(page, 1, 0)
    assert np.abs(filled - bare).max() > 60
    page.keyboard.press("0")
    assert np.abs(colour_of(page, 1, 0) - bare).max() <= 6
    expect(page).to_have_url(re.compile("s=p"))


def test_what_is_kept_while_the_view_stands_still_is_painted_anew_when_it_moves(
    log_in, pathologist, read_slide
):
    page = log_in(pathologist)

    def stage() -> np.ndarray:
        page.mouse.move(700, 5)
        page.wait_for_timeout(400)
        picture = page.screenshot(clip=page.locator("slide-viewer").bounding_box())
        return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)

    def set_threshold(value: str) -> None:
        page.locator("[name=threshold]").fill(value)
        page.wait_for_timeout(100)

    opened(page, read_slide, "&l=tpn")
    for value in ("0.2", "0.5", "0.7"):
        set_threshold(value)
    stood = stage()
    page.locator("slide-viewer").evaluate(
        "viewer => viewer.show({ x: viewer.view.x * 1.2, y: viewer.view.y * 0.9 }, true)"
    )
    set_threshold("0.4")
    set_threshold("0.7")
    moved = stage()
    page.reload()
    expect(shown(page, "called")).not_to_have_text("–")
    assert np.abs(stage() - moved).max() <= 3
    assert np.abs(stood - moved).max() > 50
    press_style(page, "truth")
    assert np.abs(stage() - moved).max() > 20


def test_smoothed_is_display_only_and_says_so(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    opened(page, read_slide, f"&p={first.pk}&l=p")
    expect(page.locator('.stage [data-show="form"]')).to_have_text("True cells")
    figures = [shown(page, name).text_content() for name in ("called", "tp", "fp", "fn", "dice")]
    page.locator("[name=form]").select_option("smoothed")
    expect(page.locator('.stage [data-show="form"]')).to_have_text("Smoothed for display")
    assert figures == [shown(page, n).text_content() for n in ("called", "tp", "fp", "fn", "dice")]
    expect(page.locator("aside")).to_contain_text("counted on true cells")
    assert is_near(colour_of(page, 1, 0), VIRIDIS_90)


def test_two_versions_agree_or_differ_on_counted_cells(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first, second = (read_slide.predictions.get(version__name=n) for n in ("first", "second"))
    opened(page, read_slide, f"&p={first.pk}&l=p")
    page.keyboard.press("7")
    expect(page.locator("[name=other]")).to_have_value(str(second.pk))
    counts = {"both": "1", "aOnly": "1", "bOnly": "0", "lone": "0"}
    for name, count in counts.items():
        expect(shown(page, name)).to_have_text(count)
    assert is_near(colour_of(page, 1, 0), (0x00, 0x9E, 0x73))
    page.locator("[name=otherThreshold]").fill("0.5")
    expect(shown(page, "both")).to_have_text("2")
    expect(shown(page, "aOnly-area")).to_have_text("0 mm²")
    expect(page.locator('[data-show="point"]')).to_contain_text("first: p 0.20 · second: p 0.20")


def test_versions_of_other_cells_are_compared_on_the_finer_ones(
    log_in, pathologist, read_slide, make_version, predicted
):
    coarse = predicted(read_slide, make_version("coarse", mpp=1.0), [[0.9] * 3, [0.9] * 3])
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    opened(page, read_slide, f"&p={first.pk}&l=v&q={coarse.pk}")
    expect(shown(page, "both")).to_have_text("2")
    expect(shown(page, "bOnly")).to_have_text("12")
    expect(shown(page, "lone")).to_have_text("1")
    expect(shown(page, "pair-grid")).to_contain_text("finer cells (32 px)")


def test_a_finding_too_small_to_see_is_a_pin(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    opened(page, read_slide, f"&p={first.pk}&l=p&t=0.85")
    page.goto(f"{read_slide.get_absolute_url()}{at(2.5, 1.5, cells=400)}&p={first.pk}&l=p&t=0.85")
    page.wait_for_timeout(500)
    rings = page.evaluate(
        """() => {
          const { canvas } = document.querySelector("slide-viewer").masks;
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let blue = 0;
          for (let i = 0; i < data.length; i += 4) {
            blue += data[i] < 20 && data[i + 1] > 90 && data[i + 1] < 130 && data[i + 2] > 160;
          }
          return blue;
        }"""
    )
    assert rings > 60


def test_tissue_is_a_layer_of_its_own_key(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, "&l=0")
    bare = colour_of(page, 3, 1)
    page.keyboard.press("6")
    expect(layer(page, "tissue")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(600)  # its mask is read from the server, once
    assert np.abs(colour_of(page, 3, 1) - bare).max() > 20
    page.keyboard.down("Space")
    assert np.abs(colour_of(page, 3, 1) - bare).max() <= 6
    page.keyboard.up("Space")


def test_the_address_restores_every_layer_and_the_look(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first, second = (read_slide.predictions.get(version__name=n) for n in ("first", "second"))
    rest = f"&l=vngis&s=tg&f=s&p={first.pk}&q={second.pk}&u=0.33&c=cividis&o=0.4"
    page.goto(f"{read_slide.get_absolute_url()}{at(2.5, 1.5, cells=CELLS)}{rest}")
    for name in ("versions", "unassessed", "regions", "tissue", "seen"):
        expect(layer(page, name)).to_have_attribute("aria-pressed", "true")
    for name, value in {"form": "smoothed", "palette": "cividis", "opacity": "40"}.items():
        expect(page.locator(f"[name={name}]")).to_have_value(value)
    expect(shown(page, "otherThreshold")).to_have_text("0.330")
    expect(page.locator('[data-style-of="truth"]')).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-style-of="tissue"]')).to_have_attribute("aria-pressed", "false")


def test_an_admin_makes_a_look_the_default_that_others_see_first(
    log_in, admin, pathologist, read_slide
):
    page = log_in(admin)
    opened(page, read_slide)
    page.locator("[name=palette]").select_option("print")
    page.locator("[name=form]").select_option("smoothed")
    page.locator("[data-make-default]").click()
    expect(shown(page, "default-kept")).to_contain_text("Kept")
    other = log_in(pathologist)
    other.goto(read_slide.get_absolute_url())
    expect(other.locator("[name=palette]")).to_have_value("print")
    expect(other.locator("[name=form]")).to_have_value("smoothed")
    expect(other.locator("[data-make-default]")).to_have_count(0)
    other.goto("about:blank")
    other.goto(f"{read_slide.get_absolute_url()}#c=inferno")
    expect(other.locator("[name=palette]")).to_have_value("inferno")


def test_the_panel_is_no_wider_than_its_place(log_in, admin, read_slide):
    page = log_in(admin)
    opened(page, read_slide, "&l=v")
    widths = page.evaluate(
        "(() => { const { scrollWidth, clientWidth } = document.querySelector('aside.side');"
        " return [scrollWidth, clientWidth]; })()"
    )
    assert widths[0] == widths[1]


def test_what_stands_at_the_foot_leaves_the_minimap_free(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    opened(page, read_slide, "&l=v")
    expect(page.locator(".point output")).to_contain_text("second")
    chips = [chip.bounding_box() for chip in page.locator(".stage-foot > div:visible").all()]
    minimap = page.locator("slide-minimap").bounding_box()
    assert all(chip["x"] + chip["width"] <= minimap["x"] for chip in chips)
