"""One slide as one version reads it, held against its truth: what every figure is made of.

Detections are peaks of the map: the highest cell, then the highest of those farther than 187 um
from it to either side, and so on. Unlike lesions cut at a threshold they give the curve below the
operating point too. What people marked "ignore" is as if it had not been looked at.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
import shapely

from predictions.cohort import SlideCells
from predictions.evaluation import CellTruth
from predictions.froc import SlideHits, slide_hits
from predictions.lesions import (
    ORGANISERS_SCALE,
    Lesion,
    LesionRules,
    TruthLesion,
    TruthLesions,
    map_lesions,
    peaks,
    truth_lesions,
)
from predictions.staging import node_class
from slides.regions import Region, geometry_of, polygons_of, raster_bands, tumour_geometry

PEAK_RADIUS_UM = 187.0  # NCRF: 768 px of 0.243 um
PEAK_STOP = 0.05  # below it nothing is a finding at any operating point
FULL_SCALE_UM = (0.2, 0.3)  # um per px of 40x scans, which the organisers look at 32 times smaller
ORGANISERS_PX_UM = 7.776
UNKNOWN_MPP = "um per px is unknown, so lesions have no size and none are told apart"
NOT_EXHAUSTIVE = "the truth is not exhaustive: a finding outside its outlines may be tumour"


@dataclass(frozen=True)
class SlideTruth:
    """What people say of a slide. lesions: None where um per px is unknown, and no labels of them:
    those of a large slide take 40 MB.

    has_tumour: of the outlines, whatever grid they are looked at by.
    """

    pk: int
    name: str
    patient: str
    has_tumour: bool
    is_exhaustive: bool
    lesions: tuple[TruthLesion, ...] | None = None
    groups: Mapping[str, str] = field(default_factory=dict)

    @property
    def node_class(self) -> str:
        """negative, itc, micro or macro by its largest lesion; empty where it is not known."""
        if self.lesions is None or (not self.is_exhaustive and not self.has_tumour):
            return ""
        return node_class([one.size_class for one in self.lesions])

    @property
    def is_itc_only(self) -> bool:
        return self.node_class == "itc"


@dataclass(frozen=True)
class SlideReading:
    """One version's map of one slide against the slide's truth.

    hits: None where no lesions are told apart (reason). confidences: of every lesion of the
    truth by its number, isolated tumour cells too. lesions: the map's own at the threshold, None
    where um per px is unknown. score: the highest probability, None where nothing was assessed.
    metrics: the stored figures of the slide's cells. reach_l0: how far to either side a peak of
    the map stands for others, 0 where um per px is unknown.
    """

    truth: SlideTruth
    cells: SlideCells
    score: float | None
    hits: SlideHits | None = None
    confidences: Mapping[int, float] = field(default_factory=dict)
    lesions: tuple[Lesion, ...] | None = None
    metrics: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    reach_l0: float = 0.0

    @property
    def froc_reason(self) -> str:
        """Why the slide is in no lesion figure; empty if it is."""
        if self.hits is None:
            return UNKNOWN_MPP
        return "" if self.truth.is_exhaustive else NOT_EXHAUSTIVE

    @property
    def node_class(self) -> str:
        """What the map's largest lesion makes of the node; empty where um per px is unknown."""
        if self.lesions is None:
            return ""
        return node_class([one.size_class for one in self.lesions])


# Truth -----------------------------------------------------------------------


def truth_scale(mpp: float) -> float:
    """Level-0 px per px in which lesions of a truth are told apart.

    32 on a 40x scan, exactly as the organisers look at it; on others what makes px as large.
    """
    low, high = FULL_SCALE_UM
    return float(ORGANISERS_SCALE) if low <= mpp <= high else max(1.0, ORGANISERS_PX_UM / mpp)


def lesions_of_truth(
    regions: Sequence[Region], size_l0: tuple[int, int], mpp: float
) -> TruthLesions:
    """The lesions that people outlined, less what they marked "ignore"; none is too small."""
    scale = truth_scale(mpp)
    if not any(region.label == "tumour" for region in regions):
        return TruthLesions((), np.zeros((1, 1), np.int32), scale)
    columns, rows = (math.ceil(side / scale) for side in size_l0)
    tumour = tumour_geometry(regions) - geometry_of(regions, "ignore")
    mask = np.zeros((rows, columns), bool)
    for row, band in raster_bands(tumour, width=columns, height=rows, scale=scale):
        mask[row : row + len(band)] = band
    small = [one for one in polygons_of(tumour) if 1 <= one.area < 4 * scale**2]
    for x, y in shapely.get_coordinates(shapely.point_on_surface(small)) / scale:
        mask[min(int(y), rows - 1), min(int(x), columns - 1)] = True
    return truth_lesions(mask, scale=scale, mpp=mpp)


# A version's map -------------------------------------------------------------


@dataclass(frozen=True)
class MapTerms:
    """How a map is looked at. side_l0: of a cell. size_l0: the slide's width and height."""

    threshold: float
    side_l0: float
    mpp: float | None
    size_l0: tuple[int, int]


def looked_at(probability_map: np.ndarray, truth: CellTruth) -> np.ndarray:
    """The map without what is to be ignored: NaN there, as where nothing was assessed."""
    return np.where(truth.is_ignored, np.float32(np.nan), probability_map)


def detections_of(probability_map: np.ndarray, terms: MapTerms) -> np.ndarray:
    """(n, 3) confidence, x, y in level-0 px of the map's peaks. Needs um per px."""
    if terms.mpp is None:
        return np.zeros((0, 3))
    found = peaks(
        probability_map,
        side_l0=terms.side_l0,
        radius_l0=PEAK_RADIUS_UM / terms.mpp,
        stop=min(PEAK_STOP, terms.threshold),
    )
    found[:, 1] = np.minimum(found[:, 1], terms.size_l0[0] - 1.0)
    found[:, 2] = np.minimum(found[:, 2], terms.size_l0[1] - 1.0)
    return found


def reading_of(
    told: SlideReading,
    probability_map: np.ndarray,
    outlined: TruthLesions | None,
    terms: MapTerms,
) -> SlideReading:
    """What is told of a slide, with what the map finds and how that meets the outlined lesions.

    probability_map: as looked_at gives it. Without um per px no lesion is told apart.
    """
    is_seen = np.isfinite(probability_map).any()
    told = replace(told, score=float(np.nanmax(probability_map)) if is_seen else None)
    if outlined is None or terms.mpp is None:
        return told
    found, name = detections_of(probability_map, terms), told.truth.name
    look = partial(
        slide_hits, name, found, outlined.labels, scale=outlined.scale, patient=told.truth.patient
    )
    every = look()
    own = map_lesions(
        probability_map,
        LesionRules(terms.threshold),
        side_l0=terms.side_l0,
        mpp=terms.mpp,
        size_l0=terms.size_l0,
    )
    return replace(
        told,
        hits=look(outlined.itc_numbers),
        confidences=dict(zip(every.numbers.tolist(), every.lesions.tolist(), strict=True)),
        lesions=own.lesions,
        reach_l0=PEAK_RADIUS_UM / terms.mpp,
    )


def lesion_rows(reading: SlideReading, threshold: float) -> list[dict[str, Any]]:
    """Each lesion of the truth with the highest confidence on it, and whether it is found."""
    return [
        {
            "number": one.number,
            "size_class": one.size_class,
            "diameter_um": round(one.diameter_um, 1),
            "x": round(one.x_l0),
            "y": round(one.y_l0),
            "box_l0": [round(edge, 1) for edge in one.box_l0],
            "confidence": (confidence := reading.confidences.get(one.number, 0.0)),
            "is_found": confidence > 0 and confidence >= threshold,
        }
        for one in reading.truth.lesions or ()
    ]
