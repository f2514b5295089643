"""Regions as rings without holes, for formats that know none: normal rings cut tumour away."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import shapely
from shapely import Polygon, box

from slides.regions import Region, cut_out, geometry_of, polygons_of


def rings_of(regions: Sequence[Region]) -> Iterator[tuple[str, str, np.ndarray]]:
    """Label, name and corners of rings whose areas, normal ones cut away, are the regions'."""
    cut = cut_out(regions)
    tumour = [region for region in cut if region.label == "tumour"]
    holes: list[Polygon] = []
    for name, piece in _tumour_pieces(tumour):
        yield "tumour", name, shapely.get_coordinates(piece.exterior)
        holes += [Polygon(ring) for ring in piece.interiors]
    normal = shapely.union_all([*holes, geometry_of(cut, "normal")])
    for piece in _without_holes(normal - geometry_of(tumour, "tumour")):
        yield "normal", "", shapely.get_coordinates(piece.exterior)
    for region in cut:
        if region.label in {"ignore", "artefact"}:
            for piece in _without_holes(region.polygon):
                yield region.label, region.name, shapely.get_coordinates(piece.exterior)


def _tumour_pieces(tumour: Sequence[Region]) -> Iterator[tuple[str, Polygon]]:
    """Name and polygon of each piece of tumour, none with other tumour in its holes.

    A normal outline cuts away all that lies in it. A hole with an island of tumour
    must therefore not become one: its surroundings are cut in two there.
    """
    named = [(region.name, part) for region in tumour for part in polygons_of(region.polygon)]
    polygons = np.array([polygon for _, polygon in named], dtype=object)
    tree = shapely.STRtree(polygons)
    for index, (name, polygon) in enumerate(named):
        waiting = [polygon]
        while waiting:
            piece = waiting.pop()
            hole = _hole_with_island(piece, index, polygons, tree)
            if hole is None:
                yield name, piece
            else:
                waiting += _halves(piece, hole)


def _hole_with_island(
    piece: Polygon, index: int, polygons: np.ndarray, tree: shapely.STRtree
) -> Polygon | None:
    for ring in piece.interiors:
        hole = Polygon(ring)
        near = tree.query(hole, predicate="intersects")
        others = polygons[near[near != index]]
        if (shapely.area(shapely.intersection(others, hole)) > 0).any():
            return hole
    return None


def _without_holes(geometry: Any) -> Iterator[Polygon]:
    """The same area as polygons without holes."""
    waiting = polygons_of(geometry)
    while waiting:
        piece = waiting.pop()
        if piece.interiors:
            waiting += _halves(piece, Polygon(piece.interiors[0]))
        else:
            yield piece


def _halves(polygon: Polygon, hole: Polygon) -> list[Polygon]:
    """Both sides of an upright cut through a hole, on a pixel's edge where there is one."""
    left, _, right, _ = hole.bounds
    middle = (left + right) / 2
    x = round(middle) if left < round(middle) < right else middle
    x_min, y_min, x_max, y_max = polygon.bounds
    sides = (box(x_min, y_min, x, y_max), box(x, y_min, x_max, y_max))
    return [piece for side in sides for piece in polygons_of(polygon & side)]
