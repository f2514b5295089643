"""What decides a map and where it comes from. Reads rows, writes none."""

import hashlib
import json
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from typing import Any

import numpy as np
from django.conf import settings
from PIL import Image

from predictions.models import Prediction
from slides.grid import Grid
from slides.jobs import Reason
from slides.models import Slide
from training import calibration, lineage
from training.models import ModelVersion
from training.refusals import read_elsewhere

NO_TISSUE_BAR = 0.0  # of maps read elsewhere
MAX_COARSENESS = 1.10  # slide um/px over the model's: beyond, details it learnt are absent


class NotPredictable(Reason):
    code = "not_predictable"


class NotPredicted(Reason):
    code = "not_predicted"


def refuse_unfit(slide: Slide, version: ModelVersion) -> None:
    """Raise NotPredictable if the version cannot read the slide, saying what to do."""
    if version.is_read_elsewhere:
        raise NotPredictable(read_elsewhere(version, "read slides with"), "read_elsewhere")
    if not slide.is_ready:
        raise NotPredictable(f"{slide} is not ready: {slide.error or slide.stage}", "not_ready")
    if slide.mpp is None:
        raise NotPredictable(
            f"{slide} has no known um per pixel; say how many on the slide's page", "unknown_mpp"
        )
    if slide.mpp > MAX_COARSENESS * version.mpp:
        raise NotPredictable(
            f"{slide} has {slide.mpp:.3g} um/px, {version} needs {version.mpp:.3g} or finer; "
            "use a version trained for coarser slides",
            "too_coarse",
        )


def bar_of(version: ModelVersion, wanted: float | None) -> float:
    """The tissue bar of a version's predictions: as wanted, else the site's; 0 of outside maps."""
    if version.is_read_elsewhere:
        return NO_TISSUE_BAR
    return settings.TISSUE_BAR_PREDICTION if wanted is None else wanted


def prediction_key(slide: Slide, version: ModelVersion, tissue_bar: float) -> str:
    """SHA-256 of everything that decides the map and, by way of the version, what it calls.

    Two versions of the same weights have a threshold and a training set each.
    """
    facts = {
        "version": version.pk,
        "slide": slide.sha256,
        "slide_mpp": slide.mpp,
        "weights": version.weights_sha256,
        "mpp": version.mpp,
        "patch_px": version.patch_px,
        "tissue_bar": tissue_bar,
    }
    if version.is_read_elsewhere:  # cells are assessed as they came, whatever is asked for
        facts["tissue_bar"] = NO_TISSUE_BAR
    if is_calibrated(version):  # else as before there were calibrations: old maps stay found
        facts["calibration"] = calibration.named(version.calibration)
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def is_calibrated(version: ModelVersion) -> bool:
    return calibration.named(version.calibration) != {"kind": calibration.NONE}


def exposure(slide: Slide, version: ModelVersion) -> str:
    """Whether the version's training or validation patches held this slide or its patient.

    So do those of the versions whose weights it began with. Without a manifest there is no
    proof, and without proof no slide is called unseen.
    """
    return exposures([slide], version)[slide.pk]


def exposures(slides: Iterable[Slide], version: ModelVersion) -> dict[int, str]:
    """`exposure` of each slide by its key; each manifest is read once."""
    seen = lineage.seen_by(version)
    return {slide.pk: _exposure(slide, seen) for slide in slides}


def _exposure(slide: Slide, seen: lineage.Seen) -> str:
    marks = lineage.marks_of(slide)
    if not seen.is_known or marks & seen.training:
        return Prediction.Exposure.TRAINING.value
    if marks & seen.validation:
        return Prediction.Exposure.VALIDATION.value
    return Prediction.Exposure.UNSEEN.value


def grid_of(slide: Slide, version: ModelVersion) -> Grid:
    return Grid.over(
        slide.width,
        slide.height,
        slide_mpp=slide.mpp,
        mpp=version.mpp,
        patch_px=version.patch_px,
    )


def tissue_share(slide: Slide, grid: Grid) -> np.ndarray:
    """The share of tissue in each cell, from the slide's stored tissue mask."""
    if slide.tissue_path is None:
        raise NotPredictable(f"{slide} has no tissue mask; import it again", "no_tissue")
    with Image.open(slide.tissue_path) as picture:
        mask = np.asarray(picture.convert("L")) > 127
    return grid.cell_share(mask, slide.tissue_scale_x, slide.tissue_scale_y)


def provenance(prediction: Prediction) -> dict[str, Any]:
    """Where a map comes from, as stored beside it and in its exports."""
    slide, version = prediction.slide, prediction.version
    return {
        "slide": slide.name,
        "slide_sha256": slide.sha256,
        "slide_mpp": slide.mpp,
        "slide_mpp_source": slide.mpp_source,
        "version": version.name,
        "architecture": version.architecture,
        "weights_sha256": version.weights_sha256,
        "mpp": version.mpp,
        "patch_px": version.patch_px,
        "stride_px": version.patch_px,
        "tissue_bar": prediction.tissue_bar,
        "threshold": prediction.threshold,
        "threshold_source": version.threshold_source,
        "calibration": calibration.named(version.calibration),
        "exposure": prediction.exposure,
        "is_synthetic": slide.is_synthetic or version.is_synthetic,
        "software": f"sentinode {_software_version()}",
    }


def version_facts(version: ModelVersion) -> dict[str, Any]:
    """What a figure says of the version that made it."""
    return {
        "version": version.name,
        "architecture": version.architecture,
        "weights_sha256": version.weights_sha256,
        "mpp": version.mpp,
        "patch_px": version.patch_px,
        "threshold_source": version.threshold_source,
        "calibration": calibration.named(version.calibration),
    }


def _software_version() -> str:
    try:
        return package_version("sentinode")
    except PackageNotFoundError:
        return str(settings.SPECTACULAR_SETTINGS["VERSION"])
