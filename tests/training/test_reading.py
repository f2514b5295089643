import numpy as np
import pytest

from slides.pyramid import SlideError
from tests.slide_files import write_pyramid
from training import manifest
from training.reading import ReadingError, SlideFile, packed_patches

PX = 32


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


def test_reading_reports_patches_and_can_be_stopped_without_a_trace(files, frozen, tmp_path):
    seen = []

    def report(done, total):
        seen.append((done, total))
        if done == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        packed_patches(tmp_path / "cache/one.npy", frozen, files, report=report)
    assert seen == [(2, 4), (4, 4)]
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_full_disk_is_told_before_anything_is_read(files, tmp_path):
    columns = np.broadcast_to(np.zeros(1, manifest.PATCH), 10**9)
    huge = manifest.Manifest({"patch_px": 1024, "mpp": 0.5}, columns, "0" * 64)
    with pytest.raises(ReadingError, match="make room") as refused:
        packed_patches(tmp_path / "one.npy", huge, files)
    assert refused.value.code == "disk_full"


def test_a_slide_that_cannot_be_opened_says_so(files, frozen, tmp_path):
    files[2].path.write_bytes(b"no slide")
    with pytest.raises(SlideError):
        packed_patches(tmp_path / "one.npy", frozen, files)
