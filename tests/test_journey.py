"""One journey through a real site: web server, worker and broker as a user starts them.

A small hospital is painted, learnt from twice, and then an admin logs in, uploads a slide,
lets both versions read it, compares them and takes the mask home.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import openslide
import pytest

from tests.chromium import any_chromium

pytestmark = [
    pytest.mark.browser,
    pytest.mark.broker,
    pytest.mark.keras,
    pytest.mark.timeout(900),
    pytest.mark.flaky(reruns=1, rerun_except=["from pytest-timeout"]),  # as all of tests/browser
]
playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
expect = playwright.expect

ROOT = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"^\d+")
PASS_PHRASE = "a long enough pass phrase"

USERS = f"""
from django.contrib.auth.models import Group, User
user = User.objects.create_user("alice", password={PASS_PHRASE!r})
user.groups.add(Group.objects.get(name="admin"))
"""


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600
    )
    assert ended.returncode == 0, f"{arguments}: {ended.stdout[-2000:]} {ended.stderr[-2000:]}"
    return ended.stdout


@pytest.fixture
def environment(tmp_path_factory) -> dict[str, str]:
    """A site of its own, with two versions trained on a small painted hospital.

    Made anew for each run: the journey begins where nobody is logged in and nothing is uploaded.
    """
    home = tmp_path_factory.mktemp("site")
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE"}
    }
    environment = kept | {"SENTINODE_HOME": str(home), "SENTINODE_SWEEP_SECONDS": "2"}
    hospital = str(home / "hospital")
    manage(environment, "migrate", "--verbosity", "0")
    manage(environment, "shell", "--no-imports", "--command", USERS)
    manage(environment, "make_demo_slides", hospital, "--slides", "8", "--side", "3000")
    manage(environment, "import_slides", hospital, "--link")
    manage(environment, "import_truth", hospital, "--normals")
    for name, mpp in (("fine", "0.486"), ("coarse", "0.6")):
        manage(environment, "freeze_dataset", name, "--mpp", mpp)
        manage(environment, "train", name, "--name", name, "--epochs", "1")
    return environment


@pytest.fixture
def address(environment) -> Iterator[str]:
    site = subprocess.Popen(
        [sys.executable, "-m", "config.serve", "--port", "8741"],
        cwd=ROOT,
        env=environment | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    )
    yield site.stdout.readline().split()[-1]
    site.terminate()
    site.wait(timeout=40)


@pytest.fixture
def page(address):
    path = any_chromium()
    if path is None:
        pytest.skip("Chromium is absent: the journey is not tried")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        context = browser.new_context(
            base_url=address, viewport={"width": 1366, "height": 768}, accept_downloads=True
        )
        yield context.new_page()
        browser.close()


def new_slide(environment: dict[str, str]) -> Path:
    """A slide that the site has not seen: of another hospital."""
    folder = Path(environment["SENTINODE_HOME"]) / "visitor"
    arguments = (str(folder), "--slides", "8", "--side", "3000", "--seed", "5")
    manage(environment, "make_demo_slides", *arguments)
    return next((folder / "training" / "tumor").glob("*.tif")).rename(folder / "visitor.tif")


def test_from_login_to_comparing_two_versions(page, environment, tmp_path):
    page.goto("/")
    page.get_by_label("User name").fill("alice")
    page.get_by_label("Pass phrase").fill(PASS_PHRASE)
    page.get_by_role("button", name="Log in").click()

    page.get_by_role("link", name="Add slides").click()
    page.locator("#files").set_input_files(new_slide(environment))
    page.get_by_role("link", name="Open slide").click(timeout=120_000)
    slide = page.url.split("#")[0]
    expect(page.get_by_role("heading", name="visitor")).to_be_visible()

    for version in ("fine", "coarse"):
        page.goto(slide)
        page.locator("#version").select_option(label=version)
        page.get_by_role("button", name="Predict", exact=True).click()
        wait_for_reading(environment, version)

    page.goto(slide)
    page.get_by_role("link", name="Side by side").click()
    sides = page.locator(".pane select")
    expect(sides).to_have_count(2)
    for side, version in enumerate(("fine", "coarse")):
        option = sides.nth(side).locator("option", has_text=version).first
        sides.nth(side).select_option(option.get_attribute("value"))
    for side in (0, 1):
        assessed = page.locator(f"[data-column='{side}'][data-figure='assessed']")
        expect(assessed).to_have_text(NUMBER)

    mask = tmp_path / "mask.tif"
    page.goto(slide)
    with page.expect_download() as taken:
        page.get_by_role("link", name="Predicted mask at this threshold").first.click()
    taken.value.save_as(mask)
    with openslide.OpenSlide(mask) as opened:
        assert opened.dimensions == _slide_size(environment)


def wait_for_reading(environment: dict[str, str], version: str) -> None:
    """Until the worker has read the slide; what went wrong is in the assertion."""
    question = f"""
import json, time
from predictions.models import Prediction
row = Prediction.objects.get(version__name={version!r}, slide__name="visitor")
for _ in range(180):
    row.refresh_from_db()
    if not row.is_active:
        break
    time.sleep(1)
print(json.dumps([row.status, row.error]))
"""
    answer = manage(environment, "shell", "--no-imports", "--command", question)
    assert json.loads(answer.splitlines()[-1]) == ["done", ""]


def _slide_size(environment: dict[str, str]) -> tuple[int, int]:
    question = """
from slides.models import Slide
slide = Slide.objects.get(name="visitor")
print(slide.width, slide.height)
"""
    width, height = manage(environment, "shell", "--no-imports", "--command", question).split()[-2:]
    return int(width), int(height)
