"""What a reader says of a slide before the model is shown. Said once, it stays as it was said."""

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from predictions.review import activity
from predictions.review.models import Conclusion, Review
from predictions.review.rows import locked, refuse_closed
from slides import audit
from slides.jobs import Reason


@transaction.atomic
def decide_unaided(
    *, review: Review, by: User, conclusion: str = "", seconds: float = 0.0
) -> Review:
    """Keep the decision without the model, and show the model from now on.

    conclusion: a Conclusion; empty only where the slide was said not to be adequate. seconds:
    active ones that were not told yet. Said again alike it is answered as it is; another is
    refused (already_decided): a change of mind is what the review says in the end.
    """
    activity.lock(by)
    review = locked(review)
    refuse_closed(review, by)
    _refuse_rules(review)
    if review.unaided_at is not None:
        return _known(review, conclusion)
    _refuse_words(review, conclusion)
    activity.note(slide=review.slide, reader=by, seconds=seconds, review=review)
    review.refresh_from_db(fields=["active_seconds", "unaided_seconds"])
    review.unaided, review.unaided_at = conclusion, now()
    review.save(update_fields=["unaided", "unaided_at"])
    audit.record(
        by,
        "decide_unaided",
        review,
        slide=review.slide_id,
        conclusion=conclusion,
        active_seconds=round(review.unaided_seconds, 1),
    )
    return review


def _refuse_rules(review: Review) -> None:
    study = review.item.study
    if study is None or not study.is_unaided_first or review.item.seat == review.item.ADJUDICATION:
        raise Reason(
            _("No decision is due here before the model is shown: conclude the slide as usual."),
            "not_unaided",
        )


def _known(review: Review, conclusion: str) -> Review:
    if review.unaided == conclusion:
        return review
    raise Reason(
        _(
            "You decided on this slide before: %(said)s. That stays; say below what you hold to be "
            "true now."
        )
        % {"said": review.get_unaided_display() or _("not adequate")},
        "already_decided",
    )


def _refuse_words(review: Review, conclusion: str) -> None:
    if conclusion and conclusion not in Conclusion.values:
        raise Reason(
            _("%(said)s is no decision; give one of %(options)s.")
            % {"said": repr(conclusion), "options": ", ".join(Conclusion.values)},
            "bad_decision",
        )
    if not conclusion and review.is_adequate is not False:
        raise Reason(
            _("Say what the slide holds, or that it is not adequate to be judged."), "no_decision"
        )
