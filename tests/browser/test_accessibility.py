"""Every page for every eye and hand: axe finds nothing serious, keys alone lead everywhere."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from slides import tasks
from tests import site_rows
from tests.browser.looking import at
from tests.browser.test_truth_drop import OTHER, drop, text_of
from tests.site_pages import whole_pages

arguments = site_rows.arguments
slide_with_truth, version_with_weights = site_rows.slide_with_truth, site_rows.version_with_weights

# Axe leaves the size of targets (WCAG 2.2) out unless asked.
OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
# The second theme differs from the first in its colours alone.
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast", "link-in-text-block"]}
TOOLS = (
    *("select", "polygon", "freehand", "rectangle", "point"),
    *("brush", "eraser", "wand", "knife"),
)
MOST_STOPS = 200
# The element with the focus: what it is, and why it cannot be seen, if so.
FOCUSED = """() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const box = focused.getBoundingClientRect();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  const style = getComputedStyle(focused);
  const isInside = x > 0 && y > 0 && x < innerWidth && y < innerHeight;
  const top = isInside ? document.elementFromPoint(x, y) : null;
  const label = focused.labels?.[0];
  const around = [focused, label, top?.contains(focused) && top];
  const isCovered = !around.some((each) => each && each.contains(top));
  const isMarked = style.outlineStyle !== "none" || style.boxShadow !== "none";
  const troubles = {
    outside: !isInside, covered: isInside && isCovered, unmarked: !isMarked,
  };
  return {
    name: focused.outerHTML.slice(0, 140),
    isFirst: focused.classList.contains("skip"),
    trouble: Object.entries(troubles)
      .filter(([, isTrue]) => isTrue)
      .map(([name]) => name),
  };
}"""


@pytest.fixture
def serious() -> Callable[..., list[str]]:
    """serious(page, part): what axe finds there in both themes that is serious or worse."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def serious(page: Page, part: str = "body") -> list[str]:
        found = []
        for theme, options in (("light", OPTIONS), ("dark", COLOURS)):
            page.emulate_media(color_scheme=theme)
            rules = axe.run(page, part, options).response["violations"]
            found += [
                f"{theme}, {rule['id']}: {node['html'][:160]}"
                for rule in rules
                if rule["impact"] in {"serious", "critical"}
                for node in rule["nodes"]
            ]
        return found

    return serious


def still(log_in, user, **options) -> Page:
    """A page on which nothing fades, so that colours are what they end as."""
    return log_in(user, reduced_motion="reduce", **options)


def test_axe_finds_nothing_serious_on_any_page(log_in, admin, as_admin, arguments, serious):
    page = still(log_in, admin, expected=("404",))
    found = {}
    for name, place in (whole_pages(as_admin, arguments) | {"lost": "/no/such/page/"}).items():
        page.goto(place)
        if page.locator("slide-viewer, #api-docs").count():
            page.wait_for_load_state("networkidle")
        found[name] = serious(page)
    assert {name: rules for name, rules in found.items() if rules} == {}


def test_axe_finds_nothing_serious_where_nothing_is_yet(log_in, admin, serious):
    page = still(log_in, admin)
    places = ("/", "/compare/", "/predictions/", "/training/runs/new/", "/training/versions/")
    found = {}
    for place in places:
        page.goto(place)
        found[place] = serious(page)
    page.context.clear_cookies()
    page.goto("/")
    found["login"] = serious(page)
    assert {place: rules for place, rules in found.items() if rules} == {}


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_axe_finds_nothing_serious_while_drawing(log_in, pathologist, read_slide, serious, locale):
    page = still(log_in, pathologist, locale=locale)
    page.goto(read_slide.get_absolute_url() + at(2.5, 1.5, cells=4))
    page.locator(".drawing-bar [data-act=draw]").click()
    found = {}
    for tool in TOOLS if locale == "en-GB" else TOOLS[5:6]:
        page.locator(f"[data-tool={tool}]").click()
        found[tool] = serious(page, ".drawing-bar")
    found["page"] = serious(page)
    assert {state: rules for state, rules in found.items() if rules} == {}


def test_axe_finds_nothing_serious_in_any_state_of_reading(
    log_in, pathologist, read_slide, serious
):
    page = still(log_in, pathologist)
    page.goto(read_slide.get_absolute_url() + at(2.5, 1.5, cells=4))
    expect(page.locator("[data-layer=truth]")).to_have_attribute("aria-pressed", "true")
    found = {}
    page.keyboard.press("?")
    found["keys"] = serious(page, "dialog.keys")
    page.keyboard.press("Escape")
    page.locator("aside summary").evaluate_all("all => all.forEach((each) => each.click())")
    expect(page.locator(".revision").first).to_be_visible()
    for part in ("reading", "drawing", "marks", "slide"):
        page.locator(f"[data-jump={part}]").click()
        found[part] = serious(page, f"[data-part={part}]")
    page.keyboard.press("c")
    for key in ("Enter", "ArrowRight", "Enter", "Enter"):
        page.keyboard.press(key)
    found["measure"] = serious(page, "[data-part=marks]")
    page.locator("header .menu summary").click()
    found["menu"] = serious(page, "header")
    assert {state: rules for state, rules in found.items() if rules} == {}


def test_axe_finds_nothing_serious_in_a_comparison_of_four(
    log_in, pathologist, read_slide, serious
):
    page = still(log_in, pathologist)
    page.goto(f"/compare/?slide={read_slide.pk}")
    expect(page.locator("slide-viewer")).to_have_count(2)
    page.locator("body").press("v")
    page.locator("body").press("v")
    expect(page.locator("slide-viewer")).to_have_count(4)
    assert serious(page) == []


def test_axe_finds_nothing_serious_in_the_preview_of_a_truth(
    log_in, pathologist, read_slide, serious, monkeypatch
):
    monkeypatch.setattr(tasks, "read_beside", tasks.run_reading)
    page = still(log_in, pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(page.locator('[data-show="called"]').first).to_have_text("1")
    drop(page, text_of(OTHER))
    expect(page.locator(".pending")).to_contain_text("It fits this slide")
    assert serious(page, ".pending") == []


# Keys alone ------------------------------------------------------------------------


def stops(page: Page) -> list[dict]:
    """Every stop of the Tab key until it comes round to the first."""
    found: list[dict] = []
    for _ in range(MOST_STOPS):
        page.keyboard.press("Tab")
        here = page.evaluate(FOCUSED)
        if here is None or (found and here["isFirst"]):
            return found
        found.append(here)
    raise AssertionError(f"Tab does not come round: {[each['name'] for each in found[-4:]]}")


def test_the_tab_key_goes_round_the_reading_page_in_sight(log_in, pathologist, read_slide):
    page = still(log_in, pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(page.locator("[data-layer=truth]")).to_have_attribute("aria-pressed", "true")
    found = stops(page)
    assert len(found) > 40
    assert [each for each in found if each["trouble"]] == []


def test_the_tab_key_goes_round_while_drawing(log_in, pathologist, read_slide):
    page = still(log_in, pathologist)
    page.goto(read_slide.get_absolute_url())
    page.locator(".drawing-bar [data-act=draw]").click()
    page.locator("[data-tool=brush]").click()
    page.locator("header .brand").focus()
    found = stops(page)
    assert len(found) > 50
    assert [each for each in found if each["trouble"]] == []


def test_the_list_of_keys_gives_the_focus_back(log_in, pathologist, read_slide):
    page = still(log_in, pathologist)
    page.goto(read_slide.get_absolute_url())
    help_button = page.locator("[data-help]")
    help_button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("dialog.keys input")).to_be_focused()
    page.keyboard.press("Escape")
    expect(help_button).to_be_focused()


def test_the_focus_outlives_what_a_page_fetches_anew(log_in, admin, read_slide):
    row = read_slide.predictions.first()
    type(row).objects.filter(pk=row.pk).update(status="queued")
    page = still(log_in, admin)
    page.goto("/jobs/")
    page.get_by_role("button", name="Cancel").focus()
    page.locator("#jobs").evaluate("part => part.classList.add('old')")
    expect(page.locator("#jobs.old")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
