"""Reports: the same inputs, the same row; nobody lost; what is gone or another since is told."""

import json

import pytest
from django.db import IntegrityError, transaction
from shapely import box

from predictions import report_exports, report_inputs, reports, tasks
from predictions.models import Report
from predictions.origin import NotPredicted
from tests.predictions.report_rows import (
    SMALL,
    WIDE,
    cells,
    coarse_slide,
    coarse_version,
    figures_of,
    read,
    reported,
)

pytestmark = pytest.mark.django_db

__all__ = ["coarse_slide", "coarse_version", "read", "reported"]

# Asking --------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_report(read, coarse_version, reported):
    version = coarse_version()
    read("one", [WIDE], {version: cells((0, 1, 0.9))})

    row = reported([version])
    again = reports.request_report([version, version], "test", name="another name")

    assert again == row and Report.objects.count() == 1
    assert tasks.run_report(again) is False
    other = reports.request_report([version], "test", itc_slides="positive")
    assert other != row


def test_the_database_holds_one_report_of_the_same_inputs(read, coarse_version, reported):
    version = coarse_version()
    read("one", [WIDE], {version: cells((0, 1, 0.9))})
    row = reported([version])

    with pytest.raises(IntegrityError), transaction.atomic():
        Report.objects.create(name="second", inputs_sha256=row.inputs_sha256)
    Report.objects.create(name="of before")
    Report.objects.create(name="of before too")

    assert Report.objects.count() == 3


def test_a_changed_truth_makes_it_stale_and_another_row(read, coarse_version, reported, annotate):
    version = coarse_version()
    slide = read("one", [WIDE], {version: cells((0, 1, 0.9))})
    row = reported([version])
    before = json.dumps(row.results, sort_keys=True)
    assert report_inputs.changes([row]) == {row.pk: []}

    annotate(slide, box(*WIDE), box(64, 0, 96, 30))

    assert report_inputs.changes([row]) == {row.pk: [{"name": "one", "what": "truth"}]}
    newer = reports.request_again(row)
    tasks.run_report(newer)
    row.refresh_from_db()
    assert newer.pk != row.pk and newer.name == row.name
    assert json.dumps(row.results, sort_keys=True) == before
    assert report_inputs.changes([newer])[newer.pk] == []


def test_what_has_changed_is_told_by_its_kind(read, coarse_version, reported, predicted):
    version = coarse_version()
    slides = {
        name: read(name, [WIDE], {version: cells((0, 1, 0.9))})
        for name in ("map", "mpp", "gone", "same")
    }
    row = reported([version])

    slides["map"].predictions.update(map_sha256="0" * 64)
    slides["mpp"].mpp = 7.5
    slides["mpp"].save()
    slides["gone"].delete()
    type(version).objects.filter(pk=version.pk).update(threshold=0.7)

    told = {(one["name"], one["what"]) for one in report_inputs.changes([row])[row.pk]}
    assert told == {("map", "map"), ("mpp", "mpp"), ("gone", "gone"), ("one", "threshold")}


def test_who_is_left_out_is_named_with_the_reason(
    read, coarse_slide, coarse_version, annotate, reported
):
    one, two = coarse_version("one"), coarse_version("two")
    read("both", [WIDE], {one: cells((0, 1, 0.9)), two: cells()})
    read("only one", [WIDE], {one: cells((0, 1, 0.9))})
    coarse_slide("no truth")
    coarse_slide("waiting", status="running")
    annotate(coarse_slide("no mpp", mpp=None), box(*WIDE))

    row = reported([one, two])

    told = {each["name"]: (each["code"], each["versions"]) for each in row.inputs["excluded"]}
    assert told == {
        "only one": ("without_prediction", [two.pk]),
        "no truth": ("without_truth", []),
        "waiting": ("not_ready", []),
        "no mpp": ("unknown_mpp", [one.pk, two.pk]),
    }
    assert [each["name"] for each in row.inputs["slides"]] == ["both"]


def test_slides_not_read_count_as_missed_in_the_official_score(
    read, coarse_slide, coarse_version, annotate, reported
):
    version = coarse_version()
    read("read", [WIDE], {version: cells((0, 1, 0.9))})
    read("normal", [], {version: cells((2, 2, 0.3))})
    annotate(coarse_slide("not read"), box(*WIDE))

    froc = figures_of(reported([version]), version)["froc"]

    assert froc["score"]["value"] == pytest.approx(1.0)
    assert froc["with_missing"]["value"] == pytest.approx(0.5)
    assert (froc["with_missing"]["n"], froc["with_missing"]["missing"]) == (2, ["not read"])


def test_unseen_slides_leave_out_those_of_patients_in_training(
    read, coarse_slide, coarse_version, annotate, predicted, reported
):
    seen = coarse_slide("seen", patient="ann")
    version = coarse_version(training=[seen])
    annotate(seen, box(*WIDE))
    predicted(seen, version, cells())
    read("unseen", [WIDE], {version: cells((0, 1, 0.9))})

    row = reported([version], "unseen")

    assert [one["name"] for one in row.inputs["slides"]] == ["unseen"]
    assert row.inputs["excluded"][0]["code"] == "seen"


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        ({"subset": "some"}, "is none of test, development, unseen, all"),
        ({"subset": "test"}, "predict slides first (there are no slides)"),
        ({"itc_slides": "maybe"}, "one of"),
        ({"versions": []}, "1 to 8 versions, got 0"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish, words, coarse_version):
    wanted = {"versions": [coarse_version()], "subset": "test"} | wish

    with pytest.raises(NotPredicted) as refusal:
        reports.request_report(**wanted)

    assert words in str(refusal.value)


# Making --------------------------------------------------------------------------


def test_progress_is_told_and_a_cancelled_report_goes_on_when_asked_again(read, coarse_version):
    version = coarse_version()
    read("one", [WIDE], {version: cells((0, 1, 0.9))})
    row, seen = reports.request_report([version], "test"), []

    def watch(done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            row.request_cancel()

    tasks.run_report(row, watch=watch)
    row.refresh_from_db()

    assert seen[0] == (0, 5) and row.status == "cancelled" and row.results == {}
    again = reports.request_report([version], "test")
    assert again == row and again.status == "queued"
    assert tasks.run_report(again)
    again.refresh_from_db()
    assert again.status == "done"


def test_a_map_that_is_another_since_is_not_measured(read, coarse_version):
    version = coarse_version()
    slide = read("one", [WIDE], {version: cells((0, 1, 0.9))})
    row = reports.request_report([version], "test")
    slide.predictions.update(map_sha256="0" * 64)

    tasks.run_report(row)
    row.refresh_from_db()

    assert row.status == "failed" and "ask for the report anew" in row.error


def test_what_a_report_holds_is_json_that_every_reader_takes(read, coarse_version, reported):
    one, two = coarse_version("one"), coarse_version("two")
    read("t", [WIDE, SMALL], {one: cells((0, 1, 0.9)), two: cells((2, 4, 0.9))})
    read("n", [], {one: cells(), two: cells((3, 3, 0.7))})

    row = reported([two, one])

    text = report_exports.json_text(row)
    told = json.loads(text, parse_constant=pytest.fail)
    assert told["order"] == [two.pk, one.pk]
    assert [(pair["a"], pair["b"]) for pair in told["results"]["pairs"]] == [(two.pk, one.pk)]


def test_questions_do_not_grow_with_reports_or_slides(
    read, coarse_version, reported, django_assert_num_queries, django_assert_max_num_queries
):
    version = coarse_version()
    for index in range(4):
        read(f"slide {index}", [WIDE], {version: cells((0, 1, 0.9))})
    rows = [reported([version], itc_slides=kind) for kind in ("negative", "positive")]

    with django_assert_num_queries(4):
        report_inputs.changes(rows)
    with django_assert_max_num_queries(6):
        report_inputs.gather(report_inputs.Wish([version], "test", 0.3))
