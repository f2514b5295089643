"""The audit log: append-only, each event chained to the one before by its checksum.

Whoever changes or removes a row in the database breaks the chain from there on, and `verify`
says where. It cannot tell of rows cut off at the end: keep the newest checksum elsewhere for that.
"""

import hashlib
import json
from typing import Any

from django.db import IntegrityError, connection, models, transaction
from django.utils.timezone import now

from slides.models import AuditEvent

TRIES = 20  # writers that meet at the end of the chain
LINE = 0x53454E54494E4F44  # the lock of the chain's end


def record(actor: Any, action: str, subject: models.Model, **details: Any) -> AuditEvent:
    """Write down what somebody did; call it in the transaction that does it.

    actor: a user, or None for the system. action: a verb, such as "promote". details: JSON.
    """
    event = AuditEvent(
        at=now(),
        actor=actor.get_username() if actor else "",
        action=action,
        subject_type=subject._meta.label_lower,
        subject_id=str(subject.pk),
        subject_name=str(subject)[:300],
        details=json.loads(json.dumps(details)),  # as it is read back: tuples are lists
    )
    for _ in range(TRIES):
        try:
            with transaction.atomic():
                _stand_in_line()
                event.previous_sha256 = _newest()
                event.sha256 = checksum(event)
                event.save()
        except IntegrityError:  # somebody else came first: chain to theirs
            event.pk = None
        else:
            return event
    raise RuntimeError(f"the audit log was busy {TRIES} times; {action} was not written")


def verify() -> AuditEvent | None:
    """The first event that is not as it was written, or follows one that is gone; None if whole."""
    previous = ""
    for event in AuditEvent.objects.order_by("pk").iterator():
        if event.previous_sha256 != previous or event.sha256 != checksum(event):
            return event
        previous = event.sha256
    return None


def checksum(event: AuditEvent) -> str:
    fields = ("actor", "action", "subject_type", "subject_id", "subject_name", "details")
    told = {name: getattr(event, name) for name in fields}
    told |= {"at": event.at.isoformat(), "previous": event.previous_sha256}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _stand_in_line() -> None:
    """Wait until whoever wrote last has committed; let go when this transaction ends.

    SQLite has one writer at a time anyway. In PostgreSQL many would otherwise chain to the same
    event, and all but one begin anew, again and again.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LINE])


def _newest() -> str:
    newest = AuditEvent.objects.order_by("-pk").values_list("sha256", flat=True).first()
    return newest or ""
