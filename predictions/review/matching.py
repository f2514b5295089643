"""Two readers' outlines on one slide: which mean the same lesion, and what both can stand for.

Outlines that overlap, directly or by way of others, are one lesion: two small ones of one reader
and the large one of the other round both are no disagreement on where tumour is. Level-0 px.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

FIRST, SECOND, BOTH = "first", "second", "both"
CHOICES = ("first", "second", "union", "intersection", "majority")


@dataclass(frozen=True)
class Outline:
    """What a reader holds to be tumour. region: an area, or a point that only marks the place."""

    key: str
    region: BaseGeometry
    size_class: str = ""


@dataclass(frozen=True)
class Matched:
    """A lesion as two readers see it. iou: of all that each drew of it; None without two areas."""

    number: int
    first: tuple[Outline, ...] = ()
    second: tuple[Outline, ...] = ()
    iou: float | None = None

    @property
    def found_by(self) -> str:
        if self.first and self.second:
            return BOTH
        return FIRST if self.first else SECOND

    @property
    def box_l0(self) -> tuple[float, float, float, float]:
        regions = [one.region for one in (*self.first, *self.second)]
        left, top, right, bottom = shapely.total_bounds(regions)
        return float(left), float(top), float(right), float(bottom)


@dataclass(frozen=True)
class Agreement:
    """How far two readers agree on the lesions of one slide."""

    both: int
    only_first: int
    only_second: int
    mean_iou: float | None

    @property
    def score(self) -> float | None:
        """Share of lesion calls that the other reader shares; None where neither called any."""
        calls = 2 * self.both + self.only_first + self.only_second
        return 2 * self.both / calls if calls else None


def matched(
    first: Sequence[Outline], second: Sequence[Outline], *, reach_px: float = 0.0
) -> list[Matched]:
    """Every lesion that either reader outlined, from top to bottom.

    reach_px: how far apart a point and the other reader's outline may lie to be the same lesion.
    """
    outlines = [*first, *second]
    groups = _groups(outlines, reach_px)
    split = [
        (
            tuple(outlines[place] for place in group if place < len(first)),
            tuple(outlines[place] for place in group if place >= len(first)),
        )
        for group in groups
    ]
    split.sort(key=_place)
    return [
        Matched(number, one, other, _iou(one, other))
        for number, (one, other) in enumerate(split, start=1)
    ]


def agreement(lesions: Sequence[Matched]) -> Agreement:
    counts = {name: sum(one.found_by == name for one in lesions) for name in (BOTH, FIRST, SECOND)}
    ious = [one.iou for one in lesions if one.found_by == BOTH and one.iou is not None]
    mean = sum(ious) / len(ious) if ious else None
    return Agreement(counts[BOTH], counts[FIRST], counts[SECOND], mean)


def _groups(outlines: Sequence[Outline], reach_px: float) -> list[list[int]]:
    """Places of outlines that hang together, by area in common or, for points, by reach."""
    group_of = list(range(len(outlines)))

    def root(place: int) -> int:
        while group_of[place] != place:
            group_of[place] = group_of[group_of[place]]
            place = group_of[place]
        return place

    tree = shapely.STRtree([one.region for one in outlines])
    for place, outline in enumerate(outlines):
        for other in tree.query(outline.region, predicate="dwithin", distance=reach_px):
            if other > place and _is_same(outline.region, outlines[other].region, reach_px):
                group_of[root(int(other))] = root(place)
    groups: dict[int, list[int]] = {}
    for place in range(len(outlines)):
        groups.setdefault(root(place), []).append(place)
    return list(groups.values())


def _is_same(one: BaseGeometry, other: BaseGeometry, reach_px: float) -> bool:
    if one.area and other.area:
        return bool(one.intersection(other).area > 0)
    return bool(one.distance(other) <= reach_px)


def _place(lesion: tuple[tuple[Outline, ...], tuple[Outline, ...]]) -> tuple[float, float]:
    left, top, _right, _bottom = shapely.total_bounds(
        [one.region for side in lesion for one in side]
    )
    return float(top), float(left)


def area_of(outlines: Sequence[Outline]) -> BaseGeometry:
    """All areas of some outlines as one; empty where there are only points."""
    return shapely.union_all([one.region for one in outlines if one.region.area])


def _iou(first: Sequence[Outline], second: Sequence[Outline]) -> float | None:
    one, other = area_of(first), area_of(second)
    if one.is_empty or other.is_empty:
        return None
    return float(one.intersection(other).area / one.union(other).area)


# What both can stand for -------------------------------------------------------------


def consensus(
    lesion: Matched, choice: str, model: BaseGeometry | None = None
) -> dict[str, Any] | None:
    """An outline for a lesion as GeoJSON geometry; None where the choice leaves no area.

    majority: what two of three hold to be tumour, the model's finding being the third; without a
    model what both hold. Raises ValueError at a choice that is none of CHOICES.
    """
    if choice not in CHOICES:
        raise ValueError(f"{choice!r} is none of {', '.join(CHOICES)}")
    first, second = area_of(lesion.first), area_of(lesion.second)
    common = first.intersection(second)
    if choice == "majority" and model is not None:
        common = shapely.union_all([common, first.intersection(model), second.intersection(model)])
    area = {
        "first": first,
        "second": second,
        "union": first.union(second),
        "intersection": common,
        "majority": common,
    }[choice]
    return as_geometry(area)


def as_geometry(area: BaseGeometry) -> dict[str, Any] | None:
    """The areas of a geometry as a Polygon or MultiPolygon; None where it has none."""
    parts = [one for one in shapely.get_parts(area) if one.geom_type == "Polygon" and one.area]
    if not parts:
        return None
    whole = parts[0] if len(parts) == 1 else shapely.multipolygons(parts)
    told = mapping(shapely.normalize(whole))  # the same area is told alike, whatever it came from
    return {"type": told["type"], "coordinates": _lists(told["coordinates"])}


def _lists(value: Any) -> Any:
    return [_lists(one) for one in value] if isinstance(value, (tuple, list)) else float(value)


def outline_of(key: str, region: Mapping[str, Any], size_class: str = "") -> Outline:
    """An outline of a GeoJSON geometry."""
    return Outline(key, shape(region), size_class)
