"""The desk's own jobs in the list of all jobs."""

from django.utils.translation import gettext_lazy as _

from predictions import job_list
from predictions.review import tasks
from predictions.review.models import LookBack


def put_in() -> None:
    """Once, when the site starts."""
    job_list.KINDS["look-back"] = job_list.Kind(
        _("Look back"), LookBack, _("slides"), tasks.look_back, ("version",)
    )
