"""Arrays of px on their way from a slide: over white, in bands, at another size."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BAND_PX = 4_000_000
GLASS = 255
NEARLY_OPAQUE = 252
Pixels = NDArray[np.uint8]


def bands(width: int, height: int, factor: int) -> Iterator[tuple[int, int]]:
    """(first row, rows) of bands of about BAND_PX, each a multiple of factor high."""
    rows = max(1, BAND_PX // (width * factor)) * factor
    for start in range(0, height, rows):
        yield start, min(rows, height - start)


def on_white(rgba: Pixels) -> Pixels:
    """RGBA over white: slides are transparent where nothing was scanned."""
    alpha = rgba[..., 3:]
    # OpenSlide's blending between px leaves opaque ones at 253 to 255.
    if alpha.min(initial=255) >= NEARLY_OPAQUE:
        return np.ascontiguousarray(rgba[..., :3])
    alpha = np.where(alpha >= NEARLY_OPAQUE, 255, alpha).astype(np.uint16)
    colour = rgba[..., :3] * alpha + GLASS * (255 - alpha)
    return ((colour + 127) // 255).astype(np.uint8)


def resized(rgb: Pixels, size: tuple[int, int], box: tuple[float, ...]) -> Pixels:
    """The box (px, may be fractional) of an image as `size` px; a whole box is only cut out."""
    edges = [round(edge) for edge in box]
    is_cut = (edges[2] - edges[0], edges[3] - edges[1]) == size
    if is_cut and all(abs(edge - own) < 1e-6 for edge, own in zip(edges, box, strict=True)):
        return np.ascontiguousarray(rgb[edges[1] : edges[3], edges[0] : edges[2]])
    is_enlarged = size[0] > box[2] - box[0]
    # Hamming averages like a box filter, without its jumps at fractional ratios.
    kind = Image.Resampling.BILINEAR if is_enlarged else Image.Resampling.HAMMING
    found = Image.fromarray(rgb).resize(size, kind, box=tuple(box))  # type: ignore[arg-type]
    return np.asarray(found)
