"""The pixels of a mask TIFF block by block, so that the largest mask fits in memory."""

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from slides.outlines import TruthError

CHUNK_PX = 1024
MAX_BLOCK_BYTES = 2**30
COLOUR = 1 << 24
_MEMO_BYTES = 8192
# What decoders raise at damaged files; tifffile and imagecodecs promise no common parent.
DAMAGE = (
    tifffile.TiffFileError,
    RuntimeError,
    ValueError,
    OSError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    struct.error,
)

Values = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Block:
    """Part of a mask. x, y: of its corner, in mask px. values: int (height, width)."""

    x: int
    y: int
    values: Values


@contextmanager
def opened_mask(path: Path) -> Iterator["tifffile.TiffPage"]:
    """The largest page of a mask TIFF, checked to be one that can be read in blocks.

    Raises TruthError if the file is damaged or stores its pixels in a way not handled here.
    """
    try:
        with tifffile.TiffFile(path) as tiff:
            pages = [page.aspage() for page in tiff.pages]
            page = max(pages, key=lambda one: one.imagewidth * one.imagelength)
            _check(page, path)
            yield page
    except TruthError:
        raise
    except DAMAGE as error:
        raise TruthError(
            f"{path.name} is a damaged or cut-short TIFF ({type(error).__name__}: {error}). "
            "Copy or export it again.",
            "unreadable",
        ) from error


def declared_value(page: "tifffile.TiffPage") -> int | None:
    """The tumour value that the file itself names, as masks written here do."""
    try:
        value = json.loads(page.description)["sentinode"]["tumour_value"]
    except (ValueError, LookupError, TypeError):
        return None
    return value if isinstance(value, int) else None


def declared_labels(page: "tifffile.TiffPage") -> tuple[dict[int, str], float | None]:
    """Label by value, and level-0 px per px, that a label mask written here names itself."""
    try:
        facts = json.loads(page.description)["sentinode"]
        labels = {int(value): str(label) for label, value in facts["labels"].items()}
        return labels, float(facts["scale_l0"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return {}, None


def remarks(page: "tifffile.TiffPage") -> list[str]:
    """What a person should know about how the values were read."""
    if page.photometric == tifffile.PHOTOMETRIC.PALETTE:
        return ["The mask has a colour table; its indices were taken as values."]
    if page.samplesperpixel > 1:
        return ["The mask is a colour picture; grey pixels count by brightness, others by colour."]
    return []


def blocks_of(page: "tifffile.TiffPage") -> Iterator[Block]:
    """All pixels of the page once, in blocks of at most CHUNK_PX columns.

    Grey masks give their own values, colours COLOUR + red, green, blue as one number.
    Raises TruthError if the values are no whole numbers.
    """
    stored = _tiles(page) if page.is_tiled else _strips(page)
    for block in stored:
        height, width = block.values.shape
        for y in range(0, height, CHUNK_PX):
            for x in range(0, width, CHUNK_PX):
                part = block.values[y : y + CHUNK_PX, x : x + CHUNK_PX]
                yield Block(block.x + x, block.y + y, part)


def _tiles(page: "tifffile.TiffPage") -> Iterator[Block]:
    columns = -(-page.imagewidth // page.tilewidth)
    for index, values in _segments(page):
        y, x = (index // columns) * page.tilelength, (index % columns) * page.tilewidth
        yield Block(x, y, values[: page.imagelength - y, : page.imagewidth - x])


def _strips(page: "tifffile.TiffPage") -> Iterator[Block]:
    """Strips may be a row thin: gathered until they are worth looking at."""
    waiting: list[Values] = []
    y = 0
    for index, values in _segments(page):
        waiting.append(values[: page.imagelength - index * page.rowsperstrip])
        rows = sum(map(len, waiting))
        if rows >= CHUNK_PX:
            yield Block(0, y, np.concatenate(waiting))
            y, waiting = y + rows, []
    if waiting:
        yield Block(0, y, np.concatenate(waiting))


def _segments(page: "tifffile.TiffPage") -> Iterator[tuple[int, Values]]:
    """Number and values of each stored tile or strip, in the order of the file's table.

    Most of a mask is the same empty tile: equal short bytes are decoded once.
    """
    memo: dict[bytes, Values] = {}
    shape = _segment_shape(page)
    jpeg = {"jpegtables": page.jpegtables, "jpegheader": page.jpegheader}
    options = jpeg if page.compression in {6, 7, 34892, 33007} else {}
    stored = page.parent.filehandle.read_segments(page.dataoffsets, page.databytecounts)
    for data, index in stored:
        if data is None or not len(data):
            yield index, np.zeros(shape, np.uint8)
        elif data in memo:
            yield index, memo[data]
        else:
            decoded, _, _ = page.decode(data, index, _fullsize=page.is_tiled, **options)
            values = _as_numbers(decoded[0], page)
            if len(data) < _MEMO_BYTES and values.shape == shape:
                memo = {data: values} if len(memo) > 64 else {**memo, data: values}
            yield index, values


def _segment_shape(page: "tifffile.TiffPage") -> tuple[int, int]:
    if page.is_tiled:
        return page.tilelength, page.tilewidth
    return min(page.rowsperstrip, page.imagelength), page.imagewidth


def _as_numbers(pixels: Values, page: "tifffile.TiffPage") -> Values:
    """int (height, width) from (height, width, samples)."""
    if pixels.shape[-1] >= 3:
        return _as_colours(pixels)
    values = pixels[..., 0]
    if values.dtype.kind == "f":
        return _whole(values)
    return values.astype(np.uint8) if values.dtype.kind == "b" else values


def _as_colours(pixels: Values) -> Values:
    red, green, blue = (pixels[..., sample].astype(np.int32) for sample in range(3))
    is_grey = (red == green) & (green == blue)
    return np.where(is_grey, red, COLOUR | red << 16 | green << 8 | blue)


def _whole(values: Values) -> Values:
    if not np.isfinite(values).all() or (values != np.rint(values)).any():
        raise TruthError(
            "The mask holds fractions, so it is a probability map rather than a mask; expected "
            "whole numbers such as 0 and 1. Cut it at a threshold and export it again.",
            "mask_values",
        )
    return values.astype(np.int64)


def _check(page: "tifffile.TiffPage", path: Path) -> None:
    faults = {
        f"{page.samplesperpixel} samples a pixel; expected 1 (or 3, 4 for colours)": (
            page.samplesperpixel not in {1, 3, 4}
        ),
        "several planes or depths in one page": (
            (page.planarconfig == 2 and page.samplesperpixel > 1) or page.imagedepth > 1
        ),
        "complex or unknown numbers": page.dtype is None or page.dtype.kind not in "buif",
        "colours of more than 8 bits": page.samplesperpixel > 1 and page.dtype != np.uint8,
        f"an orientation tag ({_orientation(page)}) that turns or mirrors it": (
            _orientation(page) != 1
        ),
        "single strips or tiles of more than 1 GB": _block_bytes(page) > MAX_BLOCK_BYTES,
    }
    for fault, is_so in faults.items():
        if is_so:
            raise TruthError(
                f"{path.name} has {fault}. Export the mask as a tiled grey TIFF of 8 bits.",
                "unreadable",
            )
    if max(map(sum, zip(page.dataoffsets, page.databytecounts, strict=True))) > path.stat().st_size:
        raise TruthError(
            f"{path.name} is cut short: its pixels lie beyond the end of the file. Copy it again.",
            "unreadable",
        )


def _orientation(page: "tifffile.TiffPage") -> int:
    return int(page.tags.valueof("Orientation", 1))


def _block_bytes(page: "tifffile.TiffPage") -> int:
    rows, columns = _segment_shape(page)
    item = page.dtype.itemsize if page.dtype is not None else 1
    return rows * columns * int(page.samplesperpixel) * item
