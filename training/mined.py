"""A version's worst false alarms: how they are chosen, and the file they are kept in."""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.manifest import PATCH


class MinedError(ValueError):
    """A file of mined patches that cannot be trusted."""

    code = "bad_mining"


@dataclass(frozen=True)
class Mined:
    """patches: (n,) of dtype PATCH, normal, source "mined". scores: (n,) the version's, falling
    within each slide."""

    patches: np.ndarray
    scores: np.ndarray

    def __len__(self) -> int:
        return len(self.patches)


def worst(
    patches: np.ndarray, scores: np.ndarray, *, at_most: int, lowest_score: float
) -> np.ndarray:
    """Positions of the highest scores of one slide, highest first, no two of them neighbours.

    patches: (n,) of dtype PATCH, on one grid. Neighbours share a side or a corner: they show the
    same thing, and one of them teaches as much as both. None below lowest_score is taken.
    """
    taken: list[int] = []
    near: set[tuple[int, int]] = set()
    for place in np.argsort(-scores, kind="stable").tolist():
        if len(taken) == at_most or scores[place] < np.float32(lowest_score):
            break
        row, column = int(patches["row"][place]), int(patches["column"][place])
        if (row, column) in near:
            continue
        taken.append(place)
        near |= {(row + down, column + right) for down in (-1, 0, 1) for right in (-1, 0, 1)}
    return np.array(taken, dtype=np.int64)


def write(path: Path, found: Mined) -> str:
    """Write the patches whole or not at all; the file's SHA-256. The same patches, same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            np.savez_compressed(file, patches=found.patches, scores=found.scores)
        checksum = _sha256(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return checksum


def read(path: Path, *, sha256: str | None = None) -> Mined:
    """The patches of a file; with sha256, only if the file still has that checksum.

    Raises MinedError if the file is missing, changed, or not of mined patches.
    """
    if not path.is_file():
        raise MinedError(f"{path.name} is gone; mine the slides again")
    if sha256 and (found := _sha256(path)) != sha256:
        raise MinedError(
            f"{path.name} was changed since it was mined (checksum {found[:12]}, expected "
            f"{sha256[:12]}); mine the slides again"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            patches, scores = arrays["patches"], arrays["scores"]
    except (ValueError, KeyError, OSError) as error:
        raise MinedError(f"{path.name} holds no mined patches: {error}") from error
    if patches.dtype != PATCH:
        raise MinedError(f"{path.name} is of an earlier form; mine the slides again")
    return Mined(patches, scores)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
