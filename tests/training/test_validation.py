from dataclasses import replace

import numpy as np
import pytest

from training.operating import OperatingError, Terms
from training.validation import validation_metrics

LABELS = np.array([1, 1, 1, 1, 0, 0, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.2, 0.75, 0.3, 0.1, 0.05], np.float32)
PATIENTS = np.array(["a", "a", "b", "b", "a", "b", "c", "c"])
TERMS = Terms(target_recall=0.75)
FIGURES = ("roc_auc", "pr_auc", "recall", "specificity", "precision", "accuracy")


def a_ward(n: int = 400, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Patches of eight patients whose network says too much: its logits are three times theirs."""
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1.5, n)
    labels = rng.random(n) < 1 / (1 + np.exp(-logits))
    scores = (1 / (1 + np.exp(-3 * logits))).astype(np.float32)
    return labels, scores, np.array(list("abcdefgh"))[rng.integers(8, size=n)]


def test_figures_stand_with_their_counts_at_the_operating_point():
    found = validation_metrics(LABELS, SCORES, PATIENTS, TERMS)
    assert found["threshold"] == np.float32(0.7)
    assert found["confusion"] == {"tp": 3, "fp": 1, "fn": 1, "tn": 3}
    assert found["recall"]["value"] == found["specificity"]["value"] == 0.75
    assert found["roc_auc"]["value"] == 13 / 16
    assert found["n"] == {
        "patches": 8, "tumour_patches": 4, "normal_patches": 4,
        "patients": 3, "tumour_patients": 2, "normal_patients": 3,
    }  # fmt: skip


def test_the_n_of_a_figure_is_what_it_is_a_share_of():
    found = validation_metrics(LABELS[:7], SCORES[:7], PATIENTS[:7], TERMS)
    assert [found[name]["n"] for name in FIGURES] == [7, 7, 4, 3, 4, 7]
    assert (found["precision"]["value"], found["accuracy"]["value"]) == (3 / 4, 5 / 7)


def test_intervals_hold_their_figure():
    found = validation_metrics(LABELS, SCORES, PATIENTS, replace(TERMS, normal_mm2=2.0))
    for name in (*FIGURES, "fp_per_mm2"):
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]


def test_one_tumour_patient_gives_figures_without_interval_and_says_why():
    found = validation_metrics(LABELS, SCORES, np.array(list("aaaabbcc")), TERMS)
    assert (found["roc_auc"]["low"], found["roc_auc"]["high"]) == (None, None)
    assert "two patients with tumour" in found["roc_auc"]["interval_reason"]


def test_validation_without_tumour_is_refused():
    with pytest.raises(ValueError, match="no tumour"):
        validation_metrics(np.zeros(3), np.ones(3), np.array(list("abc")), Terms())


def test_false_positives_are_told_per_mm2_of_normal_tissue():
    found = validation_metrics(LABELS, SCORES, PATIENTS, replace(TERMS, normal_mm2=2.0))
    assert found["fp_per_mm2"]["value"] == 0.5  # one patch on 2 mm2
    assert found["fp_per_mm2"]["n"] == 4
    assert "fp_per_mm2" not in validation_metrics(LABELS, SCORES, PATIENTS, TERMS)


def test_a_budget_is_kept_to_with_as_much_recall_as_it_allows():
    terms = Terms(rule="fp_budget", fp_budget=0.5, normal_mm2=2.0)
    found = validation_metrics(LABELS, SCORES, PATIENTS, terms)
    assert found["threshold"] == np.float32(0.7)
    assert found["confusion"] == {"tp": 3, "fp": 1, "fn": 1, "tn": 3}


def test_a_budget_that_no_score_keeps_to_is_refused_in_words():
    terms = Terms(rule="fp_budget", fp_budget=0.0, normal_mm2=2.0)
    with pytest.raises(OperatingError, match="allows 0 false positive patches on 2 mm2"):
        validation_metrics(LABELS, 1 - SCORES, PATIENTS, terms)


def test_ranking_is_as_before_and_the_operating_point_on_the_calibrated_scale():
    labels, scores, patients = a_ward()
    plain = validation_metrics(labels, scores, patients, Terms())
    scaled = validation_metrics(labels, scores, patients, Terms(calibration="temperature"))
    for name in FIGURES:
        assert scaled[name] == plain[name]
    assert scaled["confusion"] == plain["confusion"]
    assert scaled["threshold"] != plain["threshold"]
    assert 2.5 < scaled["calibration"]["temperature"] < 3.6


@pytest.mark.parametrize("kind", ["temperature", "isotonic"])
def test_a_calibration_mends_an_overconfident_network_on_patients_it_never_saw(kind):
    found = validation_metrics(*a_ward(), Terms(calibration=kind))["calibration"]
    before, after = found["before"], found["after"]
    assert after["ece"]["value"] < before["ece"]["value"] / 2
    assert after["brier"]["value"] < before["brier"]["value"]
    for figures in (before, after):
        assert figures["brier"]["low"] < figures["brier"]["value"] < figures["brier"]["high"]
        assert sum(line["n"] for line in figures["curve"]) == 400


def test_two_patients_cannot_be_cross_fitted_and_it_is_said():
    found = validation_metrics(
        LABELS, SCORES, np.array(list("aaaabbbb")), Terms(calibration="temperature")
    )["calibration"]
    assert found["after"] == {"reason": "too few patients to fit on some and measure on others"}


def test_curves_end_at_everything_called():
    found = validation_metrics(*a_ward(), Terms())["curves"]
    assert len(found["roc"]) <= 100
    assert found["roc"][-1][:2] == [1.0, 1.0]
    assert found["pr"][-1][0] == 1.0
