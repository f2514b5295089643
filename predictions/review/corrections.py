"""What a signed review corrects becomes a revision of the slide's drawing, for training to learn.

What was held becomes tumour: a drawn outline as it was drawn, an accepted finding along its cells
unless somebody has outlined tumour there already. What was rejected becomes normal tissue or an
artefact, cut out of no tumour that others outlined, unless the reader says that truth is wrong.
Others' regions are never touched. Test slides and blinded studies get nothing: their truth is
not to come from whoever is measured by it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import shapely
from django.db import transaction
from shapely.geometry import shape

from predictions.kept_maps import load_map
from predictions.models import Prediction
from predictions.origin import NotPredicted
from predictions.review.findings import REJECTED, TRUTH_WRONG, Finding, standing_verdicts
from predictions.review.models import Candidate, Review, Study, WorkItem
from predictions.review.outlines import Area, area_of, outlines_of
from slides import drawing, revisions
from slides.drawing import Wish
from slides.features import Feature, content_of
from slides.models import Annotation, Edit, Slide
from slides.regions import Mark, Region, label_of_class, to_geojson, union_of
from slides.revisions import Sender

NAMES = UUID("6a1c6b0e-5d0f-4f0b-8a55-3d2f4c1b9e70")
FORM = "true cells"
WORDS = {"histiocytes": "sinus histiocytes", "other": ""}


@dataclass(frozen=True)
class Outcome:
    """What became of a review's corrections.

    decision: drawing (a revision, or already in it), review_only (the reader's wish), test_slide,
    study. regions: how many were drawn. left_out: findings that others' drawing says, that
    others changed since, or whose map is gone.
    """

    decision: str
    annotation: Annotation | None = None
    regions: int = 0
    left_out: int = 0

    def as_json(self) -> dict[str, Any]:
        return {
            "decision": self.decision,
            "regions": self.regions,
            "left_out": self.left_out,
        }


def place_of(review: Review) -> str:
    """Where corrections of a review go: drawing, or why they stay in the review."""
    if review.slide.subset == Slide.Subset.TEST:
        return "test_slide"
    return "study" if _is_kept_back(review.item) else "drawing"


def _is_kept_back(item: WorkItem) -> bool:
    """Whether a reader of a blinded study says it, and nobody has decided between readers yet."""
    study = item.study
    if study is None or not study.is_blinded or item.seat == WorkItem.ADJUDICATION:
        return False
    return bool(study.state != Study.State.CLOSED)


def keep(review: Review, found: Sequence[Finding], *, is_wanted: bool = True) -> Outcome:
    """Draw what a review corrects, once, and make it a revision. In the signing's transaction."""
    place = place_of(review)
    if place != "drawing" or not is_wanted:
        return Outcome(place if is_wanted else "review_only")
    slide = revisions.lock(review.slide)
    wishes, left_out = _wishes(review, found)
    if not wishes:
        return Outcome(place, left_out=left_out)
    revisions.finish(slide=slide, author=None)  # strokes of others are a revision of their own
    sender = Sender(review.reader, _edit_key(review))
    outcome = drawing.take_edit(slide=slide, sender=sender, wishes=wishes)
    left_out += len(outcome.conflicts)
    if not outcome.applied:
        return Outcome(place, left_out=left_out)
    note = f"Review {review.pk}"
    annotation, _ = revisions.finish(slide=slide, author=review.reader, note=note)
    return Outcome(place, annotation, regions=len(outcome.applied), left_out=left_out)


@transaction.atomic
def keep_later(review: Review, found: Sequence[Finding]) -> Annotation | None:
    """Draw what a signed review of a blinded study corrects, once that is closed; None if nothing.

    May be called twice.
    """
    told = review.frozen.get("corrections", {})
    if told.get("decision") != "study" or review.annotation_id is not None:
        return None
    annotation = keep(review, found).annotation
    if annotation is not None:
        Review.objects.filter(pk=review.pk).update(annotation=annotation)
    return annotation


# What is to be drawn ------------------------------------------------------------------


def _wishes(review: Review, found: Sequence[Finding]) -> tuple[list[Wish], int]:
    """Changes of the drawing, and how many findings are left as others say them."""
    now, own = drawing.current(review.slide), _own_sequences(review)
    present = {feature["id"]: feature for feature in now.features}
    last = revisions.last_sequences(review.slide)
    theirs = {region for region in last if own.get(region, 0) != last[region]}
    others = [one for region, one in present.items() if region in theirs or region not in own]
    wanted, left_out = _regions(review, found, _tumour(others))
    wishes = []
    for region, feature in (dict.fromkeys(own) | wanted).items():
        if region in theirs:
            left_out += feature is not None
        elif _differs(present.get(region), feature):
            wishes.append(Wish(region, feature, own.get(region, 0)))
    return wishes, left_out


def _differs(before: Feature | None, after: Feature | None) -> bool:
    if before is None or after is None:
        return before is not after
    return content_of(before) != content_of(after)


def _regions(
    review: Review, found: Sequence[Finding], others: shapely.Geometry
) -> tuple[dict[str, Feature], int]:
    """Features by id, and how many findings are left out."""
    cells = _cell_outlines(review, found)
    shapes = {one.key: _shape_of(one, cells) for one in found if one.label}
    held = union_of(
        [shapes[one.key] for one in found if one.is_held and _is_area(shapes.get(one.key))]
    )
    wanted, left_out = {}, 0
    for one in found:
        if one.key not in shapes:
            continue
        area = shapes[one.key]
        said = None if area is None else _said_there(one, area, held, others)
        if said is None:
            left_out += 1
        else:
            wanted[_region_id(review, one)] = _feature(review, one, said)
    return wanted, left_out


def _said_there(
    one: Finding, area: shapely.Geometry, held: shapely.Geometry, others: shapely.Geometry
) -> shapely.Geometry | None:
    """Where a finding is drawn; None where the drawing says all of it already."""
    if one.is_held:
        is_drawn = one.region is not None
        return area if is_drawn or not _overlap(area, others) else None
    if not _is_area(area):
        return None
    kept = held if one.because == TRUTH_WRONG else shapely.union(held, others)
    rest = area_of(area - kept)
    return None if rest.is_empty else rest


def _overlap(area: shapely.Geometry, other: shapely.Geometry) -> bool:
    return bool(shapely.area(shapely.intersection(area, other)) > 0)


def _tumour(features: Iterable[Feature]) -> shapely.Geometry:
    return union_of(
        [
            shape(feature["geometry"])
            for feature in features
            if feature["geometry"]["type"] != "Point"
            and label_of_class(feature["properties"]["classification"]["name"]) == "tumour"
        ]
    )


def _is_area(area: shapely.Geometry | None) -> bool:
    return area is not None and area.geom_type != "Point"


# Shapes -------------------------------------------------------------------------------


def _shape_of(one: Finding, cells: dict[int, Area]) -> shapely.Geometry | None:
    if one.region is not None:
        return shape(one.region)
    return cells.get(one.number)


def _cell_outlines(review: Review, found: Sequence[Finding]) -> dict[int, Area]:
    """Outlines of the map's findings by number; none where nobody needs them, or can know them."""
    if not any(one.label and one.region is None for one in found):
        return {}
    return _outlines_by_map(review.prediction, review.map_sha256, review.threshold) or {}


def cell_outlines(
    prediction: Prediction, map_sha256: str, threshold: float | None
) -> dict[int, Area]:
    """Outlines of the findings of a map by number; their boxes where the map is another by now."""
    found = _outlines_by_map(prediction, map_sha256, threshold)
    if found is not None:
        return found
    rows = Candidate.objects.filter(
        prediction=prediction, map_sha256=map_sha256, threshold=threshold
    )
    whole = shapely.box(0, 0, prediction.slide.width, prediction.slide.height)
    return {one.number: area_of(shapely.box(*one.box_l0) & whole) for one in rows}


def _outlines_by_map(
    prediction: Prediction | None, map_sha256: str, threshold: float | None
) -> dict[int, Area] | None:
    """None where the map that was looked at is not there any more."""
    if prediction is None or threshold is None or prediction.map_sha256 != map_sha256:
        return None
    try:
        stored = load_map(prediction)
    except NotPredicted:
        return None
    slide = prediction.slide
    return outlines_of(
        stored.probabilities,
        threshold,
        side_l0=stored.grid.side_l0,
        mpp=slide.mpp,
        size_l0=(slide.width, slide.height),
    )


# Features -----------------------------------------------------------------------------


def _feature(review: Review, one: Finding, area: shapely.Geometry) -> Feature:
    name = _name(one)
    if _is_area(area):
        feature = to_geojson([Region(one.label, area, name)])["features"][0]
    else:
        feature = to_geojson([], [Mark(one.label, area.x, area.y, name)])["features"][0]
    feature["properties"]["origin"] = _origin(review, one)
    return feature


def _name(one: Finding) -> str:
    if one.state != REJECTED:
        return ""
    return WORDS.get(one.because, one.because.replace("_", " ")) or one.note[:80]


def _origin(review: Review, one: Finding) -> dict[str, Any]:
    """What the region comes from: the reading, if one called it, the review and the verdict."""
    standing = standing_verdicts(one.history)
    told: dict[str, Any] = {"review": review.pk}
    if standing:
        told["verdict"] = standing[-1].pk
    prediction = review.prediction
    if prediction is not None and not one.is_own:
        told |= {"prediction": prediction.pk, "version": prediction.version.name}
        told |= {"threshold": review.threshold, "form": FORM}
    return told


# Which regions are ours ---------------------------------------------------------------


def _chain(review: Review) -> list[Review]:
    """The review, and those that it supersedes, the first one last."""
    found = [review]
    while found[-1].supersedes is not None:
        found.append(found[-1].supersedes)
    return found


def _edit_key(review: Review) -> UUID:
    return uuid5(NAMES, f"review {review.pk}")


def _region_id(review: Review, one: Finding) -> str:
    """The same for the same finding in the reviews that supersede one another."""
    root = _chain(review)[-1].pk
    what = one.key if one.is_own else f"{review.map_sha256} {review.threshold} {one.number}"
    return str(uuid5(NAMES, f"finding {root} {what}"))


def _own_sequences(review: Review) -> dict[str, int]:
    """Regions that reviews of this chain drew, with the sequence in which they did so last."""
    keys = [_edit_key(one) for one in _chain(review)]
    edits = Edit.objects.filter(key__in=keys).order_by("sequence")
    told = edits.values_list("changes__region", "sequence")
    return {region: sequence for region, sequence in told if region}
