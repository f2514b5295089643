"""A probability map against the truth of one slide, cell by cell.

The rules: a cell is the model's own grid cell. Cells with too little tissue are "not
assessed" and in no metric; tumour that lies there is missed tumour and is listed apart.
Areas people marked "ignore" are in no metric either. Ranking figures (ROC, PR) are made of
probabilities, never of calls. A figure that does not exist is None with its reason.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.stitching import tumour_cells
from slides.grid import Grid
from slides.regions import Region
from training import labelling
from training.metrics import pr_auc, roc_auc, wilson

MM2_PER_CM2 = 100.0

RATIOS = ("recall", "precision", "specificity", "dice", "iou")
UNDEFINED = {
    "recall": "no tumour cell was assessed",
    "precision": "no cell was called tumour",
    "specificity": "no tumour-free cell was assessed",
    "dice": "neither tumour nor a call in the assessed cells",
    "iou": "neither tumour nor a call in the assessed cells",
    "roc_auc": "needs tumour and tumour-free cells",
    "pr_auc": "needs tumour and tumour-free cells",
}
NEEDS_TUMOUR = "this slide holds no tumour: see false positives per cm2"
NOT_EXHAUSTIVE = "the truth is not exhaustive: a call outside its outlines may be tumour"


@dataclass(frozen=True)
class Terms:
    """What a slide is measured by. Areas in mm2, None where um per px is unknown."""

    threshold: float
    tumour_bar: float = 0.0
    cell_area_mm2: float | None = None
    is_exhaustive: bool = True


@dataclass(frozen=True)
class CellTruth:
    """What people say of each cell: share of tumour, and whether it is to be left out.

    share: (rows, columns) float32 in [0, 1]. is_ignored: (rows, columns) bool.
    """

    share: np.ndarray
    is_ignored: np.ndarray


@dataclass(frozen=True)
class Agreement:
    """Cells by call and truth; the last three kinds are in no metric."""

    tp: int
    fp: int
    fn: int
    tn: int
    not_assessed: int
    ignored: int
    tumour_not_assessed: int

    @property
    def counts(self) -> np.ndarray:
        """[tp, fp, fn, tn]"""
        return np.array([self.tp, self.fp, self.fn, self.tn])


def truth_of_cells(regions: Sequence[Region], grid: Grid) -> CellTruth:
    """The truth of each cell, by the very rule that labelled the patches of training."""
    share, is_ignored = labelling.truth_of_cells(regions, grid)
    return CellTruth(share, is_ignored)


def agreement(probability_map: np.ndarray, truth: CellTruth, terms: Terms) -> Agreement:
    """Count the cells of a map (rows, columns; NaN = not assessed) by call and truth.

    A cell is tumour if its tumour share is above the tumour bar, and called if its
    probability is at or above the threshold. Raises ValueError if the shapes differ.
    """
    _check_shapes(probability_map, truth)
    is_tumour = truth.share > np.float32(terms.tumour_bar)
    is_called = tumour_cells(probability_map, terms.threshold)
    is_seen = ~np.isnan(probability_map)
    is_scored = is_seen & ~truth.is_ignored

    def count(cells: np.ndarray) -> int:
        return int(np.count_nonzero(cells))

    return Agreement(
        tp=count(is_scored & is_called & is_tumour),
        fp=count(is_scored & is_called & ~is_tumour),
        fn=count(is_scored & ~is_called & is_tumour),
        tn=count(is_scored & ~is_called & ~is_tumour),
        not_assessed=count(~is_seen & ~truth.is_ignored),
        ignored=count(truth.is_ignored),
        tumour_not_assessed=count(~is_seen & ~truth.is_ignored & is_tumour),
    )


def _check_shapes(probability_map: np.ndarray, truth: CellTruth) -> None:
    if not probability_map.shape == truth.share.shape == truth.is_ignored.shape:
        raise ValueError(
            f"map {probability_map.shape} and truth {truth.share.shape} are of different grids; "
            "make the truth for the map's own grid"
        )


def scored_cells(
    probability_map: np.ndarray, truth: CellTruth, terms: Terms
) -> tuple[np.ndarray, np.ndarray]:
    """Labels (n,) bool and probabilities (n,) float32 of the cells that count."""
    _check_shapes(probability_map, truth)
    is_scored = ~np.isnan(probability_map) & ~truth.is_ignored
    labels = truth.share[is_scored] > np.float32(terms.tumour_bar)
    return labels, probability_map[is_scored]


def ratio_parts(counts: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Numerator and denominator of each ratio, from (..., 4) counts [tp, fp, fn, tn]."""
    tp, fp, fn, tn = np.moveaxis(np.asarray(counts, dtype=np.float64), -1, 0)
    return {
        "recall": (tp, tp + fn),
        "precision": (tp, tp + fp),
        "specificity": (tn, tn + fp),
        "dice": (2 * tp, 2 * tp + fp + fn),
        "iou": (tp, tp + fp + fn),
    }


def figure(
    value: float | None,
    interval: tuple[float, float] | None = None,
    *,
    n: int,
    unit: str = "cells",
    reason: str = "",
) -> dict[str, Any]:
    """One figure as it is stored and shown: never without its n, never NaN."""
    is_known = value is not None and math.isfinite(value)
    low, high = interval if interval and is_known else (None, None)
    return {
        "value": float(value) if is_known and value is not None else None,
        "low": low if low is None else float(low),
        "high": high if high is None else float(high),
        "n": int(n),
        "unit": unit,
        "reason": "" if is_known else reason or "undefined",
    }


def slide_metrics(
    probability_map: np.ndarray,
    truth: CellTruth,
    terms: Terms,
    *,
    tissue_share: np.ndarray | None = None,
) -> dict[str, Any]:
    """All figures of one slide, ready to be stored as JSON.

    tissue_share: (rows, columns), for false positives per cm2 of assessed tissue.
    Intervals are Wilson's over cells, which are neighbours: read them as too narrow.
    """
    cells = agreement(probability_map, truth, terms)
    labels, scores = scored_cells(probability_map, truth, terms)
    has_tumour = bool((truth.share > np.float32(terms.tumour_bar)).any())
    figures = {name: _ratio(name, cells, has_tumour=has_tumour) for name in RATIOS}
    for name, area_under in (("roc_auc", roc_auc), ("pr_auc", pr_auc)):
        figures[name] = figure(area_under(labels, scores), n=len(labels), reason=UNDEFINED[name])
    tissue_cm2 = assessed_tissue_cm2(probability_map, truth, tissue_share, terms)
    figures["fp_per_cm2"] = false_positives_per_cm2(
        cells.fp, tissue_cm2, n=cells.fp + cells.tn, has_tumour=has_tumour
    )
    if not terms.is_exhaustive:
        _flag_negatives(figures)
    return {
        "figures": figures,
        "counts": cells.__dict__ | {"assessed": int(cells.counts.sum())},
        "coverage": coverage(probability_map, truth, terms),
        "threshold": terms.threshold,
        "tumour_bar": terms.tumour_bar,
        "has_tumour": has_tumour,
        "is_exhaustive": terms.is_exhaustive,
    }


def _ratio(name: str, cells: Agreement, *, has_tumour: bool) -> dict[str, Any]:
    top, bottom = (int(part) for part in ratio_parts(cells.counts)[name])
    if name in {"precision", "dice", "iou"} and not has_tumour:
        return figure(None, n=bottom, reason=NEEDS_TUMOUR)
    if name == "dice":
        return _dice(cells)
    if not bottom:
        return figure(None, n=0, reason=UNDEFINED[name])
    return figure(top / bottom, wilson(top, bottom), n=bottom)


def _dice(cells: Agreement) -> dict[str, Any]:
    """Dice by way of IoU, of which it is a rising function: D = 2 J / (1 + J)."""
    union = cells.tp + cells.fp + cells.fn
    if not union:
        return figure(None, n=0, reason=UNDEFINED["dice"])
    value = 2 * cells.tp / (union + cells.tp)
    interval = wilson(cells.tp, union)
    if interval:
        interval = _dice_of_iou(interval[0]), _dice_of_iou(interval[1])
    return figure(value, interval, n=union)


def _dice_of_iou(iou: float) -> float:
    return 2 * iou / (1 + iou)


def _flag_negatives(figures: dict[str, dict[str, Any]]) -> None:
    for name, entry in figures.items():
        if name != "recall":
            entry["caution"] = NOT_EXHAUSTIVE


def coverage(probability_map: np.ndarray, truth: CellTruth, terms: Terms) -> dict[str, Any]:
    """Tumour inside and outside the assessed region, in mm2 (None where unknown) and cells."""
    counted = np.where(truth.is_ignored, 0, truth.share).astype(np.float64)
    total = float(counted.sum())
    outside = float(counted[np.isnan(probability_map)].sum())
    area = terms.cell_area_mm2
    return {
        "tumour_share_assessed": figure(
            1 - outside / total if total else None,
            n=int(np.count_nonzero(counted)),
            reason="the truth holds no tumour",
        ),
        "tumour_mm2": None if area is None else total * area,
        "tumour_outside_mm2": None if area is None else outside * area,
        "cells": int(probability_map.size),
        "cells_assessed": int(np.count_nonzero(~np.isnan(probability_map))),
    }


def assessed_tissue_cm2(
    probability_map: np.ndarray,
    truth: CellTruth,
    tissue_share: np.ndarray | None,
    terms: Terms,
) -> float | None:
    """Tissue in the cells that count, None where tissue or um per px is unknown."""
    if tissue_share is None or terms.cell_area_mm2 is None:
        return None
    is_scored = ~np.isnan(probability_map) & ~truth.is_ignored
    cells = float(tissue_share[is_scored].sum(dtype=np.float64))
    return cells * terms.cell_area_mm2 / MM2_PER_CM2


def false_positives_per_cm2(
    count: int, tissue_cm2: float | None, *, n: int, has_tumour: bool
) -> dict[str, Any]:
    """False-positive cells per cm2 of assessed tissue, with the exact Poisson interval."""
    if has_tumour:
        return figure(None, n=n, reason="counted on slides without tumour only")
    if not tissue_cm2:
        return figure(None, n=n, reason="the tissue area or um per px is unknown")
    low, high = poisson_interval(count)
    return figure(count / tissue_cm2, (low / tissue_cm2, high / tissue_cm2), n=n)


def poisson_interval(count: int) -> tuple[float, float]:
    """The exact (Garwood) 95 % interval of a count."""
    from scipy.special import gammaincinv  # noqa: PLC0415 -- slow import

    low = float(gammaincinv(count, 0.025)) if count else 0.0
    return low, float(gammaincinv(count + 1, 0.975))


def suspicions(probability_map: np.ndarray, threshold: float) -> list[str]:
    """Plain warnings where a map looks like a broken model rather than a slide.

    Empty for an honest map, and for one of fewer than two cells.
    """
    scores = probability_map[~np.isnan(probability_map)]
    if not len(scores):
        return ["No cell was assessed: no tissue reached the tissue bar."]
    if len(scores) < 2:
        return []
    if scores.min() == scores.max():
        return [f"Every cell is {scores[0]:.3f}: check the model."]
    called = np.count_nonzero(tumour_cells(probability_map, threshold))
    if called > 0.995 * len(scores):
        return [f"{called} of {len(scores)} cells are called tumour: check the model."]
    return []
