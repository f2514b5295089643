"""What people see and press, in Chromium, under the site's own Content-Security-Policy."""

import re
import shutil
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.urls import reverse
from shapely.geometry import box

from slides import tasks
from slides.models import Slide
from tests.predictions.conftest import PATCH_PX
from tests.slide_files import tissue_like, write_pyramid

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

MAP = [[0.1, 0.9, 0.2, 0.2, 0.2], [0.1, 0.6, 0.2, 0.2, 0.2], [0.1, 0.4, float("nan"), 0.2, 0.2]]
# OpenSeadragon sets one style by attribute, which the policy refuses; nothing is lost by it.
KNOWN = "Applying inline style violates"


def at(column: float, row: float, *, cells: float = 1.0) -> str:
    """The part of an address that looks at a place, given in cells."""
    return f"#x={column * PATCH_PX:g}&y={row * PATCH_PX:g}&w={cells * PATCH_PX:g}"


@pytest.fixture(scope="module")
def chromium():
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("Chromium is absent: pages are not tried in a browser")
    with pytest.MonkeyPatch.context() as patch, playwright.sync_playwright() as driver:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # the driver runs a loop in this thread
        browser = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def log_in(chromium, live_server, settings):
    """log_in(user): a page of that user; the test fails on any error of the page's scripts."""
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768}, base_url=live_server.url
    )
    troubles: list[str] = []

    def log_in(user):
        context.add_cookies([_session_cookie(user, live_server.url)])
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda said: _note(said, troubles))
        return page

    yield log_in
    context.close()
    assert troubles == []


def _note(said, troubles: list[str]) -> None:
    if said.type == "error" and KNOWN not in said.text:
        troubles.append(said.text)


def _session_cookie(user, url: str) -> dict[str, str]:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return {"name": "sessionid", "value": session.session_key, "url": url}


@pytest.fixture
def read_slide(small_slide, make_version, predicted, annotate) -> Slide:
    """A slide of 5 x 3 cells with two readings; its second column is tumour."""
    slide = small_slide()
    annotate(slide, box(PATCH_PX, 0, 2 * PATCH_PX, 3 * PATCH_PX))
    predicted(slide, make_version("first"), MAP)
    predicted(slide, make_version("second", threshold=0.7), MAP)
    return slide


def shown(page, name: str):
    return page.locator(f'aside [data-show="{name}"]').first


def layer(page, name: str):
    return page.locator(f'[data-layer="{name}"]')


def test_the_threshold_acts_at_once_on_counts_and_comes_back(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(shown(page, "called")).to_have_text("1")  # 0.7, the newest version's own
    expect(shown(page, "recall")).to_have_text("0.333")
    page.locator("[name=threshold]").fill("0.6")
    expect(shown(page, "called")).to_have_text("2")
    expect(shown(page, "recall")).to_have_text("0.667")
    expect(shown(page, "missed")).to_have_text("0")
    page.locator("[data-reset-threshold]").click()
    expect(shown(page, "threshold")).to_have_text("0.700")


def test_keys_alone_show_hide_and_glance(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(read_slide.get_absolute_url())
    expect(shown(page, "called")).to_have_text("1")
    page.keyboard.press("3")
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    expect(layer(page, "probability")).to_have_attribute("aria-pressed", "false")
    page.keyboard.down("2")
    expect(layer(page, "probability")).to_have_attribute("aria-pressed", "true")
    page.wait_for_timeout(400)
    page.keyboard.up("2")  # held: only a glance
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("0")
    expect(layer(page, "none")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("]")
    expect(shown(page, "threshold")).to_have_text("0.710")
    page.keyboard.press("?")
    expect(page.locator("key-list dialog")).to_be_visible()


def test_next_goes_to_the_largest_finding_and_round(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{read_slide.get_absolute_url()}#t=0.15")
    expect(shown(page, "finding")).to_have_text("1")
    page.keyboard.press("n")
    expect(shown(page, "finding")).to_have_text("1 of 1")
    page.locator("[name=threshold]").fill("0.95")
    expect(shown(page, "finding")).to_have_text("0")
    expect(page.locator('[data-step="1"]')).to_be_disabled()


def test_the_address_restores_version_layers_threshold_and_place(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    first = read_slide.predictions.get(version__name="first")
    address = f"{read_slide.get_absolute_url()}{at(1.5, 1.5, cells=6.5)}&t=0.35&l=ta&p={first.pk}"
    page.goto(address)
    expect(shown(page, "threshold")).to_have_text("0.350")
    expect(shown(page, "called")).to_have_text("3")
    expect(page.locator("[name=prediction]")).to_have_value(str(first.pk))
    expect(layer(page, "agreement")).to_have_attribute("aria-pressed", "true")
    expect(page.locator('[data-show="point"]')).to_contain_text("p 0.60")
    page.keyboard.press("+")
    place = at(1.5, 1.5).removeprefix("#").split("&w=")[0]
    expect(page).to_have_url(re.compile(re.escape(place) + rf"&w={int(6.5 * PATCH_PX / 1.5)}\."))


def test_the_value_under_the_cursor_tells_not_assessed_from_zero(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.goto(f"{read_slide.get_absolute_url()}{at(2.5, 2.5)}")
    expect(page.locator('[data-show="point"]')).to_contain_text("not assessed")
    page.goto(f"{read_slide.get_absolute_url()}{at(1.5, 0.5)}")
    expect(page.locator('[data-show="point"]')).to_contain_text("p 0.90")
    expect(page.locator('[data-show="point"]')).to_contain_text("true tumour 100 %")


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
    expect(page.locator('[data-side="0"] select')).to_have_value("truth")
    expect(page.locator('[data-column="1"][data-figure="recall"]')).to_have_text("0.333")
    page.keyboard.press("x")
    expect(page.locator('[data-side="1"] select')).to_have_value("truth")
    expect(page).to_have_url(re.compile("b=truth"))


def test_a_chosen_file_is_sent_followed_and_opened(log_in, admin, tmp_path, monkeypatch):
    asked: list[int] = []
    monkeypatch.setattr(tasks.ingest_slide, "delay_on_commit", asked.append)
    path = write_pyramid(tmp_path / "sent.tif", tissue_like(900, 700))
    page = log_in(admin)
    page.goto(reverse("slide-upload"))
    page.locator("[data-files]").set_input_files(path)
    expect(page.locator(".upload")).to_contain_text("Received, waiting", timeout=20_000)
    tasks.ingest_slide(asked[0])
    page.get_by_role("link", name="Open slide").click(timeout=20_000)
    expect(page.locator("slide-viewer")).to_be_visible()
    expect(page.locator('[data-show="scale"]')).to_contain_text("µm")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious(log_in, admin, read_slide, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = log_in(admin)
    page.goto("/")
    page.evaluate(f"localStorage.setItem('sentinode-theme', '{theme}')")
    reading = read_slide.predictions.first()
    pages = [
        *("/", "/slides/upload/", "/predictions/", "/jobs/", "/compare/"),
        *("/training/datasets/", "/training/datasets/new/", "/training/runs/"),
        *("/training/runs/new/", "/training/versions/"),
        read_slide.get_absolute_url(),
        reading.get_absolute_url(),
        reading.version.get_absolute_url(),
        reading.version.run.get_absolute_url(),
    ]
    found = {address: _serious(axe, page, address) for address in pages}
    assert {address: rules for address, rules in found.items() if rules} == {}


def _serious(axe, page, address: str) -> list[str]:
    page.goto(address)
    page.wait_for_load_state("networkidle")
    return [
        f"{rule['id']}: {node['html'][:160]}"
        for rule in axe.run(page).response["violations"]
        if rule["impact"] in {"serious", "critical"}
        for node in rule["nodes"]
    ]


def test_no_page_is_wider_than_a_small_screen(log_in, admin, read_slide):
    page = log_in(admin)
    for address in ("/", "/predictions/", "/jobs/", read_slide.get_absolute_url()):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366, address


def test_the_login_page_leads_on_to_where_one_wanted(log_in, pathologist, read_slide):
    page = log_in(pathologist)
    page.context.clear_cookies()
    page.goto(read_slide.get_absolute_url())
    page.get_by_label("User name").fill("bob")
    page.get_by_label("Pass phrase").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not go together")
    page.get_by_label("Pass phrase").fill("a long enough pass phrase")
    page.get_by_role("button", name="Log in").click()
    expect(page.locator("slide-viewer")).to_be_visible()
    assert urlsplit(page.url).path == read_slide.get_absolute_url()
