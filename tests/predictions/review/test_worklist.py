"""Which slides are on the worklist, by which reading, and what brings them up to date."""

import numpy as np
import pytest
from celery import current_app

from predictions import services
from predictions import tasks as reading_tasks
from predictions.models import Prediction
from predictions.review import worklist
from predictions.review.models import WorkItem
from predictions.review.worklist import open_work, unopened
from training.models import ModelVersion, Stage

QUIET = [[0.1] * 5] * 3
LOUD = [[0.1, 0.1, 0.1, 0.9, 0.1], [0.1] * 5, [0.1] * 5]


@pytest.fixture
def slide(small_slide):
    return small_slide()


def live(version: ModelVersion) -> ModelVersion:
    ModelVersion.objects.live().update(stage=Stage.ARCHIVED)
    version.stage = Stage.LIVE
    version.save()
    return version


def test_a_read_slide_is_on_the_list_with_what_it_is_ordered_by(slide, make_version, predicted):
    item = open_work(predicted(slide, live(make_version()), LOUD))
    assert (item.name, item.patient, item.state) == (slide.name, slide.patient, "waiting")
    assert (item.score, item.finding_count) == (pytest.approx(0.9), 1)
    assert item.uncertainty == pytest.approx(0.2)
    assert (item.disagreement, item.size_class) == (0.0, "itc")
    assert item.arrived_at == slide.created_at


def test_opening_twice_is_one_item(slide, make_version, predicted):
    reading = predicted(slide, make_version(), LOUD)
    assert open_work(reading).pk == open_work(reading).pk


def test_the_live_versions_reading_is_reviewed_and_others_count_for_disagreement(
    slide, make_version, predicted
):
    reading = predicted(slide, live(make_version("live")), LOUD)
    other = predicted(slide, make_version("candidate"), QUIET)
    item = open_work(other)
    assert item.prediction == reading
    assert item.disagreement == pytest.approx(0.8)


def test_without_a_live_version_the_newest_reading_is_reviewed(slide, make_version, predicted):
    predicted(slide, make_version("one"), LOUD)
    newest = predicted(slide, make_version("two"), QUIET)
    assert open_work(Prediction.objects.first()).prediction == newest


def test_an_archived_version_is_neither_reviewed_nor_compared(slide, make_version, predicted):
    old = make_version("old")
    predicted(slide, old, LOUD)
    live(old)
    reading = predicted(slide, live(make_version("new")), QUIET)
    item = open_work(reading)
    assert (item.prediction, item.disagreement) == (reading, 0.0)


def test_a_slide_of_which_nothing_was_assessed_is_on_the_list(slide, make_version, predicted):
    item = open_work(predicted(slide, make_version(), [[float("nan")] * 5] * 3))
    assert (item.score, item.finding_count, item.value) == (0.0, 0, 0.0)


def test_a_lost_map_leaves_the_slide_on_the_list_and_the_sweep_in_peace(
    slide, make_version, predicted
):
    reading = predicted(slide, live(make_version()), LOUD)
    reading.map_path.unlink()
    item = open_work(reading)
    assert (item.map_sha256, item.finding_count) == ("", 0)
    assert item.score == pytest.approx(0.9)
    assert unopened() == []


# The sweep -------------------------------------------------------------------


def test_the_sweep_opens_what_no_message_told_of(slide, make_version, predicted):
    predicted(slide, make_version(), LOUD)
    assert [item.slide for item in worklist.sweep()] == [slide]
    assert worklist.sweep() == []


def test_a_version_gone_live_and_rolled_back_changes_the_reading(slide, make_version, predicted):
    one, two = make_version("one"), make_version("two")
    by_one, by_two = predicted(slide, one, LOUD), predicted(slide, two, QUIET)
    live(one)
    worklist.sweep()
    assert WorkItem.objects.get().prediction == by_one
    live(two)
    worklist.sweep()
    assert WorkItem.objects.get().prediction == by_two
    live(one)
    worklist.sweep()
    assert WorkItem.objects.get().prediction == by_one
    assert worklist.sweep() == []


def test_a_reading_made_again_brings_its_figures_up_to_date(slide, make_version, predicted):
    reading = predicted(slide, live(make_version()), LOUD)
    open_work(reading)
    Prediction.objects.update(status=Prediction.Status.QUEUED)
    predicted(slide, reading.version, QUIET)
    worklist.sweep()
    item = WorkItem.objects.get()
    assert (item.score, item.finding_count) == (pytest.approx(0.1), 0)


def test_signed_stays_signed_as_it_was(slide, make_version, predicted):
    by_one = predicted(slide, live(make_version("one")), LOUD)
    open_work(by_one)
    WorkItem.objects.update(state=WorkItem.State.SIGNED)
    by_two = predicted(slide, live(make_version("two")), QUIET)
    item = open_work(by_two)
    assert (item.state, item.prediction) == ("signed", by_one)
    assert item.score == pytest.approx(0.9)
    assert worklist.sweep() == []


def test_a_deleted_reading_leaves_the_slide_waiting_for_the_next(slide, make_version, predicted):
    reading = predicted(slide, live(make_version("one")), LOUD)
    open_work(reading)
    reading.delete()
    assert WorkItem.objects.get().prediction is None
    again = predicted(slide, reading.version, QUIET)
    worklist.sweep()
    assert WorkItem.objects.get().prediction == again


def test_a_deleted_slide_leaves_the_list(slide, make_version, predicted):
    open_work(predicted(slide, make_version(), LOUD))
    slide.delete()
    assert not WorkItem.objects.exists()


def test_a_corrected_patient_is_corrected_on_the_list(slide, make_version, predicted):
    open_work(predicted(slide, make_version(), LOUD))
    slide.patient = "somebody else"
    slide.save()
    assert WorkItem.objects.get().patient == "somebody else"


# The nudge -------------------------------------------------------------------


@pytest.fixture
def eager():
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = False


def test_a_done_reading_is_told_of_on_commit(
    small_slide, make_version, eager, django_capture_on_commit_callbacks
):
    bare = small_slide(tissue=np.zeros((12, 20), bool))  # so that no network is needed
    reading = services.request_prediction(slide=bare, version=make_version())
    with django_capture_on_commit_callbacks(execute=True):
        assert reading_tasks.run_prediction(reading)
    assert WorkItem.objects.get().slide == bare
