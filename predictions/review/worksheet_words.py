"""A worksheet in sentences, in the reader's language."""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.lesions import ITC_UM, MACRO_UM
from predictions.review import rollup
from predictions.review.models import Conclusion
from predictions.review.rollup import Measured, Node, Patient, SlideSaid
from predictions.review.worksheets import Read, Worksheet
from slides.templatetags.words import rounded


def class_words(size_class: str) -> str:
    """A class of a slide or node; a dash where it is unknown."""
    return str(Conclusion(size_class).label) if size_class else "–"


def millimetres(um: float) -> str:
    """To a hundredth; finer where that would round it onto a limit."""
    is_close = any(um != limit and round(um, -1) == limit for limit in (ITC_UM, MACRO_UM))
    return f"{rounded(um / 1000, 3 if is_close else 2)} mm"


def length_words(one: Measured | None) -> str:
    """A diameter with what it is uncertain by; a dash where there is none."""
    if one is None or one.diameter_um is None:
        return "–"
    length = millimetres(one.diameter_um)
    if one.by == rollup.BY_MAP and one.uncertainty_um:
        return f"{length} ± {millimetres(one.uncertainty_um)}"
    return length


def by_words(one: Measured | None) -> str:
    """Who measured a diameter."""
    if one is None or not one.by:
        return ""
    return {
        rollup.BY_HAND: _("caliper, by hand"),
        rollup.BY_OUTLINE: _("of the drawn outline"),
        rollup.BY_MAP: _("of the map’s cells, ± one cell"),
    }[one.by]


# The stage ----------------------------------------------------------------------------


def stage_words(patient: Patient) -> str:
    """The suggestion in short; a dash where there is none."""
    if not patient.stage:
        return "–"
    return (
        _("%(stage)s at least") % {"stage": patient.stage} if patient.is_at_least else patient.stage
    )


def rule_words(patient: Patient) -> str:
    """Which rule led to the stage, or why there is none."""
    if patient.refusal == rollup.NO_MPP:
        return _(
            "No stage: how large a pixel is, is unknown for %(slides)s, so that nothing there "
            "is measured. An admin can give µm per pixel on the slide’s page; then it is read "
            "and signed anew."
        ) % {"slides": ", ".join(_without_mpp(patient))}
    if patient.refusal:
        return _("No stage: none of the slides is signed yet.")
    counts = patient.counts
    numbers = {"macro": counts["macro"], "micro": counts["micro"], "itc": counts["itc"]}
    positive = ngettext("%(n)s positive node", "%(n)s positive nodes", patient.positive)
    told = numbers | {"positive": positive % {"n": patient.positive}}
    return {
        "none": _("pN0: no node read so far holds a metastasis or isolated tumour cells."),
        "itc": _(
            "pN0(i+): isolated tumour cells only. A node that holds nothing else is not positive."
        ),
        "micro": _("pN1mi: %(positive)s, none of them with a macrometastasis.") % told,
        "few": _(
            "pN1: 1 to 3 positive nodes, at least one with a macrometastasis. Here: "
            "%(positive)s, macro %(macro)s, micro %(micro)s."
        )
        % told,
        "many": _(
            "pN2: 4 or more positive nodes, at least one with a macrometastasis. Here: "
            "%(positive)s, macro %(macro)s, micro %(micro)s."
        )
        % told,
    }[rollup.rule_of(patient)]


def _without_mpp(patient: Patient) -> list[str]:
    every = (slide for node in patient.nodes for slide in node.slides)
    return [slide.name for slide in every if slide.mpp is None]


def range_words(patient: Patient) -> str:
    """What the open slides could still make of the stage; empty where nothing."""
    if not patient.stage or not patient.is_at_least:
        return ""
    return _("Slides that are not signed or not adequate could still make it up to %(worst)s.") % {
        "worst": patient.worst
    }


def by_hand_words(patient: Patient) -> str:
    """What measuring by hand could make of the stage; empty where nothing is near a limit."""
    if not patient.by_hand:
        return ""
    if len(patient.by_hand) == 1:
        return _("Measuring by hand may change a node’s class, not the stage.")
    return _("Measured by hand it may turn out %(low)s or %(high)s.") % {
        "low": patient.by_hand[0],
        "high": patient.by_hand[1],
    }


def alarm_words(one: Measured) -> str:
    """Why a finding is to be measured by hand."""
    classes = [class_words(name) for name in one.could_be]
    near = {"itc": _("0.2 mm"), "macro": _("2 mm")}
    limits = [near[name] for name in ("itc", "macro") if name in one.could_be]
    return _(
        "%(length)s lies within one cell of %(limit)s: its class may be %(classes)s. Measure it "
        "by hand."
    ) % {
        "length": length_words(one),
        "limit": _(" and ").join(limits),
        "classes": _(" or ").join(classes),
    }


# Slides -------------------------------------------------------------------------------


def standing_words(said: SlideSaid) -> str:
    if said.standing == rollup.INADEQUATE:
        told = _("not adequate: %(reason)s") % {"reason": said.inadequate_reason}
        return told if said.inadequate_reason else _("not adequate")
    return _("signed") if said.is_known else _("not signed")


def change_words(patient: Patient, said: SlideSaid) -> str:
    """What a slide that is not signed or not adequate could change."""
    if patient.refusal:
        return ""
    worst = rollup.could_change(patient, said)
    if worst:
        return _("could make it %(stage)s") % {"stage": worst}
    return _("cannot change the stage by itself")


def read_remarks(read: Read) -> Iterator[str]:
    """What to know of one slide's reading."""
    said = read.said
    if said.is_contradicted:
        yield _(
            "Signed as %(signed)s; its largest finding is %(found)s. What was signed counts."
        ) % {
            "signed": class_words(said.conclusion),
            "found": class_words(said.found),
        }
    if said.left_open:
        yield ngettext(
            "%(n)s finding was left unjudged.", "%(n)s findings were left unjudged.", said.left_open
        ) % {"n": said.left_open}
    if read.has_other_mpp:
        yield _("Its µm per pixel was changed after signing: lengths are those that were signed.")
    if read.is_reopened:
        yield _("It is being read anew; what was signed holds until the next is signed.")
    if read.has_other_file:
        yield _("Its file is another than the one that was signed.")


def remarks(sheet: Worksheet) -> Iterator[str]:
    """What to know before a stage is taken."""
    rolled = sheet.rolled
    if rolled.goes_beyond:
        yield _("TNM calls %(n)s or more positive nodes pN3; this rule stops at pN2.") % {
            "n": rollup.PN3_NODES
        }
    if any(one.size_class == "itc" for node in rolled.nodes for one in node.findings):
        yield _(
            "Cells are not counted here: a cluster of more than 200 is a micrometastasis, "
            "whatever its diameter."
        )
    if any(_may_count_twice(node) for node in rolled.nodes):
        yield _(
            "Some nodes have findings on several slides: one metastasis cut twice is counted "
            "twice; the class and the stage are the same either way."
        )
    if sheet.spellings:
        yield _("There are patients of almost this name, which are others here: %(names)s.") % {
            "names": ", ".join(sheet.spellings)
        }


def _may_count_twice(node: Node) -> bool:
    return sum(bool(slide.findings) for slide in node.slides) > 1


def banners(sheet: Worksheet) -> Iterator[str]:
    """What must stand over all of it."""
    if sheet.is_synthetic:
        yield _("Synthetic: no patient. Nothing here is of anybody.")
    if sheet.is_artificial:
        yield _(
            "CAMELYON17’s patients are artificial: put together of slides of several real ones. "
            "This stage tests a program and says nothing of a person."
        )
    if sheet.is_kept_back:
        yield _(
            "You take part in a study of one of these slides: readings of others are kept from "
            "you until it is closed."
        )
