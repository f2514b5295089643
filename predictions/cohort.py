"""One version over many slides: pooled and per-slide figures with honest intervals.

Intervals resample patients, never cells: cells of one slide are not independent. Draws are
stratified by tumour and normal, so that none lacks either. 1,000 draws, 2.5 to 97.5 %.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.bands import BINS, Binned, area_draws, binned
from predictions.evaluation import (
    NEEDS_TUMOUR,
    RATIOS,
    UNDEFINED,
    figure,
    ratio_parts,
)
from predictions.ranking import ScoreTable, merged, score_table, table_pr_auc, table_roc_auc
from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights

CURVE_POINTS = 200
AREAS = {"roc_auc": table_roc_auc, "pr_auc": table_pr_auc}
NEED_ALL_NEGATIVES = ("precision", "dice", "iou", "pr_auc")
NONE_EXHAUSTIVE = "no slide has an exhaustive truth: a call outside its outlines may be tumour"


@dataclass(frozen=True)
class SlideCells:
    """The cells of one slide that count, with what a cohort needs to know of the slide.

    labels: (n,) bool. scores: (n,) in [0, 1]. tissue_cm2: assessed tissue, None if unknown.
    """

    name: str
    patient: str
    labels: np.ndarray
    scores: np.ndarray
    tissue_cm2: float | None = None
    has_tumour: bool = False
    is_exhaustive: bool = True

    def counted(self) -> "SlideCells":
        """Without the cells that cannot be trusted: negatives of a truth not exhaustive."""
        if self.is_exhaustive:
            return self
        kept = self.labels
        return SlideCells(**{**self.__dict__, "labels": kept[kept], "scores": self.scores[kept]})


def cohort_metrics(
    slides: Sequence[SlideCells], *, threshold: float, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Pooled, macro and slide-level figures over slides, with patient-bootstrap intervals.

    Pooled figures join all cells; macro figures are means over slides where the figure
    exists (ratios of overlap: slides with tumour). Of a truth that is not exhaustive only
    tumour cells count, and in no figure that weighs them against false alarms.
    Raises ValueError without slides.
    """
    if not slides:
        raise ValueError("no slide to evaluate; predict slides that have a truth first")
    counted = [slide.counted() for slide in slides]
    weights = slide_weights(
        [slide.patient for slide in counted],
        [slide.has_tumour for slide in counted],
        draws=draws,
        seed=seed,
    )
    of_slides = [score_table(slide.scores, slide.labels) for slide in counted]
    tables = {
        name: merged(
            table for slide, table in zip(counted, of_slides, strict=True) if _can_tell(name, slide)
        )
        for name in AREAS
    }
    counts = np.stack([_counts(slide, threshold) for slide in counted])
    return {
        "pooled": _pooled(counted, counts, weights)
        | _pooled_ranking(counted, of_slides, tables, weights),
        "macro": _macro(counted, of_slides, counts, weights),
        "slides": _slide_level(slides, threshold, weights),
        "curves": {"roc": _roc(tables["roc_auc"]), "pr": _pr(tables["pr_auc"])},
        "n": _sizes(slides, counted),
        "threshold": threshold,
        "draws": draws,
        "seed": seed,
        "not_exhaustive": sorted(slide.name for slide in slides if not slide.is_exhaustive),
    }


def _sizes(slides: Sequence[SlideCells], counted: Sequence[SlideCells]) -> dict[str, int]:
    return {
        "slides": len(slides),
        "tumour_slides": sum(slide.has_tumour for slide in slides),
        "patients": len({slide.patient for slide in slides}),
        "cells": sum(len(slide.labels) for slide in counted),
        "tumour_cells": int(sum(np.count_nonzero(slide.labels) for slide in counted)),
    }


def _counts(slide: SlideCells, threshold: float) -> np.ndarray:
    """[tp, fp, fn, tn]"""
    called, tumour = slide.scores >= np.float32(threshold), slide.labels.astype(bool)
    kinds = (called & tumour, called & ~tumour, ~called & tumour, ~called & ~tumour)
    return np.array([np.count_nonzero(kind) for kind in kinds])


# Intervals -----------------------------------------------------------------


def _has_both_twice(slides: Sequence[SlideCells]) -> bool:
    """True with two tumour and two normal patients: fewer would not vary between draws."""
    with_tumour = {slide.patient for slide in slides if slide.has_tumour}
    without = {slide.patient for slide in slides} - with_tumour
    return len(with_tumour) >= 2 and len(without) >= 2


def _is_varied(name: str, slides: Sequence[SlideCells]) -> bool:
    """True where at least two patients carry a figure, so that an interval means something."""
    tumour = {slide.patient for slide in slides if slide.labels.any()}
    free = {slide.patient for slide in slides if not slide.labels.all()}
    needs = {"recall": (tumour,), "specificity": (free,)}.get(name, (tumour, free))
    return all(len(patients) >= 2 for patients in needs)


def _with_interval(
    value: float | None, draws: np.ndarray, *, is_varied: bool, n: int, unit: str, reason: str
) -> dict[str, Any]:
    bounds = interval(draws) if is_varied else None
    entry = figure(value, bounds, n=n, unit=unit, reason=reason)
    if entry["value"] is not None and bounds is None:
        entry["interval_reason"] = TOO_FEW
    return entry


# Figures -------------------------------------------------------------------


def _pooled(
    slides: Sequence[SlideCells], counts: np.ndarray, weights: np.ndarray
) -> dict[str, dict[str, Any]]:
    figures = {}
    for name in RATIOS:
        known, own = _able_to_tell(name, slides, counts)
        drawn, whole = ratio_parts(weights @ own), ratio_parts(own.sum(axis=0))
        top, bottom = (float(part) for part in whole[name])
        figures[name] = _with_interval(
            top / bottom if bottom else None,
            divided(*drawn[name]),
            is_varied=_is_varied(name, known),
            n=int(whole["iou" if name == "dice" else name][1]),
            unit="cells",
            reason=UNDEFINED[name] if known else NONE_EXHAUSTIVE,
        )
    return figures | {"fp_per_cm2": _pooled_false_positives(slides, counts, weights)}


def _able_to_tell(
    name: str, slides: Sequence[SlideCells], counts: np.ndarray
) -> tuple[list[SlideCells], np.ndarray]:
    """The slides whose truth allows a figure, and the counts with those of the others at 0."""
    is_able = np.array([_can_tell(name, slide) for slide in slides])
    known = [slide for slide, is_one in zip(slides, is_able, strict=True) if is_one]
    return known, np.where(is_able[:, None], counts, 0)


def _can_tell(name: str, slide: SlideCells) -> bool:
    return slide.is_exhaustive or name not in NEED_ALL_NEGATIVES


def _pooled_false_positives(
    slides: Sequence[SlideCells], counts: np.ndarray, weights: np.ndarray
) -> dict[str, Any]:
    """False-positive cells per cm2 of assessed tissue over the normal slides."""
    is_normal = np.array([not slide.has_tumour and slide.is_exhaustive for slide in slides])
    areas = np.array([slide.tissue_cm2 or 0.0 for slide in slides])
    is_known = is_normal & (areas > 0)
    false, areas = np.where(is_known, counts[:, 1], 0), np.where(is_known, areas, 0.0)
    patients = {slide.patient for slide, known in zip(slides, is_known, strict=True) if known}
    return _with_interval(
        float(false.sum() / areas.sum()) if areas.sum() else None,
        divided(weights @ false.astype(float), weights @ areas),
        is_varied=len(patients) >= 2,
        n=int(is_known.sum()),
        unit="normal slides",
        reason="no normal slide with known tissue area",
    )


def _pooled_ranking(
    slides: Sequence[SlideCells],
    of_slides: Sequence[ScoreTable],
    tables: Mapping[str, ScoreTable],
    weights: np.ndarray,
) -> dict[str, dict[str, Any]]:
    counts = binned(of_slides, BINS)
    figures = {}
    for name, area_under in AREAS.items():
        known, positive = _able_to_tell(name, slides, counts.positive)
        _, negative = _able_to_tell(name, slides, counts.negative)
        figures[name] = _with_interval(
            area_under(tables[name]),
            area_draws(Binned(positive, negative), weights)[name],
            is_varied=_is_varied(name, known),
            n=int(tables[name].positive.sum() + tables[name].negative.sum()),
            unit="cells",
            reason=UNDEFINED[name] if known else NONE_EXHAUSTIVE,
        )
    return figures


def _macro(
    slides: Sequence[SlideCells],
    of_slides: Sequence[ScoreTable],
    counts: np.ndarray,
    weights: np.ndarray,
) -> dict[str, dict[str, Any]]:
    columns = {name: divided(*parts) for name, parts in ratio_parts(counts).items()}
    is_told = np.array([slide.has_tumour and slide.is_exhaustive for slide in slides])
    for name in ("precision", "dice", "iou"):
        columns[name] = np.where(is_told, columns[name], np.nan)
    for name, area_under in AREAS.items():
        areas = [area_under(table) for table in of_slides]
        columns[name] = np.array([np.nan if area is None else area for area in areas])
    return {
        name: _mean_over_slides(values, slides, weights, reason=UNDEFINED.get(name, NEEDS_TUMOUR))
        for name, values in columns.items()
    }


def _mean_over_slides(
    values: np.ndarray, slides: Sequence[SlideCells], weights: np.ndarray, *, reason: str
) -> dict[str, Any]:
    is_known = np.isfinite(values)
    known = np.where(is_known, values, 0.0)
    patients = {slide.patient for slide, known in zip(slides, is_known, strict=True) if known}
    return _with_interval(
        float(values[is_known].mean()) if is_known.any() else None,
        divided(weights @ known, (weights @ is_known.astype(float))),
        is_varied=len(patients) >= 2,
        n=int(is_known.sum()),
        unit="slides",
        reason=f"no slide has it: {reason}",
    )


def _slide_level(
    slides: Sequence[SlideCells], threshold: float, weights: np.ndarray
) -> dict[str, dict[str, Any]]:
    """Slides ranked by their highest cell, and the share of slides with any call.

    All cells are looked at: an outline that is missing changes no slide that has another.
    A slide without any, whose truth is not exhaustive, is neither tumour nor normal.
    """
    is_known = np.array([slide.has_tumour or slide.is_exhaustive for slide in slides])
    slides = [slide for slide, is_one in zip(slides, is_known, strict=True) if is_one]
    weights = weights[:, is_known]
    is_tumour = np.array([slide.has_tumour for slide in slides], bool)
    is_called = np.array([_counts(slide, threshold)[:2].any() for slide in slides], bool)
    score = np.array([slide.scores.max() if len(slide.scores) else 0.0 for slide in slides])
    bins = np.searchsorted(np.unique(score), score)
    one_hot = np.eye(max(len(slides), 1))[bins]
    by_score = Binned(one_hot * is_tumour[:, None], one_hot * ~is_tumour[:, None])
    return {
        "roc_auc": _with_interval(
            table_roc_auc(score_table(score, is_tumour)),
            area_draws(by_score, weights)["roc_auc"],
            is_varied=_has_both_twice(slides),
            n=len(slides),
            unit="slides",
            reason="needs slides with and without tumour",
        ),
        "sensitivity": _share_called(is_called, is_tumour, slides, weights),
        "normal_with_call": _share_called(is_called, ~is_tumour, slides, weights),
    }


def _share_called(
    is_called: np.ndarray,
    is_member: np.ndarray,
    slides: Sequence[SlideCells],
    weights: np.ndarray,
) -> dict[str, Any]:
    values = np.where(is_member, is_called.astype(float), np.nan)
    return _mean_over_slides(values, slides, weights, reason="no such slide in the cohort")


# Curves --------------------------------------------------------------------


def roc_points(labels: np.ndarray, scores: np.ndarray) -> list[list[float]]:
    """At most 200 points [false-positive rate, recall, threshold], from (0, 0) to (1, 1).

    Empty where one class is missing.
    """
    return _roc(score_table(scores, labels))


def pr_points(labels: np.ndarray, scores: np.ndarray) -> list[list[float]]:
    """At most 200 points [recall, precision, threshold] by rising recall; empty without tumour."""
    return _pr(score_table(scores, labels))


def _roc(table: ScoreTable) -> list[list[float]]:
    tp, fp, cut = _steps(table)
    if not len(cut) or not tp[-1] or not fp[-1]:
        return []
    curve = np.column_stack([fp / fp[-1], tp / tp[-1], cut])
    return _thinned(np.vstack([np.array([[0.0, 0.0, 1.0]]), curve]))


def _pr(table: ScoreTable) -> list[list[float]]:
    tp, fp, cut = _steps(table)
    if not len(cut) or not tp[-1]:
        return []
    return _thinned(np.column_stack([tp / tp[-1], tp / (tp + fp), cut]))


def _steps(table: ScoreTable) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cumulative tumour and tumour-free cells at each distinct score, highest first."""
    tp, fp = (np.cumsum(side[::-1]) for side in (table.positive, table.negative))
    return tp, fp, table.scores[::-1]


def _thinned(points: np.ndarray) -> list[list[float]]:
    if len(points) > CURVE_POINTS:
        points = points[np.linspace(0, len(points) - 1, CURVE_POINTS).astype(int)]
    return [[round(float(value), 6) for value in point] for point in points]
