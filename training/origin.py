"""Where datasets and versions come from, in words and numbers that can be checked later."""

import platform
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from slides.models import Slide
from training.manifest import TRAINING, VALIDATION, Manifest
from training.models import Dataset, TrainingRun

if TYPE_CHECKING:
    from training.fitting import Fitted, Recipe

PACKAGES = ("keras", "tensorflow-cpu", "tensorflow", "jax", "numpy", "openslide-python", "pillow")


# Datasets ------------------------------------------------------------------


def manifest_header(
    dataset: Dataset, slides: Iterable[Slide], patches: np.ndarray
) -> dict[str, Any]:
    """What a manifest says of itself: nothing in it depends on when or by whom."""
    fields = (
        *("mpp", "patch_px", "tissue_bar", "tumour_bar", "validation_share"),
        *("per_slide_cap", "balance", "seed", "is_synthetic"),
    )
    split_of = dict(zip(patches["slide_id"].tolist(), patches["split"].tolist(), strict=True))
    used = [
        _slide_facts(slide, dataset.revisions[str(slide.pk)], split_of[slide.pk])
        for slide in slides
        if slide.pk in split_of
    ]
    return {name: getattr(dataset, name) for name in fields} | {"slides": used}


def _slide_facts(slide: Slide, revision: int, split: str) -> dict[str, Any]:
    truth = slide.annotations.get(revision=revision)
    return {
        "id": slide.pk,
        "name": slide.name,
        "patient": slide.patient,
        "sha256": slide.sha256,
        "mpp": slide.mpp,
        "truth_revision": revision,
        "truth_checksum": truth.checksum,
        "is_exhaustive": truth.is_exhaustive,
        "split": split,
    }


def counts(header: dict[str, Any], candidates: np.ndarray, chosen: np.ndarray) -> dict[str, Any]:
    """Patches per side, slide and class: those chosen, and those there were to choose from."""
    slides = [
        {
            "slide": slide["id"],
            **{name: slide[name] for name in ("name", "patient", "split", "truth_revision")},
            **_by_class(chosen[chosen["slide_id"] == slide["id"]]),
            "candidates": _by_class(candidates[candidates["slide_id"] == slide["id"]]),
        }
        for slide in header["slides"]
    ]
    sides = {split: _side(slides, split) for split in (TRAINING, VALIDATION)}
    return sides | {"slides": slides}


def _by_class(patches: np.ndarray) -> dict[str, int]:
    tumour = int(np.count_nonzero(patches["label"]))
    return {"tumour": tumour, "normal": len(patches) - tumour}


def _side(slides: list[dict[str, Any]], split: str) -> dict[str, int]:
    members = [slide for slide in slides if slide["split"] == split]
    return {
        "tumour": sum(slide["tumour"] for slide in members),
        "normal": sum(slide["normal"] for slide in members),
        "slides": len(members),
        "patients": len({slide["patient"] for slide in members}),
    }


# Versions ------------------------------------------------------------------


def recipe(run: TrainingRun) -> "Recipe":
    from training.fitting import Recipe

    return Recipe(
        architecture=run.architecture,
        pooling=run.pooling,
        weights=run.weights,
        epochs=run.epochs,
        batch=run.batch,
        learning_rate=run.learning_rate,
        rho=run.rho,
        seed=run.seed,
        augmentation=run.augmentation,
    )


def provenance(run: TrainingRun, frozen: Manifest, fitted: "Fitted") -> dict[str, Any]:
    """Everything that made a version, so that it can be explained and made again."""
    import keras

    dataset = {name: value for name, value in frozen.header.items() if name != "slides"}
    return {
        "dataset": dataset
        | {"id": run.dataset_id, "name": run.dataset.name, "sha256": frozen.sha256},
        "patients": {
            split: sorted({slide["patient"] for slide in frozen.slides if slide["split"] == split})
            for split in (TRAINING, VALIDATION)
        },
        "recipe": fitted.recipe | {"target_recall": run.target_recall},
        "weights_file_sha256": fitted.weights_sha256,
        "history": fitted.history,
        "best_epoch": fitted.best_epoch,
        "is_whole": fitted.stopped_by is None,
        "packages": _packages(),
        "backend": keras.backend.backend(),
        "python": platform.python_version(),
        "seeds": {"dataset": run.dataset.seed, "training": run.seed},
    }


def _packages() -> dict[str, str]:
    found = {dist.metadata["Name"].lower(): dist.version for dist in metadata.distributions()}
    return {name: found[name] for name in PACKAGES if name in found}
