import numpy as np
import pytest
from shapely import box

from slides.grid import Grid
from slides.regions import Region
from training.manifest import PATCH, TRAINING, VALIDATION
from training.sampling import (
    CellFacts,
    Rules,
    SamplingError,
    balanced,
    capped,
    choose,
    label_cells,
    split_patients,
    truth_of_cells,
)

GRID = Grid.over(400, 300, slide_mpp=0.25, mpp=0.25, patch_px=100)  # 3 rows, 4 columns


def facts(**changes):
    fields = {
        "tissue_share": np.ones((3, 4), np.float32),
        "tumour_share": np.zeros((3, 4), np.float32),
        "is_ignored": np.zeros((3, 4), bool),
    }
    return CellFacts(**fields | changes)


def patches(*slides):
    """slides: (slide_id, tumour, normal); one patch per cell of a row."""
    rows = [
        (
            slide_id,
            0,
            place,
            0,
            0,
            0.5 * (place < tumour),
            1.0,
            place < tumour,
            "",
            0.25,
            "grid",
            "",
        )
        for slide_id, tumour, normal in slides
        for place in range(tumour + normal)
    ]
    return np.array(rows, dtype=PATCH)


def sizes(table, split):
    members = table[table["split"] == split]
    return int(members["label"].sum()), int((members["label"] == 0).sum())


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


def test_cells_with_too_little_tissue_or_ignored_are_left_out():
    tissue, ignored = np.zeros((3, 4), np.float32), np.zeros((3, 4), bool)
    tissue[0] = [0.30, 0.2999, 0.5, 1.0]
    ignored[0, 3] = True
    found = label_cells(7, GRID, facts(tissue_share=tissue, is_ignored=ignored), Rules())
    assert found["column"].tolist() == [0, 2]
    assert found["x_l0"].tolist() == [0, 200]
    assert found["slide_id"].tolist() == [7, 7]
    np.testing.assert_array_equal(found["tissue_share"], np.float32([0.30, 0.5]))


def test_a_patch_is_tumour_above_the_tumour_bar():
    tumour = np.zeros((3, 4), np.float32)
    tumour[2] = [0.0, 0.01, 0.5, 0.51]
    share = {"tumour_share": tumour}
    anything = label_cells(7, GRID, facts(**share), Rules(tumour_bar=0.0))
    half = label_cells(7, GRID, facts(**share), Rules(tumour_bar=0.5))
    assert anything["label"][-4:].tolist() == [0, 1, 1, 1]
    assert half["label"][-4:].tolist() == [0, 0, 0, 1]
    np.testing.assert_array_equal(half["tumour_share"][-4:], tumour[2])


def test_negatives_of_a_truth_that_is_not_exhaustive_are_not_used():
    tumour = np.zeros((3, 4), np.float32)
    tumour[1, 1] = 0.4
    found = label_cells(7, GRID, facts(tumour_share=tumour, is_exhaustive=False), Rules())
    assert found[["row", "column", "label"]].tolist() == [(1, 1, 1)]


def test_a_slide_without_tissue_gives_no_patches():
    tissue = np.zeros((3, 4), np.float32)
    assert len(label_cells(7, GRID, facts(tissue_share=tissue), Rules())) == 0


def test_the_cap_is_per_slide_and_class():
    found = capped(patches((1, 10, 50), (2, 3, 0)), 5, seed=0)
    counts = {(key, label): 0 for key in (1, 2) for label in (0, 1)}
    for slide_id, label in found[["slide_id", "label"]].tolist():
        counts[slide_id, label] += 1
    assert counts == {(1, 1): 5, (1, 0): 5, (2, 1): 3, (2, 0): 0}


def test_another_slide_changes_no_draw_of_the_first():
    alone = capped(patches((1, 0, 50)), 5, seed=0)
    beside = capped(patches((1, 0, 50), (2, 0, 50)), 5, seed=0)
    assert alone.tolist() == beside[:5].tolist()


def test_another_seed_draws_others():
    table = patches((1, 0, 500))
    assert capped(table, 5, seed=0).tolist() != capped(table, 5, seed=1).tolist()


def test_the_larger_class_gives_way_evenly_over_slides():
    table = patches((1, 6, 0), (2, 0, 2), (3, 0, 100))
    table["split"] = TRAINING
    found = balanced(table, seed=0)
    assert [int((found["slide_id"] == key).sum()) for key in (1, 2, 3)] == [6, 2, 4]


def test_no_patient_is_on_both_sides():
    table = patches((1, 5, 20), (2, 5, 20), (3, 5, 20), (4, 0, 25), (5, 0, 25), (6, 5, 5))
    patient_of = {1: "ann", 2: "bea", 3: "cas", 4: "dan", 5: "eve", 6: "ann"}
    found = choose(table, patient_of, Rules(balance="none"))
    sides = {}
    for slide_id, split in found[["slide_id", "split"]].tolist():
        sides.setdefault(patient_of[slide_id], set()).add(split)
    assert all(len(side) == 1 for side in sides.values())
    assert sum(side == {VALIDATION} for side in sides.values()) == 2  # one of each kind


def test_a_patient_spelt_in_two_ways_is_on_one_side():
    table = patches((1, 5, 20), (2, 5, 20), (3, 5, 20), (4, 0, 25), (5, 0, 25), (6, 5, 5))
    for seed in range(8):
        names = {1: "Ann", 2: "bea", 3: "cas", 4: "dan", 5: "eve", 6: "ann "}
        found = choose(table, names, Rules(balance="none", seed=seed))
        assert len(set(found["split"][np.isin(found["slide_id"], [1, 6])])) == 1


def test_both_sides_hold_both_classes_in_equal_numbers():
    table = patches((1, 4, 20), (2, 5, 20), (3, 6, 20), (4, 0, 25), (5, 0, 25))
    found = choose(table, dict(zip(range(1, 6), "abcde", strict=True)), Rules())
    for split in (TRAINING, VALIDATION):
        tumour, normal = sizes(found, split)
        assert tumour == normal > 0


def test_the_split_is_near_the_share_asked_for():
    counts = {f"t{i}": (100, 300) for i in range(5)} | {f"n{i}": (0, 400) for i in range(5)}
    held_out = split_patients(counts, validation_share=0.2, seed=3)
    assert sorted(patient[0] for patient in held_out) == ["n", "t"]


def test_the_same_seed_gives_the_same_dataset():
    table = patches((1, 9, 20), (2, 9, 20), (3, 0, 25), (4, 0, 25))
    patient_of = dict(zip(range(1, 5), "abcd", strict=True))
    one, two = (choose(table.copy(), patient_of, Rules(per_slide_cap=7, seed=5)) for _ in "ab")
    assert one.tolist() == two.tolist()


@pytest.mark.parametrize(
    ("slides", "patients", "code"),
    [
        ([(1, 0, 9), (2, 0, 9)], "ab", "no_tumour"),
        ([(1, 9, 0), (2, 9, 0)], "ab", "no_normal"),
        ([(1, 9, 9), (2, 9, 9)], "aa", "one_patient"),
        ([(1, 9, 9), (2, 0, 9)], "ab", "no_validation_tumour"),
        ([(1, 9, 9), (2, 9, 0)], "ab", "no_validation_normal"),
    ],
)
def test_slides_that_teach_nothing_are_refused(slides, patients, code):
    patient_of = {slide[0]: patient for slide, patient in zip(slides, patients, strict=True)}
    with pytest.raises(SamplingError) as refused:
        choose(patches(*slides), patient_of, Rules())
    assert refused.value.code == code
    assert "add" in str(refused.value)
