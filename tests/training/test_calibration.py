import json

import numpy as np
import pytest

from tests.training.test_validation import a_ward
from training import calibration

FOUR = np.array([0.1, 0.4, 0.6, 0.9], np.float32)


def test_no_calibration_leaves_probabilities_as_they_are():
    for nothing in ({}, {"kind": "none"}):
        assert calibration.apply(nothing, FOUR).tolist() == FOUR.tolist()


def test_a_temperature_divides_the_logit():
    found = calibration.apply({"kind": "temperature", "temperature": 2.0}, np.array([0.5, 0.9]))
    np.testing.assert_allclose(found, [0.5, 0.75], rtol=1e-6)  # logit 2.197 is 9, its root 3
    assert found.dtype == np.float32


def test_certainty_stays_certain_at_any_temperature():
    found = calibration.apply({"kind": "temperature", "temperature": 2.0}, np.array([0.0, 1.0]))
    assert found.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("kind", calibration.KINDS)
def test_what_was_not_assessed_stays_so_in_a_map(kind):
    labels, scores, _ = a_ward()
    fitted = calibration.fit(kind, labels, scores)
    found = calibration.apply(fitted, np.array([[np.nan, 0.3], [0.2, np.nan]], np.float32))
    assert np.isnan(found).tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize("kind", calibration.KINDS)
def test_no_two_patches_change_their_order(kind):
    labels, scores, _ = a_ward()
    rising = np.sort(np.random.default_rng(1).random(10_000).astype(np.float32))
    assert (np.diff(calibration.apply(calibration.fit(kind, labels, scores), rising)) >= 0).all()


def test_the_temperature_of_an_overconfident_network_is_found():
    labels, scores, _ = a_ward(20_000)
    assert calibration.fit("temperature", labels, scores)["temperature"] == pytest.approx(3, 0.05)


def test_validation_without_an_error_is_not_taken_for_certainty():
    labels = np.arange(40) < 20
    scores = np.where(labels, np.linspace(0.6, 0.9, 40), np.linspace(0.4, 0.1, 40))
    fitted = calibration.fit("temperature", labels, scores)
    found = calibration.apply(fitted, scores)
    assert 0.8 < found[labels].mean() < 21 / 22  # twenty patches show no more
    assert found.max() < 0.99
    assert len(np.unique(found)) == len(np.unique(scores.astype(np.float32)))


def test_isotonic_is_the_rising_line_of_shares_and_claims_no_certainty():
    labels = np.array([0, 0, 1, 0, 1, 1, 1, 1])
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    fitted = calibration.fit("isotonic", labels, scores)
    found = calibration.apply(fitted, np.array([0.0, 0.3, 0.4, 0.8, 1.0]))
    np.testing.assert_allclose(found, [0.1, 0.5, 0.5, 0.9, 0.9])


def test_a_calibration_survives_json_word_for_word():
    labels, scores, _ = a_ward()
    fitted = calibration.fit("isotonic", labels, scores)
    again = json.loads(json.dumps(fitted))
    assert (calibration.apply(again, scores) == calibration.apply(fitted, scores)).all()


def test_names_tell_calibrations_apart_and_leave_figures_out():
    assert calibration.named({}) == {"kind": "none"}
    scaled = {"kind": "temperature", "temperature": 2.0, "before": {"ece": 0.1}}
    assert calibration.named(scaled) == {"kind": "temperature", "temperature": 2.0}
    one, other = ({"kind": "isotonic", "x": [0, 1], "y": [0.1, y]} for y in (0.8, 0.9))
    assert calibration.named(one) != calibration.named(other)
    assert calibration.named(one)["points"] == 2


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_one_class_is_refused_in_words(kind):
    with pytest.raises(ValueError, match="needs tumour and normal patches, got 3 tumour of 3"):
        calibration.fit(kind, np.ones(3), FOUR[:3])


def test_an_unknown_kind_is_refused():
    with pytest.raises(ValueError, match="'platt' is unknown; choose one of none"):
        calibration.fit("platt", np.array([0, 1]), FOUR[:2])
    with pytest.raises(ValueError, match="unknown"):
        calibration.apply({"kind": "platt"}, FOUR)


def test_a_patient_is_calibrated_by_others_only():
    labels, scores, patients = a_ward()
    liar = patients == "a"
    turned = np.where(liar, ~labels, labels)
    honest = calibration.cross_fitted("isotonic", labels, scores, patients)
    lied = calibration.cross_fitted("isotonic", turned, scores, patients)
    assert (honest[liar] == lied[liar]).all()
    assert (honest[~liar] != lied[~liar]).any()


def test_bins_hold_equally_many_and_never_part_equals():
    bins = calibration.bins_of(np.arange(40) / 40, 4)
    assert np.bincount(bins).tolist() == [10, 10, 10, 10]
    assert len(np.unique(calibration.bins_of(np.full(40, 0.5), 4))) == 1


def test_reliability_says_what_was_said_and_what_was_true():
    labels = np.array([0, 0, 0, 1, 1, 1, 1, 0])
    said = np.array([0.1, 0.1, 0.2, 0.2, 0.8, 0.8, 0.9, 0.9])
    low, high = calibration.reliability(labels, said, np.array(list("aabbccdd")), bins=2)
    assert (low["n"], low["tumour"], low["patients"], low["share"]) == (4, 1, 2, 0.25)
    assert high["mean"] == pytest.approx(0.85)
    assert low["low"] < 0.25 < low["high"]  # Wilson of 1 in 4
    assert (round(low["low"], 3), round(low["high"], 3)) == (0.046, 0.699)


def test_ece_and_brier_are_those_of_the_textbook():
    labels = np.array([False, True, True, True])
    said = np.array([0.2, 0.2, 0.9, 0.9])
    once = np.ones((1, 4))
    ece = calibration.weighted_ece(calibration.bins_of(said, 2))(labels, said, once)
    assert ece[0] == pytest.approx(0.5 * abs(0.5 - 0.2) + 0.5 * abs(1 - 0.9))
    brier = calibration.weighted_brier(labels, said, once)
    assert brier[0] == pytest.approx((0.04 + 0.64 + 0.01 + 0.01) / 4)
