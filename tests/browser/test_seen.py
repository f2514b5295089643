"""What a reader has looked at: noted at rest under 10x or more, kept, and led to what is left."""

import numpy as np
import pytest
from playwright.sync_api import expect

from slides import seen
from slides.models import SeenTissue
from tests.browser.looking import layer, shown

SIDE = 2048
PATIENCE_MS = 20_000  # tiles may be slow to come
GLANCE = """async (viewer) => {
  for (let x = 300; x < 3600; x += 10) {
    viewer.show({ x, y: 1000, width: 1000 }, true);
    await new Promise(requestAnimationFrame);
  }
  viewer.show({ x: 2000, y: 2000, width: 4200 }, true);
}"""


@pytest.fixture
def broad_slide(make_slide):
    """4096 x 4096 px of 0.5 um: 2 x 2 mm, tissue but for a stripe in its middle."""
    tissue = np.ones((SIDE // 8, SIDE // 8), bool)
    tissue[:, 120:136] = False
    rgb = np.full((4096, 4096, 3), 200, np.uint8)
    return make_slide("broad", rgb, mpp=0.5, tissue=tissue)


def open_at(page, slide, x: float, y: float, width: float) -> None:
    """Look at a place, given in level-0 px."""
    page.goto(f"{slide.get_absolute_url()}#x={x}&y={y}&w={width}")
    expect(page.locator('[data-show="magnification"]').first).to_contain_text("×")


def share(page):
    return shown(page, "unseen")


def kept(slide, reader):
    return seen.standing(slide, reader)


def test_what_stood_still_at_10x_is_kept_and_the_rest_is_told(log_in, pathologist, broad_slide):
    page = log_in(pathologist)
    open_at(page, broad_slide, 1024, 1024, 1400)
    expect(share(page)).to_have_text("91 % of the tissue never seen at 10×", timeout=PATIENCE_MS)
    expect(shown(page, "seen-kept")).to_have_text("Kept for you.", timeout=PATIENCE_MS)
    told = kept(broad_slide, pathologist)
    assert told.unseen_share == pytest.approx(0.91, abs=0.01)
    page.goto("/")
    open_at(page, broad_slide, 2048, 2048, 9000)  # as seen from afar
    expect(share(page)).to_have_text("91 % of the tissue never seen at 10×", timeout=PATIENCE_MS)


def test_a_glance_or_a_view_from_afar_counts_for_nothing(log_in, pathologist, broad_slide):
    page = log_in(pathologist)
    open_at(page, broad_slide, 1024, 1024, 4200)
    expect(share(page)).to_have_text("100 % of the tissue never seen at 10×", timeout=PATIENCE_MS)
    page.locator("slide-viewer").evaluate(GLANCE)  # close by, and never at rest
    page.wait_for_timeout(900)
    expect(share(page)).to_have_text("100 % of the tissue never seen at 10×", timeout=PATIENCE_MS)
    assert not SeenTissue.objects.exists()


def test_a_key_leads_to_the_largest_unseen_part_until_nothing_is_left(
    log_in, pathologist, broad_slide
):
    page = log_in(pathologist)
    open_at(page, broad_slide, 2048, 2048, 8000)
    page.keyboard.press("r")
    expect(share(page)).to_have_text("100 % of the tissue never seen at 10×", timeout=PATIENCE_MS)
    views = []
    for _ in range(30):
        if share(page).text_content().startswith("All"):
            break
        before = share(page).text_content()
        page.keyboard.press("j")
        expect(share(page)).not_to_have_text(before, timeout=PATIENCE_MS)
        views.append(
            page.locator("slide-viewer").evaluate("(v) => [v.magnification, v.view.rotation]")
        )
    expect(share(page)).to_have_text("All tissue was seen at 10× or more.")
    assert len(views) < 16  # 2 x 2 mm in views of 0.7 x 1 mm
    assert all(view == pytest.approx([10, 90]) for view in views)
    expect(page.locator("[data-next-unseen]")).to_be_disabled()


def test_the_layer_and_the_minimap_show_it(log_in, pathologist, broad_slide):
    page = log_in(pathologist)
    open_at(page, broad_slide, 1024, 1024, 1400)
    expect(share(page)).to_contain_text("91 %", timeout=PATIENCE_MS)
    painted = """(canvases) => canvases.filter((canvas) => canvas.getContext("2d")
      .getImageData(0, 0, canvas.width, canvas.height).data
      .some((value, i) => i % 4 === 2 && value > 150 && canvas.getContext("2d"))).length"""
    on_slide = page.locator("slide-viewer .openseadragon-canvas > .viewer-overlay")
    on_map = page.locator("slide-minimap > .viewer-overlay")
    before, small = on_slide.evaluate_all(painted), on_map.evaluate_all(painted)
    assert small >= 1
    page.keyboard.press("Shift+J")
    expect(layer(page, "seen")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(200)
    assert on_slide.evaluate_all(painted) == before + 1


def test_two_windows_lose_nothing_of_each_other(log_in, pathologist, broad_slide):
    first, second = log_in(pathologist), log_in(pathologist)
    open_at(first, broad_slide, 800, 800, 1400)
    open_at(second, broad_slide, 3200, 3200, 1400)
    for page in (first, second):
        expect(share(page)).to_contain_text("91 %", timeout=PATIENCE_MS)
        expect(shown(page, "seen-kept")).to_have_text("Kept for you.", timeout=PATIENCE_MS)
    assert kept(broad_slide, pathologist).unseen_share == pytest.approx(0.82, abs=0.02)


def test_what_was_seen_without_a_network_is_kept_once_it_is_back(log_in, pathologist, broad_slide):
    page = log_in(pathologist, expected=("ERR_INTERNET_DISCONNECTED", "ERR_FAILED"))
    open_at(page, broad_slide, 1024, 1024, 4200)
    expect(share(page)).to_contain_text("100 %", timeout=PATIENCE_MS)
    page.route("**/seen/", lambda route: route.abort())
    page.locator("slide-viewer").evaluate("(v) => v.show({ x: 1024, y: 1024, width: 1400 }, true)")
    expect(shown(page, "seen-kept")).to_contain_text("No network", timeout=PATIENCE_MS)
    assert not SeenTissue.objects.exists()
    page.unroute("**/seen/")
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(shown(page, "seen-kept")).to_have_text("Kept for you.", timeout=PATIENCE_MS)
    assert kept(broad_slide, pathologist).unseen_share == pytest.approx(0.91, abs=0.01)


def test_leaving_the_page_at_once_loses_nothing(log_in, pathologist, broad_slide):
    page = log_in(pathologist)
    open_at(page, broad_slide, 1024, 1024, 1400)
    expect(share(page)).to_contain_text("91 %", timeout=PATIENCE_MS)
    page.goto("/slides/")
    page.wait_for_timeout(500)
    assert kept(broad_slide, pathologist).unseen_share == pytest.approx(0.91, abs=0.01)


def test_starting_over_asks_first(log_in, pathologist, broad_slide):
    page = log_in(pathologist)
    open_at(page, broad_slide, 1024, 1024, 1400)
    expect(share(page)).to_contain_text("91 %", timeout=PATIENCE_MS)
    expect(shown(page, "seen-kept")).to_have_text("Kept for you.", timeout=PATIENCE_MS)
    page.locator("slide-viewer").evaluate("(v) => v.show({ width: 6000 }, true)")
    page.locator("[data-start-over]").click()
    page.get_by_role("button", name="Keep it").click()
    expect(share(page)).to_contain_text("91 %", timeout=PATIENCE_MS)
    page.locator("[data-start-over]").click()
    page.get_by_role("button", name="Forget and start over").click()
    expect(share(page)).to_contain_text("100 %", timeout=PATIENCE_MS)
    assert not SeenTissue.objects.exists()


def test_escape_never_starts_over_whatever_was_answered_before(log_in, pathologist, broad_slide):
    page = log_in(pathologist)
    open_at(page, broad_slide, 1024, 1024, 6000)
    expect(share(page)).to_contain_text("100 %", timeout=PATIENCE_MS)
    asked = page.get_by_role("dialog", name="Start over?")
    page.locator("[data-start-over]").click()
    page.get_by_role("button", name="Forget and start over").click()
    expect(asked).to_be_hidden()
    page.locator("slide-viewer").evaluate("(v) => v.show({ width: 1400 }, true)")
    expect(share(page)).to_contain_text("91 %", timeout=PATIENCE_MS)
    page.locator("slide-viewer").evaluate("(v) => v.show({ width: 6000 }, true)")
    page.locator("[data-start-over]").click()
    expect(asked).to_be_visible()
    page.keyboard.press("Escape")
    expect(asked).to_be_hidden()
    page.wait_for_timeout(300)  # an answer would come late
    expect(share(page)).to_contain_text("91 %")


def test_without_a_pixel_size_the_page_says_why_there_is_none(log_in, pathologist, make_slide):
    page = log_in(pathologist)
    page.goto(make_slide("blind", mpp=None).get_absolute_url())
    expect(page.locator("[data-seen]")).to_contain_text("µm per pixel is unknown")
