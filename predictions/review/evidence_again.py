"""A map read anew from its slide by the very same network, and how far the two are apart."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from predictions.map_files import StoredMap
from predictions.review.evidence_proof import DIFFERS, OK, UNCHECKED, Line
from slides.pyramid import Pyramid
from training.models import ModelVersion

NAME = "network"
TOLERANCE = 0.01  # of a probability: what another processor or library may cost


def reread(frozen: dict[str, Any], stored: StoredMap, slide: Path) -> Iterator[Line]:
    """Read all assessed cells again with the weights of the signed checksum, if they are here."""
    weights_sha256 = frozen["version"]["weights_sha256"]
    version = _with_weights(weights_sha256)
    if version is None:
        yield Line(NAME, UNCHECKED, f"the weights {weights_sha256[:16]} are not here")
        return
    cells = np.argwhere(~np.isnan(stored.given))
    if not len(cells):
        yield Line(NAME, UNCHECKED, "no cell was assessed")
        return
    found = _read(stored, cells, (slide, frozen["slide"]["mpp"]), version)
    apart = np.abs(found - stored.given[cells[:, 0], cells[:, 1]])
    others, largest = int(np.count_nonzero(apart > TOLERANCE)), float(apart.max())
    told = f"{len(cells)} cells read anew with {version}, the largest difference {largest:.6f}"
    if others:
        yield Line(NAME, DIFFERS, f"{told}: {others} cells differ by more than {TOLERANCE:g}")
    else:
        yield Line(NAME, OK, f"{told}, within {TOLERANCE:g}")


def _with_weights(weights_sha256: str) -> ModelVersion | None:
    rows = ModelVersion.objects.filter(weights_sha256=weights_sha256).order_by("pk")
    return next((row for row in rows if row.weights_path and row.weights_path.is_file()), None)


def _read(
    stored: StoredMap, cells: np.ndarray, slide: tuple[Path, float | None], version: ModelVersion
) -> np.ndarray:
    from predictions import inference  # slow import
    from training import network  # slow import

    path, mpp = slide
    model = network.load(version.weights_path, sha256=version.weights_sha256)
    with Pyramid.open(path, mpp=mpp, is_direct=True) as pyramid:
        return inference.classify(pyramid, stored.grid, cells, model)
