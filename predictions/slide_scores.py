"""What a version's network gives for the cells of a slide, not calibrated yet."""

import numpy as np

from predictions.kept_maps import load_map
from predictions.models import Prediction
from predictions.origin import NotPredicted
from slides.grid import Grid
from slides.jobs import Report
from slides.pyramid import Pyramid
from training import calibration


def read(
    prediction: Prediction,
    grid: Grid,
    cells: np.ndarray,
    *,
    known: np.ndarray | None,
    report: Report,
) -> tuple[np.ndarray, float | None]:
    """The network's output for each cell; and the probability, on the version's scale, that
    empty glass is tumour (None if no cell was read).

    known: what the same weights gave for the same cells, which is then taken as it is.
    """
    if not len(cells):
        return np.empty(0, np.float32), None
    from predictions import inference  # slow import
    from training import network  # slow import

    slide, version = prediction.slide, prediction.version
    report(0, 0)  # no total yet: loading is not part of the rate
    model = network.load(version.weights_path, sha256=version.weights_sha256)
    if known is not None:
        scores = known[cells[:, 0], cells[:, 1]]
        report(len(cells), len(cells))
    else:
        with Pyramid.open(slide.path, mpp=slide.mpp, is_direct=True) as pyramid:
            scores = inference.classify(pyramid, grid, cells, model, report=report)
    glass = inference.glass_probability(model, patch_px=grid.patch_px)
    return scores, float(calibration.apply(version.calibration, np.array([glass]))[0])


def read_before(prediction: Prediction, grid: Grid, tissue: np.ndarray) -> np.ndarray | None:
    """What the same weights gave for the same cells for another version, if they were read.

    Never the other's calibrated map: versions of the same weights may differ in just that.
    """
    twins = Prediction.objects.filter(
        slide=prediction.slide,
        status=Prediction.Status.DONE,
        tissue_bar=prediction.tissue_bar,
        version__weights_sha256=prediction.version.weights_sha256,
    ).exclude(version=prediction.version)
    for twin in twins:
        try:
            stored = load_map(twin)
        except NotPredicted:  # changed or gone: then the slide is read
            continue
        if stored.grid == grid and np.array_equal(stored.tissue_share, tissue):
            return stored.given
    return None
