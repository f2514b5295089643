"""Which lymph node a slide is of: every way in, and who said so."""

import csv
from pathlib import Path

import pytest
from django.core.management import call_command

from slides import services, uploads
from slides.jobs import Reason
from slides.models import AuditEvent, Slide
from tests.slide_files import tissue_like, write_pyramid

pytestmark = pytest.mark.django_db


def test_blanks_are_kept_once_and_a_long_name_is_refused():
    assert services.believable_node("  LN \t 2\n") == "LN 2"
    with pytest.raises(Reason, match="at most 80 characters, not 81") as refusal:
        services.believable_node("x" * 81)
    assert refusal.value.code == "bad_node"


def test_an_admin_names_a_node_and_the_log_says_so(as_admin, as_pathologist, make_slide):
    slide = make_slide("one")
    as_admin.post(f"/slides/{slide.pk}/node/", {"node": " LN  2 "})
    as_admin.post(f"/slides/{slide.pk}/node/", {"node": "LN 2"})  # the same again says nothing new
    slide.refresh_from_db()
    assert slide.node == "LN 2"
    event = AuditEvent.objects.get()
    assert (event.actor, event.action) == ("alice", "name node")
    assert event.details == {"before": "", "node": "LN 2"}
    assert as_pathologist.post(f"/slides/{slide.pk}/node/", {"node": "LN 3"}).status_code == 403


def test_the_page_that_asked_is_gone_back_to_if_it_is_ours(as_admin, make_slide):
    url = f"/slides/{make_slide('one').pk}/node/"
    assert as_admin.post(url, {"node": "a", "next": "/jobs/"}).url == "/jobs/"
    assert as_admin.post(url, {"node": "b", "next": "https://else.where/"}).url.startswith(
        "/slides"
    )


def test_over_the_api(as_admin, make_slide):
    slide = make_slide("one", node="LN 1")
    make_slide("two")
    listed = as_admin.get("/api/slides/", {"node": "LN 1"}).json()["results"]
    assert [row["id"] for row in listed] == [slide.pk]
    url = f"/api/slides/{slide.pk}/node/"
    answer = as_admin.patch(url, {"node": "LN 7"}, content_type="application/json")
    assert (answer.status_code, answer.json()["node"]) == (200, "LN 7")
    assert as_admin.patch(url, {"node": ""}, content_type="application/json").json()["node"] == ""
    too_long = as_admin.patch(url, {"node": "x" * 81}, content_type="application/json")
    assert too_long.status_code == 400


def test_pages_show_it(as_pathologist, make_slide):
    slide = make_slide("one", node="LN 4")
    assert "node LN 4" in as_pathologist.get("/slides/").text
    assert "node LN 4" in as_pathologist.get(slide.get_absolute_url()).text


def test_it_comes_with_an_upload(admin, tmp_path, settings):
    Path(settings.UPLOAD_ROOT).mkdir(parents=True)
    upload = uploads.begin(owner=admin, size=1, said={"filename": "a.tif", "node": " LN  3"})
    upload.part_path.write_bytes(b"x")
    assert services.register_upload(upload).node == "LN 3"


@pytest.mark.usefixtures("believed")
def test_it_comes_with_the_table_beside_the_files(tmp_path):
    for name in ("a", "b"):
        write_pyramid(tmp_path / f"{name}.tif", tissue_like(700, 600, seed=ord(name)))
    with (tmp_path / "slides.csv").open("w", newline="") as table:
        rows = csv.writer(table)
        rows.writerows([("file", "patient", "node"), ("a.tif", "P", "LN 1"), ("b.tif", "P", "")])
    call_command("import_slides", str(tmp_path), verbosity=0)
    assert list(Slide.objects.values_list("name", "node")) == [("a", "LN 1"), ("b", "")]
