"""Another operating point or calibration of the same weights, without training."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from slides.models import AuditEvent
from tests.predictions.rows import made_version
from tests.training.test_validation import a_ward
from training import calibrating, scored
from training.calibrating import NotCalibrated, recalibrate
from training.models import ModelVersion, TrainingRun
from training.operating import OperatingError, Terms
from training.scored import Scored, ScoresError

pytestmark = pytest.mark.django_db


@pytest.fixture
def version(settings) -> ModelVersion:
    """A version whose network says too much, with the scores of its validation patches."""
    labels, scores, patients = a_ward()
    kept = Scored(labels, scores, patients, np.ones(400, np.float32), patch_mm2=0.02)
    media = Path(settings.MEDIA_ROOT)
    checksum = scored.write(media / "versions/one.scores.npz", kept)
    run = TrainingRun(dataset=made_version(media, "other").run.dataset)
    return made_version(media, **calibrating.fields_of_run(run, kept) | {
        "metrics": {"scores_sha256": checksum}
    })  # fmt: skip


def test_a_candidate_of_the_same_weights_is_made_and_the_version_stays(version, admin):
    before = ModelVersion.objects.filter(pk=version.pk).values().get()
    terms = Terms(target_recall=0.95, calibration="temperature")
    new = recalibrate(version=version, terms=terms, created_by=admin)
    assert (new.parent, new.run, new.stage) == (version, None, "candidate")
    assert (new.weights, new.weights_sha256) == (version.weights, version.weights_sha256)
    assert new.name == "one (recall 0.95, temperature)"
    assert new.metrics["recall"]["value"] >= 0.95
    assert new.calibration["kind"] == "temperature"
    assert "recall of at least 0.95" in new.threshold_source
    assert "on the scale of temperature calibration" in new.threshold_source
    assert new.source_run == version.run
    assert ModelVersion.objects.filter(pk=version.pk).values().get() == before


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_before_there_is_something_to_write(version):
    of_dataset = []  # asked for just before it resamples

    def watch(execute, sql, *rest):
        if "training_dataset" in sql:
            of_dataset.append(connection.in_atomic_block)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        again = ModelVersion.objects.get(pk=version.pk)
        recalibrate(version=again, terms=Terms(target_recall=0.95))
    assert of_dataset == [False]


def test_it_is_in_the_audit_log(version, admin):
    new = recalibrate(version=version, terms=Terms(target_recall=0.95), created_by=admin)
    event = AuditEvent.objects.get(action="calibrate")
    assert (event.actor, event.subject_name) == ("alice", new.name)
    assert event.details["threshold"] == new.threshold


def test_a_candidate_can_be_calibrated_again(version):
    first = recalibrate(version=version, terms=Terms(calibration="temperature"))
    again = recalibrate(version=first, terms=Terms(calibration="isotonic"))
    assert again.parent == first
    assert again.calibration["kind"] == "isotonic"
    assert again.source_run == version.run


def test_a_budget_holds_on_the_normal_tissue_of_validation(version):
    new = recalibrate(version=version, terms=Terms(rule="fp_budget", fp_budget=2.5))
    normal = new.metrics["n"]["normal_patches"]
    assert new.metrics["normal_mm2"] == pytest.approx(normal * 0.02)
    assert new.metrics["confusion"]["fp"] == int(2.5 * normal * 0.02)
    assert new.metrics["fp_per_mm2"]["value"] <= 2.5
    assert f"({normal} normal patches) of 8 validation patients" in new.threshold_source


def test_nothing_new_a_taken_name_and_odd_terms_are_refused(version):
    with pytest.raises(NotCalibrated, match="this very operating point"):
        recalibrate(version=version, terms=Terms())
    with pytest.raises(NotCalibrated, match="'one' exists; name another"):
        recalibrate(version=version, terms=Terms(target_recall=0.8), name="one")
    with pytest.raises(NotCalibrated, match="target recall is above 0"):
        recalibrate(version=version, terms=Terms(target_recall=float("nan")))
    with pytest.raises(NotCalibrated, match="budget is in 0..10000"):
        recalibrate(version=version, terms=Terms(rule="fp_budget", fp_budget=-1))
    assert ModelVersion.objects.filter(parent=version).count() == 0


def test_two_of_the_same_terms_have_names_of_their_own(version):
    names = [recalibrate(version=version, terms=Terms(target_recall=0.8)).name for _ in range(2)]
    assert names == ["one (recall 0.8)", "one (recall 0.8) 2"]


def test_scores_that_are_gone_or_changed_are_not_guessed(version):
    path = scored.beside(version.weights_path)
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ScoresError, match="was changed since it was written"):
        recalibrate(version=version, terms=Terms(target_recall=0.8))
    path.unlink()
    with pytest.raises(ScoresError, match="are not kept with this version"):
        recalibrate(version=version, terms=Terms(target_recall=0.8))


def test_a_run_whose_budget_cannot_be_kept_falls_back_to_its_recall_and_says_so(version):
    kept = calibrating.scores_of(version)
    wrong = Scored(~kept.labels, kept.scores, kept.patients, kept.tissue_share, kept.patch_mm2)
    run = version.run
    run.operating_rule, run.fp_budget = "fp_budget", 0.0
    fields = calibrating.fields_of_run(run, wrong)
    assert fields["metrics"]["operating_rule"] == "recall"
    assert "allows 0 false positive patches" in fields["metrics"]["operating_note"]
    with pytest.raises(OperatingError):
        calibrating.fields_of(wrong, Terms(rule="fp_budget", fp_budget=0), dataset="x")


def test_scores_go_with_the_last_version_of_their_weights(
    version, django_capture_on_commit_callbacks
):
    path = scored.beside(version.weights_path)
    new = recalibrate(version=version, terms=Terms(target_recall=0.8))
    with django_capture_on_commit_callbacks(execute=True):
        new.delete()
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        version.delete()
    assert not path.exists()


def command(*arguments) -> str:
    out = StringIO()
    call_command("calibrate", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_makes_the_candidate_and_tells_its_figures(version):
    told = json.loads(
        command("one", "--target-recall", "0.95", "--calibration", "isotonic", "--format", "json")
    )
    new = ModelVersion.objects.get(name=told["version"])
    assert told["parent"] == "one"
    assert (told["threshold"], told["calibration"]["kind"]) == (new.threshold, "isotonic")
    assert told["metrics"]["recall"]["value"] >= 0.95


def test_the_command_speaks_in_words_and_keeps_what_is_not_asked_to_change(version):
    first = command("one", "--fp-budget", "2", "--name", "few alarms")
    assert first.startswith("version 'few alarms' of the weights of 'one': threshold 0.")
    assert "false positives per mm2 1." in first
    again = command("few alarms", "--calibration", "temperature")
    assert "at most 2 false positives per mm2" in again
    assert "ECE 0." in again


def test_the_command_refuses_both_rules_at_once_and_unknown_versions(version):
    with pytest.raises(CommandError, match="not allowed with"):
        command("one", "--fp-budget", "2", "--target-recall", "0.9")
    with pytest.raises(CommandError, match="There is no version 'two'. There are: one"):
        command("two", "--target-recall", "0.9")
