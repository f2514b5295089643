import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from slides.pyramid import SlideError
from tests.slide_files import write_pyramid
from training import manifest
from training.reading import SlideFile, packed_patches

PX = 32
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def files(tmp_path):
    """Two slides; the level-0 pixel (x, y) of slide n is (n, x, y)."""
    found = {}
    for number in (1, 2):
        rgb = np.zeros((128, 128, 3), np.uint8)
        rgb[..., 0] = number
        rgb[..., 1] = np.arange(128)[None, :]
        rgb[..., 2] = np.arange(128)[:, None]
        path = write_pyramid(tmp_path / f"{number}.tif", rgb, downsamples=(1, 2), mpp=0.5)
        found[number] = SlideFile(path, 0.5)
    return found


@pytest.fixture
def frozen(tmp_path):
    rows = [(1, 0, 0, 0, 0), (2, 1, 2, 64, 32), (1, 3, 3, 96, 96), (2, 0, 1, 32, 0)]
    columns = np.array(
        [(*row, 0.0, 1.0, 0, "training", 0.5, "grid", "") for row in rows], manifest.PATCH
    )
    manifest.write(tmp_path / "one.csv", {"mpp": 0.5, "patch_px": PX, "slides": []}, columns)
    return manifest.read(tmp_path / "one.csv")


def test_patches_come_in_the_manifests_order_from_where_it_says(files, frozen, tmp_path):
    packed = packed_patches(tmp_path / "cache/one.npy", frozen, files)
    assert packed.shape == (4, PX, PX, 3)
    assert packed[:, 0, 0].tolist() == [[1, 0, 0], [1, 96, 96], [2, 32, 0], [2, 64, 32]]
    assert packed[1, 5, 7].tolist() == [1, 103, 101]


def test_patches_are_read_once_and_reused(files, frozen, tmp_path):
    path = tmp_path / "one.npy"
    first = packed_patches(path, frozen, files)
    for file in files.values():
        file.path.unlink()
    np.testing.assert_array_equal(packed_patches(path, frozen, files), first)


def test_packed_patches_cannot_be_written_to(files, frozen, tmp_path):
    for _ in "made", "reused":
        packed = packed_patches(tmp_path / "one.npy", frozen, files)
        with pytest.raises(ValueError, match="read-only"):
            packed[0] = 0


@pytest.mark.parametrize("content", [b"", b"\x93NUMPY cut off"])
def test_a_damaged_file_is_read_again(files, frozen, tmp_path, content):
    (tmp_path / "one.npy").write_bytes(content)
    assert packed_patches(tmp_path / "one.npy", frozen, files)[1, 0, 0].tolist() == [1, 96, 96]


def test_reading_reports_patches(files, frozen, tmp_path):
    seen = []
    packed_patches(
        tmp_path / "one.npy", frozen, files, report=lambda done, total: seen.append((done, total))
    )
    assert seen[0] == (0, 4)
    assert seen[-1] == (4, 4)
    assert seen == sorted(seen)


def test_a_cancelled_reading_is_gone_on_with(files, frozen, tmp_path):
    def report(done, total):
        if done == 2:
            raise KeyboardInterrupt

    path = tmp_path / "cache/one.npy"
    with pytest.raises(KeyboardInterrupt):
        packed_patches(path, frozen, files, report=report)
    assert not path.exists()
    seen = []
    files[1].path.unlink()  # all its patches are there
    packed = packed_patches(path, frozen, files, report=lambda done, _: seen.append(done))
    assert packed[:, 0, 0].tolist() == [[1, 0, 0], [1, 96, 96], [2, 32, 0], [2, 64, 32]]
    assert min(seen) == 2


def test_a_reading_killed_half_way_is_gone_on_with(files, frozen, tmp_path):
    """The process dies as by SIGKILL, in the middle of writing a patch."""
    code = f"""
        import os
        from pathlib import Path
        from training import manifest, packing, reading
        kept = []
        keep = packing.Packing.keep
        def dying(self, place, patch):
            if len(kept) == 2:
                os.kill(os.getpid(), 9)
            kept.append(place)
            keep(self, place, patch)
        packing.Packing.keep = dying
        here = Path({str(tmp_path)!r})
        files = {{n: reading.SlideFile(here / f"{{n}}.tif", 0.5) for n in (1, 2)}}
        frozen = manifest.read(here / "one.csv")
        reading.READERS = 1
        reading.packed_patches(here / "one.npy", frozen, files)
    """
    died = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT, check=False)
    assert died.returncode == -9
    assert not (tmp_path / "one.npy").exists()
    seen = []
    packed = packed_patches(
        tmp_path / "one.npy", frozen, files, report=lambda done, _: seen.append(done)
    )
    assert packed[:, 0, 0].tolist() == [[1, 0, 0], [1, 96, 96], [2, 32, 0], [2, 64, 32]]
    assert seen[0] == 2


def test_two_at_once_read_once(files, frozen, tmp_path):
    path = tmp_path / "one.npy"
    calls = []

    def ask(name):
        return packed_patches(path, frozen, files, report=lambda *told: calls.append((name, *told)))

    with ThreadPoolExecutor(2) as threads:
        one, two = threads.map(ask, "ab")
    np.testing.assert_array_equal(one, two)
    assert len({name for name, done, _ in calls if done > 0}) == 1


def test_patches_are_the_same_whatever_threads_read_them(files, frozen, tmp_path, monkeypatch):
    first = packed_patches(tmp_path / "one.npy", frozen, files)
    monkeypatch.setattr("training.reading.READERS", 1)
    np.testing.assert_array_equal(packed_patches(tmp_path / "two.npy", frozen, files), first)


def test_each_patch_may_have_its_own_um_per_px(files, frozen, tmp_path):
    columns = frozen.columns.copy()
    columns["mpp"] = [0.5, 1.0, 0.5, 1.0]
    columns["x_l0"][1] = columns["y_l0"][1] = 32
    merged = manifest.Manifest(frozen.header, columns, "1" * 64)
    packed = packed_patches(tmp_path / "two.npy", merged, files)
    assert packed[0, 5, 7].tolist() == [1, 7, 5]
    np.testing.assert_allclose(packed[1, 5, 7].astype(int), [1, 32 + 14, 32 + 10], atol=1)


def test_a_slide_that_cannot_be_opened_says_so(files, frozen, tmp_path):
    files[2].path.write_bytes(b"no slide")
    with pytest.raises(SlideError):
        packed_patches(tmp_path / "one.npy", frozen, files)
