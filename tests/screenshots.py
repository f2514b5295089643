"""The README's pictures, taken of a running demo site: `make demo`, then `make screenshots`.

Writes docs/screenshots/: a slide in the viewer, the pen, two versions' agreement with a measure,
four viewers side by side, a version's figures, its trial at the gate, the audit log. What the
pen's picture draws is undone again.
"""

import argparse
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1440, "height": 860}
SETTLED_MS = 2500  # tiles fade in after the network is quiet


def main() -> None:
    options = parsed()
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        sys.exit("Chromium is needed to take pictures; install it, then try again.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_context(viewport=SIZE, base_url=options.url).new_page()
        log_in(page, options.user, options.password or password_of(options.user))
        for visit in (viewer, drawing, versions, compare, version, gate):
            take(page, visit)
        page = browser.new_context(viewport=SIZE, base_url=options.url).new_page()
        log_in(page, "admin", options.admin_password or password_of("admin"))
        take(page, audit)
        browser.close()


def take(page: Page, visit: Callable[[Page], None]) -> None:
    visit(page)
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=FOLDER / f"{visit.__name__}.png")
    sys.stdout.write(f"{visit.__name__}: {page.url}\n")
    leave(page)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="pathologist")
    parser.add_argument("--password", default="", help="the demo's own if not given")
    parser.add_argument("--admin-password", default="", help="the demo's own if not given")
    return parser.parse_args()


def password_of(user: str) -> str:
    home = Path(os.environ.get("SENTINODE_HOME", ROOT / "var"))
    return json.loads((home / "demo_users.json").read_text())[user]


def log_in(page: Page, user: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Pass phrase").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Slides", exact=True).wait_for()


def leave(page: Page) -> None:
    """Undo what a picture drew and end drawing, so that the site is as it was."""
    while page.locator('[data-act="undo"]:visible:enabled').count():
        page.locator('[data-act="undo"]').first.click()
    if page.locator('[data-act="draw"][aria-pressed="true"]').count():
        page.keyboard.press("d")
        page.wait_for_timeout(SETTLED_MS)


def open_slide(page: Page) -> None:
    """A test slide with tumour that was read, the highest score first."""
    page.goto("/slides/?subset=test&truth=tumour&status=ready&sort=score")
    page.locator("table.slides tr:has(a.reading) th a").first.click()
    page.locator('[data-show="called"]:not(:text("–"))').first.wait_for()


def viewer(page: Page) -> None:
    """True outline over predicted probability."""
    open_slide(page)


def drawing(page: Page) -> None:
    """The model's lesion taken as one's own, the pen in hand."""
    open_slide(page)
    page.keyboard.press("n")
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.press("d")
    page.locator('[data-act="lesion"]:visible').first.wait_for()
    page.keyboard.press("0")
    page.keyboard.press("5")
    page.locator("#lesion-form").select_option("smoothed")
    page.locator('.lesion [data-act="lesion"]').click()
    page.wait_for_timeout(SETTLED_MS)


def versions(page: Page) -> None:
    """Where two versions agree, dark, with a ruler across."""
    open_slide(page)
    page.locator('[data-theme="dark"]').click()
    page.keyboard.press("n")
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.press("7")
    box = page.locator("slide-viewer").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.keyboard.press("c")
    page.mouse.move(middle[0] - 190, middle[1] + 60)
    page.mouse.down()
    page.mouse.move(middle[0] + 190, middle[1] - 60, steps=8)
    page.mouse.up()
    page.keyboard.press("Escape")


def compare(page: Page) -> None:
    """The same slide four times: truth, two versions, bare tissue."""
    page.locator('[data-theme="light"]').click()
    page.locator("[data-clear-measures]").click()
    page.get_by_role("link", name="Side by side").click()
    page.wait_for_url("**/compare/**")
    add = page.locator("[data-add]")
    while add.is_enabled() and page.locator("[data-side]").count() < 4:
        add.click()
        page.wait_for_timeout(500)


def version(page: Page) -> None:
    page.goto("/training/versions/")
    page.locator("table.sheet tbody th a").first.click()


def gate(page: Page) -> None:
    """How a version went through the gate, its canaries in sight."""
    version(page)
    page.locator('.registry a[href*="/gate/"]').first.click()
    page.locator(".check").last.scroll_into_view_if_needed()


def audit(page: Page) -> None:
    """What was done to models, by whom; for admins."""
    page.goto("/audit/")


if __name__ == "__main__":
    main()
