"""A network reads the cells of a slide. Keras is loaded here: import inside functions only."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from slides.grid import Grid
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
    report(0, len(cells))
    for start, patches in _read_ahead(pyramid, grid, cells, batch):
        end = min(start + batch, len(cells))
        found[start:end] = _probabilities(model, patches)[: end - start]
        report(end, len(cells))
    return found


def glass_probability(model: Any, *, patch_px: int, batch: int = BATCH) -> float:
    """What the network says of empty glass, which no honest network calls tumour."""
    white = np.full((batch, patch_px, patch_px, 3), 255, dtype=np.uint8)
    return float(_probabilities(model, white)[0])


def _probabilities(model: Any, patches: np.ndarray) -> np.ndarray:
    return np.asarray(model.predict_on_batch(patches), dtype=np.float32).reshape(len(patches))


def _read_ahead(
    pyramid: Pyramid, grid: Grid, cells: np.ndarray, batch: int
) -> Iterator[tuple[int, np.ndarray]]:
    """Batches of patches in order, read by another thread while the network works."""
    waiting: deque[tuple[int, Future[np.ndarray]]] = deque()
    with ThreadPoolExecutor(max_workers=1) as reader:
        try:
            for start in range(0, len(cells), batch):
                chosen = cells[start : start + batch]
                waiting.append((start, reader.submit(_read_batch, pyramid, grid, chosen, batch)))
                if len(waiting) > READ_AHEAD:
                    yield _next(waiting)
            while waiting:
                yield _next(waiting)
        finally:
            reader.shutdown(wait=True, cancel_futures=True)


def _next(waiting: deque[tuple[int, Future[np.ndarray]]]) -> tuple[int, np.ndarray]:
    start, patches = waiting.popleft()
    return start, patches.result()


def _read_batch(pyramid: Pyramid, grid: Grid, cells: np.ndarray, batch: int) -> np.ndarray:
    """(batch, patch_px, patch_px, 3) uint8; glass where there are fewer cells than batch."""
    patches = np.full((batch, grid.patch_px, grid.patch_px, 3), 255, dtype=np.uint8)
    for place, (row, column) in enumerate(cells):
        x_l0, y_l0 = grid.corner(int(row), int(column))
        patches[place] = pyramid.read_patch(x_l0, y_l0, side_px=grid.patch_px, mpp=grid.mpp)
    return patches
