"""Findings of a review: what a reading called and what readers added, after all verdicts.

A verdict changes what is said of one finding. One that undoes another takes that one's effect
away, as if it had never been given; the later verdict of what remains holds.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Protocol

from shapely.geometry import shape

from predictions.lesions import SIZE_CLASSES, size_class

OPEN, ACCEPTED, REJECTED, ADDED, WITHDRAWN = "open", "accepted", "rejected", "added", "withdrawn"
HELD = (ACCEPTED, ADDED)  # states of what a reader calls tumour
ARTEFACTS = ("fold", "ink", "blur")
TRUTH_WRONG = "truth_wrong"

Box = tuple[float, float, float, float]


class CandidateLike(Protocol):
    """A candidate, as its row has it."""

    pk: Any
    number: int
    confidence: float
    uncertainty: float
    disagreement: float
    x_l0: float
    y_l0: float
    box_l0: Any
    cells: int
    area_um2: float | None
    diameter_um: float | None
    uncertainty_um: float | None
    size_class: str


class VerdictLike(Protocol):
    """A verdict, as its row has it. undoes_id: the pk of the one whose effect it takes away."""

    pk: Any
    sequence: int
    finding: str
    kind: str
    because: str
    label: str
    size_class: str
    region: Any
    diameter_um: float | None
    caliper: Any
    note: str
    undoes_id: Any
    at: datetime


@dataclass(frozen=True)
class Finding:
    """One finding as it stands.

    key: c and a candidate's number, or a and a UUID. number: added ones count on after the
    candidates. label: what its area is called, empty while open. region: GeoJSON geometry that a
    reader drew, None where the map's cells are its outline. diameter_um: of the map's cells, of
    the outline or by hand, whichever was said last; uncertain by uncertainty_um, unless by hand.
    last: the sequence of its last verdict, 0 without any. history: its verdicts, also undone.
    """

    key: str
    number: int
    state: str
    x_l0: float
    y_l0: float
    box_l0: Box
    confidence: float | None = None
    uncertainty: float | None = None
    disagreement: float | None = None
    cells: int | None = None
    area_um2: float | None = None
    diameter_um: float | None = None
    uncertainty_um: float | None = None
    size_class: str = ""
    because: str = ""
    label: str = ""
    caliper: Any = None
    region: Any = None
    note: str = ""
    at: datetime | None = None
    last: int = 0
    candidate_id: Any = None
    history: tuple[VerdictLike, ...] = ()

    @property
    def is_own(self) -> bool:
        """Whether a reader added it."""
        return self.candidate_id is None

    @property
    def is_held(self) -> bool:
        """Whether the reader calls it tumour."""
        return self.state in HELD


def key_of(number: int) -> str:
    """The key of a candidate's finding."""
    return f"c{number}"


def fold(candidates: Iterable[CandidateLike], verdicts: Iterable[VerdictLike]) -> list[Finding]:
    """What a review says after its verdicts: candidates by number, then what was added.

    verdicts: in their sequence. Raises LookupError for a verdict on a finding that never was.
    """
    verdicts = list(verdicts)
    undone = {one.undoes_id for one in verdicts if one.undoes_id is not None}
    called = [_untouched(one) for one in sorted(candidates, key=lambda one: one.number)]
    found = {one.key: one for one in called}
    untouched = dict(found)
    for verdict in verdicts:
        before = found.get(verdict.finding) or _begun(verdict, len(found))
        after = before
        if verdict.pk not in undone and verdict.undoes_id is None:
            from_what = untouched.get(before.key, before) if _takes_back(verdict) else before
            after = _AFTER[verdict.kind](from_what, verdict)
        history = (*before.history, verdict)
        found[verdict.finding] = replace(after, last=verdict.sequence, history=history)
    return list(found.values())


def standing_verdicts(verdicts: Iterable[VerdictLike]) -> list[VerdictLike]:
    """The verdicts that have an effect: neither undone nor undoing."""
    verdicts = list(verdicts)
    undone = {one.undoes_id for one in verdicts}
    return [one for one in verdicts if one.undoes_id is None and one.pk not in undone]


def conclusion_of(findings: Iterable[Finding]) -> str:
    """The slide by its largest finding that a reader holds; "" where its class is not known.

    A suggestion: a finding of unknown size may be larger than all others.
    """
    classes = {one.size_class for one in findings if one.is_held}
    largest = max(classes & set(SIZE_CLASSES), key=SIZE_CLASSES.index, default="")
    if "" in classes and largest != SIZE_CLASSES[-1]:
        return ""
    return largest or "negative"


def label_because(because: str) -> str:
    """What the area of a finding is called that was rejected for a reason."""
    return "artefact" if because in ARTEFACTS else "normal"


def middle_of(region: Any) -> tuple[float, float]:
    """A point within a drawn region, in level-0 px."""
    point = shape(region).representative_point()
    return float(point.x), float(point.y)


# What a verdict makes of a finding ---------------------------------------------------


def _untouched(candidate: CandidateLike) -> Finding:
    left, top, right, bottom = candidate.box_l0
    return Finding(
        key=key_of(candidate.number),
        number=candidate.number,
        state=OPEN,
        x_l0=candidate.x_l0,
        y_l0=candidate.y_l0,
        box_l0=(left, top, right, bottom),
        confidence=candidate.confidence,
        uncertainty=candidate.uncertainty,
        disagreement=candidate.disagreement,
        cells=candidate.cells,
        area_um2=candidate.area_um2,
        diameter_um=candidate.diameter_um,
        uncertainty_um=candidate.uncertainty_um,
        size_class=candidate.size_class,
        candidate_id=candidate.pk,
    )


def _begun(verdict: VerdictLike, count: int) -> Finding:
    """An added finding before anything holds of it."""
    if verdict.kind != "added":
        raise LookupError(f"verdict {verdict.sequence} is on {verdict.finding}, which is not there")
    place = _place(verdict.region)
    return Finding(key=verdict.finding, number=count + 1, state=WITHDRAWN, **place)


def _place(region: Any) -> dict[str, Any]:
    x, y = middle_of(region)
    return {"x_l0": x, "y_l0": y, "box_l0": shape(region).bounds}


def _accepted(before: Finding, verdict: VerdictLike) -> Finding:
    return _said(before, verdict, state=_held(before), label="tumour", because="")


def _rejected(before: Finding, verdict: VerdictLike) -> Finding:
    label = verdict.label or label_because(verdict.because)
    return _said(before, verdict, state=REJECTED, label=label, because=verdict.because)


def _redrawn(before: Finding, verdict: VerdictLike) -> Finding:
    held = _accepted(before, verdict)
    return replace(
        held,
        **_place(verdict.region),
        region=verdict.region,
        diameter_um=verdict.diameter_um,
        size_class=verdict.size_class or _class_of(verdict.diameter_um),
        uncertainty_um=None,
        caliper=None,
    )


def _reclassified(before: Finding, verdict: VerdictLike) -> Finding:
    """Another size class, which holds the finding to be tumour, or another label."""
    if verdict.label not in ("", "tumour"):
        because = verdict.because or before.because or "other"
        return _said(before, verdict, state=REJECTED, label=verdict.label, because=because)
    return replace(_accepted(before, verdict), size_class=verdict.size_class or before.size_class)


def _measured(before: Finding, verdict: VerdictLike) -> Finding:
    return _said(
        before,
        verdict,
        diameter_um=verdict.diameter_um,
        size_class=_class_of(verdict.diameter_um),
        uncertainty_um=None,
        caliper=verdict.caliper,
    )


def _withdrawn(before: Finding, verdict: VerdictLike) -> Finding:
    """As if nothing had been said of it: a candidate is open again, an added one is gone."""
    if before.is_own:
        return _said(before, verdict, state=WITHDRAWN, label="", because="")
    return replace(before, note=verdict.note, at=verdict.at)


def _takes_back(verdict: VerdictLike) -> bool:
    return verdict.kind == "withdrawn"


def _said(before: Finding, verdict: VerdictLike, **changes: Any) -> Finding:
    note = verdict.note or before.note
    return replace(before, note=note, at=verdict.at, **changes)


def _held(before: Finding) -> str:
    return ADDED if before.is_own else ACCEPTED


def _class_of(diameter_um: float | None) -> str:
    return "" if diameter_um is None else size_class(diameter_um)


_AFTER: dict[str, Callable[[Finding, VerdictLike], Finding]] = {
    "accepted": _accepted,
    "rejected": _rejected,
    "redrawn": _redrawn,
    "added": _redrawn,
    "reclassified": _reclassified,
    "measured": _measured,
    "withdrawn": _withdrawn,
}
