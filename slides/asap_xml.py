"""Outlines as ASAP writes them, and as CAMELYON16 and 17 hand them out: XML in level-0 px."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import quoteattr

import numpy as np
import shapely
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse
from shapely import Polygon, box

from slides.outlines import Outline, Reading, Tell, Truth, TruthError, points_of, regions_from
from slides.regions import Region, cut_out, geometry_of, polygons_of

# The corners of a spline are its points: CAMELYON's own numbers are made that way.
AREA_TYPES = {"polygon", "spline", "rectangle"}
TYPES_WITHOUT_AREA = {"dot", "pointset", "measurement"}
NO_TUMOUR_GROUP = "no tumour"
_GROUPS = {"tumour": "_0", "normal": "_2", "ignore": "ignore", "artefact": "artefact"}
_COLOURS = {"_0": "#F4FA58", "_2": "#64FE2E", "ignore": "#808080", "artefact": "#A06E00"}


@dataclass
class _Found:
    outlines: list[Outline] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    pointlike_count: int = 0


def read_asap_xml(path: Path, reading: Reading, *, tell: Tell | None = None) -> Truth:
    """Truth from an ASAP file. Groups of the CAMELYON protocols are known, others asked about.

    Outlines without a group count as normal beside tumour outlines, as the protocol has it;
    alone, they could be either, and the reading must say. Raises TruthError.
    """
    found = _parse(path, tell)
    if NO_TUMOUR_GROUP in found.groups and not found.outlines:
        return Truth("asap_xml", (), notes=("The file says that there is no tumour.",))
    outlines, notes = _with_ungrouped(found.outlines, reading)
    regions, more = regions_from(outlines, reading, file_name=path.name)
    if found.pointlike_count:
        notes.append(f"{found.pointlike_count} points and measurements were left out: no area.")
    return Truth("asap_xml", tuple(regions), notes=(*notes, *more))


def _with_ungrouped(outlines: list[Outline], reading: Reading) -> tuple[list[Outline], list[str]]:
    has_tumour = any(reading.label_of(outline.group) == "tumour" for outline in outlines)
    count = sum(not outline.group for outline in outlines)
    if not has_tumour or not count or reading.unlabelled:
        return outlines, []
    normal = [one if one.group else replace(one, group="normal") for one in outlines]
    return normal, [f"{count} outlines without a group were taken as normal tissue."]


def _parse(path: Path, tell: Tell | None) -> _Found:
    found = _Found()
    try:
        for element in _elements(path, tell):
            _take(element, found, path.name)
    except DefusedXmlException as error:
        raise TruthError(
            f"{path.name} declares a document type or entities ({error}), which ASAP never does "
            "and which can be used for attacks. Export it again from ASAP.",
            "unreadable",
        ) from error
    except TruthError:
        raise
    except (ParseError, LookupError, ValueError) as error:
        raise TruthError(
            f"{path.name} is not whole XML ({error}); it may have been cut short. "
            "Copy or export it again.",
            "unreadable",
        ) from error
    return found


def _elements(path: Path, tell: Tell | None) -> Iterator[Element]:
    """Whole Annotation and Group elements, each forgotten once it has been seen."""
    size = path.stat().st_size
    with path.open("rb") as file:
        events = iterparse(file, events=("start", "end"), forbid_dtd=True)
        _, root = next(iter(events))
        if root.tag != "ASAP_Annotations":
            raise TruthError(
                f"{path.name} is XML of another kind (its root is <{root.tag}>); expected "
                "<ASAP_Annotations>. Export the outlines as ASAP XML or GeoJSON.",
                "not_truth",
            )
        for event, element in events:
            if event == "end" and element.tag in {"Annotation", "Group"}:
                yield element
                element.clear()
                if tell:
                    tell(file.tell(), size)


def _take(element: Element, found: _Found, file_name: str) -> None:
    if element.tag == "Group":
        found.groups.add(element.get("Name", ""))
        return
    kind = element.get("Type", "").casefold()
    if kind in TYPES_WITHOUT_AREA:
        found.pointlike_count += 1
    elif kind in AREA_TYPES:
        found.outlines.append(_outline(element, kind, file_name))
    else:
        raise TruthError(
            f"{file_name} has an annotation of type {element.get('Type')!r}; expected one of "
            f"{', '.join(sorted(AREA_TYPES | TYPES_WITHOUT_AREA))}. Redraw it as a polygon.",
            "not_truth",
        )


def _outline(element: Element, kind: str, file_name: str) -> Outline:
    corners = sorted(element.iter("Coordinate"), key=_order)
    points: list[Any] = [(corner.get("X"), corner.get("Y")) for corner in corners]
    if kind == "rectangle" and len(points) == 2:
        (left, top), (right, bottom) = points
        points = [(left, top), (right, top), (right, bottom), (left, bottom)]
    group, name = element.get("PartOfGroup", "").strip(), element.get("Name", "")
    ring = points_of(points, f"outline {name!r} of {file_name}")
    return Outline([ring], "" if group == "None" else group, name)


def _order(corner: Element) -> float:
    try:
        return float(corner.get("Order", "0"))
    except ValueError:
        return 0.0


def write_asap_xml(path: Path, regions: Sequence[Region], *, is_synthetic: bool = False) -> None:
    """Write outlines as ASAP and CAMELYON's tools read them: tumour in _0, holes in _2.

    Reading the file back gives the same pixels, lesions within holes included.
    """
    rings = list(_rings(regions))
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0"?>\n')
        if is_synthetic:
            file.write("<!-- synthetic: drawn by software, not tissue of a patient -->\n")
        file.write("<ASAP_Annotations>\n\t<Annotations>\n")
        for number, (group, name, points) in enumerate(rings):
            file.write(_annotation_xml(group, name or f"Annotation {number}", points))
        file.write("\t</Annotations>\n\t<AnnotationGroups>\n")
        groups = dict.fromkeys(group for group, _, _ in rings) or [NO_TUMOUR_GROUP]
        for group in groups:
            colour = _COLOURS.get(group, "#FFFFFF")
            file.write(
                f'\t\t<Group Name="{group}" PartOfGroup="None" Color="{colour}">\n'
                "\t\t\t<Attributes />\n\t\t</Group>\n"
            )
        file.write("\t</AnnotationGroups>\n</ASAP_Annotations>\n")


def _annotation_xml(group: str, name: str, points: np.ndarray) -> str:
    corners = "".join(
        f'\t\t\t\t<Coordinate Order="{order}" X="{x!r}" Y="{y!r}" />\n'
        for order, (x, y) in enumerate(points.tolist())
    )
    return (
        f'\t\t<Annotation Name={quoteattr(name)} Type="Polygon" PartOfGroup="{group}" '
        f'Color="{_COLOURS[group]}">\n\t\t\t<Coordinates>\n{corners}'
        "\t\t\t</Coordinates>\n\t\t</Annotation>\n"
    )


def _rings(regions: Sequence[Region]) -> Iterator[tuple[str, str, np.ndarray]]:
    """Group, name and corners of every ring that goes into the file."""
    cut = cut_out(regions)
    tumour = [region for region in cut if region.label == "tumour"]
    holes: list[Polygon] = []
    for name, piece in _tumour_pieces(tumour):
        yield "_0", name, shapely.get_coordinates(piece.exterior)
        holes += [Polygon(ring) for ring in piece.interiors]
    normal = shapely.union_all([*holes, geometry_of(cut, "normal")])
    for piece in _without_holes(normal - geometry_of(tumour, "tumour")):
        yield "_2", "", shapely.get_coordinates(piece.exterior)
    for region in cut:
        if region.label in {"ignore", "artefact"}:
            for piece in _without_holes(region.polygon):
                yield _GROUPS[region.label], region.name, shapely.get_coordinates(piece.exterior)


def _tumour_pieces(tumour: Sequence[Region]) -> Iterator[tuple[str, Polygon]]:
    """Name and polygon of each piece of tumour, none with other tumour in its holes.

    An outline of group _2 cuts away all that lies in it. A hole with an island of tumour
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
