import numpy as np
import pytest
from shapely import box

from predictions import services
from predictions.models import Cohort, Evaluation, Prediction
from predictions.origin import NotPredictable, NotPredicted
from slides.jobs import Superseded
from slides.models import Slide

NAN = np.nan
# tumour in the two left columns of cells; one of its cells not assessed, one missed
MAP = [[0.9, 0.8, 0.1, 0.1, 0.6], [0.9, 0.2, 0.1, 0.1, 0.1], [NAN, 0.8, 0.1, 0.1, NAN]]
TUMOUR = box(0, 0, 64, 96)


# Asking ---------------------------------------------------------------------


def test_the_same_slide_weights_and_settings_are_one_prediction(small_slide, make_version):
    slide, version = small_slide(), make_version()
    first = services.request_prediction(slide=slide, version=version)
    again = services.request_prediction(slide=slide, version=version)
    other_bar = services.request_prediction(slide=slide, version=version, tissue_bar=0.8)
    assert first == again
    assert first.status == Prediction.Status.QUEUED
    assert other_bar != first
    assert (first.tissue_bar, other_bar.tissue_bar) == (0.30, 0.8)


def test_a_done_prediction_is_not_run_again(small_slide, make_version, predicted):
    slide, version = small_slide(), make_version()
    done = predicted(slide, version, MAP)
    again = services.request_prediction(slide=slide, version=version)
    assert (again.pk, again.status) == (done.pk, Prediction.Status.DONE)
    assert not again.claim()


@pytest.mark.parametrize("ended", ["failed", "cancelled"])
def test_a_prediction_that_did_not_end_well_is_queued_again(small_slide, make_version, ended):
    slide, version = small_slide(), make_version()
    first = services.request_prediction(slide=slide, version=version)
    Prediction.objects.filter(pk=first.pk).update(status=ended)
    again = services.request_prediction(slide=slide, version=version)
    assert (again.pk, again.status) == (first.pk, Prediction.Status.QUEUED)


def test_two_versions_of_the_same_weights_keep_a_threshold_and_a_training_set_each(
    small_slide, make_version, predicted, annotate
):
    slide = small_slide(subset="test")
    annotate(slide, TUMOUR)
    first = make_version("one")
    other = make_version(
        "two", training=[slide], threshold=0.85, weights_sha256=first.weights_sha256
    )
    ours, theirs = predicted(slide, first, MAP), predicted(slide, other, MAP)
    assert ours != theirs
    assert [each.tumour_count for each in (ours, theirs)] == [5, 2]
    assert [each.exposure for each in (ours, theirs)] == ["unseen", "training"]
    for version, recall in ((first, 4 / 5), (other, 2 / 5)):
        services.evaluate_against_truth(version.predictions.get())
        cohort = services.evaluate_cohort(version)
        figures = cohort.evaluations.get().metrics["figures"]
        assert cohort.metrics["pooled"]["recall"]["value"] == pytest.approx(recall)
        assert figures["recall"]["value"] == pytest.approx(recall)


def test_a_corrected_um_per_px_makes_another_prediction(small_slide, make_version):
    slide, version = small_slide(), make_version()
    first = services.request_prediction(slide=slide, version=version)
    slide.mpp = 0.4
    assert services.request_prediction(slide=slide, version=version) != first


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"mpp": None}, "unknown_mpp"),
        ({"mpp": 0.56}, "too_coarse"),
        ({"status": "failed"}, "not_ready"),
    ],
)
def test_a_slide_that_cannot_be_read_is_refused_with_its_reason(
    small_slide, make_version, fields, code
):
    with pytest.raises(NotPredictable) as refusal:
        services.request_prediction(slide=small_slide(**fields), version=make_version())
    assert refusal.value.code == code
    assert not Prediction.objects.exists()


def test_a_slide_within_a_tenth_of_the_models_um_per_px_is_read(small_slide, make_version):
    prediction = services.request_prediction(slide=small_slide(mpp=0.54), version=make_version())
    assert prediction.status == Prediction.Status.QUEUED


@pytest.mark.parametrize("bar", [0.0, 1.5, -0.3])
def test_a_tissue_bar_that_is_no_share_is_refused(small_slide, make_version, bar):
    with pytest.raises(NotPredictable, match="not a share"):
        services.request_prediction(slide=small_slide(), version=make_version(), tissue_bar=bar)


# Seen in training ------------------------------------------------------------


def test_slides_and_patients_of_training_are_never_called_unseen(small_slide, make_version):
    learnt, held_out = small_slide("a", patient="p"), small_slide("b", patient="q")
    version = make_version(training=[learnt], validation=[held_out])
    same_patient = small_slide("c", patient="p")
    stranger = small_slide("d", patient="r")
    exposures = {
        slide.name: services.request_prediction(slide=slide, version=version).exposure
        for slide in (learnt, held_out, same_patient, stranger)
    }
    assert exposures == {"a": "training", "b": "validation", "c": "training", "d": "unseen"}


def test_a_patient_is_the_same_however_the_name_is_written(small_slide, make_version):
    version = make_version(training=[small_slide("a", patient="Patient_004")])
    same = small_slide("b", patient=" patient_004")
    assert services.request_prediction(slide=same, version=version).exposure == "training"


def test_a_patient_corrected_after_training_is_seen_under_both_names(
    small_slide, make_version, predicted, annotate
):
    learnt, fresh = small_slide("a", patient="p"), small_slide("b", patient="q", subset="test")
    version = make_version(training=[learnt])
    annotate(fresh, TUMOUR)
    prediction = predicted(fresh, version, MAP)
    assert prediction.exposure == "unseen"
    Slide.objects.filter(pk=learnt.pk).update(patient="q")
    with pytest.raises(NotPredicted):
        services.evaluate_cohort(version, "unseen")
    services.evaluate_cohort(version, "test")
    prediction.refresh_from_db()
    assert prediction.exposure == "training"


def test_a_training_slide_imported_again_is_still_seen(small_slide, make_version):
    first = small_slide("a")
    version, checksum = make_version(training=[first]), first.sha256
    first.delete()
    again = small_slide("b", sha256=checksum)
    assert services.request_prediction(slide=again, version=version).exposure == "training"


def test_without_a_manifest_no_slide_is_called_unseen(small_slide, make_version):
    version = make_version()
    version.run.dataset.manifest_path.unlink()
    prediction = services.request_prediction(slide=small_slide(), version=version)
    assert prediction.exposure == "training"


def test_a_damaged_manifest_is_no_proof_either(small_slide, make_version):
    version = make_version()
    version.run.dataset.manifest_path.write_bytes(b"cut short")
    prediction = services.request_prediction(slide=small_slide(), version=version)
    assert prediction.exposure == "training"


def test_a_prediction_that_lost_its_map_is_made_again(small_slide, make_version, predicted):
    prediction = predicted(small_slide(), make_version(), MAP)
    asked = {"slide": prediction.slide, "version": prediction.version}
    assert services.request_prediction(**asked).status == Prediction.Status.DONE
    prediction.map_path.unlink()
    again = services.request_prediction(**asked)
    assert (again.pk, again.status) == (prediction.pk, Prediction.Status.QUEUED)


def test_a_map_made_while_its_slide_was_removed_is_not_left(small_slide, make_version, predicted):
    prediction = predicted(small_slide(), make_version(), MAP)
    stored, path = services.load_map(prediction), prediction.map_path
    Prediction.objects.all().delete()
    with pytest.raises(Superseded):
        services.store_map(prediction, stored, [])
    assert not path.exists()


# Storing ---------------------------------------------------------------------


def test_the_row_tells_what_the_map_holds(small_slide, make_version, predicted):
    prediction = predicted(small_slide(), make_version(), MAP)
    assert (prediction.columns, prediction.rows, prediction.side_l0) == (5, 3, 32.0)
    assert (prediction.assessed_count, prediction.tumour_count) == (13, 5)
    assert prediction.slide_score == pytest.approx(0.9)
    stored = services.load_map(prediction)
    np.testing.assert_array_equal(stored.probabilities, np.array(MAP, np.float32))
    assert stored.provenance["weights_sha256"] == prediction.version.weights_sha256
    assert stored.provenance["slide_mpp"] == 0.5
    assert stored.provenance["threshold"] == 0.5
    assert stored.provenance["is_synthetic"] is False


def test_a_map_that_was_changed_is_not_used(small_slide, make_version, predicted):
    prediction = predicted(small_slide(), make_version(), MAP)
    prediction.map_path.write_bytes(b"something else")
    with pytest.raises(ValueError, match="was changed"):
        services.load_map(prediction)


def test_a_prediction_without_a_map_says_so(small_slide, make_version):
    prediction = services.request_prediction(slide=small_slide(), version=make_version())
    with pytest.raises(NotPredicted, match="has no map yet: its job is queued"):
        services.load_map(prediction)


# Measuring -------------------------------------------------------------------


def test_a_prediction_is_measured_against_a_truth(small_slide, make_version, predicted, annotate):
    slide, version = small_slide(), make_version()
    prediction, truth = predicted(slide, version, MAP), annotate(slide, TUMOUR)
    metrics = services.evaluate(prediction=prediction, annotation=truth).metrics
    assert metrics["counts"]["tp"] == 4
    assert metrics["counts"]["fn"] == 1
    assert metrics["counts"]["fp"] == 1
    assert metrics["counts"]["tumour_not_assessed"] == 1
    assert metrics["figures"]["recall"]["value"] == pytest.approx(4 / 5)
    # a cell is 16 um wide
    assert metrics["coverage"]["tumour_mm2"] == pytest.approx(6 * 0.016**2)
    assert metrics["coverage"]["tumour_outside_mm2"] == pytest.approx(0.016**2)
    assert metrics["exposure"] == "unseen"
    assert metrics["truth_revision"] == 1


def test_measuring_twice_gives_the_same_row(small_slide, make_version, predicted, annotate):
    slide = small_slide()
    prediction, truth = predicted(slide, make_version(), MAP), annotate(slide, TUMOUR)
    first = services.evaluate(prediction=prediction, annotation=truth)
    again = services.evaluate(prediction=prediction, annotation=truth)
    stricter = services.evaluate(prediction=prediction, annotation=truth, tumour_bar=0.5)
    assert first == again
    assert stricter != first
    assert Evaluation.objects.count() == 2


def test_a_newer_truth_makes_the_evaluation_stale(small_slide, make_version, predicted, annotate):
    slide = small_slide()
    prediction = predicted(slide, make_version(), MAP)
    evaluation = services.evaluate(prediction=prediction, annotation=annotate(slide, TUMOUR))
    assert not evaluation.is_stale
    annotate(slide, box(0, 0, 32, 96))
    assert evaluation.is_stale
    newest = services.evaluate_against_truth(prediction)
    assert not newest.is_stale
    assert prediction.evaluation == newest


def test_a_reading_at_another_um_per_px_has_no_areas_and_is_stale(
    small_slide, make_version, predicted, annotate
):
    slide = small_slide()
    prediction, truth = predicted(slide, make_version(), MAP), annotate(slide, TUMOUR)
    slide.mpp = 0.4
    slide.save()
    evaluation = services.evaluate(prediction=prediction, annotation=truth)
    assert evaluation.metrics["coverage"]["tumour_mm2"] is None
    assert evaluation.metrics["slide_mpp"] == 0.5
    assert evaluation.is_stale and prediction.is_of_other_mpp


def test_a_slide_without_truth_is_not_measured(small_slide, make_version, predicted):
    assert services.evaluate_against_truth(predicted(small_slide(), make_version(), MAP)) is None


def test_a_truth_of_another_slide_is_refused(small_slide, make_version, predicted, annotate):
    prediction = predicted(small_slide("a"), make_version(), MAP)
    with pytest.raises(NotPredicted, match="of another slide"):
        services.evaluate(prediction=prediction, annotation=annotate(small_slide("b"), TUMOUR))


# Cohorts ---------------------------------------------------------------------


@pytest.fixture
def hospital(small_slide, make_version, predicted, annotate):
    """Two tumour and two normal test slides, read and annotated; one of each lacking."""
    version = make_version()
    for name, polygons in {"t1": [TUMOUR], "t2": [TUMOUR], "n1": [], "n2": []}.items():
        slide = small_slide(name, subset="test")
        annotate(slide, *polygons)
        predicted(slide, version, MAP)
    annotate(small_slide("unread", subset="test"), TUMOUR)
    predicted(small_slide("unmarked", subset="test"), version, MAP)
    small_slide("elsewhere", subset="development")
    return version


def test_a_cohort_pools_the_slides_of_a_subset_and_names_the_rest(hospital):
    cohort = services.evaluate_cohort(hospital)
    assert cohort.metrics["n"] == {
        "slides": 4,
        "tumour_slides": 2,
        "patients": 4,
        "cells": 52,
        "tumour_cells": 10,
    }
    assert cohort.metrics["pooled"]["recall"]["value"] == pytest.approx(8 / 10)
    assert cohort.metrics["pooled"]["recall"]["low"] is not None
    # five of thirteen cells are called on each normal slide, 13 cells of 16 um by 16 um
    false = cohort.metrics["pooled"]["fp_per_cm2"]
    assert false["value"] == pytest.approx(5 / (13 * 0.0016**2), rel=1e-6)
    assert cohort.metrics["excluded"] == {
        "without_prediction": ["unread"],
        "without_truth": ["unmarked"],
        "seen": [],
    }
    assert cohort.metrics["exposure"] == {"training": 0, "validation": 0, "unseen": 4}


def test_the_same_cohort_is_measured_once_and_a_new_truth_makes_another(hospital, annotate):
    first = services.evaluate_cohort(hospital)
    assert services.evaluate_cohort(hospital) == first
    annotate(first.evaluations.first().prediction.slide, TUMOUR)
    assert services.evaluate_cohort(hospital) != first
    assert Cohort.objects.count() == 2


def test_a_cohort_of_unseen_slides_leaves_out_what_training_saw(
    small_slide, make_version, predicted, annotate
):
    learnt, fresh = small_slide("learnt"), small_slide("fresh")
    version = make_version(training=[learnt])
    for slide in (learnt, fresh):
        annotate(slide, TUMOUR)
        predicted(slide, version, MAP)
    cohort = services.evaluate_cohort(version, "unseen")
    assert cohort.metrics["n"]["slides"] == 1
    assert cohort.metrics["excluded"]["seen"] == ["learnt"]


def test_a_cohort_has_one_tissue_bar_and_the_slides_present_um_per_px(hospital):
    slide = Slide.objects.get(name="t1")
    services.request_prediction(slide=slide, version=hospital, tissue_bar=0.8)
    Prediction.objects.filter(tissue_bar=0.8).update(status="done", map="gone")
    cohort = services.evaluate_cohort(hospital)
    assert (cohort.metrics["n"]["slides"], cohort.metrics["tissue_bar"]) == (4, 0.3)
    Slide.objects.filter(name="n1").update(mpp=0.4)
    assert "n1" in services.evaluate_cohort(hospital).metrics["excluded"]["without_prediction"]


def test_figures_say_what_they_are_of(hospital):
    cohort = services.evaluate_cohort(hospital)
    for metrics in (cohort.metrics, cohort.evaluations.first().metrics):
        assert metrics["weights_sha256"] == hospital.weights_sha256
        assert (metrics["mpp"], metrics["patch_px"], metrics["tissue_bar"]) == (0.5, 32, 0.3)
        assert metrics["threshold_source"] == hospital.threshold_source
    assert cohort.evaluations.first().metrics["side_l0"] == 32.0


def test_a_cohort_of_nothing_is_refused(make_version):
    with pytest.raises(NotPredicted, match="run predict first"):
        services.evaluate_cohort(make_version())


def test_an_unknown_subset_is_refused(make_version):
    with pytest.raises(NotPredicted, match="none of test"):
        services.evaluate_cohort(make_version(), "tset")
