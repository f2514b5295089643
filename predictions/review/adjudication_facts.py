"""An adjudication as its page and the API tell it."""

from typing import Any

from django.utils.translation import gettext as _
from shapely.geometry import mapping

from predictions.review.adjudicating import Two, consensus_of, standing_of, taken_of
from predictions.review.matching import CHOICES, Matched, Outline
from predictions.review.models import Review, Study
from slides.drawing import name_of


def facts_of(review: Review, two: Two) -> dict[str, Any]:
    """review: the adjudicator's own."""
    agreement, taken = two.agreement, taken_of(review, two)
    return {
        "readers": [_side(one) for one in two.reviews],
        "both": agreement.both,
        "only_first": agreement.only_first,
        "only_second": agreement.only_second,
        "mean_iou": agreement.mean_iou,
        "score": agreement.score,
        "lesions": [
            _lesion(one, two)
            | {
                "standing": standing_of(review, two, one),
                "finding": taken[one.number].key if one.number in taken else None,
            }
            for one in two.lesions
        ],
    }


def _side(review: Review) -> dict[str, Any]:
    study: Study = review.item.study
    is_told = not study.is_blinded or study.state == Study.State.CLOSED
    seat = _("first reader") if review.item.seat == 1 else _("second reader")
    return {
        "seat": review.item.seat,
        "name": name_of(review.reader) if is_told else seat,
        "conclusion": review.conclusion,
        "conclusion_words": review.get_conclusion_display() or _("not adequate"),
        "unaided": review.unaided,
        "is_adequate": review.is_adequate,
        "inadequate_reason": review.inadequate_reason,
    }


def _lesion(lesion: Matched, two: Two) -> dict[str, Any]:
    return {
        "number": lesion.number,
        "found_by": lesion.found_by,
        "iou": lesion.iou,
        "box_l0": list(lesion.box_l0),
        "candidates": list(two.candidates[lesion.number]),
        "first": [_outline(one) for one in lesion.first],
        "second": [_outline(one) for one in lesion.second],
        "choices": {choice: consensus_of(two, lesion, choice) for choice in CHOICES},
    }


def _outline(one: Outline) -> dict[str, Any]:
    return {"key": one.key, "size_class": one.size_class, "region": mapping(one.region)}
