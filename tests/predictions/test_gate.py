"""What the gate asks and how it tells an answer from no answer. All figures by hand."""

import numpy as np
import pytest
import shapely

from predictions import gate
from predictions.gate import Check, TestSlide
from slides.grid import Grid
from slides.regions import Region

GRID = Grid(columns=4, rows=3, side_l0=10.0, patch_px=32, mpp=0.5)


def square(x: float, y: float, side: float) -> Region:
    return Region("tumour", shapely.box(x, y, x + side, y + side))


def slide(patient: str, found, live=None, *, is_called=None, is_called_by_live=None) -> TestSlide:
    found = np.array(found, bool)
    live = None if live is None else np.array(live, bool)
    return TestSlide(
        name=f"slide of {patient}",
        patient=patient,
        has_tumour=len(found) > 0,
        found=found,
        is_called=bool(found.any()) if is_called is None else is_called,
        found_by_live=live,
        is_called_by_live=None
        if live is None
        else bool(live.any())
        if is_called_by_live is None
        else is_called_by_live,
    )


# Lesions -----------------------------------------------------------------------


def test_outlines_that_touch_are_one_lesion_and_those_apart_are_two():
    touching = [square(0, 0, 10), square(10, 0, 10), square(30, 20, 5)]
    assert sorted(lesion.area for lesion in gate.lesions_of(touching)) == [25, 200]


def test_ignored_tumour_is_no_lesion():
    ignored = Region("ignore", shapely.box(25, 15, 40, 30))
    lesions = gate.lesions_of([square(0, 0, 10), square(30, 20, 5), ignored])
    assert [lesion.area for lesion in lesions] == [100]


def test_a_lesion_is_found_by_a_called_cell_that_overlaps_it():
    scores = np.full((3, 4), 0.2)
    scores[0, 0], scores[2, 3] = 0.9, np.nan
    lesions = [lesion.polygon for lesion in (square(5, 5, 3), square(10, 0, 5), square(31, 21, 4))]
    # the second only touches the called cell's edge, the third lies where nothing was assessed
    assert gate.found(lesions, scores, GRID, 0.5).tolist() == [True, False, False]


def test_nothing_called_finds_nothing():
    lesions = [square(5, 5, 3).polygon]
    assert gate.found(lesions, np.zeros((3, 4)), GRID, 0.5).tolist() == [False]
    assert gate.found([], np.ones((3, 4)), GRID, 0.5).tolist() == []


# Comparing ----------------------------------------------------------------------


def lesions_check(slides, margin: float = 0.05) -> Check:
    return gate.sensitivity_checks(slides, margin=margin)[0]


def test_the_same_answers_are_not_inferior():
    slides = [slide(name, [True, False], [True, False]) for name in "abcd"]
    check = lesions_check(slides)
    assert (check.outcome, check.code) == (gate.PASSED, "not_inferior")
    assert check.facts["candidate"]["value"] == check.facts["live"]["value"] == 0.5
    difference = check.facts["difference"]
    assert [difference[name] for name in ("value", "low", "high", "n")] == [0, 0, 0, 8]


def test_fewer_lesions_found_is_a_refusal():
    slides = [slide(name, [True, False], [True, True]) for name in "abcd"]
    check = lesions_check(slides)
    assert (check.outcome, check.code) == (gate.FAILED, "worse")
    assert check.facts["difference"]["value"] == -0.5
    assert "0.500 less than the live version" in check.reason


def test_the_difference_is_paired_by_patient():
    """Both find half, of other patients: the difference is 0 with an interval that says little."""
    slides = [slide(name, [True], [False]) for name in "ab"]
    slides += [slide(name, [False], [True]) for name in "cd"]
    check = lesions_check(slides)
    assert (check.outcome, check.code) == (gate.UNDECIDED, "too_wide")
    assert check.facts["difference"]["value"] == 0
    assert check.facts["difference"]["low"] <= -0.5


def test_two_patients_are_too_few_for_an_interval_and_it_says_so():
    slides = [slide(name, [True], [True]) for name in "ab"]
    check = lesions_check(slides)
    assert (check.outcome, check.code) == (gate.UNDECIDED, "too_few")
    assert "2 patients" in check.reason
    assert check.facts["difference"]["low"] is None


def test_two_patients_are_enough_to_see_that_it_is_worse():
    slides = [slide(name, [False], [True]) for name in "ab"]
    assert lesions_check(slides).outcome == gate.FAILED


def test_without_a_live_version_the_figures_stand_alone():
    slides = [slide(name, [True]) for name in "abc"]
    for check in gate.sensitivity_checks(slides, margin=0.05):
        assert (check.outcome, check.code) == (gate.ABSENT, "no_live")
        assert check.facts["candidate"]["value"] == 1.0


def test_slide_sensitivity_counts_any_call_on_tumour_slides():
    slides = [slide(name, [False], [False], is_called=True) for name in "abc"]
    slides += [slide("normal", [], [], is_called=True)]
    check = gate.sensitivity_checks(slides, margin=0.05)[1]
    assert check.facts["candidate"]["value"] == 1.0
    assert check.facts["difference"]["value"] == 1.0
    assert check.facts["candidate"]["n"] == 3


@pytest.mark.parametrize(("margin", "outcome"), [(0.05, gate.FAILED), (0.3, gate.PASSED)])
def test_the_margin_is_how_much_may_be_lost(margin, outcome):
    slides = [slide(name, [True] * 3 + [False], [True] * 4) for name in "abcd"]
    assert lesions_check(slides, margin).outcome == outcome


def test_more_lesions_than_the_live_version_finds_is_well():
    slides = [slide(name, [True, True], [True, False]) for name in "abc"]
    assert lesions_check(slides).outcome == gate.PASSED


# The other questions --------------------------------------------------------------


def test_a_set_without_slides_or_tumour_decides_nothing():
    assert gate.set_check([], []).code == "no_slides"
    check = gate.set_check([slide("a", [])], [{"slide": "b", "reason": "no truth"}])
    assert (check.outcome, check.code) == (gate.UNDECIDED, "no_tumour")
    assert check.facts["left_out"] == [{"slide": "b", "reason": "no truth"}]


def test_a_leak_is_a_refusal_and_an_unknown_origin_is_none():
    leak = {"slide": "one", "patient": "p", "side": "training", "by": "file"}
    assert gate.leak_check([leak], is_known=True).outcome == gate.FAILED
    assert gate.leak_check([], is_known=False).outcome == gate.UNDECIDED
    assert gate.leak_check([], is_known=True).outcome == gate.PASSED


def test_a_slide_that_cannot_be_read_is_a_refusal():
    assert gate.reading_check([{"slide": "a", "reason": "too coarse"}], []).code == "unread"
    assert gate.reading_check([], [{"slide": "a", "reason": "all called"}]).code == "suspicious"
    assert gate.reading_check([], []).outcome == gate.PASSED


def canaries(glass: float, tumour: list[float]) -> Check:
    drawn = {"glass": np.array([glass, 0.0]), "pen_blue": np.zeros(2)}
    return gate.canary_check(drawn, np.array(tumour), threshold=0.5, source="validation")


def test_glass_that_is_called_is_a_refusal():
    check = canaries(0.5, [0.9])
    assert (check.outcome, check.code) == (gate.FAILED, "false_alarm")
    assert check.facts["kinds"][0] == {
        "name": "glass", "n": 2, "called": 1, "lowest": 0.0, "highest": 0.5,
    }  # fmt: skip


def test_clear_tumour_that_is_missed_is_a_refusal():
    assert canaries(0.1, [0.9, 0.1, 0.1]).code == "missed"
    assert canaries(0.1, [0.9, 0.1]).outcome == gate.PASSED


def test_without_known_tumour_the_canaries_decide_nothing():
    assert canaries(0.1, []).outcome == gate.UNDECIDED


def test_one_failure_refuses_and_one_doubt_leaves_it_undecided():
    passed, doubt, failure = (
        Check("x", outcome) for outcome in (gate.PASSED, gate.UNDECIDED, gate.FAILED)
    )
    absent = Check("x", gate.ABSENT)
    assert gate.verdict([passed, absent]) == "passed"
    assert gate.verdict([passed, doubt]) == "undecided"
    assert gate.verdict([doubt, failure, passed]) == "refused"
