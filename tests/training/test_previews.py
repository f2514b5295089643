"""Datasets looked at before they are frozen: what a preview shows, warns of, and holds to."""

import numpy as np
import pytest
from PIL import Image
from shapely import box

from slides.jobs import Reason
from tests.training.freezing import PX, asked, preview
from training import datasets, tasks


def test_a_preview_counts_and_shows_patches_and_freezes_nothing(ward):
    dataset = preview(balance="none")
    assert (dataset.status, dataset.is_frozen, dataset.manifest) == ("done", False, "")
    assert dataset.counts["training"]["tumour"] == 24
    labels = [sample["label"] for sample in dataset.samples]
    assert labels == [1] * 30 + [0] * 30
    assert len({sample["slide_id"] for sample in dataset.samples}) == 6


def test_what_was_previewed_is_what_is_frozen(ward):
    dataset = preview()
    seen = dataset.counts["checksum"]
    datasets.ask_to_freeze(dataset)
    assert (dataset.goal, dataset.status) == ("freeze", "queued")
    tasks.run_freezing(dataset)
    assert (dataset.is_frozen, dataset.manifest_sha256) == (True, seen)
    with pytest.raises(Reason, match="is frozen already"):
        datasets.ask_to_freeze(dataset)
    with pytest.raises(Reason, match="is frozen"):
        datasets.ask_for_preview(dataset)


def test_nothing_else_than_what_was_previewed_is_frozen(ward):
    dataset = preview(balance="none")
    white = np.zeros((5, 6), np.uint8)
    white[:4] = 255
    Image.fromarray(white).save(ward[5].tissue_path)
    tasks.run_freezing(datasets.ask_to_freeze(dataset))
    assert (dataset.status, dataset.reason) == ("failed", "not_as_previewed")
    assert not dataset.is_frozen
    dataset.requeue()  # looked at, and wanted all the same
    tasks.run_freezing(dataset)
    assert dataset.is_frozen


def test_only_a_preview_that_ended_can_be_frozen(ward):
    dataset = asked(goal="preview")
    with pytest.raises(Reason, match=r"was not previewed \(queued\)"):
        datasets.ask_to_freeze(dataset)
    with pytest.raises(Reason, match="is queued"):
        datasets.ask_for_preview(dataset)


def codes(dataset):
    return {warning["code"] for warning in dataset.warnings}


def test_a_preview_warns_of_what_is_odd(ward, annotate, make_slide):
    annotate(ward[0], box(0, 0, 6 * PX, PX), is_exhaustive=False)
    make_slide("unread", mpp=0.5)
    dataset = preview()
    assert codes(dataset) == {
        *("not_exhaustive", "one_scanner", "patients_unknown", "few_patients", "few_patches"),
        "left_out",
    }
    words = {warning["code"]: warning["words"] for warning in dataset.warnings}
    assert "not exhaustive (1): slide_0." in words["not_exhaustive"]
    assert "generic-tiff 0.50 um/px" in words["one_scanner"]
    assert "unread" in words["left_out"]


def test_a_preview_warns_of_patients_who_are_tested_on(ward, make_slide):
    make_slide("kept", patient="SLIDE 1", subset="test")
    [warning] = [w for w in preview().warnings if w["code"] == "patients_of_test"]
    assert warning["values"] == {"n": 1, "names": "slide_1"}


def test_a_preview_of_tumour_slides_alone_warns(ward):
    assert "no_normal_slides" in codes(preview(ward[:3]))


def test_a_slide_that_gives_most_of_a_class_is_named(ward, annotate):
    for slide in ward[1:5]:
        annotate(slide, box(0, 0, PX, PX))
    dataset = preview(balance="none", validation_share=0.2, seed=1)
    named = [w["values"] for w in dataset.warnings if w["code"] == "most_of_a_class"]
    tumour = [(w["name"], w["split"], w["percent"]) for w in named if w["kind"] == "tumour"]
    sides = {slide["name"]: slide["split"] for slide in dataset.counts["slides"]}
    assert sides["slide_0"] == "training"
    assert tumour == [("slide_0", "training", 80)]
