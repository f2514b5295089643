"""What is measured in the page: first tissue, frames, threshold, memory."""

import statistics
import time
from collections.abc import Callable

import numpy as np

from tests.benchmarks.viewer import frames

TWO_LAYERS = "l=tp"
WATCH = """
window.bench = { firstTissue: null, overview: null };
new PerformanceObserver((list) => {
  for (const { renderTime, loadTime } of list.getEntries()) {
    window.bench.overview ??= renderTime || loadTime;
  }
}).observe({ type: "element", buffered: true });
customElements.whenDefined("slide-viewer").then(() => {
  const wait = () => {
    const viewer = document.querySelector("slide-viewer")?.viewer;
    if (!viewer) return requestAnimationFrame(wait);
    viewer.addOnceHandler("tile-drawn", () => { window.bench.firstTissue = performance.now(); });
  };
  wait();
});
"""
BARE = """<!doctype html><title>bare</title><style>html,body,#v{margin:0;height:100%%}</style>
<div id="v"></div><script src="%s"></script>
<script>window.bench = { firstTissue: null, overview: null };
const viewer = OpenSeadragon({ id: "v", tileSources: "/slides/%d.dzi", drawer: "canvas",
  showNavigationControl: false, imageLoaderLimit: 8 });
viewer.addOnceHandler("tile-drawn", () => { window.bench.firstTissue = performance.now(); });
</script>"""
MOVE_THRESHOLD = """async () => {
  const input = document.querySelector("[name=threshold]");
  const painted = () => new Promise((done) => requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
  }));
  const found = [];
  for (let i = 0; i < 60; i += 1) {
    await painted();
    const began = performance.now();
    input.value = 0.2 + 0.01 * i;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    const scripted = performance.now() - began;
    await painted();
    found.push([scripted, performance.now() - began]);
  }
  return found;
}"""


def openings_ms(new_page: Callable, url: str, rounds: int, *, bare: str = "") -> dict:
    """Milliseconds from navigation to the overview painted and to the first tile drawn.

    Each round opens the page with an empty browser cache ("first"), then again ("again"), as the
    next slide is opened. A bare viewer has no overview.
    """
    found: dict[str, dict[str, list[float]]] = {
        "first": {"overview": [], "tile": []},
        "again": {"overview": [], "tile": []},
    }
    for _ in range(rounds):
        page = new_page()
        if bare:
            page.route("**/bare.html", lambda route: route.fulfill(body=bare))
        else:
            page.add_init_script(WATCH)
        for opening in found.values():
            page.goto("about:blank")
            page.goto(url)
            seen = _first_seen(page, has_overview=not bare)
            opening["tile"].append(seen["firstTissue"])
            opening["overview"].append(seen["overview"] or 0)
        page.context.close()
    return found


def _first_seen(page, *, has_overview: bool) -> dict:
    for _ in range(1500):
        seen = page.evaluate("window.bench")
        if seen["firstTissue"] is not None and (not has_overview or seen["overview"] is not None):
            return seen
        time.sleep(0.02)
    raise SystemExit(f"No tissue came within 30 s: {seen}")


def moving_frames(browser, page) -> dict[str, np.ndarray]:
    """Script milliseconds of every frame while a hand pans, then zooms, with two layers on."""
    box = page.locator("slide-viewer").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return {
        "pan": _traced(browser, page, lambda: _pan(page, middle, seconds=6)),
        "zoom": _traced(browser, page, lambda: _zoom(page, middle, turns=24)),
    }


def _traced(browser, page, work: Callable[[], None]) -> np.ndarray:
    browser.start_tracing(page=page, categories=frames.CATEGORIES)
    work()
    return frames.script_ms(browser.stop_tracing())


def _pan(page, middle: tuple[float, float], seconds: float) -> None:
    """Drag to and fro as a reader does, let go, take hold again."""
    ends = time.perf_counter() + seconds
    side = 1
    while time.perf_counter() < ends:
        page.mouse.move(*middle)
        page.mouse.down()
        for step in range(24):
            page.mouse.move(middle[0] + side * 12 * step, middle[1] + side * 5 * step)
            time.sleep(0.012)
        page.mouse.up()
        side = -side


def _zoom(page, middle: tuple[float, float], turns: int) -> None:
    page.mouse.move(*middle)
    for turn in range(turns):
        page.mouse.wheel(0, -120 if turn < turns / 2 else 120)
        time.sleep(0.15)


def threshold_ms(page) -> dict[str, list[float]]:
    found = page.evaluate(MOVE_THRESHOLD)
    return {"script": [each[0] for each in found], "painted": [each[1] for each in found]}


def memory_mb(page, minutes: float) -> list[dict[str, float]]:
    """Memory after each minute of panning over new tissue: script heap, and all of Chromium."""
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    box = page.locator("slide-viewer").bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    found = []
    for minute in range(int(minutes) + 1):
        if minute:
            _pan_far(page, middle, 60)
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        heap = next(each["value"] for each in metrics if each["name"] == "JSHeapUsedSize")
        found.append({"minute": minute, "heap": heap / 2**20, "browser": frames.browser_mb()})
    return found


def _pan_far(page, middle: tuple[float, float], seconds: float) -> None:
    """Go on over the slide in long strokes: mostly new tiles, and a turn now and then."""
    ends = time.perf_counter() + seconds
    stroke = 0
    while time.perf_counter() < ends:
        down = (stroke // 12) % 2 * 2 - 1
        page.mouse.move(middle[0] + 300 * down, middle[1])
        page.mouse.down()
        page.mouse.move(middle[0] - 300 * down, middle[1] - 40, steps=12)
        page.mouse.up()
        time.sleep(0.12)
        stroke += 1


def summary(values, digits: int = 1) -> dict[str, float]:
    """n, median, 95th percentile and largest."""
    values = [float(value) for value in values]
    return {
        "n": len(values),
        "median": round(statistics.median(values), digits),
        "p95": round(float(np.percentile(values, 95)), digits),
        "max": round(max(values), digits),
    }
