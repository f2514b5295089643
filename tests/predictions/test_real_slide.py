"""The real slide of ../shared, from file to exported mask."""

import numpy as np
import pytest
from django.core.management import call_command

from predictions import services, tasks
from predictions.exports import export_mask
from predictions.models import Prediction
from slides.models import Slide
from slides.pyramid import Pyramid

pytestmark = [pytest.mark.shared, pytest.mark.keras]


def test_a_real_slide_is_imported_predicted_and_its_mask_lies_on_its_cells(
    db, shared, make_network_version, tmp_path
):
    call_command("import_slides", str(shared / "slides/CMU-1-Small-Region.svs"))
    slide = Slide.objects.get()
    assert (slide.width, slide.height, slide.mpp) == (2220, 2967, pytest.approx(0.499))
    version = make_network_version(mpp=1.0, patch_px=32, threshold=0.8)
    prediction = services.request_prediction(slide=slide, version=version)
    tasks.predict_slide(prediction.pk)
    prediction.refresh_from_db()
    assert (prediction.status, prediction.error) == (Prediction.Status.DONE, "")

    stored = services.load_map(prediction)
    export_mask(prediction, tmp_path / "mask.tif")
    rows, columns = np.nonzero(stored.tissue_share >= prediction.tissue_bar)
    assert len(rows) == prediction.assessed_count > 500
    with Pyramid.open(slide.path) as tissue, Pyramid.open(tmp_path / "mask.tif") as mask:
        assert (mask.width, mask.height) == (2220, 2967)
        whole = tissue.read_level(0, 0, 0, 2220, 2967)[..., 0] / 255
        called = mask.read_level(0, 0, 0, 2220, 2967)[..., 0]
    agreeing = 0
    for row, column in zip(rows, columns, strict=True):
        x, y = stored.grid.corner(int(row), int(column))
        side = round(stored.grid.side_l0)
        box = np.s_[y : y + side, x : x + side]
        # what reaches over the slide's edge is read as white
        missing = 1 - whole[box].size / side**2
        red = whole[box].mean() * (1 - missing) + missing
        assert red == pytest.approx(stored.probabilities[row, column], abs=0.02)
        middle = called[min(y + side // 2, 2966), min(x + side // 2, 2219)]
        agreeing += (middle == 255) == (stored.probabilities[row, column] >= 0.8)
    assert agreeing == len(rows)
