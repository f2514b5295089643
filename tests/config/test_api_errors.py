"""Every refusal of the API has one shape, and none shows a traceback."""

import errno

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import ProtectedError
from django.http import Http404
from django.test import Client
from rest_framework import exceptions

from config.api_errors import answer
from slides import services
from slides.jobs import Reason


def told(error: Exception) -> tuple[int, dict]:
    response = answer(error, {})
    return response.status_code, response.data


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Reason("No.", "unknown_mpp"), 409, "unknown_mpp"),
        (Reason("No.", "bad_mpp"), 400, "bad_mpp"),
        (Reason("No."), 400, "refused"),
        (ValueError("No."), 400, "bad_input"),
        (ProtectedError("x", set()), 409, "in_use"),
        (Http404("No Slide matches the given query."), 404, "not_found"),
        (PermissionDenied("Only an admin may do this."), 403, "permission_denied"),
        (exceptions.NotAuthenticated(), 401, "not_authenticated"),
        (exceptions.Throttled(wait=3), 429, "throttled"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), 400, "bad_request"),
        (RecursionError("maximum recursion depth exceeded"), 400, "bad_request"),
        (OSError(errno.ENOSPC, "No space left"), 507, "disk_full"),
        (Reason("No.", "disk_full"), 507, "disk_full"),
        (KeyError("secret"), 500, "unexpected"),
        (OSError(errno.EIO, "/secret/path"), 500, "unexpected"),
    ],
)
def test_every_fault_has_a_status_and_a_code(error, status, code):
    given, body = told(error)
    assert (given, body["code"], set(body)) == (status, code, {"code", "detail"})
    assert body["detail"] and "secret" not in body["detail"]


def test_faulty_fields_are_named_in_words_and_one_by_one():
    error = exceptions.ValidationError({"mpp": ["Too coarse."], "slides": [{}, {"id": ["No."]}]})
    assert told(error) == (
        400,
        {
            "code": "invalid",
            "detail": "mpp: Too coarse.; slides: {}",
            "fields": {"mpp": ["Too coarse."], "slides": [{}, {"id": ["No."]}]},
        },
    )


def test_a_fault_of_the_whole_is_told_as_one():
    _, body = told(ValidationError("Give one of both."))
    assert body["fields"] == {"non_field_errors": ["Give one of both."]}


def test_a_fault_of_ours_shows_nothing_of_it(as_admin, make_slide, monkeypatch, caplog):
    def broken(*args, **options):
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(services, "delete_slide", broken)
    reply = as_admin.delete(f"/api/slides/{make_slide().pk}/")
    assert (reply.status_code, reply.json()["code"]) == (500, "unexpected")
    assert "hunter2" not in reply.content.decode() and "hunter2" in caplog.text


def test_what_django_refuses_before_a_view_is_json_too(as_admin):
    assert as_admin.get("/api/nothing/").json() == {
        "code": "not_found",
        "detail": "There is nothing at this address.",
    }
    assert "text/html" in as_admin.get("/nothing/")["Content-Type"]


def test_an_address_without_its_last_stroke_is_led_on(as_admin):
    reply = as_admin.get("/api/slides")
    assert (reply.status_code, reply["Location"]) == (301, "/api/slides/")


def test_nobody_is_told_how_to_log_in(db):
    reply = Client().get("/api/slides/")
    assert (reply.status_code, reply["WWW-Authenticate"]) == (401, "Token")
    assert reply.json()["code"] == "not_authenticated"


def test_json_nested_without_end_is_a_bad_request(as_pathologist, make_slide):
    url = f"/api/slides/{make_slide().pk}/truth/"
    answer = as_pathologist.post(url, "[" * 100_000, content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")
