"""Patches as another laboratory, scanner or hand would have made them, by named presets.

A preset is a list of steps. Every figure is drawn from the generator given, patch by patch in
order, so equal generators give equal patches, whatever machine or thread varies them. Planes
are float32 (3, height, width) from 0 to 255: channel by channel numpy is five times faster.
"""

from collections.abc import Callable

import imagecodecs
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Planes = NDArray[np.float32]
Rng = np.random.Generator

NONE, DIHEDRAL, STAIN, COLOUR, HED, FULL = "none", "dihedral", "stain", "colour", "hed", "full"

STAIN_SPREAD, CHANNEL_SPREAD = 0.10, 0.06  # standard deviations of the log of density
# Liu et al. 2017, "Detecting cancer metastases on gigapixel pathology images", section 3:
# brightness, then saturation, hue and contrast, each even within these bounds.
BRIGHTNESS, SATURATION, HUE, CONTRAST = 64.0, 0.25, 0.04, 0.75
# Tellez et al. 2018 (doi 10.1109/TMI.2018.2820199): each stain times 1 +- and plus +-, here of
# optical density to base e.
HED_FACTOR, HED_OFFSET = 0.2, 0.03
BLURRED_SHARE, BLUR_PX = 0.3, (0.4, 1.5)  # of patches; standard deviation
JPEG_SHARE, JPEG_QUALITY = 0.5, (30, 95)

# Ruifrok and Johnston 2001 as scikit-image has it: rows are haematoxylin, eosin and DAB.
RGB_FROM_HED = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
HED_FROM_RGB = np.linalg.inv(RGB_FROM_HED)


def varied(patches: Pixels, preset: str, rng: Rng) -> Pixels:
    """New patches (n, px, px, 3), each turned and recoloured as the preset says.

    Raises ValueError for a preset that does not exist.
    """
    if preset not in PRESETS:
        raise ValueError(f"augmentation is one of {', '.join(PRESETS)}, got {preset!r}")
    if preset == NONE:
        return np.array(patches)
    out = np.empty(patches.shape, np.uint8)
    for patch, target in zip(patches, out, strict=True):
        _lay(turned(patch, int(rng.integers(8))), target)
        if PRESETS[preset]:
            planes = _planes(target)
            for step in PRESETS[preset]:
                planes = step(planes, rng)
            _lay(_rounded(planes).transpose(1, 2, 0), target)
        if preset == FULL and rng.uniform() < JPEG_SHARE:
            target[:] = recompressed(target, int(rng.integers(*JPEG_QUALITY, endpoint=True)))
    return out


def _lay(patch: Pixels, target: Pixels) -> None:
    for channel in range(3):
        target[..., channel] = patch[..., channel]


def _planes(patch: Pixels) -> Planes:
    planes = np.empty((3, *patch.shape[:2]), np.float32)
    for channel in range(3):
        planes[channel] = patch[..., channel]
    return planes


def _rounded(planes: Planes) -> Pixels:
    return np.clip(np.rint(planes), 0, 255).astype(np.uint8)


# Turns -----------------------------------------------------------------------


def turned(patch: np.ndarray, turn: int) -> np.ndarray:
    """One of the eight ways a square can lie: turn 0..3 quarter turns, 4..7 mirrored first.

    Tissue has no upright; a network should not learn one.
    """
    return np.rot90(patch[:, ::-1] if turn >= 4 else patch, turn % 4)


# Colours ---------------------------------------------------------------------


def restained(planes: Planes, density: np.ndarray) -> Planes:
    """As if stained stronger or weaker: optical density times density (3,), by channel.

    Density is the negative logarithm of light let through (Beer and Lambert), so glass stays
    white.
    """
    return 255 * np.exp(np.log(np.maximum(planes, 1e-6) / 255) * _column(density))


def hed_varied(planes: Planes, factor: np.ndarray, offset: np.ndarray) -> Planes:
    """Haematoxylin, eosin and the rest, each times its factor (3,) and plus its offset (3,).

    offset: of optical density to base e. As scikit-image's separate_stains and combine_stains,
    but colours that no mixture of the three stains gives keep what is left over.
    """
    density = -np.log(np.maximum(planes, 1) / 255)
    mixed = (HED_FROM_RGB * factor @ RGB_FROM_HED).astype(np.float32)
    added = (offset @ RGB_FROM_HED).astype(np.float32)
    found = np.empty_like(planes)
    for channel in range(3):
        total = density[0] * mixed[0, channel]
        total += density[1] * mixed[1, channel]
        total += density[2] * mixed[2, channel]
        total += added[channel]
        np.exp(np.minimum(-total, 0, out=total), out=found[channel])
    found *= 255
    return found


def brightened(planes: Planes, delta: float) -> Planes:
    """Delta added to every channel, kept in 0..255."""
    return np.clip(planes + np.float32(delta), 0, 255)


def saturated_and_turned(planes: Planes, saturation: float, hue: float) -> Planes:
    """Saturation times a factor (at most full), and hue moved by a share of the circle, in HSV.

    As TensorFlow's adjust_saturation and adjust_hue one after the other; |hue| <= 1/6.
    """
    red, green, blue = planes
    value = planes.max(axis=0)
    span = value - planes.min(axis=0)
    some = np.maximum(span, np.float32(1e-6))
    # In sixths of the circle from red; grey has a hue too, but no span to show it.
    sixth = np.where(
        value == red,
        (green - blue) / some,
        np.where(value == green, (blue - red) / some + 2, (red - green) / some + 4),
    )
    sixth += np.float32(6 * hue)
    sixth += np.float32(6) * (sixth < 0)
    span = np.minimum(span * np.float32(saturation), value)
    found = np.empty_like(planes)
    for channel, (middle, sign, base) in enumerate(((3, 1, -1), (2, -1, 2), (4, -1, 2))):
        share = np.abs(sixth - np.float32(middle))
        share *= np.float32(sign)
        share += np.float32(base)
        np.clip(share, 0, 1, out=share)
        share -= 1
        share *= span
        np.add(share, value, out=found[channel])
    return found


def contrasted(planes: Planes, factor: float) -> Planes:
    """Each channel's distance from its mean times a factor, kept in 0..255."""
    mean = planes.mean(axis=(1, 2), keepdims=True)
    return np.clip((planes - mean) * np.float32(factor) + mean, 0, 255)


# Focus and files -------------------------------------------------------------


def blurred(planes: Planes, sigma_px: float) -> Planes:
    """Out of focus by a Gaussian; beyond its edges the patch is mirrored."""
    reach = max(1, int(np.ceil(2.5 * sigma_px)))
    weights = np.exp(-0.5 * (np.arange(reach + 1) / sigma_px) ** 2)
    weights = (weights / (weights[0] + 2 * weights[1:].sum())).astype(np.float32)
    for axis in (1, 2):
        planes = _smoothed(planes, weights, axis)
    return planes


def _smoothed(planes: Planes, weights: NDArray[np.float32], axis: int) -> Planes:
    reach, side = len(weights) - 1, planes.shape[axis]
    margin = [(0, 0)] * 3
    margin[axis] = (reach, reach)
    wide = np.pad(planes, margin, mode="symmetric")

    def shifted(by: int) -> Planes:
        kept = [slice(None)] * 3
        kept[axis] = slice(reach + by, reach + by + side)
        return wide[tuple(kept)]

    total = shifted(0) * weights[0]
    for by in range(1, reach + 1):
        total += (shifted(-by) + shifted(by)) * weights[by]
    return total


def recompressed(patch: Pixels, quality: int) -> Pixels:
    """The patch (height, width, 3) after it was kept as a JPEG file."""
    return imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(patch, level=quality))


# Presets ---------------------------------------------------------------------


def _stain(planes: Planes, rng: Rng) -> Planes:
    common = rng.normal(0, STAIN_SPREAD)
    return restained(planes, np.exp(common + rng.normal(0, CHANNEL_SPREAD, 3)))


def _hed(planes: Planes, rng: Rng) -> Planes:
    factor, offset = rng.uniform(-1, 1, (2, 3))
    return hed_varied(planes, 1 + HED_FACTOR * factor, HED_OFFSET * offset)


def _colour(planes: Planes, rng: Rng) -> Planes:
    brightness, saturation, hue, contrast = rng.uniform(-1, 1, 4)
    planes = brightened(planes, BRIGHTNESS * brightness)
    planes = saturated_and_turned(planes, 1 + SATURATION * saturation, HUE * hue)
    return contrasted(planes, 1 + CONTRAST * contrast)


def _blur(planes: Planes, rng: Rng) -> Planes:
    if rng.uniform() >= BLURRED_SHARE:
        return planes
    return blurred(planes, rng.uniform(*BLUR_PX))


def _column(values: np.ndarray) -> NDArray[np.float32]:
    return values.astype(np.float32)[:, None, None]


# Each but none turns the patches first; full keeps half of them as JPEG at the end.
PRESETS: dict[str, tuple[Callable[[Planes, Rng], Planes], ...]] = {
    NONE: (),
    DIHEDRAL: (),
    STAIN: (_stain,),
    COLOUR: (_colour,),
    HED: (_hed,),
    FULL: (_hed, _colour, _blur),
}
