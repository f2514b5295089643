"""What measuring a cohort writes into the version's card: its figures, and those of subgroups."""

from typing import Any

import shapely

from predictions.cohort import SlideCells
from predictions.gate import lesions_of
from predictions.models import Cohort, Evaluation
from predictions.subgroups import Kind, by_subgroup, size_of
from slides.regions import from_geojson
from training import cards

POOLED = ("roc_auc", "pr_auc", "recall", "precision", "specificity", "dice", "fp_per_cm2")


def record(cohort: Cohort, evaluations: list[Evaluation], slides: list[SlideCells]) -> None:
    """Put a cohort's figures on its version's card. evaluations, slides: one of each per slide."""
    kinds = [_kind(evaluation) for evaluation in evaluations]
    measured = {
        "cohort": cohort.pk,
        "at": cohort.created_at.isoformat(),
        "n": cohort.metrics["n"],
        "threshold": cohort.metrics["threshold"],
        "is_synthetic": cohort.is_synthetic,
        "exposure": cohort.metrics["exposure"],
        "figures": _figures(cohort.metrics),
        "subgroups": by_subgroup(slides, kinds, threshold=cohort.metrics["threshold"]),
    }
    cards.put(cohort.version, "evaluations", lambda known: (known or {}) | {cohort.name: measured})


def are_on_card(cohort: Cohort) -> bool:
    """False of figures that are older than cards, or of a card that another measuring wrote."""
    told = (cohort.version.card or {}).get("evaluations", {}).get(cohort.name, {})
    return told.get("cohort") == cohort.pk


def _figures(metrics: dict[str, Any]) -> dict[str, Any]:
    figures = {name: metrics["pooled"][name] for name in POOLED}
    slides = {f"slides_{name}": figure for name, figure in metrics["slides"].items()}
    return figures | slides


def _kind(evaluation: Evaluation) -> Kind:
    slide = evaluation.prediction.slide
    return Kind(scanner=cards.scanner_of(slide), size=size_of(_largest_mm(evaluation)))


def _largest_mm(evaluation: Evaluation) -> float | None:
    """The longest diameter of the slide's largest lesion; None without lesions or um/px."""
    mpp = evaluation.prediction.slide.mpp
    lesions = lesions_of(from_geojson(evaluation.annotation.regions))
    if mpp is None or not lesions:
        return None
    return max(longest_px(lesion) for lesion in lesions) * mpp / 1000


def longest_px(lesion: shapely.Polygon) -> float:
    """The largest distance between two corners of an outline."""
    corners = shapely.get_coordinates(shapely.convex_hull(lesion))
    points = shapely.points(corners)
    return float(max(shapely.distance(point, points).max() for point in points))
