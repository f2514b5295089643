"""The pixels of a manifest, read from the slides once and kept packed on disk.

One file per manifest, named by its checksum and mapped into memory: later epochs and later
runs read it at the speed of the disk. Never one picture file per patch.
"""

import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from slides.patch_blocks import PatchBlock, blocks_of, read_block
from slides.pyramid import Pyramid
from training.manifest import Manifest
from training.packing import Packing, making, opened

Report = Callable[[int, int], None]
# Decoding leaves Python's lock, and one handle serves several threads.
READERS = min(8, len(os.sched_getaffinity(0)))
AHEAD = 2 * READERS  # blocks under way: so many more are read after a cancellation
SECONDS_BETWEEN_LOOKS = 0.5


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
    most_bytes: float | None = None,
    report: Report = lambda done, total: None,
) -> np.ndarray:
    """All patches of a manifest in its order, uint8 (n, patch_px, patch_px, 3), read only.

    path: the packed file, made if it is not there or broken; one that another process is making
    is waited for. files: by slide_id. most_bytes: of the files in its folder, see
    `packing.prune`. report(done, total) is called meanwhile and may raise to stop: what was read
    so far is gone on with next time. Raises PackingError if the disk is full, and what the slides
    raise.
    """
    shape = (len(manifest.columns), manifest.patch_px, manifest.patch_px, 3)
    while True:
        found = opened(path, shape, report)
        if found is not None:
            return found
        with making(path, shape, most_bytes=most_bytes) as packing:
            if packing is not None:
                _fill(packing, manifest, files, report)
                return packing.finished()
        report(0, shape[0])
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _fill(
    packing: Packing, manifest: Manifest, files: Mapping[int, SlideFile], report: Report
) -> None:
    total = len(manifest.columns)
    missing = packing.missing(report)
    done = total - len(missing)
    report(done, total)
    with ThreadPoolExecutor(max_workers=READERS) as readers:
        for slide_id in np.unique(manifest.columns["slide_id"][missing]).tolist():
            members = missing[manifest.columns["slide_id"][missing] == slide_id]
            file = files[slide_id]
            with Pyramid.open(file.path, mpp=file.mpp, is_direct=True) as pyramid:
                blocks = _blocks(pyramid, manifest, members)
                for count in _all_read(readers, pyramid, blocks, packing):
                    done += count
                    report(done, total)


def _blocks(pyramid: Pyramid, manifest: Manifest, members: np.ndarray) -> list[PatchBlock]:
    """A slide's patches by level and tile row."""
    patches = manifest.columns[members]
    return blocks_of(
        pyramid,
        np.column_stack([patches["x_l0"], patches["y_l0"]]),
        side_px=manifest.patch_px,
        mpp=patches["mpp"],
        places=members,
    )


def _all_read(
    readers: ThreadPoolExecutor, pyramid: Pyramid, blocks: Iterable[PatchBlock], packing: Packing
) -> Iterator[int]:
    """Read blocks and keep their patches; the count of patches of each as it is done.

    Whatever stops it waits for the blocks under way, so that the slide may be closed.
    """
    under_way: set[Future[int]] = set()
    try:
        for block in blocks:
            under_way.add(readers.submit(_read, pyramid, block, packing))
            if len(under_way) >= AHEAD:
                done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in done)
        while under_way:
            done, under_way = wait(under_way, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)
    finally:
        for future in under_way:
            future.cancel()
        wait(under_way)


def _read(pyramid: Pyramid, block: PatchBlock, packing: Packing) -> int:
    for place, patch in read_block(pyramid, block):
        packing.keep(place, patch)
    return len(block.places)
