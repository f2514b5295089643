"""Pins on slides: set once, answered, settled, opened again, taken back; seen by whom they may."""

from uuid import uuid4

import pytest

from predictions.review import pins
from predictions.review.models import Notice, Pin, Remark
from slides.jobs import Reason
from tests.predictions import conftest as rows
from tests.predictions.review.study_rows import a_study, a_user

small_slide = rows.small_slide


@pytest.fixture
def slide(small_slide):
    return small_slide()


@pytest.fixture
def set_pin(as_pathologist, slide):
    def set_pin(text: str = "Histiocytes?", **fields):
        body = {"slide": slide.pk, "x_l0": 40.0, "y_l0": 50.0, "text": text} | fields
        return as_pathologist.post("/api/pins/", body, content_type="application/json")

    return set_pin


def test_a_pin_is_set_once_under_its_key(set_pin, slide):
    key = str(uuid4())
    first, again = set_pin(key=key), set_pin(key=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    told = first.json()
    assert (told["x_l0"], told["is_own"], told["remarks"][0]["text"]) == (
        40.0,
        True,
        "Histiocytes?",
    )
    assert Pin.objects.count() == Remark.objects.count() == 1


def test_it_is_answered_settled_and_opened_again(set_pin, as_admin, pathologist):
    address = f"/api/pins/{set_pin().json()['id']}/remarks/"
    for kind, is_resolved in (("said", False), ("resolved", True), ("reopened", False)):
        body = {"kind": kind, "text": "No, tumour." if kind == "said" else ""}
        told = as_admin.post(address, body, content_type="application/json")
        assert told.status_code == 201, told.content
        assert told.json()["is_resolved"] is is_resolved
    assert [one["kind"] for one in told.json()["remarks"]] == [
        "said",
        "said",
        "resolved",
        "reopened",
    ]
    notice = Notice.objects.get()
    assert (notice.user, notice.kind, notice.facts["text"]) == (
        pathologist, Notice.Kind.ANSWERED, "No, tumour.",
    )  # fmt: skip


def test_only_who_said_it_takes_it_back_and_what_was_said_is_told_no_more(
    set_pin, as_admin, as_pathologist
):
    pin = set_pin().json()
    body = {"kind": "withdrawn", "answers": pin["remarks"][0]["id"]}
    address = f"/api/pins/{pin['id']}/remarks/"
    refused = as_admin.post(address, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    told = as_pathologist.post(address, body, content_type="application/json").json()
    assert told["is_gone"]
    assert [(one["text"], one["is_withdrawn"]) for one in told["remarks"]] == [("", True)]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"x_l0": 1e6}, "outside"),
        ({"is_public": True}, "not_admin"),
        ({"x_l0": "nan"}, "bad_input"),
    ],
)
def test_what_cannot_be_is_refused_in_words(set_pin, fields, code):
    refused = set_pin(**fields)
    assert refused.status_code == 400
    assert refused.json()["code"] == code or refused.json()["fields"]
    assert Pin.objects.count() == 0


def test_in_a_blinded_study_a_pin_is_its_authors_alone(slide, client):
    ann, ben = a_user("ann"), a_user("ben")
    study = a_study([slide], [ann, ben])
    pin = pins.place(at=pins.Place(slide, 1.0, 1.0), author=ann, text="here", key=uuid4())
    assert pin.study == study
    client.force_login(ben)
    assert client.get(f"/api/pins/?slide={slide.pk}").json()["results"] == []
    assert client.post(f"/api/pins/{pin.pk}/remarks/", {"text": "a"}).status_code == 404
    client.force_login(ann)
    assert len(client.get(f"/api/pins/?slide={slide.pk}").json()["results"]) == 1


def test_a_key_of_somebody_else_is_refused(slide, pathologist, admin):
    key = uuid4()
    at = pins.Place(slide, 1.0, 1.0)
    pins.place(at=at, author=pathologist, text="mine", key=key)
    with pytest.raises(Reason, match="somebody else"):
        pins.place(at=at, author=admin, text="mine too", key=key)
