"""What became of corrections: in which dataset, learnt by which version, and what changed."""

import csv
import io
import json

import pytest
from django.urls import reverse
from shapely import box

from predictions.models import Report
from predictions.review import ledger, ledger_words, reviewing, signing
from predictions.review.models import Review
from predictions.review.reviewing import Said
from slides.models import Slide
from tests.predictions.review.conftest import three_lesions
from tests.training.freezing import freeze
from training import manifest, retraining
from training import tasks as training_tasks
from training.models import Dataset, ModelVersion, TrainingRun

KNOWING = frozenset({"open_findings", "unseen", "other_conclusion"})
PAIR = {
    "n": {"slides": 40, "patients": 25, "tumour_slides": 20, "tumour_patients": 12},
    "lesions": {"gained": 0, "lost": 1, "n": 53},
    "false_findings": {"gained": 9, "lost": 40, "first": 71, "second": 40, "n": 40},
    "figures": {
        "false_per_slide": {"value": -0.775, "low": -1.2, "high": -0.35, "verdict": "better"}
        | {"first": 1.775, "second": 1.0, "n": 40, "patients": 25},
        "lesion_sensitivity": {"value": -0.019, "low": -0.06, "high": 0.02, "verdict": "unclear"}
        | {"first": 0.9, "second": 0.881, "n": 53, "patients": 12},
    },
}


def say(review: Review, kind: str, finding: str = "", **said) -> None:
    reviewing.give_verdict(review=review, said=Said(kind, finding, **said), by=review.reader)


@pytest.fixture
def signed(review, pathologist) -> Review:
    """One finding confirmed, two rejected."""
    say(review, "accepted", "c1")
    say(review, "rejected", "c2", because="germinal_centre")
    say(review, "rejected", "c3", because="ink")
    reviewing.judge_slide(review=review, by=pathologist, conclusion="itc")
    return signing.sign(review=review, by=pathologist, terms=signing.Terms(knowing=KNOWING))


@pytest.fixture
def parent(desk_slide, annotate, make_version, admin) -> ModelVersion:
    """The live version, learnt from a dataset of three slides that was frozen before any review."""
    slides = [desk_slide(name) for name in ("one", "two", "three")]
    for slide in slides:
        annotate(slide, box(900, 300, 1100, 500), author=admin)
    dataset = freeze(slides, name="before", balance="none", validation_share=0.34)
    assert dataset.status == "done", dataset.error
    version = make_version("live", stage="live")
    TrainingRun.objects.filter(pk=version.run_id).update(dataset=dataset)
    return ModelVersion.objects.get(pk=version.pk)


@pytest.fixture
def reading(parent, predicted):
    """What it read in a slide that it learns from."""
    patches = manifest.read(parent.run.dataset.manifest_path)
    learnt = patches.columns[patches.indices(manifest.TRAINING)]
    slide = Slide.objects.get(pk=learnt["slide_id"][0])
    return predicted(slide, parent, three_lesions())


def learnt_by(parent: ModelVersion, make_version) -> tuple[Dataset, ModelVersion]:
    """A version that went on from another on what was corrected since, without any training."""
    begun = retraining.retrain(version=parent)
    assert training_tasks.run_freezing(begun.dataset)
    assert begun.dataset.status == "done", begun.dataset.error
    child = make_version("child", parent=parent)
    TrainingRun.objects.filter(pk=child.run_id).update(dataset=begun.dataset, first_version=parent)
    return begun.dataset, ModelVersion.objects.get(pk=child.pk)


def reported(parent: ModelVersion, child: ModelVersion, pair=PAIR) -> Report:
    """A report that holds one version against the other, as its figures are kept."""
    row = Report.objects.create(
        name="held", subset="test", status="done", order=[parent.pk, child.pk],
        results={"pairs": [pair | {"a": parent.pk, "b": child.pk}]},
    )  # fmt: skip
    row.versions.set([parent, child])
    return row


def test_a_correction_waits_until_a_dataset_holds_it(signed, pathologist):
    told = ledger.ledger_of(pathologist, pathologist)
    assert [(one.kind, one.because) for one in told.changes] == [
        ("rejected", "germinal_centre"),
        ("rejected", "ink"),
    ]
    assert (len(told.confirmed), len(told.waiting), told.learnt) == (1, 2, [])
    assert ledger_words.summary(told) == [
        "2 corrections on 1 slide.",
        "1 finding of the model was confirmed.",
        "2 are in no dataset yet.",
    ]


def test_it_is_followed_into_the_dataset_and_the_version(parent, signed, make_version, pathologist):
    dataset, child = learnt_by(parent, make_version)
    told = ledger.ledger_of(pathologist, pathologist)
    assert {one.datasets for one in told.changes} == {(dataset.pk,)}
    assert told.versions[dataset.pk] == [child] and not told.waiting
    (one,) = told.learnt
    assert (one.version, one.parent, one.own, one.others, one.pair) == (child, parent, 2, 0, None)
    assert ledger_words.headline(one, is_own=True) == "child learnt from 2 corrections of yours."


def test_what_it_changed_is_told_with_n_and_interval(parent, signed, make_version, pathologist):
    _, child = learnt_by(parent, make_version)
    report = reported(parent, child)
    (one,) = ledger.ledger_of(pathologist, pathologist).learnt
    assert one.report == report
    assert ledger_words.effect(one) == [
        "child against its parent live, on 40 test slides of 25 patients:",
        "False findings: 40 are gone, 9 are new (71 under live, 40 now).",
        "Lesions: it finds 0 that live misses and loses 1, of 53.",
        "False findings per slide: difference −0.775, 95 % interval −1.200 to −0.350: better.",
        "Share of lesions found: difference −0.019, 95 % interval −0.060 to +0.020: "
        "no clear difference.",
    ]
    assert "no proof that any of them caused it" in ledger_words.caution()


def test_a_later_version_is_held_only_for_what_is_new_to_it(
    parent, signed, make_version, pathologist
):
    dataset, child = learnt_by(parent, make_version)
    grandchild = make_version("grandchild", parent=child)
    TrainingRun.objects.filter(pk=grandchild.run_id).update(dataset=dataset, first_version=child)
    assert [one.version for one in ledger.ledger_of(pathologist, pathologist).learnt] == [child]


def test_a_version_that_learnt_is_held_against_its_parent_once_both_read_the_test_slides(
    parent, signed, make_version, desk_slide, annotate, predicted
):
    _, child = learnt_by(parent, make_version)
    assert ledger.unmeasured() == [(parent, child)]
    assert ledger.wanted_reports() == []  # neither has read a test slide
    test = desk_slide("test", subset="test")
    annotate(test)
    for version in (parent, child):
        predicted(test, version, [[0.1] * 40] * 20)
    (report,) = ledger.wanted_reports()
    assert (report.order, report.status) == ([parent.pk, child.pk], "queued")
    assert ledger.unmeasured() == []
    assert ledger.wanted_reports() == []  # once


def test_a_test_slide_teaches_nothing_and_that_is_told(review, pathologist):
    review.slide.subset = "test"
    review.slide.save()
    say(review, "rejected", "c2", because="ink")
    reviewing.judge_slide(review=review, by=pathologist, conclusion="negative")
    signing.sign(review=review, by=pathologist, terms=signing.Terms(knowing=KNOWING))
    told = ledger.ledger_of(pathologist, pathologist)
    assert (told.corrections, told.kept) == ([], {"test_slide": 1})
    assert ledger_words.kept_words(told) == [
        "1 change is on a test slide, from which nothing is learnt."
    ]


# Page and files ----------------------------------------------------------------------


def test_the_page_tells_it_and_the_files_hold_it(
    parent, signed, make_version, as_pathologist, as_admin
):
    _, child = learnt_by(parent, make_version)
    reported(parent, child)
    page = as_pathologist.get(reverse("ledger")).content.decode()
    for words in ("Your corrections", "40 are gone", "rejected: germinal centre", child.name):
        assert words in page
    lines = list(csv.DictReader(io.StringIO(as_pathologist.get(reverse("ledger-csv")).text)))
    assert [(one["kind"], one["versions"]) for one in lines[:1]] == [("accepted", "child")]
    told = json.loads(as_pathologist.get(reverse("ledger-json")).content)
    assert told["learnt"][0]["difference"]["false_findings"]["lost"] == 40
    assert told["learnt"][0]["own_corrections"] == 2
    theirs = as_admin.get(reverse("ledger"), {"reader": "bob"}).content.decode()
    assert "Corrections of bob" in theirs and "of this reader" in theirs


def test_a_reader_sees_no_colleagues_and_an_empty_page_says_what_comes(as_colleague, signed):
    assert "No correction yet" in as_colleague.get(reverse("ledger")).content.decode()
    assert as_colleague.get(reverse("ledger"), {"reader": "bob"}).status_code == 404


def test_the_api_tells_the_same(as_pathologist, as_admin, signed):
    told = as_pathologist.get("/api/corrections/").json()
    assert (told["reader"], len(told["corrections"])) == ("bob", 3)
    assert as_admin.get("/api/corrections/?reader=bob").json()["corrections"] == told["corrections"]
    assert as_pathologist.get("/api/corrections/?reader=alice").status_code == 404
