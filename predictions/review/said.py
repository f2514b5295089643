"""What a reader says of one finding, checked and measured before it is kept."""

import uuid
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape

from predictions.lesions import SIZE_CLASSES
from predictions.review.findings import TRUTH_WRONG
from predictions.review.models import Verdict
from slides.feature_checks import Extent, FeatureError, checked
from slides.jobs import Reason
from slides.models import Slide
from slides.regions import LABELS

Kind = Verdict.Kind
DRAWN = (Kind.REDRAWN, Kind.ADDED)
OUTLINE_CORNERS = 2000  # of a hull whose corners are held against each other

Point = tuple[float, float]


class BadVerdict(Reason):
    """Something that cannot be said of a finding."""

    code = "bad_verdict"


@dataclass(frozen=True)
class Said:
    """What a reader says of one finding.

    finding: its key; empty for one that is added. kind: a Verdict.Kind. region: GeoJSON geometry
    in level-0 px. caliper: its two ends in level-0 px; the length is worked out here. key: the
    sender's, the same when sent again.
    """

    kind: str
    finding: str = ""
    because: str = ""
    label: str = ""
    size_class: str = ""
    region: Any = None
    caliper: Any = None
    note: str = ""
    key: uuid.UUID = field(default_factory=uuid.uuid4)

    @property
    def about(self) -> str:
        """The key of the finding: an added one goes by the sender's key."""
        return self.finding or f"a{self.key}"


def checked_fields(said: Said, slide: Slide) -> dict[str, Any]:
    """The columns of the verdict. Raises BadVerdict, saying what was expected."""
    _check_words(said)
    told: dict[str, Any] = {"kind": said.kind, "note": said.note.strip()[:500]}
    if said.kind == Kind.REJECTED:
        told |= {"because": said.because, "label": said.label}
    elif said.kind == Kind.RECLASSIFIED:
        told |= {"size_class": said.size_class, "label": said.label, "because": said.because}
    elif said.kind == Kind.MEASURED:
        told |= _measured(said, slide)
    elif said.kind in DRAWN:
        told |= _drawn(said, slide)
    return told


def _check_words(said: Said) -> None:
    if said.kind not in Kind.values:
        raise BadVerdict(f"{said.kind!r} is no verdict; give one of {', '.join(Kind.values)}.")
    if (said.kind == Kind.ADDED) == bool(said.finding):
        raise BadVerdict(
            "What is added has no finding yet: leave it empty. All else is said of a finding: name "
            "it, such as c1."
        )
    if said.because and said.because not in Verdict.Because.values:
        options = ", ".join(Verdict.Because.values)
        raise BadVerdict(f"{said.because!r} is no reason to reject; give one of {options}.")
    if said.kind == Kind.REJECTED and not said.because:
        raise BadVerdict("A finding is rejected for a reason: give `because`.")
    if said.size_class and said.size_class not in SIZE_CLASSES:
        options = ", ".join(SIZE_CLASSES)
        raise BadVerdict(f"{said.size_class!r} is no size class; give one of {options}.")
    if said.label and said.label not in LABELS:
        raise BadVerdict(f"{said.label!r} is no label; give one of {', '.join(LABELS)}.")
    if said.kind == Kind.REJECTED and said.label == "tumour":
        raise BadVerdict("What is rejected is not tumour: call it normal, artefact or ignore.")
    _check_class(said)


def _check_class(said: Said) -> None:
    """A class is another size of what is tumour, or another name of what is none."""
    if said.kind != Kind.RECLASSIFIED:
        return
    if not (said.size_class or said.label):
        raise BadVerdict("Say the class: `size_class` (itc, micro, macro) or `label`.")
    if said.size_class and said.label not in ("", "tumour"):
        raise BadVerdict(f"What is called {said.label} has no size class: give one of the two.")
    if said.because == TRUTH_WRONG and said.label in ("", "tumour"):
        raise BadVerdict("A reason goes with what is not tumour.")


# Outlines --------------------------------------------------------------------------


def _drawn(said: Said, slide: Slide) -> dict[str, Any]:
    region = _region(said, slide)
    is_point = region["type"] == "Point"
    if is_point and said.kind == Kind.REDRAWN:
        raise BadVerdict("An outline is a Polygon or MultiPolygon; a point has no area.")
    length = None if is_point or slide.mpp is None else longest_px(region) * slide.mpp
    return {"region": region, "diameter_um": length, "size_class": said.size_class}


def _region(said: Said, slide: Slide) -> dict[str, Any]:
    """The geometry as a drawing would keep it."""
    feature = {
        "type": "Feature",
        "geometry": said.region,
        "properties": {"classification": {"name": "Tumor"}},
    }
    try:
        kept = checked(feature, said.about, Extent(slide.width, slide.height))
    except FeatureError as error:
        raise BadVerdict(f"The outline is not kept. {error}", "bad_region") from error
    return dict(kept["geometry"])


def longest_px(region: Any) -> float:
    """The longest distance between two corners of a region, in level-0 px."""
    hull = shape(region).convex_hull
    step = hull.length / OUTLINE_CORNERS
    corners = shapely.get_coordinates(hull)
    if len(corners) > OUTLINE_CORNERS:
        corners = shapely.get_coordinates(shapely.simplify(hull, step / 100))
    apart = corners[:, None, :] - corners[None, :, :]
    return float(np.hypot(apart[..., 0], apart[..., 1]).max())


# Calipers --------------------------------------------------------------------------


def _measured(said: Said, slide: Slide) -> dict[str, Any]:
    if slide.mpp is None:
        raise BadVerdict(
            f"{slide} has no um per px, so nothing on it can be measured. An admin can give it on "
            "the slide's page.",
            "unknown_mpp",
        )
    start, end = _ends(said.caliper, slide)
    length = float(np.hypot(end[0] - start[0], end[1] - start[1]))
    if length == 0:
        raise BadVerdict("The two ends of the caliper are the same place.")
    return {"caliper": [list(start), list(end)], "diameter_um": length * slide.mpp}


def _ends(caliper: Any, slide: Slide) -> tuple[Point, Point]:
    try:
        points = np.array(caliper, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.shape != (2, 2) or not np.isfinite(points).all():
        raise BadVerdict("A caliper is two points, each x and y in level-0 px.")
    if (points < 0).any() or (points > (slide.width, slide.height)).any():
        raise BadVerdict(
            f"The caliper reaches beyond the slide, which is {slide.width} x {slide.height} px."
        )
    (left, top), (right, bottom) = points.tolist()
    return (left, top), (right, bottom)
