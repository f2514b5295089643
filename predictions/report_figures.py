"""All figures of one version over slides, as a report keeps them: each with n and an interval,
or the reason why it has none. Everything is drawn by patient, in the same draws."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.bands import calibration_figures, ranking_figures
from predictions.cohort import cohort_metrics
from predictions.evaluation import figure, poisson_interval
from predictions.froc import SlideHits, froc_curve, froc_figures, narrowed
from predictions.lesions import SIZE_CLASSES
from predictions.ranking import delong, score_table
from predictions.report_entries import coverage, false_findings, patient_stages, slide_entry
from predictions.report_slides import SlideReading, lesion_rows
from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights
from training.metrics import wilson

Step = Callable[[], None]
NO_LESION = "no lesion of this size in these slides"
NO_SLIDE = "no such slide"
NO_AREA = "no normal slide with known tissue area"


@dataclass(frozen=True)
class Terms:
    """itc_slides: what a slide with isolated tumour cells only is to the slide AUC."""

    threshold: float
    itc_slides: str = "negative"
    draws: int = DRAWS
    seed: int = 0


def version_figures(
    readings: Sequence[SlideReading],
    terms: Terms,
    missing: Sequence[SlideHits] = (),
    *,
    step: Step = lambda: None,
) -> dict[str, Any]:
    """Every figure of one version over slides it has read, ready for JSON.

    missing: slides that it has not read and that are in no figure but one: the official score
    counts their lesions as missed.
    step: called between the parts. Raises ValueError without slides.
    """
    cells = [one.cells for one in readings]
    told = cohort_metrics(cells, threshold=terms.threshold, draws=terms.draws, seed=terms.seed)
    step()
    told["slides_level"] = _slide_level(readings, terms)
    told["curves"] = _curves(readings, terms)
    step()
    told["froc"] = _froc(readings, missing, terms)
    step()
    return told | {
        "lesions": lesion_figures(readings, terms),
        "coverage": coverage(readings),
        "patients": patient_stages(readings, draws=terms.draws, seed=terms.seed),
        "slides": [slide_entry(one, terms.threshold) for one in readings],
    }


def weights_of(readings: Sequence[SlideReading], terms: Terms) -> np.ndarray:
    owners = [one.truth.patient for one in readings]
    has_tumour = [one.truth.has_tumour for one in readings]
    return slide_weights(owners, has_tumour, draws=terms.draws, seed=terms.seed)


def share(
    top: np.ndarray,
    bottom: np.ndarray,
    readings: Sequence[SlideReading],
    terms: Terms,
    **words: Any,
) -> dict[str, Any]:
    """Sum over slides of top by that of bottom; top, bottom: (slides,). words: unit, reason, n."""
    weights = weights_of(readings, terms)
    carriers = {one.truth.patient for one, n in zip(readings, bottom, strict=True) if n}
    edges = None
    if len(carriers) > 1:
        edges = interval(divided(weights @ top.astype(float), weights @ bottom.astype(float)))
    total = float(bottom.sum())
    words.setdefault("n", int(total))
    told = figure(float(top.sum()) / total if total else None, edges, **words)
    if total and edges is None:
        told["interval_reason"] = TOO_FEW
    return told


def unsure(told: dict[str, Any], patients: int) -> dict[str, Any]:
    """A share of which all or none was found: draws of it are all alike and say nothing.

    Its interval is then Wilson's with a patient for one, the widest there is.
    """
    if told["value"] not in (0.0, 1.0) or told["low"] != told["high"] or not patients:
        return told
    edges = wilson(patients if told["value"] else 0, patients)
    if edges is None:
        return told
    told.pop("interval_reason", None)
    return told | {"low": edges[0], "high": edges[1], "interval": "wilson"}


# Slides ----------------------------------------------------------------------


def is_positive(reading: SlideReading, terms: Terms) -> bool:
    is_itc = reading.truth.is_itc_only and terms.itc_slides == "negative"
    return reading.truth.has_tumour and not is_itc


def is_ranked(reading: SlideReading, terms: Terms) -> bool:
    """False of slides that are neither tumour nor normal, or were told to be left out."""
    if not (reading.truth.has_tumour or reading.truth.is_exhaustive):
        return False
    return not (reading.truth.is_itc_only and terms.itc_slides == "left_out")


def ranked(
    readings: Sequence[SlideReading], terms: Terms
) -> tuple[list[SlideReading], np.ndarray, np.ndarray]:
    """Slides in the slide AUC, (n,) whether each is positive, (n,) its highest probability.

    A slide in which nothing was assessed has no sign of tumour: 0.
    """
    counted = [one for one in readings if is_ranked(one, terms)]
    labels = np.array([is_positive(one, terms) for one in counted], bool)
    return counted, labels, np.array([one.score or 0.0 for one in counted], np.float64)


def slide_auc(readings: Sequence[SlideReading], terms: Terms) -> dict[str, Any]:
    """The slides' ROC-AUC by their highest probability, with DeLong's interval."""
    counted, labels, scores = ranked(readings, terms)
    itc = sum(one.truth.is_itc_only for one in readings)
    told = {"low": None, "high": None, "unit": "slides"} | delong(labels, scores)
    return told | {
        "tumour_slides": int(labels.sum()),
        "itc_slides": {"are": terms.itc_slides, "n": itc},
    }


def _slide_level(readings: Sequence[SlideReading], terms: Terms) -> dict[str, Any]:
    """Slide AUC, and at the threshold the shares of tumour and of normal slides with any call.

    A slide without an outline whose truth is not exhaustive is neither.
    """
    known = [one for one in readings if one.truth.has_tumour or one.truth.is_exhaustive]
    cut = np.float32(terms.threshold)
    called = np.array([one.score is not None and one.score >= cut for one in known], float)
    tumour = np.array([one.truth.has_tumour for one in known], float)
    told = {"auc": slide_auc(readings, terms)}
    for name, member in (("sensitivity", tumour), ("normal_with_call", 1 - tumour)):
        one = share(called * member, member, known, terms, unit="slides", reason=NO_SLIDE)
        told[name] = unsure(one, _patients(known, member))
    return told


def _patients(readings: Sequence[SlideReading], member: Sequence[float] | np.ndarray) -> int:
    """How many patients have a slide that is a member."""
    pairs = zip(readings, member, strict=True)
    return len({one.truth.patient for one, is_member in pairs if is_member})


# Curves ----------------------------------------------------------------------


def _curves(readings: Sequence[SlideReading], terms: Terms) -> dict[str, Any]:
    """ROC, PR and calibration of cells, of slides whose truth is exhaustive; ROC, PR of slides."""
    whole = [one for one in readings if one.truth.is_exhaustive]
    tables = [score_table(one.cells.scores, one.cells.labels) for one in whole]
    weights = weights_of(whole, terms)
    counted, labels, scores = ranked(readings, terms)
    pairs = zip(scores[:, None], labels[:, None], strict=True)
    by_slide = ranking_figures([score_table(*pair) for pair in pairs], weights_of(counted, terms))
    return {
        "cells": ranking_figures(tables, weights) | {"n": _n(whole)},
        "calibration": calibration_figures(tables, weights) | {"slides": len(whole)},
        "slides": by_slide | {"n": _n(counted)},
    }


def _n(readings: Sequence[SlideReading]) -> dict[str, int]:
    return {
        "slides": len(readings),
        "tumour_slides": sum(one.truth.has_tumour for one in readings),
        "patients": len({one.truth.patient for one in readings}),
        "cells": sum(len(one.cells.labels) for one in readings),
    }


# Lesions ---------------------------------------------------------------------


def in_froc(readings: Sequence[SlideReading]) -> list[SlideReading]:
    return [one for one in readings if not one.froc_reason]


def _froc(
    readings: Sequence[SlideReading], missing: Sequence[SlideHits], terms: Terms
) -> dict[str, Any]:
    counted = in_froc(readings)
    hits = [one.hits for one in counted if one.hits is not None]
    told = _froc_of(hits, terms)
    told["left_out"] = [
        {"slide": one.truth.name, "reason": one.froc_reason} for one in readings if one.froc_reason
    ]
    told["by_size_class"] = {
        name: _score_of_class(counted, name, terms) for name in ("micro", "macro")
    }
    if missing:
        told["with_missing"] = _with_missing(hits, missing)
    return told


def _froc_of(hits: Sequence[SlideHits], terms: Terms) -> dict[str, Any]:
    told = froc_figures(hits, draws=terms.draws, seed=terms.seed)
    patients = len({one.patient for one in hits if len(one.lesions)})
    if told["score"] is not None:
        told["score"] = unsure(told["score"], patients)
    told["sensitivity"] = [unsure(one, patients) for one in told["sensitivity"]]
    return told


def _score_of_class(counted: Sequence[SlideReading], name: str, terms: Terms) -> dict[str, Any]:
    """Only lesions of one size count, against the false positives of all slides."""
    hits = []
    for one in counted:
        own = [each.number for each in one.truth.lesions or () if each.size_class == name]
        if one.hits is not None:
            hits.append(narrowed(one.hits, own))
    told = _froc_of(hits, terms)
    return {key: told[key] for key in ("score", "reason", "sensitivity", "n") if key in told}


def _with_missing(hits: Sequence[SlideHits], missing: Sequence[SlideHits]) -> dict[str, Any]:
    """The official score: lesions of slides that were not read are missed, the slides count."""
    every = [*hits, *missing]
    curve = froc_curve(every)
    lesions = sum(len(one.lesions) for one in every)
    score = None if curve is None else curve.score
    told = figure(score, n=lesions, unit="lesions", reason=NO_LESION)
    return told | {"missing": sorted(one.name for one in missing)}


def lesion_figures(readings: Sequence[SlideReading], terms: Terms) -> dict[str, Any]:
    """At the operating point: what is found of each size, and false findings by slide and area.

    Isolated tumour cells are told here, though they count in no FROC.
    """
    counted = in_froc(readings)
    rows = [lesion_rows(one, terms.threshold) for one in counted]
    false = np.array([false_findings(one, terms.threshold) for one in counted])
    names = [*SIZE_CLASSES, "all"]
    by_class = {name: _sensitivity(name, rows, counted, terms) for name in names}
    return {
        "sensitivity": by_class.pop("all"),
        "by_size_class": by_class,
        "false_per_slide": _false_per(
            false, np.ones(len(counted)), counted, terms, unit="slides", reason=NO_SLIDE
        ),
        "false_per_cm2": _false_per_cm2(false, counted, terms),
        "said": _said(readings),
    }


def _sensitivity(
    name: str,
    rows: Sequence[Sequence[dict[str, Any]]],
    counted: Sequence[SlideReading],
    terms: Terms,
) -> dict[str, Any]:
    """Of one class, or of all that count."""
    own = [
        [
            row["is_found"]
            for row in of_slide
            if (row["size_class"] != "itc" if name == "all" else row["size_class"] == name)
        ]
        for of_slide in rows
    ]
    found = np.array([sum(one) for one in own], float)
    total = np.array([len(one) for one in own], float)
    told = share(found, total, counted, terms, unit="lesions", reason=NO_LESION)
    return unsure(told, _patients(counted, total)) | {"found": int(found.sum())}


def _false_per(
    count: np.ndarray, by: np.ndarray, counted: Sequence[SlideReading], terms: Terms, **words: Any
) -> dict[str, Any]:
    """A rate of false findings. Where all draws are alike, as of none at all, they say nothing,
    and its interval is the exact one of the count."""
    told = share(count, by, counted, terms, **words)
    if told["value"] is None or told["low"] != told["high"]:
        return told
    low, high = (edge / float(by.sum()) for edge in poisson_interval(int(count.sum())))
    told.pop("interval_reason", None)
    return told | {"low": low, "high": high, "interval": "poisson"}


def _false_per_cm2(
    false: np.ndarray, counted: Sequence[SlideReading], terms: Terms
) -> dict[str, Any]:
    """False findings by area of assessed tissue, on normal slides alone."""
    normal = np.array([not one.truth.has_tumour for one in counted], bool)
    area = np.array([one.cells.tissue_cm2 or 0.0 for one in counted], float)
    known = normal & (area > 0)
    top, bottom = np.where(known, false, 0), np.where(known, area, 0.0)
    words = {"unit": "normal slides", "reason": NO_AREA, "n": int(known.sum())}
    told = _false_per(top, bottom, counted, terms, **words)
    return told | {"tissue_cm2": float(bottom.sum()), "found": int(top.sum())}


def _said(readings: Sequence[SlideReading]) -> dict[str, dict[str, int]]:
    """Slides by the class of node in truth, and by what the map's largest lesion makes of it."""
    table: dict[str, dict[str, int]] = {}
    for one in readings:
        if one.truth.node_class and one.node_class:
            row = table.setdefault(one.truth.node_class, {})
            row[one.node_class] = row.get(one.node_class, 0) + 1
    return table
