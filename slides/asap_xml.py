"""Outlines as ASAP writes them, and as CAMELYON16 and 17 hand them out: XML in level-0 px."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError
from xml.sax.saxutils import quoteattr

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from slides.outline_rings import rings_of
from slides.outlines import (
    Outline,
    Reading,
    Tell,
    Truth,
    TruthError,
    marks_from,
    points_of,
    regions_from,
)
from slides.regions import Mark, Region

# The corners of a spline are its points: CAMELYON's own numbers are made that way.
AREA_TYPES = {"polygon", "spline", "rectangle"}
POINT_TYPES = {"dot", "pointset"}
TYPES_WITHOUT_AREA = POINT_TYPES | {"measurement"}
NO_TUMOUR_GROUP = "no tumour"
_GROUPS = {"tumour": "_0", "normal": "_2", "ignore": "ignore", "artefact": "artefact"}
_COLOURS = {"_0": "#F4FA58", "_2": "#64FE2E", "ignore": "#808080", "artefact": "#A06E00"}


@dataclass
class _Found:
    outlines: list[Outline] = field(default_factory=list)
    groups: set[str] = field(default_factory=set)
    points: list[Outline] = field(default_factory=list)
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
    marks, unmarked = marks_from(found.points, reading)
    if left_out := found.pointlike_count + unmarked:
        notes.append(f"{left_out} points without a known label, or measurements, were left out.")
    return Truth("asap_xml", tuple(regions), notes=(*notes, *more), marks=tuple(marks))


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
    if kind in POINT_TYPES:
        found.points.append(_outline(element, kind, file_name))
    elif kind in TYPES_WITHOUT_AREA:
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


def write_asap_xml(
    path: Path,
    regions: Sequence[Region],
    marks: Sequence[Mark] = (),
    *,
    is_synthetic: bool = False,
) -> None:
    """Write outlines as ASAP and CAMELYON's tools read them: tumour in _0, holes in _2.

    Marks become dots of the same groups. Reading the file back gives the same pixels, lesions
    within holes included.
    """
    drawn = [(_GROUPS[label], name, points, "Polygon") for label, name, points in rings_of(regions)]
    for mark in marks:
        drawn.append((_GROUPS[mark.label], mark.name, np.array([[mark.x, mark.y]]), "Dot"))
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0"?>\n')
        if is_synthetic:
            file.write("<!-- synthetic: drawn by software, not tissue of a patient -->\n")
        file.write("<ASAP_Annotations>\n\t<Annotations>\n")
        for number, (group, name, points, kind) in enumerate(drawn):
            file.write(_annotation_xml(group, name or f"Annotation {number}", points, kind))
        file.write("\t</Annotations>\n\t<AnnotationGroups>\n")
        groups = dict.fromkeys(group for group, *_ in drawn) or [NO_TUMOUR_GROUP]
        for group in groups:
            colour = _COLOURS.get(group, "#FFFFFF")
            file.write(
                f'\t\t<Group Name="{group}" PartOfGroup="None" Color="{colour}">\n'
                "\t\t\t<Attributes />\n\t\t</Group>\n"
            )
        file.write("\t</AnnotationGroups>\n</ASAP_Annotations>\n")


def _annotation_xml(group: str, name: str, points: np.ndarray, kind: str) -> str:
    corners = "".join(
        f'\t\t\t\t<Coordinate Order="{order}" X="{x!r}" Y="{y!r}" />\n'
        for order, (x, y) in enumerate(points.tolist())
    )
    return (
        f'\t\t<Annotation Name={quoteattr(name)} Type="{kind}" PartOfGroup="{group}" '
        f'Color="{_COLOURS[group]}">\n\t\t\t<Coordinates>\n{corners}'
        "\t\t\t</Coordinates>\n\t\t</Annotation>\n"
    )
