"""Script time per frame out of a Chromium trace, and memory of its processes."""

import json
import os
from pathlib import Path

import numpy as np

CATEGORIES = ["devtools.timeline", "disabled-by-default-devtools.timeline.frame", "v8.execute"]
SCRIPT = {"FunctionCall", "EvaluateScript", "FireAnimationFrame", "TimerFire", "EventDispatch",
          "RunMicrotasks", "v8.callFunction", "v8.run"}  # fmt: skip
FRAME = "BeginMainThreadFrame"


def script_ms(trace: bytes) -> np.ndarray:
    """Milliseconds of script in each frame of the busiest page's main thread."""
    events = json.loads(trace)["traceEvents"]
    frames = [event for event in events if event["name"] == FRAME]
    threads = [(event["pid"], event["tid"]) for event in frames]
    busiest = max(set(threads), key=threads.count)
    here = [event for event in events if (event["pid"], event["tid"]) == busiest]
    edges = np.array(sorted(event["ts"] for event in here if event["name"] == FRAME))
    spans = _merged(
        sorted(
            (event["ts"], event["ts"] + event["dur"])
            for event in here
            if event["name"] in SCRIPT and event.get("dur")
        )
    )
    spent = np.zeros(len(edges) + 1)
    for start, end in spans:
        spent[np.searchsorted(edges, start, side="right")] += end - start
    return spent[1:-1] / 1000


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans that overlap or lie in one another as one, so that no moment counts twice."""
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def browser_mb() -> float:
    """Proportional memory of all Chromium processes below this one, in MB."""
    return sum(_pss_kb(pid) for pid in _below(os.getpid()) if _is_chromium(pid)) / 1024


def _below(pid: int) -> list[int]:
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in _text(task).split()
    ]
    return children + [deep for child in children for deep in _below(child)]


def _is_chromium(pid: int) -> bool:
    return "chrom" in _text(Path(f"/proc/{pid}/comm"))


def _pss_kb(pid: int) -> int:
    for line in _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # the process has ended
        return ""
