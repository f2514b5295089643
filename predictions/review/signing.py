"""Signing a review: what is asked first, what is frozen, and how a signed one is superseded."""

from dataclasses import dataclass, field
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.review import carrying, corrections, reviewing, visibility
from predictions.review.file_checks import refuse_changed
from predictions.review.findings import OPEN, Finding, conclusion_of
from predictions.review.frozen import frozen
from predictions.review.models import Conclusion, Review, WorkItem
from predictions.review.rows import findings_of, locked, locked_item, refuse_closed, shown_findings
from predictions.review.sealing import seal_of
from slides import audit, seen
from slides.drawing import name_of
from slides.jobs import Reason
from slides.roles import is_admin, is_reader

UNSEEN_SHARE = 0.10  # of the tissue: less is not asked about


@dataclass(frozen=True)
class Left:
    """Something that was not done. is_needed: without it nothing is signed."""

    code: str
    words: str
    amount: float | None = None
    is_needed: bool = False


@dataclass(frozen=True)
class Terms:
    """How a review is signed.

    knowing: codes of what is left that the reader was asked about and signs in spite of.
    keeps_corrections: they become a revision of the slide's drawing, where that may be.
    on_old_reading: signed on the reading that was looked at, though there is another by now.
    """

    knowing: frozenset[str] = field(default_factory=frozenset)
    keeps_corrections: bool = True
    on_old_reading: bool = False


DEFAULT = Terms()


class LeftOpen(Reason):
    """A review is not signed before its reader was asked about what is left."""

    code = "left_open"

    def __init__(self, left: list[Left]) -> None:
        super().__init__(" ".join(one.words for one in left))
        self.left = left


class OtherReading(Reason):
    """The slide was read again meanwhile. reading: prediction, version and map of the new one."""

    code = "other_reading"

    def __init__(self, message: str, reading: dict[str, Any]) -> None:
        super().__init__(message)
        self.reading = reading


# What is left ----------------------------------------------------------------------


def still_open(review: Review) -> list[Left]:
    """What signing asks about: no conclusion, open findings, tissue never looked at, and so on.

    Nothing of a review that is not open any more.
    """
    if review.state != Review.State.OPEN:
        return []
    found = shown_findings(review)
    told = [_unsaid(review), _open_findings(found), _other_than_findings(review, found)]
    told.append(_unseen(unseen_share(review)))
    return [one for one in told if one is not None]


def unseen_share(review: Review) -> float | None:
    """The share of tissue that the reader never looked at; None where that is not known."""
    try:
        return seen.standing(review.slide, review.reader).unseen_share
    except Reason:
        return None


def _unsaid(review: Review) -> Left | None:
    if review.is_adequate is False:
        if review.inadequate_reason:
            return None
        words = _("Say why the slide cannot be judged.")
        return Left("no_reason", words, is_needed=True)
    if review.conclusion:
        return None
    return Left("no_conclusion", _("Say what the slide holds."), is_needed=True)


def _open_findings(found: list[Finding]) -> Left | None:
    count = sum(one.state == OPEN for one in found)
    if not count:
        return None
    words = ngettext(
        "%(count)s finding is not judged.", "%(count)s findings are not judged.", count
    )
    return Left("open_findings", words % {"count": count}, amount=count)


def _other_than_findings(review: Review, found: list[Finding]) -> Left | None:
    """Where the findings that were accepted say something else than the conclusion."""
    suggested = conclusion_of(found)
    if review.is_adequate is False or not (review.conclusion and suggested):
        return None
    if suggested == review.conclusion:
        return None
    words = _("The findings you hold make the slide %(suggested)s, you say %(conclusion)s.")
    told = {
        "suggested": Conclusion(suggested).label,
        "conclusion": Conclusion(review.conclusion).label,
    }
    return Left("other_conclusion", words % told)


def _unseen(share: float | None) -> Left | None:
    if share is None or share <= UNSEEN_SHARE:
        return None
    words = _("%(percent)s %% of the tissue was not looked at with 10x or more.")
    return Left("unseen", words % {"percent": round(100 * share)}, amount=share)


def other_reading(review: Review) -> dict[str, Any] | None:
    """The reading that the slide is to be reviewed by now, where it is not the one looked at."""
    current = review.item.prediction
    if current is None:
        return None
    is_same = (current.pk, current.map_sha256) == (review.prediction_id, review.map_sha256)
    if is_same:
        return None
    told = {"prediction": current.pk, "version": current.version.name}
    return told | {"map_sha256": current.map_sha256}


def _refuse_other_reading(review: Review, terms: Terms) -> None:
    other = other_reading(review)
    if other is not None and not terms.on_old_reading:
        raise OtherReading(
            f"{review.slide} was read again by {other['version']} while you reviewed it. What you "
            "said is kept. Carry it over to that reading, or sign on the one you looked at: that "
            "is written down then.",
            other,
        )


# Signing ---------------------------------------------------------------------------


@transaction.atomic
def sign(*, review: Review, by: User, terms: Terms = DEFAULT) -> Review:
    """Freeze a review as it stands. Signed again by its reader it is answered as it is.

    Raises LeftOpen with what the reader was not asked about yet, or Reason.
    """
    item = locked_item(review.item)
    review = locked(review)
    if review.reader_id == by.pk and review.state == Review.State.SIGNED:
        return review
    refuse_closed(review, by)
    _refuse_undecided(review)
    refuse_changed(review.slide)
    _refuse_other_reading(review, terms)
    _refuse_left(still_open(review), terms)
    found = findings_of(review)
    kept = corrections.keep(review, found, is_wanted=terms.keeps_corrections)
    review.signed_at, review.state = now(), Review.State.SIGNED
    review.annotation = kept.annotation
    left = {
        "unseen_share": unseen_share(review),
        "open_findings": sum(one.state == OPEN for one in found),
        "other_reading": other_reading(review),
    }
    review.frozen = frozen(review, found, left=left, corrections=kept.as_json())
    review.frozen_sha256 = seal_of(review.frozen)
    review.save()
    _supersede_earlier(review)
    item.state = WorkItem.State.SIGNED
    item.save(update_fields=["state", "updated_at"])
    audit.record(by, "sign_review", review, slide=review.slide_id, **_told(review))
    return review


def _refuse_undecided(review: Review) -> None:
    if not visibility.shows_candidates(review):
        raise Reason(
            _("Decide without the model first; the slide is signed after its findings were shown."),
            "decide_first",
        )


def _refuse_left(left: list[Left], terms: Terms) -> None:
    asked = [one for one in left if one.is_needed or one.code not in terms.knowing]
    if asked:
        raise LeftOpen(asked)


def _told(review: Review) -> dict[str, Any]:
    return {"conclusion": review.conclusion, "frozen_sha256": review.frozen_sha256}


# Superseding -----------------------------------------------------------------------


@transaction.atomic
def supersede(*, review: Review, by: User, reason: str) -> Review:
    """Begin the review that is to take a signed one's place; it starts with all that was said.

    The signed one holds until the next is signed. Its reader may do so, or an admin; where an alarm
    is open, any reader.
    """
    item = locked_item(review.item)
    review = locked(review)
    _refuse_superseding(review, by, reason)
    if begun := Review.objects.filter(supersedes=review, state=Review.State.OPEN).first():
        return _own(begun, by)
    item.state, item.assigned_to = WorkItem.State.BEGUN, by
    item.save(update_fields=["state", "assigned_to", "updated_at"])
    told = {"supersedes": review, "supersede_reason": reason.strip()}
    following = reviewing.open_review(item, by, **told)
    carrying.go_on(following, review, by)
    audit.record(by, "supersede_review", review, by_review=following.pk, reason=reason.strip())
    return following


def _refuse_superseding(review: Review, by: User, reason: str) -> None:
    if not may_supersede(review, by):
        raise Reason(
            f"{name_of(review.reader)} signed this review: only they or an admin supersede it.",
            "not_yours",
        )
    if review.state != Review.State.SIGNED:
        raise Reason(
            f"This review is {review.get_state_display()}; only a signed one is superseded.",
            "not_signed",
        )
    if not reason.strip():
        raise Reason("Say why the signed review is to be superseded.", "no_reason")


def may_supersede(review: Review, by: User) -> bool:
    """Its reader and admins; outside studies every reader, as long as an alarm is open on it."""
    if not is_reader(by):
        return False
    if review.reader_id == by.pk or is_admin(by):
        return True
    return review.item.study_id is None and review.alarms.filter(answer="").exists()


def _own(begun: Review, by: User) -> Review:
    if begun.reader_id == by.pk:
        return begun
    raise Reason(f"{name_of(begun.reader)} is superseding this review already.", "taken")


def _supersede_earlier(review: Review) -> None:
    if review.supersedes_id:
        Review.objects.filter(pk=review.supersedes_id).update(state=Review.State.SUPERSEDED)
