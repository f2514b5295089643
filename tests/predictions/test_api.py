"""Predictions, evaluations, cohorts and jobs over the API."""

import io
import json

import numpy as np
import pytest
from django.test import Client
from PIL import Image
from shapely import box

from predictions.job_list import KINDS
from predictions.models import Evaluation, Prediction
from slides.models import Slide

pytestmark = pytest.mark.django_db

MAP = [[0.1, 0.2, 0.3, 0.4, 0.5], [0.6, 0.7, 0.8, 0.9, 1.0], [0.0] * 5]


def post(client: Client, address: str, **body):
    return client.post(address, json.dumps(body), content_type="application/json")


@pytest.fixture
def done(small_slide, make_version, predicted, annotate) -> Prediction:
    slide = small_slide()
    annotate(slide, box(0, 32, 160, 64))
    return predicted(slide, make_version(), MAP)


# Predictions ---------------------------------------------------------------------


def test_a_prediction_is_asked_for_once(
    as_admin, small_slide, make_version, django_capture_on_commit_callbacks
):
    wanted = {"slide": small_slide().pk, "version": make_version().pk}
    with django_capture_on_commit_callbacks() as nudges:
        first = post(as_admin, "/api/predictions/", **wanted)
    second = post(as_admin, "/api/predictions/", **wanted)
    assert (first.status_code, second.status_code, len(nudges)) == (201, 200, 1)
    assert first.json()["id"] == second.json()["id"]
    assert (first.json()["status"], first.json()["created_by"]) == ("queued", "alice")
    assert first.json()["grid"] is None


def test_a_done_prediction_is_not_queued_again(as_admin, done, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as nudges:
        answer = post(as_admin, "/api/predictions/", slide=done.slide_id, version=done.version_id)
    assert (answer.status_code, answer.json()["status"], nudges) == (200, "done", [])


def test_a_result_carries_its_origin(as_pathologist, done):
    facts = as_pathologist.get(f"/api/predictions/{done.pk}/").json()
    assert facts["weights_sha256"] == done.version.weights_sha256
    assert facts["grid"] == {"columns": 5, "rows": 3, "side_l0": 32.0, "patch_px": 32, "mpp": 0.5}
    assert (facts["threshold"], facts["is_synthetic"]) == (0.5, False)
    assert (facts["assessed_count"], facts["tumour_count"]) == (15, 6)
    assert facts["provenance"]["slide_sha256"] == done.slide.sha256


def test_synthetic_data_says_so(as_pathologist, small_slide, make_version, predicted):
    prediction = predicted(small_slide(is_synthetic=True), make_version(), MAP)
    facts = as_pathologist.get(f"/api/predictions/{prediction.pk}/").json()
    assert facts["is_synthetic"] is True
    mask = as_pathologist.get(f"/api/predictions/{prediction.pk}/mask.tif/")
    assert 'filename="synthetic_slide' in mask["Content-Disposition"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({"mpp": None}, 409, "unknown_mpp"),
        ({"mpp": 2.0}, 400, "too_coarse"),
        ({"status": "failed"}, 409, "not_ready"),
    ],
)
def test_a_slide_that_cannot_be_read_is_refused(
    as_admin, small_slide, make_version, fields, status, code
):
    wanted = {"slide": small_slide(**fields).pk, "version": make_version().pk}
    answer = post(as_admin, "/api/predictions/", **wanted)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"tissue_bar": 0}, "bad_input"),
        ({"tissue_bar": "nan"}, "invalid"),
        ({"tissue_bar": 2}, "bad_input"),
        ({"slide": 10**30}, "invalid"),
        ({"version": -1}, "invalid"),
        ({"version": "one"}, "invalid"),
        ({"slide": None}, "invalid"),
    ],
)
def test_odd_requests_are_refused(as_admin, small_slide, make_version, change, code):
    wanted = {"slide": small_slide().pk, "version": make_version().pk}
    answer = post(as_admin, "/api/predictions/", **wanted | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert not Prediction.objects.exists()


def test_predictions_cost_the_same_for_one_row_and_three(
    as_pathologist, small_slide, make_version, predicted, django_assert_num_queries
):
    version = make_version()
    for names in (["a"], ["b", "c"]):
        for name in names:
            predicted(small_slide(name), version, MAP)
        with django_assert_num_queries(4):
            as_pathologist.get("/api/predictions/")


@pytest.mark.parametrize(
    ("query", "count"),
    [("status=done", 1), ("exposure=unseen", 1), ("slide__subset=test", 0), ("status=queued", 0)],
)
def test_predictions_are_filtered(as_pathologist, done, query, count):
    assert as_pathologist.get(f"/api/predictions/?{query}").json()["count"] == count


# Files ---------------------------------------------------------------------------


def content(answer) -> bytes:
    return b"".join(answer.streaming_content)


def test_a_map_is_taken_away_as_numbers(as_pathologist, done):
    answer = as_pathologist.get(f"/api/predictions/{done.pk}/map.npz/")
    assert "slide_one_map.npz" in answer["Content-Disposition"]
    with np.load(io.BytesIO(content(answer))) as stored:
        assert any(array.shape == (3, 5) for array in stored.values())


def test_a_map_is_a_grey_picture_too(as_pathologist, done):
    answer = as_pathologist.get(f"/api/predictions/{done.pk}/map.png/")
    values = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert values.shape == (3, 5) and values[1, 4] == 255 and values[2, 0] == 1


def test_a_mask_is_cut_at_the_asked_threshold(as_pathologist, done, tmp_path):
    for threshold, cells in (("", 6), ("?threshold=0.85", 2), ("?threshold=0", 15)):
        answer = as_pathologist.get(f"/api/predictions/{done.pk}/mask.tif/{threshold}")
        (tmp_path / "mask.tif").write_bytes(content(answer))
        with Image.open(tmp_path / "mask.tif") as mask:
            assert np.count_nonzero(np.asarray(mask)) == cells * 32 * 32


@pytest.mark.parametrize(
    "query", ["threshold=nan", "threshold=2", "threshold=x", "threshold=-0.1", "kind=picture"]
)
def test_odd_masks_are_refused(as_pathologist, done, query):
    answer = as_pathologist.get(f"/api/predictions/{done.pk}/mask.tif/?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


@pytest.mark.parametrize("file", ["map.npz", "map.png", "mask.tif"])
def test_a_map_not_made_yet_is_a_conflict(as_admin, small_slide, make_version, file):
    wanted = {"slide": small_slide().pk, "version": make_version().pk}
    pk = post(as_admin, "/api/predictions/", **wanted).json()["id"]
    answer = as_admin.get(f"/api/predictions/{pk}/{file}/")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_predicted")


# Figures -------------------------------------------------------------------------


def test_a_map_is_measured_once(as_admin, done):
    first = post(as_admin, "/api/evaluations/", prediction=done.pk)
    second = post(as_admin, "/api/evaluations/", prediction=done.pk)
    assert (first.status_code, second.status_code) == (201, 200)
    facts = first.json()
    assert (facts["slide"], facts["truth_revision"], facts["tumour_bar"]) == (done.slide_id, 1, 0)
    assert (facts["map_sha256"], facts["threshold"]) == (done.map_sha256, 0.5)
    assert as_admin.get(f"/api/predictions/{done.pk}/metrics/").json() == facts


def test_a_map_without_truth_has_no_figures(as_admin, small_slide, make_version, predicted):
    prediction = predicted(small_slide(), make_version(), MAP)
    answer = post(as_admin, "/api/evaluations/", prediction=prediction.pk)
    assert (answer.status_code, answer.json()["code"]) == (409, "no_truth")
    assert as_admin.get(f"/api/predictions/{prediction.pk}/metrics/").status_code == 404


def test_the_truth_of_another_slide_measures_nothing(as_admin, done, small_slide, annotate):
    other = annotate(small_slide("other"))
    answer = post(as_admin, "/api/evaluations/", prediction=done.pk, annotation=other.pk)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_input")
    assert not Evaluation.objects.exists()


def test_a_version_is_measured_over_slides(as_admin, done):
    wanted = {"version": done.version_id, "subset": "development"}
    first = post(as_admin, "/api/cohorts/", **wanted)
    second = post(as_admin, "/api/cohorts/", **wanted)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["metrics"]["n"]["slides"] == 1
    assert len(first.json()["evaluations"]) == 1


def test_a_cohort_of_nothing_is_a_conflict(as_admin, done):
    answer = post(as_admin, "/api/cohorts/", version=done.version_id, subset="test")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_predicted")


def test_figures_cost_the_same_for_one_row_and_three(
    as_admin, small_slide, make_version, predicted, annotate, django_assert_num_queries
):
    version = make_version()
    for names in (["a"], ["b", "c"]):
        for name in names:
            prediction = predicted(small_slide(name), version, MAP)
            annotate(prediction.slide, box(0, 0, 64, 64))
            post(as_admin, "/api/evaluations/", prediction=prediction.pk)
            post(as_admin, "/api/cohorts/", version=version.pk, subset="all")
        with django_assert_num_queries(4):
            as_admin.get("/api/evaluations/")
        with django_assert_num_queries(5):
            as_admin.get("/api/cohorts/")


# Jobs ----------------------------------------------------------------------------


def test_all_kinds_of_work_are_in_one_list(
    as_admin, as_pathologist, small_slide, make_version, django_assert_num_queries
):
    wanted = {"slide": small_slide().pk, "version": make_version().pk}
    post(as_admin, "/api/predictions/", **wanted)
    running = Slide.objects.create(name="new", patient="new")
    running.claim()
    running.report(1, 4)
    with django_assert_num_queries(2 + len(KINDS)):  # one a kind
        answer = as_pathologist.get("/api/jobs/").json()
    rows = [(row["kind"], row["status"], row["percent_done"]) for row in answer["results"]]
    assert rows == [("slide", "running", 25), ("prediction", "queued", 0)]
    assert answer["results"][0]["page"] == f"http://testserver/slides/{running.pk}/"
