import io

import numpy as np
import pytest
from django.core.cache import cache
from django.urls import reverse
from PIL import Image
from shapely import box

from predictions import services
from predictions.models import Prediction
from slides.pyramid import Pyramid
from slides.regions import Region, region_checksum, to_geojson

NAN = np.nan
MAP = [[0.9, 0.8, 0.1, 0.1, 0.6], [0.9, 0.2, 0.1, 0.1, 0.1], [NAN, 0.8, 0.0, 1.0, NAN]]
TUMOUR = box(0, 0, 48, 96)


@pytest.fixture
def prediction(small_slide, make_version, predicted, annotate) -> Prediction:
    slide = small_slide()
    annotate(slide, TUMOUR)
    return predicted(slide, make_version(), MAP)


def pixels(response) -> list[list[int]]:
    return np.asarray(Image.open(io.BytesIO(response.content))).tolist()


def test_the_map_is_one_pixel_per_cell_with_not_assessed_apart(as_pathologist, prediction):
    response = as_pathologist.get(reverse("prediction-map", args=[prediction.pk]))
    assert response["Content-Type"] == "image/png"
    assert pixels(response)[0] == [230, 204, 26, 26, 153]
    assert pixels(response)[2] == [0, 204, 1, 255, 0]


def test_an_unchanged_map_is_not_sent_again(as_pathologist, prediction):
    url = reverse("prediction-map", args=[prediction.pk])
    etag = as_pathologist.get(url)["ETag"]
    assert as_pathologist.get(url, headers={"if-none-match": etag}).status_code == 304


def test_an_address_with_a_checksum_may_be_kept(as_pathologist, prediction):
    url = reverse("prediction-map", args=[prediction.pk])
    assert as_pathologist.get(url)["Cache-Control"] == "private, no-cache"
    assert "immutable" in as_pathologist.get(f"{url}?v=abc")["Cache-Control"]


def test_the_truth_is_on_the_predictions_own_grid(as_pathologist, prediction):
    response = as_pathologist.get(reverse("prediction-truth", args=[prediction.pk]))
    assert pixels(response) == [[254, 127, 0, 0, 0]] * 3


def test_what_the_truth_ignores_is_told_apart_from_free_of_tumour(
    as_pathologist, prediction, annotate
):
    regions = [Region("tumour", TUMOUR), Region("ignore", box(64, 0, 100, 32))]
    annotate(prediction.slide, regions=to_geojson(regions), checksum=region_checksum(regions))
    response = as_pathologist.get(reverse("prediction-truth", args=[prediction.pk]))
    assert pixels(response) == [[254, 127, 255, 255, 0], *[[254, 127, 0, 0, 0]] * 2]


def test_a_newer_truth_is_sent_at_once(as_pathologist, prediction, annotate):
    url = reverse("prediction-truth", args=[prediction.pk])
    etag = as_pathologist.get(url)["ETag"]
    annotate(prediction.slide, box(0, 0, 32, 32))
    response = as_pathologist.get(url, headers={"if-none-match": etag})
    assert response.status_code == 200
    assert pixels(response)[1] == [0, 0, 0, 0, 0]


def test_without_truth_there_is_no_truth_picture(
    as_pathologist, small_slide, make_version, predicted
):
    prediction = predicted(small_slide(), make_version(), MAP)
    url = reverse("prediction-truth", args=[prediction.pk])
    assert as_pathologist.get(url).status_code == 404


def test_the_stored_map_can_be_downloaded(as_pathologist, prediction):
    response = as_pathologist.get(reverse("prediction-npz", args=[prediction.pk]))
    content = b"".join(response.streaming_content)
    np.testing.assert_array_equal(np.load(io.BytesIO(content))["map"], np.array(MAP, np.float32))
    assert 'filename="slide_one_map.npz"' in response["Content-Disposition"]


def test_the_mask_is_of_the_slides_size_and_follows_the_threshold(
    as_pathologist, prediction, tmp_path
):
    url = reverse("prediction-mask", args=[prediction.pk])
    for threshold, called in ((0.5, 6), (0.85, 3)):
        response = as_pathologist.get(url, {"threshold": threshold})
        path = tmp_path / f"{threshold}.tif"
        path.write_bytes(b"".join(response.streaming_content))
        with Pyramid.open(path) as mask:
            assert (mask.width, mask.height) == (160, 96)
            values = mask.read_level(0, 0, 0, 160, 96)[..., 0]
        assert np.count_nonzero(values == 255) == called * 32 * 32


@pytest.mark.parametrize("query", [{"threshold": "high"}, {"threshold": 2}, {"kind": "both"}])
def test_a_mask_of_nonsense_is_refused(as_pathologist, prediction, query):
    url = reverse("prediction-mask", args=[prediction.pk])
    assert as_pathologist.get(url, query).status_code == 400


def test_a_synthetic_mask_is_named_so(as_pathologist, small_slide, make_version, predicted):
    prediction = predicted(small_slide(is_synthetic=True), make_version(), MAP)
    response = as_pathologist.get(reverse("prediction-mask", args=[prediction.pk]))
    assert 'filename="synthetic_slide_one_mask.tif"' in response["Content-Disposition"]


@pytest.mark.parametrize("name", ["map", "truth", "npz", "mask"])
def test_a_prediction_without_a_map_is_not_found(as_pathologist, small_slide, make_version, name):
    queued = services.request_prediction(slide=small_slide(), version=make_version())
    url = reverse(f"prediction-{name}", args=[queued.pk])
    assert as_pathologist.get(url).status_code == 404


def test_an_admin_cancels_a_queued_prediction(as_admin, small_slide, make_version):
    queued = services.request_prediction(slide=small_slide(), version=make_version())
    url = reverse("prediction-cancel", args=[queued.pk])
    response = as_admin.post(url, {"next": "/jobs/"})
    assert response["Location"] == "/jobs/"
    queued.refresh_from_db()
    assert queued.status == Prediction.Status.CANCELLED


def test_a_pathologist_may_not_cancel_and_nobody_by_a_link(
    as_pathologist, as_admin, small_slide, make_version
):
    queued = services.request_prediction(slide=small_slide(), version=make_version())
    url = reverse("prediction-cancel", args=[queued.pk])
    assert as_pathologist.post(url).status_code == 403
    assert as_admin.get(url).status_code == 405
    queued.refresh_from_db()
    assert queued.status == Prediction.Status.QUEUED


def test_an_admin_measures_a_map_against_a_newer_truth(as_admin, prediction, annotate):
    services.evaluate_against_truth(prediction)
    annotate(prediction.slide, box(0, 0, 32, 96))
    assert prediction.evaluation.is_stale
    url = reverse("prediction-evaluate", args=[prediction.pk])
    assert as_admin.post(url, {"next": "/jobs/"}).status_code == 302
    assert not prediction.evaluation.is_stale


def test_there_is_nothing_to_measure_without_a_truth(
    as_admin, as_pathologist, small_slide, make_version, predicted
):
    prediction = predicted(small_slide(), make_version(), MAP)
    url = reverse("prediction-evaluate", args=[prediction.pk])
    assert as_admin.post(url).status_code == 404
    assert as_pathologist.post(url).status_code == 403


# What is not as it was -----------------------------------------------------------

PICTURES = ["prediction-map", "prediction-truth", "prediction-mask"]


@pytest.mark.parametrize("name", PICTURES)
def test_a_changed_or_lost_map_is_told_in_words(as_admin, prediction, name):
    cache.clear()
    prediction.map_path.write_bytes(b"something else")
    answer = as_admin.get(reverse(name, args=[prediction.pk]))
    assert (answer.status_code, "was changed" in answer.content.decode()) == (409, True)
    prediction.map_path.unlink()
    answer = as_admin.get(reverse(name, args=[prediction.pk]))
    assert (answer.status_code, "is gone" in answer.content.decode()) == (409, True)
    assert answer["Cache-Control"] == "no-store"


def test_a_lost_map_cannot_be_measured_and_the_page_says_so(as_admin, prediction):
    prediction.map_path.unlink()
    url = reverse("prediction-evaluate", args=[prediction.pk])
    assert b"predict the slide again" in as_admin.post(url, follow=True).content


def test_a_slide_takes_its_maps_and_masks_along(
    as_admin, prediction, settings, django_capture_on_commit_callbacks
):
    as_admin.get(reverse("prediction-mask", args=[prediction.pk]))
    with django_capture_on_commit_callbacks(execute=True):
        as_admin.post(reverse("slide-delete", args=[prediction.slide_id]))
    assert not Prediction.objects.exists()
    folders = [settings.MEDIA_ROOT / "maps", settings.CACHE_ROOT / "masks"]
    assert [path for folder in folders for path in folder.iterdir()] == []
