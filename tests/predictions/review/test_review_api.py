"""Reviews over HTTP: what the page sends, what scripts list, and what refuses them."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client

from predictions.review import reviewing, signing, worklist
from predictions.review.models import Review, Verdict, WorkItem
from predictions.review.signing import Terms
from tests.predictions.review.conftest import three_lesions
from training.models import ModelVersion, Stage

JSON = "application/json"
KNOWING = ["open_findings", "unseen", "other_conclusion"]


@pytest.fixture(autouse=True)
def broker(monkeypatch) -> None:
    from celery import current_app

    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")


def send(client: Client, review: Review, place: str, **body):
    return client.post(f"/api/reviews/{review.pk}/{place}/", body, content_type=JSON)


def judge(client: Client, review: Review, **body):
    return client.patch(f"/api/reviews/{review.pk}/", body, content_type=JSON)


def refusal(answer) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_a_review_is_begun_read_judged_and_signed(work, reading, as_pathologist):
    answer = as_pathologist.post("/api/reviews/", {"item": work.pk}, content_type=JSON)
    assert answer.status_code == 201
    review = Review.objects.get(pk=answer.json()["id"])
    assert [one["key"] for one in answer.json()["findings"]] == ["c1", "c2", "c3"]
    assert answer.json()["corrections_go_to"] == "drawing"
    told = send(
        as_pathologist, review, "verdicts", kind="rejected", finding="c3", because="fold", after=0
    )
    assert told.status_code == 201
    assert [(one["state"], one["last"]) for one in told.json()["findings"]] == [("rejected", 1)]
    rest = send(as_pathologist, review, "accept-rest").json()
    assert (len(rest["verdicts"]), rest["suggested"], rest["last"]) == (2, "micro", 3)
    undone = send(as_pathologist, review, "undo", after=3).json()
    assert [one["state"] for one in undone["findings"]] == ["open", "open"]
    assert [one["undoes"] for one in undone["verdicts"]] == [3, 2]
    send(as_pathologist, review, "accept-rest")
    assert judge(as_pathologist, review, conclusion="micro").json()["conclusion"] == "micro"
    left = as_pathologist.get(f"/api/reviews/{review.pk}/left/").json()
    assert [one["code"] for one in left] == ["unseen"]
    asked = send(as_pathologist, review, "sign")
    assert refusal(asked) == (409, "left_open")
    assert asked.json()["left"][0]["words"].startswith("100 % of the tissue")
    signed = send(as_pathologist, review, "sign", knowing=["unseen"])
    assert signed.status_code == 200
    assert signed.json()["frozen_sha256"] == Review.objects.get().frozen_sha256
    history = as_pathologist.get(f"/api/reviews/{review.pk}/verdicts/").json()
    assert [one["sequence"] for one in history] == list(range(1, 8))


def test_a_stale_window_is_answered_with_what_is_there_now(review, as_pathologist):
    send(as_pathologist, review, "verdicts", kind="rejected", finding="c1", because="ink", after=0)
    stale = send(as_pathologist, review, "verdicts", kind="accepted", finding="c1", after=0)
    assert refusal(stale) == (409, "changed_elsewhere")
    assert stale.json()["finding"]["because"] == "ink"
    other = send(as_pathologist, review, "verdicts", kind="accepted", finding="c2", after=0)
    assert other.status_code == 201
    assert refusal(send(as_pathologist, review, "undo", after=1)) == (409, "changed_elsewhere")


def test_a_retry_after_a_lost_answer_is_answered_alike_and_kept_once(review, as_pathologist):
    body = {"kind": "accepted", "finding": "c1", "after": 0, "key": str(uuid4())}
    first, second = (send(as_pathologist, review, "verdicts", **body).json() for _ in range(2))
    assert first == second
    assert Verdict.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"kind": "accepted", "finding": "c9"}, 404, "no_finding"),
        ({"kind": "guessed", "finding": "c1"}, 400, "invalid"),
        ({"kind": "rejected", "finding": "c1"}, 400, "bad_verdict"),
        ({"kind": "added", "region": {"type": "Polygon", "coordinates": []}}, 422, "bad_region"),
        ({"kind": "measured", "finding": "c1", "caliper": [[0, 0]]}, 400, "invalid"),
        ({"kind": "added", "region": "somewhere"}, 422, "bad_region"),
    ],
)
def test_what_cannot_be_said_is_refused_in_the_one_shape(
    review, as_pathologist, body, status, code
):
    assert refusal(send(as_pathologist, review, "verdicts", **body)) == (status, code)
    assert not Verdict.objects.exists()


def test_with_the_session_gone_signing_is_401_and_what_was_said_is_there_at_the_next_log_in(
    review, as_pathologist, pathologist
):
    send(as_pathologist, review, "verdicts", kind="accepted", finding="c1")
    judge(as_pathologist, review, conclusion="itc")
    as_pathologist.logout()
    assert send(as_pathologist, review, "sign", knowing=KNOWING).status_code == 401
    as_pathologist.force_login(pathologist)
    told = as_pathologist.get(f"/api/reviews/{review.pk}/").json()
    assert (told["state"], told["findings"][0]["state"]) == ("open", "accepted")
    assert send(as_pathologist, review, "sign", knowing=KNOWING).status_code == 200


def test_a_closed_account_is_401_and_its_verdicts_stay(review, as_pathologist):
    send(as_pathologist, review, "verdicts", kind="accepted", finding="c1")
    User.objects.update(is_active=False)
    told = send(as_pathologist, review, "verdicts", kind="accepted", finding="c2")
    assert told.status_code == 401
    assert review.verdicts.count() == 1


def test_a_reader_removed_from_the_case_is_told_in_words(review, as_pathologist, colleague):
    WorkItem.objects.update(assigned_to=colleague)
    answer = send(as_pathologist, review, "verdicts", kind="accepted", finding="c1")
    assert refusal(answer) == (403, "removed")
    assert "What you said is kept" in answer.json()["detail"]


def test_of_two_who_begin_one_slide_the_second_is_told(review, work, as_colleague):
    answer = as_colleague.post("/api/reviews/", {"item": work.pk}, content_type=JSON)
    assert refusal(answer) == (409, "taken")
    page = as_colleague.post(f"/review/work/{work.pk}/begin/", follow=True)
    assert "bob has been reading slide" in page.content.decode()


def test_nobody_sees_or_writes_an_open_review_of_another(review, as_colleague, as_admin):
    address = f"/api/reviews/{review.pk}/"
    assert as_colleague.get(address).status_code == 404
    assert as_admin.get(address).status_code == 200
    sent = send(as_colleague, review, "verdicts", kind="accepted", finding="c1")
    assert sent.status_code == 404
    told = send(as_admin, review, "verdicts", kind="accepted", finding="c1")
    assert refusal(told) == (403, "not_yours")


def test_a_slide_that_was_read_again_is_carried_over_or_signed_knowingly(
    review, reading, make_version, predicted, as_pathologist
):
    send(as_pathologist, review, "verdicts", kind="accepted", finding="c1")
    judge(as_pathologist, review, conclusion="itc")
    ModelVersion.objects.live().update(stage=Stage.ARCHIVED)
    version = make_version("next", stage=Stage.LIVE)
    worklist.open_work(predicted(reading.slide, version, three_lesions()))
    refused = send(as_pathologist, review, "sign", knowing=KNOWING)
    assert refusal(refused) == (409, "other_reading")
    assert refused.json()["reading"]["version"] == "next"
    carried = send(as_pathologist, review, "carry-over")
    assert (carried.status_code, carried.json()["held"]) == (201, 1)
    following = Review.objects.get(pk=carried.json()["review"]["id"])
    assert carried.json()["review"]["version_name"] == "next"
    assert send(as_pathologist, following, "sign", knowing=KNOWING).status_code == 200


def test_reviews_are_listed_filtered_and_paged(
    review, pathologist, as_colleague, django_assert_max_num_queries
):
    reviewing.judge_slide(review=review, by=pathologist, conclusion="negative")
    assert as_colleague.get("/api/reviews/").json()["count"] == 0
    signing.sign(review=review, by=pathologist, terms=Terms(knowing=frozenset(KNOWING)))
    for query, count in {
        "reader=bob": 1,
        "reader=dora": 0,
        "state=signed&conclusion=negative": 1,
        "state=open": 0,
        f"slide={review.slide_id}&patient={review.slide.patient}": 1,
        "signed_after=2020-01-01T00:00:00Z": 1,
        "signed_before=2020-01-01T00:00:00Z": 0,
    }.items():
        assert as_colleague.get(f"/api/reviews/?{query}").json()["count"] == count, query
    with django_assert_max_num_queries(8):
        row = as_colleague.get("/api/reviews/?ordering=-signed_at").json()["results"][0]
    assert "findings" not in row
    assert row["links"]["page"].endswith(f"/review/{review.pk}/")


def test_superseding_and_leaving(review, as_pathologist):
    judge(as_pathologist, review, conclusion="negative")
    send(as_pathologist, review, "sign", knowing=KNOWING)
    assert refusal(send(as_pathologist, review, "supersede")) == (400, "invalid")
    following = send(as_pathologist, review, "supersede", reason="c2 was overlooked")
    assert following.json()["supersedes"] == review.pk
    told = as_pathologist.post(f"/api/reviews/{following.json()['id']}/leave/")
    assert (told.status_code, told.json()["state"]) == (200, "left")
    assert refusal(send(as_pathologist, review, "undo")) == (409, "not_open")
