"""Work of the slides app. Tasks take ids, may run twice, and call one service."""

from contextlib import suppress
from threading import BoundedSemaphore, Thread

from celery import shared_task
from django.core.cache import cache
from django.db import connections

from slides import pending_truth, revisions, services, uploads
from slides.jobs import recover
from slides.models import PendingTruth, Slide

# Truth files that one web process reads at a time: each may take a core and 4 GB.
_READERS = BoundedSemaphore(2)


@shared_task(acks_late=True)
def ingest_slide(slide_id: int) -> None:
    run_intake(Slide.objects.get(pk=slide_id))


def run_intake(slide: Slide) -> bool:
    """Claim a slide and take it in; False if it was not ours to do."""
    if not slide.claim():
        return False
    with slide.recorded():
        services.ingest(slide, report=slide.report)
    return True


@shared_task(acks_late=True)
def fold_drawing(slide_id: int) -> None:
    """Make a revision of edits that nobody finished; none if somebody was faster."""
    if slide := Slide.objects.filter(pk=slide_id).first():
        revisions.finish(slide=slide, author=None)


@shared_task(acks_late=True)
def read_truth_file(pending_id: int) -> None:
    run_reading(pending_id)


def run_reading(pending_id: int) -> bool:
    """Claim a truth file that somebody sent and read or keep it; False if it was not ours to do."""
    pending = PendingTruth.objects.select_related("slide", "owner").filter(pk=pending_id).first()
    if pending is None or not pending.claim():
        return False
    with suppress(PendingTruth.DoesNotExist), pending.recorded():  # discarded meanwhile
        pending_truth.carry_out(pending, report=pending.report)
    return True


def read_beside(pending_id: int) -> None:
    """Read a sent file at once, beside the request: somebody waits, a worker may be busy for hours.

    Should this process die at it, the sweep hands the file to a worker.
    """
    Thread(target=_read_in_turn, args=[pending_id], daemon=True).start()


def _read_in_turn(pending_id: int) -> None:
    try:
        with _READERS:
            run_reading(pending_id)
    finally:
        connections.close_all()


@shared_task
def sweep() -> None:
    """Queue again what a dead worker left, make revisions of idle drawings, clear away uploads."""
    for slide in uploads.register_complete():
        ingest_slide.delay(slide.pk)
    for slide_id in recover(Slide):
        ingest_slide.delay(slide_id)
    for pending_id in recover(PendingTruth):
        read_truth_file.delay(pending_id)
    for slide_id in revisions.idle_slides():
        fold_drawing.delay(slide_id)
    uploads.discard_expired()
    pending_truth.discard_expired()
    if cache.add("slides-tidied", True, timeout=3600):
        services.tidy()
        uploads.discard_ownerless(older_than_seconds=services.LEFT_FOR_DEAD_SECONDS)
        pending_truth.discard_ownerless(older_than_seconds=services.LEFT_FOR_DEAD_SECONDS)
