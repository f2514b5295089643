"""Datasets over the API."""

import io
import json
from pathlib import Path

import pytest
from django.test import Client
from PIL import Image

from slides.models import Annotation, Slide
from tests.training.freezing import preview
from training import tasks
from training.models import Dataset

pytestmark = pytest.mark.django_db


@pytest.fixture
def slide() -> Slide:
    """A ready slide whose truth says normal."""
    slide = Slide.objects.create(name="one", patient="one", status="done", mpp=0.25)
    Annotation.objects.create(
        slide=slide, revision=1, source="declared_normal", regions={}, tumour_area_px=0
    )
    return slide


@pytest.fixture
def dataset() -> Dataset:
    return frozen("one")


def frozen(name: str, **fields) -> Dataset:
    return Dataset.objects.create(name=name, mpp=0.5, status="done", **fields)


def post(client: Client, address: str, **body):
    return client.post(address, json.dumps(body), content_type="application/json")


def test_a_dataset_is_queued_with_its_truths_pinned(
    as_admin, slide, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as nudges:
        answer = post(as_admin, "/api/datasets/", name="d", mpp=0.5, slides=[slide.pk], seed=3)
    facts = answer.json()
    assert (answer.status_code, len(nudges), facts["status"]) == (201, 1, "queued")
    assert (facts["slides"], facts["revisions"]) == ([slide.pk], {str(slide.pk): 1})
    assert (facts["seed"], facts["patch_px"], facts["created_by"]) == (3, 299, "alice")
    assert "manifest" not in facts["links"]


def test_without_slides_all_ready_development_slides_are_taken(as_admin, slide):
    Slide.objects.create(name="two", patient="two", status="done", subset="test")
    facts = post(as_admin, "/api/datasets/", name="d", mpp=0.5).json()
    assert facts["slides"] == [slide.pk]


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"mpp": 0}, "bad_input", None),
        ({"mpp": 351.9}, "bad_input", None),
        ({"mpp": "nan"}, "invalid", "mpp"),
        ({"mpp": None}, "invalid", "mpp"),
        ({"mpps": [0.5, "x"]}, "invalid", "mpps"),
        ({"mpps": [0.6, 0.7]}, "bad_input", None),
        ({"goal": "look"}, "invalid", "goal"),
        ({"labelling": "most"}, "invalid", "labelling"),
        ({"folds": 1}, "bad_input", None),
        ({"stride": 0}, "bad_input", None),
        ({"parent": 999}, "invalid", "parent"),
        ({"minings": [999]}, "invalid", "minings"),
        ({"mpp": [0.5]}, "invalid", "mpp"),
        ({"name": ""}, "invalid", "name"),
        ({"name": "\u0000"}, "invalid", "name"),
        ({"slides": []}, "no_slides", None),
        ({"slides": [999]}, "invalid", "slides"),
        ({"slides": [-1]}, "invalid", "slides"),
        ({"slides": ["x"]}, "invalid", "slides"),
        ({"slides": [True]}, "invalid", "slides"),
        ({"slides": 10**30}, "invalid", "slides"),
        ({"slides": [10**30]}, "invalid", "slides"),
        ({"seed": -1}, "invalid", "seed"),
        ({"seed": 10**30}, "invalid", "seed"),
        ({"patch_px": 1}, "bad_input", None),
        ({"validation_share": 1}, "bad_input", None),
        ({"revisions": {"x": 1}}, "invalid", "revisions"),
        ({"revisions": {"1": 0}}, "invalid", "revisions"),
        ({"revisions": [1]}, "invalid", "revisions"),
    ],
)
def test_odd_datasets_are_refused(as_admin, slide, change, code, field):
    answer = post(as_admin, "/api/datasets/", **{"name": "d", "mpp": 0.5} | change)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert field is None or list(answer.json()["fields"]) == [field]
    assert not Dataset.objects.exists()


def test_an_unknown_truth_revision_is_refused(as_admin, slide):
    answer = post(
        as_admin, "/api/datasets/", name="d", mpp=0.5, slides=[slide.pk], revisions={slide.pk: 9}
    )
    assert (answer.status_code, answer.json()["code"]) == (400, "no_such_truth")


def test_datasets_cost_the_same_for_one_row_and_three(
    as_pathologist, slide, django_assert_num_queries
):
    for names in (["a"], ["b", "c"]):
        for name in names:
            frozen(name).slides.add(slide)
        with django_assert_num_queries(6):
            as_pathologist.get("/api/datasets/")


def test_a_manifest_is_taken_away(as_pathologist, settings):
    path = Path(settings.MEDIA_ROOT) / "datasets/a.csv"
    path.parent.mkdir(parents=True)
    path.write_text("slide_id\n")
    dataset = frozen("a", manifest="datasets/a.csv")
    answer = as_pathologist.get(f"/api/datasets/{dataset.pk}/manifest/")
    assert b"".join(answer.streaming_content) == b"slide_id\n"


def test_a_manifest_not_written_yet_is_not_found(as_pathologist, dataset):
    answer = as_pathologist.get(f"/api/datasets/{dataset.pk}/manifest/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# Previews ------------------------------------------------------------------------


def test_scales_are_given_as_a_list_and_every_setting_is_told(as_admin, slide):
    wanted = {"name": "d", "mpps": [3.888, 1.944], "goal": "preview", "stride": 0.5, "folds": 4}
    facts = post(as_admin, "/api/datasets/", **wanted, labelling="centre", slides=[slide.pk]).json()
    assert (facts["mpp"], facts["mpps"]) == (1.944, [1.944, 3.888])
    assert (facts["goal"], facts["stride"], facts["folds"]) == ("preview", 0.5, 4)
    assert (facts["labelling"], facts["centre_px"]) == ("centre", 128)
    assert (facts["is_frozen"], facts["leaks"], facts["warnings"]) == (False, 0, [])


def test_neither_a_scale_nor_several_is_refused(as_admin, slide):
    answer = post(as_admin, "/api/datasets/", name="d")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["mpp"])


def test_a_script_looks_at_a_preview_and_freezes_it(
    as_admin, ward, django_capture_on_commit_callbacks
):
    dataset = preview(balance="none")
    place = f"/api/datasets/{dataset.pk}"
    facts = as_admin.get(f"{place}/").json()
    assert facts["is_frozen"] is False
    assert {"code", "values", "words"} == set(facts["warnings"][0])
    assert len(as_admin.get(f"{place}/samples/").json()) == 60
    assert as_admin.get(f"{place}/leaks/").json() == []
    with django_capture_on_commit_callbacks() as nudges:
        answer = as_admin.post(f"{place}/freeze/").json()
    assert (answer["goal"], answer["status"], len(nudges)) == ("freeze", "queued", 1)
    dataset.refresh_from_db()
    tasks.run_freezing(dataset)
    assert as_admin.get(f"{place}/").json()["is_frozen"] is True
    assert as_admin.post(f"{place}/freeze/").status_code == 409
    assert as_admin.post(f"{place}/preview/").status_code == 409


def test_a_sample_is_a_picture_of_its_patch(as_pathologist, ward):
    dataset = preview()
    answer = as_pathologist.get(f"/api/datasets/{dataset.pk}/samples/0/")
    assert Image.open(io.BytesIO(answer.content)).size == (32, 32)
    missing = as_pathologist.get(f"/api/datasets/{dataset.pk}/samples/99/")
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
