import numpy as np
import pytest

from training.validation import validation_metrics

LABELS = np.array([1, 1, 1, 1, 0, 0, 0, 0])
SCORES = np.array([0.9, 0.8, 0.7, 0.2, 0.75, 0.3, 0.1, 0.05])
PATIENTS = np.array(["a", "a", "b", "b", "a", "b", "c", "c"])


def test_figures_stand_with_their_counts_at_the_operating_point():
    found = validation_metrics(LABELS, SCORES, PATIENTS, target_recall=0.75)
    assert found["threshold"] == 0.7
    assert found["confusion"] == {"tp": 3, "fp": 1, "fn": 1, "tn": 3}
    assert found["recall"]["value"] == found["specificity"]["value"] == 0.75
    assert found["roc_auc"]["value"] == 13 / 16
    assert found["n"] == {
        "patches": 8, "tumour_patches": 4, "patients": 3, "tumour_patients": 2,
    }  # fmt: skip


def test_the_n_of_a_figure_is_what_it_is_a_share_of():
    found = validation_metrics(LABELS[:7], SCORES[:7], PATIENTS[:7], target_recall=0.75)
    names = ("roc_auc", "pr_auc", "recall", "specificity", "precision", "accuracy")
    assert [found[name]["n"] for name in names] == [7, 7, 4, 3, 4, 7]
    assert (found["precision"]["value"], found["accuracy"]["value"]) == (3 / 4, 5 / 7)


def test_intervals_hold_their_figure():
    found = validation_metrics(LABELS, SCORES, PATIENTS, target_recall=0.75)
    for name in ("roc_auc", "pr_auc", "recall", "specificity", "precision", "accuracy"):
        assert found[name]["low"] <= found[name]["value"] <= found[name]["high"]


def test_one_tumour_patient_gives_figures_without_interval_and_says_why():
    found = validation_metrics(LABELS, SCORES, np.array(list("aaaabbcc")), target_recall=0.75)
    assert (found["roc_auc"]["low"], found["roc_auc"]["high"]) == (None, None)
    assert "two patients with tumour" in found["roc_auc"]["interval_reason"]


def test_validation_without_tumour_is_refused():
    with pytest.raises(ValueError, match="no tumour"):
        validation_metrics(np.zeros(3), np.ones(3), np.array(list("abc")), target_recall=0.9)
