"""Reading slides: resolution, levels, patches at any scale, white where nothing was scanned."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from slides.pyramid import Pyramid, SlideError, plausible_mpp
from slides.pyramid import level_scale as scale_of
from tests.slide_files import shrink, write_pyramid


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """1200 x 1000 px of coarse colour: blocks of 16 px, so that averaging stays exact."""
    blocks = np.random.default_rng(7).integers(40, 250, (63, 76, 3)).astype(np.uint8)
    return blocks.repeat(16, axis=0).repeat(16, axis=1)[:1000, :1200]


@pytest.fixture(scope="module")
def slide(pixels, tmp_path_factory) -> Path:
    return write_pyramid(tmp_path_factory.mktemp("slides") / "slide.tif", pixels)


def test_a_slide_tells_its_size_levels_and_resolution(slide):
    with Pyramid.open(slide) as pyramid:
        assert (pyramid.vendor, pyramid.width, pyramid.height) == ("generic-tiff", 1200, 1000)
        assert pyramid.level_sizes == ((1200, 1000), (600, 500), (300, 250))
        assert pyramid.level_downsamples == (1, 2, 4)
        assert pyramid.mpp == pytest.approx(0.243, rel=1e-6)
        assert pyramid.mpp_source == "openslide.mpp-x"


def test_a_scale_is_whole_where_rounding_explains_the_level():
    assert scale_of((1201, 1003), (600, 501)) == (2, 2)
    assert scale_of((1201, 1003), (601, 502)) == (2, 2)
    assert scale_of((1201, 1003), (300, 251)) == (4, 4)
    assert scale_of((1000, 1000), (600, 600)) == (1000 / 600, 1000 / 600)


@pytest.mark.parametrize(
    ("value", "mpp"),
    [
        ("0.499", 0.499),
        (28.97, 28.97),
        ("352.78", None),
        (1000, None),
        (0, None),
        (-0.25, None),
        ("nan", None),
        ("inf", None),
        ("", None),
        (None, None),
    ],
)
def test_absurd_resolutions_count_as_unknown(value, mpp):
    assert plausible_mpp(value) == mpp


def test_without_tags_the_resolution_is_unknown_until_a_person_gives_it(tmp_path, pixels):
    path = write_pyramid(tmp_path / "s.tif", pixels, mpp=None)
    with Pyramid.open(path) as pyramid:
        assert (pyramid.mpp, pyramid.mpp_source) == (None, "")
        with pytest.raises(SlideError, match="say how many um per px") as refusal:
            pyramid.read_patch(0, 0, side_px=299, mpp=0.5)
    assert refusal.value.code == "unknown_mpp"
    with Pyramid.open(path, mpp=0.25) as pyramid:
        assert (pyramid.mpp, pyramid.mpp_source) == (0.25, "given")


def test_what_a_person_says_counts_more_than_the_tags(slide):
    with Pyramid.open(slide, mpp=0.5) as pyramid:
        assert (pyramid.mpp, pyramid.mpp_source) == (0.5, "given")


def test_a_screen_resolution_in_the_tags_is_unknown(tmp_path, pixels):
    path = write_pyramid(tmp_path / "s.tif", pixels, mpp=352.78)
    with Pyramid.open(path) as pyramid:
        assert pyramid.mpp is None


def test_level_0_is_read_px_for_px(slide, pixels):
    with Pyramid.open(slide) as pyramid:
        block = pyramid.read_level(0, 333, 444, 100, 50)
    np.testing.assert_array_equal(block, pixels[444:494, 333:433])


def test_beyond_the_slide_it_is_white(slide, pixels):
    with Pyramid.open(slide) as pyramid:
        corner = pyramid.read_level(0, 1100, 950, 200, 100)
        before = pyramid.read_level(0, -10, -20, 50, 50)
        far = pyramid.read_level(0, 5000, 5000, 10, 10)
    np.testing.assert_array_equal(corner[:50, :100], pixels[950:, 1100:])
    assert (corner[50:] == 255).all()
    assert (corner[:, 100:] == 255).all()
    np.testing.assert_array_equal(before[20:, 10:], pixels[:30, :40])
    assert (before[:20] == 255).all()
    assert (far == 255).all()


def test_a_patch_at_a_levels_own_scale_is_that_level(slide, pixels):
    with Pyramid.open(slide) as pyramid:
        patch = pyramid.read_patch(64, 128, side_px=100, mpp=0.486)
    np.testing.assert_allclose(patch, shrink(pixels, 2)[64:164, 32:132], atol=1)


def test_a_scale_within_one_per_cent_counts_as_the_levels_own(slide):
    with Pyramid.open(slide) as pyramid:
        exact = pyramid.read_patch(64, 128, side_px=100, mpp=0.486)
        near = pyramid.read_patch(64, 128, side_px=100, mpp=0.486 * 1.009)
    np.testing.assert_array_equal(exact, near)


@pytest.mark.parametrize("downsamples", [(1,), (1, 4), (1, 2, 4)])
def test_the_same_patch_comes_from_any_pyramid(tmp_path, pixels, downsamples):
    path = write_pyramid(tmp_path / "s.tif", pixels, downsamples=downsamples)
    with Pyramid.open(path) as pyramid:
        patch = pyramid.read_patch(160, 320, side_px=64, mpp=0.972)
    np.testing.assert_allclose(patch, shrink(pixels, 4)[80:144, 40:104], atol=1)


def test_a_scale_no_level_has_is_averaged_in_place(tmp_path):
    ramp = np.broadcast_to((np.arange(900) // 4)[None, :, None], (600, 900, 3)).astype(np.uint8)
    path = write_pyramid(tmp_path / "s.tif", ramp, mpp=0.2)
    with Pyramid.open(path) as pyramid:
        patch = pyramid.read_patch(100, 100, side_px=100, mpp=0.6)
    middle_of_px = 100 + (np.arange(100) + 0.5) * 3
    np.testing.assert_allclose(patch[50, :, 0], middle_of_px / 4 - 0.5, atol=1)


def test_transparent_parts_are_white(tmp_path):
    rgba = np.zeros((512, 512, 4), np.uint8)
    rgba[100:300, 100:300] = (120, 60, 140, 255)
    path = tmp_path / "s.tif"
    tifffile.imwrite(path, rgba, tile=(256, 256), photometric="rgb", extrasamples=["unassalpha"])
    with Pyramid.open(path) as pyramid:
        block = pyramid.read_level(0, 0, 0, 512, 512)
    assert (block[:90] == 255).all()
    assert (block[150, 150] == (120, 60, 140)).all()


def test_the_overview_is_a_level_where_one_fits(slide, pixels):
    with Pyramid.open(slide) as pyramid:
        rgb, scale_x, scale_y = pyramid.read_overview(max_px=800)
    np.testing.assert_allclose(rgb, shrink(pixels, 2), atol=1)
    assert (scale_x, scale_y) == (2, 2)


def test_and_else_an_average_that_says_its_scale(tmp_path, pixels):
    path = write_pyramid(tmp_path / "s.tif", pixels, downsamples=(1,))
    with Pyramid.open(path) as pyramid:
        rgb, scale_x, scale_y = pyramid.read_overview(max_px=400)
    assert rgb.shape == (333, 400, 3)
    assert (scale_x, scale_y) == (3, 1000 / 333)


def test_a_small_slide_is_not_enlarged(slide, pixels):
    with Pyramid.open(slide) as pyramid:
        np.testing.assert_array_equal(pyramid.thumbnail(4096), pixels)


def test_a_large_level_is_read_in_bands_with_the_same_result(tmp_path, monkeypatch, pixels):
    path = write_pyramid(tmp_path / "s.tif", pixels, downsamples=(1,))
    with Pyramid.open(path) as pyramid:
        whole = pyramid.thumbnail(300)
        monkeypatch.setattr("slides.pixels.BAND_PX", 20_000)
        np.testing.assert_array_equal(pyramid.thumbnail(300), whole)


@pytest.mark.parametrize("name", ["a picture.png", "a picture.tif"])
def test_a_flat_picture_is_refused_with_advice(tmp_path, name):
    Image.new("RGB", (600, 600)).save(tmp_path / name)
    with pytest.raises(
        SlideError, match="single flat image.*Export it from the scanner"
    ) as refusal:
        Pyramid.open(tmp_path / name)
    assert refusal.value.code == "flat_image"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda path: path.write_text("not a slide"), "not_a_slide"),
        (lambda path: path.touch(), "not_a_slide"),
        (lambda path: path.mkdir(), "not_a_slide"),
        (lambda path: path.symlink_to("nowhere"), "not_found"),
        (lambda path: None, "not_found"),
    ],
    ids=["text", "empty", "folder", "dangling link", "nothing"],
)
def test_what_is_no_file_of_a_slide_is_refused(tmp_path, make, code):
    make(path := tmp_path / "x.svs")
    with pytest.raises(SlideError) as refusal:
        Pyramid.open(path)
    assert refusal.value.code == code


def test_a_mirax_index_without_its_folder_is_incomplete(tmp_path):
    (path := tmp_path / "x.mrxs").write_bytes(b"\xff\xd8\xff\xe0 a label picture")
    with pytest.raises(SlideError, match="folder of .dat files is missing") as refusal:
        Pyramid.open(path)
    assert refusal.value.code == "incomplete"


def test_a_large_slide_without_smaller_levels_is_refused(tmp_path, monkeypatch, pixels):
    monkeypatch.setattr("slides.pyramid.COARSEST_MAX_PX", 1_000_000)
    path = write_pyramid(tmp_path / "s.tif", pixels, downsamples=(1,))
    with pytest.raises(SlideError, match="vips tiffsave") as refusal:
        Pyramid.open(path)
    assert refusal.value.code == "too_large"
