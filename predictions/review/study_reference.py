"""What the slides of a study hold, as far as anybody knows, and what readers found of it.

A slide's reference is its known answer, else the truth as it was when the study was opened, else
what the adjudicator signed. Two readers who agree are no proof.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from django.core.cache import cache
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from predictions.components import MERGE_UM
from predictions.lesions import TruthLesions
from predictions.report_slides import lesions_of_truth
from predictions.review.adjudicating import held_outlines
from predictions.review.corrections import cell_outlines
from predictions.review.findings import Finding, fold
from predictions.review.models import Review, StudySlide, Verdict
from predictions.review.outlines import Area
from predictions.review.reader_figures import CLASSES, LesionHits
from predictions.review.rows import candidates_of
from predictions.staging import node_class
from slides.models import Annotation
from slides.regions import Region, from_geojson, geometry_of, polygons_of, tumour_geometry

KEPT_SECONDS = 30 * 24 * 3600
UNSIZED = "tumour"


# What is known of a slide -------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """What a slide of a study holds.

    conclusion: a Conclusion, "tumour" where its size is not known, empty where nobody knows.
    source: answer, truth, adjudication or empty. lesions: areas of the truth's lesions that count
    (isolated tumour cells never do), level-0 px; None where none are told apart, or the truth
    is not exhaustive.
    """

    conclusion: str = ""
    source: str = ""
    lesions: tuple[BaseGeometry, ...] | None = None


def known_of(member: StudySlide, adjudicated: str = "") -> Known:
    """adjudicated: what the adjudicator signed of the slide, empty where nothing was."""
    lesions = _counted(truth_facts(member))
    if member.answer:
        return Known(member.answer, "answer", lesions)
    said = truth_facts(member).get("conclusion", "")
    if said:
        return Known(said, "truth", lesions)
    return Known(adjudicated, "adjudication" if adjudicated else "", lesions)


def truth_facts(member: StudySlide) -> dict[str, Any]:
    """What the pinned truth says: conclusion, is_exhaustive, lesions. Told apart once and kept."""
    if member.truth_id is None:
        return {}
    mpp = member.slide.mpp
    if member.known.get("mpp", 0) != mpp or not member.known:
        member.known = _facts_of(member.truth, mpp)
        StudySlide.objects.filter(pk=member.pk).update(known=member.known)
    return member.known


def _facts_of(truth: Annotation, mpp: float | None) -> dict[str, Any]:
    regions = from_geojson(truth.regions)
    told = {"mpp": mpp, "is_exhaustive": truth.is_exhaustive, "lesions": None}
    if not truth.tumour_area_px:
        # an incomplete drawing without tumour says nothing of the rest of the slide
        return told | {"conclusion": CLASSES[0] if truth.is_exhaustive else "", "lesions": []}
    if mpp is None:
        return told | {"conclusion": UNSIZED}
    found = lesions_of_truth(regions, (truth.slide.width, truth.slide.height), mpp)
    lesions = [
        {"size_class": one.size_class, "region": mapping(area)}
        for one, area in zip(found.lesions, _areas(found, regions), strict=True)
    ]
    conclusion = node_class([one["size_class"] for one in lesions])
    return told | {"conclusion": conclusion, "lesions": lesions}


def _areas(found: TruthLesions, regions: Sequence[Region]) -> list[BaseGeometry]:
    """The outlines that each lesion is made of."""
    parts = polygons_of(tumour_geometry(regions) - geometry_of(regions, "ignore"))
    by_number: dict[int, list[BaseGeometry]] = {one.number: [] for one in found.lesions}
    height, width = found.labels.shape
    for part in parts:
        x, y = np.array(part.representative_point().coords[0]) / found.scale
        number = int(found.labels[min(int(y), height - 1), min(int(x), width - 1)])
        if number in by_number:
            by_number[number].append(part)
    return [shapely.union_all(by_number[one.number]) for one in found.lesions]


def _counted(facts: dict[str, Any]) -> tuple[BaseGeometry, ...] | None:
    if not facts.get("is_exhaustive") or facts.get("lesions") is None:
        return None
    return tuple(shape(one["region"]) for one in facts["lesions"] if one["size_class"] != "itc")


# What a reader found of it --------------------------------------------------------------------


def hits_of(review: Review, member: StudySlide) -> LesionHits | None:
    """Lesions of the truth that a signed review holds; None where none are told apart.

    Kept under the checksums of both: neither ever changes.
    """
    if member.truth is None or review.slide.mpp is None:
        return None
    key = f"study-hits-{review.frozen_sha256[:32]}-{member.truth.checksum[:32]}-{review.slide.mpp}"
    told = cache.get(key)
    if told is None:
        lesions = _counted(truth_facts(member))
        told = {} if lesions is None else vars(_hits(review, lesions))
        cache.set(key, told, KEPT_SECONDS)
    return LesionHits(**told) if told else None


def _hits(review: Review, lesions: Sequence[BaseGeometry]) -> LesionHits:
    verdicts = list(review.verdicts.order_by("sequence"))
    found = fold(candidates_of(review), verdicts)
    alone = fold([], _until(verdicts, review)) if review.unaided_at else []
    model = _outlines(review, found)
    reach_px = MERGE_UM / 2 / review.slide.mpp
    counts = [_counts(side, model, lesions, reach_px) for side in (alone, found)]
    (unaided, false_unaided), (aided, false_aided) = counts
    return LesionHits(len(lesions), unaided, aided, false_unaided, false_aided)


def _until(verdicts: Iterable[Verdict], review: Review) -> list[Verdict]:
    """What was said before the model was shown: none of it is of a candidate."""
    return [one for one in verdicts if one.candidate_id is None and one.at <= review.unaided_at]


def _outlines(review: Review, found: Sequence[Finding]) -> dict[int, Area]:
    needed = any(one.is_held and one.region is None for one in found)
    if not needed or review.prediction is None:
        return {}
    return cell_outlines(review.prediction, review.map_sha256, review.threshold)


def _counts(
    found: Sequence[Finding],
    model: dict[int, Area],
    lesions: Sequence[BaseGeometry],
    reach_px: float,
) -> tuple[int, int]:
    """Lesions that are found, and findings that are no lesion. Near counts as in the challenge."""
    regions = [one.region for one in held_outlines(found, model)]
    if not regions:
        return 0, 0
    if not lesions:
        return 0, len(regions)
    near = np.array([shapely.distance(region, lesions) <= reach_px for region in regions])
    return int(near.any(axis=0).sum()), int((~near.any(axis=1)).sum())
