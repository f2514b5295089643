"""Deep Zoom: sizes at every edge, for odd sizes, and the right px in every tile."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from slides.deepzoom import TILE_PX, DeepZoom, OpenSlides, SlideReader, read_tile
from slides.pyramid import Pyramid
from tests.slide_files import shrink, write_pyramid

PYRAMIDS = [(1,), (1, 2, 4), (1, 4, 16)]


@pytest.fixture
def gradient() -> np.ndarray:
    """1001 x 703 px whose colour says where a px lies: red = x / 4, green = y / 3."""
    y, x = np.mgrid[:703, :1001]
    return np.stack([x // 4, y // 3, np.full_like(x, 128)], axis=2).astype(np.uint8)


def test_levels_halve_and_round_up_down_to_one_px():
    zoom = DeepZoom(1001, 703)
    assert zoom.last_level == 10
    assert [zoom.level_size(level) for level in (10, 9, 8, 1, 0)] == [
        (1001, 703),
        (501, 352),
        (251, 176),
        (2, 2),
        (1, 1),
    ]


def test_a_slide_of_one_px_has_one_level():
    assert (DeepZoom(1, 1).last_level, DeepZoom(1, 1).level_size(0)) == (0, (1, 1))


def test_edge_tiles_hold_only_what_is_left():
    zoom = DeepZoom(1001, 703)
    assert zoom.tile_box(10, 3, 2) == (768, 512, 1001, 703)
    assert zoom.tile_box(9, 1, 1) == (256, 256, 501, 352)


@pytest.mark.parametrize("tile", [(11, 0, 0), (-1, 0, 0), (10, 4, 0), (10, 0, 3), (0, 1, 0)])
def test_a_tile_that_does_not_exist_is_refused_in_words(tile):
    with pytest.raises(ValueError, match="There is no level|there is none"):
        DeepZoom(1001, 703).tile_box(*tile)


def test_the_descriptor_says_size_and_tiles():
    assert 'TileSize="256"' in DeepZoom(1001, 703).descriptor()
    assert '<Size Width="1001" Height="703"/>' in DeepZoom(1001, 703).descriptor()


@pytest.mark.parametrize("downsamples", PYRAMIDS)
def test_every_tile_has_its_size_and_shows_its_place(tmp_path: Path, gradient, downsamples):
    path = write_pyramid(tmp_path / "s.tif", gradient, downsamples=downsamples)
    zoom = DeepZoom(1001, 703)
    with Pyramid.open(path) as pyramid:
        for level in range(zoom.last_level + 1):
            width, height = zoom.level_size(level)
            for row in range(-(-height // TILE_PX)):
                for column in range(-(-width // TILE_PX)):
                    left, top, right, bottom = zoom.tile_box(level, column, row)
                    tile = read_tile(pyramid, level, column, row)
                    assert tile.shape == (bottom - top, right - left, 3)
                    _assert_in_place(tile, left, top, zoom.scale(level))


def _assert_in_place(tile: np.ndarray, left: int, top: int, scale: int) -> None:
    """Every px shows the colour of the middle of its level-0 box, to half a px of its level."""
    x = np.minimum((left + np.arange(tile.shape[1]) + 0.5) * scale, 1001)
    y = np.minimum((top + np.arange(tile.shape[0]) + 0.5) * scale, 703)
    inside_x, inside_y = x < 1001 - scale, y < 703 - scale
    np.testing.assert_allclose(
        tile[..., 0].mean(axis=0)[inside_x], x[inside_x] / 4 - 0.5, atol=1 + scale / 8
    )
    np.testing.assert_allclose(
        tile[..., 1].mean(axis=1)[inside_y], y[inside_y] / 3 - 0.5, atol=1 + scale / 6
    )


def test_the_deepest_level_is_the_slide_px_for_px(tmp_path: Path, gradient):
    path = write_pyramid(tmp_path / "s.tif", gradient)
    with Pyramid.open(path) as pyramid:
        corner = read_tile(pyramid, 10, 3, 2)
    np.testing.assert_array_equal(corner, gradient[512:, 768:])


def test_a_level_the_slide_lacks_is_averaged_from_a_finer_one(tmp_path: Path, gradient):
    path = write_pyramid(tmp_path / "s.tif", gradient, downsamples=(1, 4, 16))
    with Pyramid.open(path) as pyramid:
        tile = read_tile(pyramid, 9, 0, 0)
    np.testing.assert_allclose(tile, shrink(gradient, 2)[:256, :256], atol=1)


def test_the_last_px_does_not_pale_beyond_the_edge(tmp_path: Path):
    path = write_pyramid(tmp_path / "s.tif", np.full((301, 301, 3), 60, np.uint8))
    with Pyramid.open(path) as pyramid:
        assert read_tile(pyramid, 8, 0, 0).max() == 60


def test_a_tile_is_a_jpeg_of_its_px(tmp_path: Path, gradient):
    path = write_pyramid(tmp_path / "s.tif", gradient)
    picture = Image.open(io.BytesIO(SlideReader(path).tile_jpeg(10, 3, 2)))
    assert (picture.format, picture.size) == ("JPEG", (233, 191))
    np.testing.assert_allclose(np.asarray(picture), gradient[512:, 768:], atol=12)


def test_a_slide_is_opened_once_and_anew_when_its_file_changes(tmp_path: Path, gradient):
    path = write_pyramid(tmp_path / "s.tif", gradient)
    slides = OpenSlides(most=1)
    first = slides.reader(path)
    assert slides.reader(path) is first
    write_pyramid(path, gradient[:500])
    assert slides.reader(path).pyramid.height == 500


def test_only_so_many_slides_stay_open(tmp_path: Path, gradient):
    one, two = (write_pyramid(tmp_path / f"{n}.tif", gradient) for n in "12")
    slides = OpenSlides(most=1)
    first = slides.reader(one)
    slides.reader(two)
    assert slides.reader(one) is not first
    assert first.tile_jpeg(0, 0, 0)


def test_a_forgotten_slide_is_opened_anew(tmp_path: Path, gradient):
    path = write_pyramid(tmp_path / "s.tif", gradient)
    slides = OpenSlides()
    first = slides.reader(path)
    slides.forget(path)
    assert slides.reader(path) is not first


@pytest.mark.shared
def test_a_scanners_colours_are_brought_to_srgb(shared):
    reader = SlideReader(shared / "slides/openslide-boxes.tiff")
    assert reader.to_srgb is not None
    assert Image.open(io.BytesIO(reader.tile_jpeg(9, 0, 0))).size == (256, 250)
