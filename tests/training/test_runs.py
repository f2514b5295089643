"""Asking for runs: what is refused, what waits, and what a run goes on from."""

import numpy as np
import pytest
from django.core.management import call_command

from slides.jobs import Job
from tests.training.test_states import largest_file
from training import manifest, runs, tasks
from training.datasets import create_dataset
from training.models import Dataset, ModelVersion, TrainingRun
from training.refusals import NotTrainable

PX = 32


def make_dataset(**fields) -> Dataset:
    frozen = {"status": "done", "manifest_sha256": "f" * 64, "patch_px": PX, "mpp": 0.5}
    return Dataset.objects.create(name="ward", **frozen | fields)


def make_version(dataset, **fields) -> ModelVersion:
    own = {"architecture": "vgg16", "pooling": "max", "patch_px": PX, "mpp": 0.5, "threshold": 0.5}
    return ModelVersion.objects.create(
        name="first", weights="versions/v.keras", weights_sha256="a" * 64, **own | fields
    )


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"optimizer": "sgd"}, "optimizer 'sgd' is unknown; choose one of rmsprop, adam"),
        ({"augmentation": "mixup"}, "choose one of dihedral, stain, colour, hed, full, none"),
        ({"epochs": 0}, "epochs must be in 1..1000, got 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be in"),
        ({"label_smoothing": 0.7}, "label_smoothing must be in 0..0.5"),
        ({"fp_budget": 0}, "fp_budget must be in"),
        ({"frozen_epochs": 2}, "all layers must learn from the start"),
        ({"frozen_epochs": 20, "weights": "imagenet"}, "alone learns for 20 of 10 epochs"),
        ({"weights": "imagenet", "architecture": "baseline"}, "no ImageNet weights"),
        ({"weights": "weights.keras"}, "the full path of a .h5 or .keras file"),
        ({"weights": "/tmp/weights.pkl"}, "the full path of a .h5 or .keras file"),
        ({"weights": "/tmp/weights.h5", "weights_sha256": "0" * 63}, "64 hexadecimal digits"),
        ({"weights_sha256": "0" * 64}, "a checksum belongs to a file of weights"),
        ({"fold": 0}, "has one split and no folds; leave fold out"),
        ({"architecture": "inception_v3"}, "InceptionV3 reads patches of 75 px or more"),
        ({"architecture": "resnet"}, "architecture 'resnet' is unknown"),
    ],
)
def test_a_run_that_makes_no_sense_is_refused_in_words(db, fields, said):
    with pytest.raises(NotTrainable, match=said):
        runs.create_run(dataset=make_dataset(), **{"architecture": "vgg16"} | fields)
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("fold", [None, 3, -1])
def test_a_dataset_with_folds_wants_to_know_which_validates(db, fold):
    with pytest.raises(NotTrainable, match="has 3 folds; say which validates, 0 to 2"):
        runs.create_run(dataset=make_dataset(folds=3), architecture="baseline", fold=fold)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"status": "failed"}, "is not frozen .failed.; freeze it first"),
        ({"status": "done", "goal": "preview"}, "was only looked at; freeze it first"),
        ({"status": "queued", "goal": "preview"}, "was only looked at; freeze it first"),
    ],
)
def test_a_dataset_that_will_never_be_frozen_is_refused(db, fields, said):
    with pytest.raises(NotTrainable, match=said):
        runs.create_run(dataset=make_dataset(manifest_sha256="", **fields), architecture="baseline")


def test_a_run_that_goes_on_takes_network_and_pooling_of_its_version(db):
    dataset = make_dataset()
    run = runs.create_run(dataset=dataset, first_version=make_version(dataset))
    assert (run.architecture, run.pooling, run.weights) == ("vgg16", "max", "none")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"architecture": "baseline"}, "first is vgg16 with max pooling for patches of 32 px"),
        ({"pooling": "avg"}, "can only go on as that; got vgg16, avg, 32 px"),
        ({"weights": "imagenet"}, "from a version or from weights"),
    ],
)
def test_a_version_goes_on_as_what_it_is(db, fields, said):
    dataset = make_dataset()
    with pytest.raises(NotTrainable, match=said):
        runs.create_run(dataset=dataset, first_version=make_version(dataset), **fields)


# Waiting for a dataset -------------------------------------------------------


def test_a_run_waits_until_its_dataset_is_frozen(ward):
    dataset = create_dataset(name="ward", mpp=0.5, patch_px=PX)
    run = runs.create_run(dataset=dataset, architecture="baseline")
    assert not tasks.run_training(run)
    run.refresh_from_db()
    assert (run.status, run.attempt) == (Job.Status.QUEUED, 0)


def test_a_run_whose_dataset_could_not_be_frozen_says_so(ward):
    dataset = create_dataset(name="ward", mpp=0.5, patch_px=PX)
    run = runs.create_run(dataset=dataset, architecture="baseline")
    Dataset.objects.update(status="failed", error="the leak detector found pairs")
    assert tasks.run_training(run)
    assert (run.status, run.reason) == (Job.Status.FAILED, "dataset_not_frozen")
    assert "was not frozen (the leak detector found pairs)" in run.error


# Training ----------------------------------------------------------------------


@pytest.fixture
def dataset(ward) -> Dataset:
    dataset = create_dataset(name="ward", mpp=0.5, patch_px=PX, balance="none")
    assert tasks.run_freezing(dataset)
    return dataset


def ask(dataset, **fields) -> TrainingRun:
    options = {"architecture": "baseline", "epochs": 2, "batch": 16, "learning_rate": 1e-3}
    return runs.create_run(dataset=dataset, **options | fields)


@pytest.mark.keras
def test_a_run_tells_steps_examples_and_settings(dataset):
    run = ask(dataset, schedule="cosine", calibration="temperature", label_smoothing=0.1)
    tasks.run_training(run)
    assert (run.status, run.error) == (Job.Status.DONE, "")
    run.refresh_from_db()
    assert [line["epoch"] for line in run.history] == [1, 2]
    assert run.history[1]["learning_rate"] < run.history[0]["learning_rate"]
    assert run.steps[-1]["epoch"] == 2.0
    frozen = manifest.read(dataset.manifest_path)
    patch = frozen.columns[run.examples[0]["place"]]
    assert run.examples[0]["label"] == patch["label"]
    assert (run.examples[0]["slide"], run.examples[0]["x_l0"]) == (
        *(patch["slide_id"], patch["x_l0"]),
    )
    recipe = run.version.provenance["recipe"]
    assert (recipe["label_smoothing"], recipe["calibration"]) == (0.1, "temperature")
    assert run.version.calibration["kind"] == "temperature"


@pytest.mark.keras
def test_a_run_that_goes_on_from_a_version_names_it_as_parent(dataset):
    first = ask(dataset)
    tasks.run_training(first)
    again = ask(dataset, first_version=first.version, frozen_epochs=1, body_rate=0.1)
    tasks.run_training(again)
    assert (again.status, again.error) == (Job.Status.DONE, "")
    assert again.version.parent == first.version
    assert again.version.provenance["weights_file_sha256"] == first.version.weights_sha256


@pytest.mark.keras
def test_a_first_version_whose_file_was_changed_is_refused(dataset):
    first = ask(dataset)
    tasks.run_training(first)
    path = first.version.weights_path
    path.write_bytes(path.read_bytes() + b"\0")
    again = ask(dataset, first_version=first.version)
    tasks.run_training(again)
    assert (again.status, again.reason) == (Job.Status.FAILED, "weights_changed")


@pytest.mark.keras
def test_a_run_on_a_fold_learns_from_the_others_and_never_from_the_test(ward):
    dataset = create_dataset(name="folds", mpp=0.5, patch_px=PX, folds=3, balance="none")
    assert tasks.run_freezing(dataset), dataset.error
    run = ask(dataset, fold=1, epochs=1)
    tasks.run_training(run)
    assert (run.status, run.error) == (Job.Status.DONE, "")
    frozen = manifest.read(dataset.manifest_path)
    learnt, held = frozen.sides(1)
    assert run.version.metrics["n"]["patches"] == len(held)
    patients = run.version.provenance["patients"]
    assert not set(patients["training"]) & set(patients["validation"])
    slides = {slide["id"]: slide["patient"] for slide in frozen.slides}
    assert set(patients["training"]) == {
        slides[pk] for pk in np.unique(frozen.columns["slide_id"][learnt]).tolist()
    }


@pytest.mark.keras
def test_a_full_disk_fails_the_run_in_words_and_it_goes_on_once_there_is_room(dataset):
    run, whole = ask(dataset, epochs=3), ask(dataset, epochs=3)
    tasks.run_training(whole)

    def watch(done, total):
        if len(run.history) == 1:
            full.enter_context(largest_file(20_000))

    from contextlib import ExitStack

    with ExitStack() as full:
        tasks.run_training(run, watch=watch)
    assert (run.status, run.reason) == (Job.Status.FAILED, "disk_full")
    assert "epoch 2 cannot be kept" in run.error
    assert not ModelVersion.objects.filter(run=run).exists()
    assert run.requeue()
    tasks.run_training(run)
    assert (run.status, run.error) == (Job.Status.DONE, "")
    clocked = {"seconds", "patches_per_second", "wait_share"}
    one, other = (
        [{name: line[name] for name in line.keys() - clocked} for line in each.history]
        for each in (run, whole)
    )
    assert one == other
    assert not runs.state_folder(run).exists()


@pytest.mark.keras
def test_what_runs_left_that_are_done_or_gone_is_removed_by_the_next(dataset):
    run = ask(dataset, epochs=1)
    for name in (f"run-{run.pk}", "run-9999"):
        (runs.state_folder(run).parent / name / "epoch-00001").mkdir(parents=True)
    tasks.run_training(run)
    assert not list(runs.state_folder(run).parent.iterdir())


@pytest.mark.keras
def test_the_command_knows_every_setting(dataset, capsys):
    call_command(
        *("train", "ward", "--epochs", "2", "--batch", "16", "--optimizer", "adam"),
        *("--schedule", "plateau", "--loss", "focal", "--label-smoothing", "0.05"),
        *("--class-balance", "sampling", "--augmentation", "full", "--patience", "3"),
        *("--precision", "mixed", "--operating-rule", "fp_budget", "--fp-budget", "1000"),
        *("--calibration", "isotonic", "--name", "all settings"),
    )
    assert "version 'all settings'" in capsys.readouterr().out
    call_command("train", "ward", "--first-version", "all settings", "--epochs", "1")
    assert "epoch 1: loss" in capsys.readouterr().err
    run = TrainingRun.objects.latest("pk")
    assert (run.first_version.name, run.first_version.run.optimizer) == ("all settings", "adam")
