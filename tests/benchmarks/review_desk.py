"""A scripted review of demo slides in Chromium, through the real server: waits and key strokes.

    python -m tests.benchmarks.review_desk [--slides 20] [--home FOLDER] [--save]

A site of its own is made: painted slides, half of them with one lesion that a map calls, the
others with none, one or two false findings; all of them on the worklist. The site is served by two
gunicorn processes. One reader opens the first slide from the worklist and goes on by keys alone: a
lesion is looked at and accepted, a false finding is looked at and rejected with its reason, the
slide is signed with its suggested class. The machine wait of a slide is from the key that signs to
the first tissue of the next slide painted, and beside it until that page takes keys; its key
strokes are those between two pages. A --home is kept and used again, its database as it was before
anybody reviewed. The last line is JSON.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from config.serve import free_port
from tests.benchmarks.machine import machine
from tests.benchmarks.viewer.page import summary
from tests.benchmarks.viewer.site import WORD, served
from tests.chromium import whole_chromium

ROOT = Path(__file__).resolve().parents[2]
SAVED = ROOT / "docs" / "benchmarks" / "review_desk.json"
VIEW = {"width": 1366, "height": 768}
GOALS = {"wait_s": 1.0, "keys_negative": 6, "keys_one_lesion": 10}
SIDE_PX = 6000
PATCH_PX, MPP = 96, 0.5
CALLED, FALSE_CALL = 0.97, 0.71
READ_MS = 700  # that the reader looks at a slide before the first key, as the next one is fetched
PATIENCE_S = 30
WATCH = """
window.bench = { tissue: null };
new PerformanceObserver((list) => {
  for (const { renderTime, loadTime } of list.getEntries()) {
    window.bench.tissue ??= performance.timeOrigin + (renderTime || loadTime);
  }
}).observe({ type: "element", buffered: true });
customElements.whenDefined("review-desk").then(() => { window.bench.usable = Date.now(); });
"""


# The site --------------------------------------------------------------------------------


def prepared(home: Path, slides: int) -> None:
    """Slides, readings and work below home, as they were before anybody reviewed."""
    fresh, database = home / "fresh.sqlite3", home / "db.sqlite3"
    environ = {**os.environ, "SENTINODE_HOME": str(home)}
    if not fresh.exists():
        home.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "tests.benchmarks.review_desk", "--fill", str(slides)]
        subprocess.run([*command, "--home", str(home)], check=True, env=environ)
        shutil.copy(database, fresh)
    for rest in home.glob("db.sqlite3-*"):
        rest.unlink()
    shutil.copy(fresh, database)
    migrate = [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"]
    subprocess.run(migrate, check=True, env=environ)


def fill(home: Path, count: int) -> None:
    """Rows and files of the site. Runs in a process of its own."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.core.management import call_command

    from predictions.review import worklist
    from slides.models import Slide

    call_command("migrate", verbosity=0)
    folder = home / "slides"
    call_command("make_demo_slides", str(folder), "--slides", str(count), "--side", str(SIDE_PX))
    call_command("import_slides", str(folder), "--link")
    call_command("import_truth", str(folder), "--normals")
    _make_reader()
    for place, slide in enumerate(Slide.objects.ready().order_by("pk")):
        _read(slide, place)
    while worklist.sweep():
        pass


def _make_reader() -> None:
    from django.contrib.auth.models import Group, User

    from slides.roles import PATHOLOGIST

    if not User.objects.filter(username="reader").exists():
        reader = User.objects.create_user("reader", password=WORD, first_name="Bea Berg")
        reader.groups.add(Group.objects.get_or_create(name=PATHOLOGIST)[0])


def _read(slide: Any, place: int) -> None:
    """A done reading: every other slide has one lesion, the others 0, 1 or 2 false findings."""
    from django.conf import settings

    from predictions.origin import grid_of, tissue_share
    from tests.predictions.rows import made_prediction, made_version
    from training.models import ModelVersion

    version = ModelVersion.objects.filter(name="desk").first() or made_version(
        Path(settings.MEDIA_ROOT), "desk", mpp=MPP, patch_px=PATCH_PX, is_synthetic=True
    )
    grid = grid_of(slide, version)
    share = tissue_share(slide, grid)
    draw = np.random.default_rng(place)
    scores = np.where(share > 0.1, 0.2 * draw.random(share.shape), np.nan).astype(np.float32)
    cells = np.argwhere(share > 0.6)
    if place % 2 == 0:
        middle = cells[np.abs(cells - cells.mean(0)).sum(1).argmin()]
        near = np.abs(np.indices(share.shape) - middle[:, None, None]).max(0) <= 1
        scores[near & (share > 0.1)] = CALLED
    else:
        for row, column in cells[draw.choice(len(cells), (place // 2) % 3, replace=False)]:
            scores[row, column] = FALSE_CALL
    made_prediction(slide, version, scores)


# The reader ------------------------------------------------------------------------------


class Reader:
    """One who reviews by keys alone, and counts them."""

    def __init__(self, page: Page) -> None:
        self.page, self.keys = page, 0

    def press(self, key: str) -> None:
        self.keys += 1
        self.page.keyboard.press(key)

    def begin(self) -> None:
        self.page.goto("/review/?order=date")
        self.page.locator('form[action*="/begin/"] button').first.click()
        self.page.wait_for_url("**/review/*/**")

    def ready(self) -> dict[str, float]:
        """When the tissue of this page was painted, and when it took keys, in ms since 1970."""
        self.page.wait_for_selector('[data-saved][data-state="saved"]')
        for _ in range(PATIENCE_S * 50):
            seen = self.page.evaluate("window.bench")
            if seen["tissue"] and seen.get("usable"):
                return seen
            time.sleep(0.02)
        raise SystemExit(f"No tissue came within {PATIENCE_S} s: {seen}")

    def findings(self) -> int:
        return self.page.locator("[data-key]").count()

    def review(self) -> dict[str, Any]:
        """Judge the slide that is open and sign it; gives what it was and what it took."""
        before, count = self.keys, self.findings()
        is_lesion = count > 0 and self.page.locator(".row-confidence").first.inner_text() == "0.97"
        if count:
            self.press("n")
        for _ in range(count):
            if is_lesion:
                self.press("a")
            else:
                self.press("x")
                self.press("1")
        self.press("Enter")
        self.page.locator("[data-sign-sheet][open]").wait_for()
        address, began = self.page.url, time.time() * 1000
        self.press("Enter")
        self._leave(address)
        return {
            "kind": "one lesion" if is_lesion else "negative",
            "findings": count,
            "keys": self.keys - before,
            "began": began,
        }

    def _leave(self, address: str) -> None:
        self.page.wait_for_url(lambda url: url != address, timeout=PATIENCE_S * 1000)


def measured(browser: Browser, url: str, slides: int) -> list[dict[str, Any]]:
    page = browser.new_context(base_url=url, viewport=VIEW).new_page()
    page.add_init_script(WATCH)
    page.goto("/accounts/login/")
    page.locator("#id_username").fill("reader")
    page.locator("#id_password").fill(WORD)
    page.locator("form button[type=submit].btn-primary").click()
    page.wait_for_url(lambda url: "login" not in url)
    reader, rows = Reader(page), []
    reader.begin()
    reader.ready()
    for place in range(slides):
        page.wait_for_timeout(READ_MS)
        row = reader.review()
        if place < slides - 1:
            seen, began = reader.ready(), row.pop("began")
            row["wait_s"] = round((seen["tissue"] - began) / 1000, 3)
            row["usable_s"] = round((seen["usable"] - began) / 1000, 3)
        rows.append(row)
    return rows


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    kinds: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row)
    return {
        "slides": len(rows),
        "wait_s": summary([row["wait_s"] for row in rows if "wait_s" in row], 3),
        "usable_s": summary([row["usable_s"] for row in rows if "usable_s" in row], 3),
        "keys": {kind: summary([row["keys"] for row in found]) for kind, found in kinds.items()},
        "keys_by_findings": {kind: _by_findings(found) for kind, found in kinds.items()},
    }


def _by_findings(rows: list[dict[str, Any]]) -> dict[int, list[int]]:
    """Key strokes of the slides with so many findings, each number once."""
    found: dict[int, set[int]] = {}
    for row in rows:
        found.setdefault(row["findings"], set()).add(row["keys"])
    return {count: sorted(keys) for count, keys in sorted(found.items())}


def shown(result: dict[str, Any]) -> str:
    lines = [f"{'':28}{'median':>9}{'p95':>9}{'max':>9}{'n':>5}"]
    row = result["wait_s"]
    lines.append(_line("machine wait per slide, s", row, f"goal {GOALS['wait_s']:g}"))
    lines.append(_line("until it takes keys, s", result["usable_s"], ""))
    goals = {"negative": GOALS["keys_negative"], "one lesion": GOALS["keys_one_lesion"]}
    lines += [
        _line(f"keys, {kind}", row, f"goal {goals[kind]}") for kind, row in result["keys"].items()
    ]
    return "\n".join(lines)


def _line(name: str, row: dict[str, float], goal: str) -> str:
    return f"{name:28}{row['median']:9}{row['p95']:9}{row['max']:9}{row['n']:5}  {goal}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slides", type=int, default=20)
    parser.add_argument("--home", type=Path, help="keep the site here, and use it if it is there")
    parser.add_argument("--fill", type=int, default=0, help=argparse.SUPPRESS)
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    if options.fill:
        fill(options.home, options.fill)
        return
    chromium = whole_chromium()
    if chromium is None:
        raise SystemExit("Chromium is absent. On Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="sentinode-bench-") as scratch:
        home = options.home or Path(scratch)
        prepared(home, options.slides)
        with served(home, free_port(8200)) as url, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            facts = {"benchmark": "review_desk", "goals": GOALS}
            facts["machine"] = machine("django", "gunicorn", "openslide-python", "playwright")
            facts["machine"]["chromium"] = browser.version
            result = facts | told(measured(browser, url, options.slides))
            browser.close()
    print(shown(result))
    if options.save:
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
