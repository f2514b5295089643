"""The numbers of a signed review, worked out again from its map, outlines and calipers."""

import math
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from predictions.lesions import size_class
from predictions.map_files import StoredMap, read_map
from predictions.review.evidence_parts import HELD
from predictions.review.findings import conclusion_of, key_of
from predictions.review.found import Found, found_in
from predictions.review.said import longest_px

Frozen = Mapping[str, Any]
ARRAYS = {"map.npy", "tissue.npy", "uncalibrated.npy"}
FACTS = "facts.npy"
MOST_CELLS = 10**8
MOST_FACTS_BYTES = 2**20
CLOSE = 1e-9  # of a number, relative: what text and rounding may cost


def same(one: Any, other: Any) -> bool:
    """Whether two numbers, or two nothings, are one."""
    if one is None or other is None:
        return one is other
    return math.isclose(float(one), float(other), rel_tol=CLOSE, abs_tol=CLOSE)


# The map ---------------------------------------------------------------------------------


def careful_map(path: Path, grid: Mapping[str, Any]) -> StoredMap:
    """A map whose arrays are of the grid's size, told before any is unpacked. Raises ValueError."""
    shape = (int(grid["rows"]), int(grid["columns"]))
    if not 0 < shape[0] * shape[1] <= MOST_CELLS:
        raise ValueError(f"a grid of {shape[0]} x {shape[1]} cells cannot be")
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                _refuse_odd_array(archive, entry, shape)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise ValueError(f"the map is no file of ours ({error})") from error
    return read_map(path)


def _refuse_odd_array(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, shape: tuple[int, int]
) -> None:
    if entry.filename == FACTS:
        if entry.file_size > MOST_FACTS_BYTES:
            raise ValueError(f"the map's facts have {entry.file_size:,} bytes")
        return
    if entry.filename not in ARRAYS:
        raise ValueError(f"the map holds {entry.filename!r}, which none of ours does")
    with archive.open(entry) as file:
        version = np.lib.format.read_magic(file)
        reader = np.lib.format.read_array_header_1_0
        if version != (1, 0):
            raise ValueError(f"{entry.filename} is of another NumPy format, {version}")
        found, _, dtype = reader(file)
    if found != shape or dtype != np.float32:
        raise ValueError(
            f"{entry.filename} has {found} cells of {dtype}, the grid says {shape} of float32"
        )


def map_faults(frozen: Frozen, stored: StoredMap) -> Iterator[str]:
    """Where the map is not of the slide, version and grid that were signed."""
    grid, prediction = frozen["grid"], frozen["prediction"]
    for name in ("columns", "rows", "side_l0", "patch_px", "mpp"):
        if not same(grid[name], getattr(stored.grid, name)):
            yield f"grid {name}: signed {grid[name]}, the map's {getattr(stored.grid, name)}"
    told = stored.provenance
    pairs = {
        "slide SHA-256": (frozen["slide"]["sha256"], told["slide_sha256"]),
        "weights SHA-256": (frozen["version"]["weights_sha256"], told["weights_sha256"]),
    }
    for name, (signed, found) in pairs.items():
        if signed != found:
            yield f"{name}: signed {str(signed)[:16]}, the map's {str(found)[:16]}"
    if not same(prediction["tissue_bar"], told["tissue_bar"]):
        yield f"tissue bar: signed {prediction['tissue_bar']}, the map's {told['tissue_bar']}"
    if told["tissue_bar"] > 0 and not _assessed_by_tissue(stored):
        yield "cells were assessed that hold too little tissue, or left out in spite of enough"
    known = stored.probabilities[~np.isnan(stored.probabilities)]
    highest = float(known.max()) if len(known) else None
    if not same(prediction["slide_score"], highest):
        yield f"slide score: signed {prediction['slide_score']}, the map's highest is {highest}"


def _assessed_by_tissue(stored: StoredMap) -> bool:
    enough = stored.tissue_share >= stored.provenance["tissue_bar"]
    return bool((enough == ~np.isnan(stored.probabilities)).all())


# Findings --------------------------------------------------------------------------------


def finding_faults(frozen: Frozen, stored: StoredMap) -> Iterator[str]:
    """Where the signed findings are not those of the map at the threshold."""
    slide = frozen["slide"]
    found = found_in(
        stored.probabilities,
        frozen["prediction"]["threshold"],
        side_l0=stored.grid.side_l0,
        mpp=slide["mpp"],
        size_l0=(slide["width"], slide["height"]),
    )
    expected = {key_of(number): one for number, one in enumerate(found, start=1)}
    signed = {one["key"]: one for one in frozen["findings"] if one["key"].startswith("c")}
    for key in sorted(expected.keys() - signed.keys()):
        yield f"the map calls {key}, which was not signed"
    for key in sorted(signed.keys() - expected.keys()):
        yield f"{key} was signed, but the map does not call it"
    for key in sorted(expected.keys() & signed.keys()):
        yield from _faults_of(signed[key], expected[key])


def _faults_of(one: Mapping[str, Any], found: Found) -> Iterator[str]:
    told = {"confidence": found.confidence}
    if one["region"] is None:
        told |= {"x_l0": found.x_l0, "y_l0": found.y_l0}
        if any(not same(a, b) for a, b in zip(one["box_l0"], found.box_l0, strict=True)):
            yield f"{one['key']} box: signed {one['box_l0']}, by the map {list(found.box_l0)}"
        if not one["caliper"]:
            told |= {"diameter_um": found.diameter_um, "uncertainty_um": found.uncertainty_um}
    for name, value in told.items():
        if not same(one[name], value):
            yield f"{one['key']} {name}: signed {one[name]}, by the map {value}"


def measure_faults(frozen: Frozen) -> Iterator[str]:
    """Where lengths are not those of calipers and outlines, or there are some without um per px."""
    mpp = frozen["slide"]["mpp"]
    for one in frozen["findings"]:
        length, told = one["diameter_um"], ""
        if mpp is None:
            if length is not None:
                yield f"{one['key']} has a length of {length} um where um per px is unknown"
            continue
        if one["caliper"]:
            (left, top), (right, bottom) = one["caliper"]
            expected, told = math.hypot(right - left, bottom - top) * mpp, "caliper"
        elif one["region"] and one["region"]["type"] != "Point":
            expected, told = longest_px(one["region"]) * mpp, "outline"
        if told and not same(length, expected):
            yield f"{one['key']} diameter: signed {length} um, by its {told} {expected} um"


def words_of_readers(frozen: Frozen) -> list[str]:
    """Findings whose class is the reader's word, not the diameter's."""
    return [
        f"{one['key']} {one['size_class']} ({size_class(one['diameter_um'])} by its diameter)"
        for one in frozen["findings"]
        if one["state"] in HELD
        and one["diameter_um"] is not None
        and one["size_class"] != size_class(one["diameter_um"])
    ]


def conclusion_faults(frozen: Frozen) -> Iterator[str]:
    """Where counts and the suggested conclusion are not those of the findings."""
    found = [
        SimpleNamespace(is_held=one["state"] in HELD, size_class=one["size_class"])
        for one in frozen["findings"]
    ]
    suggested = conclusion_of(found)  # type: ignore[arg-type]
    if (signed := frozen["said"]["suggested"]) != suggested:
        yield f"suggested conclusion: signed {signed!r}, by the findings {suggested!r}"
    left = sum(one["state"] == "open" for one in frozen["findings"])
    if frozen["left"]["open_findings"] != left:
        yield f"open findings: signed {frozen['left']['open_findings']}, counted {left}"
    numbers = sorted(one["number"] for one in frozen["findings"])
    if numbers != list(range(1, len(numbers) + 1)):
        yield f"findings are numbered {numbers[:10]}, not from 1 on"
