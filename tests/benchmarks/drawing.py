"""Times of drawing in Chromium: 5,000 regions of 40 corners and one of 20,000 on a large slide.

    python -m tests.benchmarks.drawing [--save] [--shots FOLDER]

All times are milliseconds of script in the page, painted on a canvas of 2560 x 1300 px:

- frames: one paint of the layer, and how far frames lie apart, while the view moves at three
  magnifications and while it zooms through them, as outlines and filled ("heat");
- load, apply, undo: the document; paintAfterEdit: an edit and the frame that shows it;
- unionOfLarge and the like: polygon arithmetic with the region of 20,000 corners.

The last line is JSON.
"""

import argparse
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.benchmarks.machine import machine
from tests.chromium import whole_chromium

ROOT = Path(__file__).resolve().parents[2]
SAVED = ROOT / "docs" / "benchmarks" / "drawing.json"
SCREEN = {"width": 2560, "height": 1300}
SHOTS = {
    "overview": {"x": 50000, "y": 50000, "width": 210000},
    "middle": {"x": 32000, "y": 50000, "width": 16000},
    "close": {"x": 30400, "y": 49800, "width": 2000},
}


class _Files(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the last line of the output is the result."""


@contextmanager
def served() -> Iterator[str]:
    """The address at which the repository's files are served."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Files, directory=str(ROOT)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@contextmanager
def opened() -> Iterator[tuple[Page, str]]:
    """The page that measures, and the version of the browser."""
    path = whole_chromium()
    with served() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        page = browser.new_page(viewport=SCREEN)
        page.goto(f"{address}/tests/benchmarks/drawing_page/index.html")
        page.evaluate("import('/tests/benchmarks/drawing_page/measure.js').then(() => null)")
        yield page, browser.version
        browser.close()


def take_shots(page: Page, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, view in SHOTS.items():
        for style in ("outline", "heat"):
            page.evaluate("([view, look]) => window.show(view, look)", [view, {"style": style}])
            page.screenshot(path=folder / f"{name}-{style}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    parser.add_argument("--shots", type=Path, help="folder for pictures of what is painted")
    options = parser.parse_args()
    with opened() as (page, version):
        if options.shots:
            take_shots(page, options.shots)
        times = page.evaluate("window.measure()")
    result = {"benchmark": "drawing", "machine": machine(), "chromium": version, "ms": times}
    if options.save:
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
