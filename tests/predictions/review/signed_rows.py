"""Signed reviews as rows, with the JSON that signing would have frozen."""

import copy
from typing import Any

from django.contrib.auth.models import User
from django.utils.timezone import now

from predictions.review.models import Review, WorkItem
from predictions.review.sealing import seal_of
from slides.models import Slide
from tests.predictions.review.study_rows import an_item

CELL_UM = 150.0


def a_finding(number: int, diameter_um: float | None = None, **fields: Any) -> dict[str, Any]:
    """An accepted finding that a map measured."""
    sizes = [("itc", 200), ("micro", 2000), ("macro", float("inf"))]
    known = diameter_um is not None
    own = next(name for name, most in sizes if diameter_um <= most) if known else ""
    told = {
        "key": f"c{number}",
        "number": number,
        "state": "accepted",
        "because": "",
        "label": "tumour",
        "size_class": own,
        "diameter_um": diameter_um,
        "uncertainty_um": CELL_UM if known else None,
        "caliper": None,
        "region": None,
        "box_l0": [0, 0, 32, 32],
        "x_l0": 16,
        "y_l0": 16,
        "confidence": 0.9,
        "note": "",
        "at": None,
    }
    return told | fields


def by_caliper(number: int, diameter_um: float, **fields: Any) -> dict[str, Any]:
    told = {"uncertainty_um": None, "caliper": [[0, 0], [diameter_um, 0]]}
    return a_finding(number, diameter_um, **told | fields)


def a_frozen(slide: Slide, reader: User, **fields: Any) -> dict[str, Any]:
    """fields: findings, and what the reader said of the slide."""
    findings = fields.pop("findings", [])
    said = {
        "is_adequate": True,
        "inadequate_reason": "",
        "conclusion": "negative",
        "suggested": "",
        "unaided": "",
        "unaided_at": None,
    }
    names = ("name", "patient", "node", "sha256", "width", "height", "mpp", "mpp_source")
    return {
        "format": 1,
        "slide": {"id": slide.pk} | {name: getattr(slide, name) for name in names},
        "findings": copy.deepcopy(findings),
        "said": said | fields,
        "left": {"unseen_share": 0, "open_findings": 0},
        "reader": {"id": reader.pk, "username": reader.username, "name": ""},
        "is_synthetic": slide.is_synthetic,
    }


def signed(
    slide: Slide,
    reader: User,
    *,
    item: WorkItem | None = None,
    state: str = "signed",
    **fields: Any,
) -> Review:
    """signed(slide, reader, conclusion="micro", findings=[...]): the routine review of a slide."""
    frozen = a_frozen(slide, reader, **fields)
    return Review.objects.create(
        item=item or an_item(slide, reader),
        slide=slide,
        reader=reader,
        state=state,
        conclusion=frozen["said"]["conclusion"],
        is_adequate=frozen["said"]["is_adequate"],
        signed_at=now(),
        frozen=frozen,
        frozen_sha256=seal_of(frozen),
    )
