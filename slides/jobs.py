"""Work that a worker carries out once: the row is the truth, the message only a nudge."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Self

from django.conf import settings
from django.core.cache import cache
from django.db import models
from django.db.models import F
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

logger = logging.getLogger(__name__)

Report = Callable[[int, int], None]

MAX_LOSSES = 3
SECONDS_BETWEEN_REPORTS = 1.0
MOST_SECONDS_UNTOLD = 900


class Reason(ValueError):
    """A refusal or failure with a typed code that pages and scripts can rely on."""

    code = "refused"

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code or self.code


class Cancelled(Exception):
    """Somebody asked this job to stop."""


class Superseded(Exception):
    """Another attempt owns the row now: stop without writing anything."""


class JobQuerySet(models.QuerySet):
    def waiting(self) -> Self:
        return self.filter(status=Job.Status.QUEUED)

    def active(self) -> Self:
        return self.filter(status__in=[Job.Status.QUEUED, Job.Status.RUNNING])

    def stale(self) -> Self:
        """Running jobs whose worker has not been heard of for a lease."""
        silent_since = now() - timedelta(seconds=settings.LEASE_SECONDS)
        return self.filter(status=Job.Status.RUNNING, heartbeat_at__lt=silent_since)

    def forgotten(self) -> Self:
        """Queued jobs whose message may be lost: nobody took them within a lease."""
        since = now() - timedelta(seconds=settings.LEASE_SECONDS)
        return self.filter(status=Job.Status.QUEUED, queued_at__lt=since)


class Job(models.Model):
    """A row that a worker carries out once, and that says how it goes and how it went."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")
        CANCELLED = "cancelled", _("Cancelled")

    status = models.CharField(max_length=9, choices=Status, default=Status.QUEUED, db_index=True)
    attempt = models.PositiveIntegerField(default=0, editable=False)
    lost_count = models.PositiveIntegerField(
        default=0, editable=False, help_text="Workers that died at this job"
    )
    done_count = models.PositiveBigIntegerField(default=0, editable=False)
    total_count = models.PositiveBigIntegerField(default=0, editable=False)
    rate = models.FloatField(default=0.0, editable=False, help_text="Units per second")
    queued_at = models.DateTimeField(default=now, editable=False)
    started_at = models.DateTimeField(null=True, editable=False)
    heartbeat_at = models.DateTimeField(null=True, editable=False)
    finished_at = models.DateTimeField(null=True, editable=False)
    cancel_requested = models.BooleanField(default=False, editable=False)
    reason = models.CharField(max_length=40, blank=True, editable=False)
    error = models.TextField(blank=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True

    # What a page shows -----------------------------------------------------

    @property
    def is_active(self) -> bool:
        return self.status in {self.Status.QUEUED, self.Status.RUNNING}

    @property
    def share_done(self) -> float:
        return self.done_count / self.total_count if self.total_count else 0.0

    @property
    def percent_done(self) -> int:
        return int(100 * self.share_done)

    @property
    def seconds_left(self) -> int | None:
        """Seconds to go at the present rate; None while the rate is unknown."""
        if self.status != self.Status.RUNNING or not self.rate:
            return None
        return round((self.total_count - self.done_count) / self.rate)

    @property
    def seconds_taken(self) -> float | None:
        if not (self.started_at and self.finished_at):
            return None
        return (self.finished_at - self.started_at).total_seconds()

    # What a worker does ----------------------------------------------------

    def claim(self) -> bool:
        """Take the job if it is still queued; True if it is ours to do."""
        moment = now()
        claimed = self._rows(status=self.Status.QUEUED).update(
            status=self.Status.RUNNING,
            attempt=F("attempt") + 1,
            started_at=moment,
            heartbeat_at=moment,
            finished_at=None,
            done_count=0,
            total_count=0,
            rate=0.0,
            reason="",
            error="",
        )
        self.refresh_from_db()
        return claimed == 1

    @contextmanager
    def recorded(self) -> Iterator[None]:
        """Store how the block ended: done, cancelled, or failed and why."""
        try:
            yield
        except Cancelled:
            self._finish(self.Status.CANCELLED)
        except Superseded:
            logger.warning("%s was taken over by another attempt", self)
        except Exception as error:
            if not isinstance(error, ValueError | OSError):
                logger.exception("%s failed", self)
            self._finish(
                self.Status.FAILED, reason=reason_of(error), error=str(error) or repr(error)
            )
        else:
            self._finish(self.Status.DONE)

    def report(self, done: int, total: int) -> None:
        """Store progress and heartbeat, at most once a second.

        Raises Cancelled if somebody asked for it, Superseded if the row is no longer ours.
        """
        clock = time.monotonic()
        since = getattr(self, "_reported_at", None)
        if since is not None and done < total and clock - since < SECONDS_BETWEEN_REPORTS:
            return
        self._measure_rate(done, total, clock)
        self._reported_at = clock
        self.done_count, self.total_count, self.heartbeat_at = done, total, now()
        written = self._rows(status=self.Status.RUNNING, attempt=self.attempt).update(
            done_count=done, total_count=total, rate=self.rate, heartbeat_at=self.heartbeat_at
        )
        if not written:
            raise Superseded
        if self._rows(cancel_requested=True).exists():
            raise Cancelled

    def _measure_rate(self, done: int, total: int, clock: float) -> None:
        """Units per second since this stretch of work began: a new total begins another."""
        stretch = getattr(self, "_stretch", None)
        if stretch is None or stretch[2] != total or done < stretch[0]:
            self._stretch = stretch = (done, clock, total)
        elapsed = clock - stretch[1]
        self.rate = (done - stretch[0]) / elapsed if elapsed > 0 else 0.0

    def _finish(self, status: str, *, reason: str = "", error: str = "") -> None:
        self._rows(status=self.Status.RUNNING, attempt=self.attempt).update(
            status=status, reason=reason, error=error, finished_at=now(), cancel_requested=False
        )
        self.refresh_from_db()

    def _rows(self, **conditions: object) -> models.QuerySet:
        return type(self)._default_manager.filter(pk=self.pk, **conditions)

    # What people and the sweep do ------------------------------------------

    def request_cancel(self) -> None:
        """Cancel a queued job at once, a running one at its next report."""
        self._rows(status=self.Status.QUEUED).update(
            status=self.Status.CANCELLED, finished_at=now()
        )
        self._rows(status=self.Status.RUNNING).update(cancel_requested=True)
        self.refresh_from_db()

    def requeue(self) -> bool:
        """Queue an ended job again; True if it was ended."""
        ended = [self.Status.DONE, self.Status.FAILED, self.Status.CANCELLED]
        queued = self._rows(status__in=ended).update(
            status=self.Status.QUEUED, queued_at=now(), cancel_requested=False, lost_count=0
        )
        self.refresh_from_db()
        return queued == 1


def reason_of(error: BaseException) -> str:
    """The typed code of a failure: its own, or the kind of fault."""
    if code := getattr(error, "code", None):
        return str(code)
    if isinstance(error, MemoryError):
        return "out_of_memory"
    if isinstance(error, OSError):
        return "disk_or_file"
    return "bad_input" if isinstance(error, ValueError) else "unexpected"


def recover(model: type[Job]) -> list[int]:
    """Queue again what a dead worker left, and list what needs a new message.

    Rows that only wait their turn, behind a day's work say, are listed ever more seldom: at
    twice the age each time, at least every quarter of an hour. Otherwise messages would pile up.

    A job whose worker died too often is failed for good, so that a file that
    kills workers does not kill them for ever.
    """
    for job in model.objects.stale():
        _recover_one(job)
    waiting = model.objects.forgotten().values_list("pk", "queued_at")
    return [pk for pk, queued_at in waiting if _needs_message(model, pk, queued_at)]


def _needs_message(model: type[Job], pk: int, queued_at: datetime) -> bool:
    key = f"nudged-{model._meta.label_lower}-{pk}-{queued_at.timestamp()}"
    pause = min((now() - queued_at).total_seconds(), MOST_SECONDS_UNTOLD)
    return cache.add(key, True, timeout=pause)


def _recover_one(job: Job) -> None:
    silent = job._rows(
        status=Job.Status.RUNNING, attempt=job.attempt, heartbeat_at=job.heartbeat_at
    )
    if job.cancel_requested:
        silent.update(status=Job.Status.CANCELLED, finished_at=now(), cancel_requested=False)
    elif job.lost_count + 1 >= MAX_LOSSES:
        silent.update(
            status=Job.Status.FAILED,
            lost_count=F("lost_count") + 1,
            finished_at=now(),
            reason="worker_lost",
            error=f"The worker died {MAX_LOSSES} times at this job. See the worker's log.",
        )
    else:
        # Dated back by a lease, so that the same sweep finds it and sends its message.
        silent.update(
            status=Job.Status.QUEUED,
            lost_count=F("lost_count") + 1,
            queued_at=now() - timedelta(seconds=settings.LEASE_SECONDS + 1),
        )
