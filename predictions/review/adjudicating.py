"""Two readers and who decides between them: what each outlined, and what is taken of it.

What is taken becomes a finding of the adjudicator's own review: a candidate's corrected outline
where the model called the lesion too, else an added one. It can be redrawn and undone as any other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import shapely
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from shapely.geometry import mapping

from predictions.models import Prediction
from predictions.review import matching, notices, reviewing, worklist
from predictions.review.corrections import cell_outlines
from predictions.review.findings import HELD, OPEN, REJECTED, Finding
from predictions.review.matching import Agreement, Matched, Outline
from predictions.review.models import Notice, Review, Study, Verdict, WorkItem
from predictions.review.outlines import Area
from predictions.review.rows import findings_of
from predictions.review.said import Said
from slides import audit
from slides.jobs import Reason
from slides.models import Slide

NAMES = UUID("0a5b3f9e-7f0c-4a3f-9a94-6a0d1f1f2c11")
REACH_UM = 37.5  # half of what merges lesions: how near a point lies to be of an outline
NOTHING = "none"  # the choice that a lesion is no tumour
CHOICES = (*matching.CHOICES, NOTHING)
Kind = Verdict.Kind


# Opening ---------------------------------------------------------------------------------


def after_signing(review: Review) -> WorkItem | None:
    """Let the adjudicator in once both readers have signed; tell the readers once it is decided."""
    item = review.item
    if item.study is None:
        return None
    if item.seat == WorkItem.ADJUDICATION:
        _tell_readers(item)
        return None
    return open_adjudication(item.study, item.slide)


def catch_up() -> int:
    """Open what a lost message left unopened; how many."""
    signed = WorkItem.objects.filter(
        study=OuterRef("study"), slide=OuterRef("slide"), state=WorkItem.State.SIGNED
    )
    third = WorkItem.objects.filter(
        study=OuterRef("study"), slide=OuterRef("slide"), seat=WorkItem.ADJUDICATION
    )
    both = WorkItem.objects.filter(
        Exists(signed.filter(seat=2)),
        ~Exists(third),
        study__state=Study.State.OPEN,
        study__adjudicator__isnull=False,
        seat=1,
        state=WorkItem.State.SIGNED,
    )
    rows = both.select_related("study__adjudicator", "slide")
    return sum(open_adjudication(item.study, item.slide) is not None for item in rows)


@transaction.atomic
def open_adjudication(study: Study, slide: Slide) -> WorkItem | None:
    """The third seat at a slide, once both readers have signed; None before, or without a judge."""
    if study.adjudicator is None or study.state != Study.State.OPEN:
        return None
    seats = study.work_items.filter(slide=slide, seat__lt=WorkItem.ADJUDICATION)
    if seats.filter(state=WorkItem.State.SIGNED).count() < study.readings:
        return None
    first = seats.order_by("seat").first()
    item, is_new = WorkItem.objects.get_or_create(
        study=study,
        slide=slide,
        seat=WorkItem.ADJUDICATION,
        defaults={
            "prediction": first.prediction,
            **_figures(first.prediction),
            "assigned_to": study.adjudicator,
            "patient": slide.patient,
            "name": slide.name,
            "arrived_at": first.arrived_at,
        },
    )
    if is_new:
        _tell_adjudicator(item)
    return item


def _figures(prediction: Prediction | None) -> dict[str, Any]:
    """What the list says of a reading; whoever decides between readers may see it."""
    return vars(worklist.figures_of(prediction)) if prediction else {}


def _tell_adjudicator(item: WorkItem) -> None:
    study = item.study
    audit.record(None, "open_adjudication", item, study=study.pk, slide=item.slide_id)
    notices.tell(
        study.adjudicator,
        Notice.Kind.ASSIGNED,
        address=study.work_address,
        study=study.name,
        n=1,
    )


def _tell_readers(item: WorkItem) -> None:
    """That it was decided; not what, which a blinded study shows once it is closed."""
    for review in signed_pair(item):
        known = Notice.objects.filter(
            user=review.reader, kind=Notice.Kind.ADJUDICATED, address=review.get_absolute_url()
        )
        if not known.exists():
            notices.tell(
                review.reader,
                Notice.Kind.ADJUDICATED,
                address=review.get_absolute_url(),
                slide=item.name,
                study=item.study.name,
            )


# What the two readers say -------------------------------------------------------------------


@dataclass(frozen=True)
class Two:
    """What two readers signed of one slide, lesion by lesion.

    model: outlines of the reading's findings by number; candidates: the numbers that each lesion
    has in common with them.
    """

    reviews: tuple[Review, ...]
    lesions: tuple[Matched, ...]
    agreement: Agreement
    model: dict[int, Area]
    candidates: dict[int, tuple[int, ...]]


def signed_pair(item: WorkItem) -> list[Review]:
    """What the two readers of an adjudication's slide signed, as it stands, by seat."""
    rows = Review.objects.filter(
        item__study=item.study_id,
        item__slide=item.slide_id,
        item__seat__lt=WorkItem.ADJUDICATION,
        state=Review.State.SIGNED,
    )
    kin = ("reader", "item", "slide", "prediction__version")
    return list(rows.select_related(*kin).order_by("item__seat"))


def two_of(item: WorkItem) -> Two:
    """The two readers' lesions matched. Raises Reason where both have not signed."""
    reviews = signed_pair(item)
    if len(reviews) < 2:
        raise Reason(
            _("Both readers have to sign %(slide)s first.") % {"slide": item.name}, "not_signed"
        )
    model = _model(item)
    sides = [held_outlines(findings_of(review), model) for review in reviews]
    mpp = item.slide.mpp
    lesions = matching.matched(*sides, reach_px=REACH_UM / mpp if mpp else 0.0)
    return Two(
        tuple(reviews),
        tuple(lesions),
        matching.agreement(lesions),
        model,
        {one.number: _candidates_in(one, model) for one in lesions},
    )


def _model(item: WorkItem) -> dict[int, Area]:
    if item.prediction is None:
        return {}
    prediction = item.prediction
    return cell_outlines(prediction, prediction.map_sha256, prediction.threshold)


def held_outlines(found: Sequence[Finding], model: dict[int, Area]) -> list[Outline]:
    """What a reader holds to be tumour: as drawn, else along the cells of the map."""
    told = []
    for one in found:
        if one.state not in HELD:
            continue
        if one.region is not None:
            told.append(matching.outline_of(one.key, one.region, one.size_class))
        elif not one.is_own and one.number in model:
            told.append(Outline(one.key, model[one.number], one.size_class))
    return told


def _candidates_in(lesion: Matched, model: dict[int, Area]) -> tuple[int, ...]:
    """Numbers of the model's findings that a lesion has area in common with, the surest first."""
    keys = {one.key for one in (*lesion.first, *lesion.second)}
    area = matching.area_of([*lesion.first, *lesion.second])
    shared = [
        number
        for number, outline in model.items()
        if f"c{number}" in keys or outline.intersection(area).area > 0
    ]
    return tuple(sorted(shared))


# What is taken ------------------------------------------------------------------------------


@transaction.atomic
def take(*, review: Review, lesion: int, choice: str, by: User) -> list[Verdict]:
    """Take an outline for a lesion into the adjudicator's review; the verdicts that say so.

    choice: one of CHOICES; "none": the lesion is no tumour. Raises Reason.
    """
    _refuse_other_seats(review)
    two = two_of(review.item)
    one = next((each for each in two.lesions if each.number == lesion), None)
    if one is None:
        raise Reason(_("There is no lesion %(n)s here.") % {"n": lesion}, "no_finding")
    if choice not in CHOICES:
        words = _("%(choice)s is no choice; give one of %(options)s.")
        told = {"choice": repr(choice), "options": ", ".join(CHOICES)}
        raise Reason(words % told, "bad_verdict")
    if choice == NOTHING:
        return _dismiss(review, two, one, by)
    region = consensus_of(two, one, choice)
    if region is None:
        raise Reason(
            _("Nothing is left of lesion %(n)s that way: take another outline.") % {"n": lesion},
            "bad_region",
        )
    return [_say(review, two, one, {"region": region, "note": note_of(choice)}, by)]


def consensus_of(two: Two, lesion: Matched, choice: str) -> dict[str, Any] | None:
    """A lesion's outline by a choice, as GeoJSON geometry; None where it has no area."""
    numbers = two.candidates[lesion.number]
    model = shapely.union_all([two.model[number] for number in numbers]) if numbers else None
    return matching.consensus(lesion, choice, model)


def note_of(choice: str) -> str:
    words = {
        "first": _("as the first reader outlined it"),
        "second": _("as the second reader outlined it"),
        "union": _("all that either reader outlined"),
        "intersection": _("what both readers outlined"),
        "majority": _("what two of both readers and the model hold"),
    }
    return words[choice]


def taken_of(review: Review, two: Two) -> dict[int, Finding]:
    """The finding that stands for each lesion in the adjudicator's review, where one does."""
    found = {one.key: one for one in findings_of(review)}
    told = {}
    for lesion in two.lesions:
        keys = [f"c{number}" for number in two.candidates[lesion.number]]
        keys += _own_keys(review, two, lesion, found)
        held = [found[key] for key in keys if key in found and found[key].state in HELD]
        if held:
            told[lesion.number] = held[0]
    return told


def _say(review: Review, two: Two, lesion: Matched, said: dict[str, Any], by: User) -> Verdict:
    """Correct the outline of the finding that is the lesion, or add one."""
    key = _finding_of(review, two, lesion)
    if key is not None:
        words = Said(Kind.REDRAWN, key, **said)
    else:
        found = {one.key: one for one in findings_of(review)}
        spent = len(_own_keys(review, two, lesion, found))
        words = Said(Kind.ADDED, key=_key(review, two, lesion, spent), **said)
    return reviewing.give_verdict(review=review, said=words, by=by)


def _finding_of(review: Review, two: Two, lesion: Matched) -> str | None:
    """The finding that is a lesion, held or not: what was taken, else the surest candidate, else
    what was added and rejected. What was taken back is none."""
    held = taken_of(review, two).get(lesion.number)
    if held is not None:
        return held.key
    if two.candidates[lesion.number]:
        return f"c{two.candidates[lesion.number][0]}"
    found = {one.key: one for one in findings_of(review)}
    keys = _own_keys(review, two, lesion, found)
    return next((key for key in keys if found[key].state == REJECTED), None)


def _dismiss(review: Review, two: Two, lesion: Matched, by: User) -> list[Verdict]:
    """A lesion is no tumour: what stands for it is rejected, or added only to be rejected, so that
    the place is known to be normal."""
    found = {one.key: one for one in findings_of(review)}
    keys = [f"c{number}" for number in two.candidates[lesion.number]]
    keys += _own_keys(review, two, lesion, found)
    standing = [key for key in keys if found[key].state in (OPEN, *HELD)]
    given = []
    if not standing and not any(found[key].state == REJECTED for key in keys):
        told = {"region": _region_of(lesion), "note": _("outlined by a reader")}
        added = _say(review, two, lesion, told, by)
        given, standing = [added], [added.finding]
    for key in standing:
        words = Said(Kind.REJECTED, key, because=Verdict.Because.OTHER)
        given.append(reviewing.give_verdict(review=review, said=words, by=by))
    return given


def _region_of(lesion: Matched) -> dict[str, Any]:
    """All that either reader outlined; where they only marked it, the first mark."""
    outlines = [*lesion.first, *lesion.second]
    return matching.as_geometry(matching.area_of(outlines)) or mapping(outlines[0].region)


def standing_of(review: Review, two: Two, lesion: Matched) -> str:
    """taken, dismissed or open: what the adjudicator has said of a lesion."""
    if lesion.number in taken_of(review, two):
        return "taken"
    found = {one.key: one for one in findings_of(review)}
    states = [found[f"c{number}"].state for number in two.candidates[lesion.number]]
    states += [found[key].state for key in _own_keys(review, two, lesion, found)]
    return "dismissed" if REJECTED in states and OPEN not in states else "open"


def _own_keys(review: Review, two: Two, lesion: Matched, found: dict[str, Finding]) -> list[str]:
    """Keys of the findings that were added for a lesion, taken back ones too."""
    told = []
    while (key := f"a{_key(review, two, lesion, len(told))}") in found:
        told.append(key)
    return told


def _key(review: Review, two: Two, lesion: Matched, spent: int) -> UUID:
    """The same for the same outlines; another after each that was taken back."""
    outlines = sorted(
        [f"1 {one.key}" for one in lesion.first] + [f"2 {one.key}" for one in lesion.second]
    )
    pair = [one.pk for one in two.reviews]
    return uuid5(NAMES, f"{review.pk} {pair} {outlines} {spent}")


def _refuse_other_seats(review: Review) -> None:
    if review.item.study is None or review.item.seat != WorkItem.ADJUDICATION:
        raise Reason(_("This review decides between no readers."), "not_adjudication")
