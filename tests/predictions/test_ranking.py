"""Ranking figures against scikit-learn, scipy and plain counting."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, rankdata

from predictions.ranking import (
    ScoreStream,
    delong,
    is_binary,
    mcnemar,
    mcnemar_p,
    merged,
    midranks,
    paired_delong,
    score_table,
    table_counts,
    table_curve,
    table_pr_auc,
    table_roc_auc,
)

# Of any closeness, and many equal: float32 as maps hold them, and the codes of a byte.
scores = st.one_of(
    st.floats(0, 1, width=32),
    st.sampled_from([0.0, 0.25, 0.5, 0.5 + 2**-24, 0.75, 1.0]),
)
labelled = st.lists(st.tuples(st.booleans(), scores), min_size=2, max_size=80)


def columns(rows):
    labels = np.array([label for label, _ in rows], bool)
    return labels, np.array([score for _, score in rows], np.float32)


def has_both(labels):
    return labels.any() and not labels.all()


# Tables ----------------------------------------------------------------------


@settings(max_examples=200, deadline=None)
@given(labelled, st.integers(1, 7))
def test_areas_in_a_stream_are_those_of_scikit_learn(rows, block):
    from sklearn.metrics import average_precision_score, roc_auc_score

    labels, values = columns(rows)
    stream = ScoreStream()
    for start in range(0, len(labels), block):
        stream.add(values[start : start + block], labels[start : start + block])
    table = stream.table()
    if not has_both(labels):
        assert table_roc_auc(table) is None
        return
    assert abs(table_roc_auc(table) - roc_auc_score(labels, values)) < 1e-6
    assert abs(table_pr_auc(table) - average_precision_score(labels, values)) < 1e-6


@settings(max_examples=100, deadline=None)
@given(labelled)
def test_curves_are_those_of_scikit_learn(rows):
    from sklearn.metrics import precision_recall_curve, roc_curve

    labels, values = columns(rows)
    if not has_both(labels):
        return
    curve = table_curve(score_table(values, labels))
    false, recall, cuts = roc_curve(labels, values, drop_intermediate=False)
    np.testing.assert_allclose(curve["false_positive_rate"], false)
    np.testing.assert_allclose(curve["recall"], recall)
    np.testing.assert_allclose(curve["thresholds"][1:], cuts[1:])
    precision, recall, _ = precision_recall_curve(labels, values)
    np.testing.assert_allclose(curve["precision"], precision[::-1])
    np.testing.assert_allclose(curve["recall"], recall[::-1])


@settings(max_examples=100, deadline=None)
@given(labelled, scores)
def test_counts_are_those_of_scikit_learn(rows, threshold):
    from sklearn.metrics import confusion_matrix

    labels, values = columns(rows)
    called = values >= np.float32(threshold)
    expected = confusion_matrix(labels, called, labels=[False, True])
    tp, fp, fn, tn = table_counts(score_table(values, labels), threshold)
    assert [[tn, fp], [fn, tp]] == expected.tolist()


def test_a_table_counts_what_has_a_score_many_times():
    table = score_table(np.array([0.1, 0.9, 0.1]), np.array([2, 30, 1]), np.array([50, 0, 7]))
    assert table.scores.tolist() == [0.1, 0.9]
    assert (table.positive.tolist(), table.negative.tolist()) == ([3, 30], [57, 0])


def test_billions_are_counted_without_losing_one():
    many = 4_000_000_000
    table = score_table(np.array([0.2, 0.8]), np.array([1, many]), np.array([many, 1]))
    assert table.positive.sum() == table.negative.sum() == many + 1
    assert table_roc_auc(table) == pytest.approx(1 - 2 / many, abs=1e-9)


def test_a_stream_holds_distinct_scores_only():
    stream = ScoreStream()
    values = np.linspace(0, 1, 1000, dtype=np.float32)
    for _ in range(2000):
        stream.add(values, values > 0.5)
    assert stream._count <= 1_100_000  # of 2,000,000 that came
    assert len(stream.table().scores) == 1000


def test_nothing_gives_nothing():
    assert table_roc_auc(merged([])) is None
    assert table_pr_auc(ScoreStream().table()) is None


def test_what_was_not_assessed_is_not_ranked():
    with pytest.raises(ValueError, match="NaN"):
        score_table(np.array([0.5, np.nan]), np.array([True, False]))


def test_calls_are_no_scores():
    """An "AUC" of calls is (sensitivity + specificity) / 2 exactly, and is not to be shown."""
    labels = np.array([1, 1, 1, 0, 0], bool)
    called = np.array([1, 1, 0, 1, 0], float)
    assert table_roc_auc(score_table(called, labels)) == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert is_binary(score_table(called, labels))
    assert not is_binary(score_table(np.array([0.2, 0.9]), np.array([True, False])))


# DeLong ----------------------------------------------------------------------


def by_pairs(labels, values):
    """DeLong's areas and covariance straight from its definition: every pair compared."""
    positive, negative = (np.flatnonzero(side) for side in (labels, ~labels))
    kernels = np.array(
        [
            [[(v[i] > v[j]) + (v[i] == v[j]) / 2 for j in negative] for i in positive]
            for v in values
        ],
        float,
    )
    areas = kernels.mean(axis=(1, 2))
    by_positive, by_negative = kernels.mean(axis=2), kernels.mean(axis=1)
    covariance = np.zeros((len(values), len(values)))
    for one, other in itertools.product(range(len(values)), repeat=2):
        for parts, n in ((by_positive, len(positive)), (by_negative, len(negative))):
            own = ((parts[one] - areas[one]) * (parts[other] - areas[other])).sum() / (n - 1)
            covariance[one, other] += own / n
    return areas, covariance


two_readings = st.lists(st.tuples(st.booleans(), scores, scores), min_size=4, max_size=40)


@settings(max_examples=100, deadline=None)
@given(two_readings)
def test_delong_agrees_with_its_definition(rows):
    labels = np.array([row[0] for row in rows], bool)
    values = np.array([[row[1] for row in rows], [row[2] for row in rows]])
    if min(labels.sum(), (~labels).sum()) < 2:
        return
    areas, covariance = by_pairs(labels, values)
    found = delong(labels, values[0])
    assert found["value"] == pytest.approx(areas[0])
    assert (found["variance"] or 0) == pytest.approx(covariance[0, 0], abs=1e-12)
    difference = paired_delong(labels, values[0], values[1])
    assert difference["value"] == pytest.approx(areas[1] - areas[0], abs=1e-12)
    variance = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    if difference["low"] is not None:
        half = 1.959963984540054 * np.sqrt(variance)
        assert difference["high"] - difference["value"] == pytest.approx(half, abs=1e-9)


def test_delongs_interval_covers_the_truth_about_19_times_in_20():
    rng = np.random.default_rng(0)
    true_area, hits = 0.760250, 0  # two normals one standard deviation apart: Phi(1 / sqrt(2))
    for _ in range(400):
        labels = np.arange(100) < 40
        found = delong(labels, rng.normal(labels.astype(float), 1))
        hits += found["low"] <= true_area <= found["high"]
    assert 0.92 <= hits / 400 <= 0.98


def test_paired_delong_finds_no_difference_where_there_is_none_and_one_where_there_is():
    rng = np.random.default_rng(1)
    labels = np.arange(200) < 80
    good = rng.normal(labels * 2.0, 1)
    same, worse = good + rng.normal(0, 0.05, 200), rng.normal(labels * 0.3, 1)
    assert paired_delong(labels, good, same)["p"] > 0.05
    told = paired_delong(labels, good, worse)
    assert told["p"] < 0.001
    assert told["high"] < 0
    assert paired_delong(labels, good, good)["p"] == 1


def test_a_perfect_ranking_is_not_a_certain_one():
    found = delong(np.array([0, 0, 1, 1], bool), np.array([0.1, 0.2, 0.8, 0.9]))
    assert (found["value"], found["low"]) == (1, None)
    assert "no variance" in found["interval_reason"]


def test_one_class_has_no_area():
    assert delong(np.array([True, True]), np.array([0.1, 0.2]))["value"] is None
    assert paired_delong(np.array([True]), np.array([0.1]), np.array([0.2]))["value"] is None


def test_scores_of_other_slides_or_unknown_ones_are_refused():
    with pytest.raises(ValueError, match="equal length"):
        delong(np.array([True, False]), np.array([0.1]))
    with pytest.raises(ValueError, match="without NaN"):
        delong(np.array([True, False]), np.array([0.1, np.nan]))


@given(st.lists(scores, min_size=1, max_size=50))
def test_midranks_are_those_of_scipy(values):
    np.testing.assert_allclose(midranks(np.array(values)), rankdata(values))


# McNemar ---------------------------------------------------------------------


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_exact_binomial_test_of_the_slides_on_which_two_differ(one, other):
    expected = binomtest(one, one + other).pvalue if one + other else 1.0
    assert mcnemar_p(one, other) == pytest.approx(expected)


def test_mcnemar_looks_at_the_slides_on_which_two_differ_only():
    told = mcnemar(np.array([1, 1, 1, 0, 0, 1]), np.array([1, 0, 0, 1, 0, 0]))
    assert (told["only_first_right"], told["only_second_right"], told["n"]) == (3, 1, 6)
    assert told["p"] == pytest.approx(0.625)


def test_calls_on_other_numbers_of_slides_are_refused():
    with pytest.raises(ValueError, match="equal length"):
        mcnemar(np.array([True]), np.array([True, False]))
