"""How many notices and alarms wait for a user: on every page, so by one short query as a rule."""

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
        user._desk_waiting = _counted(user)
    return user._desk_waiting


def _counted(user: Any) -> Waiting:
    """What studies keep back takes a long query: it is asked only where an alarm is open at all."""
    unread = Notice.objects.filter(user=user.pk, read_at=None)
    row = User.objects.filter(pk=user.pk).values_list(
        _count(unread), _count(alarms.unanswered(user))
    )
    notices, unanswered = (n or 0 for n in row.get())
    return Waiting(notices, alarms.waiting_for(user).count() if unanswered else 0)


def _count(rows: QuerySet) -> Subquery:
    one = rows.order_by().annotate(_all=Value(1)).values("_all")
    return Subquery(one.annotate(_n=Count("pk")).values("_n"))
