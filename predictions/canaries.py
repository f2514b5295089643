"""Patches that no honest network calls tumour: glass, fat, and the ink of pens.

All are drawn, at the scale a version reads, from a seed: the same on every machine.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SEED = 16
# As felt pens on glass look under a scanner.
INKS = {
    "blue": (28, 48, 150),
    "green": (18, 110, 62),
    "black": (28, 26, 32),
    "red": (196, 32, 48),
}
FAT_CELL_UM = (45.0, 90.0)  # diameters
MEMBRANE_UM = 1.5
PER_KIND = 4

Pixels = np.ndarray  # uint8 (n, side, side, 3)


def drawn(patch_px: int, mpp: float) -> dict[str, Pixels]:
    """The patches by kind, uint8 (n, patch_px, patch_px, 3): glass, fat, and a pen of each ink."""
    kinds: dict[str, Callable[[np.random.Generator, int], Image.Image]] = {
        "glass": lambda rng, number: _glass(rng, patch_px, number),
        "fat": lambda rng, _: _fat(rng, patch_px, mpp),
    }
    for name, ink in INKS.items():
        kinds[f"pen_{name}"] = partial(_pen, side=patch_px, ink=ink)
    patches = {}
    for place, (name, draw) in enumerate(kinds.items()):
        rng = np.random.default_rng([SEED, place])
        patches[name] = np.stack([np.asarray(draw(rng, number)) for number in range(PER_KIND)])
    return patches


def _glass(rng: np.random.Generator, side: int, number: int) -> Image.Image:
    """White, then greyer, yellower and unevenly lit glass, with the noise of a sensor."""
    if number == 0:
        return Image.new("RGB", (side, side), (255, 255, 255))
    tints = ((246, 246, 246), (240, 238, 230), (236, 234, 238))
    rgb = np.broadcast_to(np.array(tints[number - 1], float), (side, side, 3))
    light = 1 - 0.06 * np.linspace(0, 1, side)[None, :, None] * (number == 3)
    return _picture(rgb * light + rng.normal(0, 2, (side, side, 1)))


def _fat(rng: np.random.Generator, side: int, mpp: float) -> Image.Image:
    """Empty cells side by side in thin pink membranes: what remains of fat after its solvent."""
    picture = Image.new("RGB", (side, side), (243, 240, 243))
    pen = ImageDraw.Draw(picture)
    width = max(1, round(MEMBRANE_UM / mpp))
    step = max(4.0, sum(FAT_CELL_UM) / 2 / mpp)
    for y in np.arange(-step, side + step, step * 0.9):
        for x in np.arange(-step, side + step, step):
            radius = rng.uniform(*FAT_CELL_UM) / mpp / 2
            x0, y0 = x + rng.uniform(-0.15, 0.15) * step, y + rng.uniform(-0.15, 0.15) * step
            box = (x0 - radius, y0 - radius, x0 + radius, y0 + radius)
            pink = tuple(int(each) for each in np.array([222, 178, 204]) + rng.integers(-8, 9, 3))
            pen.ellipse(box, fill=(245, 243, 245), outline=pink, width=width)
    soft = picture.filter(ImageFilter.GaussianBlur(0.6))
    return _picture(np.asarray(soft, float) + rng.normal(0, 1.5, (side, side, 1)))


def _pen(
    rng: np.random.Generator, number: int, *, side: int, ink: tuple[int, int, int]
) -> Image.Image:
    """A stroke over the whole patch, over its half, across it, and a dry one of streaks."""
    mask = Image.new("L", (side, side), 0)
    pen = ImageDraw.Draw(mask)
    if number == 0:
        pen.rectangle((0, 0, side, side), fill=235)
    elif number == 1:
        pen.polygon([(0, 0), (side * 0.6, 0), (side * 0.4, side), (0, side)], fill=235)
    elif number == 2:
        pen.line([(0, side * 0.2), (side, side * 0.8)], fill=220, width=max(2, side // 3))
    else:
        for start in np.linspace(0, side, 9):
            ends = [(0, start), (side, start + rng.uniform(-0.1, 0.1) * side)]
            pen.line(ends, fill=int(rng.integers(120, 220)), width=max(1, side // 24))
    cover = np.asarray(mask.filter(ImageFilter.GaussianBlur(side / 60)), float)[..., None] / 255
    cover = cover * rng.uniform(0.92, 1.0, (side, side, 1))
    glass = np.full((side, side, 3), 247.0)
    rgb = glass * (1 - cover) + np.array(ink, float) * cover
    return _picture(rgb + rng.normal(0, 2, (side, side, 1)))


def _picture(rgb: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(rgb), 0, 255).astype(np.uint8))
