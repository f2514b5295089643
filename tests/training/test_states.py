import resource
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from training import states

FINGERPRINT = {"seed": 1}


def state(epochs: int, *, megabytes: float = 0) -> states.State:
    size = int(megabytes * 2**20 / 4) or 3
    return states.State(
        network=[np.full(size, epochs, np.float32), np.array([1, 2], np.uint32)],
        optimizer=[np.array(7), *[np.full(2, place, np.float32) for place in range(12)]],
        best=[np.zeros(3, np.float32)],
        best_scores=np.array([0.25, 0.5], np.float32),
        told={"history": [{"val_auc": 0.1 + 0.2}] * epochs, "steps": [], "examples": []},
    )


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """As on a full disk: writing beyond so many bytes of a file fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_state_comes_back_to_the_last_bit(tmp_path):
    states.keep(tmp_path, state(2), fingerprint=FINGERPRINT)
    found = states.latest(tmp_path, fingerprint=FINGERPRINT)
    assert found.epoch == 2
    assert found.told == state(2).told
    for name in ("network", "optimizer", "best"):
        for one, other in zip(getattr(found, name), getattr(state(2), name), strict=True):
            np.testing.assert_array_equal(one, other)
            assert one.dtype == other.dtype
    np.testing.assert_array_equal(found.best_scores, state(2).best_scores)


def test_only_the_latest_stays(tmp_path):
    for epoch in (1, 2, 3):
        states.keep(tmp_path, state(epoch), fingerprint=FINGERPRINT)
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-00003"]


def test_nothing_is_taken_up_of_another_fitting(tmp_path):
    states.keep(tmp_path, state(1), fingerprint=FINGERPRINT)
    assert states.latest(tmp_path, fingerprint={"seed": 2}) is None
    assert states.latest(tmp_path / "none", fingerprint=FINGERPRINT) is None


def test_a_half_written_state_is_passed_over_for_the_one_before(tmp_path):
    states.keep(tmp_path, state(1), fingerprint=FINGERPRINT)
    shutil.copytree(tmp_path / "epoch-00001", tmp_path / "epoch-00002")
    whole = (tmp_path / "epoch-00002" / states.NOW).read_bytes()
    (tmp_path / "epoch-00002" / states.NOW).write_bytes(whole[: len(whole) // 2])
    assert states.latest(tmp_path, fingerprint=FINGERPRINT).epoch == 1


@pytest.mark.parametrize("name", [states.NOW, states.BEST, states.STATE])
def test_a_damaged_state_is_none(tmp_path, name):
    states.keep(tmp_path, state(1), fingerprint=FINGERPRINT)
    (tmp_path / "epoch-00001" / name).write_bytes(b"damaged")
    assert states.latest(tmp_path, fingerprint=FINGERPRINT) is None


def test_a_full_disk_is_said_in_words_and_costs_one_epoch_only(tmp_path):
    states.keep(tmp_path, state(1), fingerprint=FINGERPRINT)
    with (
        largest_file(100_000),
        pytest.raises(states.StateError, match="epoch 2 cannot be kept .* Make room") as failed,
    ):
        states.keep(tmp_path, state(2, megabytes=1), fingerprint=FINGERPRINT)
    assert failed.value.code == "disk_full"
    assert [path.name for path in tmp_path.iterdir()] == ["epoch-00001"]
    assert states.latest(tmp_path, fingerprint=FINGERPRINT).epoch == 1


def test_a_folder_that_cannot_be_made_is_said_in_words(tmp_path):
    Path(tmp_path / "file").write_text("in the way")
    with pytest.raises(states.StateError, match="cannot be kept"):
        states.keep(tmp_path / "file" / "run-1", state(1), fingerprint=FINGERPRINT)
