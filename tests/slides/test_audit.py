"""The audit log cannot be edited unseen."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from slides import annotations
from slides.audit import record, verify
from slides.models import AuditEvent, Slide

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    return User.objects.create_user("anna")


def test_events_are_chained_in_the_order_they_came(anna):
    first = record(anna, "greet", anna, words=("good", "day"))
    second = record(None, "answer", anna)
    assert (first.actor, first.subject_type, first.details) == (
        "anna",
        "auth.user",
        {"words": ["good", "day"]},
    )
    assert second.actor == ""
    assert (first.previous_sha256, second.previous_sha256) == ("", first.sha256)
    assert verify() is None


@pytest.mark.parametrize("change", [{"actor": "bob"}, {"details": {}}, {"subject_id": "7"}])
def test_a_changed_row_is_found(anna, change):
    events = [record(anna, "greet", anna, place=place) for place in range(3)]
    AuditEvent.objects.filter(pk=events[1].pk).update(**change)
    assert verify() == events[1]


def test_a_removed_row_is_found_at_the_one_after_it(anna):
    events = [record(anna, "greet", anna, place=place) for place in range(3)]
    AuditEvent.objects.filter(pk=events[1].pk)._raw_delete("default")
    assert verify() == events[2]


def test_rows_are_neither_saved_again_nor_deleted(anna):
    event = record(anna, "greet", anna)
    with pytest.raises(TypeError, match="never edited"):
        event.save()
    with pytest.raises(TypeError, match="never removed"):
        event.delete()


def test_a_new_revision_of_a_truth_is_told(anna):
    slide = Slide.objects.create(name="one", patient="p", width=10, height=10, status="done")
    annotations.declare_normal(slide=slide, author=anna, note="")
    event = AuditEvent.objects.get()
    assert (event.actor, event.action, event.details["slide"]) == ("anna", "revise truth", slide.pk)
    assert event.details["revision"] == 1


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_make_one_chain():
    """Each in a transaction of its own that goes on for a while; of PostgreSQL, the hard case."""
    anna = User.objects.create_user("anna")

    def write(place: int) -> None:
        try:
            for n in range(3):
                with transaction.atomic():
                    record(anna, "greet", anna, place=place, n=n)
                    time.sleep(0.002)
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(write, range(24)))
    assert AuditEvent.objects.count() == 72
    assert verify() is None


# The command -------------------------------------------------------------------------


def told(*arguments: str) -> str:
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_walks_the_chain(anna):
    first, last = (record(anna, "greet", anna, place=place) for place in range(2))
    assert told() == (
        "The chain is whole: all 2 events are as written.\n"
        f"Newest checksum, to be kept elsewhere: {last.sha256}\n"
    )
    assert json.loads(told("--holds", first.sha256, "--format", "json"))["holds_noted"] is True
    AuditEvent.objects.filter(pk=first.pk).update(actor="bob")
    with pytest.raises(CommandError, match=f"broken at event {first.pk}"):
        told()


def test_the_command_finds_what_was_cut_off_by_a_checksum_kept_elsewhere(anna):
    events = [record(anna, "greet", anna, place=place) for place in range(2)]
    AuditEvent.objects.filter(pk=events[1].pk)._raw_delete("default")
    assert "whole" in told()
    with pytest.raises(CommandError, match="cut off"):
        told("--holds", events[1].sha256)
