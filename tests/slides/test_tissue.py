"""Tissue against glass, padding and ink: flat colours exactly, real tiles within bounds."""

import numpy as np
import pytest
from PIL import Image

from slides.tissue import glass_colour, tissue_mask

GLASS = (242, 242, 242)


def patch_of(colour: tuple[int, int, int], *, glass: tuple[int, int, int] = GLASS) -> np.ndarray:
    """A 60 x 60 square of one colour in the middle of 200 x 200 px of glass."""
    rgb = np.full((200, 200, 3), glass, np.uint8)
    rgb[70:130, 70:130] = colour
    return rgb


@pytest.mark.parametrize(
    "colour",
    [(130, 60, 150), (95, 60, 130), (225, 150, 195), (228, 208, 226)],
    ids=["haematoxylin", "dense nuclei", "eosin", "pale tissue"],
)
def test_stained_tissue_is_found_and_its_size_kept(colour):
    mask = tissue_mask(patch_of(colour))
    assert mask[75:125, 75:125].all()
    assert mask.sum() == pytest.approx(3600, rel=0.07)


@pytest.mark.parametrize(
    "colour",
    [
        (235, 236, 235),
        (200, 200, 200),
        (0, 0, 0),
        (255, 255, 255),
        (40, 60, 190),
        (30, 140, 110),
        (200, 20, 30),
        (230, 120, 120),
        (25, 20, 28),
    ],
    ids=[
        "nearly glass",
        "grey dirt",
        "black padding",
        "transparent padding",
        "blue pen",
        "green pen",
        "red pen",
        "faint red pen",
        "black pen",
    ],
)
def test_what_is_no_tissue_is_left_out(colour):
    assert not tissue_mask(patch_of(colour)).any()


def test_a_mauve_glass_is_not_tissue_and_pale_tissue_on_it_is():
    rgb = patch_of((205, 175, 208), glass=(227, 221, 229))
    assert glass_colour(rgb) == (227, 221, 229)
    mask = tissue_mask(rgb)
    assert mask[75:125, 75:125].all()
    assert not mask[:60].any()


def test_without_glass_a_usual_white_is_assumed():
    rgb = np.full((50, 50, 3), (180, 110, 170), np.uint8)
    assert glass_colour(rgb) == (242.0, 242.0, 242.0)
    assert tissue_mask(rgb).mean() > 0.95


def test_a_speck_is_no_tissue_and_a_pinhole_is_no_gap():
    rgb = patch_of((130, 60, 150))
    rgb[10:13, 10:13] = (130, 60, 150)
    rgb[99:102, 99:102] = GLASS
    mask = tissue_mask(rgb)
    assert not mask[:30, :30].any()
    assert mask[75:125, 75:125].all()


def test_grey_pixels_are_refused_in_words():
    with pytest.raises(ValueError, match=r"Expected RGB pixels .* shape \(4, 4\)"):
        tissue_mask(np.zeros((4, 4), np.uint8))


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("almost-white-1", 0, 0.001),
        ("almost-white-2", 0.01, 0.05),
        ("no-tissue", 0, 0.002),
        ("no-tissue2", 0, 0.01),
        ("no-tissue-line", 0, 0.005),
        ("no-tissue-green-pen", 0, 0.001),
        ("no-tissue-red-pen", 0, 0.03),
        ("low-nuclei-score-level1", 0.25, 0.45),
        ("medium-nuclei-score-green-pen-level1", 0.30, 0.45),
        ("high-nuclei-score-red-pen-level1", 0.85, 0.95),
        ("tissue-level0-4302-10273-4814-10785", 0.60, 0.80),
        ("tissue-level0-7352-11762-7864-12274", 0.75, 0.90),
        ("tcga-green-pen", 0.70, 0.82),
        ("tcga-red-pen", 0.50, 0.65),
        ("diagnostic-slide-thumb-rgb", 0.40, 0.55),
        ("wsi-blue-pen", 0.30, 0.45),
    ],
)
def test_real_tiles_hold_as_much_tissue_as_their_names_say(shared, name, least, most):
    rgb = np.asarray(Image.open(shared / f"tiles/{name}.png").convert("RGB"))
    assert least <= tissue_mask(rgb).mean() <= most
