"""Rows of versions and predictions, made without training or reading anything."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from predictions import services
from predictions.map_files import StoredMap
from predictions.models import Prediction
from predictions.origin import grid_of, provenance, tissue_share
from slides.models import Slide
from tests.slide_rows import made_slide
from training import manifest
from training.models import Dataset, ModelVersion, TrainingRun

PATCH_PX = 32


def made_small_slide(media: Path, name: str = "slide", **fields) -> Slide:
    """A slide of 5 x 3 cells for such versions, each of one red: 10, 20, ... 150."""
    reds = np.arange(1, 16, dtype=np.uint8).reshape(3, 5) * 10
    rgb = np.zeros((3 * PATCH_PX, 5 * PATCH_PX, 3), np.uint8)
    rgb[..., 0] = reds.repeat(PATCH_PX, axis=0).repeat(PATCH_PX, axis=1)
    return made_slide(media, name, rgb, **{"mpp": 0.5} | fields)


def made_version(
    media: Path,
    name: str = "one",
    *,
    training: Iterable[Slide] = (),
    validation: Iterable[Slide] = (),
    **fields,
) -> ModelVersion:
    """A version that learnt from these slides, its manifest below media."""
    sides = {"training": list(training), "validation": list(validation)}
    row = {
        "architecture": "baseline",
        "mpp": 0.5,
        "patch_px": PATCH_PX,
        "threshold": 0.5,
        "threshold_source": "recall 0.90 on validation slides",
        "weights": f"versions/{name}.keras",
        "weights_sha256": name.encode().hex().ljust(64, "0")[:64],
    } | fields
    checksum = manifest.write(media / f"datasets/{name}.csv", *_patches(sides))
    dataset = Dataset.objects.create(
        name=name,
        mpp=row["mpp"],
        patch_px=row["patch_px"],
        manifest=f"datasets/{name}.csv",
        manifest_sha256=checksum,
        status=Dataset.Status.DONE,
    )
    run = TrainingRun.objects.create(
        dataset=dataset, architecture="baseline", status=TrainingRun.Status.DONE
    )
    return ModelVersion.objects.create(name=name, run=run, **row)


def _patches(sides: dict[str, list[Slide]]) -> tuple[dict, np.ndarray]:
    rows = [
        (slide.pk, 0, 0, 0, 0, 0.0, 1.0, 0, split, 0.5, manifest.GRID, "")
        for split, slides in sides.items()
        for slide in slides
    ]
    slides = [
        {"id": slide.pk, "patient": slide.patient, "sha256": slide.sha256}
        for members in sides.values()
        for slide in members
    ]
    header = {"mpp": 0.5, "patch_px": PATCH_PX, "slides": slides}
    return header, np.array(rows, dtype=manifest.PATCH)


def made_prediction(slide: Slide, version: ModelVersion, probabilities) -> Prediction:
    """A done prediction with the given map, one value per cell of its grid."""
    prediction = services.request_prediction(slide=slide, version=version)
    assert prediction.claim()
    with prediction.recorded():
        grid = grid_of(slide, version)
        stored = StoredMap(
            np.array(probabilities, np.float32),
            tissue_share(slide, grid),
            grid,
            provenance(prediction),
        )
        services.store_map(prediction, stored, [])
    assert prediction.status == Prediction.Status.DONE, prediction.error
    return prediction
