"""What a study comes to: references, first signatures, lesions found, sentinels; who sees it."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now
from shapely import box
from shapely.geometry import mapping

from predictions.review import study_reference, study_results, visibility
from predictions.review.models import Candidate, StudySlide, WorkItem
from predictions.review.study_shown import shown
from tests.predictions.review.study_rows import (
    a_read_study,
    a_reading,
    a_review,
    a_study,
    a_user,
    a_verdict,
    an_item,
)

pytestmark = pytest.mark.django_db
LESION = box(200, 200, 700, 260)  # 250 um long: a micrometastasis
NEXT = box(700, 400, 1270, 460)


@pytest.fixture
def readers(db):
    return [a_user("ann"), a_user("ben")]


@pytest.fixture
def slides(desk_slide, annotate):
    """Eight patients, every second one with a micrometastasis."""
    made = []
    for place in range(8):
        slide = desk_slide(f"s{place}")
        annotate(slide, *([LESION] if place % 2 == 0 else []))
        made.append(slide)
    return made


@pytest.fixture
def study(slides, readers):
    return a_read_study(slides, readers)


def figures(study):
    return study_results.results_of(study)["figures"]


# What readings are held against -------------------------------------------------------


def test_readings_are_held_against_the_truth_of_the_opening(study, slides, annotate):
    annotate(slides[1], LESION)  # drawn later, by the study itself perhaps
    told = figures(study)
    assert told["n"]["tumour"] == 8  # four slides, read twice
    # ann misses slides 0 and 6 alone; 3 is negative anyway
    assert told["slides"]["sensitivity"]["unaided"]["value"] == pytest.approx(6 / 8)
    assert told["slides"]["sensitivity"]["aided"]["value"] == 1
    assert told["slides"]["specificity"]["aided"]["value"] == pytest.approx(7 / 8)
    assert told["minds"]["wrong_to_right"] == 2
    assert told["minds"]["right_to_wrong"] == 1


def test_a_known_answer_comes_before_the_truth_and_adjudication_after(
    desk_slide, readers, annotate
):
    known, truth, decided, agreed = (desk_slide(name) for name in "abcd")
    annotate(truth, LESION)
    study = a_study([known, truth, decided, agreed], readers, adjudicator=a_user("judge"))
    StudySlide.objects.filter(slide=known).update(is_sentinel=True, answer="macro")
    StudySlide.objects.filter(slide=truth).update(truth=truth.truth)
    for slide in (decided, agreed):
        for seat, reader in enumerate(readers, start=1):
            a_reading(study, slide, reader, ("", "itc"), seat=seat)
    a_reading(study, decided, study.adjudicator, ("", "micro"), seat=3)
    results = study_results.results_of(study)
    assert dict(results["reference"]) == {"truth": 1, "adjudication": 1, "none": 1}
    assert {row["slide"]: row["reference"] for row in results["readings"]} == {
        "c": "micro",
        "d": "",
    }
    assert results["adjudication"]["with_neither"] == 1


def test_an_incomplete_drawing_without_tumour_says_nothing(desk_slide, readers, annotate):
    slide = desk_slide()
    annotate(slide, is_exhaustive=False)
    study = a_study([slide], readers[:1])
    member = study.slides.get()
    member.truth = slide.truth
    assert study_reference.known_of(member).conclusion == ""


def test_without_um_per_px_it_is_tumour_of_unknown_size(desk_slide, readers, annotate):
    slide = desk_slide(mpp=None)
    annotate(slide, LESION)
    study = a_study([slide], readers[:1])
    StudySlide.objects.update(truth=slide.truth)
    a_reading(study, slide, readers[0], ("", "macro"))
    told = figures(study)["slides"]
    assert told["sensitivity"]["aided"]["value"] == 1
    assert told["sensitivity_micro"]["aided"]["value"] is None


def test_what_was_signed_first_counts(study, slides, readers):
    item = WorkItem.objects.get(study=study, slide=slides[0], seat=1)
    first = item.reviews.get()
    type(first).objects.filter(pk=first.pk).update(state="superseded")
    row = {"supersedes": first, "conclusion": "negative", "unaided": "negative"}
    kept = {"unaided_at": first.unaided_at, "state": "signed", "frozen_sha256": "1" * 64}
    type(first).objects.create(
        item=item, slide=slides[0], reader=readers[0], signed_at=first.signed_at, **row | kept
    )
    results = study_results.results_of(study)
    assert results["superseded"] == 1
    assert results["figures"]["slides"]["sensitivity"]["aided"]["value"] == 1


def test_a_slide_that_cannot_be_judged_is_in_no_figure(study, readers, desk_slide, annotate):
    slide = desk_slide("torn")
    annotate(slide, LESION)
    StudySlide.objects.create(study=study, slide=slide, truth=slide.truth)
    a_reading(study, slide, readers[0], ("micro", "micro"), is_adequate=False)
    told = figures(study)
    assert told["n"]["not_judged"] == 1
    assert told["slides"]["sensitivity"]["aided"]["n"] == 8


def test_the_same_readers_with_the_model_from_the_beginning(
    study, slides, readers, reading, as_admin
):
    """ann reads all but one slide again, aided, in 30 s each; ben nothing."""
    other = a_study(slides, readers[:1], name="with the model")
    for slide in slides[1:]:
        a_reading(other, slide, readers[0], ("", "micro"), of=reading, active_seconds=30.0)
    assert study_results.crossed_with(study) == [other]
    assert study_results.crossed_with(other) == []
    told = study_results.crossed(study, other)["figures"]
    assert (told["n"]["readings"], told["n"]["readers"]) == (7, 1)
    assert told["slides"]["sensitivity"]["aided"]["value"] == 1
    assert told["slides"]["specificity"]["difference"]["value"] == -1
    assert told["seconds"]["difference"]["verdict"] == "better"
    page = as_admin.get(study.get_absolute_url(), {"against": other.pk}).content.decode()
    assert "7 readings of 7 slides and 7 patients were made twice" in page
    place = reverse("study-results", args=[study.pk])
    assert as_admin.get(place, {"against": other.pk}).json()["crossed"]["study"]["id"] == other.pk


# Lesions ------------------------------------------------------------------------------


def test_lesions_are_found_by_what_was_held_alone_and_in_the_end(reading, readers, annotate):
    """Alone one is added at the first lesion; then a candidate near the second, and a false one."""
    slide = reading.slide
    annotate(slide, LESION, NEXT)
    study = a_study([slide], readers[:1])
    StudySlide.objects.update(truth=slide.truth)
    review = a_review(an_item(slide, readers[0], study=study, prediction=reading), readers[0])
    for key, region in (("a1", box(300, 190, 320, 210)), ("a2", box(0, 600, 20, 620))):
        a_verdict(review, finding=key, kind="added", region=mapping(region))
    review.unaided, review.unaided_at = "micro", now()
    candidate, near = a_candidate(reading), mapping(box(900, 470, 1000, 500))
    a_verdict(review, finding="c1", kind="redrawn", candidate=candidate, region=near)
    review.map_sha256, review.threshold = reading.map_sha256, reading.threshold
    signed(review)
    hits = study_reference.hits_of(review, study.slides.select_related("slide", "truth").get())
    assert vars(hits) == {
        "lesions": 2,
        "unaided": 1,
        "false_unaided": 1,
        "aided": 2,
        "false_aided": 1,
    }


def a_candidate(reading) -> Candidate:
    row = {"number": 1, "confidence": 0.9, "x_l0": 950, "y_l0": 480, "cells": 1}
    of = {"prediction": reading, "map_sha256": reading.map_sha256, "threshold": reading.threshold}
    return Candidate.objects.create(**of, **row, box_l0=[900, 470, 1000, 500])


def signed(review) -> None:
    review.state, review.signed_at, review.frozen_sha256 = "signed", now(), "0" * 64
    review.save()


def test_truth_that_is_not_exhaustive_tells_no_lesions(desk_slide, readers, annotate):
    slide = desk_slide()
    annotate(slide, LESION, is_exhaustive=False)
    study = a_study([slide], readers[:1])
    StudySlide.objects.update(truth=slide.truth)
    known = study_reference.known_of(study.slides.select_related("slide", "truth").get())
    assert (known.conclusion, known.lesions) == ("micro", None)


# Sentinels ----------------------------------------------------------------------------


def test_sentinels_are_counted_apart_and_in_no_other_figure(study, desk_slide, readers):
    slide = desk_slide("sentinel")
    StudySlide.objects.create(study=study, slide=slide, is_sentinel=True, answer="macro")
    before = figures(study)["n"]["readings"]
    a_reading(study, slide, readers[0], ("negative", "micro"))
    results = study_results.results_of(study)
    assert results["figures"]["n"]["readings"] == before
    (row,) = results["sentinels"]
    assert (row["reader"], row["n"], row["hit"], row["same_class"]) == ("ann", 1, 1, 0)


# Who sees what ------------------------------------------------------------------------

ADDRESSES = ("study-results", "study-figures", "study-readings", "api-study-results")


def statuses(client: Client, study) -> set[int]:
    return {client.get(reverse(name, args=[study.pk])).status_code for name in ADDRESSES}


def test_readers_see_no_result_before_the_study_is_closed(study, readers, as_admin):
    client = Client()
    client.force_login(readers[0])
    assert statuses(client, study) == {403}
    page = client.get(study.get_absolute_url()).content.decode()
    assert "What it comes to" not in page
    assert "ben" not in page
    assert statuses(as_admin, study) == {200}
    study.state = "closed"
    study.save()
    assert statuses(client, study) == {200}
    assert "What it comes to" in client.get(study.get_absolute_url()).content.decode()


def test_an_admin_who_reads_in_it_waits_too(study, admin, as_admin, slides):
    an_item(slides[0], admin, study=study, seat=3)
    assert statuses(as_admin, study) == {403}
    assert not visibility.shows_sentinels(admin, study)


def test_strangers_to_the_study_do_not_see_it_before(study, as_pathologist):
    assert as_pathologist.get(study.get_absolute_url()).status_code == 404
    assert as_pathologist.get(reverse("api-study-list")).json()["count"] == 0


def test_the_page_says_figures_with_n_and_verdicts(study, as_admin):
    told = shown(study_results.results_of(study))
    row = told["tables"][0]["rows"][0]
    assert (row["unaided"]["value"], row["aided"]["value"]) == ("0.750", "1.000")
    assert (row["patients"], row["verdict"]) == (4, "too_few")
    page = as_admin.get(study.get_absolute_url()).content.decode()
    assert "too few patients for a verdict" in page
    assert "2 went from wrong to right and 1 from right to wrong" in page


def test_files_hold_every_figure_and_reading(study, as_admin):
    def rows(name) -> list[dict]:
        text = as_admin.get(reverse(name, args=[study.pk])).content.decode()
        return list(csv.DictReader(io.StringIO(text)))

    assert len(rows("study-readings")) == 16
    told = {(row["reader"], row["figure"], row["reading"]): row for row in rows("study-figures")}
    assert told["", "slides_sensitivity", "difference"]["value"] == "0.25"
    assert told["ann / ben", "kappa_tumour", "aided"]["n"] == "8"


def test_a_study_that_nobody_has_read_has_a_page(slides, readers, as_admin):
    study = a_study(slides, readers, is_unaided_first=True)
    assert as_admin.get(study.get_absolute_url()).status_code == 200
