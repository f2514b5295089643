"""What the page of an experiment shows: rows for its tables, and points for its plots."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from training.choices import Architecture, Augmentation, ExperimentKind, Optimizer, Pooling
from training.experiment_plans import RANGES, SPACE
from training.experiment_tables import words_of
from training.models import Experiment, TrainingRun
from training.seed_figures import SEED_ROWS, beside

WORDS = {
    "architecture": dict(Architecture.choices),
    "pooling": dict(Pooling.choices),
    "augmentation": dict(Augmentation.choices),
    "optimizer": dict(Optimizer.choices),
}


def param_names() -> dict[str, str]:
    return {
        "architecture": _("Network"),
        "learning_rate": _("Learning rate"),
        "batch": _("Batch"),
        "pooling": _("Pooling"),
        "augmentation": _("Augmentation"),
        "optimizer": _("Optimiser"),
        "label_smoothing": _("Label smoothing"),
    }


def shown(experiment: Experiment) -> dict[str, Any]:
    """The context of the page and of its polled part."""
    common = {
        "experiment": experiment,
        "job": experiment,
        "running": experiment.runs.filter(status=TrainingRun.Status.RUNNING).first(),
        "is_search": experiment.kind == ExperimentKind.SEARCH,
        "augmentation": WORDS["augmentation"].get(experiment.plan["recipe"]["augmentation"], ""),
    }
    make = _search if common["is_search"] else _folded
    return common | make(experiment)


# Folds ---------------------------------------------------------------------


def _folded(experiment: Experiment) -> dict[str, Any]:
    with_seed = experiment.kind == ExperimentKind.ZOOM_LEVELS
    rows = [
        row
        | {
            "architecture_words": str(WORDS["architecture"][row["architecture"]]),
            "scale": words_of(row["mpps"]),
            "seed": beside(row["mpps"]) if with_seed else None,
        }
        for row in experiment.results.get("rows", [])
    ]
    done = [row for row in rows if row["figures"]]
    best = max(done, key=lambda row: row["figures"]["roc_auc"]["value"] or 0, default=None)
    folds = experiment.plan["folds"]
    return {
        "rows": rows,
        "best_place": rows.index(best) if best else None,
        "levels": [
            level | {"scale": words_of(level["mpps"])}
            for level in experiment.results.get("levels", [])
        ],
        "cells_done": sum(len(row["by_fold"]) for row in rows),
        "cells_total": folds
        * len(experiment.plan["networks"])
        * len(experiment.plan.get("levels", [None])),
        "plots": [_plot(done, name, title) for name, title in _figures()],
        "seed_rows": [vars(seed) | {"scale": words_of(seed.mpps)} for seed in SEED_ROWS]
        if with_seed
        else [],
    }


def _figures() -> list[tuple[str, str]]:
    return [("roc_auc", "AUC"), ("recall", _("Recall")), ("precision", _("Precision"))]


def _plot(rows: list[dict[str, Any]], name: str, title: str) -> dict[str, Any]:
    """Points with intervals. seed: what the seed printed at that scale, with no interval."""
    in_seed = {"roc_auc": "auc"}.get(name, name)
    return {
        "title": title,
        "points": [
            {
                "label": f"{row['architecture_words'].split(' (')[0]}, {row['pooling']}",
                "group": f"{row['scale']} µm/px",
                **{key: row["figures"][name][key] for key in ("value", "low", "high", "n")},
                "seed": getattr(row["seed"], in_seed) if row["seed"] else None,
            }
            for row in rows
        ],
    }


# Search --------------------------------------------------------------------


def _search(experiment: Experiment) -> dict[str, Any]:
    trials = experiment.results.get("trials", [])
    names = param_names()
    with_value = [trial for trial in trials if trial["value"] is not None]
    importances = experiment.results.get("importances", {})
    return {
        "trials": [trial | {"values": _values(trial["params"])} for trial in trials],
        "best": experiment.results.get("best"),
        "params": list(names.values()),
        "importances": [
            {"label": names.get(name, name), "share": share} for name, share in importances.items()
        ],
        "plots": {
            "trials": [
                {key: trial[key] for key in ("number", "value", "state")} for trial in with_value
            ],
            "axes": [_axis(name, words, with_value) for name, words in names.items()],
        },
    }


def _values(params: Mapping[str, Any]) -> list[str]:
    return [_word(name, params.get(name)) for name in param_names()]


def _word(name: str, value: Any) -> str:
    if name in ("pooling", "augmentation"):
        return str(value)  # as commands say it: the whole words fill a line
    if value in WORDS.get(name, {}):
        return str(WORDS[name][value]).split(" (")[0]
    return f"{value:.2g}" if isinstance(value, float) else str(value)


def _axis(name: str, words: str, trials: list[dict[str, Any]]) -> dict[str, Any]:
    """One setting of all trials: numbers on a logarithmic scale, or places among choices."""
    values = [trial["params"][name] for trial in trials]
    if name in RANGES:
        return {"label": words, "isLog": True, "values": values, "choices": []}
    order = [*SPACE.get(name, ())]
    known = sorted(set(values), key=lambda value: order.index(value) if value in order else 99)
    return {
        "label": words,
        "isLog": False,
        "values": [known.index(value) for value in values],
        "choices": [_word(name, value) for value in known],
    }
