"""The viewer in Chromium on a slide of 100,000 x 100,000 px.

    python -m tests.benchmarks.viewer [--minutes 10] [--rounds 15] [--home FOLDER] [--save]

A site of its own is made and served by two gunicorn processes; Chromium opens it under the site's
own policy, at 1366 x 768. Measured are the time from navigation to the overview painted and to the
first tile drawn (against OpenSeadragon alone on the same tiles in the same run), script time of
each frame while a hand pans and zooms with two layers on, the time of a change of threshold, and
memory over minutes of panning. A --home is kept and used again: writing the slide takes a minute or
two. The last line is JSON.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from config.serve import free_port
from tests.benchmarks.machine import machine
from tests.benchmarks.viewer import page as measures
from tests.benchmarks.viewer.site import NAME, SIDE_PX, WORD, served, write_slide
from tests.chromium import whole_chromium

SAVED = Path(__file__).resolve().parents[3] / "docs" / "benchmarks" / "viewer.json"
VIEW = {"width": 1366, "height": 768}
GOALS = {"first_tissue_ms": 300, "frame_script_ms_p95": 20, "threshold_frames": 1}
CLOSE = f"#x={SIDE_PX / 2:g}&y={SIDE_PX / 2:g}&w=4000&{measures.TWO_LAYERS}"
MIDDLE = f"#x={SIDE_PX / 2:g}&y={SIDE_PX / 2:g}&w=30000&{measures.TWO_LAYERS}"


def prepared(home: Path) -> int:
    """The site's slide; made if the home is new."""
    facts = home / "bench.json"
    if not facts.exists():
        home.mkdir(parents=True, exist_ok=True)
        source = home / f"{NAME}.tif"
        print("Writing a slide of 100,000 px ...", flush=True)
        write_slide(source)
        made = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.viewer.site", str(home), str(source)],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        facts.write_text(made.stdout.splitlines()[-1])
    return json.loads(facts.read_text())["slide"]


def measured(browser: Browser, url: str, slide: int, options: argparse.Namespace) -> dict:
    state = _logged_in(browser, url)

    def new_page():
        context = browser.new_context(base_url=url, viewport=VIEW, storage_state=state)
        return context.new_page()

    reader = f"/slides/{slide}/"
    ours = measures.openings_ms(new_page, reader, options.rounds)
    bare = measures.BARE % (_openseadragon(new_page()), slide)
    peer = measures.openings_ms(new_page, "/bare.html", options.rounds, bare=bare)
    page = new_page()
    page.goto(reader + MIDDLE)
    page.wait_for_timeout(3000)
    moving = measures.moving_frames(browser, page)
    threshold = measures.threshold_ms(page)
    page.goto("about:blank")
    page.goto(reader + CLOSE)
    page.wait_for_timeout(2000)
    memory = measures.memory_mb(page, options.minutes)
    return _result(ours, peer, moving, threshold, memory)


def _logged_in(browser: Browser, url: str) -> dict:
    context = browser.new_context(base_url=url)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.locator("#id_username").fill("reader")
    page.locator("#id_password").fill(WORD)
    page.locator("form button[type=submit].btn-primary").click()
    page.wait_for_url("**/slides/")
    state = context.storage_state()
    context.close()
    return state


def _result(ours, peer, moving, threshold, memory) -> dict:
    frames = np.concatenate(list(moving.values()))
    later = [each["browser"] for each in memory[1:]] or [memory[0]["browser"]]
    return {
        "first_tissue_ms": {
            opening: measures.summary(seen["overview"]) for opening, seen in ours.items()
        },
        "first_tile_ms": {
            opening: measures.summary(seen["tile"]) for opening, seen in ours.items()
        },
        "first_tile_ms_openseadragon_alone": {
            opening: measures.summary(seen["tile"]) for opening, seen in peer.items()
        },
        "first_tile_over_openseadragon_alone": {
            opening: round(float(np.median(seen["tile"]) / np.median(peer[opening]["tile"])), 2)
            for opening, seen in ours.items()
        },
        "frame_script_ms": {name: measures.summary(found) for name, found in moving.items()},
        "frames_under_20_ms": round(float((frames < 20).mean()), 4),
        "threshold_script_ms": measures.summary(threshold["script"]),
        "threshold_until_painted_ms": measures.summary(threshold["painted"]),
        "memory_mb": [{k: round(v, 1) for k, v in each.items()} for each in memory],
        "memory_last_over_first_minute": round(later[-1] / later[0], 3),
    }


def _openings(name: str, rows: dict, unit: str) -> list[tuple]:
    return [(f"{name}, opened {opening}", row, unit) for opening, row in rows.items()]


def _openseadragon(page: Page) -> str:
    """The address of the viewer's library, which changes with the static files."""
    page.goto("/slides/")
    icon = page.locator("link[rel=icon]").get_attribute("href") or ""
    return icon.replace("img/mark.svg", "vendor/openseadragon-6.1.1/openseadragon.min.js")


def shown(result: dict) -> str:
    """The table that people read."""
    frames = result["frame_script_ms"]
    rows = [
        *_openings("tissue", result["first_tissue_ms"], "ms to the overview, goal 300"),
        *_openings("tile", result["first_tile_ms"], "ms to the first tile"),
        *_openings("bare", result["first_tile_ms_openseadragon_alone"], "OpenSeadragon alone"),
        ("frame while panning", frames["pan"], "ms of script, goal 20 in 95 %"),
        ("frame while zooming", frames["zoom"], "ms of script, goal 20 in 95 %"),
        ("threshold", result["threshold_script_ms"], "ms of script"),
        ("threshold painted", result["threshold_until_painted_ms"], "ms, goal one frame"),
    ]
    lines = [f"{'':22}{'median':>9}{'p95':>9}{'max':>9}{'n':>6}"]
    for name, row, unit in rows:
        lines.append(f"{name:22}{row['median']:9}{row['p95']:9}{row['max']:9}{row['n']:6}  {unit}")
    last = result["memory_mb"][-1]
    lines.append(f"memory after {last['minute']:g} min: {last['browser']:g} MB in all processes, "
                 f"{result['memory_last_over_first_minute']:g} of the first minute's")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10, help="of panning, for memory")
    parser.add_argument("--rounds", type=int, default=15, help="openings of the page")
    parser.add_argument("--home", type=Path, help="keep the site here, and use it if it is there")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    chromium = whole_chromium()
    if chromium is None:
        raise SystemExit("Chromium is absent. On Debian: apt-get install chromium")
    with tempfile.TemporaryDirectory(prefix="sentinode-bench-") as scratch:
        home = options.home or Path(scratch)
        slide = prepared(home)
        with served(home, free_port(8200)) as url, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            facts = {"benchmark": "viewer", "slide_px": SIDE_PX, "goals": GOALS}
            facts["machine"] = machine("django", "gunicorn", "openslide-python", "playwright")
            facts["machine"]["chromium"] = browser.version
            result = facts | measured(browser, url, slide, options)
            browser.close()
    print(shown(result))
    if options.save:
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
