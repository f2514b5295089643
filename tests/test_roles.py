"""Every address of the site against every role, as tests/role_table.py says."""

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client
from knox.models import AuthToken

from slides.models import AuditEvent
from tests import site_rows
from tests.role_table import METHODS, TABLE
from tests.site_pages import patterns, place_of

pytestmark = pytest.mark.django_db

site, home, admin = site_rows.site, site_rows.shared_home, site_rows.shared_admin
arguments = site_rows.shared_arguments

TUS = {"Tus-Resumable": "1.0.0"}


def client_of(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


def ask(client: Client, name: str, method: str, place: str) -> int:
    """The status of a call with just enough in it to get past the door.

    A file that is answered is in the audit log by then.
    """
    answer = asked(client, name, method, place)
    if answer.headers.get("Content-Disposition", "").startswith("attachment"):
        newest = AuditEvent.objects.last()
        assert newest and (newest.action, newest.details["by"]) == ("take out", name)
    return answer.status_code


def asked(client: Client, name: str, method: str, place: str) -> HttpResponse:
    if name.startswith("api-") and method != "get":
        return getattr(client, method)(place, "{}", content_type="application/json")
    if name.startswith("upload"):
        headers = TUS | {"Upload-Length": "10", "Upload-Metadata": "filename YS50aWY="}
        return getattr(client, method)(place, headers=headers)
    body = {"is_normal": "1"} if name == "truth-upload" else {}
    return getattr(client, method)(place, body)


# The claims ------------------------------------------------------------------------


def test_every_address_is_in_the_table():
    names = [pattern.name or str(pattern.pattern) for pattern in patterns()]
    assert sorted(set(names) - set(TABLE)) == [], "add these addresses to TABLE"
    assert sorted(set(TABLE) - set(names)) == [], "these addresses are gone"
    assert len(names) == len(set(names)), "two addresses share a name"


@pytest.mark.parametrize("name", TABLE)
def test_every_role_is_answered_as_the_table_says(name, arguments, stranger, pathologist, admin):
    place = place_of(name, arguments(name))
    clients = [client_of(user) for user in (None, stranger, pathologist, admin)]
    others = [method for method in METHODS if method not in TABLE[name]]
    refused = {method: ask(clients[-1], name, method, place) for method in others}
    answers = {
        method: tuple(ask(client, name, method, place) for client in clients)
        for method in TABLE[name]
    }
    assert answers == TABLE[name]
    assert refused == dict.fromkeys(others, 405)


@pytest.mark.parametrize(
    "name", ["slide", "slide-tile", "prediction-map", "truth-mask", "api-docs"]
)
def test_whoever_is_not_logged_in_is_led_to_the_login(name, arguments):
    answer = Client().get(place_of(name, arguments(name)))
    assert answer["Location"].startswith("/accounts/login/?next=/")


def test_the_django_admin_is_for_staff(client, pathologist):
    client.force_login(pathologist)
    answer = client.get("/admin/slides/slide/")
    assert (answer.status_code, answer["Location"]) == (
        302,
        "/admin/login/?next=/admin/slides/slide/",
    )


def test_a_token_gives_what_its_owner_may(arguments, pathologist):
    secret = AuthToken.objects.create(pathologist)[1]
    client = Client(headers={"authorization": f"Token {secret}"})
    assert client.get("/api/slides/").status_code == 200
    assert client.post("/api/predictions/").status_code == 403
    assert client.get("/slides/").status_code == 302
