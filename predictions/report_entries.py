"""What a report tells of single slides and patients, and of tumour nobody looked at."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from predictions.evaluation import figure
from predictions.report_slides import SlideReading, lesion_rows
from predictions.staging import kappa_figure, patient_stage

NO_NODES = "no patient with two or more slides whose lesions are all outlined"


def false_findings(reading: SlideReading, threshold: float) -> int:
    if reading.hits is None:
        return 0
    return int(np.count_nonzero(reading.hits.false_positives >= threshold))


# Coverage, patients ----------------------------------------------------------


def coverage(readings: Sequence[SlideReading]) -> dict[str, Any]:
    """Tumour that lies where nothing was assessed: missed before anything was looked at."""
    parts = [one.metrics.get("coverage", {}) for one in readings]
    known = [one for one in parts if one.get("tumour_mm2") is not None]
    total = sum(one["tumour_mm2"] for one in known)
    outside = sum(one["tumour_outside_mm2"] for one in known)
    return {
        "tumour_share_assessed": figure(
            1 - outside / total if total else None,
            n=sum(one["tumour_mm2"] > 0 for one in known),
            unit="tumour slides",
            reason="no tumour of known area",
        ),
        "tumour_mm2": total,
        "tumour_outside_mm2": outside,
        "cells": sum(one.get("cells", 0) for one in parts),
        "cells_assessed": sum(one.get("cells_assessed", 0) for one in parts),
    }


def patient_stages(readings: Sequence[SlideReading], *, draws: int, seed: int) -> dict[str, Any]:
    """pN stage of each patient of several nodes, in truth and as the maps have it, and kappa."""
    nodes: dict[str, list[SlideReading]] = {}
    for one in readings:
        nodes.setdefault(one.truth.patient, []).append(one)
    told: list[dict[str, Any]] = []
    for patient, own in sorted(nodes.items()):
        is_whole = all(one.truth.is_exhaustive and one.truth.node_class for one in own)
        if len(own) > 1 and is_whole and all(one.node_class for one in own):
            stages = {
                "truth": patient_stage([one.truth.node_class for one in own]),
                "said": patient_stage([one.node_class for one in own]),
            }
            told.append({"patient": patient, "nodes": len(own)} | stages)
    truth, said = ([str(one[whose]) for one in told] for whose in ("truth", "said"))
    kappa = kappa_figure(truth, said, draws=draws, seed=seed)
    return {"kappa": kappa if told else kappa | {"reason": NO_NODES}, "stages": told}


# Per slide -------------------------------------------------------------------


def slide_entry(reading: SlideReading, threshold: float) -> dict[str, Any]:
    """One slide as the report lists it, with everything its lesion figures are made of."""
    truth, hits = reading.truth, reading.hits
    figures = reading.metrics.get("figures", {})
    return {
        "slide": truth.pk,
        "name": truth.name,
        "patient": truth.patient,
        "has_tumour": truth.has_tumour,
        "is_exhaustive": truth.is_exhaustive,
        "node_class": truth.node_class,
        "said_class": reading.node_class,
        "groups": dict(truth.groups),
        "score": reading.score,
        "is_called": bool(reading.score is not None and reading.score >= np.float32(threshold)),
        "figures": figures,
        "coverage": reading.metrics.get("coverage", {}),
        "lesions": lesion_rows(reading, threshold),
        "false_findings": false_findings(reading, threshold),
        "false_positives": [] if hits is None else [float(one) for one in hits.false_positives],
        "froc_reason": reading.froc_reason,
        "tissue_cm2": reading.cells.tissue_cm2,
    } | dict(reading.facts)
