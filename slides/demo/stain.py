"""From amounts of dye to the colours a scanner sees (Beer-Lambert), differently on every slide."""

from dataclasses import dataclass

import numpy as np

from slides.demo.fields import Rng

# Optical density per unit of dye in red, green, blue: Ruifrok and Johnston (2001) with a pinker
# eosin, near Macenko (2009), and a bluer neighbour. A slide's stain is mixed from the three.
HAEMATOXYLINS = np.array([[0.65, 0.70, 0.29], [0.563, 0.720, 0.406], [0.70, 0.64, 0.30]])
EOSINS = np.array([[0.10, 0.95, 0.28], [0.20, 0.83, 0.50], [0.16, 0.88, 0.40]])
Triple = tuple[float, float, float]
LABORATORIES = ("Hallgrim", "Isary", "Toravel")


@dataclass(frozen=True)
class Stain:
    """How one slide was stained and scanned."""

    laboratory: str
    haematoxylin: Triple
    eosin: Triple
    haematoxylin_strength: float
    eosin_strength: float
    gamma: float
    white: Triple


# The ends of what the hospital's slides vary over: the same tissue, stained and scanned elsewhere.
DARK_BLUE = Stain(
    laboratory=LABORATORIES[0],
    haematoxylin=(0.651, 0.701, 0.290),
    eosin=(0.100, 0.954, 0.281),
    haematoxylin_strength=1.15,
    eosin_strength=0.60,
    gamma=1.10,
    white=(246.0, 245.0, 248.0),
)
PALE_PINK = Stain(
    laboratory=LABORATORIES[1],
    haematoxylin=(0.563, 0.720, 0.406),
    eosin=(0.202, 0.840, 0.504),
    haematoxylin_strength=0.76,
    eosin_strength=1.20,
    gamma=0.90,
    white=(237.0, 236.0, 239.0),
)


def draw_stain(rng: Rng) -> Stain:
    """A stain between those of three laboratories, weak or strong, bluish or pinkish."""
    near = int(rng.integers(3))
    mix = rng.dirichlet(np.where(np.arange(3) == near, 4.0, 0.8))
    return Stain(
        laboratory=LABORATORIES[near],
        haematoxylin=_unit(mix @ HAEMATOXYLINS),
        eosin=_unit(mix @ EOSINS),
        haematoxylin_strength=float(rng.uniform(0.72, 1.2)),
        eosin_strength=float(rng.uniform(0.55, 1.25)),
        gamma=float(rng.uniform(0.86, 1.14)),
        white=_triple(rng.uniform([236, 235, 238], [247, 246, 249])),
    )


def colour_table(stain: Stain) -> np.ndarray:
    """uint8 (65536, 3): the colour of 256 * haematoxylin + eosin, each in hundredths."""
    haematoxylin, eosin = np.divmod(np.arange(65536), 256)
    density = np.outer(haematoxylin / 100 * stain.haematoxylin_strength, stain.haematoxylin)
    density += np.outer(eosin / 100 * stain.eosin_strength, stain.eosin)
    seen = 10 ** (-density * stain.gamma)
    return np.round(np.array(stain.white) * seen).astype(np.uint8)


def develop(planes: np.ndarray, table: np.ndarray, *, strip: int = 512) -> np.ndarray:
    """Planes of dye, uint8 (2, rows, columns), as RGB, uint8 (rows, columns, 3)."""
    _, rows, columns = planes.shape
    rgb = np.empty((rows, columns, 3), np.uint8)
    for top in range(0, rows, strip):
        part = slice(top, top + strip)
        index = planes[0, part].astype(np.uint16) << 8 | planes[1, part]
        np.take(table, index, axis=0, out=rgb[part], mode="clip")
    return rgb


def _unit(vector: np.ndarray) -> Triple:
    return _triple(vector / np.linalg.norm(vector))


def _triple(vector: np.ndarray) -> Triple:
    first, second, third = vector.tolist()
    return first, second, third
