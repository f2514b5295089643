"""What an open review says now, and its row under lock."""

from typing import TypeVar

from django.contrib.auth.models import User
from django.db.models import Model

from predictions.review import findings, visibility
from predictions.review.findings import Finding
from predictions.review.models import Candidate, Review, WorkItem
from slides.drawing import name_of
from slides.jobs import Reason

Row = TypeVar("Row", bound=Model)


def candidates_of(review: Review) -> list[Candidate]:
    """The findings of the very map and threshold that the review looks at."""
    rows = Candidate.objects.filter(prediction=review.prediction_id, map_sha256=review.map_sha256)
    return list(rows.filter(threshold=review.threshold).order_by("number"))


def findings_of(review: Review) -> list[Finding]:
    """The review's findings as they stand: candidates by number, then what was added."""
    verdicts = review.verdicts.select_related("by").order_by("sequence")
    return findings.fold(candidates_of(review), verdicts)


def shown_findings(review: Review) -> list[Finding]:
    """Those that its reader may see: none of the model's before a decision without it."""
    found = findings_of(review)
    if visibility.shows_candidates(review):
        return found
    return [one for one in found if one.is_own]


# Locks -----------------------------------------------------------------------------


def locked_item(item: WorkItem) -> WorkItem:
    """The item's row, others kept from writing it until the transaction ends."""
    return _locked(WorkItem, item.pk, "slide", "study", "prediction__version", "assigned_to")


def locked(review: Review) -> Review:
    """The review's row, others kept from writing it until the transaction ends."""
    item = ("item__assigned_to", "item__study", "item__prediction__version")
    return _locked(Review, review.pk, "slide", "reader", "prediction__version", "supersedes", *item)


def _locked(model: type[Row], pk: int, *kin: str) -> Row:
    """A row with its kin, read only once it is locked.

    In one query PostgreSQL would give the row as it is after the wait, its kin as of before.
    """
    rows = model._default_manager
    rows.select_for_update().only("pk").get(pk=pk)
    return rows.select_related(*kin).get(pk=pk)


def refuse_closed(review: Review, by: User) -> None:
    """Raise Reason unless this reader may go on with the review."""
    if review.reader_id != by.pk:
        raise Reason(f"This is {name_of(review.reader)}'s review: only they go on.", "not_yours")
    if review.state != Review.State.OPEN:
        raise Reason(_why_closed(review), "not_open")
    holder = review.item.assigned_to
    if holder != by:
        now_with = f"given to {name_of(holder)}" if holder else "taken back"
        raise Reason(
            f"{review.slide} was {now_with} while you read it. What you said is kept; nothing more "
            "can be said here. Ask an admin if it should be yours.",
            "removed",
        )


def _why_closed(review: Review) -> str:
    if review.state == Review.State.LEFT:
        return "This review was given up. Begin the slide again from the worklist."
    return (
        f"This review was signed on {review.signed_at:%d %B %Y at %H:%M %Z} and stays as it is. "
        "To say otherwise, supersede it and say why."
    )
