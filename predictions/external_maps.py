"""Probability maps that other programs made, laid on cells of our kind.

WSInfer's CSV (minx, miny, width, height, prob_...), GeoJSON of patches with probabilities among
their measurements (WSInfer, QuPath), NPY and TIFF of numbers. Cells begin at the slide's corner;
patches that lie otherwise are laid on cells a quarter of their size, each of which has the mean of
the patches over its middle. What no patch covers is not assessed.
"""

import csv
import io
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from predictions.challenge_files import Refusal, RefusedFiles
from slides.mask_blocks import DAMAGE

CORNERS = ("minx", "miny", "width", "height")
TUMOUR_NAMES = ("prob_tumor", "prob_tumour", "tumor", "tumour", "probability", "prob")
FINER = 4
MAX_CELLS = 25_000_000
SUFFIXES = (".csv", ".geojson", ".json", ".npy", ".tif", ".tiff")


@dataclass(frozen=True)
class ExternalMap:
    """probabilities: (rows, columns) float32, NaN = not assessed. side_l0: of a cell, in px."""

    probabilities: np.ndarray
    side_l0: float


@dataclass(frozen=True)
class MapTerms:
    """What is known of the slide, and what a person says where the file does not.

    size_l0: the slide's width and height. column: name of the probability to take. side_l0: of an
    array's cell, in level-0 px. is_transposed: the array is [x, y], as NCRF's are.
    """

    size_l0: tuple[int, int]
    column: str = ""
    side_l0: float | None = None
    is_transposed: bool = False


def read_external_map(path: Path, terms: MapTerms) -> ExternalMap:
    """A map of any of these formats, told by the file's ending.

    Raises RefusedFiles with each row that is wrong, or with the reason why the file is.
    """
    readers = {
        ".csv": lambda: _of_patches(_csv_rows(path, terms), path, terms),
        ".geojson": lambda: _of_patches(_geojson_rows(path, terms), path, terms),
        ".json": lambda: _of_patches(_geojson_rows(path, terms), path, terms),
        ".npy": lambda: _of_array(_npy(path), path, terms),
        ".tif": lambda: _of_array(_tiff(path), path, terms),
        ".tiff": lambda: _of_array(_tiff(path), path, terms),
    }
    if path.suffix.lower() not in readers:
        raise _refused(path, f"is none of {', '.join(readers)}")
    return readers[path.suffix.lower()]()


def _refused(path: Path, reason: str, row: int = 0) -> RefusedFiles:
    return RefusedFiles([Refusal(path.name, row, reason)])


# Patches -----------------------------------------------------------------------

# number of the row, then minx, miny, width, height, probability as they stand there
_Row = tuple[int, Sequence[Any]]


def _csv_rows(path: Path, terms: MapTerms) -> Iterator[_Row]:
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _refused(path, f"is no CSV of UTF-8 text ({error})") from error
    names = list(rows[0]) if rows else []
    if missing := [name for name in CORNERS if name not in names]:
        raise _refused(path, f"has no column {', '.join(missing)}; expected WSInfer's CSV", 1)
    wanted = _probability_name([name for name in names if name not in CORNERS], path, terms)
    for number, row in enumerate(rows, start=2):
        yield number, [row[name] for name in (*CORNERS, wanted)]


def _geojson_rows(path: Path, terms: MapTerms) -> Iterator[_Row]:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
        features = content["features"] if isinstance(content, dict) else content
        patches = [(_measured(one["properties"]), _ring(one["geometry"])) for one in features]
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        reason = f"is no GeoJSON of patches with measurements ({type(error).__name__}: {error})"
        raise _refused(path, reason) from error
    if not patches:
        raise _refused(path, "holds no patch")
    wanted = _probability_name(list(patches[0][0]), path, terms)
    for number, (values, ring) in enumerate(patches, start=1):
        (left, top), (right, bottom) = ring.min(axis=0), ring.max(axis=0)
        yield number, [left, top, right - left, bottom - top, values.get(wanted)]


def _measured(properties: Mapping[str, Any]) -> dict[str, Any]:
    """QuPath has written measurements as an object and as a list of name and value."""
    found = properties["measurements"]
    return {one["name"]: one["value"] for one in found} if isinstance(found, list) else dict(found)


def _ring(geometry: Mapping[str, Any]) -> np.ndarray:
    return np.array(geometry["coordinates"][0], dtype=np.float64)[:, :2]


def _probability_name(names: Sequence[str], path: Path, terms: MapTerms) -> str:
    """The column that a person names, else the one of tumour, else the only one there is."""
    if terms.column:
        if terms.column not in names:
            raise _refused(path, f"has no {terms.column!r}; it has {', '.join(names)}")
        return terms.column
    plain = [name for name in names if name.lower() in TUMOUR_NAMES] or list(names)
    if len(plain) != 1:
        raise _refused(
            path, f"has {', '.join(names) or 'no probability'}; say which is that of tumour"
        )
    return plain[0]


def _of_patches(rows: Iterator[_Row], path: Path, terms: MapTerms) -> ExternalMap:
    patches, refusals = [], []
    for number, cells in rows:
        try:
            patches.append(_patch(cells, terms.size_l0))
        except ValueError as error:
            refusals.append(Refusal(path.name, number, str(error)))
    if refusals:
        raise RefusedFiles(refusals)
    if not patches:
        raise _refused(path, "holds no patch")
    return _laid(np.array(patches), path, terms.size_l0)


def _patch(cells: Sequence[Any], size_l0: tuple[int, int]) -> list[float]:
    """left, top, side, probability. Raises ValueError at what cannot be meant."""
    try:
        left, top, width, height, probability = (float(cell) for cell in cells)
    except (TypeError, ValueError):
        raise ValueError(f"{list(cells)} are not five numbers") from None
    if not 0 <= probability <= 1:  # NaN too
        raise ValueError(f"the probability is {probability}; expected 0 to 1")
    if not (0 < width < math.inf and abs(width - height) <= 1):
        raise ValueError(f"a patch of {width:g} x {height:g} px; expected squares")
    if not (0 <= left < size_l0[0] and 0 <= top < size_l0[1]):
        raise ValueError(
            f"({left:g}, {top:g}) lies outside the slide ({size_l0[0]} x {size_l0[1]} px); give "
            "level-0 px"
        )
    return [left, top, width, probability]


def _laid(patches: np.ndarray, path: Path, size_l0: tuple[int, int]) -> ExternalMap:
    """patches: (n, 4) left, top, side, probability."""
    side = float(np.median(patches[:, 2]))
    if (np.abs(patches[:, 2] - side) > 1).any():
        raise _refused(path, "has patches of several sizes; give one map a size")
    steps = patches[:, :2] / side
    is_aligned = bool((np.abs(steps - np.rint(steps)) * side <= 1).all())
    cell = side if is_aligned else side / FINER
    columns, rows = (max(1, math.ceil(length / cell - 1e-9)) for length in size_l0)
    if rows * columns > MAX_CELLS:
        raise _refused(path, f"makes {rows} x {columns} cells; expected larger patches")
    total, count = np.zeros((rows, columns)), np.zeros((rows, columns))
    # the cells whose middle lies in the patch; a px of rounding must not lose or win one
    first = np.ceil((patches[:, :2] - 1) / cell - 0.5).astype(int)
    across = round(side / cell)
    for (column, row), probability in zip(np.maximum(first, 0), patches[:, 3], strict=True):
        total[row : row + across, column : column + across] += probability
        count[row : row + across, column : column + across] += 1
    mean = np.full((rows, columns), np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return ExternalMap(mean.astype(np.float32), cell)


# Arrays ------------------------------------------------------------------------


def _npy(path: Path) -> np.ndarray:
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise _refused(path, f"is no array that can be read safely ({error})") from error


def _tiff(path: Path) -> np.ndarray:
    """Its page of numbers; of a pyramid the largest that makes no more than MAX_CELLS cells."""
    try:
        with tifffile.TiffFile(path) as tiff:
            pages = [one.aspage() for one in tiff.pages]
            fit = [one for one in pages if one.imagewidth * one.imagelength <= MAX_CELLS]
            if not fit:
                raise ValueError(f"no page has at most {MAX_CELLS} px")
            return max(fit, key=lambda one: one.imagewidth * one.imagelength).asarray()
    except DAMAGE as error:
        raise _refused(path, f"is no TIFF that can be read ({error})") from error


def _of_array(values: np.ndarray, path: Path, terms: MapTerms) -> ExternalMap:
    values = values.T if terms.is_transposed else values
    if values.ndim != 2 or not values.size or values.dtype.kind != "f":
        raise _refused(
            path,
            f"has shape {values.shape} of {values.dtype}; expected (rows, columns) of fractions, "
            "NaN where nothing was looked at",
        )
    outside = ~np.isnan(values) & ~((values >= 0) & (values <= 1))
    if outside.any():
        row, column = np.argwhere(outside)[0]
        reason = f"has {values[row, column]:g} in column {column + 1}; expected 0 to 1, or NaN"
        raise _refused(path, reason, int(row) + 1)
    side = _side(values.shape, path, terms)
    columns, rows = (math.ceil(length / side - 1e-9) for length in terms.size_l0)
    # makers that leave out the part cell at the far edges have not looked there
    whole = np.full((max(rows, 1), max(columns, 1)), np.nan, np.float32)
    whole[: values.shape[0], : values.shape[1]] = values
    return ExternalMap(whole, side)


def _side(shape: tuple[int, ...], path: Path, terms: MapTerms) -> float:
    """Level-0 px a cell: as said, else the one whole number by which the slide has this shape."""
    if terms.side_l0 is not None:
        if _makes(shape, terms.side_l0, terms.size_l0):
            return terms.side_l0
        found = f"which a cell of {terms.side_l0:g} px does not make"
    else:
        largest = terms.size_l0[0] / shape[1]
        near = range(max(1, int(largest * 0.5)), int(largest * 2) + 2)
        sides = [side for side in near if _makes(shape, side, terms.size_l0)]
        if len(sides) == 1:
            return float(sides[0])
        several = " or ".join(f"{side}" for side in sides[:5])
        found = f"which cells of {several} px make" if sides else "which no square cell makes"
    turned = _turned(shape, terms)
    raise _refused(
        path,
        f"has {shape[0]} rows and {shape[1]} columns on a slide of {terms.size_l0[0]} x "
        f"{terms.size_l0[1]} px, {found}; say how many level-0 px a cell has{turned}",
    )


def _turned(shape: tuple[int, ...], terms: MapTerms) -> str:
    width, height = terms.size_l0
    is_like = abs(shape[0] / shape[1] - width / height) < abs(shape[1] / shape[0] - width / height)
    return ", or that it is transposed ([x, y])" if is_like else ""


def _makes(shape: tuple[int, ...], side: float, size_l0: tuple[int, int]) -> bool:
    """True if a slide has so many rows and columns of this side, part cells counted or not."""
    if side <= 0:
        return False
    return all(
        own in {int(length / side + 1e-9), math.ceil(length / side - 1e-9)}
        for own, length in zip((shape[1], shape[0]), size_l0, strict=True)
    )
