"""What proxies and orchestrators ask: is the process up, could it do its work?"""

from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils.timezone import now

from config import health
from slides.models import Slide

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def broker(monkeypatch):
    """A broker in memory, so that no server is needed."""
    monkeypatch.setattr(health.current_app.conf, "broker_url", "memory://")
    monkeypatch.setattr(health.current_app.conf, "broker_write_url", "memory://")


def waiting_slide(settings, **fields) -> Slide:
    long_ago = now() - timedelta(seconds=settings.LEASE_SECONDS + 1)
    return Slide.objects.create(name="one", patient="one", queued_at=long_ago, **fields)


def test_a_living_process_says_so_without_a_query(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert answer.json() == {"status": "alive"} and "no-cache" in answer["Cache-Control"]


def test_a_site_that_can_work_is_ready(client):
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["checks"] == {"database": "ok", "home": "ok", "broker": "ok"}


def test_the_question_leaves_nothing_behind(client, settings):
    client.get("/readyz")
    assert not Session.objects.exists()
    assert not list(settings.HOME.glob(".readyz-*"))


def test_a_home_that_cannot_be_written_is_not_ready(client, settings, tmp_path):
    settings.HOME = tmp_path / "a file"
    settings.HOME.write_text("in the way")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["home"] == "failed (FileExistsError)"


def test_a_broker_that_does_not_answer_is_not_ready(client, monkeypatch):
    url = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(health.current_app.conf, "broker_write_url", url)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == "failed (OperationalError)"


def test_jobs_that_nobody_takes_are_told(client, settings):
    waiting_slide(settings)
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["warnings"] == ["1 jobs wait and no worker takes them."]


def test_a_worker_busy_with_something_else_is_no_reason_to_worry(client, settings):
    waiting_slide(settings)
    Slide.objects.create(name="two", patient="two", status="running", heartbeat_at=now())
    assert client.get("/readyz").json()["warnings"] == []


def test_a_disk_nearly_full_is_told(client, monkeypatch):
    monkeypatch.setattr(health, "LEAST_FREE_BYTES", 10**18)
    assert "Less than 1 GiB of disk is free." in client.get("/readyz").json()["warnings"]


def test_nothing_but_reading_is_allowed(client):
    assert client.post("/readyz").status_code == 405
