"""Findings rolled up to nodes and a stage: held against the rule as the protocol writes it."""

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictions.review import rollup
from predictions.review.rollup import Measured, SlideSaid, rolled_up
from tests.predictions.review.signed_rows import CELL_UM, a_finding, by_caliper

CLASSES = ["negative", "itc", "micro", "macro"]
ORDER = ["pN0", "pN0(i+)", "pN1mi", "pN1", "pN2"]


def stage_by_the_protocol(nodes: list[str]) -> str:
    """The table of CAMELYON17, line by line."""
    positive = [node for node in nodes if node in {"micro", "macro"}]
    has_macro = any(node == "macro" for node in nodes)
    if not positive and not any(node == "itc" for node in nodes):
        return "pN0"
    if not positive:
        return "pN0(i+)"
    if not has_macro:
        return "pN1mi"
    return "pN1" if len(positive) <= 3 else "pN2"


def a_slide(number: int, said: str = "", **fields: Any) -> SlideSaid:
    standing = "signed" if said else "unsigned"
    told = {"standing": standing, "conclusion": said, "mpp": 0.25, "name": f"slide {number}"}
    return SlideSaid(slide=number, **told | fields)


def found(diameter_um: float | None, **fields: Any) -> Measured:
    told = a_finding(1, diameter_um, **fields)
    frozen = {
        "slide": {"mpp": 0.25, "name": "one"},
        "said": {"is_adequate": True, "conclusion": ""},
        "findings": [told],
    }
    return rollup.slide_said(frozen, slide=1, review=7, node="").findings[0]


# The stage ------------------------------------------------------------------------------


@given(st.lists(st.sampled_from(CLASSES), min_size=1, max_size=12))
def test_all_nodes_read_gives_the_stage_of_the_protocol(classes):
    patient = rolled_up([a_slide(number, said) for number, said in enumerate(classes)])
    assert patient.stage == patient.worst == stage_by_the_protocol(classes)
    assert not patient.is_at_least


@given(st.lists(st.sampled_from([*CLASSES, ""]), min_size=1, max_size=6))
def test_open_slides_give_the_least_and_the_worst_of_all_they_could_be(classes):
    patient = rolled_up([a_slide(number, said) for number, said in enumerate(classes)])
    if not any(classes):
        assert (patient.refusal, patient.stage) == ("nothing_signed", "")
        return
    choices = [[said] if said else CLASSES for said in classes]
    stages = {stage_by_the_protocol(list(every)) for every in product(*choices)}
    assert patient.stage == min(stages, key=ORDER.index)
    assert patient.worst == max(stages, key=ORDER.index)
    assert patient.is_at_least == (len(stages) > 1)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", ""]), st.sampled_from(CLASSES)),
        min_size=1,
        max_size=8,
    )
)
def test_slides_of_one_name_are_one_node_that_is_its_worst_slide(slides):
    patient = rolled_up(
        [a_slide(number, said, node=node) for number, (node, said) in enumerate(slides)]
    )
    named: dict[str, list[str]] = {}
    for number, (node, said) in enumerate(slides):
        named.setdefault(node or f"alone {number}", []).append(said)
    worst = [max(classes, key=CLASSES.index) for classes in named.values()]
    assert sorted(node.size_class for node in patient.nodes) == sorted(worst)
    assert patient.stage == stage_by_the_protocol(worst)


@given(st.lists(st.sampled_from([*CLASSES, ""]), min_size=1, max_size=6), st.data())
def test_reading_one_more_slide_never_leaves_the_range(classes, data):
    before = rolled_up([a_slide(number, said) for number, said in enumerate(classes)])
    open_ones = [number for number, said in enumerate(classes) if not said]
    if not open_ones or before.refusal:
        return
    which = data.draw(st.sampled_from(open_ones))
    classes[which] = data.draw(st.sampled_from(CLASSES))
    after = rolled_up([a_slide(number, said) for number, said in enumerate(classes)])
    assert ORDER.index(before.stage) <= ORDER.index(after.stage)
    assert ORDER.index(after.worst) <= ORDER.index(before.worst)


@given(st.lists(st.floats(1, 4000), min_size=1, max_size=4), st.floats(1, 600))
def test_measuring_by_hand_stays_between_the_ends_that_are_told(diameters, cell):
    findings = [found(diameter, uncertainty_um=cell) for diameter in diameters]
    slides = [
        a_slide(number, findings=(one,), standing="signed") for number, one in enumerate(findings)
    ]
    patient = rolled_up(slides)
    ends = [
        stage_by_the_protocol([choose(one.could_be, key=CLASSES.index) for one in findings])
        for choose in (min, max)
    ]
    assert list(patient.by_hand or [patient.stage]) == list(dict.fromkeys(ends))
    assert any(one.measure_by_hand for one in findings) == bool(patient.by_hand)


def test_which_line_of_the_rule_it_was_is_told():
    told = {
        said: rollup.rule_of(rolled_up([a_slide(number, said) for number in range(4)]))
        for said in CLASSES
    }
    assert told == {"negative": "none", "itc": "itc", "micro": "micro", "macro": "many"}
    assert rollup.rule_of(rolled_up([a_slide(1, "macro")])) == "few"


def test_ten_positive_nodes_are_more_than_the_rule_knows():
    many = [a_slide(number, "macro") for number in range(10)]
    assert rolled_up(many).goes_beyond
    assert not rolled_up(many[:9]).goes_beyond


# What is open ------------------------------------------------------------------------------


def test_what_one_open_slide_could_change_alone():
    slides = [a_slide(1, "micro"), a_slide(2, "macro"), a_slide(3, "macro"), a_slide(4)]
    patient = rolled_up(slides)
    assert (patient.stage, patient.worst) == ("pN1", "pN2")
    assert rollup.could_change(patient, slides[3]) == "pN2"
    assert rollup.could_change(patient, slides[0]) == ""
    two_open = rolled_up([*slides[1:], a_slide(5)])
    assert (two_open.worst, rollup.could_change(two_open, slides[3])) == ("pN2", "")


def test_a_node_with_an_open_slide_may_turn_out_worse():
    slides = [a_slide(1, "negative", node="LN 1"), a_slide(2, node="ln 1")]
    patient = rolled_up(slides)
    (node,) = patient.nodes
    assert (node.name, node.size_class, node.worst, node.is_whole) == (
        *("LN 1", "negative", "macro", False),
    )
    assert (patient.stage, patient.worst) == ("pN0", "pN1")


def test_tissue_that_cannot_be_judged_is_never_negative():
    poor = a_slide(1, "negative", standing="inadequate", inadequate_reason="blurred")
    assert rolled_up([poor]).refusal == "nothing_signed"
    both = rolled_up([poor, a_slide(2, "negative")])
    assert (both.stage, both.worst, both.nodes[0].size_class) == ("pN0", "pN1", "")
    assert [slide.slide for slide in rollup.open_slides(both)] == [1]


def test_what_was_found_in_inadequate_tissue_counts():
    poor = a_slide(1, "micro", standing="inadequate")
    patient = rolled_up([poor, a_slide(2, "negative")])
    assert (patient.stage, patient.worst) == ("pN1mi", "pN1")


def test_without_mpp_there_is_no_length_no_class_and_no_stage():
    frozen = {
        "slide": {"mpp": None, "name": "one"},
        "said": {"is_adequate": True, "conclusion": "macro"},
        "findings": [a_finding(1, None, size_class="macro"), by_caliper(2, 900)],
    }
    unknown = rollup.slide_said(frozen, slide=1, review=7, node="")
    patient = rolled_up([unknown, a_slide(2, "macro")])
    assert (patient.refusal, patient.stage, patient.worst) == ("no_mpp", "", "")
    node = patient.nodes[0]
    assert (node.size_class, node.largest, node.counts, node.alarms) == ("", None, None, [])
    assert all(not one.size_class and one.diameter_um is None for one in unknown.findings)


# Findings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("diameter", "classes"),
    [
        (49.9, ("itc",)),
        (50, ("itc", "micro")),
        (200, ("itc", "micro")),
        (350, ("itc", "micro")),
        (350.1, ("micro",)),
        (1849.9, ("micro",)),
        (1850, ("micro", "macro")),
        (2150, ("micro", "macro")),
        (2150.1, ("macro",)),
    ],
)
def test_within_one_cell_of_a_limit_is_to_be_measured_by_hand(diameter, classes):
    one = found(diameter)
    assert (one.by, one.uncertainty_um, one.could_be) == ("map", CELL_UM, classes)
    assert one.measure_by_hand == (len(classes) > 1)


def test_what_was_measured_by_hand_drawn_or_named_raises_no_alarm():
    hand = found(2000.5, caliper=[[0, 0], [1, 0]], uncertainty_um=None)
    assert (hand.by, hand.size_class, hand.measure_by_hand) == ("caliper", "macro", False)
    drawn = found(1999, uncertainty_um=None, region={"type": "Polygon"})
    assert (drawn.by, drawn.measure_by_hand) == ("outline", False)
    named = found(2050, size_class="micro")
    assert (named.is_by_word, named.size_class, named.measure_by_hand) == (True, "micro", False)


def test_a_node_tells_its_largest_finding_and_counts_by_class():
    findings = [a_finding(1, 150), a_finding(2, 480), a_finding(3, 900), by_caliper(4, 2100)]
    findings.append(a_finding(5, 3000, state="rejected"))
    findings.append(a_finding(6, 3000, state="open"))
    frozen = {
        "slide": {"mpp": 0.25, "name": "one"},
        "said": {"is_adequate": None, "conclusion": "macro"},
        "findings": findings,
    }
    said = rollup.slide_said(frozen, slide=1, review=7, node="")
    (node,) = rolled_up([said]).nodes
    assert node.counts == {"itc": 1, "micro": 2, "macro": 1}
    assert (node.largest.key, node.largest.diameter_um, node.largest.by) == ("c4", 2100, "caliper")
    assert (said.left_open, said.is_contradicted) == (1, False)


def test_what_was_signed_counts_and_a_contradiction_is_told():
    said = a_slide(1, "micro", findings=(found(2500),))
    assert (said.said, said.found, said.is_contradicted) == ("micro", "macro", True)
    assert rolled_up([said]).stage == "pN1mi"


def test_a_finding_of_unknown_size_makes_no_class():
    assert a_slide(1, standing="signed", findings=(found(None),)).said == ""
    largest = a_slide(1, standing="signed", findings=(found(None), found(2500)))
    assert largest.said == "macro"
    patient = rolled_up([a_slide(1, standing="signed", findings=(found(None),)), a_slide(2, "itc")])
    assert (patient.stage, patient.worst) == ("pN0(i+)", "pN1")
    assert [slide.slide for slide in rollup.open_slides(patient)] == [1]
