"""Places on a slide that people talk about: set, answered, settled, opened again, taken back.

Nothing is edited: what was said stays, and what is taken back is said to be. Each row is kept once
under the key of who sends it, so that a lost answer cannot make it count twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.translation import gettext as _

from predictions.review import notices
from predictions.review.models import Notice, Pin, Remark, Review, Study
from predictions.review.visibility import studies_of, visible_remarks
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import is_admin

SAID, WITHDRAWN = Remark.Kind.SAID, Remark.Kind.WITHDRAWN
SHOWN_L0 = 4000  # px of the slide that a notice leads to
SETTLES = {Remark.Kind.RESOLVED: True, Remark.Kind.REOPENED: False}


@dataclass(frozen=True)
class Place:
    """Where a pin is set: a point in level-0 px, of a review or of none."""

    slide: Slide
    x_l0: float
    y_l0: float
    review: Review | None = None
    is_public: bool = False


@dataclass(frozen=True)
class Standing:
    """How a pin stands: settled or not, gone where all that was said was taken back."""

    is_resolved: bool
    is_gone: bool
    withdrawn: frozenset[int]


def standing_of(remarks: Sequence[Remark]) -> Standing:
    """How a pin stands after its remarks, in their order."""
    withdrawn = frozenset(one.answers_id for one in remarks if one.kind == WITHDRAWN)
    settling = [one.kind for one in remarks if one.kind in SETTLES]
    said = [one.pk for one in remarks if one.kind == SAID]
    return Standing(
        is_resolved=SETTLES[Remark.Kind(settling[-1])] if settling else False,
        is_gone=all(pk in withdrawn for pk in said),
        withdrawn=withdrawn,
    )


@transaction.atomic
def place(*, at: Place, author: User, text: str, key: UUID) -> Pin:
    """Set a pin and say something at it; the same key again gives the pin there is."""
    known = Pin.objects.filter(key=key).first()
    if known is not None:
        return _own(known, author)
    _refuse_outside(at)
    if at.is_public and not is_admin(author):
        raise Reason(_("Only an admin sets pins that all readers of a study see."), "not_admin")
    pin = Pin.objects.create(
        slide=at.slide,
        study=_study_of(at, author),
        author=author,
        key=key,
        x_l0=at.x_l0,
        y_l0=at.y_l0,
        is_public=at.is_public,
    )
    Remark.objects.create(pin=pin, author=author, text=_worded(text))
    return pin


@transaction.atomic
def say(
    *, pin: Pin, author: User, kind: str, key: UUID, text: str = "", answers: Remark | None = None
) -> Remark:
    """Answer at a pin, settle it, open it again, or take back what one said oneself."""
    known = Remark.objects.filter(key=key).first()
    if known is not None:
        return known
    if kind == WITHDRAWN:
        _refuse_others(pin, author, answers)
    remark = Remark.objects.create(
        pin=pin,
        author=author,
        kind=kind,
        key=key,
        text=_worded(text) if kind == SAID else text.strip(),
        answers=answers if kind == WITHDRAWN else None,
    )
    if remark.text:
        _tell(pin, remark)
    return remark


def _tell(pin: Pin, remark: Remark) -> None:
    """Tell who takes part and may see it that somebody answered."""
    spoken = Remark.objects.filter(pin=pin).values("author")
    for user in User.objects.filter(pk__in=spoken).exclude(pk=remark.author_id):
        if visible_remarks(user).filter(pk=remark.pk).exists():
            notices.tell(
                user,
                Notice.Kind.ANSWERED,
                address=_address(pin, user),
                by=remark.author.get_full_name() or remark.author.get_username(),
                slide=pin.slide.name,
                text=remark.text[:120],
            )


def _address(pin: Pin, user: User) -> str:
    """Where somebody sees a pin: in their own review of the slide, else on the slide's page."""
    review = Review.objects.filter(slide=pin.slide, reader=user).first()
    page = (review or pin.slide).get_absolute_url()
    return f"{page}#x={pin.x_l0:.0f}&y={pin.y_l0:.0f}&w={SHOWN_L0}"


def _study_of(at: Place, author: User) -> Study | None:
    """The study in whose rules a pin stands: the review's, else an open one the author reads."""
    if at.review is not None and at.review.item.study is not None:
        return at.review.item.study
    return studies_of(author).filter(slides__slide=at.slide).first()


def _own(pin: Pin, author: User) -> Pin:
    if pin.author_id != author.pk:
        raise Reason(_("This key was used for somebody else's pin: send another."), "conflict")
    return pin


def _worded(text: str) -> str:
    if not text.strip():
        raise Reason(_("A pin says something: write at least one word."), "empty")
    return text.strip()


def _refuse_outside(at: Place) -> None:
    slide = at.slide
    width, height = slide.width or 0, slide.height or 0
    if not (0 <= at.x_l0 <= width and 0 <= at.y_l0 <= height):
        words = _("%(x).0f, %(y).0f lies outside the slide of %(width)s × %(height)s px.")
        told = {"x": at.x_l0, "y": at.y_l0, "width": width, "height": height}
        raise Reason(words % told, "outside")


def _refuse_others(pin: Pin, author: User, remark: Remark | None) -> None:
    if remark is None or remark.pin_id != pin.pk:
        raise Reason(_("Say which remark of this pin is taken back."), "not_found")
    if remark.author_id != author.pk:
        raise Reason(_("Only who said it can take it back."), "not_yours")
