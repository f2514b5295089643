"""Folders of results and of truth, small enough to be scored by definition as well."""

import io
import json

import numpy as np
import pytest
import tifffile
from django.core.management import call_command

from predictions.challenge_files import write_lesions
from tests.predictions import froc_by_definition as definition

SIDE = 96 * 32  # level-0 px: 96 px at level 5


def save_mask(path, at_level_5, *, value=255, with_level_5=True):
    """A mask with, like the organisers', its own page of level 5."""
    path.parent.mkdir(parents=True, exist_ok=True)
    small = (at_level_5 * value).astype(np.uint8)
    full = np.kron(small, np.ones((32, 32), np.uint8))
    options = {"photometric": "minisblack", "compression": "zlib", "tile": (512, 512)}
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(full, **options)
        if with_level_5:
            tiff.write(small, photometric="minisblack", compression="zlib")


def blobs(seed, count):
    rng = np.random.default_rng(seed)
    mask = np.zeros((96, 96), bool)
    for _ in range(count):
        (row, column), size = rng.integers(4, 70, 2), rng.integers(1, 50)
        mask[row : row + size // 3 + 1, column : column + size] = True
    return mask


def detections(seed, count):
    """Anywhere, and of six the first three on tumour; few confidences, so that some are equal."""
    rng = np.random.default_rng(seed + 1000)
    places = rng.integers(0, SIDE, (count, 2))
    if count == 6:
        rows, columns = np.nonzero(blobs(seed, 4))
        chosen = rng.integers(0, len(rows), 3)
        places[:3] = np.column_stack([columns[chosen], rows[chosen]]) * 32 + 16
    return np.column_stack([rng.choice([0.1, 0.3, 0.5, 0.7, 0.9], count), places])


@pytest.fixture
def folders(tmp_path):
    """Four tumour slides with masks, three normal ones from the list; results of all."""
    truth, results = tmp_path / "truth", tmp_path / "results"
    truth.mkdir()
    rows = []
    for index in range(4):
        save_mask(truth / f"test_{index:03}_mask.tif", blobs(index, 4))
        rows.append(f"test_{index:03},Tumor,IDC,{'Macro' if index % 2 else 'Micro'}")
    rows += [f"test_{index:03},Normal,None,None" for index in range(4, 7)]
    (truth / "reference.csv").write_text("\n".join(rows))
    for index in range(7):
        write_lesions(results / f"test_{index:03}.csv", detections(index, 6 if index < 4 else 2))
    return results, truth


def run(folders, *words, out=None):
    out = out or io.StringIO()
    results, truth = folders
    call_command(
        "evaluate", "--predictions", str(results), "--truth", str(truth),
        "--format", "json", "--draws", "40", *words, stdout=out,
    )  # fmt: skip
    return json.loads(out.getvalue())


def by_definition(mpp=0.243, tumour=range(4), every=range(7)):
    scored = []
    for index in every:
        mask = blobs(index, 4) if index in tumour else np.zeros((96, 96), bool)
        labels, itc = definition.lesions_of(mask.tolist(), mpp * 32)
        found = detections(index, 6 if index < 4 else 2)
        scored.append((*definition.findings(found.tolist(), labels, itc, 32), itc))
    return scored
