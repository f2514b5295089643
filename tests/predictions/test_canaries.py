"""Drawn patches that no honest network calls tumour."""

import numpy as np
import pytest

from predictions import canaries


def test_there_is_glass_fat_and_ink_of_four_colours():
    drawn = canaries.drawn(64, 0.5)
    assert list(drawn) == ["glass", "fat", "pen_blue", "pen_green", "pen_black", "pen_red"]
    assert {patches.shape for patches in drawn.values()} == {(4, 64, 64, 3)}
    assert {patches.dtype for patches in drawn.values()} == {np.dtype(np.uint8)}


def test_they_are_the_same_each_time():
    first, second = canaries.drawn(48, 0.25), canaries.drawn(48, 0.25)
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("mpp", [0.25, 1.0, 8.0])
def test_fat_is_mostly_empty_with_pink_membranes(mpp):
    fat = canaries.drawn(128, mpp)["fat"].astype(int)
    assert (fat.min(axis=-1) > 225).mean() > 0.5
    assert (fat[..., 0] - fat[..., 1] > 10).any()


def test_glass_is_bright_and_without_colour():
    glass = canaries.drawn(64, 0.5)["glass"].astype(int)
    assert glass.min() > 200
    assert np.ptp(glass.reshape(4, -1, 3).mean(axis=1), axis=1).max() < 16


def test_ink_covers_at_least_a_fifth_of_each_patch():
    for name, ink in canaries.INKS.items():
        rgb = canaries.drawn(64, 0.5)[f"pen_{name}"].astype(int)
        is_inked = np.abs(rgb - np.array(ink)).sum(axis=-1) < 200
        assert is_inked.mean(axis=(1, 2))[:3].min() > 0.2
