"""The benchmark's own arithmetic."""

import numpy as np

from tests.benchmarks.colour_only import features_of, separation


def test_the_first_three_features_are_the_mean_colour():
    rgb = np.zeros((20, 20, 3), np.uint8)
    rgb[:, :10] = (200, 100, 50)

    np.testing.assert_allclose(features_of(rgb, 0.486)[:3], [100, 50, 25])


def test_texture_does_not_know_how_strong_a_stain_is():
    noise = np.random.default_rng(1).uniform(0, 0.4, size=(60, 60, 1))
    weak, strong = ((255 * np.exp(-dye)).repeat(3, axis=2) for dye in (noise, 2 * noise))

    weak, strong = (features_of(patch.astype(np.uint8), 0.486)[3:] for patch in (weak, strong))

    np.testing.assert_allclose(weak, strong, atol=0.05)


def test_what_lies_between_is_found_only_with_a_bend():
    values = np.linspace(-1, 1, 40)[:, None]
    patches = (values, (np.abs(values[:, 0]) < 0.5).astype(int))

    assert separation(patches, patches, is_bent=True) == 1.0
    assert abs(separation(patches, patches) - 0.5) < 0.1
