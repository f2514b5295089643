"""A version's calibration lies between its network and every map of it."""

import numpy as np
import pytest

from predictions import services
from predictions.origin import prediction_key
from tests.predictions.rows import made_version

pytestmark = [pytest.mark.django_db, pytest.mark.keras]

HALVED = {"kind": "temperature", "temperature": 2.0, "before": {"ece": 0.2}}
STEPS = {"kind": "isotonic", "x": [0.1, 0.5], "y": [0.01, 0.8]}


def read(slide, version):
    prediction = services.request_prediction(slide=slide, version=version)
    assert prediction.claim()
    with prediction.recorded():
        services.predict(prediction)
    prediction.refresh_from_db()
    assert prediction.status == "done", prediction.error
    return prediction, services.load_map(prediction)


def halved(probabilities):
    logits = np.log(probabilities) - np.log1p(-probabilities)
    return 1 / (1 + np.exp(-logits / 2))


def test_a_map_holds_calibrated_probabilities_and_what_the_network_gave(
    small_slide, make_network_version
):
    slide = small_slide()
    version = make_network_version("one", calibration=HALVED, threshold=0.35)
    prediction, stored = read(slide, version)
    given = stored.uncalibrated.astype(np.float64)
    np.testing.assert_allclose(given[0], np.arange(1, 6) * 10 / 255, rtol=1e-5)
    np.testing.assert_allclose(stored.probabilities, halved(given), rtol=1e-5)
    assert prediction.tumour_count == np.count_nonzero(halved(given) >= 0.35) > 0
    assert prediction.slide_score == pytest.approx(halved(given).max(), 1e-5)


def test_a_map_names_its_calibration(small_slide, make_network_version):
    _, stored = read(small_slide(), make_network_version("one", calibration=HALVED))
    assert stored.provenance["calibration"] == {"kind": "temperature", "temperature": 2.0}


def test_glass_is_judged_on_the_calibrated_scale(small_slide, make_network_version):
    # of white the network says 1, which these steps make 0.8
    prediction, _ = read(small_slide(), make_network_version(calibration=STEPS, threshold=0.9))
    assert not [words for words in prediction.warnings if "glass" in words]
    prediction, _ = read(
        small_slide("two"), make_network_version("two", calibration=STEPS, threshold=0.7)
    )
    assert [words for words in prediction.warnings if "probability 0.800" in words]


def test_a_twin_of_other_calibration_takes_over_what_the_network_gave_not_the_map(
    small_slide, make_network_version
):
    slide = small_slide()
    _, plain = read(slide, make_network_version("plain"))
    slide.path.unlink()  # nothing is read again
    _, steps = read(slide, make_network_version("steps", calibration=STEPS))
    _, scaled = read(slide, make_network_version("scaled", calibration=HALVED))
    _, again = read(slide, make_network_version("again"))
    assert plain.uncalibrated is None
    np.testing.assert_array_equal(steps.uncalibrated, plain.probabilities)
    np.testing.assert_array_equal(scaled.uncalibrated, plain.probabilities)
    np.testing.assert_array_equal(again.probabilities, plain.probabilities)
    assert len({one.probabilities.tobytes() for one in (plain, steps, scaled)}) == 3


def test_maps_read_before_there_were_calibrations_are_still_found(small_slide, make_version):
    slide, version = small_slide(), make_version()
    old = prediction_key(slide, version, 0.3)
    version.calibration = {"kind": "none", "before": {}}
    assert prediction_key(slide, version, 0.3) == old
    version.calibration = HALVED
    assert prediction_key(slide, version, 0.3) != old


def test_a_version_calibrated_anew_knows_the_patients_of_its_weights(
    small_slide, make_version, settings
):
    learnt, new = small_slide("learnt"), small_slide("new")
    parent = make_version("parent", training=[learnt])
    version = made_version(
        settings.MEDIA_ROOT, "child", weights_sha256=parent.weights_sha256, parent=parent
    )
    version.run = None
    assert services.exposures([learnt, new], version) == {
        learnt.pk: "training", new.pk: "unseen",
    }  # fmt: skip


def test_of_weights_that_came_as_a_bundle_no_slide_is_called_unseen(small_slide, make_version):
    slide, version = small_slide(), make_version()
    version.run = None
    assert services.exposures([slide], version) == {slide.pk: "training"}
