"""What one set of regions covers and another does not, as shapes to look at."""

from collections.abc import Iterable

import numpy as np
import shapely
from shapely import MultiPolygon
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from slides.features import Feature, Features, content_of
from slides.regions import LABELS, Region, label_of_class, polygons_of, to_geojson, union_of

MIN_AREA_PX = 1.0


def gained_and_lost(before: Features, after: Features) -> list[Feature]:
    """Shapes in level-0 px that after covers and before does not (gained), and the other way.

    By label, each shape a feature with the property kind: gained or lost. Overlaps of the same
    label count once. Slivers under MIN_AREA_PX are left out. Points come as they are.
    """
    gained = _beyond(after, before)
    lost = _beyond(before, after)
    return [_of_kind(one, "gained") for one in gained] + [_of_kind(one, "lost") for one in lost]


def _of_kind(feature: Feature, kind: str) -> Feature:
    return feature | {"properties": feature["properties"] | {"kind": kind}}


def _beyond(these: Features, those: Features) -> list[Feature]:
    """What these regions cover and those do not; only regions that differ are worked on."""
    known = {content_of(feature) for feature in those.values()}
    own = [feature for feature in these.values() if content_of(feature) not in known]
    points = [feature for feature in own if feature["geometry"]["type"] == "Point"]
    regions = [
        Region(label, MultiPolygon(parts))
        for label in LABELS
        if (parts := _parts_beyond(_with_label(own, label), _with_label(those.values(), label)))
    ]
    return [*to_geojson(regions)["features"], *points]


def _with_label(features: Iterable[Feature], label: str) -> np.ndarray:
    """The areas with a label, (n,) of shapely geometries."""
    geometries = [
        shape(feature["geometry"])
        for feature in features
        if label_of_class(feature["properties"]["classification"]["name"]) == label
        and feature["geometry"]["type"] != "Point"
    ]
    return np.array(geometries, dtype=object)


def _parts_beyond(own: np.ndarray, others: np.ndarray) -> list[BaseGeometry]:
    if not len(own):
        return []
    _, near = shapely.STRtree(others).query(own, predicate="intersects")
    rest = union_of(own) - union_of(others[np.unique(near)])
    return [part for part in polygons_of(rest) if part.area >= MIN_AREA_PX]
