import numpy as np
import pytest

from training import mined
from training.manifest import MINED, PATCH
from training.mined import Mined, MinedError, worst


def on_grid(*cells):
    patches = np.zeros(len(cells), PATCH)
    patches["row"], patches["column"] = np.array(cells).T
    patches["source"] = MINED
    return patches


def test_the_highest_come_first_and_their_neighbours_not_at_all():
    patches = on_grid((0, 0), (0, 1), (1, 1), (0, 2), (5, 5))
    scores = np.array([0.8, 0.9, 0.85, 0.7, 0.95], np.float32)
    assert worst(patches, scores, at_most=10, lowest_score=0.5).tolist() == [4, 1]


def test_a_cell_two_away_is_another_thing():
    patches = on_grid((0, 0), (0, 2), (2, 2))
    scores = np.array([0.9, 0.8, 0.7], np.float32)
    assert worst(patches, scores, at_most=10, lowest_score=0.5).tolist() == [0, 1, 2]


def test_no_more_than_asked_for_and_none_that_was_not_wrong():
    patches = on_grid((0, 0), (0, 3), (0, 6), (0, 9))
    scores = np.array([0.9, 0.8, 0.5, 0.49], np.float32)
    assert worst(patches, scores, at_most=2, lowest_score=0.5).tolist() == [0, 1]
    assert worst(patches, scores, at_most=9, lowest_score=0.5).tolist() == [0, 1, 2]
    assert len(worst(patches[:0], scores[:0], at_most=9, lowest_score=0.5)) == 0


def test_equal_scores_are_taken_in_the_order_of_the_grid():
    patches = on_grid((0, 0), (0, 1), (0, 2))
    assert worst(patches, np.full(3, 0.9, np.float32), at_most=9, lowest_score=0.5).tolist() == [
        0, 2,
    ]  # fmt: skip


def test_a_file_gives_back_what_was_written_and_the_same_bytes(tmp_path):
    found = Mined(on_grid((3, 4)), np.array([0.75], np.float32))
    first = mined.write(tmp_path / "one.npz", found)
    assert mined.write(tmp_path / "two.npz", found) == first
    again = mined.read(tmp_path / "one.npz", sha256=first)
    assert again.patches.tolist() == found.patches.tolist()
    assert again.scores.tolist() == [0.75]
    assert list(tmp_path.glob(".*")) == []


def test_a_file_that_is_gone_changed_or_something_else_is_refused(tmp_path):
    path = tmp_path / "one.npz"
    with pytest.raises(MinedError, match="is gone; mine the slides again"):
        mined.read(path)
    path.write_bytes(b"no archive")
    with pytest.raises(MinedError, match="was changed since it was mined"):
        mined.read(path, sha256="0" * 64)
    with pytest.raises(MinedError, match="holds no mined patches"):
        mined.read(path)
    np.savez(path, patches=np.zeros(3), scores=np.zeros(3))
    with pytest.raises(MinedError, match="of an earlier form"):
        mined.read(path)
