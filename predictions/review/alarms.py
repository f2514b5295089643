"""Alarms: something speaks against a signed review, and somebody has to answer it.

What speaks against it is known by its checksum: the same evidence raises one alarm, whoever looks
and however often, and no more once it was answered. Of one kind a review has one open alarm; newer
evidence brings it up to date.
"""

from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.timezone import now

from predictions.models import Prediction
from predictions.review import discordance, notices, signing, visibility
from predictions.review.models import Alarm, LookBack, Notice, Review
from predictions.review.rows import locked
from predictions.review.sealing import plain, seal_of
from slides import audit
from slides.drawing import name_of
from slides.jobs import Reason
from slides.roles import is_admin, is_reader

CATCH_UP = timedelta(hours=2)
SHORTEST_REASON = 10  # characters: a word is no reason


# Who sees them -------------------------------------------------------------------------


def visible_alarms(user: Any) -> QuerySet[Alarm]:
    """Alarms on reviews that a user may see; what tells the truth only where it may be told.

    Of a blinded study that is not closed: one's own alone, or all to an admin with no part in it.
    """
    rows = Alarm.objects.filter(review__in=visibility.visible_reviews(user))
    if not is_admin(user):
        rows = rows.filter(Q(review__reader=user) | ~_in_blinded())
    truth = Q(kind=Alarm.Kind.TRUTH_CHANGED)
    return rows.exclude(truth & Q(review__slide__in=visibility.truth_kept_from(user)))


def _in_blinded() -> Q:
    study = "review__item__study"
    open_and_blinded = Q(**{f"{study}__is_blinded": True}) & ~Q(
        **{f"{study}__state": visibility.CLOSED}
    )
    return Q(**{f"{study}__isnull": False}) & open_and_blinded


def waiting_for(user: Any) -> QuerySet[Alarm]:
    """Open alarms that are a user's to answer: on one's own reviews; an admin's, on all."""
    return visible_alarms(user) & unanswered(user)


def unanswered(user: Any) -> QuerySet[Alarm]:
    """The same by plain columns, whether or not a study keeps some back: none here, none waits."""
    rows = Alarm.objects.filter(answer="")
    return rows if is_admin(user) else rows.filter(review__reader=user)


# Opening -------------------------------------------------------------------------------


@transaction.atomic
def open_alarm(
    review: Review,
    kind: str,
    evidence: dict[str, Any],
    *,
    prediction: Prediction | None = None,
    look_back: LookBack | None = None,
) -> Alarm | None:
    """Raise an alarm on a signed review, and tell its reader. None if this evidence was answered.

    evidence: plain JSON, the same for the same facts; it is kept as the alarm's details.
    """
    review = locked(review)
    if review.state != Review.State.SIGNED:
        return None
    evidence, of_kind = plain(evidence), review.alarms.filter(kind=kind)
    fields = {
        "evidence": seal_of(evidence),
        "details": evidence,
        "prediction": prediction,
        "look_back": look_back,
    }
    known = of_kind.filter(evidence=fields["evidence"]).first()
    if known is not None:
        return None if known.answer else known
    alarm = of_kind.filter(answer="").first()
    if alarm is None:
        alarm = Alarm.objects.create(review=review, kind=kind, **fields)
    else:
        fields["opened_at"] = now()
        Alarm.objects.filter(pk=alarm.pk).update(**fields)
        alarm.refresh_from_db()
    told = {"kind": kind, "evidence": alarm.evidence, "review": review.pk}
    audit.record(None, "alarm", alarm, slide=review.slide_id, **told)
    _tell_reader(alarm)
    return alarm


def _tell_reader(alarm: Alarm) -> None:
    review = alarm.review
    if visible_alarms(review.reader).filter(pk=alarm.pk).exists():
        notices.tell(
            review.reader,
            Notice.Kind.DISCORDANT,
            address=f"{reverse('alarm-list')}?alarm={alarm.pk}",
            slide=review.slide.name,
            alarm=alarm.kind,
        )


def second_read(review: Review) -> Alarm | None:
    """Question a negative sign-off against strong evidence of the model; None if it was weak."""
    evidence = discordance.strong_evidence(review.frozen)
    if evidence is None:
        return None
    return open_alarm(review, Alarm.Kind.SECOND_READ, evidence, prediction=review.prediction)


def catch_up() -> None:
    """Do for what was signed of late what a lost message left undone."""
    recent = Review.objects.filter(state=Review.State.SIGNED, signed_at__gte=now() - CATCH_UP)
    for review in recent.select_related("supersedes", "prediction"):
        settle(review)
        second_read(review)


# Answering -----------------------------------------------------------------------------


@transaction.atomic
def answer(alarm: Alarm, *, by: User, text: str) -> Alarm:
    """Say that the review stands all the same, and why. Once; an answer is never changed."""
    locked(alarm.review)
    alarm = Alarm.objects.select_related("review__slide", "answered_by").get(pk=alarm.pk)
    _refuse_unanswerable(alarm, by, text)
    _keep_answer(alarm, Alarm.Answer.STANDS, by, text.strip())
    return alarm


@transaction.atomic
def supersede(alarm: Alarm, *, by: User, text: str) -> Review:
    """Begin the review that is to take the questioned one's place.

    The alarm is open until that one is signed: what was only begun is no answer yet.
    """
    alarm = Alarm.objects.select_related("review__slide", "answered_by").get(pk=alarm.pk)
    _refuse_unanswerable(alarm, by, text)
    return signing.supersede(review=alarm.review, by=by, reason=text)


def settle(review: Review) -> int:
    """Close what was open against the review that a signed one has superseded; how many."""
    before = review.supersedes
    if before is None or before.state != Review.State.SUPERSEDED:
        return 0
    with transaction.atomic():
        rows = list(locked(before).alarms.filter(answer="").select_related("review__slide"))
        for alarm in rows:
            _keep_answer(alarm, Alarm.Answer.SUPERSEDED, review.reader, review.supersede_reason)
    return len(rows)


def _refuse_unanswerable(alarm: Alarm, by: User, text: str) -> None:
    if not is_reader(by) or not visible_alarms(by).filter(pk=alarm.pk).exists():
        raise Reason("You do not see this alarm, so it is not yours to answer.", "not_yours")
    if alarm.answer:
        who = name_of(alarm.answered_by) if alarm.answered_by else "somebody"
        raise Reason(
            f"This alarm was answered by {who} on {alarm.answered_at:%d %B %Y}: "
            f"{alarm.get_answer_display()}. An answer is not changed.",
            "answered",
        )
    if len(text.strip()) < SHORTEST_REASON:
        raise Reason(
            f"Say why, in {SHORTEST_REASON} characters or more: others read it later.", "no_reason"
        )


def _keep_answer(alarm: Alarm, said: str, by: User, text: str) -> None:
    alarm.answer, alarm.answer_text = said, text
    alarm.answered_by, alarm.answered_at = by, now()
    alarm.save(update_fields=["answer", "answer_text", "answered_by", "answered_at"])
    told = {"kind": alarm.kind, "answer": said, "review": alarm.review_id}
    audit.record(by, "answer alarm", alarm, slide=alarm.review.slide_id, text=text, **told)
