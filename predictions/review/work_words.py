"""Why a slide is on the worklist, in words."""

from collections.abc import Sequence

from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.models import Prediction
from predictions.review.models import WorkItem
from predictions.review.weighing import (
    COST_AT_A_LIMIT,
    COST_OF_A_FALSE_ALARM,
    COST_OF_A_MISS,
    Said,
)
from slides.templatetags.words import decimals

ALIKE = 0.02  # versions nearer than this say the same


def why(item: WorkItem, order: str, others: Sequence[Prediction]) -> list[str]:
    """Sentences, the one that the order goes by first. others: readings by other versions."""
    reading = item.prediction
    if reading is None:
        return [_("No version has read this slide yet."), waiting(item)]
    if reading.slide_score is None:
        return [_("Nothing on it was assessed: too little tissue."), waiting(item)]
    said = Said(item.score, reading.threshold)
    return _sentences(item, order, said, others) + _faults(item, reading)


def _sentences(item: WorkItem, order: str, said: Said, others: Sequence[Prediction]) -> list[str]:
    highest = _highest(item, said)
    match order:
        case "doubt":
            return [_doubt(item, said), _findings(item)]
        case "dispute":
            return [_dispute(item, others), _findings(item)]
        case "value":
            return [_value(item, said), highest]
        case "date":
            return [waiting(item), highest]
    return [highest]


def _highest(item: WorkItem, said: Said) -> str:
    words = {"score": decimals(said.score, 2), "threshold": decimals(said.threshold, 2)}
    if not said.is_called:
        return _("Highest score %(score)s, below the threshold of %(threshold)s.") % words
    words["findings"] = _count(item)
    return _("Highest score %(score)s, %(findings)s.") % words


def _count(item: WorkItem) -> str:
    n = item.finding_count
    return ngettext("%(n)d finding", "%(n)d findings", n) % {"n": n}


def _findings(item: WorkItem) -> str:
    return f"{_count(item)}." if item.finding_count else _("No finding.")


def _doubt(item: WorkItem, said: Said) -> str:
    words = {
        "score": decimals(said.score, 2),
        "threshold": decimals(said.threshold, 2),
        "doubt": f"{100 * item.uncertainty:.0f}",
    }
    return (
        _("Highest score %(score)s against a threshold of %(threshold)s: in doubt by %(doubt)s %%.")
        % words
    )


def _dispute(item: WorkItem, others: Sequence[Prediction]) -> str:
    """The two readings that are furthest apart, each against its own threshold."""
    readings = [item.prediction, *others]
    if not others:
        return _("Only one version has read it, so none disagrees.")
    ranked = sorted(readings, key=lambda one: Said(one.slide_score, one.threshold).standing)
    low, high = ranked[0], ranked[-1]
    words = {
        "high": decimals(high.slide_score, 2),
        "low": decimals(low.slide_score, 2),
        "of_high": high.version.name,
        "of_low": low.version.name,
    }
    if item.disagreement < ALIKE:
        return _("The versions agree: %(high)s and %(low)s.") % words
    return _("Two versions disagree: %(high)s (%(of_high)s) against %(low)s (%(of_low)s).") % words


def _value(item: WorkItem, said: Said) -> str:
    words = {"value": f"{100 * item.value:.0f}"}
    if not said.is_called:
        return _("Worth %(value)s of 100: if it is wrong, a metastasis was missed.") % words
    cost = COST_OF_A_FALSE_ALARM
    doubt = 1 - (1 - item.uncertainty) * (1 - item.disagreement)
    if item.value > doubt * (cost + COST_AT_A_LIMIT) / 2:
        return _("Worth %(value)s of 100: a size at a limit, which may change the stage.") % words
    return _("Worth %(value)s of 100: if it is wrong, it was a false alarm.") % words


def waiting(item: WorkItem) -> str:
    days = (now() - item.arrived_at).days
    if days < 1:
        return _("Came in today.")
    return ngettext("Waiting for %(n)d day.", "Waiting for %(n)d days.", days) % {"n": days}


def _faults(item: WorkItem, reading: Prediction) -> list[str]:
    """What a reader should know before believing the figures."""
    told = []
    if not item.map_sha256:
        told.append(_("Its map cannot be read: have the slide read again."))
    if reading.exposure != Prediction.Exposure.UNSEEN:
        told.append(_("The version has seen this patient in training: its score proves little."))
    return told


def of_the_order(order: str) -> str:
    """What an order goes by, for the page."""
    costs = {
        "miss": decimals(COST_OF_A_MISS, 0),
        "alarm": decimals(COST_OF_A_FALSE_ALARM, 2),
        "limit": decimals(COST_AT_A_LIMIT, 2),
    }
    return {
        "score": _("By the highest probability that the version gives any place on the slide."),
        "doubt": _("How near the highest score is to the version’s threshold: 100 % at it."),
        "dispute": _(
            "How far versions are apart that are live or candidates, each held against its own "
            "threshold."
        ),
        "value": _(
            "How doubtful the call is, by its score or because versions disagree, times what an "
            "error would cost: a missed metastasis %(miss)s, a size within one cell of 0.2 or 2 mm "
            "%(limit)s, a false alarm %(alarm)s. It is a heuristic to order the list by; no "
            "benefit was measured."
        )
        % costs,
        "date": _("By when the slide came in."),
        "patient": _("The slides of a patient together."),
    }[order]
