"""Retraining from corrections: mining, dataset and run, each waiting for the one before."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from slides import audit
from slides.models import Slide
from training import corrections
from training.datasets import create_dataset
from training.mining import request_mining
from training.models import Dataset, Mining, ModelVersion, TrainingRun
from training.refusals import NotTrainable, read_elsewhere
from training.runs import create_run

RULES = (
    *("mpp", "mpps", "patch_px", "tissue_bar", "stride", "jitter_px", "labelling", "tumour_bar"),
    *("centre_px", "validation_share", "test_share", "folds", "per_slide_cap", "balance", "seed"),
)
RECIPE = (
    *("epochs", "frozen_epochs", "patience", "batch", "optimizer", "learning_rate", "body_rate"),
    *("schedule", "rho", "loss", "label_smoothing", "class_balance", "seed", "augmentation"),
    *("precision", "fold", "calibration", "operating_rule", "target_recall", "fp_budget"),
)


@dataclass(frozen=True)
class Retraining:
    """What is under way. mining: None where nothing is mined."""

    mining: Mining | None
    dataset: Dataset
    run: TrainingRun


@transaction.atomic
def retrain(
    *,
    version: ModelVersion,
    is_mining: bool = False,
    name: str = "",
    created_by: User | None = None,
    **recipe: Any,
) -> Retraining:
    """Ask for a version that goes on from this one and learns what was corrected since.

    Same rules, latest truths and the same split: patients of the old validation and test sides
    stay there. is_mining: its worst false alarms in normal tissue are learnt from too. recipe:
    fields of the run that differ from those of the version's. All rows wait for workers, the
    mining first. Raises NotTrainable if there is nothing new to learn, NotMinable, or what
    datasets and runs refuse.
    """
    source = _source_of(version)
    told = corrections.since(version)
    if not told.slides and not is_mining:
        raise NotTrainable(
            f"nothing was corrected since {source.dataset} was frozen; correct slides first, or "
            "mine normal tissue",
            "nothing_new",
        )
    mining = request_mining(version=version, created_by=created_by) if is_mining else None
    dataset = _dataset(source.dataset, told, mining, created_by)
    run = create_run(
        dataset=dataset,
        first_version=version,
        version_name=name or _free_name(version),
        created_by=created_by,
        **{field: getattr(source, field) for field in RECIPE} | recipe,
    )
    begun = Retraining(mining, dataset, run)
    _record(begun, told, created_by)
    return begun


def _source_of(version: ModelVersion) -> TrainingRun:
    if version.is_read_elsewhere:
        raise NotTrainable(read_elsewhere(version, "learn on from"), "read_elsewhere")
    if version.source_run is None:
        raise NotTrainable(
            f"{version} came without its dataset and recipe; freeze a dataset, and train on from "
            "this version there",
            "no_dataset",
        )
    return version.source_run


def _record(begun: Retraining, told: corrections.Corrections, by: User | None) -> None:
    audit.record(
        by,
        "retrain",
        begun.run.first_version,
        run=begun.run.pk,
        dataset=begun.dataset.pk,
        mining=begun.mining.pk if begun.mining else None,
        corrected_slides=[one.slide.name for one in told.slides],
        authors=told.authors,
    )


def _dataset(
    parent: Dataset,
    told: corrections.Corrections,
    mining: Mining | None,
    created_by: User | None,
) -> Dataset:
    """The parent's rules on the latest truths, and what was mined for it or before it."""
    new = {one.slide.pk for one in told.slides if one.is_new}
    slides = Slide.objects.filter(pk__in={*parent.slides.values_list("pk", flat=True), *new})
    dataset = create_dataset(
        name=_free_dataset_name(parent),
        slides=slides.order_by("pk"),
        created_by=created_by,
        parent=parent,
        **{field: getattr(parent, field) for field in RULES},
    )
    dataset.minings.set([*parent.minings.all(), *([mining] if mining else [])])
    return dataset


def _free_name(version: ModelVersion) -> str:
    taken = {
        *ModelVersion.objects.values_list("name", flat=True),
        *TrainingRun.objects.active().values_list("version_name", flat=True),
    }
    return _numbered(version.name, taken)


def _free_dataset_name(parent: Dataset) -> str:
    return _numbered(parent.name, set(Dataset.objects.values_list("name", flat=True)))


def _numbered(name: str, taken: set[str]) -> str:
    """The next of "name, corrected 1", "name, corrected 2", ... that is free."""
    stem = name.rpartition(", corrected ")[0] or name
    number = 1
    while f"{stem[:180]}, corrected {number}" in taken:
        number += 1
    return f"{stem[:180]}, corrected {number}"
