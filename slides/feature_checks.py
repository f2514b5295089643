"""Is this feature, as a browser or a script sent it, one that a drawing may keep?"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from slides.features import Feature, revision_named_in
from slides.formats import plain_text
from slides.outlines import FARTHEST_PX, MAX_NAME
from slides.regions import Mark, Region, label_of_class, to_geojson

MAX_VERTICES = 1_000_000
FORMS = ("true cells", "smoothed")

Points = np.ndarray[Any, np.dtype[np.float64]]


class FeatureError(ValueError):
    """A feature that is not kept. code: why, for scripts."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Extent:
    """Size of a slide in level-0 px."""

    width: int
    height: int


def checked(feature: Any, region: str, extent: Extent) -> Feature:
    """The feature as it is stored: known properties only, whole numbers written as such.

    region: the id that it goes by. Raises FeatureError.
    """
    geometry, properties = _parts(feature, region)
    label = _label(properties)
    name = _name(properties)
    shape = _shape(geometry)
    if not shapely.intersects(shape, box(0, 0, extent.width, extent.height)):
        raise FeatureError(
            f"It lies wholly outside the slide, which is {extent.width} x {extent.height} px. "
            "Coordinates are level-0 px, counted from the upper left corner.",
            "outside",
        )
    if isinstance(shape, Polygon | MultiPolygon):
        stored = to_geojson([Region(label, shape, name)])["features"][0]
    else:
        stored = to_geojson([], [Mark(label, shape.x, shape.y, name)])["features"][0]
    if origin := _origin(properties.get("origin")):
        stored["properties"]["origin"] = origin
    return {"type": "Feature", "id": region} | stored


def check_id(region: str, latest_revision: int) -> None:
    """Refuse ids that regions of a revision yet to come will go by. Raises FeatureError."""
    if (revision_named_in(region) or 0) > latest_revision:
        raise FeatureError(
            f"Ids such as {region!r} belong to stored revisions. Give a new region a UUID.",
            "bad_id",
        )


def _parts(feature: Any, region: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """Geometry and properties."""
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise FeatureError("It is not a GeoJSON feature: expected type Feature.", "not_a_feature")
    if feature.get("id", region) != region:
        given = str(feature["id"])[:40]
        raise FeatureError(f"Its id is {given!r}, its change's is {region!r}.", "bad_id")
    geometry, properties = feature.get("geometry"), feature.get("properties")
    if not isinstance(geometry, Mapping) or not isinstance(properties, Mapping):
        raise FeatureError("It needs a geometry and properties, both objects.", "not_a_feature")
    return geometry, properties


def _label(properties: Mapping[str, Any]) -> str:
    classification = properties.get("classification")
    name = classification.get("name") if isinstance(classification, Mapping) else None
    label = label_of_class(name) if isinstance(name, str) else None
    if label is None:
        raise FeatureError(
            f"Its class is {str(name)[:40]!r}; expected Tumor, Normal, Ignore* or Artefact in "
            "properties.classification.name.",
            "unknown_label",
        )
    return label


def _name(properties: Mapping[str, Any]) -> str:
    name = properties.get("name") or ""
    if not isinstance(name, str):
        raise FeatureError("Its name is not text.", "bad_name")
    return plain_text(name)[:MAX_NAME]


def _origin(origin: Any) -> dict[str, Any]:
    """Which prediction, review and verdict a region is of: a record, nothing is looked up by it."""
    if origin is None:
        return {}
    if not isinstance(origin, Mapping):
        raise FeatureError("Its origin is not an object.", "bad_origin")
    known: dict[str, Callable[[Any], bool]] = {
        "prediction": _is_id,
        "review": _is_id,
        "verdict": _is_id,
        "version": lambda value: isinstance(value, str) and len(value) <= MAX_NAME,
        "threshold": lambda value: type(value) in {int, float} and 0 <= value <= 1,
        "form": lambda value: value in FORMS,
    }
    for key, fits in known.items():
        if key in origin and not fits(origin[key]):
            raise FeatureError(
                f"Its origin's {key} cannot be {str(origin[key])[:40]!r}.", "bad_origin"
            )
    kept = {key: origin[key] for key in known if key in origin}
    return kept | ({"version": plain_text(kept["version"])} if "version" in kept else {})


def _is_id(value: Any) -> bool:
    return type(value) is int and 0 < value < 2**63


# Geometry ---------------------------------------------------------------------------


def _shape(geometry: Mapping[str, Any]) -> BaseGeometry:
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind == "Point":
        return shapely.Point(_points([coordinates])[0])
    if kind not in ("Polygon", "MultiPolygon"):  # a list could not be looked up in a set
        raise FeatureError(
            f"Its geometry is {str(kind)[:40]!r}; expected Polygon, MultiPolygon or Point.",
            "bad_geometry",
        )
    polygons: Any = [coordinates] if kind == "Polygon" else coordinates
    _check_count(polygons)
    shapes = [_polygon(rings) for rings in polygons]
    return _valid(shapes[0] if kind == "Polygon" else MultiPolygon(shapes))


def _check_count(polygons: Any) -> None:
    """Refuse what is no list of lists of rings, and too many corners, before building anything."""
    try:
        count = sum(len(ring) for rings in polygons for ring in rings)
        has_rings = bool(polygons) and all(polygons)
    except TypeError:
        count, has_rings = 0, False
    if not has_rings:
        raise FeatureError("Its coordinates are not rings of points.", "bad_geometry")
    if count > MAX_VERTICES:
        raise FeatureError(
            f"It has {count:,} corners; the limit is {MAX_VERTICES:,}. Simplify or split it.",
            "too_many_vertices",
        )


def _polygon(rings: Any) -> Polygon:
    arrays = [_points(ring) for ring in rings]
    for array in arrays:
        if len(array) < 3:
            raise FeatureError(f"It has a ring of {len(array)} corners; expected 3.", "empty")
    return Polygon(arrays[0], arrays[1:])


def _points(ring: Any) -> Points:
    """Corners as float (n, 2)."""
    try:
        points = np.array(ring, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        points = np.empty(0)
    if points.ndim != 2 or points.shape[1] != 2:
        raise FeatureError("A corner is not a pair of numbers, x and y.", "bad_geometry")
    if not (np.abs(points) <= FARTHEST_PX).all():  # False for NaN too
        raise FeatureError(
            f"A corner is not finite or farther out than {FARTHEST_PX:g} px.", "not_finite"
        )
    return points


def _valid(shape: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise FeatureError(
            f"Its outline crosses or touches itself ({reason}, in level-0 px). Repair it first.",
            "self_crossing",
        )
    if not (math.isfinite(shape.area) and shape.area > 0):
        raise FeatureError("It holds no area.", "empty")
    return shape
