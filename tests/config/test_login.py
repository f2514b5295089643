"""Logging in to the pages: guessing is slowed down, and nobody is led elsewhere."""

import pytest
from django.test import Client

PASSWORD = "a long enough pass phrase"
pytestmark = pytest.mark.django_db


def log_in(password: str = PASSWORD, **more: str):
    given = {"username": "bob", "password": password} | more
    return Client().post("/accounts/login/", given)


def test_guessing_is_slowed_down_even_for_the_right_password(pathologist):
    assert [log_in("wrong").status_code for _ in range(20)] == [200] * 20
    answer = log_in()
    assert (answer.status_code, int(answer["Retry-After"]) <= 60) == (429, True)
    assert "Too many tries from here" in answer.content.decode()
    assert Client().get("/accounts/login/").status_code == 200


@pytest.mark.parametrize("address", ["//evil.example", "https://evil.example/", "javascript:x"])
def test_a_log_in_leads_to_this_site_only(pathologist, address):
    assert log_in(next=address)["Location"] == "/slides/"


def test_the_admin_has_no_log_in_of_its_own(client, pathologist, admin):
    page = client.get("/admin/login/?next=/admin/slides/slide/")
    assert page["Location"] == "/accounts/login/?next=/admin/slides/slide/"
    given = {"username": "alice", "password": PASSWORD}
    assert client.post("/admin/login/", given).status_code == 302
    assert "_auth_user_id" not in client.session
    client.force_login(pathologist)
    assert client.get("/admin/login/").status_code == 403
