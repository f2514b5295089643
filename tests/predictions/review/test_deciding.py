"""A decision without the model: recorded with its time, final, and only then the findings."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.timezone import now

from predictions.review import activity, deciding, reviewing, signing
from predictions.review.models import Review, WorkItem
from slides.jobs import Reason
from slides.models import AuditEvent
from tests.predictions.review.study_rows import a_study, an_item

pytestmark = pytest.mark.django_db


@pytest.fixture
def due(reading, pathologist) -> Review:
    """Bob's review in a study that is unaided first."""
    study = a_study([reading.slide], [pathologist], is_unaided_first=True)
    item = an_item(reading.slide, pathologist, study=study, prediction=reading)
    return reviewing.begin(item=item, reader=pathologist)


def decide(review: Review, conclusion: str = "micro", **fields) -> Review:
    return deciding.decide_unaided(review=review, by=review.reader, conclusion=conclusion, **fields)


def code_of(refused) -> str:
    return refused.value.code


def test_findings_are_shown_after_the_decision(due):
    assert reviewing.shown_findings(due) == []
    decided = decide(due)
    assert (decided.unaided, decided.conclusion) == ("micro", "")
    assert len(reviewing.shown_findings(decided)) == 3


def test_seconds_until_then_are_apart_from_those_after(due, pathologist):
    activity.note(slide=due.slide, reader=pathologist, review=due, seconds=20)
    decided = decide(due)
    activity.note(slide=due.slide, reader=pathologist, review=decided, seconds=5, at=now())
    decided.refresh_from_db()
    assert decided.unaided_seconds == 20
    assert decided.active_seconds >= decided.unaided_seconds


def test_seconds_that_come_with_the_decision_count_for_it(due):
    decided = decide(due, seconds=12)
    assert (decided.unaided_seconds, decided.active_seconds) == (12, 12)


def test_a_decision_is_final(due):
    decided = decide(due)
    at = decided.unaided_at
    assert decide(decided).unaided_at == at
    with pytest.raises(Reason) as refused:
        decide(decided, "negative")
    assert code_of(refused) == "already_decided"
    due.refresh_from_db()
    assert due.unaided == "micro"


def test_the_decision_stands_in_the_audit_log(due):
    decide(due)
    event = AuditEvent.objects.filter(action="decide_unaided").get()
    assert (event.actor, event.details["conclusion"]) == ("bob", "micro")


@pytest.mark.parametrize(("conclusion", "code"), [("", "no_decision"), ("huge", "bad_decision")])
def test_what_is_no_decision_is_refused(due, conclusion, code):
    with pytest.raises(Reason) as refused:
        decide(due, conclusion)
    assert code_of(refused) == code


def test_a_slide_that_cannot_be_judged_needs_no_conclusion(due):
    reviewing.judge_slide(review=due, by=due.reader, is_adequate=False, inadequate_reason="torn")
    assert decide(due, "").unaided_at is not None


def test_routine_work_and_adjudication_ask_for_none(review, due, admin):
    with pytest.raises(Reason) as refused:
        decide(review)
    assert code_of(refused) == "not_unaided"
    WorkItem.objects.filter(pk=due.item_id).update(seat=3)
    with pytest.raises(Reason) as refused:
        decide(due)
    assert code_of(refused) == "not_unaided"


def test_nothing_is_signed_before_the_decision_nor_counted_out_loud(due):
    reviewing.judge_slide(review=due, by=due.reader, conclusion="micro")
    assert "open_findings" not in {one.code for one in signing.still_open(due)}
    with pytest.raises(Reason) as refused:
        signing.sign(review=due, by=due.reader)
    assert code_of(refused) == "decide_first"
    assert "open_findings" in {one.code for one in signing.still_open(decide(due))}


def test_nobody_decides_for_another(due, colleague):
    with pytest.raises(Reason) as refused:
        deciding.decide_unaided(review=due, by=colleague, conclusion="micro")
    assert code_of(refused) == "not_yours"


def test_over_the_api_the_answer_brings_the_findings(
    due, as_pathologist: Client, colleague: User, as_colleague: Client
):
    place = reverse("api-review-unaided-decide", args=[due.pk])
    said = {"conclusion": "itc", "seconds": 3}
    assert as_colleague.post(place, said, content_type="application/json").status_code == 404
    answer = as_pathologist.post(place, said, content_type="application/json")
    assert (answer.status_code, len(answer.json()["findings"])) == (200, 3)
    assert answer.json()["unaided"] == "itc"
    again = as_pathologist.post(place, {"conclusion": "macro"}, content_type="application/json")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
