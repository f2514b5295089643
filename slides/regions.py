"""Outlines of tissue as polygons in level-0 px: stored form, area, checksum and pixels.

What a region means: tumour is the union of what is labelled tumour, less what is
labelled normal. CAMELYON draws holes in just that way, as normal outlines on top.
"""

import hashlib
import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from rasterio import Affine
from rasterio.features import rasterize
from shapely import MultiPolygon, Polygon
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

LABELS = ("tumour", "normal", "ignore", "artefact")
BAND_ROWS = 512
CHUNK_COLUMNS = 2048

# Class names and colours as QuPath knows them, so that its users see what they expect.
_CLASSES = {
    "tumour": ("Tumor", (200, 0, 0)),
    "normal": ("Normal", (0, 128, 0)),
    "ignore": ("Ignore*", (128, 128, 128)),
    "artefact": ("Artefact", (160, 110, 0)),
}
_LABEL_OF_CLASS = {name: label for label, (name, _) in _CLASSES.items()}


@dataclass(frozen=True)
class Region:
    """One labelled outline. polygon: valid Polygon or MultiPolygon in level-0 px."""

    label: str
    polygon: Polygon | MultiPolygon
    name: str = ""

    def __post_init__(self) -> None:
        _check_label(self.label)
        if not isinstance(self.polygon, Polygon | MultiPolygon):
            kind = getattr(self.polygon, "geom_type", type(self.polygon).__name__)
            raise TypeError(f"A region is a Polygon or MultiPolygon, this is a {kind}.")


@dataclass(frozen=True)
class Mark:
    """One labelled point in level-0 px: a place to find again. It has no area and is no truth."""

    label: str
    x: float
    y: float
    name: str = ""

    def __post_init__(self) -> None:
        _check_label(self.label)


def to_geojson(regions: Iterable[Region], marks: Iterable[Mark] = ()) -> dict[str, Any]:
    """Regions, then marks, as a GeoJSON FeatureCollection in level-0 px, as QuPath writes it."""
    areas = [_feature(one.label, one.name, _geometry(one.polygon)) for one in regions]
    points = [_feature(one.label, one.name, _point(one.x, one.y)) for one in marks]
    return {"type": "FeatureCollection", "features": areas + points}


def from_geojson(collection: Mapping[str, Any]) -> list[Region]:
    """The regions of a FeatureCollection that to_geojson wrote, and of no other; marks left out.

    Files of other makers come in through truth_files. Raises ValueError if a class is not ours.
    """
    return [_region(feature) for feature in collection["features"] if not _is_point(feature)]


def marks_from_geojson(collection: Mapping[str, Any]) -> list[Mark]:
    """The marks of a FeatureCollection that to_geojson wrote: what from_geojson leaves out."""
    return [_mark(feature) for feature in collection["features"] if _is_point(feature)]


def label_of_class(name: str) -> str | None:
    """The label stored under a class name of ours ("Tumor"); None if it is not ours."""
    return _LABEL_OF_CLASS.get(name)


def region_checksum(
    regions: Iterable[Region] | Mapping[str, Any], marks: Iterable[Mark] = ()
) -> str:
    """SHA-256 over labels, names and coordinates: equal truth, equal checksum.

    Takes regions and marks or their stored GeoJSON, whichever way a database wrote its numbers.
    Ids and origins do not count.
    """
    if isinstance(regions, Mapping):
        marks, regions = marks_from_geojson(regions), from_geojson(regions)
    text = json.dumps(to_geojson(regions, marks), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def geometry_of(regions: Iterable[Region], label: str) -> BaseGeometry:
    """The union of all regions with this label; an empty polygon if there is none."""
    return union_of([region.polygon for region in regions if region.label == label])


def union_of(polygons: Sequence[BaseGeometry] | np.ndarray) -> BaseGeometry:
    """The union of polygons; an empty one of none.

    Only what touches is worked on together: of thousands that lie apart that is twelve times as
    fast as one union of all.
    """
    return shapely.disjoint_subset_union_all(polygons) if len(polygons) else Polygon()


def tumour_geometry(regions: Iterable[Region]) -> BaseGeometry:
    """All tumour as one geometry in level-0 px: tumour outlines less normal ones."""
    regions = list(regions)
    return _areas_of(geometry_of(regions, "tumour") - geometry_of(regions, "normal"))


def tumour_area_px(regions: Iterable[Region]) -> float:
    """Tumour area in level-0 px squared; overlaps count once, normal tissue is cut out."""
    return float(tumour_geometry(regions).area)


def cut_out(regions: Sequence[Region]) -> list[Region]:
    """The same regions with normal tissue cut out of the tumour outlines as holes.

    For readers that draw each outline by itself. Outlines wholly cut away are left out.
    """
    normal = geometry_of(regions, "normal")
    if normal.is_empty:
        return list(regions)
    shapely.prepare(normal)
    cut = [_without(region, normal) if region.label == "tumour" else region for region in regions]
    return [region for region in cut if not region.polygon.is_empty]


def apart(regions: Sequence[Region]) -> list[Region]:
    """The regions with holes cut out and overlapping tumour outlines made one.

    For readers that fill all outlines as one path, where overlaps would cancel out.
    """
    cut = cut_out(regions)
    tumour = [region.polygon for region in cut if region.label == "tumour"]
    together = tumour_geometry(cut)
    overlap = sum(polygon.area for polygon in tumour) - together.area
    if overlap <= 1e-6 * together.area:
        return cut
    others = [region for region in cut if region.label != "tumour"]
    return [Region("tumour", polygon) for polygon in polygons_of(together)] + others


def simplified(regions: Iterable[Region], tolerance_px: float) -> list[Region]:
    """The regions with fewer corners, none moved by more than tolerance_px; for display only."""
    return [
        Region(region.label, shapely.simplify(region.polygon, tolerance_px), region.name)
        for region in regions
    ]


def scaled(regions: Iterable[Region], factor: float) -> list[Region]:
    """The regions with every coordinate multiplied by factor (say, from level 5 to level 0)."""
    return [
        Region(
            region.label,
            shapely.transform(region.polygon, lambda points: points * factor),
            region.name,
        )
        for region in regions
    ]


def polygons_of(geometry: BaseGeometry) -> list[Polygon]:
    """The non-empty polygons of any geometry; points and lines in it are left out."""
    parts = shapely.get_parts(geometry, return_index=False)
    if any(part.geom_type in {"MultiPolygon", "GeometryCollection"} for part in parts):
        return [polygon for part in parts for polygon in polygons_of(part)]
    return [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]


def rasterise(
    regions: Iterable[Region], *, width: int, height: int, scale: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Tumour as pixels: True where the middle of a mask pixel lies in tumour.

    width, height: of the mask. scale: level-0 px per mask px; the corners (0, 0) agree.
    Returns bool (height, width). Raises ValueError unless scale is above 0.
    """
    mask = np.zeros((height, width), bool)
    bands = raster_bands(tumour_geometry(regions), width=width, height=height, scale=scale)
    for row, band in bands:
        mask[row : row + len(band)] = band
    return mask


def raster_bands(
    geometry: BaseGeometry, *, width: int, height: int, scale: float
) -> Iterator[tuple[int, np.ndarray[Any, np.dtype[np.bool_]]]]:
    """The pixels of a geometry, BAND_ROWS rows at a time: (first row, bool (rows, width)).

    Bands that the geometry does not reach are left out. Only what lies near a band is looked at:
    the rasteriser's price is rows times corners, and a mask outline has millions of both.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"Scale is level-0 px per mask px and must be above 0, got {scale!r}.")
    polygons = np.array(polygons_of(geometry), dtype=object)
    bounds = shapely.bounds(polygons).reshape(-1, 4) / scale
    for row in range(0, height, BAND_ROWS):
        rows = min(BAND_ROWS, height - row)
        near = polygons[(bounds[:, 1] < row + rows) & (bounds[:, 3] > row)]
        if len(near):
            yield row, _burn(near, row, (rows, width), scale)


def _burn(
    polygons: np.ndarray, row: int, shape: tuple[int, int], scale: float
) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Pixels of one band. Only columns with something in them are looked at."""
    rows, width = shape
    band = np.zeros(shape, bool)
    pieces = _clipped(polygons, scale, (0, row, width, row + rows))
    bounds = shapely.bounds(pieces).reshape(-1, 4) / scale
    for column in range(0, width, CHUNK_COLUMNS):
        columns = min(CHUNK_COLUMNS, width - column)
        near = pieces[(bounds[:, 0] < column + columns) & (bounds[:, 2] > column)]
        parts = _clipped(near, scale, (column, row, column + columns, row + rows))
        if len(parts):
            frame = Affine(scale, 0.0, column * scale, 0.0, scale, row * scale)
            burnt = rasterize(parts, out_shape=(rows, columns), transform=frame, dtype="uint8")
            band[:, column : column + columns] = burnt
    return band


def _clipped(polygons: np.ndarray, scale: float, window: tuple[int, int, int, int]) -> np.ndarray:
    """The polygons within a window of pixels and a little around it.

    The rim is wide enough for no pixel's middle to notice the cut, and lies off the corners that
    outlines along pixels have.
    """
    left, top, right, bottom = window
    cut = shapely.clip_by_rect(
        polygons,
        *((left - 0.75) * scale, (top - 0.75) * scale),
        *((right + 0.75) * scale, (bottom + 0.75) * scale),
    )
    return np.array([part for one in cut for part in polygons_of(one)], dtype=object)


def _without(region: Region, normal: BaseGeometry) -> Region:
    if not shapely.intersects(normal, region.polygon):
        return region
    return Region(region.label, _areas_of(region.polygon - normal), region.name)


def _areas_of(geometry: BaseGeometry) -> Polygon | MultiPolygon:
    """The areas in a geometry: differences may leave stray lines and points behind."""
    if isinstance(geometry, Polygon | MultiPolygon):
        return geometry
    return MultiPolygon(polygons_of(geometry))


def _check_label(label: str) -> None:
    if label not in LABELS:
        raise ValueError(f"Label {label!r} is unknown; use one of {', '.join(LABELS)}.")


def _feature(label: str, name: str, geometry: dict[str, Any]) -> dict[str, Any]:
    class_name, colour = _CLASSES[label]
    properties: dict[str, Any] = {
        "objectType": "annotation",
        "classification": {"name": class_name, "color": list(colour)},
    }
    if name:
        properties["name"] = name
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _point(x: float, y: float) -> dict[str, Any]:
    return {"type": "Point", "coordinates": _points(shapely.Point(x, y))[0]}


def _is_point(feature: Mapping[str, Any]) -> bool:
    return feature["geometry"]["type"] == "Point"


def _geometry(polygon: Polygon | MultiPolygon) -> dict[str, Any]:
    if isinstance(polygon, Polygon):
        return {"type": "Polygon", "coordinates": _rings(polygon)}
    return {
        "type": "MultiPolygon",
        "coordinates": [_rings(part) for part in polygon.geoms],
    }


def _rings(polygon: Polygon) -> list[list[list[float]]]:
    if polygon.is_empty:
        return []
    return [_points(ring) for ring in (polygon.exterior, *polygon.interiors)]


def _points(ring: BaseGeometry) -> list[list[float]]:
    """Whole numbers are written as such: shorter, and the same on every database."""
    points = shapely.get_coordinates(ring)
    numbers = points.astype(object)
    is_whole = points == np.rint(points)
    numbers[is_whole] = points[is_whole].astype(np.int64)
    return numbers.tolist()


def _region(feature: Mapping[str, Any]) -> Region:
    label, name = _said_of(feature)
    return Region(label, shape(feature["geometry"]), name)


def _mark(feature: Mapping[str, Any]) -> Mark:
    label, name = _said_of(feature)
    x, y = feature["geometry"]["coordinates"]
    return Mark(label, float(x), float(y), name)


def _said_of(feature: Mapping[str, Any]) -> tuple[str, str]:
    """Label and name of a stored feature."""
    properties = feature["properties"]
    class_name = properties["classification"]["name"]
    label = label_of_class(class_name)
    if label is None:
        raise ValueError(
            f"Class {class_name!r} is not one that is stored here: {sorted(_CLASSES)}."
        )
    return label, properties.get("name", "")
