"""Packed files: kept patch by patch, known by checksum, locked while used, pruned."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from training.packing import PackingError, checksum, making, opened, part_of, prune, sums_of

ROOT = Path(__file__).resolve().parents[2]
SHAPE = (6, 4, 4, 3)


@pytest.fixture
def patches():
    return np.random.default_rng(0).integers(0, 256, SHAPE, dtype=np.uint8)


def make(path, patches, *, places=None, **options):
    """Make a packed file, or only some of its places."""
    with making(path, patches.shape, **options) as packing:
        for place in range(len(patches)) if places is None else places:
            packing.keep(place, patches[place])
        return packing.finished() if places is None else packing.missing()


def test_a_finished_file_is_mapped_and_numpy_reads_it_too(tmp_path, patches):
    path = tmp_path / "cache" / "one.npy"
    np.testing.assert_array_equal(make(path, patches), patches)
    np.testing.assert_array_equal(opened(path, SHAPE), patches)
    np.testing.assert_array_equal(np.load(path), patches)
    assert sorted(file.name for file in path.parent.iterdir()) == ["one.crc32", "one.npy"]


def test_what_was_kept_is_gone_on_with(tmp_path, patches):
    path = tmp_path / "one.npy"
    assert make(path, patches, places=[4, 1]).tolist() == [0, 2, 3, 5]
    assert opened(path, SHAPE) is None
    with making(path, SHAPE) as packing:
        assert packing.missing().tolist() == [0, 2, 3, 5]
        for place in packing.missing():
            packing.keep(place, patches[place])
        np.testing.assert_array_equal(packing.finished(), patches)


def test_a_patch_that_is_not_as_its_checksum_says_is_missing(tmp_path, patches):
    path = tmp_path / "one.npy"
    make(path, patches, places=[0, 1, 2])
    with part_of(path).open("r+b") as file:
        file.seek(-1 - patches[2:].nbytes, os.SEEK_END)  # the last byte of patch 1
        file.write(bytes([255 - patches[1, -1, -1, -1]]))
    with making(path, SHAPE) as packing:
        assert packing.missing().tolist() == [1, 3, 4, 5]


@pytest.mark.parametrize("content", [b"", b"no packed file", None])
def test_an_unfinished_file_of_other_patches_is_begun_anew(tmp_path, patches, content):
    path = tmp_path / "one.npy"
    if content is None:
        make(path, patches[:, :2, :2], places=[0, 1])
    else:
        part_of(path).write_bytes(content)
    with making(path, SHAPE) as packing:
        assert packing.missing().tolist() == list(range(6))


def test_lost_checksums_are_lost_patches(tmp_path, patches):
    path = tmp_path / "one.npy"
    make(path, patches, places=[0, 1])
    part_of(sums_of(path)).write_bytes(b"abc")
    with making(path, SHAPE) as packing:
        assert packing.missing().tolist() == list(range(6))


def test_a_finished_file_that_was_written_to_is_thrown_away(tmp_path, patches):
    path = tmp_path / "one.npy"
    make(path, patches)
    with path.open("r+b") as file:
        file.seek(-5, os.SEEK_END)
        file.write(b"x")
    seen = []
    assert opened(path, SHAPE, lambda done, total: seen.append((done, total))) is None
    assert seen == [(5, 6)]
    assert list(tmp_path.iterdir()) == []


def test_a_finished_file_that_was_only_touched_is_still_good(tmp_path, patches):
    path = tmp_path / "one.npy"
    make(path, patches)
    os.utime(path)
    np.testing.assert_array_equal(opened(path, SHAPE), patches)


@pytest.mark.parametrize("fault", ["cut off", "other patches", "no checksums"])
def test_a_finished_file_that_is_not_whole_is_thrown_away(tmp_path, patches, fault):
    path = tmp_path / "one.npy"
    make(path, patches)
    if fault == "cut off":
        os.truncate(path, path.stat().st_size - 1)
    elif fault == "other patches":
        np.save(path, patches[:3])
    else:
        sums_of(path).unlink()
    assert opened(path, SHAPE) is None
    assert not path.exists()


def test_only_one_makes_a_file(tmp_path, patches):
    path = tmp_path / "one.npy"
    with making(path, SHAPE) as first:
        with making(path, SHAPE) as second:
            assert second is None
        for place, patch in enumerate(patches):
            first.keep(place, patch)
        first.finished()
    with making(path, SHAPE) as late:
        assert late is None
    np.testing.assert_array_equal(opened(path, SHAPE), patches)


def test_a_full_disk_is_told_and_the_file_begun_is_kept(tmp_path):
    """A limit on the size of files stands in for a disk that is full."""
    code = """
        import resource, sys
        from pathlib import Path
        from training.packing import PackingError, making
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            with making(Path(sys.argv[1]), (6, 99, 99, 3)):
                print("made")
        except PackingError as error:
            print(error.code, "make room" in str(error))
    """
    told = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), tmp_path / "one.npy"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert told.stdout == "disk_full True\n", told.stderr
    assert opened(tmp_path / "one.npy", (6, 99, 99, 3)) is None


def used(path, patches, *, days_ago):
    """A finished file that was last used some days ago and that nobody maps."""
    make(path, patches)
    for file in (path, sums_of(path)):
        os.utime(file, (file.stat().st_mtime - 86400 * days_ago,) * 2)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def three(tmp_path):
    """Files of 100 kB each, used today, two days ago and yesterday; a MB is 1,000,000 bytes."""
    some = np.zeros((1, 182, 182, 3), np.uint8)
    for name, days_ago in (("new", 0), ("old", 2), ("mid", 1)):
        used(tmp_path / f"{name}.npy", some, days_ago=days_ago)
    return tmp_path


def test_the_longest_unused_go_first(three):
    prune(three, 250_000)
    assert names(three) == ["mid.crc32", "mid.npy", "new.crc32", "new.npy"]
    prune(three, 250_000, needed=140_000)
    assert names(three) == ["new.crc32", "new.npy"]


def test_files_within_the_bound_stay(three):
    prune(three, 350_000)
    assert len(names(three)) == 6


def test_opening_a_file_counts_as_using_it(three):
    opened(three / "old.npy", (1, 182, 182, 3))
    prune(three, 250_000)
    assert "old.npy" in names(three)
    assert "mid.npy" not in names(three)


def test_a_file_that_is_mapped_is_never_pruned(three):
    held = opened(three / "mid.npy", (1, 182, 182, 3))[0, :5]  # a part of it is enough
    prune(three, 0)
    assert names(three) == ["mid.crc32", "mid.npy"]
    assert held.sum() == 0
    del held
    prune(three, 0)
    assert names(three) == []


def test_a_file_mapped_or_made_by_another_process_is_not_pruned(three):
    code = """
        import sys
        from pathlib import Path
        from training.packing import making, opened
        folder = Path(sys.argv[1])
        held = opened(folder / "mid.npy", (1, 182, 182, 3))
        with making(folder / "fresh.npy", (1, 182, 182, 3)):
            print("ready", flush=True)
            sys.stdin.read()
    """
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), three],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout.readline() == "ready\n"
        prune(three, 0)
        left = [".fresh.crc32.part", ".fresh.npy.part", "mid.crc32", "mid.npy"]
        assert names(three) == left
        other.kill()
    prune(three, 0)
    assert names(three) == []


def test_making_a_file_makes_room_for_it(three):
    make(three / "fresh.npy", np.zeros((1, 182, 182, 3), np.uint8), most_bytes=250_000)
    assert names(three) == ["fresh.crc32", "fresh.npy", "new.crc32", "new.npy"]


def test_a_file_larger_than_the_bound_is_made_all_the_same(three):
    make(three / "fresh.npy", np.zeros((9, 182, 182, 3), np.uint8), most_bytes=250_000)
    assert names(three) == ["fresh.crc32", "fresh.npy"]


def test_a_full_disk_is_told_before_anything_is_reserved(tmp_path):
    with (
        pytest.raises(PackingError, match="make room") as refused,
        making(tmp_path / "one.npy", (10**9, 1024, 1024, 3)),
    ):
        pass
    assert refused.value.code == "disk_full"


def test_no_patch_has_the_checksum_of_none():
    assert checksum(np.zeros(0, np.uint8)) == 1
