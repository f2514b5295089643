"""Which events of the audit log are asked for: by whom, what, about which slide, and when."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any, Self

from django.db.models import Q, QuerySet
from django.utils.timezone import make_aware

from slides.models import AuditEvent, Slide

LONGEST = 200
MOST_SLIDES = 2000  # that words may stand for


@dataclass(frozen=True)
class Asked:
    """What was asked for; empty means all. slide: words of a slide's or patient's name.

    since, until: days in UTC as YYYY-MM-DD, both included.
    """

    action: str = ""
    actor: str = ""
    kind: str = ""
    object: str = ""
    slide: str = ""
    since: str = ""
    until: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> Self:
        told = {each.name: given.get(each.name, "").strip()[:LONGEST] for each in fields(cls)}
        days = {name: _day(told[name]) for name in ("since", "until")}
        return cls(**told | {name: str(day or "") for name, day in days.items()})

    @property
    def are_set(self) -> bool:
        return any(getattr(self, each.name) for each in fields(self))


def _day(words: str) -> date | None:
    """None where it is no day, nor one that a moment later can be told of."""
    try:
        day = date.fromisoformat(words)
    except ValueError:
        return None
    return day if date.min < day < date.max else None


def chosen(rows: QuerySet[AuditEvent], asked: Asked) -> QuerySet[AuditEvent]:
    """The events of these that were asked for."""
    exact = {"action": asked.action, "actor": asked.actor, "subject_type": asked.kind}
    rows = rows.filter(**{column: value for column, value in exact.items() if value})
    if words := asked.object:
        rows = rows.filter(Q(subject_name__icontains=words) | Q(subject_id=words[:64]))
    if words := asked.slide:
        named = Slide.objects.filter(Q(name__icontains=words) | Q(patient__icontains=words))
        rows = rows.filter(about(named))
    if since := _day(asked.since):
        rows = rows.filter(at__gte=_midnight(since))
    if until := _day(asked.until):
        rows = rows.filter(at__lt=_midnight(until + timedelta(days=1)))
    return rows


def about(slides: QuerySet[Slide]) -> Q:
    """The condition that an event is about one of these slides, or names it in its details."""
    keys = list(slides.values_list("pk", flat=True)[:MOST_SLIDES])
    is_slide = Q(subject_type="slides.slide", subject_id__in=[str(key) for key in keys])
    return is_slide | Q(details__slide__in=keys)


def _midnight(day: date) -> Any:
    return make_aware(datetime.combine(day, time.min))
