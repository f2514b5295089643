"""Does truth go with the slide? Size, scale, offset, mirroring, in plain words."""

import json

import numpy as np
import pytest
from shapely import box
from shapely.affinity import affine_transform

from slides.outlines import Truth
from slides.pairing import SlideFacts, at_scale, check_pair
from slides.regions import Region

WIDTH, HEIGHT, SIDE = 8000, 4000, 16
FACTS = SlideFacts("tumor_001", WIDTH, HEIGHT, SIDE, SIDE)
# A node that lies right of the middle and low on the slide.
TISSUE = np.zeros((HEIGHT // SIDE, WIDTH // SIDE), bool)
TISSUE[2000 // SIDE : 3600 // SIDE, 5000 // SIDE : 7600 // SIDE] = True
LESION = box(5500, 2200, 7000, 3200)


def truth(polygon=LESION, *, size=(None, None)):
    return Truth("asap_xml", (Region("tumour", polygon),), *size)


def changed(*matrix):
    return truth(affine_transform(LESION, matrix))


def test_tumour_on_tissue_is_accepted():
    fit = check_pair(truth(size=(WIDTH, HEIGHT)), FACTS, TISSUE)
    assert fit.is_acceptable
    assert (fit.share_on_tissue, fit.share_outside, fit.scale) == (1.0, 0.0, 1.0)
    assert fit.problems == fit.notes == ()


def test_no_tumour_fits_every_slide_of_its_size():
    assert check_pair(Truth("mask_tiff", (), WIDTH, HEIGHT), FACTS, TISSUE).is_acceptable
    assert not check_pair(Truth("mask_tiff", (), 10, HEIGHT), FACTS, TISSUE).is_acceptable


def test_without_a_tissue_mask_the_share_stays_unknown():
    fit = check_pair(truth(), FACTS, None)
    assert fit.is_acceptable
    assert fit.share_on_tissue is None


@pytest.mark.parametrize(
    ("size", "scale"), [((250, 125), 32), ((1000, 500), 8), ((16000, 8000), 0.5)]
)
def test_a_mask_made_on_another_level_is_scaled_and_says_so(size, scale):
    mask = truth(affine_transform(LESION, [1 / scale, 0, 0, 1 / scale, 0, 0]), size=size)
    fit = check_pair(mask, FACTS, TISSUE)
    assert fit.is_acceptable
    assert (fit.scale, fit.share_on_tissue) == (scale, 1.0)
    assert fit.notes == (
        f"The mask has {size[0]} x {size[1]} px, the slide 8000 x 4000 px: "
        f"its outlines were multiplied by {scale:g}.",
    )


def test_odd_sizes_are_rounded_up_or_down_in_pyramids():
    odd = SlideFacts("a", 8001, 4001, SIDE, SIDE)
    for size in ((250, 125), (251, 126)):
        assert check_pair(truth(box(160, 70, 200, 90), size=size), odd, TISSUE).scale == 32


def test_a_mask_padded_to_whole_tiles_is_accepted_with_a_note():
    fit = check_pair(truth(size=(8192, 4096)), FACTS, TISSUE)
    assert fit.is_acceptable
    assert "padded to whole tiles" in fit.notes[0]


def test_a_mask_of_another_size_is_refused_with_both_sizes():
    fit = check_pair(truth(size=(7000, 4000)), FACTS, TISSUE)
    assert not fit.is_acceptable
    assert "The mask has 7000 x 4000 px, the slide 8000 x 4000 px; expected" in fit.problems[0]


def test_a_mask_turned_by_a_quarter_is_named_as_such():
    fit = check_pair(truth(size=(4000, 8000)), FACTS, TISSUE)
    assert "turned by a quarter" in fit.problems[0]


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ((-1, 0, 0, 1, WIDTH, 0), "Mirrored left to right"),
        ((1, 0, 0, -1, 0, HEIGHT), "Mirrored top to bottom"),
        ((-1, 0, 0, -1, WIDTH, HEIGHT), "Turned upside down"),
        ((0, 1, 1, 0, 0, 0), "With x and y swapped"),
    ],
)
def test_mirrored_outlines_are_recognised(matrix, words):
    fit = check_pair(changed(*matrix), FACTS, TISSUE)
    assert not fit.is_acceptable
    assert f"{words}, 100% of the tumour would lie on tissue." in fit.problems


@pytest.mark.parametrize("factor", [2, 8, 0.25])
def test_outlines_drawn_on_another_level_are_recognised(factor):
    fit = check_pair(changed(1 / factor, 0, 0, 1 / factor, 0, 0), FACTS, TISSUE)
    assert not fit.is_acceptable
    assert fit.suggested_scale == factor
    assert f"give scale {factor:g}" in fit.problems[-1]


def test_shifted_outlines_are_recognised_and_the_shift_is_told():
    tissue = np.zeros_like(TISSUE)
    tissue[2208 // SIDE : 3200 // SIDE, 5504 // SIDE : 7008 // SIDE] = True
    fit = check_pair(changed(1, 0, 0, 1, -2400, -1600), FACTS, tissue)
    assert not fit.is_acceptable
    assert fit.suggested_offset == pytest.approx((2400, 1600), abs=80)
    assert "Moved by +2" in fit.problems[-1]


def test_outlines_of_another_slide_fit_in_no_way():
    scattered = np.zeros_like(TISSUE)
    scattered[::9, ::9] = True
    fit = check_pair(truth(), FACTS, scattered)
    assert "Only 1% of the tumour lies on tissue; expected at least 50%." in fit.problems
    assert "may belong to another slide" in fit.problems[-1]


def test_outlines_beyond_the_slide_are_refused_with_their_extent():
    fit = check_pair(changed(1, 0, 0, 1, 1500, 0), FACTS, TISSUE)
    assert not fit.is_acceptable
    assert fit.share_outside == pytest.approx(1 / 3)
    assert "33.3% of the tumour lies outside the slide" in fit.problems[0]
    assert "to (8500, 3200)" in fit.problems[0]


def test_tumour_partly_on_glass_is_accepted_with_a_remark():
    fit = check_pair(changed(1, 0, 0, 1, -1000, 0), FACTS, TISSUE)
    assert fit.is_acceptable
    assert fit.notes == ("67% of the tumour lies on what was found to be tissue: worth a look.",)


def test_a_lesion_smaller_than_a_pixel_of_the_tissue_mask_is_found():
    assert check_pair(truth(box(6001, 3001, 6004, 3004)), FACTS, TISSUE).share_on_tissue == 1.0


def test_a_fit_can_be_stored():
    fit = check_pair(changed(-1, 0, 0, 1, WIDTH, 0), FACTS, TISSUE)
    assert json.loads(json.dumps(fit.as_json()))["problems"] == list(fit.problems)


def test_scaling_takes_size_and_outlines_along():
    large = at_scale(truth(box(1, 2, 3, 4), size=(10, 20)), 4)
    assert (large.width_l0, large.height_l0) == (40, 80)
    assert large.regions[0].polygon.bounds == (4, 8, 12, 16)
