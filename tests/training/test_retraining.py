"""From a version through what people corrected to the next version, and back to who said so."""

import json
from io import StringIO
from uuid import uuid4

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from shapely import box

from slides import revisions
from slides.drawing import Wish, take_edit
from slides.models import AuditEvent
from slides.regions import Region, to_geojson
from slides.revisions import Sender, finish
from tests.training.conftest import PX
from training import corrections, datasets, manifest, mined, retraining, runs, scored, tasks
from training.models import Dataset, Mining, ModelVersion, TrainingRun
from training.refusals import NotTrainable

pytestmark = [pytest.mark.django_db, pytest.mark.keras]


@pytest.fixture
def version(ward) -> ModelVersion:
    """Learnt for one epoch from four of the ward's six patients."""
    dataset = datasets.create_dataset(
        name="ward", mpp=0.5, patch_px=PX, balance="none", validation_share=0.34
    )
    assert tasks.run_freezing(dataset)
    assert dataset.is_frozen, dataset.error
    run = runs.create_run(
        dataset=dataset,
        architecture="baseline",
        epochs=1,
        batch=16,
        learning_rate=1e-3,
        version_name="first",
        calibration="temperature",
    )
    assert tasks.run_training(run)
    assert run.status == TrainingRun.Status.DONE, run.error
    return ModelVersion.objects.get(name="first")


def learnt_from(version: ModelVersion) -> list[int]:
    """Ids of the slides on the training side, those with tumour first."""
    frozen = manifest.read(version.run.dataset.manifest_path)
    rows = frozen.columns[frozen.indices(manifest.TRAINING)]
    keys = np.unique(rows["slide_id"])
    tumour = np.array([rows["label"][rows["slide_id"] == key].any() for key in keys])
    return [*keys[tumour].tolist(), *keys[~tumour].tolist()]


def reject(slide, author, cell: tuple[int, int], *, label: str, reason: str, version) -> None:
    """A finding of a reading, one cell, that somebody calls something else and says why."""
    row, column = cell
    area = box(column * PX, row * PX, (column + 1) * PX, (row + 1) * PX)
    feature = to_geojson([Region(label, area, reason)])["features"][0]
    feature["properties"]["origin"] = {"prediction": 1, "version": version.name, "threshold": 0.5}
    wish = Wish(str(uuid4()), feature, 0)
    assert not take_edit(slide=slide, sender=Sender(author, uuid4()), wishes=[wish]).conflicts


def patch_at(columns: np.ndarray, slide_id: int, cell: tuple[int, int]) -> np.ndarray:
    is_there = (columns["slide_id"] == slide_id) & (columns["row"] == cell[0])
    found = columns[is_there & (columns["column"] == cell[1])]
    assert len(found) == 1
    return found[0]


@pytest.fixture
def corrected(version, ward, admin, pathologist) -> ModelVersion:
    """Bob rejects a finding, Alice finds a tumour that was missed; Alice finishes both."""
    by_id = {slide.pk: slide for slide in ward}
    slide = by_id[learnt_from(version)[0]]
    reject(slide, pathologist, (3, 1), label="normal", reason="histiocytes", version=version)
    missed = to_geojson([Region("tumour", box(4 * PX, 4 * PX, 5 * PX, 5 * PX))])["features"][0]
    wish = Wish(str(uuid4()), missed, 0)
    take_edit(slide=slide, sender=Sender(admin, uuid4()), wishes=[wish])
    finish(slide=slide, author=admin)
    return version


def carried_out(begun: retraining.Retraining) -> ModelVersion:
    """As workers would: each job only once what it waits for has ended."""
    if begun.mining is not None:
        assert not tasks.run_freezing(begun.dataset)
        assert tasks.run_mining(begun.mining)
        assert begun.mining.status == Mining.Status.DONE, begun.mining.error
    assert not tasks.run_training(begun.run)
    assert tasks.run_freezing(begun.dataset)
    assert begun.dataset.status == Dataset.Status.DONE, begun.dataset.error
    assert tasks.run_training(begun.run)
    assert begun.run.status == TrainingRun.Status.DONE, begun.run.error
    return ModelVersion.objects.get(run=begun.run)


def test_a_patch_of_the_next_dataset_is_traced_back_to_who_said_so(corrected, admin):
    begun = retraining.retrain(version=corrected, is_mining=True, created_by=admin)
    new = carried_out(begun)
    columns = manifest.read(begun.dataset.manifest_path).columns
    slide_id = learnt_from(corrected)[0]
    rejected = patch_at(columns, slide_id, (3, 1))
    found = patch_at(columns, slide_id, (4, 4))
    untouched = patch_at(columns, slide_id, (0, 0))
    assert (rejected["label"], rejected["source"], rejected["author"]) == (0, "corrected", "bob")
    assert (found["label"], found["source"], found["author"]) == (1, "corrected", "alice")
    assert (untouched["label"], untouched["source"]) == (1, "grid")
    assert new.run.first_version == corrected
    assert new.name == "first, corrected 1"
    assert scored.beside(new.weights_path).is_file()


def test_rules_recipe_and_split_stay_and_the_truths_are_the_latest(corrected, ward):
    begun = retraining.retrain(version=corrected)
    parent = corrected.run.dataset
    assert begun.dataset.parent == parent
    assert begun.dataset.name == "ward, corrected 1"
    for field in retraining.RULES:
        assert getattr(begun.dataset, field) == getattr(parent, field), field
    for field in retraining.RECIPE:
        assert getattr(begun.run, field) == getattr(corrected.run, field), field
    assert begun.dataset.revisions != parent.revisions
    assert tasks.run_freezing(begun.dataset)
    sides = [
        {one["patient"]: one["split"] for one in manifest.read(each.manifest_path).slides}
        for each in (parent, begun.dataset)
    ]
    assert sides[0] == sides[1]


def test_what_is_mined_is_learnt_from_and_never_validated_on(corrected, admin):
    begun = retraining.retrain(version=corrected, is_mining=True)
    Mining.objects.filter(pk=begun.mining.pk).update(lowest_score=0.0, per_slide=3)
    begun.mining.refresh_from_db()
    assert tasks.run_mining(begun.mining)
    kept = mined.read(begun.mining.patches_path)
    assert set(kept.patches["slide_id"].tolist()) <= set(learnt_from(corrected))
    assert tasks.run_freezing(begun.dataset)
    columns = manifest.read(begun.dataset.manifest_path).columns
    from_mining = columns[columns["source"] == "mined"]
    assert len(from_mining)
    assert set(from_mining["split"].tolist()) == {"training"}
    assert set(from_mining["label"].tolist()) == {0}


def test_mined_patches_are_taken_along_to_the_dataset_after_the_next(corrected):
    first = retraining.retrain(version=corrected, is_mining=True)
    new = carried_out(first)
    second = retraining.retrain(version=new, is_mining=True)
    assert set(second.dataset.minings.all()) == {first.mining, second.mining}
    assert second.dataset.name == "ward, corrected 2"
    assert second.run.version_name == "first, corrected 2"


def test_nothing_new_is_refused_and_leaves_no_rows(version):
    before = (Dataset.objects.count(), TrainingRun.objects.count())
    with pytest.raises(NotTrainable, match="nothing was corrected since ward was frozen"):
        retraining.retrain(version=version)
    with pytest.raises(NotTrainable, match="epochs must be in 1..1000"):
        retraining.retrain(version=version, is_mining=True, epochs=0)
    assert (Dataset.objects.count(), TrainingRun.objects.count()) == before
    assert Mining.objects.count() == 0


def test_a_version_calibrated_anew_is_retrained_from_its_own_threshold(corrected):
    from training.calibrating import recalibrate
    from training.operating import Terms

    other = recalibrate(version=corrected, terms=Terms(target_recall=0.99))
    begun = retraining.retrain(version=other)
    assert (begun.run.first_version, begun.dataset.parent) == (other, corrected.run.dataset)


def test_a_mining_that_failed_stops_what_waits_for_it_and_says_why(corrected):
    begun = retraining.retrain(version=corrected, is_mining=True)
    corrected.weights_path.write_bytes(b"something else")
    assert tasks.run_mining(begun.mining)
    assert begun.mining.status == Mining.Status.FAILED
    assert tasks.run_freezing(begun.dataset)
    assert (begun.dataset.status, begun.dataset.reason) == ("failed", "not_mined")
    assert tasks.run_training(begun.run)
    assert (begun.run.status, begun.run.reason) == ("failed", "dataset_not_frozen")


def test_it_is_in_the_audit_log(corrected, admin):
    begun = retraining.retrain(version=corrected, created_by=admin)
    event = AuditEvent.objects.get(action="retrain")
    assert (event.actor, event.details["run"]) == ("alice", begun.run.pk)
    assert event.details["authors"] == ["alice", "bob"]


def test_the_version_s_page_tells_the_corrections_and_one_button_retrains(
    corrected, as_admin, as_pathologist, monkeypatch
):
    place = f"/training/versions/{corrected.pk}/"
    told = as_pathologist.get(f"{place}corrections/").content.decode()
    words = " ".join(told.split())
    assert "1 slide, 2 regions by alice, bob" in words
    assert "1 rejected finding" in words
    assert "histiocytes" in words
    assert "Retrain from corrections" not in words
    assert "Retrain from corrections" in as_admin.get(f"{place}corrections/").content.decode()
    nudged = []
    monkeypatch.setattr(tasks.mine_negatives, "delay_on_commit", nudged.append)
    answer = as_admin.post(f"{place}retrain/", {"is_mining": "1"})
    run = TrainingRun.objects.get(first_version=corrected)
    assert answer["Location"] == run.get_absolute_url()
    assert nudged == [Mining.objects.get().pk]
    assert run.dataset.minings.get().status == "queued"


def test_scripts_see_the_corrections_and_retrain_over_the_api(corrected, as_admin, monkeypatch):
    told = as_admin.get(f"/api/versions/{corrected.pk}/corrections/").json()
    assert (told["region_count"], told["rejection_count"]) == (2, 1)
    assert told["authors"] == ["alice", "bob"]
    nudged = []
    monkeypatch.setattr(tasks.freeze_dataset, "delay_on_commit", nudged.append)
    wish = json.dumps({"name": "second", "epochs": 3})
    answer = as_admin.post(
        f"/api/versions/{corrected.pk}/retrain/", wish, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    begun = answer.json()
    assert (begun["mining"], begun["version_name"]) == (None, "second")
    assert nudged == [begun["dataset"]]
    assert TrainingRun.objects.get(pk=begun["run"]).epochs == 3


def test_the_command_carries_all_of_it_out(corrected):
    out = StringIO()
    call_command("retrain", "first", "--show", stdout=out)
    assert "1 slides, 2 regions by alice and bob, 1 of them rejected findings" in out.getvalue()
    out = StringIO()
    call_command("retrain", "first", "--mine", "--name", "second", "--format", "json", stdout=out)
    told = json.loads(out.getvalue())
    assert told["version"] == "second"
    assert {told[job]["status"] for job in ("mining", "dataset", "run")} == {"done"}
    with pytest.raises(CommandError, match="There is no version 'x'"):
        call_command("retrain", "x")


def test_scores_that_were_not_kept_are_read_again_to_the_last_bit(version):
    path = scored.beside(version.weights_path)
    kept = scored.read(path)
    path.unlink()
    ModelVersion.objects.filter(pk=version.pk).update(metrics={"target_recall": 0.9})
    with pytest.raises(CommandError, match="are not kept with this version"):
        call_command("calibrate", "first", "--target-recall", "0.5", stdout=StringIO())
    call_command("calibrate", "first", "--read-again", stdout=StringIO(), stderr=StringIO())
    again = scored.read(path)
    np.testing.assert_allclose(again.scores, kept.scores, atol=1e-6)
    assert (again.labels == kept.labels).all()
    assert (again.patients == kept.patients).all()
    out = StringIO()
    call_command("calibrate", "first", "--target-recall", "0.5", stdout=out)
    assert "of the weights of 'first'" in out.getvalue()


def test_edits_in_no_revision_yet_are_nobody_s_truth(version, ward, pathologist):
    slide = next(slide for slide in ward if slide.pk == learnt_from(version)[0])
    reject(slide, pathologist, (3, 1), label="normal", reason="", version=version)
    assert corrections.since(version).slides == []
    assert revisions.finish(slide=slide, author=pathologist)[1]
    assert len(corrections.since(version).slides) == 1
