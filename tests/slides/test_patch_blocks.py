"""Patches read block by block, without OpenSlide where that is safe: the same px, only sooner."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from slides.patch_blocks import blocks_of, read_block
from slides.pyramid import Pyramid, SlideError
from tests.slide_files import (
    JPEG,
    SUBSAMPLED_JPEG,
    shrink,
    write_philips,
    write_pyramid,
    write_svs,
)

# Levels of these sizes are 2 and 4 times smaller to the px, so OpenSlide never blends.
WIDTH, HEIGHT = 1200, 1000
MPP = 0.25


@pytest.fixture(scope="module")
def pixels() -> np.ndarray:
    """Every px and every tile differs from its neighbours."""
    rng = np.random.default_rng(3)
    coarse = rng.integers(60, 240, (HEIGHT // 20, WIDTH // 20, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((WIDTH, HEIGHT)), np.int16)
    noise = rng.integers(-15, 16, (HEIGHT, WIDTH, 3), dtype=np.int16)
    return np.clip(smooth + noise, 0, 255).astype(np.uint8)


MAKERS = {
    "deflate": write_pyramid,
    "lzw": lambda path, rgb: write_pyramid(path, rgb, compression="lzw", predictor=True),
    "uncompressed": lambda path, rgb: write_pyramid(path, rgb, compression=None),
    "jpeg": lambda path, rgb: write_pyramid(path, rgb, **JPEG),
    "jpeg_subsampled": lambda path, rgb: write_pyramid(path, rgb, tile=512, **SUBSAMPLED_JPEG),
    "svs": write_svs,
    "philips": write_philips,
}


@pytest.fixture(scope="module")
def make(pixels, tmp_path_factory):
    """make(kind): the path of a slide of these pixels, made once."""
    folder = tmp_path_factory.mktemp("slides")

    def make(kind):
        path = folder / f"{kind}.{'svs' if kind == 'svs' else 'tif'}"
        if not path.exists():
            MAKERS[kind](path, pixels)
        return path

    return make


def corners(pyramid, side_l0, *, n=40, seed=0):
    """Corners (n, 2) all over a slide, over its edges and wholly beside it."""
    rng = np.random.default_rng(seed)
    reach = [pyramid.width + side_l0 / 2, pyramid.height + side_l0 / 2]
    some = rng.integers(-side_l0 // 2, reach, (n, 2))
    beside = [pyramid.width + 10, 0]
    return np.vstack([some, beside, [0, 0], [pyramid.width - side_l0, pyramid.height - side_l0]])


def in_blocks(pyramid, corners_l0, **asked):
    """All patches in the order of their corners."""
    found = {}
    for block in blocks_of(pyramid, corners_l0, **asked):
        found.update((place, np.array(patch)) for place, patch in read_block(pyramid, block))
    return np.stack([found[place] for place in range(len(corners_l0))])


def one_by_one(pyramid, corners_l0, *, side_px, mpp):
    each_mpp = np.broadcast_to(mpp, len(corners_l0)).tolist()
    return np.stack(
        [
            pyramid.read_patch(x, y, side_px=side_px, mpp=own)
            for (x, y), own in zip(corners_l0.tolist(), each_mpp, strict=True)
        ]
    )


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize(("mpp", "side"), [(0.25, 64), (0.5, 130), (0.6, 64), (1.0, 40), (1.7, 32)])
def test_patches_are_px_for_px_those_of_openslide(make, kind, mpp, side):
    """At native levels and between them, over edges and beside the slide."""
    with Pyramid.open(make(kind), mpp=MPP) as plain:
        with Pyramid.open(make(kind), mpp=MPP, is_direct=True) as direct:
            assert all(direct.is_direct(level) for level in range(len(direct.level_sizes)))
            at = corners(plain, round(side * mpp / MPP))
            found = in_blocks(direct, at, side_px=side, mpp=mpp)
        np.testing.assert_array_equal(found, one_by_one(plain, at, side_px=side, mpp=mpp))


def test_without_direct_tiles_blocks_give_the_same_too(make):
    with Pyramid.open(make("jpeg"), mpp=MPP) as plain:
        close = np.stack(np.meshgrid(np.arange(0, 600, 16), np.arange(0, 500, 16)), -1)
        close = close.reshape(-1, 2)  # overlapping, so that blocks are held
        assert any(len(b.boxes) for b in blocks_of(plain, close, side_px=64, mpp=0.5))
        found = in_blocks(plain, close, side_px=64, mpp=0.5)
        np.testing.assert_array_equal(found, one_by_one(plain, close, side_px=64, mpp=0.5))


def test_each_patch_may_have_its_own_um_per_px_and_a_name(make):
    with Pyramid.open(make("jpeg"), mpp=MPP, is_direct=True) as direct:
        at = corners(direct, 128)
        mpp = np.resize([0.25, 0.5, 0.7], len(at))
        np.testing.assert_array_equal(
            in_blocks(direct, at, side_px=64, mpp=mpp),
            one_by_one(direct, at, side_px=64, mpp=mpp),
        )
        blocks = blocks_of(direct, at, side_px=64, mpp=mpp, places=np.arange(len(at)) + 100)
        named = [place for block in blocks for place, _ in read_block(direct, block)]
        assert sorted(named) == list(range(100, 100 + len(at)))
        assert [block.mpp for block in blocks] == sorted(block.mpp for block in blocks)


def test_blocks_come_by_row_and_so_do_their_patches(make):
    with Pyramid.open(make("jpeg"), mpp=MPP, is_direct=True) as direct:
        at = np.stack(np.meshgrid(np.arange(0, 1200, 32), np.arange(0, 1000, 32)), -1)
        at = np.random.default_rng(0).permutation(at.reshape(-1, 2))
        blocks = blocks_of(direct, at, side_px=32, mpp=0.25)
    tops = [int(block.corners_l0[:, 1].min()) for block in blocks]
    assert tops == sorted(tops)
    assert max(len(block.places) for block in blocks) == 64
    for block in blocks:
        assert np.lexsort(block.corners_l0.T).tolist() == list(range(len(block.places)))


def test_a_patch_larger_than_a_block_is_read_without_holding_it(make, monkeypatch):
    monkeypatch.setattr("slides.patch_blocks.LARGEST_SIDE_PX", 150)
    with Pyramid.open(make("svs"), mpp=MPP, is_direct=True) as direct:
        at = np.array([[0, 0], [300, 300]])
        blocks = blocks_of(direct, at, side_px=64, mpp=0.75)
        assert [block.boxes.shape for block in blocks] == [(0, 4), (0, 4)]
        np.testing.assert_array_equal(
            in_blocks(direct, at, side_px=64, mpp=0.75),
            one_by_one(direct, at, side_px=64, mpp=0.75),
        )


def test_levels_that_openslide_blends_are_read_px_for_px(tmp_path):
    """A level of 601 px for 1203 is 2.0017 times smaller to OpenSlide, which blends to hit it."""
    rgb = np.random.default_rng(0).integers(0, 255, (1003, 1203, 3), dtype=np.uint8)
    path = write_pyramid(tmp_path / "odd.tif", rgb)
    level = shrink(rgb, 2)
    with Pyramid.open(path, mpp=MPP, is_direct=True) as direct:
        at = np.array([[400, 200], [813, 617], [1100, 900]])
        found = in_blocks(direct, at, side_px=64, mpp=0.5)
        assert direct.is_direct(1)
    for patch, (x, y) in zip(found, at.tolist(), strict=True):
        left, top = round(x / 2), round(y / 2)
        inside = level[top : top + 64, left : left + 64]
        np.testing.assert_array_equal(patch[: inside.shape[0], : inside.shape[1]], inside)
    with Pyramid.open(path, mpp=MPP) as plain:
        blended = one_by_one(plain, at[:1], side_px=64, mpp=0.5)
    # Half a level-0 px at most is a quarter of this level's, of noise that spans 255 / 2.
    assert np.abs(blended.astype(int) - found[:1]).mean() < 255 / 2 / 4


@pytest.mark.parametrize("kind", ["philips", "svs"])
def test_where_a_tile_is_missing_openslide_says_what_is_there(make, kind, tmp_path):
    """Philips leaves out tiles of glass; in an SVS they were lost and come from another level."""
    path = tmp_path / make(kind).name
    path.write_bytes(make(kind).read_bytes())
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tag = tiff.pages[0].tags["TileByteCounts"]
        tag.overwrite([0 if number == 1 else size for number, size in enumerate(tag.value)])
    with (
        Pyramid.open(path, mpp=MPP) as plain,
        Pyramid.open(path, mpp=MPP, is_direct=True) as direct,
    ):
        at = np.array([[100, 0], [256, 10], [600, 300], [400, 0]])
        found = in_blocks(direct, at, side_px=64, mpp=MPP)
        assert direct.is_direct(0)
        np.testing.assert_array_equal(found, one_by_one(plain, at, side_px=64, mpp=MPP))
    if kind == "philips":
        assert (found[1] == 255).all()


def test_transparent_slides_are_left_to_openslide(tmp_path):
    rgba = np.zeros((512, 512, 4), np.uint8)
    rgba[100:300, 100:300] = (120, 60, 140, 255)
    path = tmp_path / "clear.tif"
    tifffile.imwrite(path, rgba, tile=(256, 256), photometric="rgb", extrasamples=["unassalpha"])
    with Pyramid.open(path, mpp=MPP, is_direct=True) as direct:
        assert not direct.is_direct(0)
        found = in_blocks(direct, np.array([[0, 0], [110, 110]]), side_px=64, mpp=MPP)
    assert (found[0] == 255).all()
    assert (found[1] == (120, 60, 140)).all()


def test_a_level_that_openslide_shows_otherwise_is_left_to_it(make, tmp_path):
    """Tiles that say they are RGB but hold YCbCr: decoders differ, so the trial decides."""
    path = tmp_path / "lying.tif"
    path.write_bytes(make("jpeg").read_bytes())
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        tiff.pages[1].tags["PhotometricInterpretation"].overwrite(2)
    with (
        Pyramid.open(path, mpp=MPP) as plain,
        Pyramid.open(path, mpp=MPP, is_direct=True) as direct,
    ):
        at = np.array([[100, 0], [600, 300]])
        for mpp in (0.25, 0.5, 1.0):
            np.testing.assert_array_equal(
                in_blocks(direct, at, side_px=64, mpp=mpp),
                one_by_one(plain, at, side_px=64, mpp=mpp),
            )


def test_a_damaged_tile_is_openslides_to_report(make, tmp_path):
    path = tmp_path / "damaged.tif"
    content = bytearray(make("deflate").read_bytes())
    with tifffile.TiffFile(make("deflate")) as tiff:
        at, size = tiff.pages[0].dataoffsets[1], tiff.pages[0].databytecounts[1]
    content[at : at + size] = bytes(size)
    path.write_bytes(content)
    with (
        Pyramid.open(path, mpp=MPP, is_direct=True) as direct,
        pytest.raises(SlideError, match="damaged"),
    ):
        in_blocks(direct, np.array([[300, 0]]), side_px=64, mpp=MPP)


REAL = (
    "CMU-1-Small-Region.svs",
    "camelyon_multiframe_jpeg.dcm",
    "gc-hist_valid_tiff.tif",
    "openslide-small.svs",
)


@pytest.mark.shared
@pytest.mark.parametrize("name", REAL)
@pytest.mark.parametrize("mpp", [0.25, 0.5, 0.9])
def test_real_slides_give_the_px_of_openslide(shared, name, mpp):
    with (
        Pyramid.open(shared / "slides" / name, mpp=MPP) as plain,
        Pyramid.open(shared / "slides" / name, mpp=MPP, is_direct=True) as direct,
    ):
        assert direct.is_direct(0) == (not name.endswith(".dcm"))
        at = corners(plain, round(299 * mpp / MPP), n=12)
        np.testing.assert_array_equal(
            in_blocks(direct, at, side_px=299, mpp=mpp),
            one_by_one(plain, at, side_px=299, mpp=mpp),
        )


@pytest.mark.shared
def test_real_odd_levels_keep_their_colours(shared):
    """Blending moves edges by less than a quarter of a px; on the whole colours are the same."""
    path = shared / "slides" / "openslide-boxes.tiff"
    with (
        Pyramid.open(path, mpp=MPP) as plain,
        Pyramid.open(path, mpp=MPP, is_direct=True) as direct,
    ):
        assert all(direct.is_direct(level) for level in range(4))
        for mpp in (0.25, 0.5, 1.0, 2.0):
            at = corners(plain, round(64 * mpp / MPP))
            apart = np.abs(
                in_blocks(direct, at, side_px=64, mpp=mpp).astype(int)
                - one_by_one(plain, at, side_px=64, mpp=mpp)
            )
            assert apart.mean() < 0.5
