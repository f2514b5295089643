"""A slide read anew by the very network that is named in the evidence."""

from dataclasses import replace

import numpy as np
import pytest

from predictions import services, tasks
from predictions.review.evidence_again import reread

pytestmark = pytest.mark.keras


def test_the_same_network_gives_the_same_map_and_another_does_not(
    small_slide, make_network_version
):
    slide, version = small_slide(), make_network_version()
    prediction = services.request_prediction(slide=slide, version=version)
    tasks.predict_slide(prediction.pk)
    prediction.refresh_from_db()
    stored = services.load_map(prediction)
    frozen = {
        "version": {"weights_sha256": version.weights_sha256},
        "slide": {"mpp": slide.mpp},
    }
    (line,) = reread(frozen, stored, slide.path)
    assert line.outcome == "ok"
    assert line.words == (
        "15 cells read anew with one, the largest difference 0.000000, within 0.01"
    )
    changed = stored.probabilities.copy()
    changed[1, 2] += 0.02
    (line,) = reread(frozen, replace(stored, probabilities=changed), slide.path)
    assert (line.outcome, "1 cells differ by more than 0.01" in line.words) == ("differs", True)
    frozen["version"] = {"weights_sha256": "0" * 64}
    (line,) = reread(frozen, stored, slide.path)
    assert (line.outcome, "are not here" in line.words) == ("not_checked", True)
    assert np.isfinite(stored.given).all()
