"""Nuclei and their cytoplasm as small stamps of haematoxylin and eosin.

Amounts of dye are counted in hundredths: 100 is a concentration of 1 (see `stain`).
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from slides.demo.fields import Rng
from slides.demo.hospital import MPP

TURNS = 16  # orientations of a kind that lies along the fibres
EDGE_PX = 2.2  # how soft the scanner sees an edge
Points = tuple[np.ndarray, np.ndarray]  # x and y of every pixel
Layer = tuple[np.ndarray, np.ndarray, np.ndarray]  # cover, haematoxylin, eosin


@dataclass(frozen=True)
class Kind:
    """What cells of one kind look like. Lengths in um, dyes in hundredths."""

    name: str
    radius_um: float
    spread: float = 0.08  # standard deviation of the radius, relative
    elongation: float = 1.12
    roughness: float = 0.04
    body: float = 90  # haematoxylin in the nucleus
    rim: float = 15  # more of it along the membrane
    clump: float = 18  # and in lumps of chromatin
    grain_um: float = 0.8
    nucleoli: tuple[int, int] = (0, 0)
    nucleolus: float = 60
    nucleus_eosin: float = 22
    cytoplasm_um: float = 0.0  # how far it reaches beyond the nucleus
    cytoplasm: tuple[float, float] = (0, 0)  # haematoxylin, eosin
    is_off_centre: bool = False
    is_oriented: bool = False
    variants: int = 64


@dataclass(frozen=True)
class Stamp:
    """keep: uint16 (2, n, n), of 256, what stays of the paint below. ink: uint8, what is added."""

    keep: np.ndarray
    ink: np.ndarray
    half: int


KINDS = (
    Kind("lymphocyte", 3.25, body=98, rim=12, clump=24, grain_um=0.75, variants=96),
    Kind("mantle", 2.95, body=104, rim=10, clump=22, grain_um=0.7, variants=64),
    Kind(
        "plasma", 3.3, body=92, rim=26, clump=34, grain_um=1.0,
        cytoplasm_um=2.6, cytoplasm=(24, 44), is_off_centre=True,
    ),
    Kind(
        "centroblast", 5.0, spread=0.12, roughness=0.05, body=48, rim=36, clump=15, grain_um=1.0,
        nucleoli=(2, 4), nucleolus=42, cytoplasm_um=0.9, cytoplasm=(22, 30),
    ),
    Kind(
        "centrocyte", 3.9, spread=0.12, elongation=1.35, roughness=0.09, body=66, rim=22,
        clump=18, grain_um=0.9,
    ),
    Kind(
        "histiocyte", 5.0, spread=0.12, elongation=1.4, roughness=0.07, body=40, rim=26, clump=10,
        grain_um=1.1, nucleoli=(0, 2), nucleolus=36, cytoplasm_um=5.4, cytoplasm=(7, 34),
        is_off_centre=True,
    ),
    Kind(
        "macrophage", 4.6, spread=0.12, elongation=1.25, body=38, rim=26, clump=10, grain_um=1.0,
        nucleoli=(0, 1), cytoplasm_um=6.5, cytoplasm=(4, 15), is_off_centre=True, variants=32,
    ),
    Kind("debris", 1.2, spread=0.4, body=112, rim=0, clump=6, variants=32),
    Kind(
        "fibroblast", 2.9, spread=0.2, elongation=4.2, roughness=0.05, body=74, rim=14, clump=12,
        is_oriented=True, variants=96,
    ),
    Kind(
        "endothelium", 3.6, spread=0.12, elongation=1.9, roughness=0.06, body=56, rim=28,
        clump=14, nucleoli=(0, 1), nucleolus=30, cytoplasm_um=1.2, cytoplasm=(10, 42),
    ),
    Kind(
        "red", 3.3, spread=0.06, elongation=1.1, body=6, rim=0, clump=1, nucleus_eosin=112,
        variants=32,
    ),
)  # fmt: skip


def tumour_kinds(rng: Rng, histotype: str) -> tuple[Kind, ...]:
    """Tumour cells of one slide: larger and paler than lymphocytes, irregular, with nucleoli.

    Ductal cells are the larger ones; lobular cells are smaller, rounder and looser. A few
    nuclei are dark, a few divide.
    """
    is_lobular = histotype == "ILC"
    vesicular = Kind(
        "tumour",
        radius_um=rng.uniform(5.4, 6.3) if is_lobular else rng.uniform(6.2, 7.6),
        spread=0.13 if is_lobular else 0.17,
        elongation=rng.uniform(1.15, 1.4),
        roughness=rng.uniform(0.07, 0.12),
        body=rng.uniform(46, 62),
        rim=rng.uniform(26, 38),
        clump=rng.uniform(12, 18),
        grain_um=1.3,
        nucleoli=(1, 2),
        nucleolus=rng.uniform(45, 70),
        nucleus_eosin=26,
        cytoplasm_um=rng.uniform(1.6, 2.8),
        cytoplasm=(rng.uniform(8, 24), rng.uniform(26, 44)),
        variants=128,
    )
    dark = replace(vesicular, name="dark tumour", body=86, rim=14, clump=20, nucleoli=(0, 1))
    mitosis = replace(
        dark, name="mitosis", radius_um=3.4, elongation=2.2, roughness=0.28, body=118, rim=0,
        cytoplasm_um=5.5, variants=24,
    )  # fmt: skip
    return vesicular, replace(dark, variants=48), mitosis


def bank(rng: Rng, kind: Kind) -> list[Stamp]:
    """kind.variants stamps. Of an oriented kind, stamp i is turned by pi * (i % TURNS) / TURNS."""
    turns = rng.uniform(0, np.pi, size=kind.variants)
    if kind.is_oriented:
        turns = np.arange(kind.variants) % TURNS * np.pi / TURNS
    return [stamp(rng, kind, turn) for turn in turns]


def stamp(rng: Rng, kind: Kind, turn: float) -> Stamp:
    """One cell. turn: direction of its long axis in rad, from x towards y."""
    radius = kind.radius_um / MPP * np.clip(rng.normal(1, kind.spread), 0.6, 1.5)
    stretch = np.sqrt(kind.elongation * np.clip(rng.normal(1, 0.08), 0.8, 1.3))
    cytoplasm = radius + kind.cytoplasm_um / MPP
    half = int(np.ceil(max(radius * stretch, cytoplasm) * 1.3)) + 3
    y, x = np.mgrid[-half : half + 1, -half : half + 1].astype(np.float32)
    shift = (kind.cytoplasm_um / MPP * 0.5) * kind.is_off_centre
    away = rng.uniform(0, 2 * np.pi)
    x_nucleus, y_nucleus = x - shift * np.cos(away), y - shift * np.sin(away)
    inside = _distance(rng, (x_nucleus, y_nucleus), turn, stretch, kind.roughness) / radius
    covers = np.clip((1 - inside) * radius / EDGE_PX + 0.5, 0, 1)
    chromatin = np.clip(_chromatin(rng, kind, inside, (x_nucleus, y_nucleus), radius), 0, 255)
    layers: list[Layer] = []
    if kind.cytoplasm_um:
        body = _distance(rng, (x, y), turn, stretch**0.5, 0.1) / cytoplasm
        edge = np.clip((1 - body) * cytoplasm / (3 * EDGE_PX) + 0.5, 0, 1) * 0.85
        layers.append((edge, *_cytoplasm(rng, kind, body)))
    layers.append((covers, chromatin, np.full_like(covers, kind.nucleus_eosin)))
    return _pressed(layers, half)


def _cytoplasm(rng: Rng, kind: Kind, body: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Haematoxylin and eosin around a nucleus: foamy, a little denser at the membrane."""
    noise = rng.standard_normal(body.shape, dtype=np.float32)
    foam = ndimage.gaussian_filter(noise, 0.7 / MPP)
    foam *= 0.13 / (foam.std() + 1e-6)
    membrane = 0.14 * np.exp(-(((body - 0.93) / 0.07) ** 2))
    eosin = kind.cytoplasm[1] * np.clip(0.93 + foam + membrane, 0.4, 1.5)
    return np.full_like(eosin, kind.cytoplasm[0]), eosin


def _distance(
    rng: Rng, points: Points, turn: float, stretch: float, roughness: float
) -> np.ndarray:
    """Distance from the centre in an ellipse's own measure, its outline made uneven."""
    x, y = points
    along = (x * np.cos(turn) + y * np.sin(turn)) / stretch
    across = (y * np.cos(turn) - x * np.sin(turn)) * stretch
    far = np.hypot(along, across)
    # Powers of a unit vector turn by multiples of its angle, far faster than cosines do.
    unit = ((along + 1j * across) / np.maximum(far, 1e-3)).astype(np.complex64)
    outline, turned = np.ones_like(far), unit
    for wave in (2, 3, 4, 5):
        turned = turned * unit
        size = roughness * rng.normal() * 1.4 / wave**0.5
        outline += (turned * np.complex64(size * np.exp(1j * rng.uniform(0, 2 * np.pi)))).real
    return far / np.clip(outline, 0.5, 1.6)


def _chromatin(
    rng: Rng, kind: Kind, inside: np.ndarray, points: Points, radius: float
) -> np.ndarray:
    """Haematoxylin inside a nucleus: body, membrane, lumps, nucleoli."""
    noise = rng.standard_normal(inside.shape, dtype=np.float32)
    lumps = ndimage.gaussian_filter(noise, kind.grain_um / MPP / 2.2)
    lumps /= lumps.std() + 1e-6
    dye = kind.body * rng.uniform(0.86, 1.14) + kind.clump * lumps
    dye += kind.rim * np.exp(-(((inside - 0.9) / 0.12) ** 2))
    for _ in range(rng.integers(kind.nucleoli[0], kind.nucleoli[1] + 1)):
        where, far = rng.uniform(0, 2 * np.pi), radius * rng.uniform(0.05, 0.6)
        size = radius * rng.uniform(0.13, 0.24)
        gap = np.hypot(points[0] - far * np.cos(where), points[1] - far * np.sin(where))
        dye += kind.nucleolus * np.clip((size - gap) / EDGE_PX + 0.5, 0, 1)
    return dye


def _pressed(layers: list[Layer], half: int) -> Stamp:
    """Layers from the lowest to the highest, each (cover, haematoxylin, eosin), as one stamp."""
    side = 2 * half + 1
    keep = np.ones((side, side), np.float32)
    ink = np.zeros((2, side, side), np.float32)
    for cover, haematoxylin, eosin in layers:
        ink = ink * (1 - cover) + np.stack([haematoxylin, eosin]) * cover
        keep = keep * (1 - cover)
    both = np.broadcast_to(np.round(keep * 256), (2, side, side)).astype(np.uint16)
    room = 255 - (255 * both >> 8)
    return Stamp(both, np.minimum(np.round(ink), room).astype(np.uint8), half)
