"""Tokens: made with a password, shown once, listed and revoked by their owner, ended by time."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils.timezone import now
from knox.models import AuthToken

from config import tokens

PASSWORD = "a long enough pass phrase"
pytestmark = pytest.mark.django_db


def log_in(username: str = "bob", password: str = PASSWORD):
    return Client().post("/api/tokens/", {"username": username, "password": password})


def bearing(secret: str) -> Client:
    return Client(headers={"authorization": f"Token {secret}"})


def test_a_password_makes_a_token_that_opens_the_api(pathologist):
    made = log_in().json()
    assert set(made) == {"id", "created", "expiry", "token"}
    assert made["token"].startswith(made["id"]) and len(made["token"]) == 64
    assert bearing(made["token"]).get("/api/tokens/").json()["count"] == 1


def test_a_token_is_stored_hashed_and_shown_once(pathologist):
    secret = log_in().json()["token"]
    assert AuthToken.objects.get().digest != secret
    assert secret not in bearing(secret).get("/api/tokens/").content.decode()


def test_a_token_ends_after_ninety_days(pathologist):
    secret = log_in().json()["token"]
    life = AuthToken.objects.get().expiry - now()
    assert timedelta(days=89) < life <= timedelta(days=90)
    AuthToken.objects.update(expiry=now() - timedelta(seconds=1))
    assert bearing(secret).get("/api/tokens/").status_code == 401


def test_a_wrong_password_answers_401_in_words(pathologist):
    answer = log_in(password="wrong")
    assert answer.status_code == 401
    assert answer.json() == {
        "code": "authentication_failed",
        "detail": "User name and password do not match an active account.",
    }


def test_a_closed_account_gets_no_token_and_its_tokens_stop(pathologist):
    secret = log_in().json()["token"]
    pathologist.is_active = False
    pathologist.save()
    assert log_in().status_code == 401
    assert bearing(secret).get("/api/tokens/").status_code == 401


def test_guessing_is_slowed_down(pathologist):
    answers = [log_in(password="wrong").status_code for _ in range(21)]
    assert answers == [401] * 20 + [429]


def test_guessing_is_slowed_down_whatever_address_is_claimed(pathologist):
    for number in range(20):
        Client().post(
            "/api/tokens/",
            {"username": "bob", "password": "x"},
            headers={"x-forwarded-for": f"10.0.0.{number}"},
        )
    assert log_in(password="wrong").status_code == 429


def test_a_stale_token_does_not_stand_in_the_way_of_a_new_one(pathologist):
    credentials = {"username": "bob", "password": PASSWORD}
    assert bearing("0" * 64).post("/api/tokens/", credentials).status_code == 201


def test_people_see_and_revoke_only_their_own(pathologist, admin, as_admin, as_pathologist):
    key = log_in().json()["id"]
    assert as_admin.get("/api/tokens/").json()["count"] == 0
    assert as_admin.delete(f"/api/tokens/{key}/").status_code == 404
    assert as_pathologist.delete(f"/api/tokens/{key}/").status_code == 204
    assert not AuthToken.objects.exists()


def test_one_person_holds_at_most_twenty(pathologist):
    for _ in range(tokens.TOKENS_PER_USER):
        tokens.create_token(pathologist)
    answer = log_in()
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_tokens")


def test_a_token_opens_no_page(pathologist):
    answer = bearing(log_in().json()["token"]).get("/api/docs/")
    assert answer.status_code == 302 and answer.url.startswith("/accounts/login/")


def test_a_header_that_is_no_text_is_refused(db):
    answer = Client(headers={"authorization": "Token \xff"}).get("/api/tokens/")
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_request")


@pytest.mark.parametrize("header", ["Token", "Token a b", "Token nonsense", "Bearer x", ""])
def test_odd_headers_are_refused(db, header):
    assert Client(headers={"authorization": header}).get("/api/tokens/").status_code == 401


def test_a_page_makes_a_token_and_shows_its_secret_once(as_pathologist):
    shown = as_pathologist.post("/accounts/tokens/")
    secret = shown.context["secret"]
    assert secret in shown.content.decode()
    assert "no-store" in shown["Cache-Control"]
    assert bearing(secret).get("/api/slides/").status_code == 200
    listed = as_pathologist.get("/accounts/tokens/").content.decode()
    assert secret[:15] in listed and secret not in listed


def test_a_page_revokes_a_token(as_pathologist, pathologist):
    token, secret = tokens.create_token(pathologist)
    as_pathologist.post(f"/accounts/tokens/{token.token_key}/revoke/")
    assert bearing(secret).get("/api/slides/").status_code == 401


def test_a_page_says_why_there_is_no_other_token(as_pathologist, pathologist, monkeypatch):
    monkeypatch.setattr(tokens, "TOKENS_PER_USER", 0)
    shown = as_pathologist.post("/accounts/tokens/").content.decode()
    assert "revoke one first" in shown


def test_a_command_makes_a_token(pathologist, capsys):
    call_command("create_token", "bob")
    assert bearing(capsys.readouterr().out.strip()).get("/api/tokens/").status_code == 200


def test_the_command_names_an_unknown_user(db):
    with pytest.raises(CommandError, match="no active user 'nobody'"):
        call_command("create_token", "nobody")
