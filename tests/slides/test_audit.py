"""The audit log cannot be edited unseen."""

import pytest
from django.contrib.auth.models import User

from slides.audit import record, verify
from slides.models import AuditEvent

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
