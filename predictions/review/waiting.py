"""How many notices and alarms wait for a user, by one query a request."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Count, QuerySet, Subquery, Value

from predictions.review import alarms
from predictions.review.models import Notice
from slides.roles import is_reader


@dataclass(frozen=True)
class Waiting:
    """notices: unread. alarms: open, on one's own reviews; an admin's, on all."""

    notices: int = 0
    alarms: int = 0


def waiting_for(user: Any) -> Waiting:
    """Asked of the database once for each request, as roles are."""
    if not is_reader(user):
        return Waiting()
    if not hasattr(user, "_desk_waiting"):
        unread = Notice.objects.filter(user=user.pk, read_at=None)
        counts = User.objects.filter(pk=user.pk).values_list(
            _count(unread), _count(alarms.waiting_for(user))
        )
        user._desk_waiting = Waiting(*(n or 0 for n in counts.get()))
    return user._desk_waiting


def _count(rows: QuerySet) -> Subquery:
    one = rows.order_by().annotate(_all=Value(1)).values("_all")
    return Subquery(one.annotate(_n=Count("pk")).values("_n"))
