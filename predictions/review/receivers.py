"""What the desk does when something happened elsewhere. The sweep makes up for a lost nudge."""

from django.db.models.signals import post_save
from django.dispatch import receiver

from predictions.models import Prediction
from predictions.review import tasks, worklist
from predictions.signals import prediction_done
from slides.models import Slide


@receiver(prediction_done, sender=Prediction)
def _a_slide_was_read(prediction: Prediction, **_: object) -> None:
    tasks.open_work.delay(prediction.pk)


@receiver(post_save, sender=Slide)
def _a_slide_was_corrected(instance: Slide, created: bool, **_: object) -> None:
    if not created:
        worklist.keep_names(instance)
