"""A cohort's figures by kind of slide: scanner, tumour or normal, size of the largest lesion.

Every figure has its n, and an interval or the reason why it has none. Sizes are those of pathology:
over 2 mm macrometastasis, over 0.2 mm micrometastasis, else isolated tumour cells.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from predictions.cohort import SlideCells, cohort_metrics
from predictions.evaluation import figure
from predictions.resampling import DRAWS

MICRO_MM, MACRO_MM = 0.2, 2.0
SIZES = ("macro", "micro", "isolated")
SHOWN = ("roc_auc", "recall", "precision", "dice", "fp_per_cm2")
NO_TUMOUR = "no such slide holds tumour: see false positives per cm2"
SHOWN_OF_SLIDES = ("sensitivity", "normal_with_call")


@dataclass(frozen=True)
class Kind:
    """What a slide is like. Empty where it is not known, or does not apply."""

    scanner: str = ""
    size: str = ""


def size_of(largest_mm: float | None) -> str:
    """The name of a lesion's size by its longest diameter, empty where it is unknown."""
    if largest_mm is None:
        return ""
    if largest_mm > MACRO_MM:
        return "macro"
    return "micro" if largest_mm > MICRO_MM else "isolated"


def by_subgroup(
    slides: Sequence[SlideCells], kinds: Sequence[Kind], *, threshold: float
) -> list[dict[str, Any]]:
    """Figures of each subgroup that has a slide, ready to be stored as JSON.

    slides, kinds: one of each per slide. A split into one group only tells nothing new and is left
    out, save that of tumour and normal slides.
    """
    groups: list[dict[str, Any]] = []
    for dimension, names in _splits(slides, kinds).items():
        for name in sorted(set(names.values())):
            members = [slides[place] for place, own in names.items() if own == name]
            groups.append({"dimension": dimension, "name": name} | _figures(members, threshold))
    return groups


def _splits(slides: Sequence[SlideCells], kinds: Sequence[Kind]) -> Mapping[str, Mapping[int, str]]:
    """By dimension, the group of each slide (by its place) that is in one."""
    places = range(len(slides))
    told = {
        "truth": {place: "tumour" if slides[place].has_tumour else "normal" for place in places},
        "size": {place: kinds[place].size for place in places if kinds[place].size},
        "scanner": {place: kinds[place].scanner or "unknown" for place in places},
    }
    return {
        dimension: names
        for dimension, names in told.items()
        if dimension == "truth" or len(set(names.values())) > 1
    }


def _figures(members: Sequence[SlideCells], threshold: float) -> dict[str, Any]:
    metrics = cohort_metrics(members, threshold=threshold, draws=DRAWS)
    figures = {name: metrics["pooled"][name] for name in SHOWN}
    figures |= {name: metrics["slides"][name] for name in SHOWN_OF_SLIDES}
    if not any(slide.has_tumour for slide in members):
        # without tumour any call makes them 0, which says nothing of how often there is one
        for name in ("precision", "dice"):
            figures[name] = figure(
                None, n=figures[name]["n"], unit=figures[name]["unit"], reason=NO_TUMOUR
            )
    return {"n": metrics["n"], "figures": figures}
