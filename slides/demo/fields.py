"""Smooth random fields and the change of scale, the paint that everything is mixed from."""

import numpy as np
from PIL import Image
from shapely.geometry import Polygon

Rng = np.random.Generator


def smooth_noise(
    rng: Rng, shape: tuple[int, int], *, cell_px: float, octaves: int = 1
) -> np.ndarray:
    """A float32 field of mean about 0 and spread about 1 whose lumps are about cell_px wide."""
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        cell = max(1.0, cell_px / 2**octave)
        rows, columns = (int(np.ceil(side / cell)) + 3 for side in shape)
        grid = rng.standard_normal((rows, columns), dtype=np.float32)
        size = (int(columns * cell), int(rows * cell))
        lumps = np.asarray(Image.fromarray(grid).resize(size, Image.Resampling.BICUBIC))
        total += lumps[: shape[0], : shape[1]] * 0.6**octave
    return total / max(float(total.std()), 1e-6)


def enlarge(values: np.ndarray, factor: int, *, shape: tuple[int, int]) -> np.ndarray:
    """A (rows, columns) array `factor` times larger, bilinear, cut to shape.

    Pixel i of the small array covers pixels factor*i to factor*(i+1) of the large one.
    """
    rows, columns = values.shape
    size = (columns * factor, rows * factor)
    large = Image.fromarray(values).resize(size, Image.Resampling.BILINEAR)
    return np.asarray(large)[: shape[0], : shape[1]]


def filled(polygon: Polygon, *, shape: tuple[int, int], scale: float) -> np.ndarray:
    """bool (rows, columns): the pixels whose centre lies inside the polygon.

    scale: level-0 px per pixel of the answer.
    """
    from rasterio import Affine  # noqa: PLC0415 -- slow import
    from rasterio.features import rasterize  # noqa: PLC0415 -- slow import

    inside = np.zeros(shape, np.uint8)
    rasterize([(polygon, 1)], out=inside, transform=Affine.scale(scale))
    return inside.astype(bool)
