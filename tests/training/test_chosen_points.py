"""A threshold that a person chose, as a version of its own."""

import numpy as np
import pytest

from tests.training import test_calibrating as rows
from tests.training.test_validation import a_ward
from training import calibrating, scored
from training.calibrating import NotCalibrated, recalibrate
from training.chosen_points import Point, choose_threshold
from training.operating import OperatingError, Terms

pytestmark = pytest.mark.django_db

version = rows.version


def point(threshold: float = 0.25, **fields) -> Point:
    return Point(**{"threshold": threshold, "reason": "why", "on": "a ward", "slides": ()} | fields)


def test_its_figures_on_validation_patches_are_of_the_chosen_threshold(version):
    new = choose_threshold(version=version, point=point())
    labels, scores, _ = a_ward()
    tumour = scores[np.asarray(labels).astype(bool)]
    assert new.metrics["recall"]["value"] == pytest.approx(float(np.mean(tumour >= 0.25)))
    assert (new.metrics["operating_rule"], new.metrics["threshold"]) == ("chosen", 0.25)
    assert new.metrics["scores_sha256"] == version.metrics["scores_sha256"]


def test_without_scores_nothing_of_another_threshold_is_said(version):
    version.metrics |= {"recall": {"value": 0.9}, "roc_auc": {"value": 0.8}}
    scored.beside(version.weights_path).unlink()
    new = choose_threshold(version=version, point=point())
    assert "recall" not in new.metrics
    assert new.metrics["roc_auc"] == {"value": 0.8}  # of the scale, whatever is called


def test_a_calibration_is_kept_to_the_last_figure(version):
    first = recalibrate(version=version, terms=Terms(calibration="temperature"))
    new = choose_threshold(version=first, point=point())
    assert new.calibration == first.calibration
    assert "recall" in new.metrics


def test_a_rule_is_asked_for_before_a_chosen_one_is_calibrated_anew(version):
    new = choose_threshold(version=version, point=point())
    with pytest.raises(OperatingError, match="chosen by a person: give a recall or a budget"):
        recalibrate(version=new, terms=calibrating.terms_of(new))


def test_long_reasons_are_kept_whole_and_cut_in_the_source(version):
    new = choose_threshold(version=version, point=point(reason="why " * 200))
    assert len(new.threshold_source) == 300 and new.threshold_source.endswith("…")
    assert new.metrics["chosen"]["reason"] == ("why " * 200).strip()
    with pytest.raises(NotCalibrated, match="at most 1000 characters, got 1200"):
        choose_threshold(version=version, point=point(0.3, reason="y" * 1200))
