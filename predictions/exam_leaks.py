"""Whether a version has seen a slide of the test set: its patient, its file, or its tissue."""

from collections.abc import Callable, Sequence

from slides.models import Slide
from training.leak_check import leaks_among
from training.leaks import TISSUE
from training.lineage import Seen, marks_of

SIDES = ("training", "validation")


def leaks_of(
    tested: Sequence[Slide], seen: Seen, *, alive: Callable[[], None]
) -> list[dict[str, str]]:
    """Test slides that the version's line has seen, and by what they are known again.

    Tissue is compared with those slides it saw that are on this site. alive() may raise to stop.
    """
    leaks = {slide.pk: leak for slide in tested if (leak := _known_again(slide, seen))}
    return [*leaks.values(), *_same_tissue([s for s in tested if s.pk not in leaks], seen, alive)]


def _known_again(slide: Slide, seen: Seen) -> dict[str, str] | None:
    for side in SIDES:
        kinds = {kind for kind, _ in marks_of(slide) & getattr(seen, side)}
        if kinds:
            return _told(slide, side, "file" if "file" in kinds else min(kinds))
    return None


def _told(slide: Slide, side: str, by: str) -> dict[str, str]:
    return {"slide": slide.name, "patient": slide.patient, "side": side, "by": by}


def _same_tissue(
    tested: Sequence[Slide], seen: Seen, alive: Callable[[], None]
) -> list[dict[str, str]]:
    """Test slides whose tissue is on a slide that was learnt from, under another patient."""
    side_of = dict.fromkeys((slide.pk for slide in tested), "test")
    learnt = {}
    for slide in Slide.objects.ready().exclude(pk__in=side_of).exclude(tissue=""):
        side = next((side for side in SIDES if marks_of(slide) & getattr(seen, side)), None)
        if side:
            learnt[slide.pk] = (slide, side)
    if not learnt:
        return []
    side_of |= dict.fromkeys(learnt, "learnt")
    members = [*tested, *(slide for slide, _ in learnt.values())]
    found = leaks_among(side_of, members, report=lambda *_: alive())
    by_key = {slide.pk: slide for slide in tested}
    leaks = {}
    for leak in (each for each in found if each.kind == TISSUE):
        first, second = leak.first.id, leak.second.id
        own, other = (first, second) if first in by_key else (second, first)
        leaks[own] = _told(by_key[own], learnt[other][1], "tissue")
    return list(leaks.values())
