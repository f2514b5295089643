"""Work of the reviewer's desk. Tasks take ids, may run twice, and call one service."""

from celery import shared_task

from predictions.models import Prediction
from predictions.review import worklist


@shared_task(acks_late=True)
def open_work(prediction_id: int) -> None:
    rows = Prediction.objects.select_related("slide", "version")
    worklist.open_work(rows.get(pk=prediction_id))


@shared_task
def sweep() -> None:
    """Put on the list what a lost message, or a change of the live version, left behind."""
    worklist.sweep()
