"""A prediction as files that other programs open."""

import json
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from predictions import services
from predictions.models import Prediction
from predictions.origin import NotPredicted
from predictions.stitching import map_values, tumour_cells
from slides import mask_tiff
from slides.formats import download_name

TUMOUR_VALUE = 255  # as the CAMELYON16 organisers' own evaluation reads masks


def export_mask(
    prediction: Prediction, path: Path, *, threshold: float | None = None, kind: str = "mask"
) -> dict[str, Any]:
    """Write the map as a pyramidal TIFF of the slide's size; return what was written.

    kind "mask": 255 in cells at or above the threshold, 0 elsewhere.
    kind "probability": v in 1..255 stands for p = (v - 1) / 254, 0 = not assessed.
    """
    stored = services.load_map(prediction)
    cut = prediction.threshold if threshold is None else threshold
    if not 0 <= cut <= 1:
        raise NotPredicted(f"threshold {cut!r} is not in 0..1", "bad_input")
    facts = _facts(prediction, stored.provenance, cut, kind)
    values = (
        map_values(stored.probabilities)
        if kind == "probability"
        else np.where(tumour_cells(stored.probabilities, cut), TUMOUR_VALUE, 0).astype(np.uint8)
    )
    slide = prediction.slide
    mask_tiff.write_cell_mask(
        path,
        values,
        stored.grid,
        width=slide.width,
        height=slide.height,
        mpp=slide.mpp,
        description=json.dumps(facts, sort_keys=True),
    )
    return facts


def _facts(
    prediction: Prediction, provenance: dict[str, Any], threshold: float, kind: str
) -> dict[str, Any]:
    meanings = {
        "mask": {"0": "not called tumour, or not assessed", str(TUMOUR_VALUE): "called tumour"},
        "probability": {"0": "not assessed", "1..255": "probability (value - 1) / 254"},
    }
    note = "Synthetic demonstration data: not a patient." if provenance["is_synthetic"] else ""
    return provenance | {
        "kind": f"predicted {kind}",
        "values": meanings[kind],
        "threshold": threshold,
        "map_sha256": prediction.map_sha256,
        "note": note,
    }


def cached_mask(prediction: Prediction, *, threshold: float, kind: str = "mask") -> Path:
    """The exported file, written once for each map, threshold and kind."""
    folder = Path(settings.CACHE_ROOT) / "masks"
    name = f"{prediction.key[:16]}-{prediction.map_sha256[:16]}-{kind}-{threshold!r}.tif"
    path = folder / name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = folder / f".{uuid.uuid4().hex}.tif"  # two may ask at once
        export_mask(prediction, partial, threshold=threshold, kind=kind)
        partial.replace(path)
    return path


def file_name(prediction: Prediction, ending: str) -> str:
    """What a file taken away is called: slide and version, and that it is synthetic."""
    mark = "synthetic_" if prediction.provenance.get("is_synthetic") else ""
    name = f"{mark}{prediction.slide.name}_{prediction.version.name}_{ending}"
    return download_name(name)
