"""The README's pictures, taken of a running demo site: `make demo`, then `make screenshots`.

Writes docs/screenshots/: a slide in the viewer, two readings side by side, a version's figures.
"""

import argparse
import json
import os
import shutil
import sys
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
        log_in(page, options.user, password_of(options))
        for name, visit in (("viewer", viewer), ("compare", compare), ("version", version)):
            visit(page)
            page.wait_for_load_state("networkidle")
            page.wait_for_timeout(SETTLED_MS)
            page.screenshot(path=FOLDER / f"{name}.png")
            sys.stdout.write(f"{name}: {page.url}\n")
        browser.close()


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8000")
    parser.add_argument("--user", default="pathologist")
    parser.add_argument("--password", default="", help="the demo's own if not given")
    return parser.parse_args()


def password_of(options: argparse.Namespace) -> str:
    if options.password:
        return options.password
    home = Path(os.environ.get("SENTINODE_HOME", ROOT / "var"))
    return json.loads((home / "demo_users.json").read_text())[options.user]


def log_in(page: Page, user: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Pass phrase").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Slides", exact=True).wait_for()


def viewer(page: Page) -> None:
    """A test slide with tumour that was read: true outline over predicted probability."""
    page.goto("/slides/?subset=test&truth=tumour&status=ready&sort=score")
    page.locator("table.slides tr:has(a.reading) th a").first.click()


def compare(page: Page) -> None:
    """The same slide, its two newest readings side by side; or its truth and its reading."""
    page.get_by_role("link", name="Side by side").click()
    page.wait_for_url("**/compare/**")
    sides = page.locator(".pane select")
    page.wait_for_load_state("networkidle")
    values = sides.first.locator("option").evaluate_all("all => all.map((one) => one.value)")
    readings = [value for value in values if value != "truth"]
    if len(readings) > 1:
        sides.nth(0).select_option(readings[1])
        sides.nth(1).select_option(readings[0])


def version(page: Page) -> None:
    page.goto("/training/versions/")
    page.locator("table.sheet tbody th a").first.click()


if __name__ == "__main__":
    main()
