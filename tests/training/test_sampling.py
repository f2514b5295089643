import numpy as np
import pytest

from training.manifest import MINED, PATCH, TEST, TRAINING, VALIDATION
from training.rules import Rules, SamplingError
from training.sampling import Origins, balanced, capped, choose, evened, without_doubles


def patches(*slides):
    """slides: (slide_id, tumour, normal); one patch per cell of a row."""
    rows = [
        (slide_id, 0, place, 0, 0, 0.5 * (place < tumour), 1.0, place < tumour, "")
        + (0.25, "grid", "")
        for slide_id, tumour, normal in slides
        for place in range(tumour + normal)
    ]
    return np.array(rows, dtype=PATCH)


def sizes(table, split):
    members = table[table["split"] == split]
    return int(members["label"].sum()), int((members["label"] == 0).sum())


def named(patients):
    """Slides 1, 2, ... of these patients."""
    return Origins(dict(enumerate(patients, 1)))


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
    origins = named(["ann", "bea", "cas", "dan", "eve", "ann"])
    found = choose(table, origins, Rules(balance="none"))
    sides = {}
    for slide_id, split in found[["slide_id", "split"]].tolist():
        sides.setdefault(origins.patient_of[slide_id], set()).add(split)
    assert all(len(side) == 1 for side in sides.values())
    assert sum(side == {VALIDATION} for side in sides.values()) == 2  # one of each kind


def test_a_patient_spelt_in_two_ways_is_on_one_side():
    table = patches((1, 5, 20), (2, 5, 20), (3, 5, 20), (4, 0, 25), (5, 0, 25), (6, 5, 5))
    origins = named(["Ann", "bea", "cas", "dan", "eve", "ann "])
    for seed in range(8):
        found = choose(table, origins, Rules(balance="none", seed=seed))
        assert len(set(found["split"][np.isin(found["slide_id"], [1, 6])])) == 1


def test_both_sides_hold_both_classes_in_equal_numbers():
    table = patches((1, 4, 20), (2, 5, 20), (3, 6, 20), (4, 0, 25), (5, 0, 25))
    found = choose(table, named("abcde"), Rules())
    for split in (TRAINING, VALIDATION):
        tumour, normal = sizes(found, split)
        assert tumour == normal > 0


def test_no_slide_gives_more_of_a_class_than_the_middle_one():
    table = patches((1, 90, 0), (2, 10, 0), (3, 8, 40), (4, 0, 20))
    table["split"] = TRAINING
    found = evened(table, seed=0)
    counts = {key: sizes(found[found["slide_id"] == key], TRAINING) for key in (1, 2, 3, 4)}
    assert counts == {1: (10, 0), 2: (10, 0), 3: (8, 30), 4: (0, 20)}


def test_balance_by_slide_evens_slides_and_then_classes():
    table = patches((1, 90, 90), (2, 10, 30), (3, 10, 30), (4, 10, 30), (5, 0, 30))
    found = choose(table, named("abcde"), Rules(balance="class_slide"))
    assert max(int((found["slide_id"] == key).sum()) for key in range(1, 6)) <= 40
    for split in (TRAINING, VALIDATION):
        tumour, normal = sizes(found, split)
        assert tumour == normal > 0


def test_scales_take_turns_so_that_the_finest_does_not_crowd_out_the_others():
    table = patches((1, 0, 100))
    table["mpp"][90:] = 1.0
    found = capped(table, 20, seed=0)
    assert np.unique(found["mpp"], return_counts=True)[1].tolist() == [10, 10]


def test_one_scale_is_drawn_as_if_there_were_no_other():
    table = patches((1, 0, 60))
    alone = capped(table[:50], 10, seed=3)
    table["mpp"][50:] = 1.0
    together = capped(table, 20, seed=3)
    assert together[together["mpp"] == 0.25].tolist() == alone.tolist()


def test_what_was_corrected_comes_before_what_the_grid_gives():
    table = patches((1, 0, 50))
    table["source"][40:] = "corrected"
    found = capped(table, 12, seed=0)
    assert np.count_nonzero(found["source"] == "corrected") == 10


def with_mined(table, slide_id, n):
    """n mined patches of a slide besides the table's."""
    extra = patches((slide_id, 0, n))
    extra["source"], extra["x_l0"] = MINED, 7 + np.arange(n)
    return np.concatenate([table, extra])


def test_mined_patches_come_on_top_of_the_cap_and_are_learnt_from_only():
    table = patches((1, 9, 9), (2, 9, 9), (3, 9, 9), (4, 9, 9))
    for key in range(1, 5):
        table = with_mined(table, key, 5)
    found = choose(table, named("abcd"), Rules(per_slide_cap=4, balance="none"))
    mined = found[found["source"] == MINED]
    assert set(mined["split"].tolist()) == {TRAINING}
    assert len(mined) == 15
    assert sizes(found, VALIDATION) == (4, 4)


def test_mined_patches_take_the_place_of_easy_ones_where_classes_are_balanced():
    table = with_mined(patches((1, 9, 90), (2, 9, 90), (3, 9, 90)), 1, 4)
    split = choose(table, named("abc"), Rules())
    learnt = split[split["split"] == TRAINING]
    assert sizes(learnt, TRAINING)[0] == sizes(learnt, TRAINING)[1]
    is_first = (learnt["slide_id"] == 1).any()
    assert np.count_nonzero(learnt["source"] == MINED) == (4 if is_first else 0)


def test_a_mined_patch_takes_the_place_of_the_grids_own():
    table = patches((1, 0, 3))
    table["x_l0"] = [0, 100, 200]
    mined = table[1:2].copy()
    mined["source"] = MINED
    found = without_doubles(np.concatenate([table, mined]))
    assert sorted(found[["x_l0", "source"]].tolist()) == [
        (0, "grid"), (100, MINED), (200, "grid"),
    ]  # fmt: skip


def test_training_validation_and_test_each_hold_both_classes():
    table = patches(*((key, 10, 20) for key in range(1, 11)))
    rules = Rules(test_share=0.2, validation_share=0.2)
    found = choose(table, named("abcdefghij"), rules)
    assert {split: sizes(found, split) for split in (TRAINING, VALIDATION, TEST)} == {
        TRAINING: (60, 60),
        VALIDATION: (20, 20),
        TEST: (20, 20),
    }


def test_the_same_seed_gives_the_same_dataset():
    table = patches((1, 9, 20), (2, 9, 20), (3, 0, 25), (4, 0, 25))
    one, two = (choose(table.copy(), named("abcd"), Rules(per_slide_cap=7, seed=5)) for _ in "ab")
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
    with pytest.raises(SamplingError) as refused:
        choose(patches(*slides), named(patients), Rules())
    assert refused.value.code == code
    assert "add" in str(refused.value)
