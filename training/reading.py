"""The pixels of a manifest, read from the slides once and kept packed on disk.

One file per manifest, named by its checksum and mapped into memory: later epochs and later
runs read it at the speed of the disk. Never one picture file per patch.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.lib.format import open_memmap

from slides.pyramid import Pyramid
from training.manifest import Manifest

Report = Callable[[int, int], None]
READERS = 2  # threads: OpenSlide releases the lock, and one handle serves several threads
CHUNK = 32  # patches between two reports
SPARE = 1.05  # of the space a file needs


class ReadingError(ValueError):
    """Patches that cannot be read or kept."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class SlideFile:
    """Where a slide's pixels are. mpp: um per px of level 0."""

    path: Path
    mpp: float


def packed_patches(
    path: Path,
    manifest: Manifest,
    files: Mapping[int, SlideFile],
    *,
    report: Report = lambda done, total: None,
) -> np.ndarray:
    """All patches of a manifest in its order, uint8 (n, patch_px, patch_px, 3), read only.

    path: the packed file, made if it is not there. files: by slide_id.
    report(done, total) is called while reading and may raise to stop; nothing half-made stays.
    Raises ReadingError if the disk is too full, and what the slides raise.
    """
    shape = (len(manifest.columns), manifest.patch_px, manifest.patch_px, 3)
    found = _mapped(path, shape)
    if found is not None:
        return found
    path.parent.mkdir(parents=True, exist_ok=True)
    _refuse_full_disk(path.parent, int(np.prod(shape)))
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        packed = open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=shape)
        for done in _read_into(packed, manifest, files):
            report(done, shape[0])
        packed.flush()
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    packed.flags.writeable = False
    return packed


def _mapped(path: Path, shape: tuple[int, ...]) -> np.ndarray | None:
    """The packed file if it is there and whole."""
    try:
        packed: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (FileNotFoundError, ValueError, EOFError):
        return None
    return packed if packed.shape == shape and packed.dtype == np.uint8 else None


def _refuse_full_disk(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if free < size * SPARE:
        raise ReadingError(
            f"the patches need {size / 1e9:.1f} GB in {folder}, which has {free / 1e9:.1f} GB "
            "free; make room, or freeze a dataset with a smaller cap per slide",
            "disk_full",
        )


def _read_into(
    packed: np.ndarray, manifest: Manifest, files: Mapping[int, SlideFile]
) -> Iterator[int]:
    """Fill the array slide by slide; the count of patches read so far, now and then."""
    done = 0
    for slide_id in np.unique(manifest.columns["slide_id"]).tolist():
        members = np.flatnonzero(manifest.columns["slide_id"] == slide_id)
        file = files[slide_id]
        with Pyramid.open(file.path, mpp=file.mpp) as pyramid:
            for count in _read_slide(packed, manifest, members, pyramid):
                yield done + count
        done += len(members)


def _read_slide(
    packed: np.ndarray, manifest: Manifest, members: np.ndarray, pyramid: Pyramid
) -> Iterator[int]:
    def read(place: int) -> None:
        patch = manifest.columns[place]
        packed[place] = pyramid.read_patch(
            int(patch["x_l0"]),
            int(patch["y_l0"]),
            side_px=manifest.patch_px,
            mpp=manifest.mpp,
        )

    with ThreadPoolExecutor(max_workers=READERS) as readers:
        for start in range(0, len(members), CHUNK):
            chunk = members[start : start + CHUNK].tolist()
            for _ in readers.map(read, chunk):
                pass
            yield start + len(chunk)
