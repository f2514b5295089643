"""Two folders of results against one folder of truth: how the second differs from the first.

As for versions of a report: second less first on the very same slides, with intervals that
resample patients, DeLong's for the slide AUC and McNemar's test at the thresholds. What is
missing in a folder counts against it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from predictions.comparing import lesion_changes, paired_mean, paired_share
from predictions.folder_evaluation import (
    FolderRules,
    ScoredSlide,
    figures_of,
    score_slides,
    slide_values,
)
from predictions.folder_results import Results, read_results
from predictions.froc import SlideHits, paired_difference
from predictions.lesions import SIZE_CLASSES
from predictions.ranking import mcnemar, paired_delong
from predictions.release_diff import sure, verdict
from predictions.truth_folder import read_truth_folder

USUAL = 0.5
NOT_BOTH = "not both folders have such files"
NO_LESION = "no lesion counts here; isolated tumour cells never do"
NO_SLIDE = "no slide of this kind"
Thresholds = tuple[float, float]


@dataclass(frozen=True)
class _Sides:
    """The slides in FROC as both folders have them, in the same order."""

    first: list[ScoredSlide]
    second: list[ScoredSlide]
    thresholds: Thresholds
    rules: FolderRules

    @property
    def hits(self) -> tuple[list[SlideHits], list[SlideHits]]:
        return [one.hits for one in self.first], [one.hits for one in self.second]

    @property
    def patients(self) -> list[str]:
        return [one.hits.patient for one in self.first]

    @property
    def has_tumour(self) -> list[bool]:
        return [one.hits.is_tumour for one in self.first]

    def found(self, side: int) -> list[np.ndarray]:
        """Of each slide, which of its lesions that count are found."""
        cut = self.thresholds[side]
        return [(one.lesions > 0) & (one.lesions >= cut) for one in self.hits[side]]

    def false(self, side: int) -> np.ndarray:
        cut = self.thresholds[side]
        counts = [np.count_nonzero(one.false_positives >= cut) for one in self.hits[side]]
        return np.array(counts, float)


def compare_folders(
    first: Path,
    second: Path,
    truth: Path,
    rules: FolderRules | None = None,
    *,
    thresholds: Thresholds = (USUAL, USUAL),
    tell: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """All figures of both folders (a, b) and of the pair, ready for JSON.

    thresholds: from which on findings and slides of the first and of the second are called.
    Raises as evaluate_folders does, and ValueError at a threshold outside 0..1.
    """
    rules = rules or FolderRules()
    if not all(0 <= one <= 1 for one in thresholds):
        raise ValueError(f"thresholds are in 0..1, got {thresholds[0]:g} and {thresholds[1]:g}")
    folder = read_truth_folder(truth)
    results = [read_results(path, folder) for path in (first, second)]
    scored = score_slides(folder, results, rules, tell=tell)
    return {
        "a": figures_of(folder, results[0], scored[0], rules),
        "b": figures_of(folder, results[1], scored[1], rules),
        "pair": _pair(results, scored, thresholds, rules),
    }


def _pair(
    results: Sequence[Results],
    scored: Sequence[list[ScoredSlide]],
    thresholds: Thresholds,
    rules: FolderRules,
) -> dict[str, Any]:
    able = [[one for one in side if not one.reason] for side in scored]
    sides = _Sides(able[0], able[1], thresholds, rules)
    figures: dict[str, dict[str, Any]] = {}
    mcnemars: dict[str, dict[str, Any]] = {}
    lesions: dict[str, Any] = {"n": 0, "reason": NOT_BOTH, "changes": []}
    if all(one.detections for one in results):
        figures |= _lesion_figures(sides)
        mcnemars["lesions"] = _mcnemar_lesions(sides)
        lesions = _changes(sides)
    else:
        names = ("froc", "lesion_sensitivity", "false_per_slide")
        figures |= {name: _none(NOT_BOTH) for name in names}
    figures["slide_auc"], of_slides = _slides(results, scored, thresholds, rules)
    mcnemars |= of_slides
    return {
        "thresholds": list(thresholds),
        "figures": {name: one | {"verdict": verdict(name, one)} for name, one in figures.items()},
        "mcnemar": mcnemars,
        "lesions": lesions,
    }


def _none(reason: str) -> dict[str, Any]:
    return {"value": None, "low": None, "high": None, "p": None, "n": 0, "reason": reason}


# Lesions -----------------------------------------------------------------------


def _lesion_figures(sides: _Sides) -> dict[str, dict[str, Any]]:
    rules = sides.rules
    total = np.array([len(one.lesions) for one in sides.hits[0]], float)
    counts = [np.array([one.sum() for one in sides.found(side)], float) for side in (0, 1)]
    owners = sides.patients, sides.has_tumour
    carriers = len({one.patient for one in sides.hits[0] if len(one.lesions)})
    froc = (
        _none("")
        | paired_difference(*sides.hits, draws=rules.draws, seed=rules.seed)
        | {"patients": carriers}
    )
    shares = paired_share(
        counts[0], counts[1], total, *owners, draws=rules.draws, seed=rules.seed
    ) | {"unit": "lesions"}
    if shares["value"] is None:
        shares["reason"] = NO_LESION
    false = [sides.false(side) for side in (0, 1)]
    rates = paired_mean(false[0], false[1], *owners, draws=rules.draws, seed=rules.seed)
    if len(total):
        rates |= {"first": float(false[0].mean()), "second": float(false[1].mean())}
    rates["patients"] = len(set(sides.patients))
    told = {"froc": froc, "lesion_sensitivity": shares, "false_per_slide": rates}
    return {name: sure(one) for name, one in told.items()}


def _mcnemar_lesions(sides: _Sides) -> dict[str, Any]:
    found = [np.concatenate([np.zeros(0, bool), *sides.found(side)]) for side in (0, 1)]
    told = mcnemar(*found) | {"unit": "lesions"}
    return told if len(found[0]) else told | {"p": None, "reason": NO_LESION}


def _changes(sides: _Sides) -> dict[str, Any]:
    """Lesions that count and that only one of the two finds, by name."""
    sizes = {
        (one.slide.name, each.number): each.size_class
        for one in sides.first
        for each in one.lesions
    }
    changes = [
        {
            "slide": one.slide,
            "number": one.number,
            "size_class": sizes[one.slide, one.number],
            "change": "gained" if one.is_gained else "lost",
            "confidences": list(one.confidences),
        }
        for one in lesion_changes(*sides.hits, sides.thresholds)
    ]
    own = [len(one.lesions) for one in sides.hits[0]]
    return {
        "n": sum(own),
        **{name: _count(changes, change=name) for name in ("gained", "lost")},
        "by_size_class": {
            size: {
                name: _count(changes, change=name, size_class=size) for name in ("gained", "lost")
            }
            for size in SIZE_CLASSES
            if size != "itc"
        },
        "changes": changes,
    }


def _count(changes: Sequence[Mapping[str, Any]], **wanted: str) -> int:
    return sum(all(one[key] == value for key, value in wanted.items()) for one in changes)


# Slides ------------------------------------------------------------------------


def _slides(
    results: Sequence[Results],
    scored: Sequence[list[ScoredSlide]],
    thresholds: Thresholds,
    rules: FolderRules,
) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """DeLong's paired test of the slide AUC, and McNemar's of slides called rightly."""
    given = [one.scores for one in results]
    if given[0] is None or given[1] is None:
        return _none(NOT_BOTH), {}
    counted, labels, first = slide_values(scored[0], given[0], rules)
    second = slide_values(scored[1], given[1], rules)[2]
    patients = np.array([one.hits.patient for one in counted])
    of_class = [len(set(patients[labels == label])) for label in (True, False)]
    area = _none("") | paired_delong(labels, first, second) | {"patients": min(of_class)}
    right = [
        (values >= cut) == labels for values, cut in zip((first, second), thresholds, strict=True)
    ]
    kinds = {
        "slides": np.ones(len(labels), bool),
        "tumour_slides": labels,
        "normal_slides": ~labels,
    }
    tests = {name: mcnemar(*(one[own] for one in right)) for name, own in kinds.items()}
    return area, {
        name: one if kinds[name].any() else one | {"p": None, "reason": NO_SLIDE}
        for name, one in tests.items()
    }
