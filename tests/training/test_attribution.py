import numpy as np
from shapely import box

from training.attribution import Saying, attributed
from training.manifest import CORRECTED, GRID, MINED, PATCH


def row_of(*labels, source=GRID, author="import"):
    """Patches of 100 px side by side."""
    patches = np.zeros(len(labels), PATCH)
    patches["x_l0"], patches["label"] = np.arange(len(labels)) * 100, labels
    patches["source"], patches["author"] = source, author
    return patches


def said(patches, *sayings):
    found = attributed(patches, 100.0, sayings)
    return list(zip(found["source"].tolist(), found["author"].tolist(), strict=True))


def test_a_patch_names_who_drew_on_it_and_others_keep_their_author():
    old = Saying(box(0, 0, 100, 100), "ann")
    assert said(row_of(1, 0), old) == [(GRID, "ann"), (GRID, "import")]


def test_of_two_authors_the_one_who_covers_more_is_named():
    sayings = [Saying(box(0, 0, 30, 100), "ann"), Saying(box(30, 0, 100, 100), "bob")]
    assert said(row_of(1), *sayings) == [(GRID, "bob")]
    assert said(row_of(1), *sayings[::-1]) == [(GRID, "bob")]


def test_what_was_corrected_since_says_so_and_by_whom():
    sayings = [
        Saying(box(0, 0, 100, 100), "ann"),
        Saying(box(0, 0, 60, 100), "bob", is_correction=True),
    ]
    assert said(row_of(0), *sayings) == [(CORRECTED, "bob")]


def test_a_sliver_of_tumour_decides_a_patch_a_sliver_of_normal_tissue_does_not():
    sliver = Saying(box(0, 0, 110, 100), "bob", is_correction=True)
    assert said(row_of(1, 1), sliver)[1] == (CORRECTED, "bob")
    assert said(row_of(0, 0), sliver)[1][0] == GRID


def test_a_mined_patch_stays_one_and_names_who_calls_it_normal():
    normal = Saying(box(0, 0, 100, 100), "bob", is_correction=True)
    assert said(row_of(0, source=MINED), normal) == [(MINED, "bob")]


def test_no_patches_and_no_sayings_give_what_came():
    assert said(row_of()) == []
    assert said(row_of(0)) == [(GRID, "import")]
