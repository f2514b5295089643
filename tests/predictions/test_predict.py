"""A real network, small enough to know its answers, reads a real slide."""

from datetime import timedelta

import numpy as np
import pytest
from django.utils.timezone import now
from shapely import box

from predictions import services, tasks
from predictions.models import Prediction
from slides.jobs import recover

pytestmark = pytest.mark.keras

REDS = np.arange(1, 16).reshape(3, 5) * 10  # of small_slide's cells
KILLED = "the worker was killed"


@pytest.fixture
def queued(small_slide, make_network_version) -> Prediction:
    return services.request_prediction(slide=small_slide(), version=make_network_version())


def test_the_map_holds_exactly_what_the_network_says(queued):
    tasks.predict_slide(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.error) == (Prediction.Status.DONE, "")
    assert (queued.done_count, queued.total_count) == (15, 15)
    stored = services.load_map(queued)
    np.testing.assert_allclose(stored.probabilities, REDS / 255, atol=1e-6)
    assert queued.assessed_count == 15
    assert queued.tumour_count == np.count_nonzero(REDS / 255 >= 0.5)


def test_a_message_delivered_twice_does_the_work_once(queued):
    tasks.predict_slide(queued.pk)
    tasks.predict_slide(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.attempt) == (Prediction.Status.DONE, 1)


def test_a_version_of_the_same_weights_takes_the_map_over(queued, make_network_version):
    tasks.predict_slide(queued.pk)
    queued.slide.path.unlink()  # nothing to read from
    twin = make_network_version("two", threshold=0.3)
    other = services.request_prediction(slide=queued.slide, version=twin)
    tasks.predict_slide(other.pk)
    other.refresh_from_db()
    assert (other.status, other.error) == (Prediction.Status.DONE, "")
    queued.refresh_from_db()
    ours, theirs = services.load_map(queued), services.load_map(other)
    np.testing.assert_array_equal(theirs.probabilities, ours.probabilities)
    assert theirs.provenance["version"] == "two"
    assert other.tumour_count == np.count_nonzero(REDS / 255 >= 0.3)


def test_cells_with_little_tissue_are_not_assessed(small_slide, make_network_version):
    tissue = np.ones((12, 20), bool)  # 4 x 4 px a cell
    tissue[:, :4] = False
    tissue[:4, 4:8] = False
    tissue[0, 4:8] = True  # a quarter of cell (0, 1)
    slide = small_slide(tissue=tissue)
    prediction = services.request_prediction(slide=slide, version=make_network_version())
    tasks.predict_slide(prediction.pk)
    prediction.refresh_from_db()
    assessed = ~np.isnan(services.load_map(prediction).probabilities)
    assert assessed.tolist() == [[False, False, True, True, True], *[[False] + [True] * 4] * 2]


def test_a_worker_killed_midway_leaves_a_job_that_ends_with_the_same_map(queued):
    tasks.predict_slide(queued.pk)
    queued.refresh_from_db()
    whole = queued.map_sha256
    queued.requeue()

    def kill(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt(KILLED)  # like a kill, nothing of ours catches it

    with pytest.raises(KeyboardInterrupt, match=KILLED):
        tasks.run_prediction(Prediction.objects.get(pk=queued.pk), watch=kill)
    left = Prediction.objects.get(pk=queued.pk)
    assert left.status == Prediction.Status.RUNNING
    Prediction.objects.filter(pk=queued.pk).update(heartbeat_at=now() - timedelta(hours=1))
    assert recover(Prediction) == [queued.pk]
    tasks.predict_slide(queued.pk)
    left.refresh_from_db()
    assert (left.status, left.attempt) == (Prediction.Status.DONE, 3)
    assert left.map_sha256 == whole


def test_a_cancelled_prediction_stops_and_leaves_no_map(queued):
    def cancel(done: int, total: int) -> None:
        Prediction.objects.get(pk=queued.pk).request_cancel()

    tasks.run_prediction(queued, watch=cancel)
    assert (queued.status, queued.map) == (Prediction.Status.CANCELLED, "")


def test_an_attempt_that_was_overtaken_writes_nothing(queued):
    def overtake(done: int, total: int) -> None:
        Prediction.objects.filter(pk=queued.pk).update(attempt=7)

    tasks.run_prediction(queued, watch=overtake)
    queued.refresh_from_db()
    assert (queued.attempt, queued.map) == (7, "")


def test_a_known_truth_is_measured_at_once(queued, annotate):
    annotate(queued.slide, box(0, 64, 160, 96))
    tasks.predict_slide(queued.pk)
    figures = queued.evaluation.metrics["figures"]
    # the last row of cells, 110 to 150, is tumour; 130, 140 and 150 are called, 127.5 is the bar
    assert figures["recall"]["value"] == pytest.approx(3 / 5)
    assert figures["precision"]["value"] == 1.0
    assert figures["roc_auc"]["value"] == 1.0


def test_weights_that_were_changed_are_not_used(queued):
    queued.version.weights_path.write_bytes(b"something else")
    tasks.predict_slide(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.reason) == (Prediction.Status.FAILED, "weights_changed")
    assert "was changed" in queued.error


def test_a_slide_whose_um_per_px_was_taken_back_fails_with_its_reason(queued):
    queued.slide.mpp = None
    queued.slide.save()
    tasks.predict_slide(queued.pk)
    queued.refresh_from_db()
    assert (queued.status, queued.reason) == (Prediction.Status.FAILED, "unknown_mpp")


def test_a_network_that_says_the_same_everywhere_is_warned_of(small_slide, make_network_version):
    version = make_network_version("flat", weight=0.0)
    prediction = services.request_prediction(slide=small_slide(), version=version)
    tasks.predict_slide(prediction.pk)
    prediction.refresh_from_db()
    assert prediction.warnings == ["Every cell is 0.000: check the model."]


def test_a_network_that_calls_glass_tumour_is_warned_of(queued):
    tasks.predict_slide(queued.pk)
    queued.refresh_from_db()
    assert queued.warnings == ["Empty glass is called tumour (probability 1.000): check the model."]


def test_a_slide_without_tissue_is_done_with_a_warning(small_slide, make_network_version):
    slide = small_slide(tissue=np.zeros((12, 20), bool))
    prediction = services.request_prediction(slide=slide, version=make_network_version())
    tasks.predict_slide(prediction.pk)
    prediction.refresh_from_db()
    assert prediction.status == Prediction.Status.DONE
    assert (prediction.assessed_count, prediction.slide_score) == (0, None)
    assert prediction.warnings == ["No cell was assessed: no tissue reached the tissue bar."]
