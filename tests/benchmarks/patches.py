"""Patches per second, from the slide and from the packed cache, against OpenSlide one by one.

    python -m tests.benchmarks.patches [--rounds N] [--columns N] [--no-training] [--save]

Slides are made on the spot, stained noise that compresses badly: a tiled TIFF as CAMELYON16's
(512 px tiles, half the colours), an SVS (240 px tiles), and real ones of ../shared/data if they
are there. Of each, in turn round after round, so that a busy moment hits all alike:

- openslide: `read_region` and RGB, one patch after the other, in a fresh handle; between levels
  the finer level and one resize;
- first_pass: `training.reading.packed_patches` into a new file, all of it: opening, planning,
  reading in parallel, checksums, until the disk has it.

Then epochs from that cache through `training.feeding.Batches`, bare and with each augmentation,
by as many threads as in training; and the share of a training step of the baseline network
that is spent waiting for patches (with that of a step whose patches lie ready, for comparison).
Medians of the rounds, ratios within them; of the processor's time too, which other work on the
machine moves less. The last line is JSON.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import openslide
from PIL import Image

from tests.benchmarks.machine import machine
from tests.slide_files import write_svs
from training import manifest
from training.reading import READERS, SlideFile, packed_patches

PACKAGES = (
    "keras", "tensorflow-cpu", "numpy", "openslide-python", "openslide-bin", "tifffile",
    "imagecodecs", "pillow",
)  # fmt: skip
ROOT = Path(__file__).resolve().parents[2]
SAVED = ROOT / "docs" / "benchmarks" / "patches.json"
REAL = ROOT.parent / "shared" / "data" / "slides" / "CMU-1-Small-Region.svs"
PX, MPP, BATCH = 299, 0.25, 32
FEW = 110
# um per px: of level 0, of a level of its own (TIFF), and between levels.
SCALES = {"tiled_tiff": (0.25, 0.5, 0.35), "svs": (0.25, 1.0, 0.35), "cmu_1_svs": (0.25, 0.35)}
# The level 0 of a CAMELYON16 slide: 97,792 x 221,184 px; the seed took 40 to 60 minutes.
CAMELYON_CELLS = -(-97_792 // PX) * -(-221_184 // PX)
SEED_MINUTES = (40, 60)
FIRST_PASS, EPOCHS, LONGEST_WAIT = 2, 5, 0.05  # targets


@dataclass(frozen=True)
class Asked:
    """Patches to read: of which slide, where, at which scale."""

    name: str
    path: Path
    mpp: float
    corners_l0: np.ndarray

    @property
    def manifest(self) -> manifest.Manifest:
        columns = np.zeros(len(self.corners_l0), manifest.PATCH)
        columns["slide_id"], columns["mpp"], columns["split"] = 1, self.mpp, manifest.TRAINING
        columns["x_l0"], columns["y_l0"] = self.corners_l0.T
        columns["label"] = np.arange(len(columns)) % 2
        return manifest.Manifest({"mpp": self.mpp, "patch_px": PX}, columns, "0" * 64)


# Slides ------------------------------------------------------------------------


def stained_noise(side: int):
    import pyvips

    rng = np.random.default_rng(0)
    coarse = pyvips.Image.new_from_array(rng.normal(0, 40, (side // 8, side // 8)))
    fine = pyvips.Image.new_from_array(rng.normal(0, 12, (side // 8 * 8,) * 2))
    shade = coarse.resize(8) + fine
    return (shade + [190, 120, 175]).cast("uchar").copy(interpretation="srgb")


def write_slides(folder: Path, side: int) -> dict[str, Path]:
    rgb = stained_noise(side)
    rgb.copy(xres=1000 / MPP, yres=1000 / MPP).tiffsave(
        str(folder / "tiled.tif"), tile=True, tile_width=512, tile_height=512, pyramid=True,
        compression="jpeg", Q=80, bigtiff=True,
    )  # fmt: skip
    write_svs(folder / "made.svs", rgb.numpy(), downsamples=(1, 4, 16), mpp=MPP)
    made = {"tiled_tiff": folder / "tiled.tif", "svs": folder / "made.svs"}
    return made | ({"cmu_1_svs": REAL} if REAL.exists() else {})


def cells(path: Path, mpp: float, most: int) -> np.ndarray:
    """(n, 2) corners of patches, row by row, at most so many.

    Side by side, and half over each other where else there would be few.
    """
    with openslide.OpenSlide(path) as slide:
        side_l0 = round(PX * mpp / MPP)
        is_few = np.prod([side // side_l0 for side in slide.dimensions]) < FEW
        step = side_l0 // 2 if is_few else side_l0
        x, y = (np.arange(0, max(side - side_l0, 1), step) for side in slide.dimensions)
    found = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    return found[:most]


# Ways to read ------------------------------------------------------------------


def by_openslide(asked: Asked) -> np.ndarray:
    """Every patch alone: what anybody would write first."""
    found = np.empty((len(asked.corners_l0), PX, PX, 3), np.uint8)
    scale = asked.mpp / MPP
    with openslide.OpenSlide(asked.path) as slide:
        level = slide.get_best_level_for_downsample(scale * 1.01)
        side = round(PX * scale / slide.level_downsamples[level])
        for place, corner in enumerate(asked.corners_l0.tolist()):
            patch = slide.read_region(tuple(corner), level, (side, side)).convert("RGB")
            if side != PX:
                patch = patch.resize((PX, PX), Image.Resampling.HAMMING)
            found[place] = np.asarray(patch)
    return found


def from_slide(asked: Asked, path: Path) -> np.ndarray:
    return packed_patches(path, asked.manifest, {1: SlideFile(asked.path, MPP)})


def emptied(path: Path) -> Path:
    for file in path.parent.glob("*"):
        file.unlink()
    return path


def timed(work: Callable[[], object], count: int) -> tuple[float, float]:
    """Patches per second, and ms of processor per patch, all threads together."""
    began, cpu_began = time.perf_counter(), time.process_time()
    work()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    return count / seconds, 1000 * cpu / count


def compared(ways: dict[str, Callable[[], object]], count: int, rounds: int) -> dict:
    """Medians and spread of each way, and how many times the first it is, round by round."""
    rates: dict[str, list[float]] = {name: [] for name in ways}
    cpu: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, work in ways.items():
            rate, used = timed(work, count)
            rates[name].append(rate)
            cpu[name].append(used)
    first, *others = ways
    return {
        "patches": count,
        "patches_per_second": {name: round(statistics.median(r), 1) for name, r in rates.items()},
        "spread": {name: [round(min(r), 1), round(max(r), 1)] for name, r in rates.items()},
        "cpu_ms_per_patch": {name: round(statistics.median(c), 2) for name, c in cpu.items()},
        f"times_{first}": {name: _times(rates[name], rates[first]) for name in others},
        f"times_{first}_by_cpu": {name: _times(cpu[first], cpu[name]) for name in others},
    }


def _times(these: list[float], those: list[float]) -> float:
    return round(statistics.median(np.divide(these, those).tolist()), 2)


def read_slides(slides: dict[str, Path], cache: Path, most: int, rounds: int) -> list[dict]:
    results = []
    for name, path in slides.items():
        for mpp in SCALES[name]:
            asked = Asked(name, path, mpp, cells(path, mpp, most))
            read = {"slide": name, "um_per_px": mpp} | read_slide(asked, cache / "one.npy", rounds)
            print(json.dumps(read), flush=True)
            results.append(read)
    return results


def read_slide(asked: Asked, packed: Path, rounds: int) -> dict:
    plain, ours = by_openslide(asked)[:40], from_slide(asked, emptied(packed))[:40]
    ways = {
        "openslide": lambda: by_openslide(asked),
        "first_pass": lambda: from_slide(asked, emptied(packed)),
    }
    found = compared(ways, len(asked.corners_l0), rounds)
    return found | {"mean_difference": round(float(np.abs(plain.astype(int) - ours).mean()), 3)}


# Feeding -----------------------------------------------------------------------


def share_of(asked: Asked, path: Path):
    from training.feeding import Share

    frozen = asked.manifest
    return Share(from_slide(asked, path), frozen.labels, frozen.indices(manifest.TRAINING))


def epoch(share, augmentation: str) -> None:
    """All batches of an epoch, in order, made by as many threads as in training."""
    from training.feeding import READERS as FEEDERS
    from training.feeding import Batches

    batches = Batches(share, batch=BATCH, augmentation=augmentation)
    with ThreadPoolExecutor(FEEDERS) as threads:
        for patches, _ in threads.map(batches.__getitem__, range(len(batches))):
            assert patches.shape == (BATCH, PX, PX, 3)
    batches.forget_coming()


def feed(asked: Asked, cache: Path, rounds: int) -> dict:
    from training.augmenting import PRESETS

    share = share_of(asked, emptied(cache / "one.npy"))
    few = Asked(asked.name, asked.path, asked.mpp, asked.corners_l0[: len(share) // BATCH * BATCH])
    ways = {"openslide": lambda: by_openslide(few)}
    ways |= {preset: lambda p=preset: epoch(share, p) for preset in PRESETS}
    return {"batch": BATCH} | compared(ways, len(few.corners_l0), rounds)


def train(asked: Asked, cache: Path) -> list[dict]:
    """Steps of the baseline network: fed, and with the same ready batch again and again."""
    import keras

    from training import network
    from training.augmenting import DIHEDRAL, FULL, NONE
    from training.feeding import Batches, WaitWatch

    share = share_of(asked, cache / "one.npy")
    model = network.build("baseline", patch_px=PX)
    model.compile(optimizer=keras.optimizers.RMSprop(1e-4), loss="binary_crossentropy")

    class Ready(Batches):
        def __getitem__(self, place):
            self._one = getattr(self, "_one", None) or super().__getitem__(0)
            return self._one

    results = []
    for name, kind in (("ready", Ready), (NONE, Batches), (DIHEDRAL, Batches), (FULL, Batches)):
        batches = kind(share, batch=BATCH, augmentation=NONE if name == "ready" else name)
        watch = WaitWatch(batches)
        model.fit(batches, epochs=3, verbose=0, shuffle=False, callbacks=[watch])
        results.append(
            {
                "patches": name,
                "steps": len(batches),
                "step_ms": round(1000 * watch.stepped_s / len(batches), 1),
                "wait_share": round(watch.share, 4),
            }
        )
        print(json.dumps(results[-1]))
    return results


# Summary -----------------------------------------------------------------------


def targets(reading: list[dict], feeding: dict, training: list[dict]) -> dict:
    first = min(row["times_openslide"]["first_pass"] for row in reading if row["um_per_px"] == MPP)
    epochs = min(feeding["times_openslide"][name] for name in ("none", "dihedral"))
    waits = [row["wait_share"] for row in training]
    found = {
        "first_pass_at_level_0": {"times_openslide": first, "wanted": FIRST_PASS},
        "cached_epochs": {"times_openslide": epochs, "wanted": EPOCHS},
    }
    for row in found.values():
        row["is_met"] = row["times_openslide"] >= row["wanted"]
    if waits:
        longest = {"wait_share": max(waits), "wanted": LONGEST_WAIT}
        found["waiting"] = longest | {"is_met": longest["wait_share"] <= LONGEST_WAIT}
    return found


def camelyon(reading: list[dict]) -> dict:
    """What all cells of a CAMELYON16 slide at level 0 would take at the rates measured."""
    row = next(row for row in reading if row["slide"] == "tiled_tiff" and row["um_per_px"] == MPP)
    rates = row["patches_per_second"]
    return {
        "cells": CAMELYON_CELLS,
        "gigabytes": round(CAMELYON_CELLS * PX * PX * 3 / 1e9, 1),
        "minutes": {
            name: round(CAMELYON_CELLS / rates[name] / 60, 1)
            for name in ("openslide", "first_pass")
        },
        "seed_minutes": SEED_MINUTES,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--columns", type=int, default=20, help="of the slides made, in patches")
    parser.add_argument("--no-training", action="store_true", help="leave out the steps")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        cache.mkdir()
        slides = write_slides(Path(folder), (options.columns + 1) * PX)
        reading = read_slides(slides, cache, options.columns**2, options.rounds)
        path = slides["tiled_tiff"]
        asked = Asked("tiled_tiff", path, MPP, cells(path, MPP, options.columns**2))
        feeding = feed(asked, cache, options.rounds)
        print(json.dumps(feeding))
        training = [] if options.no_training else train(asked, cache)
    result = {
        "benchmark": "patches",
        "machine": machine(*PACKAGES),
        "patch_px": PX,
        "rounds": options.rounds,
        "readers": READERS,
        "reading": reading,
        "feeding": feeding,
        "training": training,
        "camelyon_level_0": camelyon(reading),
        "targets": targets(reading, feeding, training),
    }
    if options.save:
        SAVED.parent.mkdir(parents=True, exist_ok=True)
        SAVED.write_text(json.dumps(result, indent=2) + "\n")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
