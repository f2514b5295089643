"""The frozen table of patches: where each lies, what it shows, which side of the split it is on.

A text file anybody can read: one line of JSON (how it was made, from which slides and
truths), one line of column names, one line per patch. The same table and header give the
same bytes on every machine, so its SHA-256 names the dataset.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

FORMAT = "sentinode-manifest-1"
TRAINING, VALIDATION = "training", "validation"

# slide_id is the row's key; x_l0, y_l0 the patch's corner in level-0 px; row, column its
# grid cell; shares are of the whole patch, in [0, 1]; label 1 = tumour.
PATCH = np.dtype(
    [
        ("slide_id", np.int64),
        ("row", np.int32),
        ("column", np.int32),
        ("x_l0", np.int64),
        ("y_l0", np.int64),
        ("tumour_share", np.float32),
        ("tissue_share", np.float32),
        ("label", np.uint8),
        ("split", "U10"),
    ]
)
FORMATS = ("%d", "%d", "%d", "%d", "%d", "%.6f", "%.6f", "%d", "%s")
_KINDS = {"%d": int, "%.6f": float, "%s": str}


class ManifestError(ValueError):
    """A manifest that cannot be trusted."""

    code = "bad_manifest"


@dataclass(frozen=True)
class Manifest:
    """header: JSON as written. columns: (n,) of dtype PATCH. sha256: of the file's bytes."""

    header: Mapping[str, Any]
    columns: np.ndarray
    sha256: str

    @property
    def mpp(self) -> float:
        return float(self.header["mpp"])

    @property
    def patch_px(self) -> int:
        return int(self.header["patch_px"])

    @cached_property
    def labels(self) -> np.ndarray:
        """(n,) bool, True = tumour."""
        return np.asarray(self.columns["label"] == 1)

    @property
    def slides(self) -> Sequence[Mapping[str, Any]]:
        return list(self.header["slides"])

    def indices(self, split: str) -> np.ndarray:
        """Positions of the patches on one side of the split, rising."""
        return np.flatnonzero(self.columns["split"] == split)

    def patients(self) -> np.ndarray:
        """(n,) the patient of each patch, one spelling each."""
        patient_of = {slide["id"]: slide["patient"].strip().casefold() for slide in self.slides}
        return np.array([patient_of[key] for key in self.columns["slide_id"].tolist()])


def write(path: Path, header: Mapping[str, Any], patches: np.ndarray) -> str:
    """Write the manifest whole or not at all; its SHA-256.

    Patches are sorted by slide, row and column: neighbours in the file are neighbours on
    the slide, and the order in which they were chosen leaves no trace.
    """
    content = encode(header, patches)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return hashlib.sha256(content).hexdigest()


def encode(header: Mapping[str, Any], patches: np.ndarray) -> bytes:
    """The bytes of a manifest. Raises ManifestError if the table has other columns."""
    if patches.dtype != PATCH:
        raise ManifestError(f"patches need the columns {PATCH.names}, got {patches.dtype.names}")
    ordered = patches[np.lexsort([patches[name] for name in ("column", "row", "slide_id")])]
    first = json.dumps({"format": FORMAT, **header}, sort_keys=True, ensure_ascii=True)
    line = ",".join(FORMATS)
    rows = [line % tuple(row) for row in ordered.tolist()]
    return ("\n".join([f"# {first}", ",".join(PATCH.names or ()), *rows]) + "\n").encode("ascii")


def read(path: Path, *, sha256: str | None = None) -> Manifest:
    """The manifest of a file; with sha256, only if the file still has that checksum.

    Raises ManifestError if the file is missing, changed, or not a manifest.
    """
    content = _bytes_of(path)
    found = hashlib.sha256(content).hexdigest()
    if sha256 and found != sha256:
        raise ManifestError(
            f"{path.name} was changed since it was frozen (checksum {found[:12]}, expected "
            f"{sha256[:12]}); freeze the dataset again"
        )
    try:
        header, columns = _parsed(content.decode("ascii"))
    except (UnicodeDecodeError, json.JSONDecodeError, IndexError, KeyError, ValueError) as error:
        raise ManifestError(f"{path.name} is not a patch manifest: {error}") from error
    return Manifest(header=header, columns=columns, sha256=found)


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ManifestError(f"{path.name} is gone; freeze the dataset again") from error


def _parsed(text: str) -> tuple[dict[str, Any], np.ndarray]:
    first, names, *rows = text.splitlines()
    header = json.loads(first.removeprefix("# "))
    if header["format"] != FORMAT or names.split(",") != list(PATCH.names or ()):
        raise ManifestError(f"expected {FORMAT} with columns {PATCH.names}, got {names}")
    return header, np.array([_row(row) for row in rows], dtype=PATCH)


def _row(line: str) -> tuple[int | float | str, ...]:
    fields = zip(line.split(","), FORMATS, strict=True)
    return tuple(_KINDS[kind](field) for field, kind in fields)
