"""A network reads the cells of a slide. Keras is loaded here: import inside functions only."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from slides.grid import Grid
from slides.patch_blocks import blocks_of, read_block
from slides.pyramid import Pyramid

BATCH = 32
READ_AHEAD = 2  # batches: reading is 3 to 26 % of the time, one thread hides it


def classify(
    pyramid: Pyramid,
    grid: Grid,
    cells: np.ndarray,
    model: Any,
    *,
    batch: int = BATCH,
    report: Callable[[int, int], None] = lambda done, total: None,
) -> np.ndarray:
    """The network's probability of tumour for each cell, (n,) float32, in the cells' order.

    cells: (n, 2) int [row, column]. model: takes (batch, patch_px, patch_px, 3) RGB 0..255,
    gives (batch, 1). report(done, total) is called after each batch and may raise to stop.
    Batches have one fixed shape (the last is padded), so the network is compiled once and
    a repeated reading gives the same numbers.
    """
    found = np.empty(len(cells), dtype=np.float32)
    done = 0
    report(done, len(cells))
    for places, patches in _read_ahead(_batches(pyramid, grid, cells, batch)):
        found[places] = _probabilities(model, patches)[: len(places)]
        done += len(places)
        report(done, len(cells))
    return found


def glass_probability(model: Any, *, patch_px: int, batch: int = BATCH) -> float:
    """What the network says of empty glass, which no honest network calls tumour."""
    white = np.full((batch, patch_px, patch_px, 3), 255, dtype=np.uint8)
    return float(_probabilities(model, white)[0])


def answers(model: Any, patches: np.ndarray, *, batch: int = BATCH) -> np.ndarray:
    """The network's probability for each of some patches, (n,) float32, in their order."""
    found = np.empty(len(patches), dtype=np.float32)
    for start in range(0, len(patches), batch):
        chosen = patches[start : start + batch]
        padded = np.full((batch, *patches.shape[1:]), 255, dtype=np.uint8)
        padded[: len(chosen)] = chosen
        found[start : start + batch] = _probabilities(model, padded)[: len(chosen)]
    return found


def _probabilities(model: Any, patches: np.ndarray) -> np.ndarray:
    return np.asarray(model.predict_on_batch(patches), dtype=np.float32).reshape(len(patches))


Batch = tuple[list[int], np.ndarray]


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, read by another thread while the network works."""
    waiting: deque[Future[Batch | None]] = deque()
    with ThreadPoolExecutor(max_workers=1) as reader:
        try:
            while True:
                while len(waiting) <= READ_AHEAD:
                    waiting.append(reader.submit(next, batches, None))
                batch = waiting.popleft().result()
                if batch is None:
                    return
                yield batch
        finally:
            reader.shutdown(wait=True, cancel_futures=True)


def _batches(pyramid: Pyramid, grid: Grid, cells: np.ndarray, batch: int) -> Iterator[Batch]:
    """Which cells are in a batch, and their patches (batch, patch_px, patch_px, 3) uint8.

    Cells come as they lie together on the slide, where reading is fastest. The last batch is
    filled up with glass.
    """
    corners = np.array([grid.corner(*cell) for cell in cells.tolist()]).reshape(-1, 2)
    places: list[int] = []
    patches = _glass(grid, batch)
    for block in blocks_of(pyramid, corners, side_px=grid.patch_px, mpp=grid.mpp):
        for place, patch in read_block(pyramid, block):
            patches[len(places)] = patch
            places.append(place)
            if len(places) == batch:
                yield places, patches
                places, patches = [], _glass(grid, batch)
    if places:
        yield places, patches


def _glass(grid: Grid, batch: int) -> np.ndarray:
    return np.full((batch, grid.patch_px, grid.patch_px, 3), 255, dtype=np.uint8)
