import numpy as np
import pytest

from predictions.comparing import (
    found_by_size_class,
    lesion_changes,
    paired_mean,
)
from predictions.froc import SlideHits, slide_hits
from predictions.lesions import truth_lesions


def hits(name, lesions, false=()):
    numbers = np.arange(1, len(lesions) + 1)
    return SlideHits(name, name, np.array(false, float), np.array(lesions, float), numbers)


# Changes ---------------------------------------------------------------------


def test_lesions_gained_and_lost_are_named_with_both_confidences():
    first, second = [hits("a", [0.9, 0.2, 0.0, 0.6])], [hits("a", [0.8, 0.7, 0.0, 0.5])]
    changes = lesion_changes(first, second, (0.5, 0.6))
    assert [(one.number, one.is_gained, one.confidences) for one in changes] == [
        (2, True, (0.2, 0.7)),
        (4, False, (0.6, 0.5)),
    ]


def test_a_missed_lesion_is_not_found_at_threshold_0():
    assert lesion_changes([hits("a", [0.0])], [hits("a", [0.4])], (0.0, 0.0))[0].is_gained


def test_changes_need_the_same_slides_and_truths():
    for other in (hits("b", [0.1]), hits("a", [0.1, 0.2])):
        with pytest.raises(ValueError, match="not the same slide"):
            lesion_changes([hits("a", [0.1])], [other], (0.5, 0.5))


def test_lesions_of_each_size_are_counted_found_at_a_threshold():
    mask = np.zeros((300, 600), bool)
    mask[10, 10:15] = mask[60, 10:110] = mask[120, 10:110] = mask[200, 10:400] = True
    truth = truth_lesions(mask)  # one of isolated cells, two micro, one macro
    places = [[0.9, 12 * 32, 10 * 32], [0.7, 50 * 32, 60 * 32], [0.4, 50 * 32, 120 * 32]]
    own = slide_hits("a", np.array(places), truth.labels, truth.itc_numbers, scale=32)
    assert found_by_size_class(own, truth.lesions, 0.5) == {
        "micro": {"n": 2, "found": 1},
        "macro": {"n": 1, "found": 0},
    }
    assert found_by_size_class(own, truth.lesions, 0.0)["micro"]["found"] == 2


# Paired figures --------------------------------------------------------------


def test_a_paired_difference_is_over_slides_that_have_both():
    names = ["a", "b", "c", "d"]
    told = paired_mean(
        np.array([0.5, 0.6, np.nan, 0.2]), np.array([0.7, 0.6, 0.9, np.nan]), names, [True] * 4
    )
    assert (told["value"], told["n"]) == (pytest.approx(0.1), 2)
    assert told["low"] <= 0.1 <= told["high"]


def test_pairing_tells_a_small_steady_difference_from_a_large_spread():
    rng = np.random.default_rng(0)
    first = rng.random(60)
    told = paired_mean(first, first + 0.02, [str(i) for i in range(60)], [True] * 60, draws=200)
    assert told["low"] == pytest.approx(0.02)
    assert told["p"] < 0.02


def test_without_slides_or_patients_there_is_a_reason():
    nothing = paired_mean(np.array([np.nan]), np.array([0.5]), ["a"], [True])
    assert "no slide" in nothing["reason"]
    alone = paired_mean(np.array([0.1, 0.2]), np.array([0.2, 0.3]), ["a", "a"], [True, False])
    assert (alone["low"], "too few" in alone["interval_reason"]) == (None, True)
