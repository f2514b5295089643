"""Patches per second of a prediction, against two plainer ways of asking the same network.

    python -m tests.benchmarks.predict_throughput [--architecture baseline] [--save]

All three read the same cells of the same slide and give the same probabilities:

- ours: `predictions.inference.classify`, one fixed batch shape, patches read ahead by a thread in
  blocks and without OpenSlide;
- predict_1: read a patch, call `model.predict` on it, as the seed's notebook does;
- predict_32: read 32 patches, call `model.predict` on them.

The network has random weights, which cost as much as trained ones. The last line is JSON.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tests.benchmarks.machine import machine

PACKAGES = ("keras", "tensorflow-cpu", "numpy", "openslide-python", "openslide-bin")
PATCH_PX = 299
MPP = 0.5
ROUNDS = 3
SAVED = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "predict_throughput.json"


def write_slide(path: Path, side: int) -> None:
    """A slide of stained noise: JPEG tiles of 512 px, quality 80, as CAMELYON16's."""
    import pyvips

    rng = np.random.default_rng(0)
    coarse = pyvips.Image.new_from_array(rng.normal(0, 40, (side // 8, side // 8)))
    fine = pyvips.Image.new_from_array(rng.normal(0, 12, (side, side)))
    shade = coarse.resize(8) + fine
    rgb = (shade + [190, 120, 175]).cast("uchar").copy(interpretation="srgb")
    rgb.copy(xres=1000 / MPP, yres=1000 / MPP).tiffsave(
        str(path), tile=True, tile_width=512, tile_height=512, pyramid=True,
        compression="jpeg", Q=80, bigtiff=True,
    )  # fmt: skip


def timed(work: Callable[[], np.ndarray], count: int) -> tuple[float, float]:
    """Patches per second, and milliseconds of CPU per patch, which a busy machine moves less."""
    began, cpu_began = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    return count / seconds, 1000 * cpu / count


def measure(architecture: str, columns: int, singles: int) -> dict:
    from predictions.inference import classify
    from slides.grid import Grid
    from slides.pyramid import Pyramid
    from training import network

    model = network.build(architecture, patch_px=PATCH_PX)
    side = columns * PATCH_PX
    with tempfile.TemporaryDirectory() as folder:
        write_slide(Path(folder) / "slide.tif", side)
        path = Path(folder) / "slide.tif"
        with (
            Pyramid.open(path, mpp=MPP) as pyramid,
            Pyramid.open(path, mpp=MPP, is_direct=True) as direct,
        ):
            grid = Grid.over(side, side, slide_mpp=MPP, mpp=MPP, patch_px=PATCH_PX)
            cells = np.argwhere(np.ones((grid.rows, grid.columns), bool))

            def read(chosen: np.ndarray) -> np.ndarray:
                corners = [grid.corner(int(row), int(column)) for row, column in chosen]
                return np.stack(
                    [pyramid.read_patch(x, y, side_px=PATCH_PX, mpp=MPP) for x, y in corners]
                )

            def ask(chosen: np.ndarray, batch: int) -> np.ndarray:
                answers = [
                    model.predict(read(chosen[start : start + batch]), verbose=0)
                    for start in range(0, len(chosen), batch)
                ]
                return np.concatenate(answers).ravel()

            def ours() -> np.ndarray:
                return classify(direct, grid, cells, model)

            some = cells[:singles]
            held = read(cells[:32])
            ways = {
                "ours": (ours, len(cells)),
                "predict_1": (lambda: ask(some, 1), len(some)),
                "predict_32": (lambda: ask(cells, 32), len(cells)),
                "network_alone": (lambda: _repeat(model, held, 8), 8 * 32),
                "reading_alone": (lambda: read(cells), len(cells)),
            }
            difference = np.abs(ours() - ask(cells, 32)).max()  # also the warm-up
            ask(some[:2], 1)
            rates = {name: [] for name in ways}
            for _ in range(ROUNDS):  # in turn, so that a busy moment hits all alike
                for name, (work, count) in ways.items():
                    rates[name].append(timed(work, count))
    return _summary(architecture, rates, len(cells), float(difference))


def _repeat(model, patches: np.ndarray, times: int) -> np.ndarray:
    return np.concatenate([model.predict_on_batch(patches) for _ in range(times)])


def _summary(architecture: str, times: dict, cells: int, difference: float) -> dict:
    rates = {name: [rate for rate, _ in found] for name, found in times.items()}
    cpu = {name: [used for _, used in found] for name, found in times.items()}
    median = {name: round(statistics.median(found), 2) for name, found in rates.items()}
    return {
        "architecture": f"{architecture}, random weights",
        "patch_px": PATCH_PX,
        "cells": cells,
        "rounds": ROUNDS,
        "patches_per_second": median,
        "spread": {
            name: [round(min(found), 2), round(max(found), 2)] for name, found in rates.items()
        },
        "cpu_ms_per_patch": {
            name: round(statistics.median(found), 2) for name, found in cpu.items()
        },
        "ours_over_predict_1": round(median["ours"] / median["predict_1"], 2),
        "ours_over_predict_32": round(median["ours"] / median["predict_32"], 2),
        "largest_difference": difference,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", nargs="+", default=["baseline"])
    parser.add_argument("--columns", type=int, default=20, help="cells a side")
    parser.add_argument("--singles", type=int, default=96, help="patches asked one by one")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    result = {"benchmark": "predict_throughput", "machine": machine(*PACKAGES)}
    result["results"] = [
        measure(architecture, options.columns, options.singles)
        for architecture in options.architecture
    ]
    if options.save:
        SAVED.parent.mkdir(parents=True, exist_ok=True)
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
