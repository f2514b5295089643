"""What lies in an evidence bundle beside what was signed: outlines, masks, pictures, a table.

All of it follows from the signed JSON, the map and the slide, so that it can be made again and held
against what a bundle has.
"""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from PIL import Image, ImageDraw
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from predictions.map_files import StoredMap
from predictions.review import outlines
from predictions.stitching import tumour_cells
from slides.mask_tiff import write_area_mask, write_cell_mask
from slides.pyramid import Pyramid
from slides.regions import polygons_of

Frozen = Mapping[str, Any]
Outlines = Mapping[str, BaseGeometry]

OUTLINES, TABLE = "outlines.geojson", "findings.csv"
PREDICTED_MASK, REVIEWED_MASK = "masks/predicted.tif", "masks/reviewed.tif"
OVERVIEW, CROPS = "pictures/overview.jpg", "pictures/findings"
TUMOUR_VALUE = 255
OVERVIEW_PX, CROP_PX = 1400, 512
LEAST_CROP_UM, LEAST_CROP_PX = 300.0, 1200
MARK_PX = 8.0  # half a side of what marks a place
ROOM = 1.6  # sides of a finding's box that its picture shows
MOST_CROPS = 300
QUALITY = 88
COLOURS = {
    "accepted": (176, 0, 32),
    "added": (176, 0, 32),
    "rejected": (11, 95, 165),
    "open": (201, 135, 0),
}
HELD = ("accepted", "added")
SYNTHETIC = "Synthetic: not a patient. Drawn by software."
COLUMNS = (
    "key", "number", "state", "because", "label", "size_class", "diameter_um", "uncertainty_um",
    "measured_by", "confidence", "x_l0", "y_l0", "left_l0", "top_l0", "right_l0", "bottom_l0",
    "area_px", "note", "at",
)  # fmt: skip


def is_synthetic(frozen: Frozen, stored: StoredMap | None) -> bool:
    return bool(frozen["is_synthetic"] or (stored and stored.provenance.get("is_synthetic")))


# Outlines --------------------------------------------------------------------------------


def outlines_of(frozen: Frozen, stored: StoredMap | None) -> dict[str, BaseGeometry]:
    """The area of each finding in level-0 px: as it was drawn, else its cells. None of points."""
    cells = _cell_outlines(frozen, stored)
    drawn = {
        one["key"]: cells.get(one["number"]) if one["region"] is None else shape(one["region"])
        for one in frozen["findings"]
    }
    return {key: area for key, area in drawn.items() if area is not None and polygons_of(area)}


def _cell_outlines(frozen: Frozen, stored: StoredMap | None) -> Mapping[int, BaseGeometry]:
    if stored is None or frozen["prediction"] is None:
        return {}
    slide = frozen["slide"]
    return outlines.outlines_of(
        stored.probabilities,
        frozen["prediction"]["threshold"],
        side_l0=stored.grid.side_l0,
        mpp=slide["mpp"],
        size_l0=(slide["width"], slide["height"]),
    )


def geojson_of(frozen: Frozen, stored: StoredMap | None, areas: Outlines) -> bytes:
    """Findings as GeoJSON in level-0 px, as QuPath reads it; those without area are points."""
    features = [_feature(one, areas.get(one["key"])) for one in frozen["findings"]]
    told: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    told |= {"slide_sha256": frozen["slide"]["sha256"], "unit": "level-0 px"}
    if is_synthetic(frozen, stored):
        told["note"] = SYNTHETIC
    return (json.dumps(told, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def _feature(one: Mapping[str, Any], area: BaseGeometry | None) -> dict[str, Any]:
    geometry = shapely.Point(one["x_l0"], one["y_l0"]) if area is None else area
    names = ("key", "number", "state", "because", "label", "size_class", "diameter_um")
    colour = COLOURS.get(one["state"], (96, 96, 96))
    own = {"classification": {"name": one["state"].capitalize(), "color": list(colour)}}
    return {
        "type": "Feature",
        "geometry": mapping(geometry),
        "properties": own | {name: one[name] for name in names},
    }


# The table -------------------------------------------------------------------------------


def table_of(frozen: Frozen, areas: Outlines) -> bytes:
    target = io.StringIO()
    rows = csv.DictWriter(target, COLUMNS, lineterminator="\n", extrasaction="ignore")
    rows.writeheader()
    for one in frozen["findings"]:
        area = areas.get(one["key"])
        left, top, right, bottom = one["box_l0"]
        rows.writerow(
            {name: _cell(value) for name, value in one.items()}
            | {"left_l0": left, "top_l0": top, "right_l0": right, "bottom_l0": bottom}
            | {"measured_by": measured_by(one), "area_px": round(area.area) if area else ""}
        )
    return target.getvalue().encode()


def _cell(value: Any) -> Any:
    """Words of people that a spreadsheet would take for a formula are marked as text."""
    is_formula = isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}
    return f"'{value}" if is_formula else value


def measured_by(one: Mapping[str, Any]) -> str:
    if one["diameter_um"] is None:
        return ""
    if one["caliper"]:
        return "caliper"
    return "outline" if one["uncertainty_um"] is None else "map"


# Masks -----------------------------------------------------------------------------------


def write_predicted_mask(path: Path, frozen: Frozen, stored: StoredMap) -> None:
    """255 in cells at or above the threshold, px by px of the slide."""
    called = tumour_cells(stored.probabilities, frozen["prediction"]["threshold"])
    slide = frozen["slide"]
    facts = _facts("predicted mask", frozen, stored)
    facts |= {"threshold": frozen["prediction"]["threshold"]}
    facts |= {"map_sha256": frozen["prediction"]["map_sha256"]}
    write_cell_mask(
        path,
        np.where(called, TUMOUR_VALUE, 0).astype(np.uint8),
        stored.grid,
        width=slide["width"],
        height=slide["height"],
        mpp=slide["mpp"],
        description=json.dumps({"sentinode": facts}, sort_keys=True),
    )


def write_reviewed_mask(
    path: Path, frozen: Frozen, stored: StoredMap | None, areas: Outlines
) -> None:
    """255 in what the reader calls tumour, px by px of the slide."""
    held = [one["key"] for one in frozen["findings"] if one["state"] in HELD]
    area = shapely.union_all([areas[key] for key in held if key in areas])
    slide = frozen["slide"]
    write_area_mask(
        path,
        area,
        size=(slide["width"], slide["height"]),
        mpp=slide["mpp"],
        value=TUMOUR_VALUE,
        facts=_facts("reviewed mask", frozen, stored),
    )


def _facts(content: str, frozen: Frozen, stored: StoredMap | None) -> dict[str, Any]:
    return {
        "content": content,
        "slide_sha256": frozen["slide"]["sha256"],
        "tumour_value": TUMOUR_VALUE,
        "synthetic": is_synthetic(frozen, stored),
    }


# Pictures --------------------------------------------------------------------------------


def pictures_of(
    frozen: Frozen, areas: Outlines, pyramid: Pyramid
) -> Iterator[tuple[str, Image.Image]]:
    """The whole slide, then each finding, with outlines: the name of the member and its picture."""
    whole = (0.0, 0.0, float(pyramid.width), float(pyramid.height))
    scale = max(pyramid.width, pyramid.height) / OVERVIEW_PX
    size = tuple(max(1, round(side / max(scale, 1.0))) for side in whole[2:])
    yield OVERVIEW, _picture(frozen, areas, pyramid, (whole, size))
    for one in frozen["findings"][:MOST_CROPS]:
        window = _window(one["box_l0"], frozen["slide"]["mpp"])
        name = f"{CROPS}/{one['key']}.jpg"
        yield name, _picture(frozen, areas, pyramid, (window, (CROP_PX, CROP_PX)))


def _window(box_l0: Any, mpp: float | None) -> tuple[float, float, float, float]:
    """A square round a box, in level-0 px."""
    left, top, right, bottom = box_l0
    least = LEAST_CROP_UM / mpp if mpp else LEAST_CROP_PX
    side = max(ROOM * (right - left), ROOM * (bottom - top), least)
    x, y = (left + right - side) / 2, (top + bottom - side) / 2
    return x, y, x + side, y + side


def _picture(
    frozen: Frozen, areas: Outlines, pyramid: Pyramid, view: tuple[Any, Any]
) -> Image.Image:
    """view: box in level-0 px, and size in px."""
    box_l0, size = view
    picture = Image.fromarray(pyramid.read_box(box_l0, size))
    pen = ImageDraw.Draw(picture)
    left, top, right, bottom = box_l0
    scale = np.array([size[0] / (right - left), size[1] / (bottom - top)])
    for one in frozen["findings"]:
        colour = COLOURS.get(one["state"])
        if colour is None or not _overlap(one["box_l0"], box_l0):
            continue
        for ring in _rings(areas.get(one["key"]), one, MARK_PX / scale):
            pen.line([tuple(corner) for corner in (ring - [left, top]) * scale], colour, 3)
    return picture


def _rings(
    area: BaseGeometry | None, one: Mapping[str, Any], reach: np.ndarray
) -> Iterator[np.ndarray]:
    """The lines of an area; of a place without one, a small square."""
    if area is None:
        place = np.array([one["x_l0"], one["y_l0"]])
        area = shapely.box(*(place - reach), *(place + reach))
    for polygon in polygons_of(area):
        for ring in (polygon.exterior, *polygon.interiors):
            yield shapely.get_coordinates(ring)


def _overlap(one: Any, other: Any) -> bool:
    return bool(
        one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]
    )


def jpeg(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()
