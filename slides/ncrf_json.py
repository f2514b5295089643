"""Outlines as NCRF keeps those of CAMELYON16: JSON lists of positive and negative polygons."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from slides.outline_rings import rings_of
from slides.outlines import Outline, Reading, Truth, TruthError, regions_from
from slides.regions import Region

GROUP_OF_LIST = {"positive": "tumour", "negative": "normal"}


def is_ncrf(content: Any) -> bool:
    return isinstance(content, Mapping) and bool(GROUP_OF_LIST.keys() & content.keys())


def truth_from_ncrf(content: Mapping[str, Any], *, file_name: str) -> Truth:
    """Truth from parsed NCRF JSON. Negative polygons are holes, which NCRF itself passes over.

    Raises TruthError.
    """
    outlines = [
        outline
        for key, group in GROUP_OF_LIST.items()
        for outline in _outlines(content.get(key, []), group, f"{key!r} of {file_name}")
    ]
    regions, notes = regions_from(outlines, Reading(), file_name=file_name)
    return Truth("ncrf_json", tuple(regions), notes=tuple(notes))


def ncrf_text(regions: Sequence[Region], *, is_synthetic: bool = False) -> str:
    """Tumour as positive polygons, what is cut out of it as negative ones; other labels left out.

    Reading it back gives the same tumour.
    """
    lists: dict[str, Any] = {key: [] for key in GROUP_OF_LIST}
    key_of = {group: key for key, group in GROUP_OF_LIST.items()}
    for label, name, points in rings_of(regions):
        if label in key_of:
            polygons = lists[key_of[label]]
            polygons.append(
                {"name": name or f"Annotation {len(polygons)}", "vertices": points.tolist()}
            )
    return json.dumps(lists | ({"synthetic": True} if is_synthetic else {}), separators=(",", ":"))


def _outlines(polygons: Any, group: str, where: str) -> Iterator[Outline]:
    if not isinstance(polygons, list):
        raise TruthError(f"{where} is no list of polygons. Make the file again.", "not_truth")
    for polygon in polygons:
        if not isinstance(polygon, Mapping) or not isinstance(
            polygon.get("vertices"), list | np.ndarray
        ):
            raise TruthError(
                f"A polygon in {where} has no list of vertices; expected name and vertices. "
                "Make the file again.",
                "not_truth",
            )
        yield Outline([polygon["vertices"]], group, str(polygon.get("name", "")))
