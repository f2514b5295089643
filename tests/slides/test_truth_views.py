"""Truth over HTTP: outlines with an ETag, files to take away, files brought in."""

import errno
import json
from io import BytesIO
from urllib.parse import unquote

import numpy as np
import pytest
import tifffile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from shapely import Point, box

from slides.annotations import Origin, declare_normal, save_annotation
from slides.geojson_files import geojson_text
from slides.models import Annotation, Slide
from slides.regions import Region

SQUARE = Region("tumour", box(100, 80, 300, 180))
DRAWN = Origin(Annotation.Source.DRAWN)


@pytest.fixture
def slide(make_slide):
    return make_slide("tumor_001", is_synthetic=True)


@pytest.fixture
def truth(slide):
    return save_annotation(slide=slide, regions=[SQUARE], author=None, origin=DRAWN)


def url(name, truth):
    return reverse(name, args=[truth.slide_id, truth.revision])


def test_outlines_come_as_geojson_and_are_known_by_their_checksum(as_pathologist, truth):
    answer = as_pathologist.get(url("truth-geojson", truth))
    content = answer.json()
    assert content["features"][0]["properties"]["classification"]["name"] == "Tumor"
    assert content["sentinode"]["synthetic"] is True
    assert answer["Cache-Control"] == "private, no-cache"
    again = as_pathologist.get(
        url("truth-geojson", truth), headers={"If-None-Match": answer["ETag"]}
    )
    assert again.status_code == 304


def test_outlines_are_simplified_for_display_only(as_pathologist, slide):
    disc = Region("tumour", Point(400, 300).buffer(100, quad_segs=500))
    truth = save_annotation(slide=slide, regions=[disc], author=None, origin=DRAWN)

    def corner_count(query):
        answer = as_pathologist.get(url("truth-geojson", truth) + query)
        return len(answer.json()["features"][0]["geometry"]["coordinates"][0]), answer["ETag"]

    full, few, odd = map(corner_count, ("", "?simplify=5", "?simplify=nonsense"))
    assert full[0] == 2001
    assert few[0] < 20
    assert odd == full
    assert few[1] != full[1]


def test_overlapping_outlines_are_one_for_a_viewer_that_fills_them_together(as_admin, slide):
    other = Region("tumour", box(200, 80, 400, 180))
    truth = save_annotation(slide=slide, regions=[SQUARE, other], author=None, origin=DRAWN)
    assert len(as_admin.get(url("truth-geojson", truth)).json()["features"]) == 1
    download = as_admin.get(url("truth-geojson", truth) + "?download=1")
    assert len(json.loads(b"".join(download.streaming_content))["features"]) == 2


@pytest.mark.parametrize(
    ("name", "file", "content_type"),
    [
        ("truth-xml", "synthetic_tumor_001_truth_1.xml", "application/xml"),
        ("truth-mask", "synthetic_tumor_001_truth_1_mask.tif", "image/tiff"),
    ],
)
def test_files_to_take_away_have_telling_names(as_pathologist, truth, name, file, content_type):
    answer = as_pathologist.get(url(name, truth))
    assert answer["Content-Disposition"] == f'attachment; filename="{file}"'
    assert answer["Content-Type"] == content_type
    assert len(b"".join(answer.streaming_content)) == int(answer["Content-Length"])


def test_the_mask_to_take_away_has_the_slides_pixels(as_pathologist, truth):
    content = b"".join(as_pathologist.get(url("truth-mask", truth)).streaming_content)
    pixels = tifffile.imread(BytesIO(content), key=0)
    assert pixels.shape == (700, 900)
    assert (pixels.sum(), pixels[80, 100], pixels[79, 100]) == (20_000, 1, 0)


@pytest.mark.parametrize("name", ["truth-geojson", "truth-xml", "truth-mask"])
def test_a_revision_that_is_not_there_is_not_found(as_pathologist, slide, name):
    assert as_pathologist.get(reverse(name, args=[slide.pk, 7])).status_code == 404


@pytest.mark.parametrize("name", ["truth-geojson", "truth-xml", "truth-mask"])
def test_truth_is_for_readers_only(client, stranger, truth, name):
    assert client.get(url(name, truth)).status_code == 302
    client.force_login(stranger)
    assert client.get(url(name, truth)).status_code == 403


def upload(client, slide, content, name="tumor_001.geojson", **fields):
    file = SimpleUploadedFile(name, content if isinstance(content, bytes) else content.encode())
    return client.post(
        reverse("truth-upload", args=[slide.pk]),
        {"file": file, **fields},
        headers={"Accept": "application/json"},
    )


def test_a_pathologist_brings_truth_in(as_pathologist, pathologist, slide):
    answer = upload(as_pathologist, slide, geojson_text([SQUARE]))
    assert answer.status_code == 201
    body = answer.json()
    assert (body["revision"], body["tumour_area_px"]) == (1, 20_000)
    assert body["geojsonUrl"] == f"/slides/{slide.pk}/truth/1.geojson"
    assert slide.truth.author == pathologist
    assert slide.truth.source_name == "tumor_001.geojson"


def test_the_same_file_again_adds_nothing_and_says_so(as_pathologist, slide):
    upload(as_pathologist, slide, geojson_text([SQUARE]))
    answer = upload(as_pathologist, slide, geojson_text([SQUARE]))
    assert answer.status_code == 200
    assert "nothing was added" in answer.json()["notes"][0]


def test_a_refusal_tells_code_and_reason(as_pathologist, slide):
    answer = upload(as_pathologist, slide, b"PK\x03\x04", name="truth.zip")
    assert answer.status_code == 422
    assert answer.json()["code"] == "not_truth"
    assert answer.json()["detail"].startswith("truth.zip is no truth file")


def test_a_misfit_comes_with_its_fit_and_may_be_forced(as_pathologist, make_slide):
    slide = make_slide("tumor_002", tissue=np.zeros((88, 113), bool))
    answer = upload(as_pathologist, slide, geojson_text([SQUARE]))
    assert (answer.status_code, answer.json()["code"]) == (422, "misfit")
    assert answer.json()["fit"]["share_on_tissue"] == 0
    assert upload(as_pathologist, slide, geojson_text([SQUARE]), is_forced="1").status_code == 201


def test_fields_say_what_a_file_leaves_open(as_pathologist, slide):
    text = geojson_text([SQUARE]).replace('"Tumor"', '"ITC"')
    assert upload(as_pathologist, slide, text).json()["code"] == "unknown_label"
    answer = upload(as_pathologist, slide, text, labels="ITC=tumour, other=normal", is_partial="1")
    assert answer.status_code == 201
    assert slide.truth.is_exhaustive is False
    assert upload(as_pathologist, slide, text, scale="twice").json()["code"] == "bad_input"


def test_a_slide_is_declared_normal(as_pathologist, slide):
    address = reverse("truth-upload", args=[slide.pk])
    json_please = {"Accept": "application/json"}
    assert as_pathologist.post(address, {"is_normal": "1"}, headers=json_please).status_code == 201
    assert slide.truth.source == "declared_normal"
    answer = as_pathologist.post(address, {}, headers=json_please)
    assert "No file came" in answer.json()["detail"]


def test_a_form_goes_back_to_the_slide(as_pathologist, slide):
    answer = as_pathologist.post(reverse("truth-upload", args=[slide.pk]), {"is_normal": "1"})
    assert answer.status_code == 302
    assert answer["Location"] == reverse("slide", args=[slide.pk])


def test_uploads_leave_no_files_behind(as_pathologist, slide, settings):
    upload(as_pathologist, slide, geojson_text([SQUARE]))
    assert list(settings.UPLOAD_ROOT.iterdir()) == []


def test_bringing_truth_in_is_for_readers_only(client, stranger, slide):
    assert upload(client, slide, b"x").status_code == 302
    client.force_login(stranger)
    assert upload(client, slide, b"x").status_code == 403
    assert not Annotation.objects.exists()


def test_a_declared_normal_slide_has_an_empty_mask(as_pathologist, slide):
    truth = declare_normal(slide=slide, author=None)
    content = b"".join(as_pathologist.get(url("truth-mask", truth)).streaming_content)
    assert tifffile.imread(BytesIO(content), key=0).sum() == 0


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "0", "1e300", "1e-300", "9" * 400])
def test_a_scale_that_cannot_be_is_refused_in_words(as_pathologist, slide, number):
    answer = upload(as_pathologist, slide, geojson_text([SQUARE]), scale=number, is_forced="1")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


@pytest.mark.parametrize("number", ["nan", "inf", "-1", "1.5", "1e300"])
def test_a_tumour_value_that_cannot_be_is_refused_in_words(as_pathologist, slide, number):
    answer = upload(as_pathologist, slide, geojson_text([SQUARE]), tumour_value=number)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")


@pytest.mark.parametrize("name", ["😀" * 100 + ".geojson", "a" * 300, "...", 'a"\r\nX: y.json'])
def test_a_file_may_have_any_name(as_pathologist, slide, name):
    assert upload(as_pathologist, slide, geojson_text([SQUARE]), name=name).status_code == 201


def test_a_full_disk_is_told_in_words_and_keeps_nothing(as_pathologist, slide, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("slides.truth_views.TemporaryDirectory", full)
    answer = upload(as_pathologist, slide, geojson_text([SQUARE]))
    assert (answer.status_code, answer.json()["code"]) == (422, "disk_full")
    assert slide.truth is None


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: b=c", '../a"b', "C:\\a", "é 😀"])
def test_no_name_of_a_slide_breaks_a_header_or_names_a_folder(as_pathologist, truth, name):
    Slide.objects.update(name=name)
    told = as_pathologist.get(url("truth-xml", truth))["Content-Disposition"]
    assert not set("\r\n/\\:") & set(unquote(told.split("=", 1)[1].removeprefix("utf-8''")))
