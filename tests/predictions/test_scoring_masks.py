"""Masks counted by cell, against the same figures made px by px."""

import resource
import time

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import box

from predictions.evaluation import Terms, slide_metrics, truth_of_cells
from predictions.scoring_masks import (
    Cells,
    count_blocks,
    count_mask,
    pixel_metrics,
    pixel_table,
)
from slides.grid import Grid
from slides.mask_blocks import Block
from slides.mask_reader import labels_of, read_mask
from slides.mask_tiff import write_mask
from slides.outlines import TruthError
from slides.regions import Region


def cells_over(width, height, side_l0) -> Cells:
    rows, columns = int(np.ceil(height / side_l0)), int(np.ceil(width / side_l0))
    return Cells(width, height, rows, columns, side_l0)


def saved(path, values, **options):
    tifffile.imwrite(path, values, photometric="minisblack", **options)
    return path


def spread(per_cell, width, height, side):
    """Each px with what its cell has: a px is in the cell that its middle is in."""
    rows, columns = (
        np.minimum(((np.arange(length) + 0.5) / side).astype(int), count - 1)
        for length, count in zip((height, width), per_cell.shape, strict=True)
    )
    return per_cell[rows][:, columns]


@st.composite
def masks(draw):
    """A mask of values 0, 1 (tumour), 3 (to be ignored), a cell side and a map over it."""
    height, width = draw(st.integers(1, 60)), draw(st.integers(1, 60))
    side = draw(st.floats(1.5, 30))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    coarse = rng.choice([0, 0, 1, 3], size=(height // 7 + 1, width // 7 + 1))
    mask = np.kron(coarse, np.ones((7, 7), int))[:height, :width].astype(np.uint8)
    cells = cells_over(width, height, side)
    probabilities = rng.choice(
        np.array([np.nan, 0, 0.2, 0.5, 0.9], np.float32), size=(cells.rows, cells.columns)
    )
    return mask, cells, probabilities


def counted(mask, cells, block=16):
    """As a mask file would be, in blocks; the labels of the values said outright."""
    height, width = mask.shape
    blocks = [
        Block(x, y, mask[y : y + block, x : x + block])
        for y in range(0, height, block)
        for x in range(0, width, block)
    ]
    return count_blocks(blocks, cells, scale=1)


@settings(max_examples=100, deadline=None)
@given(masks())
def test_counts_are_those_of_each_px(drawn):
    mask, cells, _ = drawn
    found = counted(mask, cells)
    numbers = np.arange(cells.rows * cells.columns).reshape(cells.rows, cells.columns)
    cell_of = spread(numbers, cells.width, cells.height, cells.side_l0)
    for value in (1, 3):
        expected = np.bincount(cell_of[mask == value], minlength=numbers.size)
        own = found.get(value, np.zeros_like(numbers))
        np.testing.assert_array_equal(own.ravel(), expected)


@settings(max_examples=60, deadline=None)
@given(masks())
def test_every_figure_is_that_of_scikit_learn_px_by_px(tmp_path_factory, drawn):
    from sklearn.metrics import (
        average_precision_score,
        jaccard_score,
        precision_score,
        roc_auc_score,
    )

    mask, cells, probabilities = drawn
    if not (mask == 1).any():
        return
    path = saved(tmp_path_factory.mktemp("mask") / "m.tif", mask, description=LEGEND)
    pixels = count_mask(path, cells)
    found = pixel_metrics(probabilities, pixels, threshold=0.5, px_mm2=1e-6)
    at_px = spread(probabilities, cells.width, cells.height, cells.side_l0)
    counts = ~np.isnan(at_px) & (mask != 3)
    labels, scores = mask[counts] == 1, at_px[counts]
    values = {name: entry["value"] for name, entry in found["figures"].items()}
    if labels.any() and not labels.all():
        assert values["roc_auc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-9)
        assert values["pr_auc"] == pytest.approx(average_precision_score(labels, scores), abs=1e-9)
    else:
        assert values["roc_auc"] is None
    if labels.any() or (scores >= 0.5).any():
        assert values["iou"] == pytest.approx(jaccard_score(labels, scores >= 0.5))
    if (scores >= 0.5).any():
        assert values["precision"] == pytest.approx(precision_score(labels, scores >= 0.5))
    outside = np.count_nonzero((mask == 1) & np.isnan(at_px))
    assert found["coverage"]["tumour_outside_px"] == outside
    assert found["coverage"]["tumour_outside_mm2"] == pytest.approx(outside * 1e-6)


LEGEND = '{"sentinode": {"labels": {"tumour": 1, "ignore": 3}, "scale_l0": 1}}'


def test_cells_not_assessed_are_in_no_figure(tmp_path):
    mask = np.zeros((20, 20), np.uint8)
    mask[:10, :10] = 1
    pixels = count_mask(saved(tmp_path / "m.tif", mask), cells_over(20, 20, 10))
    table = pixel_table(np.array([[0.9, np.nan], [np.nan, 0.1]]), pixels)
    assert (table.positive.sum(), table.negative.sum()) == (100, 100)


def test_a_map_of_calls_has_no_area_under_a_curve(tmp_path):
    mask = np.zeros((20, 20), np.uint8)
    mask[:10] = 1
    pixels = count_mask(saved(tmp_path / "m.tif", mask), cells_over(20, 20, 10))
    figures = pixel_metrics(np.array([[1.0, 0.0], [0.0, 0.0]]), pixels, threshold=0.5, px_mm2=None)[
        "figures"
    ]
    assert figures["recall"]["value"] == 0.5
    assert figures["roc_auc"]["value"] is None
    assert "calls, not scores" in figures["roc_auc"]["reason"]


def test_the_share_of_a_cell_counts_what_lies_beyond_the_slide_as_free(tmp_path):
    """As the truth of outlines does, so that a mask and its outlines agree."""
    mask = np.zeros((10, 15), np.uint8)
    mask[:, 10:] = 1
    truth = count_mask(saved(tmp_path / "m.tif", mask), cells_over(15, 10, 10)).truth
    assert truth.share.tolist() == [[0, 0.5]]


def test_a_mask_gives_the_truth_that_its_outlines_give(tmp_path):
    regions = [Region("tumour", box(40, 30, 205, 175)), Region("tumour", box(300, 200, 310, 260))]
    write_mask(tmp_path / "m.tif", regions, width=330, height=270, mpp=0.5)
    grid = Grid.over(330, 270, slide_mpp=0.5, mpp=0.5, patch_px=32)
    cells = Cells(330, 270, grid.rows, grid.columns, grid.side_l0)
    from_mask, outlines = count_mask(tmp_path / "m.tif", cells).truth, truth_of_cells(regions, grid)
    np.testing.assert_allclose(from_mask.share, outlines.share, atol=0.04)
    terms = Terms(0.5)
    probabilities = np.linspace(0, 1, grid.rows * grid.columns).reshape(grid.rows, grid.columns)
    assert (
        slide_metrics(probabilities, from_mask, terms)["counts"]
        == slide_metrics(probabilities, outlines, terms)["counts"]
    )


def test_a_cell_with_anything_to_ignore_is_left_out(tmp_path):
    mask = np.zeros((10, 20), np.uint8)
    mask[0, 0], mask[5, 15] = 3, 1
    path = saved(tmp_path / "m.tif", mask, description=LEGEND)
    assert count_mask(path, cells_over(20, 10, 10)).truth.is_ignored.tolist() == [[True, False]]


@pytest.mark.parametrize("factor", [2, 8])
def test_a_mask_of_a_lower_level_is_taken(tmp_path, factor):
    mask = np.zeros((80, 160), np.uint8)
    mask[:40, :40] = 255
    small = saved(tmp_path / "m.tif", mask[::factor, ::factor])
    truth = count_mask(small, cells_over(160, 80, 40)).truth
    assert truth.share[0].tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize("size", [(80, 150), (160, 80), (70, 140)])
def test_a_mask_of_another_size_is_refused_with_both_sizes(tmp_path, size):
    path = saved(tmp_path / "m.tif", np.zeros(size, np.uint8))
    with pytest.raises(TruthError, match=r"m.tif has \d+ x \d+ px; the slide has 160 x 80") as told:
        count_mask(path, cells_over(160, 80, 40))
    assert told.value.code == "size"


@pytest.mark.parametrize(
    ("values", "said"),
    [([0], None), ([0, 1], None), ([0, 255], None), ([0, 1, 2], None), ([1, 2], None), ([0, 3], 3),
     ([0, 1, 2], 2), ([1], None), ([0, 1, 3], None), ([0, 2], 5), ([7], 7)],
)  # fmt: skip
def test_values_mean_what_they_mean_to_the_reader_of_outlines(tmp_path, values, said):
    """255 and 1 are both tumour; nothing is taken for granted that is not plain."""
    mask = np.resize(np.array(values, np.uint8), (16, 16))
    path = saved(tmp_path / "m.tif", mask)
    try:
        expected: dict[str, float] = {}
        for region in read_mask(path, tumour_value=said).regions:
            expected[region.label] = expected.get(region.label, 0) + region.polygon.area
    except TruthError:
        with pytest.raises(TruthError, match="tumour value"):
            count_mask(path, cells_over(16, 16, 8), tumour_value=said)
        return
    pixels = count_mask(path, cells_over(16, 16, 8), tumour_value=said)
    assert pixels.tumour.sum() == expected.get("tumour", 0)


def test_a_picture_is_no_mask(tmp_path):
    path = saved(tmp_path / "m.tif", np.arange(256, dtype=np.uint8).reshape(16, 16))
    with pytest.raises(TruthError, match="more than 8 values"):
        count_mask(path, cells_over(16, 16, 8))


def test_what_a_file_declares_counts_more_than_a_guess():
    assert labels_of([0, 2], None, (2, {}), "m") == {2: "tumour"}
    assert labels_of([0, 2], None, (1, {}), "m") == {}
    assert labels_of([0, 1, 3], None, (None, {1: "tumour", 3: "ignore"}), "m") == {
        1: "tumour", 3: "ignore",
    }  # fmt: skip


def test_a_map_of_another_grid_is_refused(tmp_path):
    pixels = count_mask(
        saved(tmp_path / "m.tif", np.zeros((20, 20), np.uint8)), cells_over(20, 20, 5)
    )
    with pytest.raises(ValueError, match="different grids"):
        pixel_table(np.zeros((2, 2)), pixels)


def test_a_large_mask_is_scored_in_seconds_and_little_memory(tmp_path):
    """20,000 x 20,000 px, tumour in an eighth of it; the benchmark does 100,000 x 100,000."""
    side, path = 20_000, tmp_path / "m.tif"
    tile = np.zeros((512, 512), np.uint8)
    tile[100:300, 40:500] = 1
    wide = -(-side // 512)
    tiles = (tile if (i * 7) % 8 == 0 else tile * 0 for i in range(wide * wide))
    tifffile.imwrite(
        path, tiles, shape=(side, side), dtype=np.uint8, tile=(512, 512), compression="zlib"
    )
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    cells = cells_over(side, side, 299.4)
    pixels = count_mask(path, cells)
    probabilities = np.linspace(0, 1, cells.rows * cells.columns, dtype=np.float32)
    pixel_metrics(
        probabilities.reshape(cells.rows, cells.columns), pixels, threshold=0.5, px_mm2=None
    )
    assert time.process_time() - began < 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000  # KB
