import time

import numpy as np
import pytest

from training import metrics

LABELS = np.array([1, 1, 0, 1, 0, 0, 1, 0])
SCORES = np.array([0.9, 0.7, 0.7, 0.4, 0.4, 0.4, 0.2, 0.1])  # ties on both sides


def many(n=3000, *, seed=1):
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < 0.3
    return labels, np.round(rng.normal(labels, 1.0), 1)  # about 80 distinct scores


def test_roc_auc_counts_a_tie_as_one_half():
    # pairs won: 0.9 -> 4, 0.7 -> 3.5, 0.4 -> 2, 0.2 -> 1
    assert metrics.roc_auc(LABELS, SCORES) == 10.5 / 16


def test_pr_auc_takes_tied_scores_together():
    # recall steps 1/4 at precision 1, 2/3, 3/6, 4/7
    expected = (1 + 2 / 3 + 3 / 6 + 4 / 7) / 4
    assert metrics.pr_auc(LABELS, SCORES) == pytest.approx(expected, abs=1e-15)


@pytest.mark.parametrize("seed", range(5))
def test_areas_equal_those_of_scikit_learn(seed):
    from sklearn.metrics import average_precision_score, roc_auc_score

    labels, scores = many(seed=seed)
    assert metrics.roc_auc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), 1e-12)
    assert metrics.pr_auc(labels, scores) == pytest.approx(
        average_precision_score(labels, scores), 1e-12
    )


def test_weights_equal_repeated_patches():
    from sklearn.metrics import average_precision_score, roc_auc_score

    labels, scores = many(400)
    times = np.random.default_rng(3).integers(0, 4, size=(1, 400))
    again, repeated = np.repeat(labels, times[0]), np.repeat(scores, times[0])
    assert metrics.weighted_roc_auc(labels, scores, times)[0] == pytest.approx(
        roc_auc_score(again, repeated), 1e-12
    )
    assert metrics.weighted_pr_auc(labels, scores, times)[0] == pytest.approx(
        average_precision_score(again, repeated), 1e-12
    )


@pytest.mark.parametrize("labels", [[0, 0], [1, 1], []])
def test_areas_of_one_class_do_not_exist(labels):
    scores = np.linspace(0, 1, len(labels))
    assert metrics.roc_auc(np.array(labels), scores) is None
    assert metrics.pr_auc(np.array(labels), scores) is None


def test_nan_scores_are_refused():
    with pytest.raises(ValueError, match="not assessed"):
        metrics.roc_auc(np.array([0, 1]), np.array([0.1, np.nan]))


def test_confusion_calls_at_or_above_the_threshold():
    found = metrics.confusion(LABELS, SCORES, 0.4)
    assert found == metrics.Confusion(tp=3, fp=3, fn=1, tn=1)
    assert (found.recall, found.precision, found.specificity) == (0.75, 0.5, 0.25)
    assert (found.accuracy, found.f1) == (0.5, 0.6)


def test_ratios_without_a_denominator_are_none():
    found = metrics.Confusion(tp=0, fp=0, fn=0, tn=4)
    assert (found.recall, found.precision, found.specificity) == (None, None, 1.0)


def test_the_seeds_level_1_matrix_gives_its_headline_as_accuracy():
    found = metrics.Confusion(tp=1221, fp=30, fn=69, tn=1144)
    assert round(found.accuracy, 4) == 0.9598  # printed there as an AUC
    assert round(found.recall, 4) == 0.9465


def test_wilson_interval_of_24_of_27():
    assert metrics.wilson(24, 27) == pytest.approx((0.719, 0.961), abs=5e-4)
    assert metrics.wilson(0, 0) is None
    assert metrics.wilson(0, 5)[0] == 0.0


def test_wilson_refuses_more_hits_than_tries():
    with pytest.raises(ValueError, match="k=6 of n=5"):
        metrics.wilson(6, 5)


@pytest.mark.parametrize(
    ("target", "threshold"),
    [(0.25, 0.9), (0.26, 0.7), (0.75, 0.4), (0.9, 0.2), (1.0, 0.2)],
)
def test_operating_point_is_the_highest_threshold_that_reaches_the_recall(target, threshold):
    assert metrics.operating_point(LABELS, SCORES, target) == threshold
    assert metrics.confusion(LABELS, SCORES, threshold).recall >= target


def test_operating_point_of_nine_in_ten_needs_nine_of_ten():
    scores = np.arange(10, dtype=np.float32)
    assert metrics.operating_point(np.ones(10), scores, 0.9) == 1.0


def test_operating_point_survives_single_precision():
    scores = np.array([0.1, 0.3], np.float32)
    threshold = metrics.operating_point(np.array([1, 1]), scores, 1.0)
    assert metrics.confusion(np.array([1, 1]), scores, threshold).recall == 1.0


def test_operating_point_without_tumour_does_not_exist():
    assert metrics.operating_point(np.zeros(3), np.ones(3), 0.9) is None


def test_bootstrap_draws_patients_not_patches():
    """Two tumour patients, one always found and one never: recall is 0, 1/2 or 1."""
    labels = np.repeat([True, True, False, False], 100)
    scores = np.repeat([0.9, 0.1, 0.1, 0.1], 100)
    patients = np.repeat(["a", "b", "c", "d"], 100)
    recall = metrics.weighted_recall(0.5)
    assert metrics.slide_bootstrap(recall, labels, scores, patients) == (0.0, 1.0)


def test_bootstrap_is_repeatable_and_holds_the_point():
    labels, scores = many()
    patients = np.arange(3000) % 12
    area = metrics.weighted_roc_auc
    low, high = metrics.slide_bootstrap(area, labels, scores, patients, seed=4)
    assert low < metrics.roc_auc(labels, scores) < high
    assert metrics.slide_bootstrap(area, labels, scores, patients, seed=4) == (
        low,
        high,
    )


def test_bootstrap_of_one_tumour_patient_has_no_interval():
    labels, scores = np.array([1, 1, 0, 0]), np.array([0.9, 0.2, 0.3, 0.1])
    patients = np.array(["a", "a", "b", "c"])
    assert metrics.slide_bootstrap(metrics.weighted_roc_auc, labels, scores, patients) is None


def test_a_thousand_draws_of_ten_thousand_patches_take_under_two_seconds():
    rng = np.random.default_rng(0)
    labels = rng.random(10_000) < 0.5
    scores, patients = rng.random(10_000), rng.integers(0, 20, 10_000)
    began = time.process_time()
    metrics.slide_bootstrap(metrics.weighted_roc_auc, labels, scores, patients)
    assert time.process_time() - began < 2
