"""A review while it is open: begun, judged verdict by verdict, until it is signed or given up."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from predictions.review import candidates, findings
from predictions.review.models import Conclusion, Review, WorkItem
from predictions.review.rows import (
    candidates_of,
    findings_of,
    locked,
    locked_item,
    refuse_closed,
    shown_findings,
)
from predictions.review.said import BadVerdict, Said
from predictions.review.verdicts import (
    ChangedElsewhere,
    accept_rest,
    copy_verdicts,
    give_verdict,
    undo,
)
from slides import audit
from slides.drawing import name_of
from slides.jobs import Reason

# All that is done with an open review is named here.
__all__ = [
    "BadVerdict",
    "ChangedElsewhere",
    "Said",
    "accept_rest",
    "begin",
    "candidates_of",
    "findings_of",
    "give_verdict",
    "is_same_reading",
    "judge_slide",
    "keep_said",
    "leave",
    "open_review",
    "replace_review",
    "resume",
    "shown_findings",
    "undo",
]

JUDGEMENTS = ("is_adequate", "inadequate_reason", "conclusion")
UNAIDED = ("unaided", "unaided_at", "unaided_seconds")
KEPT = (*JUDGEMENTS, *UNAIDED, "active_seconds")  # where the same reader goes on


# Beginning and giving up -----------------------------------------------------------


@transaction.atomic
def begin(*, item: WorkItem, reader: User) -> Review:
    """The reader's open review of a work item, or a new one; the item is then theirs.

    Of two who begin the same item the second is refused (taken). A reader who had given it up
    goes on with what they had said, if the reading is the same.
    """
    item = locked_item(item)
    _refuse_unfit(item, reader)
    others = item.reviews.filter(state=Review.State.OPEN).select_related("reader")
    own = next((one for one in others if one.reader_id == reader.pk), None)
    _refuse_taken(item, reader, others)
    for other in others:
        if other.reader_id != reader.pk:
            _end(other, by=reader, because="given to somebody else")
    item.state, item.assigned_to = WorkItem.State.BEGUN, reader
    item.save(update_fields=["state", "assigned_to", "updated_at"])
    return own or open_review(item, reader)


def open_review(item: WorkItem, reader: User, **fields: Any) -> Review:
    """A new review of what the item is to be reviewed by. The item must be locked."""
    prediction = item.prediction
    if prediction is not None:
        candidates.candidates_of(prediction)
    before = item.reviews.filter(reader=reader, state=Review.State.LEFT).first()
    review = Review.objects.create(
        item=item,
        slide=item.slide,
        prediction=prediction,
        map_sha256=prediction.map_sha256 if prediction else "",
        threshold=prediction.threshold if prediction else None,
        reader=reader,
        **fields,
    )
    audit.record(
        reader, "begin_review", review, slide=review.slide_id, prediction=review.prediction_id
    )
    if before and not fields and is_same_reading(before, review):
        resume(review, before)
    return review


def replace_review(review: Review, item: WorkItem) -> Review:
    """Give up an open review for one of the reading that its item names now. Both are locked.

    Raises Reason where that is the one it looks at already.
    """
    now = item.prediction
    if now is None or (now.pk, now.map_sha256) == (review.prediction_id, review.map_sha256):
        raise Reason(f"{review.slide} was not read again: go on with this review.", "nothing_new")
    told = {"supersedes": review.supersedes, "supersede_reason": review.supersede_reason}
    told |= {name: getattr(review, name) for name in KEPT}
    _end(review, by=review.reader, because=f"read again by {now.version.name}")
    return open_review(item, review.reader, **told)


def resume(review: Review, before: Review) -> None:
    """Go on with all that an earlier review of the same reading said."""
    verdicts = list(before.verdicts.order_by("sequence"))
    copy_verdicts(findings.standing_verdicts(verdicts), review)
    keep_said(review, before, KEPT)


def keep_said(review: Review, before: Review, names: Iterable[str]) -> None:
    """What an earlier review said of the slide, said by this one too."""
    for name in names:
        setattr(review, name, getattr(before, name))
    review.save()


@transaction.atomic
def leave(*, review: Review, by: User) -> Review:
    """Give a review up: its verdicts stay, and the slide waits for a reader again."""
    item = locked_item(review.item)
    review = locked(review)
    refuse_closed(review, by)
    _end(review, by=by, because="given up")
    has_signed = item.reviews.filter(state=Review.State.SIGNED).exists()
    item.state = WorkItem.State.SIGNED if has_signed else WorkItem.State.WAITING
    if item.study_id is None:
        item.assigned_to = None
    item.save(update_fields=["state", "assigned_to", "updated_at"])
    return review


def _end(review: Review, *, by: User, because: str) -> None:
    review.state, review.supersedes = Review.State.LEFT, None
    review.save(update_fields=["state", "supersedes"])
    audit.record(by, "leave_review", review, slide=review.slide_id, because=because)


def is_same_reading(one: Review, other: Review) -> bool:
    return all(
        getattr(one, name) == getattr(other, name)
        for name in ("prediction_id", "map_sha256", "threshold")
    )


# Who may begin ---------------------------------------------------------------------


def _refuse_unfit(item: WorkItem, reader: User) -> None:
    if not item.slide.is_ready:
        raise Reason(f"{item.slide} is not ready to be read. Wait for its intake.", "not_ready")
    if item.study is not None:
        _refuse_seat(item, reader)
    signed = item.reviews.filter(state=Review.State.SIGNED).select_related("reader").first()
    is_going_on = item.reviews.filter(state=Review.State.OPEN, reader=reader).exists()
    if signed is not None and not is_going_on:
        raise Reason(
            f"{item.slide} was signed by {name_of(signed.reader)} on {signed.signed_at:%d %B %Y}. "
            "To say otherwise, supersede that review and say why.",
            "already_signed",
        )


def _refuse_seat(item: WorkItem, reader: User) -> None:
    study = item.study
    if study.state != study.State.OPEN:
        raise Reason(f"The study {study} is {study.get_state_display()}: nobody reads in it now.")
    if item.seat == WorkItem.ADJUDICATION:
        if study.adjudicator_id != reader.pk:
            raise Reason(f"Only the adjudicator of {study} decides here.", "not_yours")
        return
    if not study.readers.filter(pk=reader.pk).exists():
        raise Reason(f"You are no reader of the study {study}.", "not_yours")
    held = Review.objects.filter(item__study=study, slide=item.slide, reader=reader)
    if held.exclude(item=item).exists():
        raise Reason(f"You read {item.slide} in the other seat of this study.", "not_yours")


def _refuse_taken(item: WorkItem, reader: User, opened: Iterable[Review]) -> None:
    """Refuse what is somebody else's, unless that account is closed."""
    holder = item.assigned_to
    if holder is None or holder.pk == reader.pk or not holder.is_active:
        return
    begun = next((one for one in opened if one.reader_id == holder.pk), None)
    if begun is not None:
        what = f"{name_of(holder)} has been reading {item.slide} since {begun.begun_at:%H:%M %Z}."
    else:
        what = f"{item.slide} is assigned to {name_of(holder)}."
    raise Reason(f"{what} Take the next one, or ask an admin to assign it to you.", "taken")


# The slide -------------------------------------------------------------------------


@transaction.atomic
def judge_slide(*, review: Review, by: User, **said: Any) -> Review:
    """Say of the slide what is given of: is_adequate, inadequate_reason, conclusion."""
    unknown = set(said) - set(JUDGEMENTS)
    if unknown:
        raise TypeError(f"a slide is not judged by {', '.join(sorted(unknown))}")
    review = locked(review)
    refuse_closed(review, by)
    if said.get("conclusion", "") not in ("", *Conclusion.values):
        raise Reason(f"{said['conclusion']!r} is no conclusion.", "bad_verdict")
    for name, value in said.items():
        setattr(review, name, value)
    if review.is_adequate:
        review.inadequate_reason = ""
    review.save(update_fields=list(JUDGEMENTS))
    return review
