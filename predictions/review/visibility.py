"""Who sees which reviews, pins and findings. Every page, file and API of reviews goes through here.

A reader or adjudicator of an open study takes part in it, an admin too. On its slides whoever takes
part sees neither truth nor, where it is blinded, anybody else's marks before it is closed; where it
is unaided first, nothing of any model before deciding on that slide.
"""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from predictions.review.models import (
    Pin,
    Remark,
    Review,
    Sitting,
    Study,
    StudySlide,
    Verdict,
    WorkItem,
)
from slides.models import Slide
from slides.roles import is_admin, is_reader

OPEN = Study.State.OPEN
CLOSED = Study.State.CLOSED
ADJUDICATION = WorkItem.ADJUDICATION
GIVEN_OUT = (Review.State.SIGNED, Review.State.SUPERSEDED)


# What is asked -----------------------------------------------------------------------


def visible_reviews(user: Any) -> QuerySet[Review]:
    """Reviews that a user may see: one's own, what is signed, and what no study keeps back."""
    if not is_reader(user):
        return Review.objects.none()
    told = Q(reader=user) | Q(state__in=GIVEN_OUT) & ~_in_blinded("item__study")
    if _has_no_part(user):
        return Review.objects.all() if is_admin(user) else Review.objects.filter(told)
    told |= _two_of_an_adjudication(user)
    if is_admin(user):
        told |= _not_of(user, "item__study")
    return Review.objects.filter(told).exclude(_others_marks(user)).exclude(_aided_marks(user))


def may_see(user: Any, review: Review) -> bool:
    return visible_reviews(user).filter(pk=review.pk).exists()


def visible_verdicts(user: Any) -> QuerySet[Verdict]:
    return Verdict.objects.filter(review__in=visible_reviews(user))


def visible_sittings(user: Any) -> QuerySet[Sitting]:
    """Time spent: one's own; an admin's, all but that of studies the admin takes part in."""
    if not is_admin(user):
        return Sitting.objects.filter(reader=user.pk)
    kept = Q(slide__in=_slides_of(blinded_for(user))) & ~Q(reader=user)
    return Sitting.objects.exclude(kept)


def visible_pins(user: Any) -> QuerySet[Pin]:
    """Pins that a user may see: one's own, an admin's public ones, and what no study keeps back."""
    if not is_reader(user):
        return Pin.objects.none()
    told = Q(author=user) | ~_in_blinded("study")
    if _has_no_part(user):
        return Pin.objects.all() if is_admin(user) else Pin.objects.filter(told)
    told |= _two_pins_of_an_adjudication(user)
    told |= Q(is_public=True, study__in=studies_of(user))
    if is_admin(user):
        told |= _not_of(user, "study")
    kept = Q(slide__in=_slides_of(blinded_for(user)), is_public=False) & ~Q(author=user)
    return Pin.objects.filter(told).exclude(kept & ~_two_pins_of_an_adjudication(user))


def visible_remarks(user: Any) -> QuerySet[Remark]:
    """What was said at visible pins; of a blinded study only by oneself and who set the pin."""
    told = Remark.objects.filter(pin__in=visible_pins(user))
    if _has_no_part(user):
        return told
    others = ~Q(author=user.pk) & ~Q(author=F("pin__author"))
    others &= ~Q(_of_a_decider("pin__study", "pin__slide", user))
    return told.exclude(Q(pin__slide__in=_slides_of(blinded_for(user))) & others)


def visible_items(user: Any) -> QuerySet[WorkItem]:
    """Work that a user may see. Of an open study: one's own seats, or all if one has no part in it.

    Routine work on a slide of a study waits until its reader has decided there: its figures tell.
    What a closed study left unread is nobody's work.
    """
    if not is_reader(user):
        return WorkItem.objects.none()
    over = Q(study__state=CLOSED) & ~Q(state=WorkItem.State.SIGNED)
    rows = WorkItem.objects.exclude(over)
    told = Q(study=None) | Q(assigned_to=user)
    if _has_no_part(user):
        return rows if is_admin(user) else rows.filter(told)
    if is_admin(user):
        told |= _not_of(user, "study")
    return rows.filter(told).exclude(study=None, slide__in=model_kept_from(user))


def shows_candidates(review: Review) -> bool:
    """False while the reader of this slide owes an open study a decision without the model."""
    return not undecided(review.reader).filter(slide=review.slide_id).exists()


def shows_truth(review: Review) -> bool:
    """False before the study is closed that this slide belongs to and its reader has a part in."""
    return not truth_kept_from(review.reader).filter(pk=review.slide_id).exists()


def shows_figures(user: Any, item: WorkItem) -> bool:
    """False where scores and counts of an item would tell its reader what the model says."""
    return not model_kept_from(user).filter(pk=item.slide_id).exists()


def visible_studies(user: Any) -> QuerySet[Study]:
    """All to an admin; else those that the user has or had a part in, and closed ones."""
    if not is_reader(user):
        return Study.objects.none()
    if is_admin(user):
        return Study.objects.all()
    begun = _has_part(user) & ~Q(state=Study.State.DRAFT)
    return Study.objects.filter(begun | Q(state=CLOSED))


def shows_sentinels(user: Any, study: Study) -> bool:
    """Which slides have known answers: to all once closed; before, to an admin without a part."""
    has_part = Study.objects.filter(_has_part(user), pk=study.pk).exists()
    return is_reader(user) and (study.state == CLOSED or (is_admin(user) and not has_part))


def shows_results(user: Any, study: Study) -> bool:
    """Figures and known answers: to all once closed; before, to an admin who has no part in it."""
    if study.state == CLOSED:
        return is_reader(user)
    is_outside = not studies_of(user).filter(pk=study.pk).exists()
    return study.state == OPEN and is_admin(user) and is_outside


# Slides of which something is kept from somebody --------------------------------------


def model_kept_from(user: Any) -> QuerySet[Slide]:
    """Slides of which this reader gets no candidate, map or score: to be decided on unaided."""
    return Slide.objects.filter(pk__in=undecided(user).values("slide"))


def truth_kept_from(user: Any) -> QuerySet[Slide]:
    """Slides of which this user gets no truth: those of open studies with a part for the user."""
    return Slide.objects.filter(pk__in=_slides_of(studies_of(user)))


def marks_kept_from(user: Any) -> QuerySet[Slide]:
    """Slides on which this user sees nobody else's marks, but for an admin's public ones."""
    return Slide.objects.filter(pk__in=_slides_of(blinded_for(user)))


# Studies and their places --------------------------------------------------------------


def studies_of(user: Any) -> QuerySet[Study]:
    """Open studies that a user takes part in, as a reader or to decide between readers."""
    return Study.objects.filter(_has_part(user), state=OPEN)


def _has_no_part(user: Any) -> bool:
    """Nothing is kept from somebody without a part in an open study: short queries tell it all."""
    return not studies_of(user).exists()


def blinded_for(user: Any) -> QuerySet[Study]:
    return studies_of(user).filter(is_blinded=True)


def undecided(user: Any) -> QuerySet[StudySlide]:
    """Slides of open studies on which this reader has yet to decide without the model."""
    decided = Review.objects.filter(
        reader=user.pk,
        unaided_at__isnull=False,
        slide=OuterRef("slide"),
        item__study=OuterRef("study"),
    )
    reading = studies_of(user).filter(is_unaided_first=True).exclude(adjudicator=user.pk)
    return StudySlide.objects.filter(~Exists(decided), study__in=reading)


def _slides_of(studies: QuerySet[Study]) -> QuerySet[StudySlide]:
    return StudySlide.objects.filter(study__in=studies).values("slide")


def _has_part(user: Any) -> Q:
    """Studies that a user reads or sits in, or decides between the readers of."""
    reads = Study.readers.through.objects.filter(user=user.pk).values("study")
    sits = WorkItem.objects.filter(assigned_to=user.pk, study__isnull=False).values("study")
    return Q(pk__in=reads) | Q(pk__in=sits) | Q(adjudicator=user.pk)


# Conditions ------------------------------------------------------------------------------


def _in_blinded(study: str) -> Q:
    """Of a blinded study that is not closed yet."""
    return Q(**{f"{study}__in": Study.objects.filter(is_blinded=True).exclude(state=CLOSED)})


def _not_of(user: Any, study: str) -> Q:
    """Routine, or of a study that the user has no part in, as far as it is blinded and open."""
    return Q(**{study: None}) | ~Q(**{f"{study}__in": blinded_for(user)})


def _others_marks(user: Any) -> Q:
    """Somebody else's reviews on slides of a blinded study that the user has a part in."""
    on_them = Q(slide__in=_slides_of(blinded_for(user)))
    return on_them & ~Q(reader=user) & ~_two_of_an_adjudication(user)


def _aided_marks(user: Any) -> Q:
    """All reviews on a slide to be decided on unaided, but for the one that is to decide."""
    due = undecided(user).filter(slide=OuterRef("slide"))
    its_own = Exists(due.filter(study=OuterRef("item__study"))) & Q(reader=user)
    return Exists(due) & ~its_own


def _of_a_decider(study: str, slide: str, user: Any) -> Exists:
    """Of a slide whose readers have both signed, for who decides between them."""
    return Exists(
        WorkItem.objects.filter(
            study=OuterRef(study),
            slide=OuterRef(slide),
            seat=ADJUDICATION,
            study__adjudicator=user.pk,
        )
    )


def _two_of_an_adjudication(user: Any) -> Q:
    """What the two readers signed, once both have."""
    return Q(state__in=GIVEN_OUT) & Q(_of_a_decider("item__study", "slide", user))


def _two_pins_of_an_adjudication(user: Any) -> Q:
    return Q(_of_a_decider("study", "slide", user))
