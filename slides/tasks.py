"""Work of the slides app. Tasks take ids, may run twice, and call one service."""

from celery import shared_task
from django.core.cache import cache

from slides import revisions, services, uploads
from slides.jobs import recover
from slides.models import Slide


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


@shared_task
def sweep() -> None:
    """Queue again what a dead worker left, make revisions of idle drawings, clear away uploads."""
    for slide in uploads.register_complete():
        ingest_slide.delay(slide.pk)
    for slide_id in recover(Slide):
        ingest_slide.delay(slide_id)
    for slide_id in revisions.idle_slides():
        fold_drawing.delay(slide_id)
    uploads.discard_expired()
    if cache.add("slides-tidied", True, timeout=3600):
        services.tidy()
        uploads.discard_ownerless(older_than_seconds=services.LEFT_FOR_DEAD_SECONDS)
