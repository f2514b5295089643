"""What a study comes to: every signed reading held against what its slides hold.

What was signed first at a seat is the reading; what superseded it since is counted beside it.
Sentinels stand apart: their answers were known, so they say who was awake, not who was right.
"""

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import Any

from django.core.cache import cache
from django.utils.timezone import now

from predictions.review.adjudicating import signed_pair, two_of
from predictions.review.models import Review, Study, StudySlide, WorkItem
from predictions.review.reader_figures import (
    TUMOUR,
    Reading,
    crossed_figures,
    study_figures,
)
from predictions.review.study_reference import KEPT_SECONDS, Known, hits_of, known_of
from slides.drawing import name_of

SIGNED = (Review.State.SIGNED, Review.State.SUPERSEDED)


def results_of(study: Study) -> dict[str, Any]:
    """The figures of a study as far as it has come, ready for JSON."""
    members = _members(study)
    reviews = first_signed(study)
    adjudicated = _adjudicated(reviews)
    known = {pk: known_of(one, adjudicated.get(pk, "")) for pk, one in members.items()}
    read = [one for one in reviews if one.item.seat != WorkItem.ADJUDICATION]
    counted = [one for one in read if not members[one.slide_id].is_sentinel]
    readings = [_reading(one, members, known) for one in counted]
    return {
        "study": rules_of(study),
        "as_of": now().isoformat(),
        "figures": study_figures(readings, seed=study.seed),
        "reference": Counter(
            _source(known, pk) for pk, one in members.items() if not one.is_sentinel
        ),
        "superseded": sum(one.state == Review.State.SUPERSEDED for one in counted),
        "sentinels": _sentinels(read, members),
        "adjudication": _adjudication(study, reviews),
        "readings": [_told(one, known) for one in counted],
        "is_synthetic": any(one.slide.is_synthetic for one in members.values()),
    }


def rules_of(study: Study) -> dict[str, Any]:
    told = ("id", "name", "state", "readings", "is_unaided_first", "is_blinded", "has_sentinels")
    return {name: getattr(study, name) for name in told} | {
        "seed": study.seed,
        "readers": [name_of(one) for one in study.readers.order_by("username")],
        "adjudicator": name_of(study.adjudicator) if study.adjudicator else "",
        "opened_at": study.opened_at.isoformat() if study.opened_at else None,
        "closed_at": study.closed_at.isoformat() if study.closed_at else None,
    }


def _members(study: Study) -> dict[int, StudySlide]:
    rows = study.slides.select_related("slide", "truth__slide")
    return {one.slide_id: one for one in rows}


def first_signed(study: Study) -> list[Review]:
    """What was signed first at each seat, by slide and seat."""
    rows = Review.objects.filter(item__study=study, state__in=SIGNED)
    kin = ("item", "reader", "slide", "prediction__version", "prediction__slide")
    first: dict[int, Review] = {}
    for review in rows.select_related(*kin).order_by("signed_at", "pk"):
        first.setdefault(review.item_id, review)
    return sorted(first.values(), key=lambda one: (one.slide.name, one.slide_id, one.item.seat))


def _adjudicated(reviews: Sequence[Review]) -> dict[int, str]:
    """Slide -> what its adjudicator signed, where it could be judged."""
    return {
        one.slide_id: one.conclusion
        for one in reviews
        if one.item.seat == WorkItem.ADJUDICATION and one.is_adequate is not False
    }


def _source(known: dict[int, Known], slide: int) -> str:
    return known[slide].source or "none"


def _reading(review: Review, members: dict[int, StudySlide], known: dict[int, Known]) -> Reading:
    is_judged = review.is_adequate is not False
    is_unaided_first = review.unaided_at is not None
    return Reading(
        slide=review.slide_id,
        patient=review.slide.patient,
        reader=name_of(review.reader),
        reference=known[review.slide_id].conclusion,
        aided=review.conclusion if is_judged else "",
        unaided=review.unaided,
        seconds_unaided=review.unaided_seconds if is_unaided_first else None,
        seconds_aided=review.active_seconds - review.unaided_seconds,
        hits=hits_of(review, members[review.slide_id]),
    )


def _told(review: Review, known: dict[int, Known]) -> dict[str, Any]:
    """One reading as a row of the file."""
    reference = known[review.slide_id]
    return {
        "slide": review.slide.name,
        "patient": review.slide.patient,
        "seat": review.item.seat,
        "reader": name_of(review.reader),
        "reference": reference.conclusion,
        "source": reference.source,
        "unaided": review.unaided,
        "conclusion": review.conclusion,
        "is_adequate": review.is_adequate is not False,
        "unaided_seconds": round(review.unaided_seconds, 1) if review.unaided_at else None,
        "active_seconds": round(review.active_seconds, 1),
        "signed_at": review.signed_at.isoformat(),
        "is_superseded": review.state == Review.State.SUPERSEDED,
    }


# Two studies ---------------------------------------------------------------------------------


def crossed_with(study: Study) -> list[Study]:
    """Studies in which readers of this one read its slides with the model from the beginning."""
    if not study.is_unaided_first:
        return []
    own = Review.objects.filter(item__study=study, state__in=SIGNED, unaided_at__isnull=False)
    others = Review.objects.filter(
        state__in=SIGNED,
        prediction__isnull=False,
        item__study__is_unaided_first=False,
        item__seat__lt=WorkItem.ADJUDICATION,
        slide__in=own.values("slide"),
        reader__in=own.values("reader"),
    )
    return list(Study.objects.filter(pk__in=others.values("item__study")).order_by("pk"))


def crossed(study: Study, other: Study) -> dict[str, Any]:
    """The same readers on the same slides: alone in one study, with the model in another.

    days_between: the median from one signature to the other, in which a slide may be forgotten.
    """
    members = _members(study)
    reviews = first_signed(study)
    adjudicated = _adjudicated(reviews)
    with_it = {
        (one.slide_id, one.reader_id): one
        for one in first_signed(other)
        if one.item.seat != WorkItem.ADJUDICATION
    }
    readings, days = [], []
    for one in reviews:
        second = with_it.get((one.slide_id, one.reader_id))
        member = members[one.slide_id]
        if second is None or member.is_sentinel or one.unaided_at is None:
            continue
        known = known_of(member, adjudicated.get(one.slide_id, ""))
        readings.append(_crossed_reading(one, second, known))
        days.append(abs((second.signed_at - one.signed_at).total_seconds()) / 86400)
    return {
        "study": rules_of(other),
        "figures": crossed_figures(readings, seed=study.seed),
        "days_between": median(days) if days else None,
    }


def _crossed_reading(alone: Review, with_it: Review, known: Known) -> Reading:
    return Reading(
        slide=alone.slide_id,
        patient=alone.slide.patient,
        reader=name_of(alone.reader),
        reference=known.conclusion,
        unaided=alone.unaided,
        aided=with_it.conclusion if with_it.is_adequate is not False else "",
        seconds_unaided=alone.unaided_seconds,
        seconds_aided=with_it.active_seconds,
    )


# Sentinels ----------------------------------------------------------------------------------


def _sentinels(reviews: Sequence[Review], members: dict[int, StudySlide]) -> list[dict[str, Any]]:
    """How each reader met the known answers: the class itself, and tumour or none."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for review in reviews:
        member = members[review.slide_id]
        if member.is_sentinel:
            rows.setdefault(name_of(review.reader), []).append(_met(review, member.answer))
    return [
        {
            "reader": reader,
            "n": len(own),
            "hit": sum(one["is_hit"] for one in own),
            "same_class": sum(one["is_same_class"] for one in own),
            "slides": own,
        }
        for reader, own in sorted(rows.items())
    ]


def _met(review: Review, answer: str) -> dict[str, Any]:
    said = review.conclusion if review.is_adequate is not False else ""
    return {
        "slide": review.slide.name,
        "answer": answer,
        "unaided": review.unaided,
        "said": said,
        "is_hit": bool(said) and (said in TUMOUR) == (answer in TUMOUR),
        "is_same_class": said == answer,
    }


# Two readers --------------------------------------------------------------------------------


def _adjudication(study: Study, reviews: Sequence[Review]) -> dict[str, Any]:
    """How far two readers agree on lesions, and whom the adjudicator went with."""
    items = study.work_items.filter(seat=1).select_related("slide", "prediction__version")
    counts: Counter[str] = Counter()
    ious: list[float] = []
    for item in items if study.readings == 2 else []:
        told = _agreement(item)
        counts.update({name: told[name] for name in told if name != "ious"})
        ious += told.get("ious", [])
    calls = 2 * counts["both"] + counts["only_first"] + counts["only_second"]
    return {
        "slides": counts["slides"],
        "both": counts["both"],
        "only_first": counts["only_first"],
        "only_second": counts["only_second"],
        "score": 2 * counts["both"] / calls if calls else None,
        "mean_iou": sum(ious) / len(ious) if ious else None,
        **_sides(reviews),
    }


def _agreement(item: WorkItem) -> dict[str, Any]:
    """Counts of one slide's lesions, empty before both have signed; kept under what they signed."""
    pair = signed_pair(item)
    if len(pair) < 2:
        return {}
    key = "study-two-" + "-".join(one.frozen_sha256[:32] for one in pair)
    told = cache.get(key)
    if told is None:
        two = two_of(item)
        names = ("both", "only_first", "only_second")
        told = {"slides": 1} | {name: getattr(two.agreement, name) for name in names}
        told["ious"] = [one.iou for one in two.lesions if one.iou is not None]
        cache.set(key, told, KEPT_SECONDS)
    return dict(told)


def _sides(reviews: Sequence[Review]) -> dict[str, int]:
    """With whom the adjudicator's class of the slide agrees."""
    by_slide: dict[int, dict[int, str]] = {}
    for one in reviews:
        by_slide.setdefault(one.slide_id, {})[one.item.seat] = one.conclusion
    decided = [seats for seats in by_slide.values() if WorkItem.ADJUDICATION in seats]
    told = Counter(_side(seats) for seats in decided)
    names = ("with_both", "with_first", "with_second", "with_neither")
    return {"decided": len(decided)} | {name: told[name] for name in names}


def _side(seats: dict[int, str]) -> str:
    third = seats[WorkItem.ADJUDICATION]
    agrees = [seats.get(seat) == third for seat in (1, 2)]
    if all(agrees):
        return "with_both"
    if not any(agrees):
        return "with_neither"
    return "with_first" if agrees[0] else "with_second"
