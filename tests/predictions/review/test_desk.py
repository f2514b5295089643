"""The desk's page: whose it is, what it tells and what it keeps back, crops, the way on."""

import json
import re

import pytest
from django.urls import reverse

from predictions.review import desk, reviewing, signing, worklist
from predictions.review.models import Review
from predictions.review.signing import Terms
from tests.predictions.review.study_rows import a_review, a_study, an_item

KNOWING = Terms(knowing=frozenset({"unseen", "open_findings", "other_conclusion"}))


def told(page) -> dict:
    """The JSON that the page's scripts read."""
    found = re.search(r'<script id="reader-data"[^>]*>(.*?)</script>', page.text, re.DOTALL)
    return json.loads(found[1])


def signed(review: Review) -> Review:
    reviewing.judge_slide(review=review, by=review.reader, conclusion="negative")
    return signing.sign(review=review, by=review.reader, terms=KNOWING)


def test_the_page_tells_findings_verdicts_and_what_to_say(as_pathologist, pathologist, review):
    said = reviewing.Said(kind="rejected", finding="c2", because="fold")
    reviewing.give_verdict(review=review, said=said, by=pathologist)
    facts = told(as_pathologist.get(review.get_absolute_url()))["review"]
    assert [(one["key"], one["state"]) for one in facts["candidates"]] == [
        ("c1", "open"), ("c2", "open"), ("c3", "open"),
    ]  # fmt: skip
    assert [(one["finding"], one["because"]) for one in facts["verdicts"]] == [("c2", "fold")]
    assert facts["isOpen"] and not facts["isDue"]
    assert [name for name, _ in facts["reasons"]][:2] == ["germinal_centre", "histiocytes"]


def test_every_reason_has_its_key(review):
    assert sorted(desk.REASONS) == sorted(value for value, _ in desk.Verdict.Because.choices)


def test_an_open_review_is_its_readers_alone_a_signed_one_is_read_by_all(
    as_colleague, as_pathologist, review
):
    assert as_colleague.get(review.get_absolute_url()).status_code == 404
    crop = reverse("review-crop", args=[review.pk, "c1"])
    assert as_colleague.get(crop).status_code == 404
    signed(review)
    page = as_colleague.get(review.get_absolute_url())
    assert (
        "Signed by bob" in page.text and review.__class__.objects.get().frozen_sha256 in page.text
    )
    assert "data-verdicts" not in page.text and "data-supersede" not in page.text
    assert not told(page)["review"]["isOpen"]
    assert "data-supersede" in as_pathologist.get(review.get_absolute_url()).text


def test_a_crop_is_cut_from_the_slide_and_kept_by_browsers(as_pathologist, review):
    place = reverse("review-crop", args=[review.pk, "c2"])
    answer = as_pathologist.get(place)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert "immutable" in answer["Cache-Control"]
    assert as_pathologist.get(place, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert as_pathologist.get(reverse("review-crop", args=[review.pk, "c9"])).status_code == 404


def test_the_way_on_keeps_the_filter_and_asks_ahead_for_the_next_slide(
    as_pathologist, review, desk_slide, predicted
):
    following = predicted(desk_slide("next"), review.prediction.version, [[0.1] * 40] * 20)
    item = worklist.open_work(following)
    page = as_pathologist.get(f"{review.get_absolute_url()}?order=patient&q=e")
    assert f"/review/work/{item.pk}/begin/?order=patient&amp;q=e" in page.text
    ahead = told(page)["review"]["ahead"]
    assert reverse("slide-dzi", args=[following.slide_id]) in ahead
    assert any(place.startswith(f"/predictions/{following.pk}/map.png") for place in ahead)


@pytest.fixture
def due(review, pathologist):
    """The pathologist's review in a study that asks for a decision first."""
    slide = review.slide
    study = a_study([slide], [pathologist], is_unaided_first=True)
    item = an_item(slide, pathologist, study=study, prediction=review.prediction)
    fields = {"map_sha256": review.map_sha256, "threshold": review.threshold}
    return a_review(item, pathologist, **fields)


def test_before_a_decision_without_the_model_nothing_of_it_is_told(as_pathologist, due):
    page = as_pathologist.get(due.get_absolute_url())
    facts = told(page)
    assert facts["predictions"] == [] and facts["truth"] is None and facts["chosen"] is None
    assert (facts["review"]["candidates"], facts["review"]["isDue"]) == ([], True)
    assert "data-unaided" in page.text and "data-card" not in page.text
    assert as_pathologist.get(reverse("review-crop", args=[due.pk, "c1"])).status_code == 404
    due.unaided, due.unaided_at = "negative", due.begun_at
    due.save()
    facts = told(as_pathologist.get(due.get_absolute_url()))
    assert len(facts["review"]["candidates"]) == 3
    assert facts["chosen"] == due.prediction_id


def test_from_a_slide_to_its_review(as_pathologist, as_colleague, review):
    slide = review.slide.get_absolute_url()
    begin = reverse("review-begin", args=[review.item_id])
    assert f'action="{begin}"' in as_pathologist.get(slide).text
    signed(review)
    assert f'href="{review.get_absolute_url()}"' in as_colleague.get(slide).text


def test_a_page_asks_no_more_of_the_database_for_more_findings(
    as_pathologist, pathologist, review, django_assert_max_num_queries
):
    place = review.get_absolute_url()
    as_pathologist.get(place)
    for key in ("c1", "c2", "c3"):
        said = reviewing.Said(kind="accepted", finding=key)
        reviewing.give_verdict(review=review, said=said, by=pathologist)
    with django_assert_max_num_queries(36):
        as_pathologist.get(place)
