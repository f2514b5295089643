"""How far colour alone gets on the demo slides: a floor that a network has to beat.

    python -m tests.benchmarks.colour_only DIR [--out docs/benchmarks/colour_only.json]

DIR is what `manage.py make_demo_slides DIR` wrote. Patches are laid and labelled as for
training; a logistic regression learns on the development slides and is tried on the test
slides. Prints a table, and as its last line the same as JSON.

Rows: "colour" is the mean red, green and blue of a patch; "colour, bent" the same with squares
and products, so that "neither dark nor pale" can be said too; "texture" is how much the
brightness varies at four sizes, each divided by the whole, which knows no mean colour.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from scipy import ndimage

from slides.grid import Grid
from slides.pyramid import Pyramid
from slides.tissue import tissue_mask
from slides.truth_files import read_truth
from tests.benchmarks.machine import machine
from training.sampling import CellFacts, Rules, label_cells, truth_of_cells

PACKAGES = ("numpy", "scipy", "scikit-learn", "openslide-python")
MPPS = (0.486, 0.972)
SIZES_UM = (0.6, 1.2, 2.4, 4.8, 9.6)
FEATURES = {"colour": slice(0, 3), "colour, bent": slice(0, 3), "texture": slice(3, None)}


def features_of(rgb: np.ndarray, mpp: float) -> np.ndarray:
    """(7,) of one patch, uint8 (side, side, 3): mean RGB, then four shares of variation."""
    density = -np.log(np.maximum(rgb[..., 1], 4) / 255, dtype=np.float32)
    blurred = [ndimage.uniform_filter(density, max(1, round(2 * um / mpp))) for um in SIZES_UM]
    energies = [np.std(fine - coarse) for fine, coarse in zip(blurred, blurred[1:], strict=False)]
    return np.array([*rgb.mean(axis=(0, 1)), *np.log(np.divide(energies, sum(energies)) + 1e-6)])


def patches_of(slide: Path, outlines: Path | None, mpp: float) -> tuple[np.ndarray, np.ndarray]:
    """Features (n, 7) and labels (n,) of one slide's patches, as training would take them.

    mpp must be that of a level: reading a level once is far faster than patch by patch.
    """
    with Pyramid.open(slide) as pyramid:
        grid = Grid.over(pyramid.width, pyramid.height, slide_mpp=pyramid.require_mpp(), mpp=mpp)
        rgb, scale_x, scale_y = pyramid.read_overview(max_px=2048)
        tissue_share = grid.cell_share(tissue_mask(rgb), scale_x, scale_y)
        regions = read_truth(outlines).regions if outlines else []
        facts = CellFacts(tissue_share, *truth_of_cells(regions, grid))
        patches = label_cells(0, grid, facts, Rules())
        scale = mpp / pyramid.require_mpp()
        level = pyramid.best_level(scale)
        pixels = pyramid.read_level(level, 0, 0, *pyramid.level_sizes[level])
    features = []
    for x, y in np.round(np.stack([patches["x_l0"], patches["y_l0"]], axis=1) / scale).astype(int):
        part = pixels[y : y + grid.patch_px, x : x + grid.patch_px]
        features.append(features_of(part, mpp))
    return np.array(features).reshape(len(patches), -1), patches["label"].astype(int)


def separation(train: tuple, test: tuple, *, is_bent: bool = False) -> float:
    """ROC-AUC on test of a logistic regression fitted on train; each is (features, labels)."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    bend = [PolynomialFeatures(2, include_bias=False), StandardScaler()] if is_bent else []
    model = LogisticRegression(class_weight="balanced", max_iter=2000)
    fitted = make_pipeline(StandardScaler(), *bend, model).fit(*train)
    return round(float(roc_auc_score(test[1], fitted.predict_proba(test[0])[:, 1])), 3)


def measure(folder: Path, mpp: float) -> dict:
    """AUCs of every kind of feature at one mpp, and how many patches they rest on."""
    subsets: dict[str, list] = {"development": [], "test": []}
    for subset, slide, outlines in _slides(folder):
        subsets[subset].append(patches_of(slide, outlines, mpp))
    train, test = (
        tuple(np.concatenate(part) for part in zip(*subsets[subset], strict=True))
        for subset in ("development", "test")
    )
    row: dict = {"mpp": mpp}
    for name, columns in FEATURES.items():
        chosen = ((part[0][:, columns], part[1]) for part in (train, test))
        row[name] = separation(*chosen, is_bent="bent" in name)
    for name, part in (("development", train), ("test", test)):
        row[f"{name} patches"], row[f"{name} tumour"] = len(part[1]), int(part[1].sum())
    return row


def _slides(folder: Path) -> Iterator[tuple[str, Path, Path | None]]:
    with (folder / "slides.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            outlines = folder / row["outlines"] if row["outlines"] else None
            yield row["subset"], folder / row["file"], outlines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    rows = [measure(options.folder, mpp) for mpp in MPPS]
    print("  ".join(f"{name:>20}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>20}" for value in row.values()))
    answer = {"benchmark": "colour_only", "is_synthetic": True, "machine": machine(*PACKAGES)}
    answer["rows"] = rows
    if options.out:
        options.out.write_text(json.dumps(answer, indent=1) + "\n")
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
