"""Where datasets and versions come from, in words and numbers that can be checked later."""

import dataclasses
import platform
from collections.abc import Iterable
from importlib import metadata
from typing import TYPE_CHECKING, Any

import numpy as np

from slides.models import Slide
from training.code_version import code_version
from training.manifest import TRAINING, VALIDATION, Manifest
from training.models import Dataset, TrainingRun
from training.recipe import Recipe

if TYPE_CHECKING:
    from training.fitting import Fitted

OPERATING = ("target_recall", "fp_budget", "operating_rule", "calibration")
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
