"""Outlines as QuPath and others exchange them: GeoJSON in level-0 px, y growing downwards."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from slides.outlines import Outline, Reading, Truth, TruthError, marks_from, regions_from
from slides.regions import Mark, Region, cut_out, to_geojson

GEOMETRIES = {
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
}


def truth_from_geojson(content: Any, reading: Reading, *, file_name: str) -> Truth:
    """Truth from parsed GeoJSON: a FeatureCollection, a list of features, one, or a geometry.

    The class is QuPath's classification; where there is none, the outline's name stands in.
    Raises TruthError.
    """
    features = _features(content, file_name)
    if not features and _says_no_tumour(content):
        return Truth("geojson", (), notes=("The file says that there is no tumour.",))
    outlines: list[Outline] = []
    points: list[Outline] = []
    line_count = 0
    for number, feature in enumerate(features, start=1):
        where = f"feature {number} of {file_name}"
        areas = list(_outlines(feature, where))
        dots = [] if areas else _dots(feature)
        outlines += areas
        points += dots
        line_count += not (areas or dots)
    regions, notes = regions_from(outlines, reading, file_name=file_name)
    marks, unknown_count = marks_from(points, reading)
    if line_count + unknown_count:
        notes.append(
            f"{line_count + unknown_count} features without area (lines, points without a known "
            "class) were left out."
        )
    return Truth("geojson", tuple(regions), notes=tuple(notes), marks=tuple(marks))


def geojson_text(
    regions: Sequence[Region],
    marks: Sequence[Mark] = (),
    *,
    is_synthetic: bool = False,
    slide_name: str = "",
) -> str:
    """Regions and marks as a GeoJSON file that QuPath opens, normal tissue cut out as holes."""
    collection = to_geojson(cut_out(regions), marks)
    collection["sentinode"] = {
        "slide": slide_name,
        "unit": "level-0 px",
        "synthetic": is_synthetic,
        "no_tumour": not any(region.label == "tumour" for region in regions),
    }
    for feature in collection["features"] if is_synthetic else ():
        feature["properties"]["synthetic"] = True
    return json.dumps(collection, separators=(",", ":"))


def _says_no_tumour(content: Any) -> bool:
    ours = content.get("sentinode") if isinstance(content, Mapping) else None
    return isinstance(ours, Mapping) and ours.get("no_tumour") is True


def _features(content: Any, file_name: str) -> list[Any]:
    if isinstance(content, list):
        return content
    kind = content.get("type") if isinstance(content, Mapping) else None
    if kind == "FeatureCollection" and isinstance(content.get("features"), list):
        return list(content["features"])
    if kind == "Feature":
        return [content]
    if kind in GEOMETRIES:
        return [{"type": "Feature", "geometry": content, "properties": {}}]
    raise TruthError(
        f"{file_name} is JSON but neither GeoJSON nor NCRF's (its type is {kind!r}); expected a "
        "FeatureCollection, or an object with positive and negative. Export it again, "
        "from QuPath as GeoJSON.",
        "not_truth",
    )


def _outlines(feature: Any, where: str) -> Iterator[Outline]:
    if not isinstance(feature, Mapping) or feature.get("type") != "Feature":
        raise TruthError(f"{where} is not a GeoJSON feature. Export the file again.", "not_truth")
    group, name = _said_of(feature)
    for rings in _polygons(feature.get("geometry"), where):
        yield Outline(rings, group, name)


def _dots(feature: Mapping[str, Any]) -> list[Outline]:
    """The points of a feature of points; none of any other."""
    geometry = feature["geometry"]
    coordinates = geometry.get("coordinates")
    if coordinates is None or not len(coordinates):
        return []
    group, name = _said_of(feature)
    if geometry["type"] == "Point":
        return [Outline([[coordinates]], group, name)]
    return [Outline([coordinates], group, name)] if geometry["type"] == "MultiPoint" else []


def _said_of(feature: Mapping[str, Any]) -> tuple[str, str]:
    """Group and name; the name stands in for a missing class."""
    properties = feature.get("properties")
    properties = properties if isinstance(properties, Mapping) else {}
    name = properties.get("name")
    name = name if isinstance(name, str) else ""
    return _class_name(properties.get("classification")) or name, name


def _class_name(classification: Any) -> str:
    """QuPath writes {"name": ...}, {"names": [...]} or plain text, by its version."""
    if isinstance(classification, Mapping):
        names = classification.get("names")
        derived = ": ".join(map(str, names)) if isinstance(names, list) else ""
        classification = classification.get("name") or derived
    return classification if isinstance(classification, str) else ""


def _polygons(geometry: Any, where: str) -> Iterator[list[Any]]:
    """The rings of each polygon in a geometry."""
    kind = geometry.get("type") if isinstance(geometry, Mapping) else None
    if kind not in GEOMETRIES:
        raise TruthError(
            f"{where} has a geometry of type {kind!r}; expected Polygon or MultiPolygon. "
            "Export the file again.",
            "not_truth",
        )
    content = geometry.get("geometries" if kind == "GeometryCollection" else "coordinates")
    if not isinstance(content, list | np.ndarray):
        raise TruthError(f"{where} has no coordinates. Export the file again.", "not_truth")
    if kind == "Polygon":
        yield _rings(content, where)
    elif kind == "MultiPolygon":
        yield from (_rings(rings, where) for rings in content)
    elif kind == "GeometryCollection":
        for part in content:
            yield from _polygons(part, where)


def _rings(content: Any, where: str) -> list[Any]:
    is_list = isinstance(content, list)
    if not is_list or not all(isinstance(ring, list | np.ndarray) for ring in content):
        raise TruthError(
            f"{where} has rings that are no lists of points. Export the file again.", "not_truth"
        )
    return content
