"""Decisions carried over to another reading of the slide, finding by finding, by overlap."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from django.contrib.auth.models import User
from django.db import transaction
from shapely.geometry import mapping, shape

from predictions.review import reviewing
from predictions.review.corrections import cell_outlines
from predictions.review.findings import (
    OPEN,
    REJECTED,
    WITHDRAWN,
    Finding,
    key_of,
    standing_verdicts,
)
from predictions.review.models import Review, Verdict
from predictions.review.outlines import Area
from predictions.review.rows import (
    candidates_of,
    findings_of,
    locked,
    locked_item,
    refuse_closed,
)
from predictions.review.verdicts import copy_verdicts

Kind = Verdict.Kind
Fields = dict[str, Any]


@dataclass
class Carried:
    """What was carried over. dropped: rejected findings that the new reading does not call.

    undecided: new findings on which the old ones said both yes and no; they are open.
    """

    review: Review
    held: int = 0
    rejected: int = 0
    dropped: int = 0
    undecided: int = 0
    verdicts: list[Fields] = field(default_factory=list)


@transaction.atomic
def carry_over(*, review: Review, by: User) -> Carried:
    """Go on with the reading that the slide is to be reviewed by now; the old review is given up.

    Nothing that was held is lost: what the new reading does not call is added by its outline.
    """
    item = locked_item(review.item)
    review = locked(review)
    refuse_closed(review, by)
    return _carried(reviewing.replace_review(review, item), review, by)


def go_on(following: Review, signed: Review, by: User) -> None:
    """Begin a superseding review with all that the signed one says, on whichever reading.

    Its time begins anew; what was decided without the model stays its reader's own.
    """
    if reviewing.is_same_reading(signed, following):
        verdicts = list(signed.verdicts.order_by("sequence"))
        copy_verdicts(standing_verdicts(verdicts), following)
    else:
        _carried(following, signed, by)
    unaided = reviewing.UNAIDED if signed.reader_id == by.pk else ()
    reviewing.keep_said(following, signed, (*reviewing.JUDGEMENTS, *unaided))


def _carried(following: Review, before: Review, by: User) -> Carried:
    """Verdicts of a new review that say of its findings what another one says of its own."""
    carried = Carried(following)
    _decide(carried, _sources(before), _outlines(following))
    ids = {key_of(one.number): one.pk for one in candidates_of(following)}
    Verdict.objects.bulk_create(
        Verdict(
            review=following,
            sequence=sequence,
            by=by,
            candidate_id=ids.get(fields["finding"]),
            **fields,
        )
        for sequence, fields in enumerate(carried.verdicts, start=1)
    )
    return carried


def _outlines(review: Review) -> dict[int, Area]:
    if review.prediction is None:
        return {}
    return cell_outlines(review.prediction, review.map_sha256, review.threshold)


def _sources(review: Review) -> list[tuple[Finding, shapely.Geometry]]:
    """What was said, held findings first, each with where it lies."""
    decided = [one for one in findings_of(review) if _is_told(one)]
    cells = _outlines(review)
    decided.sort(key=lambda one: (one.state in (REJECTED, OPEN), one.region is None))
    return [
        (one, cells[one.number] if one.region is None else shape(one.region)) for one in decided
    ]


def _is_told(one: Finding) -> bool:
    """Whether anything was said of it that holds."""
    return one.state not in (OPEN, WITHDRAWN) or one.caliper is not None


def _decide(
    carried: Carried,
    sources: Sequence[tuple[Finding, shapely.Geometry]],
    targets: dict[int, Area],
) -> None:
    """Fill in the verdicts of the new review."""
    said: dict[int, str] = {}  # by the number of a new finding: held, rejected or both
    for one, place in sources:
        number = _best(place, targets)
        if one.state == OPEN:
            _carry_measure(carried, one, number, said)
        elif one.state == REJECTED:
            _carry_rejected(carried, one, number, said)
        else:
            _carry_held(carried, one, place, number, said)


def _carry_held(
    carried: Carried,
    one: Finding,
    place: shapely.Geometry,
    number: int | None,
    said: dict[int, str],
) -> None:
    carried.held += 1
    is_area = place.geom_type != "Point"
    if number is not None and number not in said:
        said[number], key = "held", key_of(number)
        is_drawn = one.region is not None and is_area
        fields: Fields = {"kind": Kind.REDRAWN if is_drawn else Kind.ACCEPTED}
        fields |= _drawn(one, one.region) if is_drawn else {}
    elif number is not None and one.region is None:
        return  # the new reading makes one finding of what were two
    else:
        key = one.key if one.is_own else f"a{_key_of(one)}"
        fields = {"kind": Kind.ADDED} | _drawn(one, one.region or mapping(place))
    carried.verdicts.append({"finding": key, "note": one.note} | fields)
    carried.verdicts += [{"finding": key} | more for more in _measures(one)]


def _carry_rejected(
    carried: Carried, one: Finding, number: int | None, said: dict[int, str]
) -> None:
    if number is None:
        carried.dropped += 1
        return
    carried.rejected += 1
    if said.get(number) == "held":
        said[number] = "both"
        carried.undecided += 1
        key = key_of(number)
        carried.verdicts = [each for each in carried.verdicts if each["finding"] != key]
    elif number not in said:
        said[number] = "rejected"
        fields = {"kind": Kind.REJECTED, "because": one.because, "label": one.label}
        carried.verdicts.append({"finding": key_of(number), "note": one.note} | fields)


def _carry_measure(
    carried: Carried, one: Finding, number: int | None, said: dict[int, str]
) -> None:
    """What was measured and not judged is measured where nothing else was said."""
    if number is not None and number not in said:
        carried.verdicts += [{"finding": key_of(number)} | more for more in _measures(one)]


def _best(place: shapely.Geometry, targets: dict[int, Area]) -> int | None:
    """The new finding that a place lies on most; None where it lies on none."""
    shared = {
        number: (shapely.area(shapely.intersection(place, area)), -number)
        for number, area in targets.items()
        if shapely.intersects(place, area) and _is_inside(place, area)
    }
    return max(shared, key=lambda number: shared[number], default=None)


def _is_inside(place: shapely.Geometry, area: Area) -> bool:
    """More than a touch, unless the place is a point."""
    return place.geom_type == "Point" or shapely.area(shapely.intersection(place, area)) > 0


def _key_of(one: Finding) -> Any:
    """Of the verdict that held it: the same however often it is carried over."""
    return one.history[-1].key  # type: ignore[attr-defined]


def _drawn(one: Finding, region: Any) -> Fields:
    size = {} if one.diameter_um is None else {"diameter_um": one.diameter_um}
    return {"region": region, "size_class": one.size_class} | size


def _measures(one: Finding) -> Iterable[Fields]:
    """What was measured or classified by hand; a region brings its own along."""
    if one.caliper is not None:
        yield {"kind": Kind.MEASURED, "caliper": one.caliper, "diameter_um": one.diameter_um}
    kinds = {each.kind for each in one.history}
    if Kind.RECLASSIFIED in kinds and one.region is None and one.size_class:
        yield {"kind": Kind.RECLASSIFIED, "size_class": one.size_class}
