"""Patches varied as other laboratories would have made them: held against published code."""

import numpy as np
import pytest
from skimage import color

from training import augmenting
from training.augmenting import PRESETS, turned, varied


@pytest.fixture
def patches():
    """Four patches of stained noise, 48 px: no colour is grey, none is at the ends."""
    noise = np.random.default_rng(0).normal(0, 18, (4, 48, 48, 3))
    return np.clip(np.array([190, 120, 175]) + noise, 1, 254).astype(np.uint8)


def planes(patch):
    return np.ascontiguousarray(patch.transpose(2, 0, 1)).astype(np.float32)


def after(step, patch, *figures):
    """The planes of a patch after a step."""
    found = planes(patch)
    step(found, *figures)
    return found


def pixels(found):
    return np.clip(np.rint(found), 0, 255).astype(np.uint8).transpose(1, 2, 0)


def test_the_eight_turns_of_a_patch_all_differ():
    patch = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    assert len({turned(patch, turn).tobytes() for turn in range(8)}) == 8
    np.testing.assert_array_equal(turned(patch, 0), patch)


def test_the_turns_alone_change_no_colour(patches):
    found = varied(patches, "dihedral", np.random.default_rng(1))
    assert found.tobytes() != patches.tobytes()
    for before, after in zip(patches, found, strict=True):
        assert any(np.array_equal(turned(before, turn), after) for turn in range(8))


@pytest.mark.parametrize("preset", PRESETS)
def test_equal_seeds_give_equal_patches_and_leave_those_given(patches, preset):
    before = patches.copy()
    one, two, other = (varied(patches, preset, np.random.default_rng(s)) for s in (1, 1, 2))
    assert one.dtype == np.uint8
    np.testing.assert_array_equal(one, two)
    assert (one.tobytes() == other.tobytes()) == (preset == "none")
    np.testing.assert_array_equal(patches, before)


@pytest.mark.parametrize("preset", PRESETS)
def test_a_patch_stays_recognisable(patches, preset):
    found = varied(np.repeat(patches, 8, axis=0), preset, np.random.default_rng(0))
    assert 20 < found.mean() < 250
    assert np.abs(found.mean() - patches.mean()) < 25


def test_an_unknown_preset_is_refused(patches):
    with pytest.raises(ValueError, match="got 'odd'"):
        varied(patches, "odd", np.random.default_rng(0))


def test_a_stronger_stain_darkens_all_but_glass():
    patch = np.array([[[255, 255, 255], [128, 128, 128], [0, 0, 0]]], np.uint8)
    found = pixels(after(augmenting.restain, patch, np.array([1.0, 2.0, 0.5])))
    # 128 / 255 lets half the light through; twice the density a quarter, half of it 0.71
    assert found.tolist() == [[[255, 255, 255], [128, 64, 181], [0, 0, 0]]]


def test_stains_are_taken_apart_with_the_published_matrices():
    np.testing.assert_array_equal(augmenting.RGB_FROM_HED, color.rgb_from_hed)
    np.testing.assert_allclose(augmenting.HED_FROM_RGB, color.hed_from_rgb, rtol=1e-12)


def test_varied_stains_are_those_of_scikit_image():
    """On mixtures of the three stains; scikit-image counts density in units of -ln(1e-6)."""
    unit = -np.log(1e-6)
    stains = np.random.default_rng(0).uniform(0.05, 0.9, (40, 40, 3)) / unit
    rgb = np.rint(255 * color.hed2rgb(stains)).astype(np.uint8)
    factor, offset = np.array([1.2, 0.8, 1.1]), np.array([0.02, -0.03, 0.01])
    expected = color.hed2rgb(color.rgb2hed(rgb) * factor + offset / unit)
    found = after(augmenting.vary_hed, rgb, factor, offset)
    np.testing.assert_allclose(pixels(found), np.rint(255 * expected), atol=1)


def test_stains_left_alone_change_nothing(patches):
    found = after(augmenting.vary_hed, patches[0], np.ones(3), np.zeros(3))
    np.testing.assert_allclose(found, planes(patches[0]), atol=0.01)


@pytest.mark.parametrize("hue", [-0.04, 0, 0.04])
@pytest.mark.parametrize("saturation", [0.75, 1, 1.25])
def test_saturation_and_hue_are_those_of_hsv(saturation, hue):
    rgb = np.random.default_rng(0).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    hsv = color.rgb2hsv(rgb)
    hsv[..., 0] = (hsv[..., 0] + hue) % 1
    hsv[..., 1] = np.minimum(hsv[..., 1] * saturation, 1)
    found = after(augmenting.saturate_and_turn, rgb, saturation, hue)
    np.testing.assert_allclose(found, 255 * color.hsv2rgb(hsv).transpose(2, 0, 1), atol=0.02)


@pytest.mark.keras
def test_the_colour_recipe_is_that_of_the_published_operations(patches):
    import tensorflow as tf

    # Darker: past white the published code goes on with impossible colours, ours stops at white.
    brightness, saturation, hue, contrast = -20.0, 1.2, -0.03, 1.5
    expected = tf.image.adjust_brightness(patches[0] / 255.0, brightness / 255)
    expected = tf.image.adjust_hue(tf.image.adjust_saturation(expected, saturation), hue)
    expected = tf.clip_by_value(tf.image.adjust_contrast(expected, contrast), 0, 1)
    found = after(augmenting.brighten, patches[0], brightness)
    augmenting.saturate_and_turn(found, saturation, hue)
    augmenting.contrast(found, contrast)
    np.testing.assert_allclose(found.transpose(1, 2, 0), 255 * np.asarray(expected), atol=0.1)


def test_grey_has_no_hue_to_turn():
    grey = np.full((8, 8, 3), 128, np.uint8)
    found = after(augmenting.saturate_and_turn, grey, 1.25, 0.04)
    np.testing.assert_allclose(found, 128, atol=0.01)


def test_blur_is_a_gaussian_and_keeps_the_light(patches):
    from scipy import ndimage

    found = after(augmenting.blur, patches[0], 1.2)
    expected = ndimage.gaussian_filter(planes(patches[0]), (0, 1.2, 1.2), truncate=2.5)
    np.testing.assert_allclose(found, expected, atol=0.02)
    assert found.mean() == pytest.approx(patches[0].mean(), rel=1e-3)


def test_a_patch_kept_as_jpeg_differs_the_more_the_lower_the_quality(patches):
    lost = [
        np.abs(augmenting.recompressed(patches[0], quality).astype(int) - patches[0]).mean()
        for quality in (95, 60, 30)
    ]
    assert 0 < lost[0] < lost[1] < lost[2]
