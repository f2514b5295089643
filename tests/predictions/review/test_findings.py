"""Verdicts make findings: each kind, undone, and by any order against a machine of states."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predictions.review.findings import (
    conclusion_of,
    fold,
    label_because,
    standing_verdicts,
)

AT = datetime(2026, 11, 30, tzinfo=UTC)
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [10, 0], [10, 10], [0, 10], [0, 0]]]}
WIDE = {"type": "Polygon", "coordinates": [[[0, 0], [90, 0], [90, 10], [0, 10], [0, 0]]]}


@dataclass(frozen=True)
class Called:
    """A candidate."""

    pk: int
    number: int
    size_class: str = "itc"
    diameter_um: float | None = 100.0
    confidence: float = 0.9
    uncertainty: float = 0.1
    disagreement: float = 0.0
    x_l0: float = 5.0
    y_l0: float = 6.0
    box_l0: tuple = (0.0, 0.0, 10.0, 10.0)
    cells: int = 4
    area_um2: float | None = 50.0
    uncertainty_um: float | None = 16.0


@dataclass(frozen=True)
class Given:
    """A verdict. Its pk is not its sequence."""

    sequence: int
    finding: str
    kind: str
    because: str = ""
    label: str = ""
    size_class: str = ""
    region: Any = None
    diameter_um: float | None = None
    caliper: Any = None
    note: str = ""
    undoes_id: int | None = None
    at: datetime = field(default=AT)

    @property
    def pk(self) -> int:
        return 1000 + self.sequence


CANDIDATES = [Called(1, 1), Called(2, 2, size_class="micro", diameter_um=300.0)]


def after(*given: dict, key: str = "c1"):
    """The finding after verdicts on it."""
    verdicts = [Given(place, **{"finding": key} | one) for place, one in enumerate(given, 1)]
    return next(one for one in fold(CANDIDATES, verdicts) if one.key == key)


def test_without_verdicts_findings_are_the_candidates_and_open():
    first, second = fold(CANDIDATES, [])
    assert (first.key, first.state, first.label, first.last) == ("c1", "open", "", 0)
    assert (second.key, second.size_class, second.diameter_um) == ("c2", "micro", 300.0)


def test_each_kind_says_what_it_says():
    assert after({"kind": "accepted"}).label == "tumour"
    fold_ = after({"kind": "rejected", "because": "fold"})
    assert (fold_.state, fold_.because, fold_.label) == ("rejected", "fold", "artefact")
    drawn = after({"kind": "redrawn", "region": SQUARE, "diameter_um": 2500.0})
    assert (drawn.state, drawn.size_class, drawn.region) == ("accepted", "macro", SQUARE)
    assert drawn.uncertainty_um is None
    called = after({"kind": "reclassified", "size_class": "micro"})
    assert (called.state, called.size_class) == ("accepted", "micro")
    other = after({"kind": "reclassified", "label": "ignore"})
    assert (other.state, other.label, other.because) == ("rejected", "ignore", "other")
    by_hand = after({"kind": "measured", "diameter_um": 250.0, "caliper": [[0, 0], [9, 9]]})
    assert (by_hand.state, by_hand.size_class, by_hand.diameter_um) == ("open", "micro", 250.0)
    assert by_hand.caliper == [[0, 0], [9, 9]]


def test_what_was_added_counts_on_and_can_be_taken_back():
    added = {"kind": "added", "region": SQUARE, "size_class": "micro"}
    one = after(added, key="a7")
    assert (one.state, one.number, one.is_own, one.box_l0) == ("added", 3, True, (0, 0, 10, 10))
    assert after(added, {"kind": "withdrawn"}, key="a7").state == "withdrawn"
    assert after(added, {"kind": "rejected", "because": "ink"}, key="a7").state == "rejected"


def test_a_point_has_no_size_until_somebody_says_it():
    point = {"kind": "added", "region": {"type": "Point", "coordinates": [3, 4]}}
    one = after(point, key="a7")
    assert (one.x_l0, one.y_l0, one.size_class, one.diameter_um) == (3, 4, "", None)


def test_taken_back_a_candidate_is_as_the_reading_called_it():
    one = after({"kind": "redrawn", "region": WIDE, "diameter_um": 900.0}, {"kind": "withdrawn"})
    first = fold(CANDIDATES, [])[0]
    assert replace(one, history=(), last=0, at=None) == first


def test_the_later_verdict_holds_and_all_stay_in_the_history():
    one = after({"kind": "rejected", "because": "ink"}, {"kind": "accepted", "note": "no ink"})
    assert (one.state, one.because, one.note, one.last) == ("accepted", "", "no ink", 2)
    assert [verdict.kind for verdict in one.history] == ["rejected", "accepted"]


def test_a_verdict_on_what_was_never_there_is_no_silent_loss():
    with pytest.raises(LookupError, match="c9"):
        fold(CANDIDATES, [Given(1, "c9", "accepted")])


@pytest.mark.parametrize(
    ("because", "label"),
    [("fold", "artefact"), ("blur", "artefact"), ("ink", "artefact"), ("capsule", "normal"),
     ("truth_wrong", "normal"), ("other", "normal")],
)  # fmt: skip
def test_a_reason_says_what_the_area_is(because, label):
    assert label_because(because) == label


def test_the_slide_is_what_its_largest_held_finding_is():
    assert conclusion_of(fold(CANDIDATES, [])) == "negative"
    assert conclusion_of(fold(CANDIDATES, [Given(1, "c1", "accepted")])) == "itc"
    both = [Given(1, "c1", "accepted"), Given(2, "c2", "accepted")]
    assert conclusion_of(fold(CANDIDATES, both)) == "micro"


def test_where_a_held_finding_has_no_size_nothing_is_suggested_below_macro():
    unsized = [Called(1, 1, size_class="", diameter_um=None), CANDIDATES[1]]
    held = [Given(1, "c1", "accepted")]
    assert conclusion_of(fold(unsized, held)) == ""
    macro = Given(2, "c2", "reclassified", size_class="macro")
    assert conclusion_of(fold(unsized, [*held, macro])) == "macro"


# Any order, against a machine that keeps every state it was in --------------------------

KEYS = ("c1", "c2", "a1", "a2")
MOVES = st.one_of(
    st.tuples(st.just("undo"), st.just("")),
    st.tuples(
        st.sampled_from(["accepted", "rejected", "redrawn", "reclassified", "measured",
                         "withdrawn", "added", "relabelled"]),
        st.sampled_from(KEYS),
    ),
)  # fmt: skip
FIELDS: dict[str, dict] = {
    "rejected": {"because": "ink"},
    "redrawn": {"region": WIDE, "diameter_um": 900.0},
    "reclassified": {"size_class": "macro"},
    "relabelled": {"label": "normal"},
    "measured": {"diameter_um": 150.0, "caliper": [[0, 0], [1, 1]]},
    "added": {"region": SQUARE, "diameter_um": 50.0},
}
START = {
    "c1": {"state": "open", "size": "itc", "um": 100.0, "because": "", "region": None},
    "c2": {"state": "open", "size": "micro", "um": 300.0, "because": "", "region": None},
}


class Machine:
    """All findings as they are, and a pile of all that they were before each verdict."""

    def __init__(self) -> None:
        self.now: dict[str, dict] = {key: dict(one) for key, one in START.items()}
        self.before: list[dict[str, dict]] = []

    def takes(self, kind: str, key: str) -> bool:
        if kind == "undo":
            return bool(self.before)
        return (kind == "added") == (key not in self.now) and not (
            kind == "added" and key.startswith("c")
        )

    def take(self, kind: str, key: str) -> None:
        if kind == "undo":
            self.now = self.before.pop()
            return
        self.before.append({name: dict(one) for name, one in self.now.items()})
        self.now[key] = self._told(kind, key, self.now.get(key, {}))

    def _told(self, kind: str, key: str, one: dict) -> dict:
        held = {"state": "accepted" if key in START else "added", "because": ""}
        match kind:
            case "accepted":
                return one | held
            case "rejected":
                return one | {"state": "rejected", "because": "ink"}
            case "relabelled":
                return one | {"state": "rejected", "because": one["because"] or "other"}
            case "redrawn":
                return one | held | {"region": WIDE, "um": 900.0, "size": "micro"}
            case "added":
                return held | {"region": SQUARE, "um": 50.0, "size": "itc"}
            case "reclassified":
                return one | held | {"size": "macro"}
            case "measured":
                return one | {"um": 150.0, "size": "itc"}
        return dict(START[key]) if key in START else one | {"state": "withdrawn", "because": ""}


@settings(max_examples=200, deadline=None)
@given(st.lists(MOVES, max_size=25))
def test_any_order_of_verdicts_gives_what_a_machine_of_states_gives(moves):
    machine, verdicts = Machine(), []
    for kind, key in moves:
        if not machine.takes(kind, key):
            continue
        machine.take(kind, key)
        verdicts.append(verdict_of(kind, key, verdicts))
    found = {one.key: one for one in fold(CANDIDATES, verdicts)}
    told = {
        key: {"state": one.state, "size": one.size_class, "um": one.diameter_um}
        | {"because": one.because, "region": one.region}
        for key, one in found.items()
        if key in machine.now  # an added one whose adding was undone is in the history only
    }
    assert told == machine.now
    gone = set(found) - set(machine.now)
    assert {found[key].state for key in gone} <= {"withdrawn"}


def verdict_of(kind: str, key: str, so_far: list[Given]) -> Given:
    sequence = len(so_far) + 1
    if kind == "undo":
        last = standing_verdicts(so_far)[-1]
        return Given(sequence, last.finding, "withdrawn", undoes_id=last.pk)
    said = "reclassified" if kind == "relabelled" else kind
    return Given(sequence, key, said, **FIELDS.get(kind, {}))
