"""Verdicts of an open review: given, undone, kept once. They are only ever added.

Each is kept under the lock of its review's row.
"""

import uuid
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, Q

from predictions.review import findings, visibility
from predictions.review.findings import Finding
from predictions.review.models import Review, Verdict
from predictions.review.rows import findings_of, locked, refuse_closed
from predictions.review.said import Said, checked_fields
from slides.jobs import Reason

Kind = Verdict.Kind


class ChangedElsewhere(Reason):
    """Another window said something since. finding: as it is now, None for all of it."""

    code = "changed_elsewhere"

    def __init__(self, message: str, finding: Finding | None = None) -> None:
        super().__init__(message)
        self.finding = finding


@transaction.atomic
def give_verdict(*, review: Review, said: Said, by: User, after: int | None = None) -> Verdict:
    """Keep what a reader says of a finding. Sent again under its key it is kept once.

    after: the sequence of the finding's last verdict as the sender knows it, 0 for none; None
    does not look. Raises BadVerdict, ChangedElsewhere with the finding as it is, or Reason.
    """
    review = locked(review)
    if known := _known(review, said.key, by):
        return known[0]
    refuse_closed(review, by)
    fields = checked_fields(said, review.slide)
    found = {one.key: one for one in findings_of(review)}
    finding = found.get(said.about)
    _refuse_verdict(review, said, finding)
    if finding is not None and after is not None and finding.last > after:
        raise ChangedElsewhere(
            f"Finding {finding.number} was judged in another window meanwhile: it is "
            f"{finding.state} now. Look at it again.",
            finding,
        )
    fields |= {"finding": said.about, "candidate_id": finding.candidate_id if finding else None}
    return _keep(review, by, [(said.key, fields)])[0]


def _refuse_verdict(review: Review, said: Said, finding: Finding | None) -> None:
    is_new = said.kind == Kind.ADDED
    if finding is None and not is_new:
        raise Reason(f"There is no finding {said.finding!r} in this review.", "no_finding")
    if finding is None:
        return
    if not (finding.is_own or visibility.shows_candidates(review)):
        raise Reason("Decide on the slide first; its findings are shown then.", "decide_first")
    if finding.is_own and finding.state == findings.WITHDRAWN:
        raise Reason(f"Finding {finding.number} was taken back: undo that first.", "withdrawn")


@transaction.atomic
def accept_rest(*, review: Review, by: User, key: uuid.UUID | None = None) -> list[Verdict]:
    """Accept all findings that are still open, as one stroke."""
    key = key or uuid.uuid4()
    review = locked(review)
    if known := _known(review, key, by):
        return known
    refuse_closed(review, by)
    if not visibility.shows_candidates(review):
        raise Reason("Decide on the slide first; its findings are shown then.", "decide_first")
    rest = [one for one in findings_of(review) if one.state == findings.OPEN]
    strokes = [
        (
            uuid.uuid5(key, one.key),
            {"finding": one.key, "kind": Kind.ACCEPTED, "candidate_id": one.candidate_id},
        )
        for one in rest
    ]
    return _keep(review, by, strokes, stroke=key)


@transaction.atomic
def undo(
    *, review: Review, by: User, key: uuid.UUID | None = None, after: int | None = None
) -> list[Verdict]:
    """Undo the last stroke that is not undone yet; again and again, back to the beginning.

    after: the sequence of the review's last verdict as the sender knows it; None does not look.
    """
    key = key or uuid.uuid4()
    review = locked(review)
    if known := _known(review, key, by):
        return known
    refuse_closed(review, by)
    verdicts = list(review.verdicts.order_by("sequence"))
    if after is not None and verdicts and verdicts[-1].sequence > after:
        raise ChangedElsewhere(
            "More was said in this review elsewhere meanwhile. Look at it again before you undo."
        )
    spent = last_stroke(verdicts)
    if not spent:
        raise Reason("There is nothing to undo in this review.", "nothing_to_undo")
    strokes = [
        (
            uuid.uuid5(key, str(one.pk)),
            {
                "finding": one.finding,
                "kind": Kind.WITHDRAWN,
                "candidate_id": one.candidate_id,
                "undoes_id": one.pk,
            },
        )
        for one in reversed(spent)
    ]
    return _keep(review, by, strokes, stroke=key)


def last_stroke(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """What an undo takes away: the last verdict with an effect, and those given with it."""
    standing = findings.standing_verdicts(verdicts)
    if not standing:
        return []
    last = standing[-1]
    return [one for one in standing if one is last or (last.stroke and one.stroke == last.stroke)]


def _known(review: Review, key: uuid.UUID, by: User) -> list[Verdict]:
    """What was kept under this key before."""
    known = list(Verdict.objects.filter(Q(key=key) | Q(stroke=key)).order_by("sequence"))
    if any(one.review_id != review.pk or one.by_id != by.pk for one in known):
        raise Reason("This key belongs to another verdict. Give every verdict its own.", "conflict")
    return known


def _keep(
    review: Review,
    by: User,
    strokes: Sequence[tuple[uuid.UUID, dict[str, Any]]],
    *,
    stroke: uuid.UUID | None = None,
) -> list[Verdict]:
    """Rows after all others of the review, which must be locked."""
    last = review.verdicts.aggregate(last=Max("sequence"))["last"] or 0
    rows = [
        Verdict(review=review, sequence=sequence, key=key, stroke=stroke, by=by, **fields)
        for sequence, (key, fields) in enumerate(strokes, start=last + 1)
    ]
    return Verdict.objects.bulk_create(rows)


def copy_verdicts(verdicts: Iterable[Verdict], review: Review) -> None:
    """The same verdicts once more, as the first of a review."""
    copied = (
        "finding", "candidate_id", "kind", "because", "label", "size_class", "region",
        "diameter_um", "caliper", "note", "by_id",
    )  # fmt: skip
    Verdict.objects.bulk_create(
        Verdict(
            review=review,
            sequence=sequence,
            **{name: getattr(verdict, name) for name in copied},
        )
        for sequence, verdict in enumerate(verdicts, start=1)
    )
