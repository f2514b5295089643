"""Pages, files, the API and the command of reports."""

import csv
import io
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from shapely import box

from predictions import report_exports
from predictions.models import Report
from tests.predictions.report_rows import cells, coarse_slide, coarse_version, reported

pytestmark = pytest.mark.django_db

__all__ = ["coarse_slide", "coarse_version", "reported"]

WIDE = (4, 4, 60, 20)


@pytest.fixture
def cohort(coarse_slide, coarse_version, annotate, predicted):
    """Two versions that have read a tumour slide and a normal one; and the tumour slide."""
    one, two = coarse_version("one"), coarse_version("two")
    tumour, normal = coarse_slide("=tumour"), coarse_slide("normal")
    annotate(tumour, box(*WIDE))
    annotate(normal)
    for version, found in ((one, 0.2), (two, 0.9)):
        predicted(tumour, version, cells((0, 1, found), (3, 5, 0.8)))
        predicted(normal, version, cells((2, 2, 0.1)))
    return one, two, tumour


# Pages ---------------------------------------------------------------------------


def test_the_page_shows_figures_plots_slides_and_origin(cohort, reported, as_pathologist):
    one, two, tumour = cohort
    row = reported([one, two])

    page = as_pathologist.get(row.get_absolute_url()).content.decode()

    for words in ("In short", "Lesions found (FROC)", "Calibration of cells", "Subgroups"):
        assert words in page
    assert f"/slides/{tumour.pk}/#x=" in page  # the missed lesion, in the viewer
    assert row.inputs_sha256 in page and one.weights_sha256[:12] in page
    assert "Out of date" not in page and "Compute anew" not in page


def test_a_stale_page_says_so_and_admins_may_compute_anew(
    cohort, reported, annotate, as_admin, as_pathologist, settings
):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    one, _, tumour = cohort
    row = reported([one])
    annotate(tumour, box(*WIDE), box(64, 0, 96, 30))

    page = as_admin.get(row.get_absolute_url()).content.decode()
    assert "Out of date." in page and "=tumour (its truth)" in page and "Compute anew" in page
    assert "Compute anew" not in as_pathologist.get(row.get_absolute_url()).content.decode()
    assert "out of date" in as_pathologist.get("/reports/").content.decode()
    answer = as_admin.post(f"/reports/{row.pk}/again/")

    newer = Report.objects.first()
    assert newer != row and answer.url == newer.get_absolute_url()


def test_without_a_report_the_list_says_what_to_do(as_admin, coarse_version):
    assert "To the versions" in as_admin.get("/reports/").content.decode()

    coarse_version()

    assert "/reports/new/" in as_admin.get("/reports/").content.decode()


def test_the_form_asks_for_a_report_and_finds_it_again(cohort, as_admin):
    one, two, _ = cohort
    wish = {"versions": [one.pk, two.pk], "reference": two.pk, "subset": "test"}
    wish |= {"itc_slides": "negative", "name": "both"}

    answer = as_admin.post("/reports/new/", wish)

    row = Report.objects.get()
    assert answer.url == row.get_absolute_url()
    assert (row.order, row.name, row.status) == ([two.pk, one.pk], "both", "queued")
    assert as_admin.post("/reports/new/", wish).url == row.get_absolute_url()
    page = as_admin.get(row.get_absolute_url()).content.decode()
    assert 'id="report-state"' in page and "Cancel" in page
    assert "HX-Refresh" not in as_admin.get(f"/reports/{row.pk}/state/")


def test_a_form_that_nothing_answers_says_why(coarse_version, as_admin):
    version = coarse_version()
    wish = {"versions": [version.pk], "subset": "unseen", "itc_slides": "negative"}

    page = as_admin.post("/reports/new/", wish).content.decode()

    assert "predict slides first" in page
    assert (
        "This field is required"
        in as_admin.post("/reports/new/", {"subset": "test"}).content.decode()
    )


def test_the_form_takes_what_is_known_of_slides_or_says_what_is_wrong(cohort, as_admin):
    one, _, _ = cohort
    wish = {"versions": [one.pk], "subset": "test", "itc_slides": "negative"}

    def sent(text: str):
        file = SimpleUploadedFile("reference.csv", text.encode())
        return as_admin.post("/reports/new/", wish | {"groups": file})

    refused = sent("image,class,centre\n=tumour,Perhaps,A\n").content.decode()
    assert "expected Tumor or Normal" in refused and not Report.objects.exists()
    sent("image,class,centre\n=tumour,Tumor,A\nnormal,Normal,B\n")
    told = {each["name"]: each["groups"] for each in Report.objects.get().inputs["slides"]}
    assert told == {"=tumour": {"centre": "A"}, "normal": {"centre": "B"}}


def test_the_page_asks_the_database_no_more_for_more_slides(
    cohort, reported, coarse_slide, annotate, predicted, as_admin, django_assert_max_num_queries
):
    one, _, _ = cohort
    for index in range(4):
        slide = coarse_slide(f"more {index}")
        annotate(slide)
        predicted(slide, one, cells())
    row = reported([one])

    with django_assert_max_num_queries(14):
        as_admin.get(row.get_absolute_url())
    with django_assert_max_num_queries(14):
        as_admin.get("/reports/")


def test_the_jobs_page_lists_a_waiting_report(cohort, as_admin):
    one, _, _ = cohort
    as_admin.post(
        "/reports/new/", {"versions": [one.pk], "subset": "test", "itc_slides": "negative"}
    )

    page = as_admin.get("/jobs/").content.decode()

    assert Report.objects.get().get_absolute_url() in page


# Files ---------------------------------------------------------------------------


def test_files_hold_every_figure_and_every_slide(cohort, reported, as_pathologist):
    one, two, _ = cohort
    row = reported([one, two])

    told = json.loads(as_pathologist.get(f"/reports/{row.pk}/report.json").content)
    figures = _csv(as_pathologist.get(f"/reports/{row.pk}/figures.csv"))
    slides = _csv(as_pathologist.get(f"/reports/{row.pk}/slides.csv"))

    assert told["results"] == row.results and told["inputs_sha256"] == row.inputs_sha256
    mine = told["results"]["versions"][str(two.pk)]["froc"]["score"]["value"]
    (score,) = [
        each
        for each in figures
        if (each["version"], each["section"], each["group"], each["figure"])
        == ("two", "froc", "", "score")
    ]
    assert float(score["value"]) == mine and score["unit"] == "lesions"
    assert len(slides) == 4
    tumour = [each for each in slides if each["slide"] == "'=tumour"]  # no formula
    assert [each["lesions_found"] for each in tumour] == ["0", "1"]
    assert [each["false_findings"] for each in tumour] == ["1", "1"]


def _csv(answer) -> list[dict]:
    return list(csv.DictReader(io.StringIO(answer.content.decode())))


def test_an_unfinished_report_has_no_files(cohort, as_admin):
    one, _, _ = cohort
    as_admin.post(
        "/reports/new/", {"versions": [one.pk], "subset": "test", "itc_slides": "negative"}
    )
    row = Report.objects.get()

    assert as_admin.get(f"/reports/{row.pk}/report.json").status_code == 404


# API -----------------------------------------------------------------------------


def test_scripts_ask_read_and_ask_again(cohort, reported, annotate, as_admin):
    one, two, tumour = cohort
    wish = {"versions": [one.pk, two.pk], "groups": {"normal": {"centre": "A"}}}

    asked = as_admin.post("/api/reports/", wish, content_type="application/json")
    again = as_admin.post("/api/reports/", wish, content_type="application/json")

    assert (asked.status_code, again.status_code) == (201, 200)
    assert asked.json()["id"] == again.json()["id"]
    reported([one, two], groups=wish["groups"])
    told = as_admin.get(f"/api/reports/{asked.json()['id']}/").json()
    assert told["status"] == "done" and told["order"] == [one.pk, two.pk]
    assert "slides" not in told["results"]["versions"][str(one.pk)]
    annotate(tumour, box(*WIDE), box(64, 0, 96, 30))
    (listed,) = as_admin.get("/api/reports/").json()["results"]
    assert listed["changes"] == [{"name": "=tumour", "what": "truth"}]
    assert "results" not in listed
    newer = as_admin.post(f"/api/reports/{told['id']}/again/")
    assert newer.status_code == 201 and newer.json()["id"] != told["id"]


def test_slides_come_page_by_page_and_by_version(cohort, reported, as_pathologist):
    one, two, _ = cohort
    row = reported([one, two])
    address = f"/api/reports/{row.pk}/slides/"

    every = as_pathologist.get(address).json()
    some = as_pathologist.get(f"{address}?version={two.pk}&has_tumour=true").json()

    assert every["count"] == 4
    (tumour,) = some["results"]
    assert (tumour["version"], tumour["name"]) == (two.pk, "=tumour")
    assert tumour["lesions"][0]["is_found"] is True
    assert as_pathologist.get(f"{address}?node_class=negative").json()["count"] == 2


def test_reports_are_filtered_by_version_and_state(cohort, reported, as_pathologist):
    one, two, _ = cohort
    reported([one])

    assert as_pathologist.get(f"/api/reports/?version={one.pk}").json()["count"] == 1
    assert as_pathologist.get(f"/api/reports/?version={two.pk}").json()["count"] == 0
    assert as_pathologist.get("/api/reports/?status=queued").json()["count"] == 0


def test_a_script_is_told_what_is_wrong(cohort, as_admin):
    one, _, _ = cohort

    def refused(**wish):
        answer = as_admin.post("/api/reports/", wish, content_type="application/json")
        return answer.status_code, answer.content.decode()

    assert refused(versions=[])[0] == 400
    assert refused(versions=[999])[0] == 400
    status, words = refused(versions=[one.pk], subset="unseen", tissue_bar=0.9)
    assert status in (400, 409) and "predict slides first" in words


# Command -------------------------------------------------------------------------


def test_the_command_computes_and_prints(cohort, capsys):
    call_command("report", "one", "two", "--subset", "test")
    text = capsys.readouterr().out
    assert "one, threshold 0.5" in text and "froc score" in text

    call_command("report", "one", "two", "--format", "json")
    assert set(json.loads(capsys.readouterr().out)) >= {"inputs", "results", "inputs_sha256"}
    call_command("report", "one", "two", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert {row["version"] for row in rows} == {"one", "two"}
    call_command("report", "one", "two", "--format", "slides-csv")
    assert capsys.readouterr().out.startswith("version_id,version,slide_id")
    assert Report.objects.count() == 1


def test_the_command_takes_groups_from_a_list(cohort, capsys, tmp_path):
    path = tmp_path / "reference.csv"
    path.write_text("image,class,size,centre\n=tumour,Tumor,Micro,A\nnormal,Normal,None,B\n")

    call_command("report", "one", "--groups", str(path), "--format", "json")

    told = json.loads(capsys.readouterr().out)
    (version,) = told["results"]["versions"].values()
    assert {one["name"] for one in version["subgroups"] if one["dimension"] == "centre"} == {
        "A",
        "B",
    }


def test_the_command_says_what_is_missing(coarse_version):
    coarse_version("one")

    with pytest.raises(CommandError, match="predict slides first"):
        call_command("report", "one")
    with pytest.raises(CommandError, match="There is no model version"):
        call_command("report", "other")


def test_text_names_who_is_left_out(cohort, reported, coarse_slide):
    one, _, _ = cohort
    coarse_slide("no truth")

    assert "left out: no truth: no truth" in report_exports.as_text(reported([one]))
