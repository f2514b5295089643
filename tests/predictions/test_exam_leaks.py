"""A test slide that was learnt from is known again by patient, file or tissue."""

import numpy as np
import pytest

from predictions.exam_leaks import leaks_of
from slides.demo.hospital import hospital
from slides.demo.painting import paint
from slides.tissue import tissue_mask
from training.lineage import Seen, marks_of


@pytest.fixture(scope="module")
def nodes():
    """The pixels of two painted slides, about 1 mm a side."""
    return [paint(order).rgb for order in hospital(slides=4, seed=5, side=4096)[:2]]


@pytest.fixture
def node_slide(make_slide):
    def make(name, rgb, **fields):
        rgb = np.ascontiguousarray(rgb)
        return make_slide(name, rgb, tissue=tissue_mask(rgb[::8, ::8]), **fields)

    return make


def told(tested, learnt):
    seen = Seen(training=set().union(*map(marks_of, learnt)))
    return [(leak["slide"], leak["by"]) for leak in leaks_of(tested, seen, alive=lambda: None)]


def test_the_same_tissue_under_another_patient_is_a_leak(nodes, node_slide):
    learnt = node_slide("learnt", nodes[0])
    copy = node_slide("copy", nodes[0][300:, 200:], patient="somebody else")
    other = node_slide("other", nodes[1])
    assert told([copy, other], [learnt]) == [("copy", "tissue")]


def test_tissue_that_was_not_learnt_from_is_none(nodes, node_slide):
    node_slide("left out", nodes[0])
    copy = node_slide("copy", nodes[0], patient="somebody else")
    assert told([copy], [node_slide("learnt", nodes[1])]) == []


def test_a_patient_and_a_file_are_told_as_such(nodes, node_slide):
    learnt = node_slide("learnt", nodes[0])
    same_patient = node_slide("again", nodes[1], patient=" LEARNT ")
    assert told([same_patient], [learnt]) == [("again", "patient")]
    elsewhere = Seen(validation={("file", same_patient.sha256)})  # as a bundle tells it
    [leak] = leaks_of([same_patient], elsewhere, alive=lambda: None)
    assert (leak["by"], leak["side"]) == ("file", "validation")
