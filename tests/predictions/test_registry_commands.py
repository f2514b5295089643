"""The gate by command and by API, as scripts use it."""

import json

import pytest
from celery import current_app
from django.core.management import CommandError, call_command

from predictions import tasks
from predictions.models import GateRun
from tests.predictions.registry_rows import BLIND, DULL
from tests.predictions.registry_rows import hospital as hospital
from tests.predictions.registry_rows import painted_slide as painted_slide
from tests.predictions.registry_rows import purple_files as purple_files
from tests.predictions.registry_rows import purple_version as purple_version
from training.models import ModelVersion

pytestmark = [pytest.mark.django_db, pytest.mark.keras]


@pytest.fixture
def two(hospital, purple_version) -> tuple[ModelVersion, ModelVersion]:
    """dull, and keen that finds more."""
    learnt = hospital["development"]
    return purple_version("dull", DULL, training=learnt), purple_version("keen", training=learnt)


def test_promote_versions_and_rollback_by_command(two, hospital, purple_version, capsys):
    call_command("promote", "dull")
    told = capsys.readouterr().out
    assert "Gate for dull: passed" in told
    assert "no version is live to compare with" in told
    assert "dull is live." in told
    call_command("promote", "keen", "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert (told["stage"], told["verdict"], len(told["checks"])) == ("live", "passed", 6)
    purple_version("blind", BLIND, training=hospital["development"])
    with pytest.raises(CommandError, match="the gate refused blind"):
        call_command("promote", "blind", "--override", "I should like to have it")
    capsys.readouterr()
    call_command("versions", "--format", "json")
    listed = json.loads(capsys.readouterr().out)
    assert [(row["name"], row["stage"], row["gate"]) for row in listed] == [
        ("keen", "live", "passed"),
        ("blind", "candidate", "refused"),
        ("dull", "archived", "passed"),
    ]
    call_command("rollback")
    assert "dull is live again; keen is archived." in capsys.readouterr().out
    with pytest.raises(CommandError, match="no way back"):
        call_command("rollback")


def test_a_trial_alone_makes_nothing_live_and_counts_later(two, capsys):
    call_command("promote", "keen", "--try-only")
    assert not ModelVersion.objects.live().exists()
    call_command("promote", "keen")
    assert GateRun.objects.count() == 1
    assert ModelVersion.objects.live().get().name == "keen"


def test_commands_use_the_live_version_where_none_is_named(two, capsys):
    with pytest.raises(CommandError, match="No version is live; give --version"):
        call_command("predict", "--subset", "test")
    call_command("promote", "keen")
    capsys.readouterr()
    call_command("predict", "--subset", "test", "--format", "json")
    assert {row["version"] for row in json.loads(capsys.readouterr().out)} == {"keen"}
    call_command("evaluate", "--format", "json")
    assert json.loads(capsys.readouterr().out)["version"] == "keen"


def test_the_gate_over_the_api(two, hospital, as_admin, monkeypatch):
    monkeypatch.setattr(current_app.conf, "broker_write_url", "memory://")
    slide = hospital["test"][0]

    def post(place: str, **body):
        return as_admin.post(f"/api/{place}/", body, content_type="application/json")

    assert post("predictions", slide=slide.pk).json()["code"] == "no_live"
    assert post("promotions", version=two[0].pk).json()["code"] == "no_gate"
    answer = post("gate-runs", version=two[0].pk)
    assert (answer.status_code, answer.json()["status"]) == (201, "queued")
    assert tasks.run_gate(GateRun.objects.get())
    row = as_admin.get(f"/api/gate-runs/{answer.json()['id']}/").json()
    assert (row["verdict"], [check["name"] for check in row["checks"]][0]) == ("passed", "test_set")
    answer = post("promotions", version=two[0].pk)
    assert (answer.status_code, answer.json()["version_name"]) == (201, "dull")
    assert as_admin.get("/api/versions/?stage=live").json()["results"][0]["name"] == "dull"
    assert post("predictions", slide=slide.pk).json()["version"] == two[0].pk
    assert post("promotions/roll-back").status_code == 409


def test_the_live_version_is_offered_first_on_pages(two, hospital, as_admin):
    call_command("promote", "dull")
    call_command("promote", "keen", "--try-only")
    slide = hospital["test"][0]
    page = as_admin.get(f"/slides/{slide.pk}/")
    assert [row.version.name for row in page.context["readings"]] == ["dull", "keen"]
    assert [row.name for row in page.context["versions"]] == ["dull", "keen"]
    assert page.context["data"]["predictions"][0]["version"] == "dull"
