"""Files of ground truth, whatever their format: told apart by what is in them, not by name."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from slides.asap_xml import read_asap_xml, write_asap_xml
from slides.geojson_files import geojson_text, truth_from_geojson
from slides.json_items import parsed
from slides.mask_tiff import read_mask
from slides.ncrf_json import is_ncrf, truth_from_ncrf
from slides.outlines import MAX_FILE_BYTES, Reading, Tell, Truth, TruthError
from slides.regions import Mark, Region

__all__ = ["Reading", "Truth", "TruthError", "read_truth", "write_asap_xml", "write_geojson"]

_TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def read_truth(path: Path, reading: Reading | None = None, *, tell: Tell | None = None) -> Truth:
    """The regions of a mask TIFF, ASAP XML, NCRF JSON or GeoJSON file, in its own px.

    reading: what a person says where the file does not. tell: told how far it is. Raises
    TruthError, with a code, if the file is of another kind, damaged, too large, or leaves open
    what is tumour.
    """
    path, reading = Path(path), reading or Reading()
    start = _start_of(path)
    if start.startswith(_TIFF_STARTS):
        return read_mask(path, tumour_value=reading.tumour_value, tell=tell)
    _check_size(path)
    if start.startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        return read_asap_xml(path, reading, tell=tell)
    if start[:1] in {b"{", b"["}:
        content = _json(path, tell)
        if is_ncrf(content):
            return truth_from_ncrf(content, file_name=path.name)
        return truth_from_geojson(content, reading, file_name=path.name)
    raise TruthError(
        f"{path.name} is no truth file: it begins with {start[:12]!r}. Expected a mask TIFF, "
        "ASAP XML, NCRF JSON or GeoJSON.",
        "not_truth",
    )


def write_geojson(
    path: Path,
    regions: Sequence[Region],
    marks: Sequence[Mark] = (),
    *,
    is_synthetic: bool = False,
    slide_name: str = "",
) -> None:
    """Write outlines for QuPath: one feature a region, level-0 px, normal tissue as holes."""
    text = geojson_text(regions, marks, is_synthetic=is_synthetic, slide_name=slide_name)
    path.write_text(text, encoding="utf-8")


def _start_of(path: Path) -> bytes:
    with path.open("rb") as file:
        start = file.read(512)
    if not start:
        raise TruthError(f"{path.name} is empty (0 bytes). Copy or export it again.", "empty_file")
    if start.startswith(_TIFF_STARTS):
        return start
    return start.removeprefix(_BYTE_ORDER_MARK).lstrip()


def _check_size(path: Path) -> None:
    size = path.stat().st_size
    if size > MAX_FILE_BYTES:
        raise TruthError(
            f"{path.name} has {size / 2**20:.0f} MB of outlines; the limit is "
            f"{MAX_FILE_BYTES / 2**20:.0f} MB. Simplify the outlines, or give a mask TIFF.",
            "too_large",
        )


def _json(path: Path, tell: Tell | None) -> Any:
    try:
        content = path.read_bytes()
        text = content.decode(json.detect_encoding(content))
        del content
        return parsed(text, refuse_constant=_refuse_constant, tell=tell)
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise TruthError(
            f"{path.name} is not whole JSON ({error}); it may have been cut short. "
            "Copy or export it again.",
            "unreadable",
        ) from error


def _refuse_constant(word: str) -> None:
    raise TruthError(
        f"The file has {word} where a coordinate is expected; coordinates are finite numbers "
        "in level-0 px. Correct the file or export it again.",
        "bad_coordinates",
    )
