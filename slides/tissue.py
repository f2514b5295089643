"""Tell stained tissue from glass, padding and pen ink on an overview of a slide.

Colour is measured as optical density against the slide's own glass (Beer-Lambert, as in
Ruifrok and Johnston 2001): haematoxylin and eosin both absorb green most, which glass,
grey dirt, black padding and blue or green ink do not.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

USUAL_GLASS = (242.0, 242.0, 242.0)
SMALLEST_PIECE_PX = 30
LARGEST_GAP_PX = 30

Mask = NDArray[np.bool_]
Density = NDArray[np.float32]


def tissue_mask(rgb: NDArray[np.uint8]) -> Mask:
    """Where an overview shows tissue, pale tissue included, bool (h, w).

    rgb: uint8 (h, w, 3), transparent parts white. Glass, black padding and pen ink are not
    tissue; nor are specks under 30 px. Works from about 1 to 50 um/px.
    """
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise ValueError(f"Expected RGB pixels (h, w, 3), got an array of shape {rgb.shape}.")
    smooth = np.asarray(Image.fromarray(rgb).filter(ImageFilter.BoxBlur(1)))
    density = optical_density(smooth, glass_colour(rgb))
    mask = is_stain(density) & ~is_ink(density)
    mask = ndimage.binary_opening(mask, np.ones((2, 2)))
    return _without_small(~_without_small(~mask, LARGEST_GAP_PX), SMALLEST_PIECE_PX)


def glass_colour(rgb: NDArray[np.uint8]) -> tuple[float, float, float]:
    """The colour of empty glass: the median of bright, grey and even px, or a usual white."""
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    # Glass is large: every second px tells its colour.
    rgb = rgb[::2, ::2]
    brightness = rgb.mean(axis=2, dtype=np.float32)
    mean = ndimage.uniform_filter(brightness, 5)
    variance = ndimage.uniform_filter(brightness**2, 5) - mean**2
    spread = rgb.max(axis=2).astype(np.int16) - rgb.min(axis=2)
    is_glass = (variance < 16) & (rgb.min(axis=2) > 200) & (spread < 24)
    if is_glass.mean() < 0.01:
        return USUAL_GLASS
    red, green, blue = np.median(rgb[is_glass], axis=0)
    return float(red), float(green), float(blue)


def optical_density(rgb: NDArray[np.uint8], glass: tuple[float, float, float]) -> Density:
    """-ln(light / light through glass), float32 (3, h, w): red, green, blue; never negative."""
    light = np.maximum(np.arange(256), 1)[:, None] / np.array(glass)
    of_value = np.maximum(-np.log(light), 0).astype(np.float32)
    return np.stack([of_value[:, channel][rgb[..., channel]] for channel in range(3)])


def is_stain(density: Density) -> Mask:
    """Green is absorbed most, clearly more than red, and far more than blue.

    On H&E slides of four laboratories blue / green is 0.3 to 0.7; on red ink 0.76 to 0.96.
    """
    red, green, blue = density
    least = np.minimum(red, blue)
    is_coloured = (green > 0.06) & (green - least > 0.045)
    return is_coloured & (red < 1.03 * green) & (blue < 0.72 * green + 0.02)


def is_ink(density: Density) -> Mask:
    """Black pen absorbs every colour; red pen lets red through and little else."""
    red, green, blue = density
    is_black = np.minimum(red, blue) > 1.1
    is_red = (green > 1.2) & (blue > 0.6 * green) & (red < 0.3 * green)
    return is_black | is_red


def _without_small(mask: Mask, least_px: int) -> Mask:
    from scipy import ndimage  # noqa: PLC0415 -- slow import

    pieces, _ = ndimage.label(mask)
    is_large = np.bincount(pieces.ravel()) >= least_px
    is_large[0] = False
    return is_large[pieces]
