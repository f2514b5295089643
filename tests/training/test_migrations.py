"""Rows of a site from before previews, calibration and cards survive, and can be looked at."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from predictions.review import row_guards
from training.models import Dataset, ModelVersion, TrainingRun

BEFORE = [("training", "0003_version_display"), ("predictions", "0002_key_by_version")]
SIDE = {"tumour": 12, "normal": 18, "slides": 1, "patients": 1}
SLIDE = {"slide": 1, "patient": "ann", "truth_revision": 1, "tumour": 12, "normal": 18}
SLIDE |= {"candidates": {"tumour": 12, "normal": 18}}
COUNTS = {
    "training": SIDE,
    "validation": SIDE,
    "slides": [
        SLIDE | {"name": "one", "split": "training"},
        SLIDE | {"name": "two", "split": "validation"},
    ],
    "excluded": [{"slide": 3, "name": "three", "reason": "no truth"}],
}
EPOCH = {"epoch": 1, "loss": 0.2, "auc": 0.9, "recall": 0.9, "val_loss": 0.1, "val_auc": 0.95}
EPOCH |= {"val_recall": 1.0, "seconds": 2.9, "patches_per_second": 60.2}
FIGURE = {"value": 0.9, "n": 60, "unit": "patches", "low": None, "high": None}
FIGURES = ("roc_auc", "pr_auc", "recall", "specificity", "precision", "accuracy")
METRICS = {name: FIGURE | {"interval_reason": "needs two patients"} for name in FIGURES} | {
    "threshold": 0.9,
    "target_recall": 0.9,
    "confusion": {"tp": 11, "fp": 0, "fn": 1, "tn": 48},
    "n": {"patches": 60, "tumour_patches": 12, "patients": 2, "tumour_patients": 1},
}
PROVENANCE = {
    "dataset": {"format": "sentinode-manifest-1", "is_balanced": False, "mpp": 0.5, "name": "ward"},
    "patients": {"training": ["ann"], "validation": ["ben"]},
    "recipe": {"architecture": "baseline", "pooling": "max", "epochs": 1, "rho": 0.95},
    "weights_file_sha256": None,
    "history": [EPOCH],
    "best_epoch": 1,
    "is_whole": True,
    "packages": {"keras": "3.15.1"},
    "seeds": {"dataset": 0, "training": 0},
}


def newest() -> list[tuple[str, str]]:
    return MigrationExecutor(connection).loader.graph.leaf_nodes()


def migrate(places: list[tuple[str, str]]) -> Any:
    """Bring the database there, as `manage.py migrate` does; gives its apps as they are then."""
    row_guards.lower_guards(None, using=connection.alias)
    executor = MigrationExecutor(connection)
    executor.migrate(places)
    return executor.loader.project_state(places).apps


@pytest.fixture
def apps_of_before(transactional_db) -> Iterator[Any]:
    yield migrate(BEFORE)
    migrate(newest())
    row_guards.raise_guards(None, using=connection.alias)


@pytest.fixture
def old_rows(apps_of_before) -> None:
    """A dataset, run and version as they were written then, and migrated since."""
    dataset, run, version = (
        apps_of_before.get_model("training", name).objects
        for name in ("Dataset", "TrainingRun", "ModelVersion")
    )
    frozen = {"status": "done", "manifest": "gone.csv", "manifest_sha256": "ab" * 32}
    shares = dataset.create(
        name="ward", mpp=0.5, tumour_bar=0.2, is_balanced=False, counts=COUNTS, **frozen
    )
    dataset.create(name="asked for", mpp=0.5)
    done = {"architecture": "baseline", "pooling": "max", "status": "done"}
    fitted = run.create(dataset=shares, history=[EPOCH], best_epoch=1, **done)
    run.create(dataset=shares, architecture="vgg16", weights="imagenet")
    version.create(
        name="first",
        run=fitted,
        architecture="baseline",
        mpp=0.5,
        patch_px=299,
        threshold=0.9,
        threshold_source="recall of at least 0.9 on 12 tumour patches",
        weights="versions/gone.keras",
        weights_sha256="cd" * 32,
        metrics=METRICS,
        provenance=PROVENANCE,
    )
    migrate(newest())


def test_rows_of_before_keep_what_they_said(old_rows):
    ward, asked = Dataset.objects.order_by("pk")
    assert (ward.balance, ward.labelling, ward.tumour_bar) == ("none", "share", 0.2)
    assert (asked.balance, asked.labelling, asked.goal) == ("class", "any", "freeze")
    assert (ward.counts, ward.is_frozen) == (COUNTS, True)
    version = ModelVersion.objects.get()
    assert (version.pooling, version.labelling, version.tumour_bar) == ("max", "share", 0.2)
    assert (version.stage, version.parent, version.source_run) == ("candidate", None, version.run)
    assert (version.metrics, version.provenance) == (METRICS, PROVENANCE)
    run = version.run
    assert (run.history, run.optimizer, run.loss, run.fold) == ([EPOCH], "rmsprop", "bce", None)


def pages_of_rows() -> Iterator[str]:
    version_pages = ("version", "version-card-edit", "version-card-md", "version-card-json")
    calibration = ("version-calibration-csv", "version-calibration-json", "version-corrections")
    pages = {
        Dataset: ("dataset", "dataset-state", "api-dataset-detail"),
        TrainingRun: ("run", "run-state", "api-run-detail", "api-run-history", "api-run-examples"),
        ModelVersion: (*version_pages, *calibration, "api-version-detail"),
    }
    for model, names in pages.items():
        for row in model.objects.all():
            yield from (reverse(name, args=[row.pk]) for name in names)
    yield from (reverse(f"{name}-list") for name in ("dataset", "run", "version"))
    for row in TrainingRun.objects.all():
        yield f"{reverse('run-new')}?like={row.pk}"


@pytest.mark.looking
def test_every_page_of_rows_of_before_opens(old_rows, as_admin):
    answers = {place: as_admin.get(place).status_code for place in pages_of_rows()}
    assert {place: status for place, status in answers.items() if status != 200} == {}
