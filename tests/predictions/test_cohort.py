import numpy as np
import pytest

from predictions.cohort import (
    SlideCells,
    cohort_metrics,
    pr_points,
    roc_points,
)
from predictions.resampling import slide_weights


def slide(name, labels, scores, **facts) -> SlideCells:
    labels = np.array(labels, bool)
    facts = {"patient": name, "has_tumour": bool(labels.any())} | facts
    return SlideCells(name=name, labels=labels, scores=np.array(scores, np.float32), **facts)


# at 0.5: a has TP 2, FN 1, TN 1; b has TP 1, FP 1, TN 2; c and d are normal, c with FP 1
A = slide("a", [1, 1, 1, 0], [0.9, 0.8, 0.2, 0.1])
B = slide("b", [1, 0, 0, 0], [0.7, 0.6, 0.3, 0.2])
C = slide("c", [0, 0], [0.55, 0.1], tissue_cm2=0.5)
D = slide("d", [0, 0], [0.4, 0.3], tissue_cm2=1.5)
SLIDES = [A, B, C, D]


def random_slides(count: int, seed: int = 1) -> list[SlideCells]:
    rng = np.random.default_rng(seed)
    slides = []
    for index in range(count):
        labels = rng.random(60) < (0.3 if index % 2 else 0)
        scores = np.clip(rng.normal(0.4 + 0.2 * labels + rng.normal(0, 0.1), 0.15), 0, 1)
        slides.append(slide(f"slide {index}", labels, scores, tissue_cm2=1.0))
    return slides


def drawn_weights(slides, *, draws: int, seed: int) -> np.ndarray:
    patients, has_tumour = [one.patient for one in slides], [one.has_tumour for one in slides]
    return slide_weights(patients, has_tumour, draws=draws, seed=seed)


def test_pooled_figures_join_all_cells():
    pooled = cohort_metrics(SLIDES, threshold=0.5, draws=20)["pooled"]
    assert pooled["recall"]["value"] == pytest.approx(3 / 4)
    assert pooled["precision"]["value"] == pytest.approx(3 / 5)
    assert pooled["specificity"]["value"] == pytest.approx(6 / 8)
    assert pooled["dice"]["value"] == pytest.approx(6 / 9)
    assert pooled["iou"]["value"] == pytest.approx(3 / 6)
    assert (pooled["recall"]["n"], pooled["dice"]["n"]) == (4, 6)


def test_macro_figures_are_means_over_slides_with_tumour():
    macro = cohort_metrics(SLIDES, threshold=0.5, draws=20)["macro"]
    assert macro["recall"]["value"] == pytest.approx((2 / 3 + 1) / 2)
    assert macro["precision"]["value"] == pytest.approx((1 + 1 / 2) / 2)
    assert macro["dice"]["value"] == pytest.approx((4 / 5 + 2 / 3) / 2)
    assert macro["roc_auc"]["value"] == pytest.approx(1.0)
    assert macro["specificity"]["value"] == pytest.approx((1 + 2 / 3 + 1 / 2 + 1) / 4)
    assert (macro["dice"]["n"], macro["dice"]["unit"]) == (2, "slides")
    assert macro["specificity"]["n"] == 4


def test_false_positives_are_per_cm2_of_the_normal_slides():
    false = cohort_metrics(SLIDES, threshold=0.5, draws=20)["pooled"]["fp_per_cm2"]
    assert false["value"] == pytest.approx(1 / 2.0)
    assert (false["n"], false["unit"]) == (2, "normal slides")


def test_slides_are_ranked_by_their_highest_cell():
    slides = cohort_metrics(SLIDES, threshold=0.5, draws=20)["slides"]
    assert slides["roc_auc"]["value"] == 1.0
    assert slides["sensitivity"]["value"] == 1.0
    assert slides["normal_with_call"]["value"] == 0.5
    assert slides["normal_with_call"]["n"] == 2


def test_sizes_are_told():
    assert cohort_metrics(SLIDES, threshold=0.5, draws=20)["n"] == {
        "slides": 4,
        "tumour_slides": 2,
        "patients": 4,
        "cells": 12,
        "tumour_cells": 4,
    }


def test_ranking_figures_agree_with_scikit_learn():
    from sklearn.metrics import average_precision_score, roc_auc_score

    slides = random_slides(8)
    labels = np.concatenate([one.labels for one in slides])
    scores = np.concatenate([one.scores for one in slides])
    pooled = cohort_metrics(slides, threshold=0.5, draws=20)["pooled"]
    assert pooled["roc_auc"]["value"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
    precision = average_precision_score(labels, scores)
    assert pooled["pr_auc"]["value"] == pytest.approx(precision, abs=1e-9)


def test_the_interval_is_what_resampling_patients_by_hand_gives():
    from sklearn.metrics import average_precision_score, roc_auc_score

    slides = random_slides(10)
    metrics = cohort_metrics(slides, threshold=0.5, draws=200, seed=3)
    weights = drawn_weights(slides, draws=200, seed=3)
    drawn = {"roc_auc": [], "pr_auc": [], "recall": []}
    for times in weights:
        chosen = [one for one, count in zip(slides, times, strict=True) for _ in range(count)]
        labels = np.concatenate([one.labels for one in chosen])
        scores = np.concatenate([one.scores for one in chosen])
        drawn["roc_auc"].append(roc_auc_score(labels, scores))
        drawn["pr_auc"].append(average_precision_score(labels, scores))
        drawn["recall"].append((scores[labels] >= 0.5).mean())
    for name, values in drawn.items():
        low, high = np.quantile(values, [0.025, 0.975])
        assert metrics["pooled"][name]["low"] == pytest.approx(low, abs=1e-9)
        assert metrics["pooled"][name]["high"] == pytest.approx(high, abs=1e-9)


def test_more_scores_than_bins_move_the_interval_by_less_than_a_thousandth(monkeypatch):
    slides = random_slides(10)
    exact = cohort_metrics(slides, threshold=0.5, draws=200)["pooled"]["roc_auc"]
    monkeypatch.setattr("predictions.cohort.BINS", 300)
    binned = cohort_metrics(slides, threshold=0.5, draws=200)["pooled"]["roc_auc"]
    assert binned["value"] == exact["value"]
    assert binned["low"] == pytest.approx(exact["low"], abs=1e-3)


def test_draws_are_stratified_and_keep_a_patients_slides_together():
    slides = [slide("a1", [1], [0.5], patient="p"), slide("a2", [0], [0.5], patient="p"), B, C, D]
    weights = drawn_weights(slides, draws=500, seed=0)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    np.testing.assert_array_equal(weights[:, 0] + weights[:, 2], 2)
    np.testing.assert_array_equal(weights[:, 3] + weights[:, 4], 2)


def test_the_same_seed_gives_the_same_interval():
    first, second = (cohort_metrics(SLIDES, threshold=0.5, seed=7) for _ in range(2))
    assert first == second


def test_one_patient_gives_a_figure_without_an_interval():
    pooled = cohort_metrics([A, C, D], threshold=0.5, draws=50)["pooled"]
    assert pooled["recall"]["value"] == pytest.approx(2 / 3)
    assert pooled["recall"]["low"] is None
    assert "too few patients" in pooled["recall"]["interval_reason"]
    assert pooled["specificity"]["low"] is not None


def test_without_tumour_figures_are_none_with_a_reason():
    metrics = cohort_metrics([C, D], threshold=0.5, draws=50)
    assert metrics["pooled"]["recall"]["value"] is None
    assert metrics["pooled"]["roc_auc"]["reason"] == "needs tumour and tumour-free cells"
    assert metrics["slides"]["roc_auc"]["value"] is None
    assert metrics["curves"] == {"roc": [], "pr": []}


def test_negatives_of_a_truth_not_exhaustive_do_not_count():
    partly = slide("b", B.labels, B.scores, is_exhaustive=False)
    metrics = cohort_metrics([A, partly, C, D], threshold=0.5, draws=50)
    assert metrics["pooled"]["recall"]["value"] == pytest.approx(3 / 4)
    assert metrics["not_exhaustive"] == ["b"]
    assert metrics["n"]["cells"] == 9


def test_a_truth_not_exhaustive_is_in_no_figure_that_weighs_false_alarms():
    partly = slide("b", B.labels, B.scores, is_exhaustive=False)
    with_it = cohort_metrics([A, partly, C, D], threshold=0.5, draws=50)
    without = cohort_metrics([A, C, D], threshold=0.5, draws=50)
    for name in ("precision", "dice", "iou", "pr_auc"):
        assert with_it["pooled"][name]["value"] == without["pooled"][name]["value"]
        assert with_it["pooled"][name]["n"] == without["pooled"][name]["n"]
    for name in ("precision", "dice", "iou"):
        assert with_it["macro"][name]["n"] == without["macro"][name]["n"]
    alone = cohort_metrics([partly], threshold=0.5, draws=50)
    assert alone["pooled"]["precision"]["value"] is None
    assert "exhaustive" in alone["pooled"]["precision"]["reason"]
    assert alone["macro"]["dice"]["value"] is None


def test_a_slide_is_ranked_by_all_its_cells_whether_or_not_all_are_outlined():
    whole = slide("b", [1, 0], [0.2, 0.9])
    partly = slide("b", [1, 0], [0.2, 0.9], is_exhaustive=False)
    found = [cohort_metrics([A, b, C, D], threshold=0.5, draws=50) for b in (whole, partly)]
    assert found[0]["slides"] == found[1]["slides"]


def test_a_slide_of_which_nobody_said_that_it_is_free_of_tumour_is_not_normal():
    unknown = slide("u", [0, 0], [0.1, 0.9], is_exhaustive=False)
    metrics = cohort_metrics([A, B, C, D, unknown], threshold=0.5, draws=50)
    assert metrics["slides"]["roc_auc"]["n"] == 4
    assert metrics["slides"]["normal_with_call"]["n"] == 2
    only = cohort_metrics([unknown], threshold=0.5, draws=50)["slides"]
    assert only["roc_auc"]["value"] is None and only["sensitivity"]["value"] is None


def test_no_slide_is_refused():
    with pytest.raises(ValueError, match="no slide to evaluate"):
        cohort_metrics([], threshold=0.5)


def test_the_roc_curve_passes_where_it_must():
    labels, scores = np.array([1, 0, 1, 0], bool), np.array([0.9, 0.8, 0.7, 0.1])
    assert roc_points(labels, scores) == [
        [0.0, 0.0, 1.0],
        [0.0, 0.5, 0.9],
        [0.5, 0.5, 0.8],
        [0.5, 1.0, 0.7],
        [1.0, 1.0, 0.1],
    ]


def test_equal_scores_are_one_step_of_a_curve():
    labels, scores = np.array([1, 0, 1], bool), np.array([0.5, 0.5, 0.5])
    assert roc_points(labels, scores) == [[0.0, 0.0, 1.0], [1.0, 1.0, 0.5]]
    assert pr_points(labels, scores) == [[1.0, 0.666667, 0.5]]


def test_a_long_curve_is_thinned_and_keeps_its_ends():
    scores = np.linspace(0, 1, 5000)
    points = roc_points(scores + np.sin(scores * 900) > 0.7, scores)
    assert len(points) == 200
    assert points[0][:2] == [0.0, 0.0]
    assert points[-1][:2] == [1.0, 1.0]


def test_four_hundred_slides_take_seconds():
    import time

    slides = [slide(f"{i}", one.labels, one.scores) for i, one in enumerate(random_slides(400))]
    began = time.perf_counter()
    cohort_metrics(slides, threshold=0.5)
    assert time.perf_counter() - began < 10
