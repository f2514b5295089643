"""Who reads what: by hand, by lot, or so that everybody has as many findings to judge."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum, TextChoices
from django.urls import reverse
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from predictions.review import notices
from predictions.review.models import Notice, WorkItem
from slides import audit
from slides.jobs import Reason
from slides.roles import ADMIN, PATHOLOGIST, is_reader

MOST_AT_ONCE = 10_000


class Way(TextChoices):
    """How work is dealt out among readers. The slides of a patient stay together."""

    HAND = "hand", _("all to one reader")
    RANDOM = "random", _("by lot")
    BALANCED = "balanced", _("balanced by findings")


class NotAssigned(Reason):
    code = "not_assigned"


def readers() -> QuerySet[User]:
    """Accounts that work can be assigned to."""
    roles = Group.objects.filter(name__in=(ADMIN, PATHOLOGIST))
    may = Q(groups__in=roles) | Q(is_superuser=True)
    return User.objects.filter(may, is_active=True).distinct().order_by("username")


@transaction.atomic
def assign(
    *, items: Iterable[int], to: Sequence[User], way: str, seed: int = 0, by: User | None
) -> dict[User, int]:
    """Give routine work to readers; how many slides each got.

    items: numbers of work; what is signed, or belongs to a study, is passed over. Whoever was
    reading a slide keeps what they said, and cannot go on. The same seed deals alike.
    """
    _refuse_unfit(to, way)
    rows = list(_open(items).order_by("patient", "pk"))
    if not rows:
        raise NotAssigned(
            "None of this work can be assigned: it is signed, of a study, or gone. Choose others.",
            "nothing_to_assign",
        )
    dealt = _dealt(rows, to, way, seed)
    for reader, mine in dealt.items():
        _give(mine, reader)
        told = {"items": sorted(row.pk for row in mine), "n": len(mine), "way": way, "seed": seed}
        audit.record(by, "assign_work", reader, **told)
        if mine and reader != by:
            _tell(reader, mine, by)
    return {reader: len(mine) for reader, mine in dealt.items()}


def _refuse_unfit(to: Sequence[User], way: str) -> None:
    if not to:
        raise NotAssigned("No reader was chosen: name at least one.", "bad_input")
    if way not in Way.values:
        raise NotAssigned(f"{way!r} is none of {', '.join(Way.values)}.", "bad_input")
    if way == Way.HAND and len(to) > 1:
        raise NotAssigned(
            f"{len(to)} readers were chosen: by hand all goes to one. Deal by lot, or balanced.",
            "bad_input",
        )
    for reader in to:
        if not (reader.is_active and is_reader(reader)):
            raise NotAssigned(
                f"{reader} cannot read: the account is closed or has no role.", "bad_input"
            )


def _open(items: Iterable[int]) -> QuerySet[WorkItem]:
    return WorkItem.objects.routine().unsigned().filter(pk__in=_numbers(items))


def _numbers(items: Iterable[int]) -> list[int]:
    numbers = list(items)
    if len(numbers) > MOST_AT_ONCE:
        raise NotAssigned(
            f"{len(numbers)} slides at once are too many: at most {MOST_AT_ONCE}.", "bad_input"
        )
    return numbers


def _dealt(
    rows: Sequence[WorkItem], to: Sequence[User], way: str, seed: int
) -> dict[User, list[WorkItem]]:
    """What each reader gets, patient by patient, always to whoever has least until then."""
    order = sorted(to, key=lambda reader: reader.pk)
    dice = random.Random(seed)
    dice.shuffle(order)
    patients: dict[str, list[WorkItem]] = defaultdict(list)
    for row in rows:
        patients[row.patient].append(row)
    groups = list(patients.values())
    dice.shuffle(groups)
    load = dict.fromkeys(order, 0)
    if way == Way.BALANCED:
        groups.sort(key=_weight, reverse=True)
        load = _loads(order, rows)
    dealt: dict[User, list[WorkItem]] = {reader: [] for reader in order}
    for group in groups:
        reader = min(order, key=lambda one: load[one])
        dealt[reader] += group
        load[reader] += _weight(group) if way == Way.BALANCED else len(group)
    return dealt


def _weight(rows: Sequence[WorkItem]) -> int:
    """A slide to look through, and each of its findings to judge."""
    return sum(1 + row.finding_count for row in rows)


def _loads(order: Sequence[User], rows: Sequence[WorkItem]) -> dict[User, int]:
    """What each reader has to do already, what is dealt now left out."""
    has = WorkItem.objects.unsigned().filter(assigned_to__in=order)
    told = (
        has.exclude(pk__in=[row.pk for row in rows])
        .order_by()
        .values("assigned_to")
        .annotate(load=Count("pk") + Sum("finding_count"))
        .values_list("assigned_to", "load")
    )
    known = dict(told)
    return {reader: known.get(reader.pk, 0) for reader in order}


def _give(rows: Sequence[WorkItem], reader: User | None) -> int:
    """What was begun by somebody else waits again; their reviews are kept from going on."""
    numbers = [row.pk for row in rows]
    items = WorkItem.objects.unsigned().filter(pk__in=numbers)
    begun = items.filter(state=WorkItem.State.BEGUN).exclude(assigned_to=reader)
    begun.update(state=WorkItem.State.WAITING)
    return items.update(assigned_to=reader, updated_at=now())


def _tell(reader: User, rows: Sequence[WorkItem], by: User | None) -> None:
    facts: dict[str, Any] = {"by": by.get_username() if by else ""}
    facts |= {"slide": rows[0].name} if len(rows) == 1 else {"n": len(rows)}
    notices.tell(reader, Notice.Kind.ASSIGNED, address=f"{reverse('worklist')}?whose=mine", **facts)


@transaction.atomic
def unassign(*, items: Iterable[int], by: User | None) -> int:
    """Give routine work back to nobody; how many slides that were somebody's."""
    rows = list(_open(items).exclude(assigned_to=None))
    for reader, mine in _by_reader(rows).items():
        _give(mine, None)
        told = {"items": [row.pk for row in mine], "n": len(mine)}
        audit.record(by, "unassign_work", reader, **told)
    return len(rows)


def _by_reader(rows: Sequence[WorkItem]) -> dict[User, list[WorkItem]]:
    held: dict[User, list[WorkItem]] = defaultdict(list)
    for row in rows:
        held[row.assigned_to].append(row)
    return held


@transaction.atomic
def mark_urgent(*, items: Iterable[int], is_urgent: bool, by: User | None) -> int:
    """Put work before everything else, or back in its place; how many were changed."""
    rows = WorkItem.objects.unsigned().filter(pk__in=_numbers(items))
    changed = list(rows.exclude(is_urgent=is_urgent))
    WorkItem.objects.filter(pk__in=[row.pk for row in changed]).update(
        is_urgent=is_urgent, updated_at=now()
    )
    for row in changed:
        audit.record(by, "mark_urgent" if is_urgent else "unmark_urgent", row)
    return len(changed)


def take_back_from_gone() -> int:
    """Routine work of readers whose account was closed or lost its role is nobody's again.

    What they had begun waits for somebody else. Work of studies stays: its study says what then.
    """
    held = WorkItem.objects.routine().unsigned().exclude(assigned_to=None)
    gone = [
        reader
        for reader in User.objects.filter(pk__in=held.order_by().values("assigned_to"))
        if not (reader.is_active and is_reader(reader))
    ]
    mine = held.filter(assigned_to__in=gone).values_list("pk", flat=True)
    return unassign(items=list(mine[:MOST_AT_ONCE]), by=None)
