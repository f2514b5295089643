import numpy as np
import pytest

from predictions.map_files import StoredMap, read_map, write_map
from slides.grid import Grid

GRID = Grid(columns=3, rows=2, side_l0=598.0, patch_px=299, mpp=0.486)


def a_map(**facts) -> StoredMap:
    probabilities = np.array([[np.nan, 0.0, 0.25], [1.0, np.nan, 0.5]], np.float32)
    tissue = np.array([[0.1, 0.4, 0.5], [1.0, 0.0, 0.9]], np.float32)
    return StoredMap(probabilities, tissue, GRID, {"version": "one", "mpp": 0.486} | facts)


def test_a_map_comes_back_as_it_was(tmp_path):
    checksum = write_map(tmp_path / "maps" / "a.npz", a_map())
    found = read_map(tmp_path / "maps" / "a.npz", sha256=checksum)
    np.testing.assert_array_equal(found.probabilities, a_map().probabilities)
    np.testing.assert_array_equal(found.tissue_share, a_map().tissue_share)
    assert found.probabilities.dtype == np.float32
    assert found.grid == GRID
    assert found.provenance == {"version": "one", "mpp": 0.486}


def test_the_same_map_gives_the_same_file(tmp_path):
    assert write_map(tmp_path / "a.npz", a_map()) == write_map(tmp_path / "b.npz", a_map())
    assert write_map(tmp_path / "c.npz", a_map(version="two")) != write_map(
        tmp_path / "d.npz", a_map()
    )


def test_a_changed_map_is_refused(tmp_path):
    checksum = write_map(tmp_path / "a.npz", a_map())
    write_map(tmp_path / "a.npz", a_map(version="two"))
    with pytest.raises(ValueError, match="was changed since it was made"):
        read_map(tmp_path / "a.npz", sha256=checksum)


def test_no_partial_file_is_left(tmp_path):
    write_map(tmp_path / "maps" / "a.npz", a_map())
    assert [path.name for path in (tmp_path / "maps").iterdir()] == ["a.npz"]
