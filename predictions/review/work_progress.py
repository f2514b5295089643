"""How far the reading of a list is, and how long the rest may take a reader."""

import math
from dataclasses import dataclass
from statistics import median
from typing import Any

from predictions.review.models import Review, WorkItem
from predictions.review.work_filters import Scope, listed
from predictions.review.work_pages import Count, counted

LATEST = 20  # signed reviews that a reader's pace is taken from
FEWEST = 3  # fewer tell no pace


@dataclass(frozen=True)
class Progress:
    """signed, total: of the list whatever the state. seconds_each: median of active reading.

    seconds_left: for what is left to this reader; None where no pace is known yet, or where there
    is more than was counted.
    """

    signed: Count
    total: Count
    seconds_each: float | None = None
    seconds_left: float | None = None

    @property
    def minutes_left(self) -> int | None:
        """Whole minutes, for more is not known."""
        return None if self.seconds_left is None else math.ceil(self.seconds_left / 60)

    @property
    def percent(self) -> int | None:
        """None where there is more than was counted."""
        if self.total.is_more or not self.total.n:
            return None
        return int(100 * self.signed.n / self.total.n)


def progress_of(scope: Scope) -> Progress:
    rows = listed(scope.but(state="all"))
    signed = counted(rows.filter(state=WorkItem.State.SIGNED))
    total = counted(rows)
    each = pace_of(scope.user)
    is_known = each is not None and not total.is_more
    left = each * (total.n - signed.n) if is_known else None
    return Progress(signed, total, each, left)


def pace_of(user: Any) -> float | None:
    """Seconds of active reading that a slide takes this reader: the median of the latest."""
    told = Review.objects.filter(
        reader=user.pk,
        state__in=[Review.State.SIGNED, Review.State.SUPERSEDED],
        active_seconds__gt=0,
    )
    latest = told.order_by("-pk").values_list("active_seconds", flat=True)[:LATEST]
    seconds = list(latest)
    return median(seconds) if len(seconds) >= FEWEST else None
