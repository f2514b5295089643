"""All that was signed, as one JSON that explains itself: see sealing for how it is written."""

from typing import Any

from django.utils.timezone import now

from predictions.models import Prediction
from predictions.review.findings import Finding, conclusion_of
from predictions.review.models import Review, Study
from predictions.review.sealing import plain
from slides.models import Annotation, Slide
from training.code_version import code_version

FORMAT = 1
SAID_OF_FINDINGS = (
    "key", "number", "state", "because", "label", "size_class", "diameter_um", "uncertainty_um",
    "caliper", "region", "box_l0", "x_l0", "y_l0", "confidence", "note",
)  # fmt: skip


def frozen(
    review: Review,
    found: list[Finding],
    *,
    left: dict[str, Any],
    corrections: dict[str, Any],
) -> dict[str, Any]:
    """Everything that a signature stands for.

    left: what was not done, or not as it should be. corrections: what became of them.
    """
    return plain(
        {
            "format": FORMAT,
            "review": {"id": review.pk, "supersedes": review.supersedes_id}
            | {"reason": review.supersede_reason},
            "slide": _slide(review.slide),
            "version": _version(review.prediction),
            "prediction": _prediction(review),
            "grid": _grid(review.prediction),
            "findings": [_finding(one) for one in found],
            "said": _said(review, found),
            "left": left,
            "reader": _reader(review),
            "times": _times(review),
            "study": _study(review),
            "annotation": _annotation(review.annotation),
            "corrections": corrections,
            "is_synthetic": review.slide.is_synthetic,
            "software": {"name": "sentinode", "version": code_version()},
        }
    )


def _slide(slide: Slide) -> dict[str, Any]:
    names = ("name", "patient", "node", "sha256", "bytes", "width", "height", "mpp", "mpp_source")
    return {"id": slide.pk} | {name: getattr(slide, name) for name in names}


def _version(prediction: Prediction | None) -> dict[str, Any] | None:
    if prediction is None:
        return None
    version = prediction.version
    names = ("name", "architecture", "weights_sha256")
    return {"id": version.pk} | {name: getattr(version, name) for name in names}


def _prediction(review: Review) -> dict[str, Any] | None:
    prediction = review.prediction
    if prediction is None:
        return None
    return {
        "id": prediction.pk,
        "map_sha256": review.map_sha256,
        "threshold": review.threshold,
        "threshold_source": prediction.version.threshold_source,
        "tissue_bar": prediction.tissue_bar,
        "exposure": prediction.exposure,
        "slide_score": prediction.slide_score,
    }


def _grid(prediction: Prediction | None) -> dict[str, Any] | None:
    if prediction is None:
        return None
    names = ("columns", "rows", "side_l0")
    grid = {name: getattr(prediction, name) for name in names}
    return grid | {"patch_px": prediction.version.patch_px, "mpp": prediction.version.mpp}


def _finding(one: Finding) -> dict[str, Any]:
    told = {name: getattr(one, name) for name in SAID_OF_FINDINGS}
    return told | {"at": one.at.isoformat() if one.at else None}


def _said(review: Review, found: list[Finding]) -> dict[str, Any]:
    return {
        "is_adequate": review.is_adequate,
        "inadequate_reason": review.inadequate_reason,
        "conclusion": review.conclusion,
        "suggested": conclusion_of(found),
        "unaided": review.unaided,
        "unaided_at": review.unaided_at.isoformat() if review.unaided_at else None,
    }


def _reader(review: Review) -> dict[str, Any]:
    reader = review.reader
    return {"id": reader.pk, "username": reader.get_username(), "name": reader.get_full_name()}


def _times(review: Review) -> dict[str, Any]:
    signed_at = review.signed_at or now()
    return {
        "begun_at": review.begun_at.isoformat(),
        "signed_at": signed_at.isoformat(),
        "active_seconds": review.active_seconds,
        "unaided_seconds": review.unaided_seconds,
    }


def _study(review: Review) -> dict[str, Any] | None:
    study: Study | None = review.item.study
    if study is None:
        return None
    return {"id": study.pk, "name": study.name, "seat": review.item.seat}


def _annotation(annotation: Annotation | None) -> dict[str, Any] | None:
    if annotation is None:
        return None
    return {"revision": annotation.revision, "checksum": annotation.checksum}
