"""The cockpit of a report: its page, its numbers, and a threshold that becomes a version."""

import csv
import io
import json
import re

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from shapely import box

from predictions import cockpit_choice, exam_leaks
from predictions.cockpit import cockpit_of
from predictions.cockpit_choice import Wish
from predictions.operating_points import ReviewTime
from predictions.origin import exposure
from slides.jobs import Reason
from slides.models import AuditEvent, Slide
from tests.predictions import report_rows
from tests.predictions.report_rows import SMALL, WIDE, cells
from training import lineage
from training.models import ModelVersion

pytestmark = pytest.mark.django_db

coarse_slide, coarse_version = report_rows.coarse_slide, report_rows.coarse_version
read, reported = report_rows.read, report_rows.reported
WHY = "Every lesion found; the ward bears the false ones."
LOW = float(np.float32(0.3))


@pytest.fixture
def ward(coarse_slide, coarse_version, read, reported):
    """A report over development slides: two with a lesion each, a normal one, one learnt from."""

    def made(subset: str = "development", **fields):
        learnt = coarse_slide("learnt", subset=subset)
        version = coarse_version(training=[learnt], **fields)
        read("low", [WIDE], {version: cells((0, 1, 0.3), (3, 5, 0.6))}, subset=subset)
        read("high", [WIDE, SMALL], {version: cells((0, 1, 0.9), (2, 4, 0.4))}, subset=subset)
        read("normal", [], {version: cells((2, 2, 0.2))}, subset=subset)
        annotated = read_again(learnt, version)
        return reported([version], subset), version, annotated

    def read_again(slide, version):
        from tests.predictions.rows import made_prediction

        slide.annotations.create(
            revision=1, source="declared_normal", regions={"type": "FeatureCollection"}
            | {"features": []}, checksum="0" * 64, tumour_area_px=0.0
        )  # fmt: skip
        made_prediction(slide, version, cells((1, 1, 0.95)))
        return slide

    return made


def wish(version: ModelVersion, threshold: float = 0.3, **fields) -> Wish:
    return Wish(**{"threshold": threshold, "reason": WHY, "version": version.pk} | fields)


def refused(report, asked: Wish, admin) -> Reason:
    count = ModelVersion.objects.count()
    with pytest.raises(Reason) as caught:
        cockpit_choice.choose(report, asked, by=admin)
    assert ModelVersion.objects.count() == count
    return caught.value


# Looking -------------------------------------------------------------------------


def test_slides_learnt_from_are_left_out_unless_asked_for(ward):
    report, _, _ = ward()
    fit, every = cockpit_of(report), cockpit_of(report, basis="all")
    assert sorted(one["name"] for one in fit.entries) == ["high", "low", "normal"]
    assert (fit.basis, len(every.entries), every.counts()["learnt_from"]) == ("fit", 4, 1)


def test_at_its_own_threshold_the_cockpit_says_what_the_report_says(ward):
    report, version, _ = ward()
    cockpit = cockpit_of(report, basis="all")
    (row,) = cockpit.table(ReviewTime(), cuts=np.array([version.threshold]))
    told = report.results["versions"][str(version.pk)]
    for ours, theirs in (
        (row["sensitivity"], told["lesions"]["sensitivity"]),
        (row["false_per_slide"], told["lesions"]["false_per_slide"]),
        (row["tumour_slides"], told["slides_level"]["sensitivity"]),
        (row["normal_slides"], told["slides_level"]["normal_with_call"]),
    ):
        for edge in ("value", "low", "high", "n", "unit"):
            assert ours[edge] == theirs[edge]


def test_the_page_names_what_is_lost_and_leads_there(ward, as_pathologist):
    report, version, _ = ward()
    page = as_pathologist.get(f"/reports/{report.pk}/cockpit/").content.decode()
    low = Slide.objects.get(name="low")
    (shown,) = re.findall(rf'<li ><a href="(/slides/{low.pk}/#x=[^"]+)">low, lesion 1</a>', page)
    assert f"p={version.predictions.get(slide=low).pk}" in shown
    assert '<li hidden><a href="/slides/' in page  # the lesion that is found
    numbers = json.loads(re.search(r'id="cockpit-numbers"[^>]*>(.*?)</script>', page).group(1))
    assert numbers["lesions"]["micro"] == [pytest.approx(0.9), pytest.approx(0.3)]
    assert numbers["false"] == [pytest.approx(0.6), pytest.approx(0.2)]
    assert "1 of the 4 slides of the report is left out" in page
    assert "Make it a version" not in page  # a pathologist looks, an admin chooses
    assert "/cockpit/" in as_pathologist.get(report.get_absolute_url()).content.decode()


def test_files_have_every_threshold_with_the_readers_own_times(ward, as_pathologist):
    report, version, _ = ward()
    asked = "?slides=all&seconds_per_slide=60&seconds_per_finding=6"
    answer = as_pathologist.get(f"/reports/{report.pk}/thresholds.csv{asked}")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert [round(float(row["threshold"]), 4) for row in rows] == [
        *(0.95, 0.9, 0.6, 0.5, 0.4, 0.3, 0.2)
    ]  # fmt: skip
    at_05 = rows[3]
    assert (at_05["is_present"], at_05["found"], at_05["lost_micro"]) == ("True", "1", "1")
    assert at_05["false_findings"] == "2" and float(at_05["minutes"]) == (4 * 60 + 3 * 6) / 60
    told = json.loads(as_pathologist.get(f"/reports/{report.pk}/thresholds.json{asked}").content)
    assert told["review"] == {"seconds_per_slide": 60.0, "seconds_per_finding": 6.0}
    assert (told["version"]["id"], len(told["rows"])) == (version.pk, 7)


def test_what_is_no_version_of_the_report_is_not_there(ward, as_admin):
    report, _, _ = ward()
    assert as_admin.get(f"/reports/{report.pk}/cockpit/?version=999").status_code == 404
    answer = as_admin.get(f"/api/reports/{report.pk}/thresholds/?version=999")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


# Choosing ------------------------------------------------------------------------


def test_a_chosen_threshold_is_a_version_that_says_who_when_why_and_on_what(ward, admin):
    report, version, _ = ward()
    before = ModelVersion.objects.filter(pk=version.pk).values().get()
    new = cockpit_choice.choose(report, wish(version), by=admin)
    assert (new.threshold, new.stage, new.parent) == (LOW, "candidate", version)
    assert (new.weights_sha256, new.calibration) == (version.weights_sha256, version.calibration)
    today = new.created_at.date().isoformat()
    assert new.threshold_source == (
        f"chosen by alice on {today}, report {report.pk} (3 development slides of 3 patients): "
        f"{WHY}"
    )
    chosen = new.metrics["chosen"]
    assert (chosen["by"], chosen["reason"], chosen["report"]) == ("alice", WHY, report.pk)
    assert chosen["figures"]["sensitivity"]["value"] == 1.0
    assert ModelVersion.objects.filter(pk=version.pk).values().get() == before
    event = AuditEvent.objects.get(action="choose threshold")
    assert event.details["threshold"] == {"before": 0.5, "after": LOW}
    assert (event.details["reason"], event.details["parent"]) == (WHY, "one")


def test_slides_it_was_chosen_on_count_as_seen(ward, admin):
    report, version, learnt = ward()
    new = cockpit_choice.choose(report, wish(version), by=admin)
    seen = {slide.name: exposure(slide, new) for slide in Slide.objects.all()}
    assert seen == dict.fromkeys(["low", "high", "normal"], "validation") | {"learnt": "training"}
    assert exposure(Slide.objects.get(name="low"), version) == "unseen"


def test_test_slides_want_a_word_and_close_the_gate(ward, admin):
    report, version, _ = ward("test")
    reason = refused(report, wish(version, basis="held_out"), admin)
    assert reason.code == "on_test_slides"
    assert "judge a finished version" in str(reason)
    asked = wish(version, basis="held_out", despite=["test"])
    new = cockpit_choice.choose(report, asked, by=admin)
    assert new.threshold_source.startswith("CHOSEN ON TEST SLIDES: chosen by alice")
    tested = list(Slide.objects.filter(name__in=["low", "normal"]))
    leaks = exam_leaks.leaks_of(tested, lineage.seen_by(new), alive=lambda: None)
    assert {(one["slide"], one["side"]) for one in leaks} == {
        ("low", "validation"),
        ("normal", "validation"),
    }


def test_what_cannot_be_chosen_is_refused_in_words(ward, admin, annotate):
    report, version, _ = ward()
    for threshold, code in ((1.2, "bad_input"), (float("nan"), "bad_input"), (-0.1, "bad_input")):
        assert refused(report, wish(version, threshold), admin).code == code
    assert refused(report, wish(version, 0.01), admin).code == "not_measured"
    assert refused(report, wish(version, reason="  \n"), admin).code == "reason_missing"
    assert refused(report, wish(version, 0.5), admin).code == "nothing_new"
    assert refused(report, wish(version, basis="all"), admin).code == "on_learnt_slides"
    new = cockpit_choice.choose(report, wish(version), by=admin)
    again = refused(report, wish(version), admin)
    assert again.code == "nothing_new" and new.name in str(again)
    annotate(Slide.objects.get(name="normal"), box(*WIDE))
    stale = refused(report, wish(version, 0.4), admin)
    assert stale.code == "stale" and "normal (truth)" in str(stale)


def test_maps_read_elsewhere_have_no_weights_to_make_a_version_of(ward, admin, as_admin):
    report, version, _ = ward()
    ModelVersion.objects.filter(pk=version.pk).update(architecture="external")
    reason = refused(report, wish(version), admin)
    assert reason.code == "read_elsewhere" and "came as maps" in str(reason)
    page = as_admin.get(f"/reports/{report.pk}/cockpit/").content.decode()
    assert "there are no weights here" in page and "Why this threshold" not in page


def test_the_form_chooses_and_says_what_is_wrong_in_its_place(ward, as_admin, as_pathologist):
    report, version, _ = ward()
    place = f"/reports/{report.pk}/cockpit/"
    sent = {"threshold": "0.3", "reason": "", "version": version.pk, "slides": "fit"}
    assert as_pathologist.post(place, sent).status_code == 403
    page = as_admin.post(place, sent).content.decode()
    assert "say why this threshold: the reason is empty" in page
    answer = as_admin.post(place, sent | {"reason": WHY, "name": "kinder"})
    new = ModelVersion.objects.get(name="kinder")
    assert answer.url == new.get_absolute_url()
    page = as_admin.get(new.get_absolute_url()).content.decode()
    assert "chosen by alice on" in page


def test_the_api_lists_thresholds_and_chooses(ward, as_admin):
    report, version, _ = ward()
    told = as_admin.get(f"/api/reports/{report.pk}/thresholds/?page_size=2").json()
    assert told["count"] == 6
    first = told["results"][0]
    assert first["threshold"] == pytest.approx(0.9)
    assert first["lost_by_size_class"] == {"itc": 1, "micro": 1, "macro": 0}
    place = f"/api/reports/{report.pk}/choose/"
    asked = {"threshold": 0.3, "version": version.pk}
    answer = as_admin.post(place, asked, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "reason_missing")
    answer = as_admin.post(place, asked | {"reason": WHY}, content_type="application/json")
    assert answer.status_code == 201
    assert (answer.json()["threshold"], answer.json()["stage"]) == (LOW, "candidate")


def test_the_command_tells_every_threshold_and_chooses(ward, admin):
    report, version, _ = ward()
    out = io.StringIO()
    call_command("thresholds", report.pk, stdout=out)
    assert "one on 3 slides of report" in out.getvalue()
    lines = [" ".join(line.split()) for line in out.getvalue().splitlines()]
    assert "0.5000* 0.50 (0.00-1.00) 0.33 (0.00-0.67) 2/2 0/1 1.96" in lines
    with pytest.raises(CommandError, match="the reason is empty"):
        call_command("thresholds", report.pk, choose=0.3)
    call_command("thresholds", report.pk, "--choose=0.3", f"--reason={WHY}", "--user=alice")
    assert ModelVersion.objects.get(parent=version).metrics["chosen"]["by"] == "alice"
