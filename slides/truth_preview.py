"""What a truth file says about a slide and how it fits, without keeping any of it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from PIL import Image
from shapely.geometry.base import BaseGeometry

from slides.outlines import Reading, Tell, Truth, TruthError
from slides.pairing import Fit, SlideFacts, at_scale, check_pair, put_right
from slides.regions import (
    LABELS,
    apart,
    from_geojson,
    polygons_of,
    simplified,
    to_geojson,
    tumour_geometry,
)
from slides.truth_files import read_truth

# Beyond a factor between two levels of a slide, with room to spare.
LEAST_SCALE, LARGEST_SCALE = 1e-3, 1e3
# Corners that a page draws at once without being slowed by them.
DISPLAY_CORNERS = 60_000
REGIONS, OUTLINES, PROGRESS = "regions.json", "outlines.geojson", "progress"


@dataclass(frozen=True)
class Terms:
    """How a person wants a file taken in.

    reading: what the file leaves open. scale: level-0 px per px of the file; None to find it.
    correction: name of a change to make, mirrored say (see corrections). is_forced: take it in
    spite of a misfit. is_exhaustive: None to go by CAMELYON16's list. source_name: the file's
    name where it was picked, if another than on disk.
    """

    reading: Reading = field(default_factory=Reading)
    scale: float | None = None
    correction: str = ""
    is_forced: bool = False
    is_exhaustive: bool | None = None
    source_name: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Terms":
        return cls(**{**content, "reading": Reading(**content["reading"])})


def fitted(
    path: Path,
    terms: Terms,
    facts: SlideFacts,
    tissue: Path | None,
    *,
    tell: Tell | None = None,
) -> tuple[Truth, Fit]:
    """What a file says, in level-0 px, and how it fits the slide. tissue: its mask's file.

    Raises TruthError if the file cannot be read, or the terms cannot be.
    """
    if terms.scale is not None and not LEAST_SCALE <= terms.scale <= LARGEST_SCALE:
        raise TruthError(
            f"A scale of {terms.scale:g} cannot be: give level-0 px per px of the file, from "
            f"{LEAST_SCALE:g} to {LARGEST_SCALE:g}, or nothing to have it found.",
            "bad_input",
        )
    truth = read_truth(path, terms.reading, tell=tell)
    truth = at_scale(truth, terms.scale or truth.scale_l0 or 1.0)
    if terms.correction:
        truth = put_right(truth, terms.correction, facts)
    fit = check_pair(truth, facts, _pixels(tissue))
    return at_scale(truth, fit.scale), replace(fit, notes=(*truth.notes, *fit.notes))


def _pixels(tissue: Path | None) -> np.ndarray | None:
    if tissue is None or not tissue.exists():
        return None
    with Image.open(tissue) as image:
        return np.asarray(image.convert("L")) > 0


def summary(truth: Truth, fit: Fit, present: Mapping[str, Any] | None) -> dict[str, Any]:
    """Figures for a person to judge by. present: the regions that hold now, None if there are none.

    Lengths and areas are in level-0 px. tumour_count counts lesions: pieces that do not touch.
    """
    tumour = tumour_geometry(truth.regions)
    labels = [one.label for one in truth.regions]
    figures: dict[str, Any] = {
        "kind": truth.kind,
        "region_count": len(truth.regions),
        "label_counts": {label: labels.count(label) for label in LABELS if label in labels},
        "mark_count": len(truth.marks),
        "corner_count": truth.corner_count,
        "tumour_area_px": float(tumour.area),
        "tumour_count": len(polygons_of(tumour)),
        "bounds": _bounds(truth),
        "fit": fit.as_json(),
        "against": None if present is None else _against(tumour, present),
    }
    return figures


def _bounds(truth: Truth) -> list[int] | None:
    """Left, top, right and bottom of all that the file marks."""
    shapes = [one.polygon for one in truth.regions]
    shapes += [shapely.Point(mark.x, mark.y) for mark in truth.marks]
    return [round(side) for side in shapely.total_bounds(shapes).tolist()] if shapes else None


def _against(tumour: BaseGeometry, present: Mapping[str, Any]) -> dict[str, Any]:
    now = tumour_geometry(from_geojson(present))
    shared = float(shapely.intersection(tumour, now).area)
    return {
        "gained_px": max(0.0, float(tumour.area) - shared),
        "lost_px": max(0.0, float(now.area) - shared),
        "tumour_area_px": float(now.area),
        "tumour_count": len(polygons_of(now)),
    }


def display(truth: Truth) -> dict[str, Any]:
    """The outlines as GeoJSON, simplified until a page draws them with ease."""
    regions = apart(truth.regions)
    tolerance = 0.0
    while _corner_count(regions) > DISPLAY_CORNERS and tolerance < 256:
        tolerance = max(1.0, 2 * tolerance)
        regions = simplified(regions, tolerance)
    return to_geojson(regions, truth.marks)


def _corner_count(regions: Any) -> int:
    return int(np.sum(shapely.get_num_coordinates([one.polygon for one in regions])))


def write_preview(
    path: Path, question: Mapping[str, Any], folder: Path, tell: Tell
) -> dict[str, Any]:
    """Read a file and leave its regions and the outlines to show in folder; give the summary.

    question: terms, slide (as SlideFacts), tissue and present (paths or None), all as JSON.
    """
    terms, facts = Terms.from_json(question["terms"]), SlideFacts(**question["slide"])
    tissue = Path(question["tissue"]) if question["tissue"] else None
    truth, fit = fitted(path, terms, facts, tissue, tell=tell)
    present = json.loads(Path(question["present"]).read_text()) if question["present"] else None
    (folder / REGIONS).write_text(json.dumps(to_geojson(truth.regions, truth.marks)))
    (folder / OUTLINES).write_text(json.dumps(display(truth)))
    return summary(truth, fit, present)
