"""A version's figures by kind of slide, as far as anything is known of the slides.

Tumour slides are parted by the size of their largest lesion, each part against all normal
slides, as the CAMELYON16 organisers compare; by scanner, stain, centre and the like slides of both
kinds are parted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from predictions.evaluation import UNDEFINED, figure, ratio_parts
from predictions.report_figures import Terms, lesion_figures, share, slide_auc
from predictions.report_slides import SlideReading

SIZE = "size_class"
NO_TUMOUR = "no such slide holds tumour: see false findings"
CELLS = ("recall", "precision", "dice")


def subgroups(readings: Sequence[SlideReading], terms: Terms) -> list[dict[str, Any]]:
    """Figures of each group: dimension, name, n of slides and patients, figures.

    A dimension that parts nothing, all slides being of one kind, tells nothing and is left out.
    """
    told = []
    for dimension, groups in _dimensions(readings).items():
        for name, members in sorted(groups.items()):
            told.append({"dimension": dimension, "name": name} | _figures(members, terms))
    return told


def _dimensions(
    readings: Sequence[SlideReading],
) -> Mapping[str, Mapping[str, list[SlideReading]]]:
    normal = [one for one in readings if not one.truth.has_tumour]
    sizes: dict[str, list[SlideReading]] = {}
    others: dict[str, dict[str, list[SlideReading]]] = {}
    for one in readings:
        if one.truth.has_tumour and one.truth.node_class:
            sizes.setdefault(one.truth.node_class, []).append(one)
        for dimension, name in one.truth.groups.items():
            others.setdefault(dimension, {}).setdefault(name, []).append(one)
    told = {SIZE: {name: own + normal for name, own in sizes.items()}} if sizes else {}
    return told | {name: groups for name, groups in others.items() if len(groups) > 1}


def _figures(members: Sequence[SlideReading], terms: Terms) -> dict[str, Any]:
    lesions = lesion_figures(members, terms)
    return {
        "n": {
            "slides": len(members),
            "tumour_slides": sum(one.truth.has_tumour for one in members),
            "patients": len({one.truth.patient for one in members}),
        },
        "figures": {
            "slide_auc": slide_auc(members, terms),
            "lesion_sensitivity": lesions["sensitivity"],
            "false_per_slide": lesions["false_per_slide"],
            "false_per_cm2": lesions["false_per_cm2"],
        }
        | _cell_figures(members, terms),
    }


def _cell_figures(members: Sequence[SlideReading], terms: Terms) -> dict[str, Any]:
    """Ratios of the cells of all members; of truths not exhaustive recall alone."""
    told = {}
    for name in CELLS:
        able = [one for one in members if one.truth.is_exhaustive or name == "recall"]
        if name != "recall" and not any(one.truth.has_tumour for one in able):
            # without tumour any call makes them 0, which says nothing of how often there is one
            told[name] = figure(None, n=0, reason=NO_TUMOUR)
            continue
        counts = np.array([_counts(one, terms.threshold) for one in able]).reshape(-1, 4)
        top, bottom = ratio_parts(counts)[name]
        told[name] = share(top, bottom, able, terms, unit="cells", reason=UNDEFINED[name])
    return told


def _counts(reading: SlideReading, threshold: float) -> list[int]:
    """[tp, fp, fn, tn]"""
    called = reading.cells.scores >= np.float32(threshold)
    tumour = reading.cells.labels.astype(bool)
    kinds = (called & tumour, called & ~tumour, ~called & tumour, ~called & ~tumour)
    return [int(np.count_nonzero(kind)) for kind in kinds]
