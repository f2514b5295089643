"""Mask TIFFs: which value is tumour, exact outlines, and masks that OpenSlide opens."""

from dataclasses import dataclass

import numpy as np
import openslide
import pytest
import tifffile
from shapely import Point, box

from slides import mask_blocks
from slides.mask_tiff import read_mask, write_cell_mask, write_mask
from slides.outlines import TruthError
from slides.regions import Region, geometry_of, rasterise, tumour_area_px

REGIONS = [
    Region("tumour", box(10, 10, 200, 900)),
    Region("tumour", Point(700.3, 500.2).buffer(150)),
    Region("normal", box(50, 50, 60, 60)),
]


@pytest.fixture
def read(tmp_path):
    def _read(pixels, *, tumour_value=None, **options):
        path = tmp_path / "one_mask.tif"
        tifffile.imwrite(path, pixels, **options)
        return read_mask(path, tumour_value=tumour_value)

    return _read


def with_values(*values, dtype=np.uint8):
    """A row of pixels per value, 4 wide."""
    return np.repeat(np.array(values, dtype)[:, None], 4, axis=1)


@pytest.mark.parametrize("value", [1, 255, 7, 200])
def test_the_value_beside_0_is_tumour(read, value):
    truth = read(with_values(0, value, 0))
    assert tumour_area_px(truth.regions) == 4
    assert (truth.width_l0, truth.height_l0) == (4, 3)
    assert truth.notes == (f"Values read: {value} = tumour.",)


def test_all_0_says_that_there_is_no_tumour(read):
    truth = read(with_values(0, 0))
    assert truth.regions == ()
    assert truth.notes == ("The mask says: no tumour.",)


def test_1_and_2_are_metastasis_and_normal_as_in_camelyon17(read):
    truth = read(with_values(0, 1, 2, 2))
    assert tumour_area_px(truth.regions) == 4
    assert geometry_of(truth.regions, "normal").area == 8


def test_a_lone_2_is_tumour_with_a_warning(read):
    assert "In CAMELYON17's masks 2 is normal" in read(with_values(0, 2)).notes[1]


def test_three_values_are_asked_about_with_their_list(read):
    with pytest.raises(TruthError, match=r"holds 0, 3, 5; expected 0 and one more") as refusal:
        read(with_values(0, 3, 5))
    assert refusal.value.code == "mask_values"
    truth = read(with_values(0, 3, 5), tumour_value=5)
    assert tumour_area_px(truth.regions) == 4
    assert truth.notes == ("Values read: 5 = tumour.", "Left out: 3.")


def test_a_value_that_is_not_in_the_mask_is_refused(read):
    with pytest.raises(TruthError, match="no pixel of value 9; it holds 0, 1"):
        read(with_values(0, 1), tumour_value=9)


def test_a_mask_of_one_value_only_is_asked_about(read):
    with pytest.raises(TruthError, match="Every pixel of one_mask.tif is 1"):
        read(with_values(1, 1))
    assert tumour_area_px(read(with_values(1, 1), tumour_value=1).regions) == 8


def test_a_picture_is_no_mask(read):
    with pytest.raises(TruthError, match="more than 8 values"):
        read(np.arange(100, dtype=np.uint8).reshape(10, 10))


def test_a_probability_map_is_no_mask(read):
    with pytest.raises(TruthError, match="holds fractions"):
        read(with_values(0, 0.5, dtype=np.float32))
    assert tumour_area_px(read(with_values(0, 1, dtype=np.float32)).regions) == 4


@pytest.mark.parametrize("dtype", [bool, np.uint16, np.int16, np.int32])
def test_whole_numbers_of_every_kind_are_read(read, dtype):
    assert tumour_area_px(read(with_values(0, 1, dtype=dtype)).regions) == 4


def test_colours_are_told_apart_and_grey_ones_keep_their_brightness(read):
    red = np.zeros((3, 4, 3), np.uint8)
    red[1] = (255, 0, 0)
    truth = read(red, photometric="rgb")
    assert tumour_area_px(truth.regions) == 4
    assert "#ff0000" in truth.notes[1]
    white = np.zeros((3, 4, 3), np.uint8)
    white[2] = 255
    assert read(white, photometric="rgb").notes[1] == "Values read: 255 = tumour."


def test_indices_of_a_colour_table_are_values(read):
    table = np.zeros((3, 256), np.uint16)
    truth = read(with_values(0, 1), photometric="palette", colormap=table)
    assert tumour_area_px(truth.regions) == 4
    assert truth.notes[0].startswith("The mask has a colour table")


def test_outlines_run_along_pixel_edges(read):
    pixels = np.zeros((10, 12), np.uint8)
    pixels[2:5, 3:9] = 1
    (region,) = read(pixels).regions
    assert region.polygon.equals(box(3, 2, 9, 5))
    assert len(region.polygon.exterior.coords) == 5


def test_a_square_with_a_hole_keeps_its_91_pixels(read):
    pixels = np.zeros((12, 12), np.uint8)
    pixels[1:11, 1:11] = 1
    pixels[4:7, 4:7] = 0
    assert tumour_area_px(read(pixels).regions) == 91


def test_pixels_that_meet_at_a_corner_are_two_regions(read):
    truth = read(np.eye(2, dtype=np.uint8))
    assert [region.polygon.area for region in truth.regions] == [1, 1]


LAYOUTS = {
    "tiles": {"tile": (32, 48)},
    "deflated tiles": {"tile": (64, 64), "compression": "zlib"},
    "LZW tiles": {"tile": (64, 64), "compression": "lzw"},
    "rows": {"rowsperstrip": 1},
    "strips": {"rowsperstrip": 37, "compression": "zlib"},
    "BigTIFF": {"bigtiff": True},
    "big-endian": {"byteorder": ">"},
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_gives_the_same_pixels_without_seams(read, layout, monkeypatch):
    monkeypatch.setattr(mask_blocks, "CHUNK_PX", 50)
    y, x = np.mgrid[:171, :133]
    disc = ((x - 60) ** 2 + (y - 90) ** 2 < 50**2) & ((x - 60) ** 2 + (y - 90) ** 2 > 20**2)
    truth = read(disc.astype(np.uint8), **LAYOUTS[layout])
    np.testing.assert_array_equal(rasterise(truth.regions, width=133, height=171, scale=1), disc)
    assert len(truth.regions) == 1


def test_the_largest_page_of_a_pyramid_is_read(tmp_path):
    path = tmp_path / "a.tif"
    write_mask(path, REGIONS, width=1301, height=2017, mpp=0.243)
    assert read_mask(path).width_l0 == 1301


def test_a_mask_cut_short_is_refused(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.eye(500, dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(TruthError, match="cut short") as refusal:
        read_mask(path)
    assert refusal.value.code == "unreadable"


def test_damaged_tiles_are_refused(tmp_path):
    path = tmp_path / "a.tif"
    noise = np.random.default_rng(0).integers(0, 2, (256, 256), np.uint8)
    tifffile.imwrite(path, noise, tile=(64, 64), compression="zlib")
    content = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as tiff:
        start = tiff.pages[0].dataoffsets[3]
    content[start : start + 60] = b"\xff" * 60
    path.write_bytes(content)
    with pytest.raises(TruthError, match="damaged or cut-short"):
        read_mask(path)


def test_a_mirrored_mask_is_refused(read):
    tag = ("Orientation", "H", 1, 3, True)
    with pytest.raises(TruthError, match=r"an orientation tag \(3\) that turns or mirrors"):
        read(with_values(0, 1), extratags=[tag])


def test_a_bomb_of_one_giant_strip_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(mask_blocks, "MAX_BLOCK_BYTES", 1000)
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, np.zeros((100, 100), np.uint8), compression="zlib")
    with pytest.raises(TruthError, match="more than 1 GB"):
        read_mask(path)


def test_openslide_opens_the_mask_and_sees_the_same_pixels(tmp_path):
    path = tmp_path / "a_mask.tif"
    write_mask(path, REGIONS, width=1301, height=2017, mpp=0.243, value=255)
    expected = rasterise(REGIONS, width=1301, height=2017, scale=1)
    with openslide.OpenSlide(path) as slide:
        assert slide.level_dimensions == ((1301, 2017), (650, 1008))
        assert float(slide.properties["openslide.mpp-x"]) == pytest.approx(0.243)
        pixels = np.asarray(slide.read_region((0, 0), 0, (1301, 2017)))[..., 0]
    np.testing.assert_array_equal(pixels, expected * 255)
    assert tumour_area_px(read_mask(path).regions) == expected.sum()


def test_levels_keep_the_tumour_at_its_place(tmp_path):
    path = tmp_path / "a_mask.tif"
    write_mask(path, REGIONS, width=1301, height=2017, mpp=0.243)
    half = tifffile.imread(path, key=1)
    np.testing.assert_array_equal(half, rasterise(REGIONS, width=650, height=1008, scale=2))


def test_an_exported_mask_of_nothing_but_tumour_or_of_none_comes_back(tmp_path):
    path = tmp_path / "a.tif"
    write_mask(path, [Region("tumour", box(0, 0, 7, 5))], width=7, height=5, mpp=None)
    assert tumour_area_px(read_mask(path).regions) == 35
    write_mask(path, [], width=7, height=5, mpp=None)
    assert read_mask(path).regions == ()


def test_masks_say_that_they_are_synthetic(tmp_path):
    path = tmp_path / "a.tif"
    write_mask(path, [], width=7, height=5, mpp=None, is_synthetic=True)
    with tifffile.TiffFile(path) as tiff:
        assert '"synthetic": true' in tiff.pages[0].description


@pytest.mark.parametrize("value", [0, 256, -1])
def test_a_value_that_no_mask_can_hold_is_refused(tmp_path, value):
    with pytest.raises(ValueError, match="a value of 1 to 255"):
        write_mask(tmp_path / "a.tif", [], width=5, height=5, mpp=None, value=value)


@pytest.mark.parametrize(
    ("size", "mpp", "words"), [((0, 5), None, "at least 1 x 1 px"), ((5, 5), 0.0, "above 0")]
)
def test_a_frame_that_makes_no_mask_is_refused(tmp_path, size, mpp, words):
    with pytest.raises(ValueError, match=words):
        write_mask(tmp_path / "a.tif", REGIONS, width=size[0], height=size[1], mpp=mpp)


@dataclass(frozen=True)
class Cells:
    side_l0: float


def test_cells_fill_exactly_their_boxes_and_end_at_the_slides_edge(tmp_path):
    path, grid = tmp_path / "a.tif", Cells(131.4)
    cells = np.random.default_rng(0).integers(0, 255, (16, 10), np.uint8)
    write_cell_mask(path, cells, grid, width=1301, height=2017, mpp=None)
    expected = np.zeros((2017, 1301), np.uint8)
    for (row, column), value in np.ndenumerate(cells):
        top, bottom = round(row * 131.4), round((row + 1) * 131.4)
        left, right = round(column * 131.4), round((column + 1) * 131.4)
        expected[top:bottom, left:right] = value
    np.testing.assert_array_equal(tifffile.imread(path, key=0), expected)


def test_true_cells_are_written_as_1(tmp_path):
    path = tmp_path / "a.tif"
    write_cell_mask(path, np.array([[True, False]]), Cells(4), width=8, height=4, mpp=None)
    assert tifffile.imread(path).tolist() == [[1, 1, 1, 1, 0, 0, 0, 0]] * 4


def test_nothing_half_written_is_left_behind(tmp_path):
    path = tmp_path / "out" / "a.tif"
    path.parent.mkdir()
    path.write_text("before")
    with pytest.raises(ValueError, match="NaN"):
        write_cell_mask(path, np.eye(2), Cells(float("nan")), width=9, height=9, mpp=None)
    assert [(one.name, one.read_text()) for one in path.parent.iterdir()] == [("a.tif", "before")]
