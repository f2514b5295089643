"""The README's pictures, taken of a running demo site: `make demo`, then `make screenshots`.

Writes docs/screenshots/, a picture for each function below that `PICTURES` names; `--only report
cockpit` takes those alone. What the pen's picture draws is undone again.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from tests.chromium import whole_chromium

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "screenshots"
SIZE = {"width": 1440, "height": 860}
TALL = 1240  # for what is longer than a window
SETTLED_MS = 2500  # tiles fade in after the network is quiet
Visit = Callable[[Page], None]


class Absent(Exception):
    """The site has nothing to take this picture of."""


def main() -> None:
    options = parsed()
    path = whole_chromium()
    if path is None:
        sys.exit("Chromium is needed to take pictures; install it, then try again.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_context(viewport=SIZE, base_url=options.url).new_page()
        log_in(page, options.user, options.password or password_of(options.user))
        for visit in chosen(PICTURES, options.only):
            take(page, visit)
        page = browser.new_context(viewport=SIZE, base_url=options.url).new_page()
        log_in(page, "admin", options.admin_password or password_of("admin"))
        for visit in chosen(PICTURES_FOR_ADMINS, options.only):
            take(page, visit)
        browser.close()


def chosen(visits: Sequence[Visit], names: Sequence[str]) -> list[Visit]:
    return [visit for visit in visits if not names or visit.__name__ in names]


def take(page: Page, visit: Visit) -> None:
    page.set_viewport_size(SIZE)
    try:
        visit(page)
    except Absent as absent:
        sys.stdout.write(f"{visit.__name__}: not taken, {absent}\n")
        return
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
    names = [visit.__name__ for visit in (*PICTURES, *PICTURES_FOR_ADMINS)]
    parser.add_argument("--only", nargs="+", default=[], choices=names, metavar="PICTURE")
    return parser.parse_args()


def password_of(user: str) -> str:
    home = Path(os.environ.get("SENTINODE_HOME", ROOT / "var"))
    return json.loads((home / "demo_users.json").read_text())[user]


def log_in(page: Page, user: str, password: str) -> None:
    page.goto("/accounts/login/")
    page.get_by_label("User name").fill(user)
    page.get_by_label("Pass phrase").fill(password)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("navigation", name="Main").wait_for()


def leave(page: Page) -> None:
    """Undo what a picture drew and end drawing, give a review up: the site is as it was."""
    if page.locator("review-desk").count():
        token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
        review = page.url.split("/review/")[1].split("/")[0]
        headers = {"X-CSRFToken": token, "Referer": page.url}
        page.request.post(f"/api/reviews/{review}/leave/", headers=headers)
        return
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


def open_report(page: Page) -> None:
    """The newest report of two versions or more that is done."""
    page.goto("/reports/")
    rows = page.locator("table.sheet tbody tr", has=page.locator(".state.done"))
    if not rows.count():
        raise Absent("no report is done: manage.py report V1 V2 --subset test")
    rows.locator("th a").first.click()
    page.locator("report-plot svg.plot").first.wait_for()


def report(page: Page) -> None:
    """What a report says first: figures of each version, and both in plain words."""
    open_report(page)


def curves(page: Page) -> None:
    """A report's curves with their bands."""
    open_report(page)
    top_at(page.locator(".report-charts"))


def cockpit(page: Page) -> None:
    """The threshold of a version, its slider moved, and what that changes."""
    open_report(page)
    page.get_by_role("link", name="Threshold", exact=True).click()
    slider = page.locator("threshold-cockpit input[type=range]").first
    slider.focus()
    for _ in range(6):
        page.keyboard.press("ArrowLeft")


def release_diff(page: Page) -> None:
    """Slides as points, and the wall of what one version finds and the other does not."""
    open_report(page)
    page.set_viewport_size(SIZE | {"height": TALL})
    top_at(page.locator("#changes"))
    page.wait_for_load_state("networkidle")


def dataset(page: Page) -> None:
    """What a dataset holds, looked at before it is frozen."""
    page.goto("/training/datasets/")
    page.locator("table.sheet tbody th a").last.click()
    page.locator(".wall img").first.wait_for()
    top_at(page.locator(".wall").first, above=SIZE["height"] * 0.42)


def experiment(page: Page) -> None:
    """Networks by zoom level, judged on patients that chose nothing."""
    page.goto("/training/experiments/")
    rows = page.locator("table.sheet tbody tr", has=page.locator(".state.done"))
    if not rows.count():
        raise Absent("no experiment is done: manage.py run_experiment zoom-levels")
    rows.locator("a").first.click()


def calibration(page: Page) -> None:
    """A version's operating point on its curves, and how true its probabilities are."""
    version(page)
    top_at(page.locator("#operating-point"))


def worksheet(page: Page) -> None:
    """The patient with most lymph nodes among those with a signed slide."""
    signed = page.request.get("/api/reviews/?state=signed").json()["results"]
    if not signed:
        raise Absent("no slide is signed: sign one on the worklist")
    nodes = {
        slide: len(page.request.get(f"/api/worksheets/{slide}/").json()["nodes"])
        for slide in {review["slide"] for review in signed}
    }
    page.set_viewport_size(SIZE | {"height": TALL})
    page.goto(f"/review/patients/{max(nodes, key=nodes.__getitem__)}/")


def wall(page: Page) -> None:
    """Findings of many slides, one of them in hand."""
    page.goto("/review/wall/?group=size&judged=all&whose=all&state=all")
    tiles = page.locator("[data-tile]")
    if not tiles.count():
        raise Absent("no slide that was read has a finding")
    tiles.nth(min(2, tiles.count() - 1)).click()


def worklist(page: Page) -> None:
    """Slides that wait, each with the reason why it is listed."""
    page.goto("/review/?state=all&whose=all")


def desk(page: Page) -> None:
    """A finding judged beside its slide; the review is given up again (see `leave`)."""
    page.goto("/review/")  # the highest score first
    begin = page.locator('form[action*="/begin/"] button')
    if not begin.count():
        raise Absent("no slide waits on the worklist")
    begin.first.click()
    page.locator('[data-saved][data-state="saved"]').wait_for()
    page.keyboard.press("n")
    page.wait_for_timeout(SETTLED_MS)
    page.keyboard.press("m")


def top_at(place: Locator, above: float = 16) -> None:
    """Scroll until a part of the page is so many px below the top of the window."""
    place.evaluate("(part, px) => scrollBy(0, part.getBoundingClientRect().top - px)", above)


def audit(page: Page) -> None:
    """What was done to models, by whom; for admins."""
    page.goto("/audit/")


PICTURES = (
    viewer, drawing, versions, compare, version, gate, report, curves, cockpit, release_diff,
    dataset, experiment, calibration, worksheet, worklist, wall, desk,
)  # fmt: skip
PICTURES_FOR_ADMINS = (audit,)


if __name__ == "__main__":
    main()
