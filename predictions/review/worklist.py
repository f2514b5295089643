"""Which slides wait for a reader, by which reading, and what the list is ordered by.

The reading that is reviewed is the live version's; without one, the newest of any version that
is not archived. What was signed stays as it was signed.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.timezone import now

from predictions.models import Prediction
from predictions.review.candidates import candidates_of, compare
from predictions.review.models import Candidate, WorkItem
from predictions.review.weighing import Said, disagreement, expected_value, uncertainty
from slides.models import Slide
from training.models import Stage

logger = logging.getLogger(__name__)

FIRST_SEAT = 1
LIMITS_UM = (200.0, 2000.0)
AT_ONCE = 200  # slides that one sweep looks after


@dataclass(frozen=True)
class Figures:
    """What the list is ordered by. map_sha256: empty where the map could not be read."""

    map_sha256: str = ""
    score: float = 0.0
    uncertainty: float = 0.0
    disagreement: float = 0.0
    value: float = 0.0
    finding_count: int = 0
    size_class: str = ""


# Which reading ---------------------------------------------------------------


def reading_of(slide: Slide) -> Prediction | None:
    """The reading of a slide that is reviewed; None where there is none yet.

    Of the live version's, those made at the slide's present um per px come first.
    """
    return most_fit(list(_readings(slide).live_first()))


def most_fit(readings: Sequence[Prediction]) -> Prediction | None:
    """Of readings of one slide, the live one first, the one that is reviewed."""
    ranked = [(not one.version.is_live, one.is_of_other_mpp) for one in readings]
    return readings[ranked.index(min(ranked))] if readings else None


def _readings(slide: Slide) -> Any:
    done = slide.predictions.filter(status=Prediction.Status.DONE).select_related("version")
    return done.exclude(version__stage=Stage.ARCHIVED)


def others_of(prediction: Prediction) -> list[Prediction]:
    """The newest reading of the same slide by each other version that is not archived."""
    newest: dict[int, Prediction] = {}
    for one in _readings(prediction.slide).order_by("-pk"):
        if one.slide_score is not None:
            newest.setdefault(one.version_id, one)
    newest.pop(prediction.version_id, None)
    return list(newest.values())


# Figures ---------------------------------------------------------------------


def figures_of(prediction: Prediction) -> Figures:
    """What the list is ordered by; findings are made, and compared with other versions.

    A map that cannot be read keeps no slide off the list, nor the sweep from the next one.
    """
    others = others_of(prediction)
    try:
        candidates = candidates_of(prediction)
    except (ValueError, OSError) as error:
        logger.warning("No findings of %s: %s", prediction, error)
        return _weighed(prediction, others, [])
    compare(candidates, others)
    return _weighed(prediction, others, candidates, map_sha256=prediction.map_sha256)


def _weighed(
    prediction: Prediction,
    others: Sequence[Prediction],
    candidates: Sequence[Candidate],
    **known: str,
) -> Figures:
    if prediction.slide_score is None:
        return Figures(**known)
    said = said_of(prediction)
    apart = disagreement(said, [said_of(other) for other in others])
    largest = max(candidates, key=lambda one: one.diameter_um or 0.0, default=None)
    return Figures(
        score=said.score,
        uncertainty=uncertainty(said),
        disagreement=apart,
        value=expected_value(said, apart, is_at_limit=_is_at_limit(largest)),
        finding_count=len(candidates),
        size_class=largest.size_class if largest else "",
        **known,
    )


def said_of(prediction: Prediction) -> Said:
    return Said(prediction.slide_score or 0.0, prediction.threshold)


def _is_at_limit(candidate: Candidate | None) -> bool:
    """True within one cell of a limit, where the class may as well be its neighbour."""
    if candidate is None or candidate.diameter_um is None:
        return False
    reach = candidate.uncertainty_um or 0.0
    return any(abs(candidate.diameter_um - limit) <= reach for limit in LIMITS_UM)


# Rows ------------------------------------------------------------------------


def open_work(prediction: Prediction) -> WorkItem:
    """The routine work that a done reading gives: made, or brought up to date.

    The reading may not be the one that is reviewed (see reading_of); then it only counts for
    disagreement. What is signed stays as it is.
    """
    slide = prediction.slide
    reading = reading_of(slide) or prediction
    known = {
        "prediction": reading,
        "patient": slide.patient,
        "name": slide.name,
        **vars(figures_of(reading)),
    }
    with transaction.atomic():
        item, is_new = WorkItem.objects.get_or_create(
            slide=slide,
            study=None,
            seat=FIRST_SEAT,
            defaults=known | {"arrived_at": slide.created_at},
        )
        if not is_new:
            WorkItem.objects.unsigned().filter(pk=item.pk).update(**known, updated_at=now())
            item.refresh_from_db()
    return item


def keep_names(slide: Slide) -> None:
    """The list goes by the slide's name and patient, which may have been corrected."""
    told = {"name": slide.name, "patient": slide.patient}
    WorkItem.objects.filter(slide=slide).exclude(**told).update(**told)


# The sweep -------------------------------------------------------------------


def unopened(limit: int = AT_ONCE) -> list[Prediction]:
    """Done readings whose slide is not on the list, or is there by a reading that is not it.

    That is what a lost message, a version gone live or rolled back, or a reading that was made
    again leave behind.
    """
    found = list(_unlisted()[:limit])
    moved = _moved().select_related("slide")[: limit - len(found)]
    return found + [reading for item in moved if (reading := reading_of(item.slide))]


def _unlisted() -> QuerySet[Prediction]:
    """The newest done reading of each slide that has no routine work."""
    work = WorkItem.objects.routine().filter(slide=OuterRef("slide"))
    later = _shown().filter(slide=OuterRef("slide"), pk__gt=OuterRef("pk"))
    rows = _shown().exclude(Exists(work)).exclude(Exists(later))
    return rows.select_related("slide", "version").order_by("pk")


def _moved() -> QuerySet[WorkItem]:
    """Open work that is listed by another version's reading than the live one's, or an older map.

    It begins at the work, joined to its reading, so that nothing to do is soon known.
    """
    readings = _shown().filter(slide=OuterRef("slide"))
    is_gone = Q(prediction=None) & Q(Exists(readings))
    is_other = ~Q(prediction__version__stage=Stage.LIVE)
    is_older = ~Q(map_sha256=F("prediction__map_sha256")) & ~Q(map_sha256="")
    by_live = Exists(readings.filter(version__stage=Stage.LIVE))
    items = WorkItem.objects.routine().unsigned().order_by()
    return items.filter(is_gone | Q(prediction__isnull=False) & (is_other & by_live | is_older))


def _shown() -> Any:
    done = Prediction.objects.filter(status=Prediction.Status.DONE)
    return done.exclude(version__stage=Stage.ARCHIVED)


def sweep(limit: int = AT_ONCE, *, seconds: float = 0.0) -> list[WorkItem]:
    """Open what was not opened; the rows are the truth, messages only nudge.

    seconds: go on for so long while more is left, as after a change of the live version.
    """
    until = time.monotonic() + seconds
    opened: list[WorkItem] = []
    while found := unopened(limit):
        opened += [open_work(prediction) for prediction in found]
        if time.monotonic() >= until:
            break
    return opened
