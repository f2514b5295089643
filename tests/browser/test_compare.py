"""Up to four viewers of a case, side by side."""

import re

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.looking import shown

LOOKS = """() => [...document.querySelectorAll("slide-viewer")].map((viewer) =>
  ({ ...viewer.view, scale: viewer.scale, umPerScreenPx: viewer.umPerScreenPx }))"""
# Every frame's places of every viewer, for so many ms.
TRACES = """async (ms) => {
  const viewers = [...document.querySelectorAll("slide-viewer")];
  const traces = viewers.map(() => []);
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await new Promise(requestAnimationFrame);
    viewers.forEach((viewer, i) => traces[i].push(viewer.view.x));
  }
  return traces;
}"""


@pytest.fixture
def neighbour(small_slide, read_slide, make_version, predicted):
    """Another slide of the same patient, scanned twice as fine, and read once."""
    slide = small_slide("neighbour", patient=read_slide.patient, mpp=0.25)
    predicted(slide, read_slide.predictions.first().version, [[0.1, 0.9, 0.2], [0.1, 0.6, 0.2]])
    return slide


def compared(page, slide, *choices):
    query = "".join(f"&{name}={choice}" for name, choice in zip("abcd", choices, strict=False))
    page.goto(f"{reverse('compare')}?slide={slide.pk}{query}")
    expect(page.locator(".pane")).to_have_count(max(2, len(choices)))
    for i in range(max(2, len(choices))):
        expect(side(page, i).locator('[data-show="magnification"]')).to_contain_text("×")
    page.wait_for_timeout(300)


def side(page, i):
    return page.locator(f'[data-side="{i}"]')


def middle(page, i) -> tuple[float, float]:
    box = side(page, i).locator("slide-viewer").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, i, right: float, down: float, *, steps: int = 4) -> None:
    x, y = middle(page, i)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=steps)
    page.mouse.up()


def rest(page) -> list[dict]:
    page.wait_for_timeout(900)
    return page.evaluate(LOOKS)


def link(page, name):
    return page.locator(f'[data-link="{name}"]')


def test_linked_viewers_move_together_and_keep_their_own_thresholds(
    log_in, pathologist, read_slide
):
    page = log_in(pathologist)
    first, second = (read_slide.predictions.get(version__name=n) for n in ("first", "second"))
    page.goto(f"{reverse('compare')}?slide={read_slide.pk}&a={first.pk}&b={second.pk}")
    expect(shown(page, "threshold-0")).to_have_text("0.500")
    expect(shown(page, "threshold-1")).to_have_text("0.700")
    expect(page.locator('[data-column="0"][data-figure="called"]')).to_have_text("2")
    expect(page.locator('[data-column="1"][data-figure="called"]')).to_have_text("1")
    left, right = page.locator('.pane [data-show="magnification"]').all()
    before = right.text_content()
    page.locator('[data-side="0"] [data-view="in"]').click()
    expect(right).not_to_have_text(before)
    page.wait_for_timeout(800)
    assert left.text_content() == right.text_content()
    page.locator("[name=threshold]").fill("0.35")
    expect(shown(page, "threshold-0")).to_have_text("0.350")
    expect(shown(page, "threshold-1")).to_have_text("0.350")


def test_the_true_mask_stands_beside_the_predicted_one(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{reverse('compare')}?slide={read_slide.pk}")
    expect(page.locator('[data-side="0"] select')).to_have_value(f"truth-{read_slide.pk}")
    expect(page.locator('[data-column="1"][data-figure="recall"]')).to_have_text("0.333")
    page.keyboard.press("x")
    expect(page.locator('[data-side="1"] select')).to_have_value(f"truth-{read_slide.pk}")
    expect(page).to_have_url(re.compile(f"b=truth-{read_slide.pk}"))


def test_a_hard_drag_leaves_every_viewer_on_the_same_point_without_an_echo(
    log_in, pathologist, read_slide
):
    page = log_in(pathologist)
    compared(page, read_slide)
    page.keyboard.press("v")
    page.keyboard.press("v")
    expect(page.locator(".pane")).to_have_count(4)
    page.wait_for_timeout(600)
    for _ in range(3):
        page.locator('[data-side="0"] [data-view="in"]').click()
    rest(page)
    for i, right in ((0, 140), (0, -170), (2, 150), (3, -140), (1, 120)):
        drag(page, i, right, 60, steps=2)
    drag(page, 0, 160, -50, steps=2)
    traces = page.evaluate(TRACES, 1200)
    for trace in traces:
        steps = [b - a for a, b in zip(trace, trace[1:], strict=False) if abs(b - a) > 1e-6]
        assert all(step < 0 for step in steps), steps  # on to the left or at rest, never back
        assert trace[-20:] == [trace[-1]] * 20
    looks = page.evaluate(LOOKS)
    for look in looks[1:]:
        for name in ("x", "y", "scale", "rotation"):
            assert look[name] == pytest.approx(looks[0][name], rel=1e-9, abs=1e-9)


def test_each_link_can_be_let_go_alone(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    compared(page, read_slide)
    page.locator('[data-side="0"] [data-view="in"]').click()
    before = rest(page)
    link(page, "zoom").uncheck()
    page.locator('[data-side="0"] [data-view="out"]').click()
    page.locator('[data-side="0"] [data-view="turn"]').click()
    apart = rest(page)
    assert apart[0]["scale"] == pytest.approx(before[0]["scale"] / 1.6)
    assert apart[1]["scale"] == pytest.approx(before[1]["scale"])
    assert apart[0]["rotation"] == apart[1]["rotation"] == 90
    page.keyboard.press("y")  # a mirror goes with the turn
    assert [look["isFlipped"] for look in rest(page)] == [True, True]
    page.keyboard.press("y")
    link(page, "rotation").uncheck()
    page.locator('[data-side="1"] [data-view="turn"]').click()
    assert [look["rotation"] for look in rest(page)] == [90, 180]
    link(page, "rotation").check()
    link(page, "zoom").check()
    together = rest(page)
    assert together[0]["rotation"] == together[1]["rotation"] == 180
    assert together[0]["scale"] == pytest.approx(together[1]["scale"])


def test_another_slide_of_the_case_keeps_the_offset_it_was_linked_with(
    log_in, pathologist, read_slide, neighbour
):
    page = log_in(pathologist)
    reading = read_slide.predictions.first()
    compared(page, read_slide, reading.pk, f"tissue-{neighbour.pk}")
    expect(side(page, 1)).to_contain_text("not registered")
    own, other = rest(page)
    assert own["umPerScreenPx"] == pytest.approx(other["umPerScreenPx"])
    page.keyboard.press("l")
    expect(link(page, "pan")).not_to_be_checked()
    drag(page, 1, 60, 0)
    page.locator('[data-side="1"] [data-view="turn"]').click()
    own, other = rest(page)
    page.keyboard.press("l")
    expect(link(page, "pan")).to_be_checked()
    linked_own, linked_other = rest(page)
    # Whoever is in hand leads; nothing jumps but the zoom, to the same um per screen px.
    assert (linked_own["x"], linked_other["x"]) == pytest.approx((own["x"], other["x"]))
    drag(page, 0, -40, 0)
    moved_own, moved_other = rest(page)
    step_um = (moved_own["x"] - linked_own["x"]) * 0.5
    assert step_um > 0
    # The other one is turned by a quarter: what goes right here goes up there.
    assert (moved_other["y"] - linked_other["y"]) * 0.25 == pytest.approx(-step_um, rel=1e-6)
    assert moved_own["umPerScreenPx"] == pytest.approx(moved_other["umPerScreenPx"])


def test_the_cross_lies_on_the_same_tissue_in_every_viewer(
    log_in, pathologist, read_slide, neighbour
):
    page = log_in(pathologist)
    compared(
        page, read_slide, *(r.pk for r in read_slide.predictions.all()), f"tissue-{neighbour.pk}"
    )
    rest(page)
    x, y = middle(page, 0)
    page.mouse.move(x + 40, y + 25)
    expect(page.locator(".cross:not([hidden])")).to_have_count(3)
    for i in range(3):
        cross = side(page, i).locator(".cross").bounding_box()
        centre = middle(page, i)
        assert cross["x"] - centre[0] == pytest.approx(40, abs=1.5)
        assert cross["y"] - centre[1] == pytest.approx(25, abs=1.5)
    link(page, "pan").uncheck()
    page.mouse.move(x + 41, y + 25)
    # Nobody knows any more where that is on the other slide.
    expect(page.locator(".cross:not([hidden])")).to_have_count(2)


def test_the_address_restores_viewers_views_links_and_thresholds(
    log_in, pathologist, read_slide, neighbour
):
    page = log_in(pathologist)
    first, second = (read_slide.predictions.get(version__name=n) for n in ("first", "second"))
    other = neighbour.predictions.get()
    compared(page, read_slide, first.pk, second.pk, f"truth-{read_slide.pk}", other.pk)
    link(page, "threshold").uncheck()
    page.locator('[data-side="0"] [data-view="in"]').click()
    page.locator('[data-side="0"] [data-view="turn"]').click()
    rest(page)
    page.keyboard.press("l")
    drag(page, 3, 30, 10)
    side(page, 1).locator("select").focus()
    page.locator("[name=threshold]").fill("0.25")
    page.locator('[data-layer="unassessed"]').click()
    before = rest(page)
    page.reload()
    expect(page.locator(".pane")).to_have_count(4)
    for name, is_on in (("pan", False), ("zoom", False), ("layers", True), ("threshold", False)):
        expect(link(page, name)).to_be_checked(checked=is_on)
    expect(side(page, 1)).to_have_class(re.compile("is-active"))
    expect(shown(page, "threshold-0")).to_have_text("0.500")
    expect(shown(page, "threshold-1")).to_have_text("0.250")
    expect(page.locator('[data-layer="unassessed"]')).to_have_attribute("aria-pressed", "false")
    expect(side(page, 3).locator("select")).to_have_value(str(other.pk))
    for was, now in zip(before, rest(page), strict=True):
        assert now["x"] == pytest.approx(was["x"], abs=1e-3)
        assert now["y"] == pytest.approx(was["y"], abs=1e-3)
        assert now["scale"] == pytest.approx(was["scale"], rel=1e-4)
        assert now["rotation"] == was["rotation"]


def test_keys_alone_add_change_and_remove_viewers(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    compared(page, read_slide)
    for count in (3, 4, 4):
        page.keyboard.press("v")
        expect(page.locator(".pane")).to_have_count(count)
    expect(page.locator("th[data-letter]")).to_have_count(4)
    expect(side(page, 3)).to_have_class(re.compile("is-active"))
    page.keyboard.press(".")
    expect(side(page, 0)).to_have_class(re.compile("is-active"))
    page.keyboard.press(",")
    page.keyboard.press(",")
    expect(side(page, 2)).to_have_class(re.compile("is-active"))
    page.wait_for_timeout(500)
    before = rest(page)
    page.keyboard.press("+")
    after = rest(page)
    assert after[2]["scale"] > before[2]["scale"]
    assert after[0]["scale"] == pytest.approx(after[2]["scale"])
    for count in (3, 2, 2):
        page.keyboard.press("Shift+V")
        expect(page.locator(".pane")).to_have_count(count)
    expect(page).to_have_url(re.compile(r"[?&]a=[^&#]+&b=[^&#]+#"))


def test_four_viewers_fit_a_small_screen(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    compared(page, read_slide)
    page.keyboard.press("v")
    page.keyboard.press("v")
    expect(page.locator(".pane")).to_have_count(4)
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    for i in range(4):
        box = side(page, i).locator("slide-viewer").bounding_box()
        assert box["width"] > 450 and box["height"] > 280
        assert box["y"] + box["height"] <= 768


def test_the_viewer_in_hand_has_lens_picture_and_the_screen(log_in, pathologist, read_slide):
    page = log_in(pathologist, accept_downloads=True)
    page.goto(f"/compare/?slide={read_slide.pk}")
    page.wait_for_timeout(1500)
    page.locator(".pane").nth(1).locator("slide-viewer").first.hover()
    page.keyboard.press("i")
    expect(page.locator(".pane").nth(1).locator(".lens")).to_be_visible()
    expect(page.locator(".lens")).to_have_count(1)
    with page.expect_download() as saved:
        page.keyboard.press("s")
    assert saved.value.suggested_filename == "slide_view.png"
    page.keyboard.press("Shift+F")
    button = page.get_by_role("button", name="Full screen")
    expect(button).to_have_attribute("aria-pressed", "true")
