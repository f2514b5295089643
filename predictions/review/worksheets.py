"""A patient's worksheet: what was signed of each slide, rolled up to nodes and a suggested pN.

What a user may not see is not on theirs. Whoever takes part in a blinded study of one of the slides
sees their own readings only, and takes no stage before the study is closed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet

from predictions.review import rollup, visibility
from predictions.review.models import Review, Staging, Study, WorkItem
from predictions.review.rollup import Patient, SlideSaid
from predictions.review.sealing import seal_of
from slides import audit
from slides.jobs import Reason
from slides.models import Slide

# Their patients are put together of slides of several real ones.
ARTIFICIAL = re.compile(r"patient_\d{3}_node_\d", re.IGNORECASE)
LEFT_OUT = (Slide.Status.FAILED, Slide.Status.CANCELLED)


@dataclass(frozen=True)
class Read:
    """A slide of the patient, the signed review that counts for it, and what that says.

    is_reopened: somebody is reading it anew, to take the review's place.
    """

    slide: Slide
    said: SlideSaid
    review: Review | None = None
    is_reopened: bool = False

    @property
    def has_other_mpp(self) -> bool:
        """Whether um per px was changed after signing: its lengths are those that were signed."""
        return self.review is not None and self.review.frozen["slide"]["mpp"] != self.slide.mpp

    @property
    def has_other_file(self) -> bool:
        return (
            self.review is not None and self.review.frozen["slide"]["sha256"] != self.slide.sha256
        )


@dataclass(frozen=True)
class Worksheet:
    """What one user sees of a patient.

    spellings: other patients of almost this name. is_kept_back: a blinded study of one of the
    slides keeps others' readings from this user.
    """

    patient: str
    reads: tuple[Read, ...]
    spellings: tuple[str, ...] = ()
    is_kept_back: bool = False

    @cached_property
    def rolled(self) -> Patient:
        return rollup.rolled_up(read.said for read in self.reads)

    @cached_property
    def read_of(self) -> dict[int, Read]:
        return {read.slide.pk: read for read in self.reads}

    @property
    def is_artificial(self) -> bool:
        return any(ARTIFICIAL.match(read.slide.name) for read in self.reads)

    @property
    def is_synthetic(self) -> bool:
        return any(
            read.slide.is_synthetic or (read.review and read.review.frozen.get("is_synthetic"))
            for read in self.reads
        )

    @cached_property
    def basis_sha256(self) -> str:
        """Of all that the stage rests on: slides, their nodes and px sizes, the reviews' seals."""
        return seal_of(
            [
                [read.slide.pk, read.slide.node, read.said.mpp, read.said.standing, _seal(read)]
                for read in sorted(self.reads, key=lambda read: read.slide.pk)
            ]
        )


def _seal(read: Read) -> str:
    return read.review.frozen_sha256 if read.review else ""


# Reading --------------------------------------------------------------------------------


def worksheet_of(slide: Slide, user: User) -> Worksheet:
    """The worksheet of the patient that a slide is of, as this user may see it."""
    slides = list(_slides_of(slide.patient))
    reviews = _counting(_signed(slides, user))
    anew = Review.objects.filter(supersedes__in=reviews.values(), state=Review.State.OPEN)
    reopened = set(anew.values_list("slide", flat=True))
    return Worksheet(
        patient=slide.patient,
        reads=tuple(_read(each, reviews.get(each.pk), each.pk in reopened) for each in slides),
        spellings=tuple(_spellings(slide.patient)),
        is_kept_back=_is_kept_back(slides, user),
    )


def _slides_of(patient: str) -> QuerySet[Slide]:
    rows = Slide.objects.filter(patient=patient).exclude(status__in=LEFT_OUT)
    return rows.order_by("node", "name", "pk")


def _spellings(patient: str) -> QuerySet[Slide, str]:
    alike = Slide.objects.filter(patient__iexact=patient).exclude(patient=patient)
    return alike.order_by("patient").values_list("patient", flat=True).distinct()


def _is_kept_back(slides: list[Slide], user: User) -> bool:
    kept = visibility.marks_kept_from(user) | visibility.model_kept_from(user)
    return kept.filter(pk__in=[slide.pk for slide in slides]).exists()


def _signed(slides: list[Slide], user: User) -> QuerySet[Review]:
    """Signed reviews that count: routine ones, and what a closed study came to."""
    decided = Q(item__seat=WorkItem.ADJUDICATION) | Q(item__study__readings=1)
    counts = Q(item__study=None) | Q(item__study__state=Study.State.CLOSED) & decided
    rows = visibility.visible_reviews(user).filter(counts, slide__in=slides)
    rows = rows.filter(state=Review.State.SIGNED).select_related("item", "reader")
    return rows.order_by("signed_at", "pk")


def _counting(reviews: Iterable[Review]) -> dict[int, Review]:
    """Of each slide the one that counts: routine before studies, the latest of its kind."""
    chosen: dict[int, Review] = {}
    for review in reviews:
        if not review.frozen:  # nothing was signed in words
            continue
        before = chosen.get(review.slide_id)
        if before is None or _weight(review) >= _weight(before):
            chosen[review.slide_id] = review
    return chosen


def _weight(review: Review) -> tuple[bool, bool]:
    return review.item.study_id is None, review.item.seat == WorkItem.ADJUDICATION


def _read(slide: Slide, review: Review | None, is_reopened: bool) -> Read:
    if review is None:
        said = SlideSaid(slide=slide.pk, name=slide.name, node=slide.node, mpp=slide.mpp)
        return Read(slide, said)
    said = rollup.slide_said(review.frozen, slide=slide.pk, review=review.pk, node=slide.node)
    return Read(slide, said, review, is_reopened)


# Taking a stage ---------------------------------------------------------------------------


def stagings_of(sheet: Worksheet) -> list[Staging]:
    """Stages that were taken for this patient, the newest first; none that a study keeps back."""
    if sheet.is_kept_back:
        return []
    return list(Staging.objects.filter(patient=sheet.patient).select_related("by"))


def take_stage(
    *, slide: Slide, by: User, stage: str, reason: str = "", basis_sha256: str
) -> Staging:
    """Take a pN for the patient of a slide; what was taken before stays in the list.

    basis_sha256: of the worksheet that was read. A reason is needed wherever the stage is not
    the one suggested of all slides. Raises Reason (changed_elsewhere, bad_stage, no_reason,
    kept_back, nothing_signed).
    """
    with transaction.atomic():
        list(_slides_of(slide.patient).select_for_update())  # one at a time
        sheet = worksheet_of(slide, by)
        _refuse(sheet, stage, reason.strip(), basis_sha256)
        row = Staging.objects.create(
            patient=sheet.patient,
            stage=stage,
            suggested=sheet.rolled.stage,
            reason=reason.strip(),
            worksheet=as_facts(sheet),
            basis_sha256=sheet.basis_sha256,
            by=by,
        )
        audit.record(
            by,
            "take stage",
            row,
            stage=stage,
            suggested=row.suggested,
            reason=row.reason,
            basis_sha256=row.basis_sha256,
        )
    return row


def _refuse(sheet: Worksheet, stage: str, reason: str, basis_sha256: str) -> None:
    if sheet.is_kept_back:
        raise Reason(
            "You take part in a study of one of these slides, which keeps other readings from you "
            "until it is closed: take a stage then.",
            "kept_back",
        )
    if stage not in Staging.Stage.values:
        options = ", ".join(Staging.Stage.values)
        raise Reason(f"{stage!r} is no stage; give one of {options}.", "bad_stage")
    if sheet.rolled.refusal == rollup.NOTHING_SIGNED:
        raise Reason("None of this patient's slides is signed: sign one first.", "nothing_signed")
    if basis_sha256 != sheet.basis_sha256:
        raise Reason(
            "What this worksheet rests on was changed since you opened it: a review, a node or a "
            "pixel size is another. Look at it again, then take a stage.",
            "changed_elsewhere",
        )
    if needs_reason(sheet, stage) and not reason:
        raise Reason(
            "Say why: the stage is not the one suggested, or not all slides are signed.",
            "no_reason",
        )
    if len(reason) > (most := Staging._meta.get_field("reason").max_length or 0):
        raise Reason(f"A reason has at most {most} characters, not {len(reason)}.", "too_long")


def needs_reason(sheet: Worksheet, stage: str) -> bool:
    """Whether a stage is another than the worksheet gives of all slides."""
    return stage != sheet.rolled.stage or sheet.rolled.is_at_least


# As JSON ------------------------------------------------------------------------------------


def as_facts(sheet: Worksheet) -> dict[str, Any]:
    """The worksheet as JSON, without words: lengths in um, places in level-0 px."""
    rolled = sheet.rolled
    return {
        "format": 1,
        "patient": sheet.patient,
        "is_synthetic": sheet.is_synthetic,
        "is_artificial_patient": sheet.is_artificial,
        "basis_sha256": sheet.basis_sha256,
        "suggestion": {
            "stage": rolled.stage or None,
            "is_at_least": rolled.is_at_least,
            "worst": rolled.worst or None,
            "by_hand": list(rolled.by_hand),
            "rule": rollup.rule_of(rolled) or None,
            "refusal": rolled.refusal or None,
            "positive_nodes": rolled.positive,
            "nodes": rolled.counts,
        },
        "nodes": [_node_facts(sheet, node) for node in rolled.nodes],
        "open": [
            {
                "slide": slide.slide,
                "name": slide.name,
                "standing": slide.standing,
                "could_change_to": rollup.could_change(rolled, slide) or None,
            }
            for slide in rollup.open_slides(rolled)
        ],
    }


def with_taken(sheet: Worksheet) -> dict[str, Any]:
    """The worksheet with the stages that were taken, the newest first."""
    taken = [
        {
            "stage": row.stage,
            "suggested": row.suggested or None,
            "reason": row.reason,
            "by": row.by.get_username(),
            "at": row.at.isoformat(),
            "is_outdated": row.basis_sha256 != sheet.basis_sha256,
        }
        for row in stagings_of(sheet)
    ]
    return as_facts(sheet) | {"taken": taken}


def _node_facts(sheet: Worksheet, node: rollup.Node) -> dict[str, Any]:
    largest = node.largest
    return {
        "name": node.name,
        "is_named": node.is_named,
        "class": node.size_class or None,
        "is_whole": node.is_whole,
        "largest": _finding_facts(largest) if largest else None,
        "counts": node.counts,
        "measure_by_hand": [_finding_facts(one) for one in node.alarms],
        "slides": [_slide_facts(sheet.read_of[said.slide]) for said in node.slides],
    }


def _slide_facts(read: Read) -> dict[str, Any]:
    said, review = read.said, read.review
    told = {
        "id": read.slide.pk,
        "name": read.slide.name,
        "sha256": read.slide.sha256,
        "mpp": said.mpp,
        "standing": said.standing,
        "class": said.said or None,
        "signed_as": said.conclusion or None,
        "findings": [_finding_facts(one) for one in said.findings],
        "left_open": said.left_open,
        "inadequate_reason": said.inadequate_reason,
    }
    if review is None:
        return told | {"review": None}
    return told | {
        "review": {
            "id": review.pk,
            "reader": review.reader.get_username(),
            "signed_at": review.signed_at.isoformat() if review.signed_at else None,
            "frozen_sha256": review.frozen_sha256,
        },
        "has_other_mpp": read.has_other_mpp,
        "has_other_file": read.has_other_file,
    }


def _finding_facts(one: rollup.Measured) -> dict[str, Any]:
    names = ("key", "number", "slide", "review", "x_l0", "y_l0", "size_class", "diameter_um")
    told = {name: getattr(one, name) for name in (*names, "uncertainty_um", "is_by_word")}
    return told | {"measured_by": one.by or None, "could_be": list(one.could_be)}
