"""From a frozen dataset to a version that predicts: the service, the task and the command."""

import json

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from slides.jobs import Cancelled
from training import datasets, runs, tasks
from training.models import ModelVersion, TrainingRun

pytestmark = pytest.mark.keras

PX = 32


@pytest.fixture
def dataset(ward):
    dataset = datasets.create_dataset(name="ward", mpp=0.5, patch_px=PX, balance="none")
    tasks.run_freezing(dataset)
    return dataset


def ask(dataset, **fields):
    options = {"architecture": "baseline", "epochs": 2, "batch": 16, "learning_rate": 1e-3}
    return runs.create_run(dataset=dataset, **options | fields)


@pytest.fixture
def run(dataset):
    run = ask(dataset, version_name="first")
    assert tasks.run_training(run)
    return run


def test_a_trained_run_leaves_a_version_that_explains_itself(run, dataset, settings):
    assert (run.status, run.error) == (TrainingRun.Status.DONE, "")
    version = run.version
    assert (version.name, version.architecture) == ("first", "baseline")
    assert (version.mpp, version.patch_px) == (0.5, PX)
    assert version.threshold == version.metrics["threshold"]
    assert "recall of at least 0.9 on 12 tumour patches" in version.threshold_source
    assert version.metrics["recall"]["value"] >= 0.9
    assert version.metrics["n"]["patches"] == 60
    assert version.provenance["dataset"]["sha256"] == dataset.manifest_sha256
    assert version.provenance["packages"]["keras"]
    assert version.provenance["recipe"]["pooling"] == "avg"
    assert version.provenance["seeds"] == {"dataset": 0, "training": 0}
    patients = version.provenance["patients"]
    assert not set(patients["training"]) & set(patients["validation"])
    assert json.loads(json.dumps(version.provenance)) == version.provenance
    _check_history(run)
    _check_network(version, settings.CACHE_ROOT)


def _check_history(run):
    """A line per epoch, and the best is the one with the highest validation AUC."""
    run.refresh_from_db()
    assert [line["epoch"] for line in run.history] == [1, 2]
    aucs = [line["val_auc"] for line in run.history]
    assert run.best_epoch == 1 + aucs.index(max(aucs))
    assert run.version.metrics["roc_auc"]["value"] == max(aucs)


def _check_network(version, cache):
    """The stored network gives the very scores that were measured."""
    from training import manifest, network
    from training.feeding import Share, scores

    model = network.load(version.weights_path, sha256=version.weights_sha256)
    frozen = manifest.read(version.run.dataset.manifest_path)
    packed = np.load(cache / "patches" / f"{frozen.sha256}.npy", mmap_mode="r")
    held_out = Share(packed, frozen.labels, frozen.indices("validation"))
    found = scores(model, held_out, batch=16)
    calls = (found >= np.float32(version.threshold)) & held_out.own_labels
    assert calls.sum() == version.metrics["confusion"]["tp"]


def test_training_twice_publishes_once(run):
    assert not tasks.run_training(run)
    run.requeue()
    assert tasks.run_training(run)
    assert ModelVersion.objects.count() == 1


def test_a_cancelled_run_keeps_the_best_so_far(dataset):
    run = ask(dataset, epochs=50)

    def watch(done, total):
        if len(run.history) == 1:
            raise Cancelled

    tasks.run_training(run, watch=watch)
    assert run.status == TrainingRun.Status.CANCELLED
    assert run.version.provenance["is_whole"] is False
    assert run.best_epoch == 1


def test_a_run_cancelled_while_reading_leaves_no_version(dataset):
    run = ask(dataset)

    def watch(done, total):
        raise Cancelled

    tasks.run_training(run, watch=watch)
    assert run.status == TrainingRun.Status.CANCELLED
    assert not ModelVersion.objects.exists()


def test_cancelling_by_another_process_stops_at_the_next_report(dataset):
    run = ask(dataset, epochs=500)

    def watch(done, total):
        TrainingRun.objects.get(pk=run.pk).request_cancel()

    tasks.run_training(run, watch=watch)
    assert run.status == TrainingRun.Status.CANCELLED


def test_a_run_taken_over_by_another_attempt_publishes_nothing(dataset):
    run = ask(dataset)

    def watch(done, total):
        TrainingRun.objects.filter(pk=run.pk).update(attempt=9)

    tasks.run_training(run, watch=watch)
    assert not ModelVersion.objects.exists()
    assert TrainingRun.objects.get(pk=run.pk).status == TrainingRun.Status.RUNNING


def test_a_loss_that_is_not_a_number_fails_the_run_with_its_reason(dataset, settings):
    run = ask(dataset, epochs=200)
    TrainingRun.objects.filter(pk=run.pk).update(learning_rate=1e30)
    run.refresh_from_db()
    tasks.run_training(run)
    assert (run.status, run.reason) == (TrainingRun.Status.FAILED, "loss_not_a_number")
    assert not ModelVersion.objects.exists()
    assert not list((settings.CACHE_ROOT / "patches").glob("run-*"))


def test_weights_of_a_version_start_the_next_and_are_named_by_checksum(run, dataset):
    path = run.version.weights_path
    again = ask(dataset, weights=str(path), version_name="second")
    tasks.run_training(again)
    assert again.version.provenance["weights_file_sha256"] == run.version.weights_sha256


def test_weights_of_another_network_fail_the_run(run, dataset):
    again = ask(dataset, architecture="vgg16", weights=str(run.version.weights_path))
    tasks.run_training(again)
    assert (again.status, again.reason) == (TrainingRun.Status.FAILED, "bad_weights")


def test_a_slide_that_changed_since_the_freeze_fails_the_run(dataset, ward):
    type(ward[0]).objects.filter(pk=ward[0].pk).update(sha256="f" * 64)
    run = ask(dataset)
    tasks.run_training(run)
    assert run.reason == "slide_changed"


def test_a_manifest_that_changed_fails_the_run(dataset):
    dataset.manifest_path.write_bytes(dataset.manifest_path.read_bytes() + b"\n")
    run = ask(dataset)
    tasks.run_training(run)
    assert run.reason == "bad_manifest"


def test_a_taken_name_is_refused_early_and_never_lost_late(run, dataset):
    with pytest.raises(runs.NotTrainable, match="name another"):
        ask(dataset, version_name="first")
    unnamed = [ask(dataset, epochs=1) for _ in "ab"]
    for each in unnamed:
        tasks.run_training(each)
    names = [each.version.name for each in unnamed]
    assert names == ["baseline 0.5 um/px", f"baseline 0.5 um/px (run {unnamed[1].pk})"]


def test_the_commands_freeze_and_train_and_say_so_in_json(ward, capsys):
    call_command("freeze_dataset", "ward", mpp=0.5, patch_px=PX, format="json")
    frozen = json.loads(capsys.readouterr().out)
    assert frozen["status"] == "done"
    call_command("train", "ward", name="one", epochs=1, batch=16, format="json")
    trained = json.loads(capsys.readouterr().out)
    assert (trained["status"], trained["version"]) == ("done", "one")
    assert trained["weights_sha256"] == ModelVersion.objects.get().weights_sha256


def test_the_commands_show_each_epoch_in_words(ward, capsys):
    call_command("freeze_dataset", "ward", "--mpp", "0.5", "--patch-px", "32", "--balance", "none")
    call_command("train", "ward", "--epochs", "2", "--batch", "16")
    shown = capsys.readouterr()
    assert "training: 24 tumour and 96 normal patches, 4 slides of 4 patients" in shown.out
    assert "epoch 2: loss" in shown.err
    assert "validation AUC" in shown.out


def test_a_command_that_fails_says_why(ward):
    with pytest.raises(CommandError, match="There is no frozen dataset 'other'"):
        call_command("train", "other")
    with pytest.raises(CommandError, match="There is no slide 'nobody'"):
        call_command("freeze_dataset", "one", mpp=0.5, slides=["nobody"])
    with pytest.raises(CommandError, match="slide_3 is the only slide"):
        call_command("freeze_dataset", "one", "--mpp=0.5", "--patch-px=32", "--slides", "slide_3")
