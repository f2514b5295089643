"""Slides and their truth over the API: what goes in, what comes out, what is refused."""

import json

import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils.timezone import now

from slides import services
from slides.models import Annotation, Slide
from tests.slide_files import write_pyramid

pytestmark = pytest.mark.django_db

SQUARE = {
    "type": "Feature",
    "properties": {"classification": {"name": "Tumor"}},
    "geometry": {
        "type": "Polygon",
        "coordinates": [[[10, 10], [110, 10], [110, 60], [10, 60], [10, 10]]],
    },
}
REGIONS = {"type": "FeatureCollection", "features": [SQUARE]}


def post_json(client: Client, address: str, body, **options):
    return client.post(address, json.dumps(body), content_type="application/json", **options)


def add_truth(client: Client, slide: Slide, **body):
    return post_json(client, f"/api/slides/{slide.pk}/truth/", body)


# Reading -------------------------------------------------------------------------


def test_a_slide_tells_its_facts_with_units_and_where_to_go_on(as_pathologist, make_slide):
    slide = make_slide("one", is_synthetic=True)
    facts = as_pathologist.get(f"/api/slides/{slide.pk}/").json()
    assert (facts["width"], facts["height"], facts["mpp"]) == (900, 700, 0.243)
    assert facts["tissue_area_mm2"] == pytest.approx(900 * 700 * 0.243**2 / 1e6)
    assert (facts["is_synthetic"], facts["truth_revision"], facts["status"]) == (True, None, "done")
    assert facts["links"]["dzi"] == f"http://testserver/slides/{slide.pk}.dzi"


def test_an_unknown_resolution_gives_no_area(as_pathologist, make_slide):
    slide = make_slide("one", mpp=None)
    facts = as_pathologist.get(f"/api/slides/{slide.pk}/").json()
    assert facts["mpp"] is None and facts["tissue_area_mm2"] is None


def test_a_list_costs_the_same_for_one_row_and_three(
    as_pathologist, make_slide, django_assert_num_queries
):
    for names in (["one"], ["two", "three"]):
        for name in names:
            make_slide(name)
        with django_assert_num_queries(4):
            as_pathologist.get("/api/slides/")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["a", "b", "c"]),
        ("subset=test", ["b"]),
        ("status=failed", ["c"]),
        ("patient=p1", ["a", "b"]),
        ("name=B", ["b"]),
        ("is_synthetic=true", ["a"]),
        ("has_truth=true", ["a"]),
        ("has_truth=false", ["b", "c"]),
        ("ordering=-name", ["c", "b", "a"]),
        ("page_size=2", ["a", "b"]),
        ("page_size=2&page=2", ["c"]),
        ("page_size=0", ["a", "b", "c"]),
        ("page_size=-5", ["a", "b", "c"]),
    ],
)
def test_lists_are_filtered_ordered_and_paged(as_pathologist, query, names):
    first = Slide.objects.create(name="a", patient="p1", is_synthetic=True)
    Slide.objects.create(name="b", patient="p1", subset="test")
    Slide.objects.create(name="c", patient="p2", status="failed")
    for revision in (1, 2):
        Annotation.objects.create(
            slide=first, revision=revision, source="drawn", regions={}, tumour_area_px=0
        )
    rows = as_pathologist.get(f"/api/slides/?{query}").json()["results"]
    assert [row["name"] for row in rows] == names


def test_a_page_never_holds_more_than_two_hundred(as_pathologist):
    Slide.objects.bulk_create(Slide(name=f"{n:03}", patient="p") for n in range(201))
    answer = as_pathologist.get("/api/slides/?page_size=100000").json()
    assert (answer["count"], len(answer["results"])) == (201, 200)


@pytest.mark.parametrize(
    ("address", "status", "code"),
    [
        ("/api/slides/?page=999", 404, "not_found"),
        ("/api/slides/?page=99999999999999999999999999", 404, "not_found"),
        ("/api/slides/?page=nan", 404, "not_found"),
        ("/api/slides/?status=asleep", 400, "invalid"),
        ("/api/slides/?subset=%00", 400, "invalid"),
        ("/api/slides/?name=%00", 400, "invalid"),
        ("/api/annotations/?slide=x", 400, "invalid"),
        ("/api/annotations/?slide=-1", 400, "invalid"),
        ("/api/annotations/?slide=99999999999999999999999", 400, "invalid"),
        ("/api/annotations/?revision=99999999999999999999999", 200, None),
        ("/api/slides/7/", 404, "not_found"),
        ("/api/slides/99999999999999999999999/", 404, "not_found"),
        ("/api/slides/-1/", 404, "not_found"),
        ("/api/slides/x/", 404, "not_found"),
        ("/api/nothing/", 404, "not_found"),
    ],
)
def test_odd_questions_are_refused_in_one_shape(as_pathologist, address, status, code):
    answer = as_pathologist.get(address)
    assert answer.status_code == status
    if code:
        assert answer.json()["code"] == code and answer.json()["detail"]


def test_json_is_spoken_whatever_the_caller_accepts(as_pathologist):
    answer = as_pathologist.get("/api/slides/", headers={"accept": "image/tiff"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/json")


# Sending slides ------------------------------------------------------------------


@pytest.fixture
def tiff(tmp_path) -> SimpleUploadedFile:
    path = write_pyramid(tmp_path / "a.tif", np.full((700, 900, 3), 150, np.uint8))
    return SimpleUploadedFile("Case 7.tif", path.read_bytes())


def test_a_file_becomes_a_queued_slide(as_admin, admin, tiff, django_capture_on_commit_callbacks):
    fields = {"file": tiff, "patient": "p7", "subset": "test", "mpp": "0.5"}
    with django_capture_on_commit_callbacks() as nudges:
        answer = as_admin.post("/api/slides/", fields)
    slide = Slide.objects.get()
    assert (answer.status_code, answer.json()["id"], len(nudges)) == (201, slide.pk, 1)
    assert (slide.name, slide.patient, slide.subset, slide.mpp) == ("Case 7", "p7", "test", 0.5)
    assert (slide.status, slide.uploaded_by, slide.mpp_source) == ("queued", admin, "given")
    assert slide.path.stat().st_size == tiff.size


def test_nothing_is_left_behind_in_the_upload_folder(as_admin, tiff, settings):
    as_admin.post("/api/slides/", {"file": tiff})
    as_admin.post("/api/slides/", {"file": tiff, "mpp": "352"})
    assert list(settings.UPLOAD_ROOT.iterdir()) == []


@pytest.mark.parametrize(
    ("fields", "code", "field"),
    [
        ({"mpp": "352"}, "bad_mpp", None),
        ({"mpp": "nan"}, "invalid", "mpp"),
        ({"mpp": "inf"}, "invalid", "mpp"),
        ({"mpp": "wide"}, "invalid", "mpp"),
        ({"subset": "training"}, "invalid", "subset"),
        ({"name": "x" * 201}, "invalid", "name"),
        ({"file": ""}, "invalid", "file"),
        ({"file": SimpleUploadedFile("empty.tif", b"")}, "invalid", "file"),
    ],
)
def test_what_cannot_be_is_refused_by_field(as_admin, tiff, fields, code, field):
    answer = as_admin.post("/api/slides/", {"file": tiff} | fields)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert field is None or list(answer.json()["fields"]) == [field]
    assert not Slide.objects.exists()


def test_a_path_on_the_server_is_no_file(as_admin):
    answer = post_json(as_admin, "/api/slides/", {"file": "/etc/passwd"})
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["file"])


@pytest.mark.parametrize(
    ("body", "kind", "status", "code"),
    [
        ("{", "application/json", 400, "parse_error"),
        ('{"mpp": NaN}', "application/json", 400, "parse_error"),
        ("[1]", "application/json", 400, "invalid"),
        ("null", "application/json", 400, "invalid"),
        ("mpp=1", "text/csv", 415, "unsupported_media_type"),
        (b"\xff\xfe", "application/json", 400, "parse_error"),
        ("{}", "application/json", 400, "invalid"),
        ('{"mpp": "\\u0000"}', "application/json", 400, "invalid"),
        ('{"mpp": 1e999}', "application/json", 400, "invalid"),
        ('{"mpp": {}}', "application/json", 400, "invalid"),
    ],
)
def test_a_body_that_says_nothing_is_refused(as_admin, make_slide, body, kind, status, code):
    address = f"/api/slides/{make_slide().pk}/mpp/"
    answer = as_admin.patch(address, body, content_type=kind)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_an_upload_by_a_logged_in_browser_needs_its_csrf_token(admin, tiff):
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin)
    answer = client.post("/api/slides/", {"file": tiff})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    assert "CSRF" in answer.json()["detail"]


# Changing slides -----------------------------------------------------------------


def test_an_admin_says_how_large_a_pixel_is(as_admin, make_slide):
    slide = make_slide(mpp=None)
    answer = as_admin.patch(
        f"/api/slides/{slide.pk}/mpp/", {"mpp": 0.25}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["mpp"]) == (200, 0.25)
    assert answer.json()["mpp_source"] == "given"


def test_a_slide_still_taken_in_keeps_its_resolution(as_admin):
    slide = Slide.objects.create(name="a", patient="a")
    answer = as_admin.patch(
        f"/api/slides/{slide.pk}/mpp/", {"mpp": 0.25}, content_type="application/json"
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "busy")


def test_an_admin_removes_a_slide(as_admin, make_slide):
    slide = make_slide()
    assert as_admin.delete(f"/api/slides/{slide.pk}/").status_code == 204
    assert not Slide.objects.exists()


def test_a_queued_slide_is_cancelled_and_tried_again(as_admin, django_capture_on_commit_callbacks):
    slide = Slide.objects.create(name="a", patient="a")
    assert as_admin.post(f"/api/slides/{slide.pk}/cancel/").json()["status"] == "cancelled"
    with django_capture_on_commit_callbacks() as nudges:
        answer = as_admin.post(f"/api/slides/{slide.pk}/retry/")
    assert (answer.json()["status"], len(nudges)) == ("queued", 1)


def test_a_slide_that_went_well_is_not_tried_again(as_admin, make_slide):
    answer = as_admin.post(f"/api/slides/{make_slide().pk}/retry/")
    assert answer.status_code == 409
    assert answer.json() == {
        "code": "conflict",
        "detail": "This job is done; only a failed or cancelled one can be tried again.",
    }


def test_a_failed_slide_says_why(as_pathologist):
    slide = Slide.objects.create(name="a", patient="a")
    slide.claim()
    with slide.recorded():
        services.ingest(slide)
    facts = as_pathologist.get(f"/api/slides/{slide.pk}/").json()
    assert (facts["status"], facts["reason"]) == ("failed", "file_removed")
    assert facts["error"] == "The file was removed when it was refused. Upload it again."


def test_a_duplicate_names_the_slide_that_was_first(as_pathologist, make_slide):
    first = make_slide()
    second = Slide.objects.create(name="b", patient="b", status="failed", duplicate_of=first)
    assert as_pathologist.get(f"/api/slides/{second.pk}/").json()["duplicate_of"] == first.pk


# Truth ---------------------------------------------------------------------------


def test_a_pathologist_adds_outlines_as_the_next_revision(as_pathologist, pathologist, make_slide):
    slide = make_slide()
    answer = add_truth(as_pathologist, slide, regions=REGIONS)
    facts = answer.json()
    assert (answer.status_code, facts["revision"], facts["author"]) == (201, 1, "bob")
    assert facts["tumour_area_px"] == 5000
    assert facts["tumour_area_mm2"] == pytest.approx(5000 * 0.243**2 / 1e6)
    assert as_pathologist.get(f"/api/slides/{slide.pk}/truth/").json() == facts


def test_the_same_outlines_again_add_nothing(as_pathologist, make_slide):
    slide = make_slide()
    first = add_truth(as_pathologist, slide, regions=REGIONS)
    second = add_truth(as_pathologist, slide, regions=REGIONS)
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])


def test_a_file_is_truth_too(as_pathologist, make_slide):
    slide = make_slide()
    file = SimpleUploadedFile("outlines.geojson", json.dumps(REGIONS).encode())
    answer = as_pathologist.post(f"/api/slides/{slide.pk}/truth/", {"file": file})
    assert (answer.status_code, answer.json()["source_name"]) == (201, "outlines.geojson")


def test_a_slide_is_declared_normal(as_pathologist, make_slide):
    answer = add_truth(as_pathologist, make_slide(), is_normal=True, note="seen twice")
    facts = answer.json()
    assert (answer.status_code, facts["source"], facts["note"]) == (
        201,
        "declared_normal",
        "seen twice",
    )


def test_a_slide_without_truth_says_so(as_pathologist, make_slide):
    answer = as_pathologist.get(f"/api/slides/{make_slide().pk}/truth/")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "This slide has no truth yet."


def test_truth_of_another_slide_is_refused_unless_forced(as_pathologist, make_slide):
    slide = make_slide()
    far = json.loads(json.dumps(REGIONS).replace("10,", "99000,").replace("110,", "99100,"))
    answer = add_truth(as_pathologist, slide, regions=far)
    assert (answer.status_code, answer.json()["code"]) == (409, "misfit")
    assert not slide.annotations.exists()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"regions": REGIONS, "is_normal": True},
        {"regions": "x"},
        {"regions": None},
        {"regions": []},
        {"regions": {"type": "FeatureCollection", "features": [{"geometry": 3}]}},
        {"regions": REGIONS, "scale": "nan"},
        {"regions": REGIONS, "scale": -1},
        {"regions": REGIONS, "scale": 0},
        {"regions": REGIONS, "labels": "Tumor=sausage"},
        {"regions": REGIONS, "is_forced": "maybe"},
        {"regions": REGIONS, "tumour_value": 256},
    ],
)
def test_truth_that_is_none_is_refused(as_pathologist, make_slide, body):
    slide = make_slide()
    answer = add_truth(as_pathologist, slide, **body)
    assert answer.status_code == 400, answer.content
    assert set(answer.json()) <= {"code", "detail", "fields"}
    assert not slide.annotations.exists()


def test_revisions_are_listed_without_their_outlines_at_a_fixed_cost(
    as_pathologist, pathologist, make_slide, django_assert_num_queries
):
    slide = make_slide()
    for expected in (1, 3):
        while slide.annotations.count() < expected:
            Annotation.objects.create(
                slide=slide,
                revision=slide.annotations.count() + 1,
                author=pathologist,
                source="drawn",
                regions=REGIONS,
                tumour_area_px=0,
            )
        with django_assert_num_queries(5):
            answer = as_pathologist.get(f"/api/annotations/?slide={slide.pk}").json()
        assert answer["count"] == expected and "regions" not in answer["results"][0]


@pytest.mark.parametrize(
    ("kind", "start"), [("geojson", b"{"), ("asap", b"<?xml"), ("mask", b"II")]
)
def test_a_revision_is_taken_away_as_a_file(as_pathologist, make_slide, kind, start):
    pk = add_truth(as_pathologist, make_slide(), regions=REGIONS).json()["id"]
    answer = as_pathologist.get(f"/api/annotations/{pk}/{kind}/")
    assert b"".join(answer.streaming_content).startswith(start)
    assert "one_truth_1" in answer["Content-Disposition"]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_revision_is_never_changed(as_admin, make_slide, method):
    pk = add_truth(as_admin, make_slide(), regions=REGIONS).json()["id"]
    answer = getattr(as_admin, method)(f"/api/annotations/{pk}/")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_work_is_dated(as_admin, make_slide):
    slide = make_slide(finished_at=now())
    assert as_admin.get(f"/api/slides/{slide.pk}/").json()["finished_at"].endswith("Z")
