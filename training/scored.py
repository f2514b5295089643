"""The validation patches as the network scored them, kept beside its weights.

With them another calibration or operating point is chosen in seconds, without training.
"""

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.manifest import Manifest
from training.operating import patch_mm2

ENDING = ".scores.npz"


class ScoresError(ValueError):
    """Scores that are not there or cannot be trusted."""

    code = "no_scores"


@dataclass(frozen=True)
class Scored:
    """Validation patches, (n,) each: labels bool, scores float32 as the network gave them.

    tissue_share: float32 of each patch. patch_mm2: the area of one cell of a reading.
    """

    labels: np.ndarray
    scores: np.ndarray
    patients: np.ndarray
    tissue_share: np.ndarray
    patch_mm2: float

    @property
    def normal_mm2(self) -> float:
        """The tissue that the normal patches hold."""
        return float(self.tissue_share[~self.labels].sum(dtype=np.float64) * self.patch_mm2)


def of(frozen: Manifest, held_out: np.ndarray, scores: np.ndarray) -> Scored:
    """Scores of a manifest's patches at these positions, in their order."""
    return Scored(
        labels=frozen.labels[held_out],
        scores=np.asarray(scores, dtype=np.float32),
        patients=frozen.patients()[held_out],
        tissue_share=frozen.columns["tissue_share"][held_out],
        patch_mm2=patch_mm2(frozen.patch_px, frozen.mpp),
    )


def beside(weights: Path) -> Path:
    """Where the scores of these weights are kept."""
    return weights.with_suffix(ENDING)


def write(path: Path, kept: Scored) -> str:
    """Write the scores whole or not at all; the file's SHA-256. The same scores, the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with unfinished.open("wb") as file:
            np.savez_compressed(
                file,
                labels=kept.labels,
                scores=kept.scores,
                patients=kept.patients.astype(np.str_),
                tissue_share=kept.tissue_share.astype(np.float32),
                patch_mm2=np.float64(kept.patch_mm2),
            )
        checksum = _sha256(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return checksum


def read(path: Path, *, sha256: str | None = None) -> Scored:
    """The scores of a file; with sha256, only if the file still has that checksum.

    Raises ScoresError if the file is missing, changed, or not of scores.
    """
    if not path.is_file():
        raise ScoresError(
            f"the validation scores {path.name} are not kept with this version; read them anew "
            "from its dataset"
        )
    if sha256 and (found := _sha256(path)) != sha256:
        raise ScoresError(
            f"{path.name} was changed since it was written (checksum {found[:12]}, expected "
            f"{sha256[:12]}); it is not used"
        )
    try:
        with np.load(path, allow_pickle=False) as arrays:
            return Scored(
                labels=arrays["labels"].astype(bool),
                scores=arrays["scores"],
                patients=arrays["patients"],
                tissue_share=arrays["tissue_share"],
                patch_mm2=float(arrays["patch_mm2"]),
            )
    except (ValueError, KeyError, OSError) as error:
        raise ScoresError(f"{path.name} holds no validation scores: {error}") from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
