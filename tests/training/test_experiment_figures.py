"""Answers of several folds as one table: figures, intervals, Markdown and CSV."""

import csv
import io

import numpy as np
import pytest

from training.experiment_figures import Answers, figures, together
from training.experiment_tables import csv_text, markdown
from training.seed_figures import SEED_ROWS, beside


def answers(labels, scores, *, fold=0, threshold=0.5, patient="p"):
    labels, scores = np.array(labels, bool), np.array(scores)
    patients = np.array([f"{patient}{fold}-{i % 2}" for i in range(len(labels))])
    return Answers(labels, scores, scores >= threshold, patients, np.full(len(labels), fold))


# Figures -------------------------------------------------------------------


def test_auc_compares_only_patches_that_one_network_scored():
    """Each fold ranks perfectly, on a scale of its own: put on one scale, pairs would cross."""
    low = answers([0, 0, 1, 1], [0.1, 0.1, 0.2, 0.2], fold=0, threshold=0.15)
    high = answers([0, 0, 1, 1], [0.8, 0.8, 0.9, 0.9], fold=1, threshold=0.85)
    found = figures(together([low, high]))
    assert found["roc_auc"]["value"] == 1
    assert found["confusion"] == {"tp": 4, "fp": 0, "fn": 0, "tn": 4}
    assert (found["recall"]["value"], found["recall"]["n"]) == (1, 4)
    assert found["n"] == {
        "patches": 8, "tumour_patches": 4, "patients": 4, "tumour_patients": 4, "folds": 2,
    }  # fmt: skip


def test_auc_weighs_folds_by_their_pairs():
    right = answers([0, 0, 0, 1], [0.1, 0.2, 0.3, 0.9], fold=0)
    wrong = answers([0, 1], [0.9, 0.1], fold=1)
    assert figures(together([right, wrong]))["roc_auc"]["value"] == pytest.approx(3 / 4)


def test_intervals_hold_the_value_and_need_two_patients_of_each_class():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400).astype(bool)
    scores = np.clip(0.5 * labels + rng.normal(0.25, 0.3, 400), 0, 1)
    patients = np.array([f"p{i % 10}" for i in range(400)])
    many = Answers(labels, scores, scores > 0.5, patients, np.arange(400) % 10 // 5)
    for name in ("roc_auc", "recall", "precision", "specificity"):
        figure = figures(many)[name]
        assert figure["low"] < figure["value"] < figure["high"]
    lonely = Answers(labels, scores, scores > 0.5, np.full(400, "p"), np.zeros(400))
    assert figures(lonely)["roc_auc"]["low"] is None


def test_a_figure_that_does_not_exist_is_none():
    none_called = answers([0, 1], [0.1, 0.2])
    assert figures(none_called)["precision"] == {"value": None, "low": None, "high": None, "n": 0}
    only_normal = answers([0, 0], [0.1, 0.2])
    assert figures(only_normal)["roc_auc"]["value"] is None


# Tables --------------------------------------------------------------------


def row(**fields):
    low = answers([0, 0, 1, 1], [0.1, 0.6, 0.2, 0.7], fold=0)
    done = {
        "architecture": "baseline", "architecture_words": "Baseline", "pooling": "max",
        "mpps": [0.486], "patch_px": 299, "figures": figures(low), "best_epochs": [3, 5],
        "epochs": 8, "minutes": 2.345, "training_patches": 120, "error": "",
    }  # fmt: skip
    return done | fields


def test_markdown_says_figures_counts_and_what_the_seed_printed():
    text = markdown("Zoom levels", [row()], about=["Synthetic."], with_seed=True)
    lines = text.splitlines()
    assert lines[0] == "## Zoom levels"
    cells = [cell.strip() for cell in lines[4].strip("|").split("|")]
    assert cells[:3] == ["Baseline", "max", "0.486"]
    assert cells[3].startswith("0.750 (") or cells[3].startswith("0.750, n 4")
    assert cells[6:10] == ["1 / 1 / 1 / 1", "3, 5", "2.3", "0.960 (see below)"]
    assert "this is the accuracy of its confusion matrix, printed as AUC" in text
    assert "- Synthetic." in lines


def test_markdown_says_why_a_row_has_no_figures():
    failed = row(figures=None, mpps=[0.1], error="finer than the slides")
    text = markdown("Zoom levels", [failed], about=[], with_seed=True)
    assert "| Baseline | max | 0.1 | finer than the slides | – |" in text


def test_csv_holds_every_number_unrounded():
    [record] = csv.DictReader(io.StringIO(csv_text([row(mpps=[1.944, 3.888, 7.776])])))
    assert record["mpps"] == "1.944 + 3.888 + 7.776"
    assert float(record["minutes"]) == 2.345
    assert (record["tp"], record["test_patches"], record["roc_auc_n"]) == ("1", "4", "4")
    assert (record["best_epochs"], record["seed_auc"]) == ("3 5", "0.7245")


def test_the_seed_row_that_printed_accuracy_says_so():
    level_1 = beside([0.486])
    assert level_1 is SEED_ROWS[0]
    assert round((1221 + 1144) / level_1.n, 4) == level_1.auc  # its confusion matrix
    assert "accuracy" in level_1.caveat
    assert beside([0.243]) is None
