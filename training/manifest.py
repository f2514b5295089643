"""The frozen table of patches: where each lies, what it shows, which side of the split it is on.

A text file anybody can read: one line of JSON (how it was made, from which slides and
truths), one line of column names, one line per patch. The same table and header give the
same bytes on every machine, so its SHA-256 names the dataset.

Files of the first format, with one um/px for all patches and no word of who said what, are
still read.
"""

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import numpy as np

FORMAT, FIRST_FORMAT = "sentinode-manifest-2", "sentinode-manifest-1"
TRAINING, VALIDATION, TEST = "training", "validation", "test"
FOLD = "fold-"
GRID, MINED, CORRECTED = "grid", "mined", "corrected"

# slide_id is the row's key; x_l0, y_l0 the patch's corner in level-0 px; row, column its
# place on the grid of its mpp (um per px); shares are of the whole patch, in [0, 1]; label
# 1 = tumour; source says how it came in, author who said what it shows, where known.
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
        ("mpp", np.float64),
        ("source", "U9"),
        ("author", "U64"),
    ]
)
FORMATS = ("%d", "%d", "%d", "%d", "%d", "%.6f", "%.6f", "%d", "%s", "%r", "%s", "%s")
FIRST_COLUMNS = 9  # of a file of the first format
_KINDS: Mapping[str, Callable[[str], Any]] = {"%d": int, "%.6f": float, "%s": unquote, "%r": float}


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
        """The finest um per px of its patches: what a network made of it reads at."""
        return float(self.header["mpp"])

    @property
    def mpps(self) -> list[float]:
        """Every um per px of its patches, finest first."""
        return [float(mpp) for mpp in self.header.get("mpps") or [self.mpp]]

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

    @property
    def folds(self) -> int:
        """Into how many folds the patients were dealt; 0 where there is one split."""
        return int(self.header.get("folds") or 0)

    def indices(self, split: str) -> np.ndarray:
        """Positions of the patches on one side of the split, rising."""
        return np.flatnonzero(self.columns["split"] == split)

    def sides(self, fold: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Positions to learn from and to validate on; with folds, those of one fold validate.

        Mined patches are learnt from only: chosen for being hard, they would make any network
        look bad. Raises ManifestError if there is no such fold, or one must be named.
        """
        if (fold is None) == bool(self.folds) or (fold is not None and fold >= self.folds):
            raise ManifestError(f"this manifest has {self.folds} folds; fold {fold} was asked for")
        if fold is None:
            return self.indices(TRAINING), self.indices(VALIDATION)
        split, source = self.columns["split"], self.columns["source"]
        is_held_out = split == f"{FOLD}{fold}"
        is_learnt = np.char.startswith(split, FOLD) & ~is_held_out
        return np.flatnonzero(is_learnt), np.flatnonzero(is_held_out & (source != MINED))

    def patients(self) -> np.ndarray:
        """(n,) the patient of each patch, one spelling each."""
        patient_of = {slide["id"]: slide["patient"].strip().casefold() for slide in self.slides}
        return np.array([patient_of[key] for key in self.columns["slide_id"].tolist()])


def write(path: Path, header: Mapping[str, Any], patches: np.ndarray) -> str:
    """Write the manifest whole or not at all; its SHA-256.

    Patches are sorted by slide, mpp, row and column: neighbours in the file are neighbours on
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
    keys = ("source", "x_l0", "y_l0", "column", "row", "mpp", "slide_id")
    ordered = patches[np.lexsort([patches[name] for name in keys])].copy()
    # A user's name may hold any letter, a line of the file may not.
    known = {name: quote(name, safe=" @+") for name in np.unique(ordered["author"]).tolist()}
    first = json.dumps({"format": FORMAT, **header}, sort_keys=True, ensure_ascii=True)
    line = ",".join(FORMATS)
    rows = [line % (*row[:-1], known[row[-1]]) for row in ordered.tolist()]
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
    own = list(PATCH.names or ())
    expected = {FORMAT: own, FIRST_FORMAT: own[:FIRST_COLUMNS]}.get(header["format"])
    if names.split(",") != expected:
        raise ManifestError(f"expected {FORMAT} with columns {own}, got {names}")
    # What the first format leaves out was the same for all its patches.
    rest = () if expected == own else (float(header["mpp"]), GRID, "")
    kinds = [_KINDS[kind] for kind in FORMATS[: len(expected)]]
    return header, np.array([(*_row(row, kinds), *rest) for row in rows], dtype=PATCH)


def _row(line: str, kinds: Sequence[Callable[[str], Any]]) -> tuple[Any, ...]:
    return tuple(kind(field) for field, kind in zip(line.split(","), kinds, strict=True))
