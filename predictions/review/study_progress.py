"""How far the readers of a study have come: counts alone, nothing of what was said."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, Q, Sum

from predictions.review.models import Review, Study, WorkItem
from slides.drawing import name_of


@dataclass(frozen=True)
class Row:
    """One reader's seats, or the adjudicator's. seconds: active ones in what is signed."""

    reader: User
    is_adjudicator: bool
    total: int
    begun: int
    signed: int
    seconds: float

    @property
    def name(self) -> str:
        return name_of(self.reader)

    @property
    def percent(self) -> int:
        return 100 * self.signed // self.total if self.total else 0


def rows_of(study: Study) -> list[Row]:
    """Every reader's progress, then the adjudicator's."""
    counted = (
        study.work_items.order_by()
        .values("assigned_to", "seat")
        .annotate(
            total=Count("pk"),
            begun=Count("pk", filter=Q(state=WorkItem.State.BEGUN)),
            signed=Count("pk", filter=Q(state=WorkItem.State.SIGNED)),
        )
    )
    seconds = _seconds(study)
    people = User.objects.in_bulk([one["assigned_to"] for one in counted if one["assigned_to"]])
    told: dict[tuple[bool, int], dict[str, int]] = {}
    for one in counted:
        if one["assigned_to"] is None:
            continue
        key = one["seat"] == WorkItem.ADJUDICATION, one["assigned_to"]
        row = told.setdefault(key, {"total": 0, "begun": 0, "signed": 0})
        for name in row:
            row[name] += one[name]
    rows = [
        Row(people[pk], is_third, **counts, seconds=seconds.get((is_third, pk), 0.0))
        for (is_third, pk), counts in told.items()
    ]
    return sorted(rows, key=lambda row: (row.is_adjudicator, row.name))


def _seconds(study: Study) -> dict[tuple[bool, int], float]:
    signed = Review.objects.filter(item__study=study, state=Review.State.SIGNED)
    told = signed.order_by().values("reader", "item__seat").annotate(seconds=Sum("active_seconds"))
    by_person: dict[tuple[bool, int], float] = {}
    for one in told:
        key = one["item__seat"] == WorkItem.ADJUDICATION, one["reader"]
        by_person[key] = by_person.get(key, 0.0) + one["seconds"]
    return by_person


def signed_count(study: Study) -> int:
    return study.work_items.filter(state=WorkItem.State.SIGNED).count()


def own_of(study: Study, user: Any) -> list[Row]:
    """The rows that are a user's own."""
    return [row for row in rows_of(study) if row.reader.pk == user.pk]
