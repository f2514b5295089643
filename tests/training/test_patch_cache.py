"""The cache of packed patches of a site: bounded by the setting, whatever a run does."""

import os

import pytest

from training import datasets, manifest, runs, tasks
from training.packing import sums_of


@pytest.fixture
def freeze(ward):
    """freeze(name, seed): a frozen dataset's manifest; datasets of other seeds differ."""

    def freeze(seed):
        dataset = datasets.create_dataset(name=f"ward {seed}", mpp=0.5, patch_px=32, seed=seed)
        tasks.run_freezing(dataset)
        dataset.refresh_from_db()
        return manifest.read(dataset.manifest_path)

    return freeze


def unwatched(done, total):
    pass


def cached(home):
    return {path.stem for path in (home / "cache" / "patches").glob("*.npy")}


def test_patches_of_the_dataset_unused_longest_make_room(freeze, home, settings):
    old, other, new = freeze(1), freeze(2), freeze(3)
    runs.patches_of(old, report=unwatched)
    runs.patches_of(other, report=unwatched)
    path = home / "cache" / "patches" / f"{old.sha256}.npy"
    size = path.stat().st_size
    for file in (path, sums_of(path)):
        os.utime(file, (0, 0))
    settings.PATCH_CACHE_BYTES = 2.5 * size
    runs.patches_of(new, report=unwatched)
    assert cached(home) == {other.sha256, new.sha256}


def test_patches_that_a_run_reads_stay(freeze, home, settings):
    settings.PATCH_CACHE_BYTES = 0
    old, new = freeze(1), freeze(2)
    held = runs.patches_of(old, report=unwatched)
    runs.patches_of(new, report=unwatched)
    assert cached(home) == {old.sha256, new.sha256}
    assert held.shape[1:] == (32, 32, 3)
