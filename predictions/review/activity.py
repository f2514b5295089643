"""Reading time: how long somebody moved, pressed or scrolled, not how long a page stood open.

A page says every quarter of a minute for how many seconds its reader was active. No more is
believed than has passed since that reader was last heard of, on whatever slide: two windows do not
make two readers. After a long pause a new sitting begins, and the log says that the slide was seen.
"""

import math
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils.timezone import now

from predictions.review.models import Review, Sitting
from slides import audit
from slides.models import Slide

MOST_SECONDS = 30.0  # that one message may tell of: pages send twice as often
PAUSE = timedelta(minutes=5)  # after it a sitting is over


@transaction.atomic
def note(
    *,
    slide: Slide,
    reader: User,
    seconds: float,
    review: Review | None = None,
    at: datetime | None = None,
) -> Sitting | None:
    """Add active seconds of a reader on a slide, and to the review if it is theirs and open.

    at: when they ended; now, unless told. None where nothing of it is left to count.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError(f"active seconds are 0 or more; got {seconds!r}")
    moment = at or now()
    lock(reader)
    newest = Sitting.objects.filter(reader=reader).order_by("-last_at").first()
    heard = newest.last_at if newest else None
    counted = min(seconds, MOST_SECONDS)
    if heard is not None:
        counted = min(counted, (moment - heard).total_seconds())
    if counted <= 0:
        return None
    own = review if review and _counts_for(review, reader) else None
    sitting = _sitting(slide, reader, own, moment, counted)
    if own is not None:
        _add_to(own, counted)
    return sitting


def lock(reader: User) -> None:
    """One message of a reader at a time; rows that name the reader may be written meanwhile.

    Taken before the lock of a review: the other way round two messages wait for each other.
    """
    User.objects.select_for_update(no_key=True).get(pk=reader.pk)


def _counts_for(review: Review, reader: User) -> bool:
    return review.reader_id == reader.pk and review.state == Review.State.OPEN


def _sitting(
    slide: Slide, reader: User, review: Review | None, moment: datetime, seconds: float
) -> Sitting:
    """The sitting that goes on, or a new one with the event that the slide was seen."""
    rows = Sitting.objects.filter(slide=slide, reader=reader, review=review)
    going_on = rows.filter(last_at__gte=moment - PAUSE).order_by("-last_at").first()
    if going_on is not None:
        going_on.active_seconds += seconds
        going_on.last_at = moment
        going_on.save(update_fields=["active_seconds", "last_at"])
        return going_on
    told = {"review": review.pk} if review else {}
    audit.record(reader, "see", slide, patient=slide.patient, **told)
    return Sitting.objects.create(
        slide=slide,
        reader=reader,
        review=review,
        began_at=moment - timedelta(seconds=seconds),
        last_at=moment,
        active_seconds=seconds,
    )


def _add_to(review: Review, seconds: float) -> None:
    """Onto an open review only: what was signed is not changed by a late message."""
    rows = Review.objects.filter(pk=review.pk, state=Review.State.OPEN)
    rows.update(active_seconds=F("active_seconds") + seconds)
    unaided_first = rows.filter(item__study__is_unaided_first=True, unaided_at=None)
    unaided_first.update(unaided_seconds=F("unaided_seconds") + seconds)
