"""From dye to colour."""

import numpy as np

from slides.demo.stain import Stain, colour_table, develop, draw_stain

STAIN = Stain(
    laboratory="Isary",
    haematoxylin=(0.65, 0.70, 0.29),
    eosin=(0.1, 0.95, 0.28),
    haematoxylin_strength=1.0,
    eosin_strength=1.0,
    gamma=1.0,
    white=(240.0, 241.0, 242.0),
)


def test_glass_has_the_scanners_white():
    assert colour_table(STAIN)[0].tolist() == [240, 241, 242]


def test_a_dye_absorbs_by_the_law_of_beer_and_lambert():
    blue = 242 * 10 ** (-0.29 * 1.0)

    assert colour_table(STAIN)[256 * 100].tolist()[2] == round(blue)


def test_planes_are_developed_pixel_by_pixel():
    planes = np.array([[[0, 100]], [[0, 50]]], np.uint8)

    rgb = develop(planes, colour_table(STAIN), strip=1)

    assert rgb.shape == (1, 2, 3)
    assert rgb[0, 1].tolist() == colour_table(STAIN)[256 * 100 + 50].tolist()


def test_slides_are_stained_differently():
    stains = [draw_stain(np.random.default_rng(seed)) for seed in range(20)]

    assert len({stain.laboratory for stain in stains}) == 3
    assert np.ptp([stain.eosin_strength for stain in stains]) > 0.4
