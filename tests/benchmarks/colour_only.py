"""How far colour alone gets on the demo slides: a floor that a network has to beat.

    python -m tests.benchmarks.colour_only DIR [--version NAME ...] [--save]

DIR is what `manage.py make_demo_slides DIR` wrote. Patches are laid and labelled as for
training; a logistic regression learns on the development slides and is tried on the test
slides. --version: model versions of the site in SENTINODE_HOME that say what they think of the
very same test patches, each at its own um/px; they must have learnt from no test slide. Every
figure is an AUC with its 95 % interval by bootstrap of the test patients; "over colour" is the
difference to "colour, bent", drawn in pairs. Prints a table, and as its last line the same as JSON.

Rows: "colour" is the mean red, green and blue of a patch; "colour, bent" the same with squares
and products, so that "neither dark nor pale" can be said too; "texture" is how much the
brightness varies at four sizes, each divided by the whole, which knows no mean colour.
"""

import argparse
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage

from slides.grid import Grid
from slides.pyramid import Pyramid
from slides.tissue import tissue_mask
from slides.truth_files import read_truth
from tests.benchmarks.machine import machine
from training.labelling import SlideFacts, patches_of_slide
from training.metrics import slide_bootstrap, weighted_roc_auc
from training.rules import Rules

PACKAGES = ("numpy", "scipy", "scikit-learn", "openslide-python")
SAVED = Path(__file__).resolve().parents[2] / "docs" / "benchmarks" / "colour_only.json"
MPPS = (0.486, 0.972)
SIZES_UM = (0.6, 1.2, 2.4, 4.8, 9.6)
FEATURES = {"colour": slice(0, 3), "colour, bent": slice(0, 3), "texture": slice(3, None)}
FLOOR = "colour, bent"
BATCH = 32

Scoring = Callable[[np.ndarray], np.ndarray]  # patches (n, px, px, 3) to scores (n,)


@dataclass(frozen=True)
class Seen:
    """Patches of one or more slides, each (n, ...). scores: by version, what it said of each."""

    features: np.ndarray
    labels: np.ndarray
    patients: np.ndarray
    scores: dict[str, np.ndarray]


def features_of(rgb: np.ndarray, mpp: float) -> np.ndarray:
    """(7,) of one patch, uint8 (side, side, 3): mean RGB, then four shares of variation."""
    density = -np.log(np.maximum(rgb[..., 1], 4) / 255, dtype=np.float32)
    blurred = [ndimage.uniform_filter(density, max(1, round(2 * um / mpp))) for um in SIZES_UM]
    energies = [np.std(fine - coarse) for fine, coarse in zip(blurred, blurred[1:], strict=False)]
    return np.array([*rgb.mean(axis=(0, 1)), *np.log(np.divide(energies, sum(energies)) + 1e-6)])


def seen_on(
    slide: Path, outlines: Path | None, mpp: float, patient: str, versions: dict[str, Scoring]
) -> Seen:
    """One slide's patches, as training would take them.

    mpp must be that of a level: reading a level once is far faster than patch by patch.
    """
    with Pyramid.open(slide) as pyramid:
        grid = Grid.over(pyramid.width, pyramid.height, slide_mpp=pyramid.require_mpp(), mpp=mpp)
        rgb, scale_x, scale_y = pyramid.read_overview(max_px=2048)
        regions = read_truth(outlines).regions if outlines else []
        size = (pyramid.width, pyramid.height)
        facts = SlideFacts(size, tissue_mask(rgb), (scale_x, scale_y), regions)
        patches = patches_of_slide(0, grid, facts, Rules())
        scale = mpp / pyramid.require_mpp()
        level = pyramid.best_level(scale)
        pixels = pyramid.read_level(level, 0, 0, *pyramid.level_sizes[level])
    corners = np.round(np.stack([patches["x_l0"], patches["y_l0"]], axis=1) / scale).astype(int)
    parts = [_cut(pixels, x, y, grid.patch_px) for x, y in corners]
    features = np.array([features_of(part, mpp) for part in parts]).reshape(len(parts), -1)
    whole = np.array(parts).reshape(len(parts), grid.patch_px, grid.patch_px, 3)
    return Seen(
        features,
        patches["label"].astype(int),
        np.full(len(parts), patient),
        {name: score(whole) for name, score in versions.items()},
    )


def _cut(pixels: np.ndarray, x: int, y: int, side: int) -> np.ndarray:
    """A patch; what lies beyond the slide's edge is white, as everywhere."""
    part = pixels[y : y + side, x : x + side]
    missing = [(0, side - part.shape[0]), (0, side - part.shape[1]), (0, 0)]
    return np.pad(part, missing, constant_values=255)


def regression_scores(train: tuple, features: np.ndarray, *, is_bent: bool = False) -> np.ndarray:
    """What a logistic regression fitted on train, (features, labels), says of other features."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import PolynomialFeatures, StandardScaler

    bend = [PolynomialFeatures(2, include_bias=False), StandardScaler()] if is_bent else []
    model = LogisticRegression(class_weight="balanced", max_iter=2000)
    fitted = make_pipeline(StandardScaler(), *bend, model).fit(*train)
    return fitted.predict_proba(features)[:, 1]


def separation(train: tuple, test: tuple, *, is_bent: bool = False) -> float:
    """ROC-AUC on test of a logistic regression fitted on train; each is (features, labels)."""
    from sklearn.metrics import roc_auc_score

    scores = regression_scores(train, test[0], is_bent=is_bent)
    return round(float(roc_auc_score(test[1], scores)), 3)


def auc(labels: np.ndarray, scores: np.ndarray, patients: np.ndarray) -> dict:
    """The AUC with its 95 % interval by bootstrap of patients."""
    return _figure(weighted_roc_auc, labels, scores, patients)


def auc_over(
    labels: np.ndarray, scores: np.ndarray, floor: np.ndarray, patients: np.ndarray
) -> dict:
    """How much higher the AUC of scores is than that of floor, both of the same draws."""

    def difference(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> np.ndarray:
        return weighted_roc_auc(labels, scores, weights) - weighted_roc_auc(labels, floor, weights)

    return _figure(difference, labels, scores, patients)


def _figure(statistic, labels, scores, patients) -> dict:
    value = float(statistic(labels.astype(bool), scores, np.ones((1, len(labels))))[0])
    low, high = slide_bootstrap(statistic, labels, scores, patients) or (np.nan, np.nan)
    return {
        name: round(float(each), 3)
        for name, each in zip(("auc", "low", "high"), (value, low, high), strict=True)
    }


def measure(folder: Path, mpp: float, versions: dict[str, Scoring]) -> dict:
    """AUCs of every kind of feature and of versions at one mpp, and the counts behind them."""
    subsets: dict[str, list[Seen]] = {"development": [], "test": []}
    for subset, slide, outlines, patient in _slides(folder):
        asked = versions if subset == "test" else {}
        subsets[subset].append(seen_on(slide, outlines, mpp, patient, asked))
    train, test = (_together(subsets[subset]) for subset in ("development", "test"))
    scores = {
        name: regression_scores(
            (train.features[:, columns], train.labels),
            test.features[:, columns],
            is_bent="bent" in name,
        )
        for name, columns in FEATURES.items()
    } | test.scores
    rows = [
        {"what": name, "mpp": mpp, **auc(test.labels, found, test.patients)}
        | {"over colour": auc_over(test.labels, found, scores[FLOOR], test.patients)}
        for name, found in scores.items()
    ]
    n = {
        f"{name} {what}": count
        for name, part in (("development", train), ("test", test))
        for what, count in (
            ("patches", len(part.labels)),
            ("tumour", int(part.labels.sum())),
            ("patients", len(np.unique(part.patients))),
        )
    }
    return {"mpp": mpp, "n": n, "rows": rows}


def _together(parts: list[Seen]) -> Seen:
    names = ("features", "labels", "patients")
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    said = {name: np.concatenate([part.scores[name] for part in parts]) for name in parts[0].scores}
    return Seen(*columns, said)


def _slides(folder: Path) -> Iterator[tuple[str, Path, Path | None, str]]:
    with (folder / "slides.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            outlines = folder / row["outlines"] if row["outlines"] else None
            yield row["subset"], folder / row["file"], outlines, row["patient"]


def scoring_of(version) -> Scoring:
    """What a version's network says of patches, in batches of one shape."""
    from training import network

    model = network.load(version.weights_path, sha256=version.weights_sha256)

    def score(patches: np.ndarray) -> np.ndarray:
        found = np.empty(len(patches))
        for start in range(0, len(patches), BATCH):
            part = patches[start : start + BATCH]
            filled = np.resize(part, (BATCH, *part.shape[1:]))
            found[start : start + BATCH] = model.predict_on_batch(filled)[: len(part), 0]
        return found

    return score


def versions_at(names: list[str]) -> dict[float, dict[str, Scoring]]:
    """The versions of the site, by the um/px they read. Raises SystemExit for an unknown name."""
    if not names:
        return {}
    import os

    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from training.models import ModelVersion

    found: dict[float, dict[str, Scoring]] = {}
    for name in names:
        version = ModelVersion.objects.filter(name=name).first()
        if version is None:
            known = ", ".join(ModelVersion.objects.values_list("name", flat=True)) or "none"
            raise SystemExit(f"there is no version {name!r}; there are: {known}")
        found.setdefault(version.mpp, {})[name] = scoring_of(version)
    return found


def show(answer: dict) -> None:
    n = answer["n"]
    print(
        f"\n{answer['mpp']:g} um/px: {n['test patches']:,} test patches, "
        f"{n['test tumour']} of them tumour, "
        f"of {n['test patients']} patients; learnt from {n['development patches']:,}"
    )
    for row in answer["rows"]:
        over = row["over colour"]
        print(
            f"  {row['what']:>24}  {row['auc']:.3f} ({row['low']:.3f}-{row['high']:.3f})   "
            f"over colour {over['auc']:+.3f} ({over['low']:+.3f} to {over['high']:+.3f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--version", nargs="+", default=[], help="of the site in SENTINODE_HOME")
    parser.add_argument("--save", action="store_true", help=f"write {SAVED.name}")
    options = parser.parse_args()
    versions = versions_at(options.version)
    levels = []
    for mpp in sorted({*MPPS, *versions}):
        levels.append(measure(options.folder, mpp, versions.get(mpp, {})))
        show(levels[-1])
    answer = {"benchmark": "colour_only", "is_synthetic": True, "machine": machine(*PACKAGES)}
    answer["levels"] = levels
    if options.save:
        SAVED.write_text(json.dumps(answer, indent=1) + "\n")
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
