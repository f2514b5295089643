"""Findings of signed slides, rolled up to lymph nodes and to a patient's pN.

Everything here is a suggestion. A slide's class is what its reader signed; without that word, that
of its largest finding. Where slides are still to be read a node may turn out worse, never better:
what is known gives the least stage, and every such node taken as a macrometastasis the worst. Where
um per px is unknown there is no length, no class and no stage.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from predictions.lesions import ITC_UM, MACRO_UM, SIZE_CLASSES, size_class
from predictions.staging import MANY_POSITIVE, NODE_CLASSES, node_class, patient_stage

HELD = ("accepted", "added")  # states of findings that their reader calls tumour
SIGNED, INADEQUATE, UNSIGNED = "signed", "inadequate", "unsigned"
BY_HAND, BY_OUTLINE, BY_MAP = "caliper", "outline", "map"
NOTHING_SIGNED, NO_MPP = "nothing_signed", "no_mpp"
# TNM goes on from here with pN3, which CAMELYON17's simplified rule does not know.
PN3_NODES = 10


@dataclass(frozen=True)
class Measured:
    """A finding that its reader calls tumour, with its longest diameter and who measured it.

    by: "caliper" (by hand), "outline" (of what a reader drew) or "map" (of cells, uncertain by
    uncertainty_um, one of them, either way); empty where um per px is unknown. size_class: empty
    where nobody knows it. is_by_word: a reader said another class than the diameter's.
    """

    slide: int
    review: int
    key: str
    number: int
    x_l0: float
    y_l0: float
    size_class: str = ""
    diameter_um: float | None = None
    uncertainty_um: float | None = None
    by: str = ""
    is_by_word: bool = False

    @property
    def could_be(self) -> tuple[str, ...]:
        """Its class, and the neighbours within one cell of a limit if only a map measured it."""
        near = {self.size_class} - {""}
        if self.by == BY_MAP and not self.is_by_word and self.diameter_um is not None:
            for limit, below, above in ((ITC_UM, "itc", "micro"), (MACRO_UM, "micro", "macro")):
                if abs(self.diameter_um - limit) <= (self.uncertainty_um or 0.0):
                    near |= {below, above}
        return tuple(sorted(near, key=SIZE_CLASSES.index))

    @property
    def measure_by_hand(self) -> bool:
        return len(self.could_be) > 1


@dataclass(frozen=True)
class SlideSaid:
    """What is known of one slide. standing: signed, inadequate or unsigned.

    conclusion: what its reader signed, empty if nothing. left_open: findings that nobody judged.
    """

    slide: int
    name: str
    node: str = ""
    standing: str = UNSIGNED
    review: int | None = None
    mpp: float | None = None
    conclusion: str = ""
    inadequate_reason: str = ""
    findings: tuple[Measured, ...] = ()
    left_open: int = 0

    @property
    def is_known(self) -> bool:
        return self.standing == SIGNED

    @property
    def found(self) -> str:
        """The class of its largest finding, negative without any; empty where one is unknown."""
        classes = [one.size_class for one in self.findings]
        if "" in classes and SIZE_CLASSES[-1] not in classes:
            return ""
        return node_class([one for one in classes if one])

    @property
    def said(self) -> str:
        """Its class: what its reader signed, else what was found; empty where nobody knows.

        Tissue that cannot be judged is never negative; what was found in it counts.
        """
        if self.mpp is None or self.standing == UNSIGNED:
            return ""
        told = self.conclusion or self.found
        return "" if self.standing == INADEQUATE and told == "negative" else told

    @property
    def is_contradicted(self) -> bool:
        """Whether the reader signed another class than the findings have."""
        has_both = self.is_known and self.mpp is not None and self.found and self.conclusion
        return bool(has_both) and self.found != self.conclusion


@dataclass(frozen=True)
class Node:
    """A lymph node with its slides. name: of the node, or of its only slide (is_named False)."""

    name: str
    is_named: bool
    slides: tuple[SlideSaid, ...]

    @property
    def findings(self) -> list[Measured]:
        return [one for slide in self.slides for one in slide.findings]

    @property
    def has_mpp(self) -> bool:
        """False where a slide of it that was read has no um per px."""
        return all(slide.mpp is not None for slide in self.slides)

    @property
    def least(self) -> str:
        """The class that is certain by what was signed; negative where nothing was."""
        return node_class([slide.said for slide in self.slides if slide.said])

    @property
    def size_class(self) -> str:
        """Its class as far as it was read; empty where nothing was, or um per px is unknown."""
        is_read = any(slide.said for slide in self.slides)
        return self.least if is_read and self.has_mpp else ""

    @property
    def is_whole(self) -> bool:
        """Whether all of it was read and found adequate."""
        return all(slide.is_known and slide.said for slide in self.slides)

    @property
    def worst(self) -> str:
        return self.least if self.is_whole else NODE_CLASSES[-1]

    @property
    def largest(self) -> Measured | None:
        measured = [one for one in self.findings if one.diameter_um is not None]
        return max(measured, key=lambda one: one.diameter_um or 0.0, default=None)

    @property
    def counts(self) -> dict[str, int] | None:
        """Findings by class; None where nothing was read, or um per px is unknown."""
        if not (self.has_mpp and any(slide.standing != UNSIGNED for slide in self.slides)):
            return None
        classes = [one.size_class for one in self.findings]
        return {name: classes.count(name) for name in SIZE_CLASSES}

    @property
    def alarms(self) -> list[Measured]:
        """Findings that only a map measured, within one cell of a limit."""
        return [one for one in self.findings if one.measure_by_hand]

    @property
    def by_hand(self) -> tuple[str, str]:
        """The least and the largest class that measuring its alarms by hand could give."""
        return self._measured(min), self._measured(max)

    def _measured(self, choose: Any) -> str:
        classes = [self._slide_measured(slide, choose) for slide in self.slides if slide.said]
        return node_class(classes)

    def _slide_measured(self, slide: SlideSaid, choose: Any) -> str:
        if not any(one.measure_by_hand for one in slide.findings):
            return slide.said
        known = [one.could_be for one in slide.findings if one.could_be]
        classes = [choose(classes, key=SIZE_CLASSES.index) for classes in known]
        return str(choose((node_class(classes), slide.said), key=NODE_CLASSES.index))


@dataclass(frozen=True)
class Patient:
    """Nodes and what follows of them.

    stage: suggested, or the least it can be where is_at_least; empty with a refusal. worst: what
    it may come to. by_hand: the stages between which measuring by hand could move it.
    """

    nodes: tuple[Node, ...]
    stage: str = ""
    worst: str = ""
    by_hand: tuple[str, ...] = ()
    refusal: str = ""

    @property
    def is_at_least(self) -> bool:
        return self.stage != self.worst

    @property
    def counts(self) -> dict[str, int]:
        """Nodes by class, as far as they were read."""
        classes = [node.size_class for node in self.nodes if node.size_class]
        return {name: classes.count(name) for name in NODE_CLASSES}

    @property
    def positive(self) -> int:
        """Nodes with a micro- or macrometastasis."""
        return self.counts["micro"] + self.counts["macro"]

    @property
    def goes_beyond(self) -> bool:
        """Whether TNM has a stage for this that the rule does not know."""
        return self.stage == "pN2" and self.positive >= PN3_NODES


# From what was signed -----------------------------------------------------------------


def slide_said(frozen: Mapping[str, Any], *, slide: int, review: int, node: str) -> SlideSaid:
    """What a signed review says of its slide. frozen: its JSON. node: as it is named now."""
    told, mpp = frozen["said"], frozen["slide"]["mpp"]
    findings = [one for one in frozen["findings"] if one["state"] in HELD]
    return SlideSaid(
        slide=slide,
        name=frozen["slide"]["name"],
        node=node,
        standing=INADEQUATE if told["is_adequate"] is False else SIGNED,
        review=review,
        mpp=mpp,
        conclusion=told["conclusion"] or "",
        inadequate_reason=told.get("inadequate_reason") or "",
        findings=tuple(_measured(one, mpp, slide, review) for one in findings),
        left_open=sum(one["state"] == "open" for one in frozen["findings"]),
    )


def _measured(one: Mapping[str, Any], mpp: float | None, slide: int, review: int) -> Measured:
    place = {"slide": slide, "review": review, "x_l0": one["x_l0"], "y_l0": one["y_l0"]}
    named = {"key": one["key"], "number": one["number"]}
    diameter = one["diameter_um"]
    if mpp is None or diameter is None:
        told = "" if mpp is None else one["size_class"] or ""
        return Measured(**place, **named, size_class=told)
    said = one["size_class"] or size_class(diameter)
    return Measured(
        **place,
        **named,
        size_class=said,
        diameter_um=diameter,
        uncertainty_um=one["uncertainty_um"],
        by=_by(one),
        is_by_word=said != size_class(diameter),
    )


def _by(one: Mapping[str, Any]) -> str:
    if one["caliper"]:
        return BY_HAND
    return BY_OUTLINE if one["uncertainty_um"] is None else BY_MAP


# From slides to nodes to a patient -------------------------------------------------------


def nodes_of(slides: Iterable[SlideSaid]) -> tuple[Node, ...]:
    """Slides of one name are of one node; a slide without a name is all of one.

    Named nodes first, by name, then the others in the order given.
    """
    named: dict[str, list[SlideSaid]] = {}
    alone = []
    for slide in slides:
        if slide.node:
            named.setdefault(slide.node.casefold(), []).append(slide)
        else:
            alone.append(Node(slide.name, False, (slide,)))
    together = [Node(named[key][0].node, True, tuple(named[key])) for key in sorted(named)]
    return (*together, *alone)


def rolled_up(slides: Iterable[SlideSaid]) -> Patient:
    """The patient's nodes and the suggested pN, or why there is none."""
    nodes = nodes_of(slides)
    every = [slide for node in nodes for slide in node.slides]
    if any(slide.mpp is None for slide in every):
        return Patient(nodes, refusal=NO_MPP)
    if not any(slide.said for slide in every):
        return Patient(nodes, refusal=NOTHING_SIGNED)
    ends = [patient_stage([node.by_hand[end] for node in nodes]) for end in (0, 1)]
    return Patient(
        nodes,
        stage=patient_stage([node.least for node in nodes]),
        worst=patient_stage([node.worst for node in nodes]),
        by_hand=tuple(dict.fromkeys(ends)) if any(node.alarms for node in nodes) else (),
    )


def rule_of(patient: Patient) -> str:
    """Which line of the rule gave the stage: none, itc, micro, few or many."""
    names = {"pN0": "none", "pN0(i+)": "itc", "pN1mi": "micro", "pN1": "few", "pN2": "many"}
    return names.get(patient.stage, "")


def could_change(patient: Patient, slide: SlideSaid) -> str:
    """The worst stage that this slide alone could bring, all others staying as they are.

    Empty where it could bring none that is worse, or there is no stage at all.
    """
    if patient.refusal or (slide.is_known and slide.said):
        return ""
    classes = [NODE_CLASSES[-1] if slide in node.slides else node.least for node in patient.nodes]
    worst = patient_stage(classes)
    return worst if worst != patient.stage else ""


def open_slides(patient: Patient) -> Sequence[SlideSaid]:
    """Slides that are not signed, not adequate, or of unknown class, in the order of nodes."""
    every = (slide for node in patient.nodes for slide in node.slides)
    return [slide for slide in every if slide.standing != SIGNED or (slide.mpp and not slide.said)]


__all__ = [
    "MANY_POSITIVE",
    "Measured",
    "Node",
    "Patient",
    "SlideSaid",
    "could_change",
    "nodes_of",
    "open_slides",
    "rolled_up",
    "rule_of",
    "slide_said",
]
