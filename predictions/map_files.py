"""The stored form of a probability map: one .npz that explains itself."""

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from slides.grid import Grid


@dataclass(frozen=True)
class StoredMap:
    """A map with its grid and where it came from.

    probabilities: (rows, columns) float32, NaN = not assessed.
    tissue_share: (rows, columns) float32 in [0, 1].
    provenance: JSON-ready facts; nothing in it may depend on when it was made.
    uncalibrated: what the network gave, of the same shape; None where nothing calibrates it.
    """

    probabilities: np.ndarray
    tissue_share: np.ndarray
    grid: Grid
    provenance: dict[str, Any]
    uncalibrated: np.ndarray | None = None

    @property
    def given(self) -> np.ndarray:
        """What the network gave, whether calibrated since or not."""
        return self.probabilities if self.uncalibrated is None else self.uncalibrated


def write_map(path: Path, stored: StoredMap) -> str:
    """Write the map and return its SHA-256. The same map gives the same bytes.

    The file appears whole or not at all.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = {"grid": asdict(stored.grid), "provenance": stored.provenance}
    arrays: dict[str, Any] = {"map": stored.probabilities, "tissue": stored.tissue_share}
    if stored.uncalibrated is not None:
        arrays["uncalibrated"] = stored.uncalibrated
    packed = {name: array.astype(np.float32) for name, array in arrays.items()}
    packed["facts"] = np.array(json.dumps(facts, sort_keys=True))
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    with partial.open("wb") as file:
        np.savez_compressed(file, **packed)
    checksum = _sha256(partial)
    partial.replace(path)
    return checksum


def read_map(path: Path, *, sha256: str | None = None) -> StoredMap:
    """Read a map. Raises ValueError if it is not the file of the given SHA-256."""
    if sha256 and (found := _sha256(path)) != sha256:
        raise ValueError(
            f"{path.name} was changed since it was made (checksum {found[:12]}, "
            f"expected {sha256[:12]}): predict the slide again"
        )
    with np.load(path, allow_pickle=False) as arrays:
        facts = json.loads(str(arrays["facts"]))
        return StoredMap(
            probabilities=arrays["map"],
            tissue_share=arrays["tissue"],
            grid=Grid(**facts["grid"]),
            provenance=facts["provenance"],
            uncalibrated=arrays.get("uncalibrated"),
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
