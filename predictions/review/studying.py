"""Studies: set up, opened (every reader has seats then), closed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _

from predictions.models import Prediction
from predictions.review import corrections, notices, study_hurdles
from predictions.review.models import (
    Conclusion,
    Notice,
    Review,
    Study,
    StudySlide,
    WorkItem,
)
from predictions.review.rows import findings_of
from predictions.review.study_dealing import Seat, dealt
from slides import audit
from slides.jobs import Reason
from slides.models import Annotation, Slide

FIGURES = ("map_sha256", "score", "uncertainty", "disagreement", "value", "finding_count")
AT_ONCE = 500


class BadStudy(Reason):
    """A study that cannot be set up, opened or closed like this."""

    code = "bad_study"


@dataclass(frozen=True)
class Rules:
    """How slides are read. seed: of the lot that deals them out."""

    name: str
    readings: int = 1
    is_unaided_first: bool = False
    is_blinded: bool = True
    seed: int = 0


@dataclass(frozen=True)
class People:
    readers: Sequence[User]
    adjudicator: User | None = None


@transaction.atomic
def make(
    *,
    rules: Rules,
    people: People,
    slides: Iterable[Slide],
    sentinels: Mapping[int, str] | None = None,
    by: User | None,
) -> Study:
    """Set up a study; nobody reads in it yet.

    sentinels: the known answer of some of the slides by their number, a Conclusion each.
    """
    sentinels = sentinels or {}
    chosen = {slide.pk: slide for slide in slides}
    _refuse_unfit(rules, people, chosen, sentinels)
    study = Study.objects.create(
        **vars(rules),
        adjudicator=people.adjudicator,
        has_sentinels=bool(sentinels),
        created_by=by,
    )
    study.readers.set(people.readers)
    StudySlide.objects.bulk_create(
        [
            StudySlide(study=study, slide=slide, is_sentinel=pk in sentinels)
            if pk not in sentinels
            else StudySlide(study=study, slide=slide, is_sentinel=True, answer=sentinels[pk])
            for pk, slide in chosen.items()
        ],
        AT_ONCE,
    )
    audit.record(by, "make_study", study, slides=len(chosen), **_told(study))
    return study


def _refuse_unfit(
    rules: Rules, people: People, slides: Mapping[int, Slide], sentinels: Mapping[int, str]
) -> None:
    name = rules.name.strip()
    if not name:
        raise BadStudy(_("Give the study a name."))
    if Study.objects.filter(name=name).exists():
        raise BadStudy(
            _("There is a study called %(name)s already.") % {"name": name}, "name_taken"
        )
    if rules.readings not in (1, 2):
        words = _("Each slide is read once or twice; got %(n)s.")
        raise BadStudy(words % {"n": rules.readings})
    if rules.readings == 1 and people.adjudicator:
        raise BadStudy(_("One reading needs no adjudicator: ask for two, or leave it out."))
    if people.adjudicator in people.readers:
        raise BadStudy(
            _("%(name)s cannot read and decide between readers.") % {"name": people.adjudicator}
        )
    strange = sorted(set(sentinels) - set(slides))
    if strange:
        raise BadStudy(
            _("A sentinel is a slide of the study; number %(n)s is not.") % {"n": strange[0]}
        )
    wrong = sorted(set(sentinels.values()) - set(Conclusion.values))
    if wrong:
        options = ", ".join(Conclusion.values)
        words = _("%(answer)s is no answer; give one of %(options)s.")
        raise BadStudy(words % {"answer": repr(wrong[0]), "options": options})


def _told(study: Study) -> dict[str, Any]:
    """The rules as the log has them; which slides are sentinels is not among them."""
    return {
        "readings": study.readings,
        "is_unaided_first": study.is_unaided_first,
        "is_blinded": study.is_blinded,
        "readers": [reader.get_username() for reader in study.readers.order_by("username")],
        "adjudicator": study.adjudicator.get_username() if study.adjudicator else "",
        "seed": study.seed,
    }


@transaction.atomic
def discard(*, study: Study, by: User | None) -> None:
    """Take away a study that was never opened."""
    study = _locked(study)
    if study.state != Study.State.DRAFT:
        raise BadStudy(_("Only a study that was never opened is taken away; close it."), "conflict")
    audit.record(by, "discard_study", study)
    study.delete()


# Opening ---------------------------------------------------------------------------------


@transaction.atomic
def open_study(*, study: Study, by: User | None) -> Study:
    """Deal the slides out; from now on they are read, and what the rules keep back is kept back.

    The truth of each slide is pinned: what the study itself corrects does not judge it.
    Raises BadStudy with all that stands against it.
    """
    study = _locked(study)
    if study.state != Study.State.DRAFT:
        raise BadStudy(
            _("This study is %(state)s already.") % {"state": study.get_state_display()}, "conflict"
        )
    hurdles = study_hurdles.hurdles_of(study)
    if hurdles:
        raise BadStudy(" ".join(hurdles))
    study.state, study.opened_at = Study.State.OPEN, now()
    study.save(update_fields=["state", "opened_at"])
    _pin_truths(study)
    seats = _deal(study)
    _tell_readers(study, seats, by)
    audit.record(by, "open_study", study, seats=len(seats), **_told(study))
    return study


def _pin_truths(study: Study) -> None:
    members = list(study.slides.all())
    truths = Annotation.objects.filter(slide__in=[one.slide_id for one in members])
    latest = {row.slide_id: row for row in truths.defer("regions").order_by("revision")}
    for one in members:
        one.truth = latest.get(one.slide_id)
    StudySlide.objects.bulk_update(members, ["truth"], AT_ONCE)


def _deal(study: Study) -> list[Seat]:
    slides = {one.slide_id: one.slide for one in study.slides.select_related("slide")}
    patient_of = {pk: slide.patient for pk, slide in slides.items()}
    readers = list(study.readers.values_list("pk", flat=True))
    seats = dealt(patient_of, readers, study.readings, seed=study.seed)
    readings = study_hurdles.readings_of(list(slides.values()))
    figures = {} if study.is_unaided_first else _figures(slides)
    WorkItem.objects.bulk_create(
        [_item(study, seat, slides[seat.slide], readings[seat.slide], figures) for seat in seats],
        AT_ONCE,
    )
    return seats


def _item(
    study: Study,
    seat: Seat,
    slide: Slide,
    reading: Prediction | None,
    figures: Mapping[int, Mapping[str, Any]],
) -> WorkItem:
    """Without figures a list cannot be put in the model's order before anybody has decided."""
    return WorkItem(
        study=study,
        slide=slide,
        seat=seat.seat,
        prediction=reading,
        assigned_to_id=seat.reader,
        patient=slide.patient,
        name=slide.name,
        arrived_at=study.opened_at + timedelta(milliseconds=seat.place),
        **figures.get(slide.pk, {}),
    )


def _figures(slides: Mapping[int, Slide]) -> dict[int, dict[str, Any]]:
    rows = WorkItem.objects.routine().filter(slide__in=list(slides)).values("slide", *FIGURES)
    return {row.pop("slide"): row for row in rows}


def _tell_readers(study: Study, seats: Sequence[Seat], by: User | None) -> None:
    for reader in study.readers.all():
        n = sum(seat.reader == reader.pk for seat in seats)
        if n and reader != by:
            facts = {"study": study.name, "n": n, "by": by.get_username() if by else ""}
            notices.tell(reader, Notice.Kind.ASSIGNED, address=study.work_address, **facts)


# Closing ---------------------------------------------------------------------------------


@transaction.atomic
def close_study(*, study: Study, by: User | None) -> Study:
    """End a study: what is signed is shown to all, what is open is given up and kept."""
    study = _locked(study)
    if study.state != Study.State.OPEN:
        words = _("This study is %(state)s; only an open one is closed.")
        raise BadStudy(words % {"state": study.get_state_display()}, "conflict")
    opened = Review.objects.filter(item__study=study, state=Review.State.OPEN)
    for review in opened.select_related("slide", "reader"):
        audit.record(by, "leave_review", review, slide=review.slide_id, because="study closed")
    n = opened.update(state=Review.State.LEFT, supersedes=None)
    study.work_items.filter(reviews=None).delete()
    study.state, study.closed_at = Study.State.CLOSED, now()
    study.save(update_fields=["state", "closed_at"])
    audit.record(by, "close_study", study, given_up=n)
    return study


def keep_corrections(study: Study) -> int:
    """What a closed study corrects becomes truth for all; how many drawings have a new revision.

    Of two readings only what was adjudicated: nobody decided between the others.
    """
    seat = WorkItem.ADJUDICATION if study.readings == 2 else 1
    signed = Review.objects.filter(
        item__study=study, item__seat=seat, state=Review.State.SIGNED, annotation=None
    )
    kin = ("item__study", "slide", "reader", "prediction__version", "prediction__slide")
    rows = signed.select_related(*kin).order_by("pk")
    return sum(corrections.keep_later(one, findings_of(one)) is not None for one in rows)


def _locked(study: Study) -> Study:
    return Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
