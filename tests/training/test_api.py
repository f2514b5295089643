"""Runs and versions over the API."""

import json
from pathlib import Path

import pytest
from django.test import Client

from training.models import Dataset, ModelVersion, TrainingRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def dataset() -> Dataset:
    return frozen("one")


def frozen(name: str, **fields) -> Dataset:
    row = {"mpp": 0.5, "status": "done", "manifest_sha256": "f" * 64}
    return Dataset.objects.create(name=name, **row | fields)


def trained(dataset: Dataset, name: str = "one", **fields) -> ModelVersion:
    run = TrainingRun.objects.create(dataset=dataset, architecture="baseline", status="done")
    row = {"mpp": 0.5, "patch_px": 299, "threshold": 0.4, "weights_sha256": "f" * 64}
    return ModelVersion.objects.create(name=name, run=run, architecture="baseline", **row | fields)


def post(client: Client, address: str, **body):
    return client.post(address, json.dumps(body), content_type="application/json")


# Runs ----------------------------------------------------------------------------


def test_a_run_is_queued(as_admin, dataset, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as nudges:
        answer = post(as_admin, "/api/runs/", dataset=dataset.pk, architecture="baseline", epochs=2)
    facts = answer.json()
    assert (answer.status_code, len(nudges), facts["status"]) == (201, 1, "queued")
    assert (facts["epochs"], facts["learning_rate"], facts["rho"]) == (2, 1e-4, 0.95)
    assert (facts["dataset"], facts["version"], facts["mpp"]) == (dataset.pk, None, 0.5)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"architecture": "resnet"}, "invalid", "architecture"),
        ({"dataset": 999}, "invalid", "dataset"),
        ({"dataset": None}, "invalid", "dataset"),
        ({"epochs": 0}, "bad_input", None),
        ({"epochs": 2.5}, "invalid", "epochs"),
        ({"learning_rate": "inf"}, "invalid", "learning_rate"),
        ({"weights": "../secret"}, "bad_weights", None),
        ({"weights": "imagenet"}, "not_trainable", None),
    ],
)
def test_odd_runs_are_refused(as_admin, dataset, change, code, field):
    wanted = {"dataset": dataset.pk, "architecture": "baseline"}
    answer = post(as_admin, "/api/runs/", **wanted | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert field is None or list(answer.json()["fields"]) == [field]
    assert not TrainingRun.objects.exists()


def test_a_taken_version_name_is_a_conflict(as_admin, dataset):
    trained(dataset, "v1")
    answer = post(
        as_admin, "/api/runs/", dataset=dataset.pk, architecture="baseline", version_name="v1"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "name_taken")


def test_a_run_is_cancelled(as_admin, dataset):
    run = TrainingRun.objects.create(dataset=dataset, architecture="baseline")
    assert as_admin.post(f"/api/runs/{run.pk}/cancel/").json()["status"] == "cancelled"


def test_a_running_run_is_asked_to_stop(as_admin, dataset):
    run = TrainingRun.objects.create(dataset=dataset, architecture="baseline")
    run.claim()
    facts = as_admin.post(f"/api/runs/{run.pk}/cancel/").json()
    assert (facts["status"], facts["cancel_requested"]) == ("running", True)


def test_history_is_one_line_an_epoch(as_pathologist, dataset):
    line = {"epoch": 1, "loss": 0.7, "val_auc": None}
    run = TrainingRun.objects.create(dataset=dataset, architecture="baseline", history=[line])
    assert as_pathologist.get(f"/api/runs/{run.pk}/history/").json() == [line]


def test_every_setting_of_a_run_is_taken_and_told(as_admin, dataset):
    settings = {
        **{"architecture": "vgg16", "pooling": "max", "weights": "/srv/first.keras"},
        **{"weights_sha256": "0" * 64, "epochs": 4, "frozen_epochs": 2, "patience": 3, "batch": 8},
        **{"optimizer": "adam", "learning_rate": 0.001, "body_rate": 0.1, "schedule": "cosine"},
        **{"rho": 0.9, "loss": "focal", "label_smoothing": 0.1, "class_balance": "sampling"},
        **{"augmentation": "full", "precision": "mixed", "seed": 5, "calibration": "isotonic"},
        **{"operating_rule": "fp_budget", "target_recall": 0.8, "fp_budget": 2.5},
    }
    told = post(as_admin, "/api/runs/", dataset=dataset.pk, **settings).json()
    assert {name: told[name] for name in settings} == settings
    assert (told["fold"], told["first_version"], told["experiment"]) == (None, None, None)


def test_a_run_goes_on_from_a_version_without_naming_its_network(as_admin, dataset):
    version = trained(dataset)
    told = post(as_admin, "/api/runs/", dataset=dataset.pk, first_version=version.pk).json()
    assert (told["first_version"], told["architecture"]) == (version.pk, "baseline")


def test_steps_and_examples_are_told(as_pathologist, dataset):
    step = {"step": 1, "epoch": 0.5, "loss": 0.7, "learning_rate": 0.1}
    example = {"place": 3, "slide": 1, "label": 1, "score": 0.1, "is_right": False}
    run = TrainingRun.objects.create(
        dataset=dataset, architecture="baseline", steps=[step], examples=[example]
    )
    links = as_pathologist.get(f"/api/runs/{run.pk}/").json()["links"]
    assert as_pathologist.get(links["steps"]).json() == [step]
    assert as_pathologist.get(links["examples"]).json() == [example]


def test_runs_and_versions_cost_the_same_for_one_row_and_three(
    as_pathologist, dataset, django_assert_num_queries
):
    for names in (["a"], ["b", "c"]):
        for name in names:
            trained(dataset, name)
        for address in ("/api/runs/", "/api/versions/"):
            with django_assert_num_queries(4):
                as_pathologist.get(address)


# Versions ------------------------------------------------------------------------


def test_a_version_says_where_it_comes_from(as_pathologist, dataset):
    version = trained(dataset, metrics={"roc_auc": 0.9}, is_synthetic=True)
    facts = as_pathologist.get(f"/api/versions/{version.pk}/").json()
    assert (facts["weights_sha256"], facts["threshold"]) == ("f" * 64, 0.4)
    assert (facts["dataset"], facts["metrics"]) == (dataset.pk, {"roc_auc": 0.9})
    assert facts["is_synthetic"] is True


def test_weights_are_taken_away_by_admins_only(as_admin, as_pathologist, dataset, settings):
    path = Path(settings.MEDIA_ROOT) / "versions/a.keras"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"weights")
    version = trained(dataset, weights="versions/a.keras")
    address = f"/api/versions/{version.pk}/weights/"
    assert as_pathologist.get(address).status_code == 403
    assert b"".join(as_admin.get(address).streaming_content) == b"weights"
