"""How long readers read: their own times for readers, all that may be told for admins."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Count, Max, Q, QuerySet, Sum
from django.utils.timezone import make_aware, now

from predictions.review.models import Conclusion, Review, Sitting
from predictions.review.time_figures import Spread, spread
from predictions.review.visibility import visible_reviews, visible_sittings
from slides.roles import is_admin

DAYS = 90  # that are shown where no period is asked for
GROUPS = ("negative", "positive", "inadequate")


@dataclass(frozen=True)
class Asked:
    """Which readings: days in UTC, both included; routine, a study's number, or all ("")."""

    since: date
    until: date
    reader: str = ""
    study: str = ""

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Asked":
        today = now().date()
        until = _day(given.get("until", "")) or today
        since = _day(given.get("since", "")) or min(today - timedelta(days=DAYS), until)
        study = given.get("study", "")
        return cls(
            since=since,
            until=until,
            reader=given.get("reader", "")[:150],
            study=study if study == "routine" or (study.isdecimal() and len(study) < 16) else "",
        )


def _day(words: str) -> date | None:
    try:
        day = date.fromisoformat(words.strip())
    except ValueError:
        return None
    return day if date.min < day < date.max else None


@dataclass(frozen=True)
class ReaderTimes:
    """The times of one reader. by: of negative, positive and inadequate slides; None: none."""

    reader: str
    seconds: list[float]
    all: Spread | None
    by: dict[str, Spread | None]
    viewer_seconds: float

    def as_json(self) -> dict[str, Any]:
        return {
            "reader": self.reader,
            "reviews": asdict(self.all) if self.all else None,
            "by": {name: asdict(one) if one else None for name, one in self.by.items()},
            "viewer_seconds": self.viewer_seconds,
        }


def reviews_of(asked: Asked, user: Any) -> QuerySet[Review]:
    """Signed readings with time, as far as a user may see times: an admin all, others their own."""
    rows = visible_reviews(user).filter(frozen_sha256__gt="", active_seconds__gt=0)
    if not is_admin(user):
        rows = rows.filter(reader=user)
    elif asked.reader:
        rows = rows.filter(reader__username=asked.reader)
    if asked.study:
        study = None if asked.study == "routine" else asked.study
        rows = rows.filter(item__study=study)
    return rows.filter(signed_at__gte=_midnight(asked.since), signed_at__lt=_after(asked.until))


def by_reader(asked: Asked, user: Any) -> list[ReaderTimes]:
    """By name. viewer_seconds: on slides outside reviews, whatever study was asked for."""
    seconds: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    told = reviews_of(asked, user).values_list(
        "reader__username", "conclusion", "is_adequate", "active_seconds"
    )
    for reader, conclusion, is_adequate, active in told:
        seconds[reader][_group(conclusion, is_adequate)].append(active)
    outside = _outside(asked, user)
    names = sorted({*seconds, *outside}, key=str.casefold)
    return [_times(name, seconds[name], outside.get(name, 0.0)) for name in names]


def _times(name: str, groups: Mapping[str, list[float]], outside: float) -> ReaderTimes:
    every = [each for one in groups.values() for each in one]
    by = {group: spread(groups.get(group, [])) for group in GROUPS}
    return ReaderTimes(name, every, spread(every), by, outside)


def _group(conclusion: str, is_adequate: bool | None) -> str:
    if is_adequate is False:
        return "inadequate"
    return "negative" if conclusion == Conclusion.NEGATIVE else "positive"


def _outside(asked: Asked, user: Any) -> dict[str, float]:
    """Active seconds on slides that were no review, by reader."""
    rows: QuerySet[Sitting] = visible_sittings(user).filter(review=None)
    rows = rows.filter(began_at__gte=_midnight(asked.since), began_at__lt=_after(asked.until))
    if asked.reader and is_admin(user):
        rows = rows.filter(reader__username=asked.reader)
    told = rows.order_by().values_list("reader__username").annotate(s=Sum("active_seconds"))
    return dict(told)


def by_slide(asked: Asked, user: Any) -> QuerySet:
    """Slides with how often and how long they were read, the longest in all first."""
    rows = reviews_of(asked, user).order_by().values("slide", "slide__name", "slide__patient")
    return rows.annotate(
        n=Count("pk"),
        readers=Count("reader", distinct=True),
        total=Sum("active_seconds"),
        longest=Max("active_seconds"),
        positive=Count("pk", filter=Q(conclusion__in=_POSITIVE)),
    ).order_by("-total", "slide")


_POSITIVE = [Conclusion.ITC, Conclusion.MICRO, Conclusion.MACRO]


def _midnight(day: date) -> datetime:
    return make_aware(datetime.combine(day, time.min))


def _after(day: date) -> datetime:
    return _midnight(day + timedelta(days=1))
