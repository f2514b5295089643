"""Slides on the worklist as bare rows, without files or readings."""

from typing import Any

from django.utils.timezone import now

from predictions.review.models import WorkItem
from slides.models import Slide


def work(name: str = "one", **fields: Any) -> WorkItem:
    """A ready slide on the list, its figures as given."""
    patient = fields.pop("patient", name)
    own = {key: fields.pop(key) for key in ("is_synthetic",) if key in fields}
    slide = Slide.objects.create(name=name, patient=patient, status=Slide.Status.DONE, **own)
    row = {"patient": patient, "name": name, "arrived_at": now(), "map_sha256": "a" * 64}
    return WorkItem.objects.create(slide=slide, **row | fields)


def ranked(n: int, **fields: Any) -> list[WorkItem]:
    """n slides, the highest score first; each two of them have the same score."""
    return [work(f"s{k}", score=1 - (k // 2) / 10, **fields) for k in range(n)]
