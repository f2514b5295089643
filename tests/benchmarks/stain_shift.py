"""A network that knows one laboratory's stain reads another's: how much it loses, and what helps.

    python -m tests.benchmarks.stain_shift [--slides 24] [--side 8000] [--epochs 10] [--save]

The demo's painter makes sections of synthetic nodes. Those to learn from are stained one way; those
to be tested, of other patients, are developed twice: in that stain and in another, from the very
same dyes, so that nothing but the stain differs. Both stains are ends of what the demo's slides
vary over. Networks are trained with the eight turns alone, and with stain augmentation too.

Per augmentation: AUC of test patches in either stain and their difference, with 95 % intervals by
bootstrap of test patients (the difference of the same draws), and recall and specificity at the
threshold chosen on validation patients of the first stain. The last line is JSON.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from slides.demo.hospital import MPP, SlideOrder, hospital
from slides.demo.painting import Painted, paint_in
from slides.demo.stain import DARK_BLUE, PALE_PINK
from slides.grid import Grid
from slides.regions import Region
from slides.tissue import tissue_mask
from tests.benchmarks.machine import machine
from training.labelling import SlideFacts, patches_of_slide
from training.metrics import (
    confusion,
    operating_point,
    slide_bootstrap,
    weighted_recall,
    weighted_roc_auc,
    weighted_specificity,
)
from training.rules import Rules
from training.sampling import capped

PACKAGES = ("keras", "tensorflow-cpu", "numpy", "scipy")
SAVED = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "stain_shift.json"
SEED = 41  # of a hospital that is not the demo's
PATCH_PX = 299
SHRUNK = 2  # 0.486 um/px
OVERVIEW = 16
TARGET_RECALL = 0.9
AUGMENTATIONS = ("dihedral", "stain", "hed", "full")


@dataclass(frozen=True)
class Section:
    """Patches of one section: in each stain (n, px, px, 3), and the labels (n,)."""

    patient: str
    is_test: bool
    patches: list[np.ndarray]
    labels: np.ndarray


def section(order: SlideOrder, cap: int) -> Section:
    """Paint one section and cut its patches: for tests in both stains, else in the first."""
    is_test = order.subset == "test"
    stains = [DARK_BLUE, PALE_PINK] if is_test else [DARK_BLUE]
    patches: list[np.ndarray] = []
    table = None
    for painted in paint_in(order, stains):
        if table is None:  # where patches lie is decided once, in the first stain
            table = _chosen(order, painted, cap)
        small = _shrunk(painted.rgb, SHRUNK)
        patches.append(np.array([_cut(small, patch) for patch in table]))
    return Section(order.patient, is_test, patches, table["label"].astype(bool))


def _chosen(order: SlideOrder, painted: Painted, cap: int) -> np.ndarray:
    """Where patches lie and what they show, as training would take them."""
    grid = Grid.over(order.width, order.height, slide_mpp=MPP, mpp=MPP * SHRUNK, patch_px=PATCH_PX)
    tissue = tissue_mask(_shrunk(painted.rgb, OVERVIEW))
    regions = [Region("tumour", lesion.polygon) for lesion in painted.lesions]
    size, scale = (order.width, order.height), (float(OVERVIEW), float(OVERVIEW))
    facts = SlideFacts(size, tissue, scale, regions)
    patches = patches_of_slide(order.number, grid, facts, Rules())
    return capped(patches, cap, seed=SEED)


def _shrunk(rgb: np.ndarray, factor: int) -> np.ndarray:
    rows, columns = (side // factor for side in rgb.shape[:2])
    blocks = rgb[: rows * factor, : columns * factor]
    total = np.zeros((rows, columns, 3), np.uint32)
    for dy in range(factor):
        for dx in range(factor):
            total += blocks[dy::factor, dx::factor]
    return (total // factor**2).astype(np.uint8)


def _cut(small: np.ndarray, patch: np.void) -> np.ndarray:
    """One patch; what lies beyond the section's edge is white."""
    x, y = int(patch["x_l0"]) // SHRUNK, int(patch["y_l0"]) // SHRUNK
    part = small[y : y + PATCH_PX, x : x + PATCH_PX]
    missing = [(0, PATCH_PX - part.shape[0]), (0, PATCH_PX - part.shape[1]), (0, 0)]
    return np.pad(part, missing, constant_values=255)


@dataclass(frozen=True)
class Ward:
    """Packed patches (n, px, px, 3), labels and patients (n,) of several sections."""

    packed: np.ndarray
    labels: np.ndarray
    patients: np.ndarray


def ward(sections: Sequence[Section], stain: int) -> Ward:
    return Ward(
        np.concatenate([each.patches[stain] for each in sections if len(each.labels)]),
        np.concatenate([each.labels for each in sections]),
        np.concatenate([np.full(len(each.labels), each.patient) for each in sections]),
    )


def held_out(sections: Sequence[Section]) -> set[str]:
    """Patients who choose epoch and threshold: every fourth with tumour, and without."""
    with_tumour = {each.patient for each in sections if each.labels.any()}
    without = {each.patient for each in sections} - with_tumour
    return {*sorted(with_tumour)[::4], *sorted(without)[::4]}


def trained(learn: Ward, out: set[str], augmentation: str, epochs: int):
    """The network of the best epoch and its threshold."""
    from training import fitting
    from training.feeding import Share
    from training.recipe import Recipe

    is_out = np.isin(learn.patients, sorted(out))
    shares = [
        Share(learn.packed, learn.labels, np.flatnonzero(chosen)) for chosen in (~is_out, is_out)
    ]
    recipe = Recipe(
        architecture="baseline",
        pooling="max",
        epochs=epochs,
        batch=16,
        learning_rate=0.002,
        augmentation=augmentation,
    )
    with tempfile.TemporaryDirectory() as folder:
        fitted = fitting.fit(recipe, *shares, folder=Path(folder))
    threshold = operating_point(shares[1].own_labels, fitted.validation_scores, TARGET_RECALL)
    return fitted, threshold


def said(model, test: Ward) -> np.ndarray:
    from training import feeding

    whole = feeding.Share(test.packed, test.labels, np.arange(len(test.labels)))
    return feeding.scores(model, whole, batch=32)


def compared(own: np.ndarray, other: np.ndarray, test: Ward, threshold: float) -> dict:
    """Figures in either stain, and what is lost. own, other: scores of the same tissue."""

    def lost(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return weighted_roc_auc(labels, scores, weights) - weighted_roc_auc(labels, other, weights)

    row = {"drop": _figure(lost, own, test)}
    for name, scores in (("own stain", own), ("other stain", other)):
        calls = confusion(test.labels, scores, threshold)
        row[name] = {
            "auc": _figure(weighted_roc_auc, scores, test),
            "recall": _figure(weighted_recall(threshold), scores, test),
            "specificity": _figure(weighted_specificity(threshold), scores, test),
            "confusion": {key: getattr(calls, key) for key in ("tp", "fp", "fn", "tn")},
        }
    return row


def _figure(statistic, scores: np.ndarray, test: Ward) -> list[float | None]:
    """[value, low, high]."""
    value = statistic(test.labels, scores, np.ones((1, len(test.labels))))[0]
    interval = slide_bootstrap(statistic, test.labels, scores, test.patients) or (None, None)
    return [None if each is None else round(float(each), 3) for each in (value, *interval)]


def painted_sections(orders: Sequence[SlideOrder], cap: int) -> list[Section]:
    began = time.monotonic()
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as painters:
        sections = list(painters.map(section, orders, [cap] * len(orders)))
    print(f"painted {len(orders)} sections in {time.monotonic() - began:.0f} s", flush=True)
    return sections


def show(row: dict) -> None:
    own, other, drop = row["own stain"]["auc"], row["other stain"]["auc"], row["drop"]
    print(
        f"{row['augmentation']:>10}  own stain {own[0]:.3f} ({own[1]}-{own[2]})  other stain "
        f"{other[0]:.3f} ({other[1]}-{other[2]})  drop {drop[0]:+.3f} ({drop[1]} to {drop[2]})  "
        f"{row['seconds']:.0f} s",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--slides", type=int, default=24)
    parser.add_argument("--side", type=int, default=8000)
    parser.add_argument("--cap", type=int, default=80, help="patches per class and section")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--augmentations", nargs="+", default=AUGMENTATIONS)
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    orders = hospital(slides=options.slides, seed=SEED, side=options.side)
    sections = painted_sections(orders, options.cap)
    learn = ward([each for each in sections if not each.is_test], 0)
    tests = [ward([each for each in sections if each.is_test], stain) for stain in (0, 1)]
    out = held_out([each for each in sections if not each.is_test])
    answer = about(learn, tests[0], out, options.epochs)
    answer["rows"] = [
        measured(learn, tests, out, augmentation, options.epochs)
        for augmentation in options.augmentations
    ]
    if options.save:
        SAVED.write_text(json.dumps(answer, indent=1) + "\n")
    print(json.dumps(answer))


def measured(
    learn: Ward, tests: Sequence[Ward], out: set[str], augmentation: str, epochs: int
) -> dict:
    """Train once, and read the test patches in either stain."""
    began = time.monotonic()
    fitted, threshold = trained(learn, out, augmentation, epochs)
    own, other = (said(fitted.model, test) for test in tests)
    row = {"augmentation": augmentation, "best_epoch": fitted.best_epoch}
    row |= compared(own, other, tests[0], threshold)
    row["seconds"] = round(time.monotonic() - began, 1)
    show(row)
    return row


def about(learn: Ward, test: Ward, out: set[str], epochs: int) -> dict:
    is_out = np.isin(learn.patients, sorted(out))
    return {
        "benchmark": "stain_shift",
        "is_synthetic": True,
        "machine": machine(*PACKAGES),
        "stains": {"own": asdict(DARK_BLUE), "other": asdict(PALE_PINK)},
        "network": f"baseline, max pooling, {epochs} epochs, {MPP * SHRUNK:g} um/px",
        "n": {
            "training patches": int((~is_out).sum()),
            "validation patches": int(is_out.sum()),
            "test patches": len(test.labels),
            "test tumour patches": int(test.labels.sum()),
            "test patients": len(np.unique(test.patients)),
        },
    }


if __name__ == "__main__":
    main()
