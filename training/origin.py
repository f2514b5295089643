"""Where versions come from, in words and numbers that can be checked later."""

import dataclasses
import platform
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from training.code_version import code_version
from training.manifest import TRAINING, VALIDATION, Manifest
from training.models import TrainingRun
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.fitting import Fitted

OPERATING = ("target_recall", "fp_budget", "operating_rule", "calibration")
PACKAGES = ("keras", "tensorflow-cpu", "tensorflow", "jax", "numpy", "openslide-python", "pillow")


def recipe(run: TrainingRun) -> Recipe:
    """What decides the fitting; of a run that goes on from a version, with its weights."""
    same = {each.name: getattr(run, each.name) for each in dataclasses.fields(Recipe)}
    first = run.first_version
    if first is not None:
        same |= {"weights": str(first.weights_path), "weights_sha256": first.weights_sha256}
    return Recipe(**same)


def provenance(run: TrainingRun, frozen: Manifest, fitted: "Fitted") -> dict[str, Any]:
    """Everything that made a version, so that it can be explained and made again."""
    import keras

    dataset = {name: value for name, value in frozen.header.items() if name != "slides"}
    return {
        "dataset": dataset
        | {"id": run.dataset_id, "name": run.dataset.name, "sha256": frozen.sha256},
        "patients": {
            split: _patients_of(frozen, indices)
            for split, indices in zip((TRAINING, VALIDATION), frozen.sides(run.fold), strict=True)
        },
        "fold": run.fold,
        "recipe": fitted.recipe | {name: getattr(run, name) for name in OPERATING},
        "weights_file_sha256": fitted.weights_sha256,
        "history": fitted.history,
        "best_epoch": fitted.best_epoch,
        "is_whole": fitted.stopped_by is None,
        "code": code_version(),
        "packages": _packages(),
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "seeds": {"dataset": run.dataset.seed, "training": run.seed},
    }


def _patients_of(frozen: Manifest, indices: np.ndarray) -> list[str]:
    slide_ids = set(frozen.columns["slide_id"][indices].tolist())
    return sorted({slide["patient"] for slide in frozen.slides if slide["id"] in slide_ids})


def _packages() -> dict[str, str]:
    found = {dist.metadata["Name"].lower(): dist.version for dist in metadata.distributions()}
    return {name: found[name] for name in PACKAGES if name in found}
