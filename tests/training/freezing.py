"""Datasets of a test's slides, and tissue whose places can be told apart."""

import numpy as np
from scipy import ndimage

from training import datasets, manifest, tasks
from training.models import Dataset

PX = 32


def asked(slides=None, **fields) -> Dataset:
    options = {"name": "one", "mpp": 0.5, "patch_px": PX, "slides": slides} | fields
    return datasets.create_dataset(**options)


def freeze(slides=None, **fields) -> Dataset:
    dataset = asked(slides, **fields)
    assert tasks.run_freezing(dataset)
    return dataset


def preview(slides=None, **fields) -> Dataset:
    return freeze(slides, goal="preview", **fields)


def patches_of(dataset: Dataset) -> np.ndarray:
    return manifest.read(dataset.manifest_path, sha256=dataset.manifest_sha256).columns


def tissue(seed: int, *, height: int = 600, width: int = 700) -> np.ndarray:
    """uint8 (height, width, 3) of purple lumps of some 50 um at 2 um/px, no two places alike."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    lumps = ndimage.gaussian_filter(noise, 12)
    level = 150 + 90 * lumps / np.abs(lumps).max()
    return np.stack([level, level * 0.7, level], axis=-1).astype(np.uint8)
