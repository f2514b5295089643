"""What speaks against a negative sign-off, by numbers that can be told by hand."""

from copy import deepcopy

import pytest

from predictions.review.discordance import new_places, strong_evidence

FOUND = {"key": "c1", "number": 1, "state": "rejected", "because": "fold", "size_class": "micro"}
FOUND |= {"confidence": 0.9, "diameter_um": 200.0, "x_l0": 5, "y_l0": 5, "box_l0": [0, 0, 10, 10]}
FROZEN = {
    "said": {"conclusion": "negative", "is_adequate": True},
    "prediction": {"map_sha256": "m", "threshold": 0.5, "slide_score": 0.9},
    "findings": [FOUND],
}


def frozen(**finding):
    told = deepcopy(FROZEN)
    told["findings"][0] |= finding
    return told


def keys(evidence):
    return [one["key"] for one in evidence["findings"]]


def test_a_sure_and_large_finding_that_was_let_go_is_strong():
    evidence = strong_evidence(FROZEN)
    assert keys(evidence) == ["c1"]
    assert (evidence["is_sure_slide"], evidence["threshold"]) == (False, 0.5)


@pytest.mark.parametrize(
    "change", [{"confidence": 0.89}, {"diameter_um": 199.9}, {"diameter_um": None}]
)
def test_one_that_is_less_sure_or_smaller_or_of_unknown_size_is_weak(change):
    assert strong_evidence(frozen(**change)) is None


def test_one_that_was_left_unjudged_counts_too_and_one_that_a_reader_added_does_not():
    assert strong_evidence(frozen(state="open")) is not None
    assert strong_evidence(frozen(state="added", confidence=None)) is None


def test_a_slide_score_is_strong_whatever_the_size():
    told = frozen(diameter_um=20)
    told["prediction"]["slide_score"] = 0.98
    evidence = strong_evidence(told)
    assert (evidence["is_sure_slide"], evidence["findings"]) == (True, [])


def test_a_threshold_above_the_limits_takes_their_place():
    told = frozen(confidence=0.98)
    told["prediction"] |= {"threshold": 0.99, "slide_score": 0.985}
    assert strong_evidence(told) is None
    told["prediction"]["slide_score"] = 0.99
    assert strong_evidence(told)["is_sure_slide"]


@pytest.mark.parametrize(
    "said",
    [
        {"conclusion": "itc", "is_adequate": True},
        {"conclusion": "", "is_adequate": False},
        {"conclusion": "negative", "is_adequate": False},
    ],
)
def test_only_a_negative_slide_is_questioned(said):
    assert strong_evidence(FROZEN | {"said": said}) is None


def test_nothing_speaks_where_nothing_was_read():
    assert strong_evidence(FROZEN | {"prediction": None}) is None


def test_a_place_that_was_judged_is_not_new():
    inside, beside, touching = (
        {"key": name, "box_l0": box}
        for name, box in (
            ("in", [8, 8, 30, 30]),
            ("beside", [40, 0, 50, 10]),
            ("edge", [10, 0, 20, 10]),
        )
    )
    called = [inside, beside, touching]
    assert [one["key"] for one in new_places(called, [FOUND])] == ["beside", "edge"]
    assert new_places(called, [FOUND | {"state": "open"}]) == called
