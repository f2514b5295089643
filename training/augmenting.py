"""Patches as another laboratory, scanner or hand would have made them, by named presets.

A preset is a list of steps. Every figure is drawn from the generator given, patch by patch in
order, so equal generators give equal patches, whatever machine or thread varies them. Steps work
in place on planes, float32 (3, height, width) from 0 to 255: channel by channel numpy is five
times faster. Nothing is allocated on the way: beside TensorFlow, which makes the process give
memory back at once, that would cost more than the arithmetic.
"""

import math
import threading
from collections.abc import Callable, Sequence

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
BLUR_REACH = math.ceil(2.5 * BLUR_PX[1])
JPEG_SHARE, JPEG_QUALITY = 0.5, (30, 95)

# Ruifrok and Johnston 2001 as scikit-image has it: rows are haematoxylin, eosin and DAB.
RGB_FROM_HED = np.array([[0.65, 0.70, 0.29], [0.07, 0.99, 0.11], [0.27, 0.57, 0.78]])
HED_FROM_RGB = np.linalg.inv(RGB_FROM_HED)


def varied(patches: Sequence[Pixels], preset: str, rng: Rng) -> Pixels:
    """New patches (n, px, px, 3), each turned and recoloured as the preset says.

    patches: of one square shape, one or more. Raises ValueError for an unknown preset.
    """
    if preset not in PRESETS:
        raise ValueError(f"augmentation is one of {', '.join(PRESETS)}, got {preset!r}")
    out = np.empty((len(patches), *patches[0].shape), np.uint8)
    for patch, target in zip(patches, out, strict=True):
        if preset == NONE:
            target[:] = patch
        else:
            _vary(turned(patch, int(rng.integers(8))), target, preset, rng)
    return out


def _vary(patch: np.ndarray, target: Pixels, preset: str, rng: Rng) -> None:
    if PRESETS[preset]:
        planes = _desk(patch.shape[:2]).planes
        _lay(patch, planes.transpose(1, 2, 0))
        for step in PRESETS[preset]:
            step(planes, rng)
        np.clip(np.rint(planes, out=planes), 0, 255, out=planes)
        patch = planes.transpose(1, 2, 0)
    _lay(patch, target)
    if preset == FULL and rng.uniform() < JPEG_SHARE:
        target[:] = recompressed(target, int(rng.integers(*JPEG_QUALITY, endpoint=True)))


def _lay(patch: np.ndarray, target: np.ndarray) -> None:
    """Copy px (height, width, 3), channel by channel."""
    for channel in range(3):
        np.copyto(target[..., channel], patch[..., channel], casting="unsafe")


class _Desk:
    """Room to work on one patch."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.planes, self.others = (np.empty((3, *shape), np.float32) for _ in range(2))
        self.flats = np.empty((5, *shape), np.float32)
        self.mask = np.empty(shape, bool)
        margin = 2 * BLUR_REACH
        self.tall = np.empty((shape[0] + margin, shape[1]), np.float32)
        self.wide = np.empty((shape[0], shape[1] + margin), np.float32)


_of_thread = threading.local()


def _desk(shape: tuple[int, ...]) -> _Desk:
    """This thread's desk, for patches of this height and width."""
    desk: _Desk | None = getattr(_of_thread, "desk", None)
    if desk is None or desk.shape != tuple(shape):
        desk = _of_thread.desk = _Desk(tuple(shape))
    return desk


# Turns -----------------------------------------------------------------------


def turned(patch: np.ndarray, turn: int) -> np.ndarray:
    """One of the eight ways a square can lie: turn 0..3 quarter turns, 4..7 mirrored first.

    Tissue has no upright; a network should not learn one.
    """
    return np.rot90(patch[:, ::-1] if turn >= 4 else patch, turn % 4)


# Colours, in place -----------------------------------------------------------


def restain(planes: Planes, density: np.ndarray) -> None:
    """As if stained stronger or weaker: optical density times density (3,), by channel.

    Density is the negative logarithm of light let through (Beer and Lambert), so glass stays
    white.
    """
    np.maximum(planes, 1e-6, out=planes)
    planes /= 255
    np.log(planes, out=planes)
    planes *= density.astype(np.float32)[:, None, None]
    np.exp(planes, out=planes)
    planes *= 255


def vary_hed(planes: Planes, factor: np.ndarray, offset: np.ndarray) -> None:
    """Haematoxylin, eosin and the rest, each times its factor (3,) and plus its offset (3,).

    offset: of optical density to base e. As scikit-image's separate_stains and combine_stains,
    but colours that no mixture of the three stains gives keep what is left over.
    """
    light, part = _desk(planes.shape[1:]).others, _desk(planes.shape[1:]).flats[0]
    np.maximum(planes, 1, out=light)
    light /= 255
    np.log(light, out=light)
    mixed = (HED_FROM_RGB * factor @ RGB_FROM_HED).astype(np.float32)
    added = (offset @ RGB_FROM_HED).astype(np.float32)
    for channel, plane in enumerate(planes):
        np.multiply(light[0], mixed[0, channel], out=plane)
        for own in (1, 2):
            plane += np.multiply(light[own], mixed[own, channel], out=part)
        plane -= added[channel]
        np.exp(np.minimum(plane, 0, out=plane), out=plane)
    planes *= 255


def brighten(planes: Planes, delta: float) -> None:
    """Delta added to every channel, kept in 0..255."""
    planes += np.float32(delta)
    np.clip(planes, 0, 255, out=planes)


def saturate_and_turn(planes: Planes, saturation: float, hue: float) -> None:
    """Saturation times a factor (at most full), and hue moved by a share of the circle, in HSV.

    As TensorFlow's adjust_saturation and adjust_hue one after the other; |hue| <= 1/6.
    """
    red, green, blue = planes
    value, span, sixth, some, part = _desk(planes.shape[1:]).flats
    np.maximum(np.maximum(red, green, out=value), blue, out=value)
    np.minimum(np.minimum(red, green, out=span), blue, out=span)
    np.subtract(value, span, out=span)
    np.maximum(span, 1e-6, out=some)
    _sixth_of_circle(planes, value, some, sixth, part)
    sixth += np.float32(6 * hue)
    mask = np.less(sixth, 0, out=_desk(planes.shape[1:]).mask)
    sixth += np.multiply(mask, np.float32(6), out=part)
    span *= np.float32(saturation)
    np.minimum(span, value, out=span)
    for plane, (middle, sign, base) in zip(
        planes, ((3, 1, -1), (2, -1, 2), (4, -1, 2)), strict=True
    ):
        np.abs(np.subtract(sixth, np.float32(middle), out=plane), out=plane)
        plane *= np.float32(sign)
        plane += np.float32(base)
        np.clip(plane, 0, 1, out=plane)
        plane -= 1
        plane *= span
        plane += value


def _sixth_of_circle(
    planes: Planes, value: Planes, some: Planes, sixth: Planes, part: Planes
) -> None:
    """Where on the circle the hue is, in sixths from red, -1 to 5; of grey anywhere."""
    mask = _desk(planes.shape[1:]).mask
    red, green, blue = planes
    for largest, one, other, base in (
        (blue, red, green, 4),
        (green, blue, red, 2),
        (red, green, blue, 0),
    ):
        np.divide(np.subtract(one, other, out=part), some, out=part)
        part += np.float32(base)
        np.copyto(sixth, part, where=np.equal(largest, value, out=mask))


def contrast(planes: Planes, factor: float) -> None:
    """Each channel's distance from its mean times a factor, kept in 0..255."""
    kept = planes.mean(axis=(1, 2), keepdims=True) * np.float32(1 - factor)
    planes *= np.float32(factor)
    planes += kept
    np.clip(planes, 0, 255, out=planes)


# Focus and files -------------------------------------------------------------


def blur(planes: Planes, sigma_px: float) -> None:
    """Out of focus by a Gaussian, in place; beyond its edges the patch is mirrored.

    sigma_px: up to that of BLUR_PX.
    """
    reach = max(1, math.ceil(2.5 * sigma_px))
    weights = np.exp(-0.5 * (np.arange(reach + 1) / sigma_px) ** 2)
    weights = (weights / (weights[0] + 2 * weights[1:].sum())).astype(np.float32)
    desk = _desk(planes.shape[1:])
    for plane in planes:
        _smooth(plane, weights, desk.tall, desk.flats[0])
        _smooth(plane.T, weights, desk.wide.T, desk.flats[0].T)


def _smooth(plane: Planes, weights: NDArray[np.float32], tall: Planes, part: Planes) -> None:
    """Weighted means down the rows, in place."""
    reach, rows = len(weights) - 1, len(plane)
    tall[reach : reach + rows] = plane
    tall[:reach] = plane[:reach][::-1]
    tall[reach + rows : rows + 2 * reach] = plane[-reach:][::-1]
    np.multiply(plane, weights[0], out=plane)
    for by in range(1, reach + 1):
        before, after = (tall[start : start + rows] for start in (reach - by, reach + by))
        np.add(before, after, out=part)
        part *= weights[by]
        plane += part


def recompressed(patch: Pixels, quality: int) -> Pixels:
    """The patch (height, width, 3) after it was kept as a JPEG file."""
    return imagecodecs.jpeg8_decode(imagecodecs.jpeg8_encode(patch, level=quality))


# Presets ---------------------------------------------------------------------


def _stain(planes: Planes, rng: Rng) -> None:
    common = rng.normal(0, STAIN_SPREAD)
    restain(planes, np.exp(common + rng.normal(0, CHANNEL_SPREAD, 3)))


def _hed(planes: Planes, rng: Rng) -> None:
    factor, offset = rng.uniform(-1, 1, (2, 3))
    vary_hed(planes, 1 + HED_FACTOR * factor, HED_OFFSET * offset)


def _colour(planes: Planes, rng: Rng) -> None:
    brightness, saturation, hue, factor = rng.uniform(-1, 1, 4)
    brighten(planes, BRIGHTNESS * brightness)
    saturate_and_turn(planes, 1 + SATURATION * saturation, HUE * hue)
    contrast(planes, 1 + CONTRAST * factor)


def _blur(planes: Planes, rng: Rng) -> None:
    if rng.uniform() < BLURRED_SHARE:
        blur(planes, rng.uniform(*BLUR_PX))


# Each but none turns the patches first; full keeps half of them as JPEG at the end.
PRESETS: dict[str, tuple[Callable[[Planes, Rng], None], ...]] = {
    NONE: (),
    DIHEDRAL: (),
    STAIN: (_stain,),
    COLOUR: (_colour,),
    HED: (_hed,),
    FULL: (_hed, _colour, _blur),
}
