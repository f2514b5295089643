import numpy as np
import pytest
from shapely import box

from slides.grid import Grid
from slides.regions import Region
from training.labelling import SlideFacts, patches_of_slide, place, share_inside, truth_of_cells
from training.rules import Rules

SIZE = (400, 300)
GRID = Grid.over(*SIZE, slide_mpp=0.25, mpp=0.25, patch_px=100)  # 3 rows, 4 columns


def facts(*regions, **changes):
    """A slide of 400 x 300 px, all of it tissue; the mask has a px for each cell."""
    fields = {"size_l0": SIZE, "tissue": np.ones((3, 4), bool), "tissue_scale": (100.0, 100.0)}
    return SlideFacts(**fields | {"regions": regions} | changes)


def tumour(left, top, right, bottom):
    return Region("tumour", box(left, top, right, bottom))


def found_in(facts, **rules):
    return patches_of_slide(7, GRID, facts, Rules(**rules))


def labels_at(patches):
    """Label by (row, column)."""
    return {
        (row, column): label for row, column, label in patches[["row", "column", "label"]].tolist()
    }


def test_tumour_share_is_of_the_whole_cell():
    share, is_ignored = truth_of_cells([Region("tumour", box(100, 100, 250, 200))], GRID)
    expected = np.zeros((3, 4), np.float32)
    expected[1, 1], expected[1, 2] = 1.0, 0.5
    np.testing.assert_array_equal(share, expected)
    assert not is_ignored.any()


def test_normal_outlines_are_holes_and_ignored_ones_leave_cells_out():
    regions = [
        Region("tumour", box(0, 0, 100, 100)),
        Region("normal", box(0, 0, 100, 50)),
        Region("ignore", box(390, 290, 400, 300)),
    ]
    share, is_ignored = truth_of_cells(regions, GRID)
    assert share[0, 0] == 0.5
    assert np.argwhere(is_ignored).tolist() == [[2, 3]]


def test_a_slide_declared_normal_has_no_tumour_anywhere():
    share, is_ignored = truth_of_cells([], GRID)
    assert (share.max(), is_ignored.any()) == (0.0, False)


# Labels --------------------------------------------------------------------


def test_cells_with_too_little_tissue_or_ignored_are_left_out():
    tissue = np.zeros((30, 40), bool)
    tissue[:3, :10] = True  # 0.3 of the first cell
    tissue[:10, 10:12] = True  # 0.2 of the second
    tissue[:10, 20:] = True
    found = found_in(
        facts(Region("ignore", box(390, 0, 400, 10)), tissue=tissue, tissue_scale=(10.0, 10.0))
    )
    assert found["column"].tolist() == [0, 2]
    assert found["x_l0"].tolist() == [0, 200]
    assert found["slide_id"].tolist() == [7, 7]
    np.testing.assert_array_equal(found["tissue_share"], np.float32([0.3, 1.0]))


def test_a_patch_says_its_scale_where_it_came_from_and_who_said_what_it_shows():
    found = found_in(facts(author="bob"))
    assert set(found[["mpp", "source", "author"]].tolist()) == {(0.25, "grid", "bob")}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ({}, [1, 1, 1, 0]),
        ({"labelling": "share", "tumour_bar": 0.5}, [1, 0, 0, 0]),
        ({"labelling": "share", "tumour_bar": 0.05}, [1, 1, 1, 0]),
        ({"labelling": "centre", "centre_px": 50}, [1, 1, 0, 0]),
        ({"labelling": "centre", "centre_px": 100}, [1, 1, 1, 0]),
    ],
)
def test_what_makes_a_patch_tumour(rules, expected):
    regions = [
        tumour(0, 0, 100, 100),  # all of the first cell
        tumour(130, 0, 160, 100),  # across the centre of the second
        tumour(200, 0, 220, 100),  # beside the centre of the third
    ]
    found = labels_at(found_in(facts(*regions), **rules))
    assert [found[0, column] for column in range(4)] == expected


def test_the_tumour_share_is_of_the_whole_patch_whatever_the_rule():
    found = found_in(facts(tumour(0, 0, 50, 100)), labelling="centre", centre_px=20)
    assert found["tumour_share"][0] == 0.5


def test_unmarked_tissue_of_a_truth_that_is_not_exhaustive_is_not_used():
    found = found_in(facts(tumour(100, 100, 140, 200), is_exhaustive=False))
    assert found[["row", "column", "label"]].tolist() == [(1, 1, 1)]


def test_outlined_normal_tissue_of_such_a_truth_is_and_says_who_said_so():
    regions = [
        tumour(100, 100, 200, 200),
        Region("normal", box(0, 0, 198, 100)),  # two px short of two cells
        Region("artefact", box(300, 200, 380, 300)),  # too little of a cell
    ]
    found = found_in(facts(*regions, is_exhaustive=False, author="bob"))
    assert labels_at(found) == {(0, 0): 0, (0, 1): 0, (1, 1): 1}
    assert found["source"].tolist() == ["corrected", "corrected", "grid"]
    assert set(found["author"].tolist()) == {"bob"}


def test_a_hole_in_a_files_outline_is_no_correction():
    regions = [tumour(0, 0, 400, 100), Region("normal", box(100, 0, 200, 100))]
    assert set(found_in(facts(*regions))["source"].tolist()) == {"grid"}
    drawn = found_in(facts(*regions, is_drawn=True))
    assert drawn["source"].tolist().count("corrected") == 1


def test_a_slide_without_tissue_gives_no_patches():
    assert len(found_in(facts(tissue=np.zeros((3, 4), bool)))) == 0


# Places --------------------------------------------------------------------


def test_patches_side_by_side_are_the_cells_of_the_grid():
    placed = place(7, GRID, SIZE, Rules())
    assert placed["x_l0"].tolist() == [0, 100, 200, 300] * 3
    assert placed[["row", "column"]].tolist()[5] == (1, 1)


@pytest.mark.parametrize(
    ("size", "stride", "expected"),
    [
        ((400, 100), 0.5, [0, 50, 100, 150, 200, 250, 300]),
        ((410, 100), 0.5, [0, 50, 100, 150, 200, 250, 300, 350]),  # the far edge is covered
        ((410, 100), 1.0, [0, 100, 200, 300, 400]),
        ((400, 100), 2.0, [0, 200]),
        ((90, 100), 1.0, [0]),
    ],
)
def test_a_stride_below_one_overlaps_and_one_above_leaves_gaps(size, stride, expected):
    grid = Grid.over(*size, slide_mpp=0.25, mpp=0.25, patch_px=100)
    assert place(7, grid, size, Rules(stride=stride))["x_l0"].tolist() == expected


def test_jitter_shifts_by_its_bound_at_most_and_never_over_the_edge():
    placed = place(7, GRID, SIZE, Rules(jitter_px=30))
    shift = placed["x_l0"] - 100 * placed["column"]
    assert np.abs(shift).max() <= 30
    assert len(set(shift.tolist())) > 4
    assert placed["x_l0"].min() >= 0 and placed["x_l0"].max() <= 300


def test_jitter_reaches_no_further_over_the_edge_than_the_grid():
    grid = Grid.over(430, 300, slide_mpp=0.25, mpp=0.25, patch_px=100)
    placed = place(7, grid, (430, 300), Rules(jitter_px=30))
    assert placed["x_l0"].max() <= 400


def test_jitter_is_drawn_from_the_seed_and_the_slide():
    def shifted(slide_id, **rules):
        return place(slide_id, GRID, SIZE, Rules(jitter_px=30, **rules))["x_l0"].tolist()

    assert shifted(7) == shifted(7)
    assert shifted(7) != shifted(8)
    assert shifted(7) != shifted(7, seed=1)


def test_a_shifted_patch_is_labelled_by_where_it_lies():
    half = facts(tumour(0, 0, 200, 300))
    found = found_in(half, jitter_px=40)
    expected = np.clip((200 - found["x_l0"]) / 100, 0, 1)
    np.testing.assert_allclose(found["tumour_share"], expected, atol=1 / 32)


def test_shares_are_those_of_the_picture_wherever_boxes_lie():
    rng = np.random.default_rng(0)
    region = box(130, 40, 3000, 1900).difference(box(700, 700, 1300, 1200))
    corners = rng.integers(0, 3400, (200, 2)) // 10 * 10
    boxes = np.concatenate([corners, corners + 320], axis=1).astype(float)
    expected = [region.intersection(box(*each)).area / 320**2 for each in boxes]
    np.testing.assert_allclose(share_inside(region, boxes), expected, atol=2e-6)
