"""Curves over slides and their bands, against scikit-learn on the very slides drawn."""

import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from predictions.bands import RATES, binned, calibration_figures, ranking_draws, ranking_figures
from predictions.ranking import merged, score_table
from predictions.resampling import slide_weights


def slides(count, seed=0, cells=50, decimals=2):
    rng = np.random.default_rng(seed)
    made = []
    for index in range(count):
        labels = rng.random(cells) < (0.3 if index % 2 else 0)
        scores = np.clip(rng.normal(0.35 + 0.3 * labels + rng.normal(0, 0.1), 0.2), 0, 1)
        made.append((labels, scores.round(decimals)))
    return made


def tables(made):
    return [score_table(scores, labels) for labels, scores in made]


def joined(made, times):
    drawn = [one for one, count in zip(made, times, strict=True) for _ in range(count)]
    return tuple(np.concatenate(column) for column in zip(*drawn, strict=True))


@settings(max_examples=30, deadline=None)
@example(203, [0, 1, 0, 2, 0, 0])
@given(st.integers(0, 1000), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_a_draws_areas_and_curves_are_those_of_scikit_learn_on_the_slides_drawn(seed, times):
    from sklearn.metrics import average_precision_score, roc_auc_score, roc_curve

    made = slides(6, seed)
    drawn = ranking_draws(binned(tables(made)), np.array([times]))
    labels, scores = joined(made, times) if sum(times) else (np.zeros(0, bool), np.zeros(0))
    if labels.all() or not labels.any():
        assert np.isnan(drawn.roc_auc[0])
        return
    assert drawn.roc_auc[0] == pytest.approx(roc_auc_score(labels, scores))
    assert drawn.pr_auc[0] == pytest.approx(average_precision_score(labels, scores))
    false, recall, _ = roc_curve(labels, scores, drop_intermediate=False)
    np.testing.assert_allclose(drawn.recall[0], np.interp(RATES, false, recall))
    for rate, precision in zip(RATES, drawn.precision[0], strict=True):
        cut = np.sort(scores[labels])[::-1][max(int(np.ceil(rate * labels.sum() - 1e-9)), 1) - 1]
        cut = cut if rate else scores.max()
        assert precision == pytest.approx(labels[scores >= cut].mean())


def test_more_scores_than_bins_move_an_area_by_little():
    made = slides(8, cells=2000, decimals=9)
    exact = ranking_draws(binned(tables(made), bins=10**6), np.ones((1, 8), int))
    coarse = ranking_draws(binned(tables(made)), np.ones((1, 8), int))
    assert coarse.roc_auc[0] == pytest.approx(exact.roc_auc[0], abs=2e-3)
    assert coarse.pr_auc[0] == pytest.approx(exact.pr_auc[0], abs=2e-3)


def test_figures_hold_exact_areas_inside_their_intervals_and_curves_inside_their_bands():
    made = slides(40)
    has_tumour = [labels.any() for labels, _ in made]
    weights = slide_weights([str(i) for i in range(40)], has_tumour, draws=300)
    told = ranking_figures(tables(made), weights)
    for name in ("roc_auc", "pr_auc"):
        assert told[name]["low"] < told[name]["value"] < told[name]["high"]
    points = np.array([[x, y] for x, y, _ in told["roc"]["points"]])
    rates, low, high = np.array(told["roc"]["band"]).T
    own = np.interp(rates, points[:, 0], points[:, 1])
    assert ((low <= own + 1e-9) & (own <= high + 1e-9)).mean() > 0.95
    assert told["roc"]["points"][0] == [0, 0, None]
    assert told["pr"]["points"][-1][0] == 1


def test_without_both_classes_there_is_no_curve():
    told = ranking_figures(
        tables([(np.zeros(3, bool), np.array([0.1, 0.2, 0.3]))]), np.ones((2, 1))
    )
    assert told["roc_auc"]["value"] is None
    assert told["roc"] == {"points": [], "band": []}


def test_calibration_is_that_of_scikit_learn():
    from sklearn.calibration import calibration_curve
    from sklearn.metrics import brier_score_loss

    made = slides(20, decimals=6)
    weights = np.ones((3, 20), int)
    told = calibration_figures(tables(made), weights)
    labels, scores = joined(made, weights[0])
    true, said = calibration_curve(labels, scores, n_bins=10)
    assert [one["true"] for one in told["bins"]] == pytest.approx(true.tolist())
    assert [one["said"] for one in told["bins"]] == pytest.approx(said.tolist())
    assert told["brier"]["value"] == pytest.approx(brier_score_loss(labels, scores))
    n = np.array([one["n"] for one in told["bins"]])
    assert told["ece"]["value"] == pytest.approx((n * np.abs(true - said)).sum() / n.sum())
    assert told["n"] == len(labels)
    assert told["bin_count"] == 10


def test_calibration_bands_resample_slides():
    made = slides(60)
    has_tumour = [labels.any() for labels, _ in made]
    weights = slide_weights([str(i) for i in range(60)], has_tumour, draws=200)
    told = calibration_figures(tables(made), weights)
    assert all(one["low"] <= one["true"] <= one["high"] for one in told["bins"])
    assert told["ece"]["low"] <= told["ece"]["value"] + 0.02


def test_400_slides_of_a_thousand_cells_take_seconds():
    made = slides(400, cells=1000, decimals=7)
    own = tables(made)
    weights = slide_weights([str(i) for i in range(400)], [labels.any() for labels, _ in made])
    began = time.process_time()
    ranking_figures(own, weights)
    calibration_figures(own, weights)
    assert time.process_time() - began < 20
    assert merged(own).positive.sum() == sum(labels.sum() for labels, _ in made)
