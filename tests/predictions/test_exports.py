import json

import numpy as np
import pytest
import tifffile

from predictions.exports import export_mask
from predictions.origin import NotPredicted
from slides.pyramid import Pyramid

NAN = np.nan
MAP = [[0.9, 0.8, 0.1, 0.1, 0.6], [0.9, 0.2, 0.1, 0.1, 0.1], [NAN, 0.8, 0.0, 1.0, NAN]]


@pytest.fixture
def prediction(small_slide, make_version, predicted):
    return predicted(small_slide(is_synthetic=True), make_version(), MAP)


def level_0(path) -> np.ndarray:
    with Pyramid.open(path) as mask:
        return mask.read_level(0, 0, 0, mask.width, mask.height)[..., 0]


def test_each_cell_is_painted_over_its_own_box(prediction, tmp_path):
    export_mask(prediction, tmp_path / "mask.tif")
    called = np.array([[255, 255, 0, 0, 255], [255, 0, 0, 0, 0], [0, 255, 0, 255, 0]], np.uint8)
    expected = called.repeat(32, axis=0).repeat(32, axis=1)
    np.testing.assert_array_equal(level_0(tmp_path / "mask.tif"), expected)


def test_probabilities_keep_not_assessed_apart_from_zero(prediction, tmp_path):
    export_mask(prediction, tmp_path / "map.tif", kind="probability")
    values = level_0(tmp_path / "map.tif")[16::32, 16::32]
    assert values.tolist()[2] == [0, 204, 1, 255, 0]


def test_the_file_says_where_it_comes_from(prediction, tmp_path):
    export_mask(prediction, tmp_path / "mask.tif", threshold=0.7)
    with tifffile.TiffFile(tmp_path / "mask.tif") as tiff:
        facts = json.loads(tiff.pages[0].description)
    assert facts["kind"] == "predicted mask"
    assert facts["threshold"] == 0.7
    assert facts["values"]["255"] == "called tumour"
    assert facts["weights_sha256"] == prediction.version.weights_sha256
    assert facts["slide_sha256"] == prediction.slide.sha256
    assert facts["map_sha256"] == prediction.map_sha256
    assert facts["is_synthetic"] is True
    assert "Synthetic" in facts["note"]


def test_a_mask_has_the_slides_resolution(prediction, tmp_path):
    export_mask(prediction, tmp_path / "mask.tif")
    with Pyramid.open(tmp_path / "mask.tif") as mask:
        assert mask.mpp == pytest.approx(0.5, rel=1e-4)


def test_a_threshold_outside_0_to_1_is_refused(prediction, tmp_path):
    with pytest.raises(NotPredicted, match="not in 0..1"):
        export_mask(prediction, tmp_path / "mask.tif", threshold=1.5)
