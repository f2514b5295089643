"""What goes wrong between patient and screen: folds, pen ink, blur, dust."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage

from slides.demo.fields import Rng, enlarge, smooth_noise
from slides.demo.hospital import SlideOrder

COARSE_PX = 8
INKS = {"green": (28, 96, 70), "blue": (32, 44, 120), "black": (38, 36, 42)}


@dataclass(frozen=True)
class Box:
    """A part of the slide in level-0 px that an artefact touches."""

    left: int
    top: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        return (
            slice(self.top, self.top + self.height),
            slice(self.left, self.left + self.width),
        )


def add_folds(order: SlideOrder, planes: np.ndarray) -> int:
    """Lay the tissue double along narrow curves, in place. Returns how many folds there are."""
    rng = order.random("folds")
    folds = int(rng.choice([0, 1, 2], p=[0.35, 0.45, 0.2]))
    for _ in range(folds):
        box = _random_box(rng, order, (0.16, 0.4))
        band = _soft_curve(rng, box, width_share=rng.uniform(0.02, 0.05))
        part = planes[(slice(None), *box.slices)]
        shifted = np.roll(part, rng.integers(40, 200, size=2), axis=(1, 2))
        doubled = part.astype(np.uint16) + ((shifted.astype(np.uint16) * band) >> 8)
        part[:] = np.minimum(doubled, 255)
    return folds


def add_blur(order: SlideOrder, planes: np.ndarray) -> int:
    """Put round parts of the slide out of focus, in place. Returns how many there are."""
    rng = order.random("blur")
    parts = int(rng.choice([0, 1, 2], p=[0.4, 0.4, 0.2]))
    for _ in range(parts):
        box = _random_box(rng, order, (0.08, 0.16))
        cover = _soft_disc(box)
        size = int(rng.integers(5, 12))
        for plane in planes:
            part = plane[box.slices]
            soft = ndimage.uniform_filter(ndimage.uniform_filter(part, size), size)
            part[:] = (part * (256 - cover) + soft * cover) >> 8
    return parts


def add_ink(order: SlideOrder, rgb: np.ndarray) -> str:
    """Draw a pen's line on the cover glass, in place, mostly beside the tissue.

    rgb: uint8 (height, width, 3). Returns the colour of the ink, "" for none.
    """
    rng = order.random("ink")
    if rng.uniform() > 0.4:
        return ""
    name = str(rng.choice(list(INKS)))
    box = _edge_box(rng, order)
    cover = _soft_curve(rng, box, width_share=rng.uniform(0.1, 0.2)).astype(np.float32)
    streaks = enlarge(
        smooth_noise(rng, (box.height // 8 + 1, box.width // 8 + 1), cell_px=6, octaves=2),
        8,
        shape=(box.height, box.width),
    )
    cover *= np.clip(0.82 + 0.1 * streaks, 0.5, 1) / 256
    part = rgb[box.slices]
    passes = 1 - cover[..., None] * (1 - np.array(INKS[name], np.float32) / 255)
    part[:] = (part * passes).astype(np.uint8)
    return name


def add_dust(order: SlideOrder, rgb: np.ndarray) -> None:
    """A few dark crumbs on the glass, in place."""
    rng = order.random("dust")
    for _ in range(int(rng.integers(4, 14))):
        size = int(rng.integers(8, 40))
        x = int(rng.integers(size, order.width - 2 * size))
        y = int(rng.integers(size, order.height - 2 * size))
        spread = np.hypot(*np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j])
        passes = np.clip(spread * rng.uniform(1, 1.6), 0.25, 1)[..., None]
        part = rgb[y : y + size, x : x + size]
        part[:] = (part * passes).astype(np.uint8)


def _random_box(rng: Rng, order: SlideOrder, shares: tuple[float, float]) -> Box:
    size = rng.uniform(*shares, size=2) * [order.width, order.height]
    at = rng.uniform(0.12, 0.85, size=2) * ([order.width, order.height] - size)
    return Box(*at.astype(int).tolist(), *size.astype(int).tolist())


def _edge_box(rng: Rng, order: SlideOrder) -> Box:
    """A strip along one edge of the slide."""
    long = rng.uniform(0.25, 0.55)
    thin = rng.uniform(0.05, 0.09)
    along, far = rng.uniform(0.05, 0.95 - long), rng.choice([0.0, 1.0 - thin])
    x, y, width, height = (along, far, long, thin)
    if rng.uniform() < 0.5:
        x, y, width, height = far, along, thin, long
    sides = np.array([order.width, order.height])
    return Box(*(sides * [x, y]).astype(int).tolist(), *(sides * [width, height]).astype(int))


def _soft_curve(rng: Rng, box: Box, *, width_share: float) -> np.ndarray:
    """uint16 (height, width) up to 256: a curved band from one side of the box to the other."""
    rows, columns = box.height // COARSE_PX + 1, box.width // COARSE_PX + 1
    image = Image.new("L", (columns, rows))
    along = np.linspace(0.08, 0.92, 40)
    bend = 0.5 + 0.25 * np.sin(along * rng.uniform(2, 6) + rng.uniform(0, 6))
    is_tall = rows > columns
    points = np.column_stack([bend, along] if is_tall else [along, bend]) * [columns, rows]
    thick = max(2, int(width_share * max(rows, columns)))
    ImageDraw.Draw(image).line(
        [tuple(point) for point in points], fill=255, width=thick, joint="curve"
    )
    soft = ndimage.gaussian_filter(np.asarray(image), 1.5)
    return enlarge(soft, COARSE_PX, shape=(box.height, box.width)).astype(np.uint16)


def _soft_disc(box: Box) -> np.ndarray:
    """uint16 (height, width) up to 256: 256 in the middle of the box, 0 at its sides."""
    y = np.linspace(-1, 1, box.height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, box.width, dtype=np.float32)[None, :]
    return (256 * np.clip(2.2 * (1 - np.hypot(x, y)), 0, 1)).astype(np.uint16)
