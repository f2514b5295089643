"""Writing to the row of a job that may have been taken over meanwhile."""

from typing import Any

from slides.jobs import Job, Superseded


def write_own(job: Job, **fields: Any) -> None:
    """Write fields only while this attempt still owns the row. Raises Superseded if not."""
    rows = type(job).objects.filter(pk=job.pk, attempt=job.attempt)
    if not rows.update(**fields):
        raise Superseded
    for name, value in fields.items():
        setattr(job, name, value)
