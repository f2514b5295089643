"""Outlines in level-0 px: the node itself, and metastases inside it."""

from dataclasses import dataclass

import numpy as np
from shapely import affinity
from shapely.geometry import Polygon
from shapely.geometry.base import BaseGeometry
from shapely.ops import unary_union

from slides.demo.fields import Rng
from slides.demo.hospital import MPP

ITC_UM, MACRO_UM = 200.0, 2000.0
ASKED_UM = {"macro": (2120.0, 2380.0), "micro": (420.0, 1150.0), "itc": (95.0, 185.0)}
TRIES = 60


@dataclass(frozen=True)
class Lesion:
    """One metastasis: its outline with holes, its class and its longest diameter."""

    polygon: Polygon
    size_class: str
    diameter_um: float


def size_class(diameter_um: float) -> str:
    """macro above 2 mm, micro above 0.2 mm, itc below (CAMELYON17's rule by diameter)."""
    if diameter_um > MACRO_UM:
        return "macro"
    return "micro" if diameter_um > ITC_UM else "itc"


def longest_diameter_um(polygon: Polygon) -> float:
    """The largest distance between two points of the outline."""
    points = np.asarray(polygon.convex_hull.exterior.coords)
    gaps = points[:, None, :] - points[None, :, :]
    return float(np.sqrt((gaps**2).sum(axis=2)).max() * MPP)


def blob(rng: Rng, *, roughness: float, points: int = 180) -> Polygon:
    """A star-shaped lump of radius about 1 around the origin; roughness 0 is a circle."""
    angle = np.linspace(0, 2 * np.pi, points, endpoint=False)
    radius = np.ones(points)
    for wave in range(2, 12):
        size = roughness * rng.normal() / wave**0.9
        radius += size * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.45, 1.8)
    return Polygon(np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]))


def node_outline(rng: Rng, width: int, height: int) -> tuple[Polygon, np.ndarray]:
    """The capsule's outer edge, a bean that leaves room for fat and glass; and its hilum (x, y)."""
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    hilum_angle = rng.uniform(0, 2 * np.pi)
    turn = np.angle(np.exp(1j * (angle - hilum_angle)))
    radius = 1 - rng.uniform(0.12, 0.26) * np.exp(-((turn / rng.uniform(0.25, 0.45)) ** 2))
    for wave in range(2, 8):
        radius += 0.05 * rng.normal() / wave * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    points = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    low, high = points.min(axis=0), points.max(axis=0)
    margin = rng.uniform(0.055, 0.085, size=2)
    points = (points - low) / (high - low) * (1 - 2 * margin) + margin
    points *= [width, height]
    hilum = points[np.abs(turn).argmin()]
    return Polygon(points).buffer(0), hilum


def place_lesions(rng: Rng, node: Polygon, asked: tuple[str, ...]) -> tuple[Lesion, ...]:
    """Metastases of the sizes asked for, inside the capsule and apart from each other.

    What does not fit is cut by the capsule and takes the class of what is left, so a small
    node never claims a macrometastasis. The first macrometastasis keeps a hole of node tissue.
    """
    inside = node.buffer(-45 / MPP)
    limit_um = 0.82 * longest_diameter_um(node)
    lesions: list[Lesion] = []
    for number, wish in enumerate(asked):
        taken = unary_union([lesion.polygon.buffer(90 / MPP) for lesion in lesions])
        shape = _best_placed(rng, inside.difference(taken), wish, limit_um)
        if shape is None:
            continue
        if wish == "macro" and number == 0:
            shape = _with_island(rng, shape)
        diameter = longest_diameter_um(shape)
        lesions.append(Lesion(shape, size_class(diameter), round(diameter, 1)))
    return tuple(lesions)


def _best_placed(rng: Rng, room: BaseGeometry, wish: str, limit_um: float) -> Polygon | None:
    """The outline that loses least to the capsule, of several tries; None if nothing fits."""
    best, best_share = None, 0.0
    for _ in range(0 if room.is_empty else TRIES):
        shape = _lobulated(rng, wish, limit_um)
        spot = _spot(rng, room, is_small=wish == "itc")
        placed = affinity.translate(shape, *spot)
        kept = _largest(placed.intersection(room))
        if kept is None:
            continue
        is_asked = size_class(longest_diameter_um(kept)) == wish
        share = kept.area / placed.area + is_asked
        if share > best_share:
            best, best_share = kept, share
        if share > 1.9:
            break
    return best


def _lobulated(rng: Rng, wish: str, limit_um: float) -> Polygon:
    """A lump of two to four lobes, scaled to a longest diameter drawn for its class."""
    lobes = []
    for _ in range(rng.integers(2, 5)):
        lobe = affinity.scale(blob(rng, roughness=0.14), *rng.uniform(0.55, 1.0, size=2))
        lobes.append(affinity.translate(lobe, *rng.normal(0, 0.45, size=2)))
    shape = _largest(unary_union(lobes).buffer(0.02))
    stretch = rng.uniform(1.5, 1.9) if wish == "macro" else rng.uniform(1.0, 1.5)
    angle = rng.uniform(-14, 14) if wish == "macro" else rng.uniform(0, 180)
    shape = affinity.rotate(affinity.scale(shape, stretch, 1 / stretch**0.5), angle)
    diameter_um = min(rng.uniform(*ASKED_UM[wish]), limit_um)
    factor = diameter_um / longest_diameter_um(shape)
    centred = affinity.translate(shape, -shape.centroid.x, -shape.centroid.y)
    return affinity.scale(centred, factor, factor, origin=(0, 0))


def _spot(rng: Rng, room: BaseGeometry, *, is_small: bool) -> tuple[float, float]:
    """A point of the room; small clusters sit under the capsule, where lymph brings them."""
    if is_small:
        deeper = room.buffer(-rng.uniform(30, 120) / MPP)
        edge = (room if deeper.is_empty else deeper).boundary
        point = edge.interpolate(rng.uniform(), normalized=True)
        return point.x, point.y
    low_x, low_y, high_x, high_y = room.bounds
    x, y = rng.beta(2, 2, size=2)
    return low_x + x * (high_x - low_x), low_y + y * (high_y - low_y)


def _with_island(rng: Rng, shape: Polygon) -> Polygon:
    """The shape with a hole: lymphoid tissue that the tumour grew around."""
    radius = 0.11 * np.sqrt(shape.area)
    core = shape.buffer(-2.2 * radius)
    if core.is_empty:
        return shape
    island = affinity.scale(blob(rng, roughness=0.12), radius, radius * 0.8, origin=(0, 0))
    point = core.representative_point()
    return _largest(shape.difference(affinity.translate(island, point.x, point.y)))


def _largest(shape: BaseGeometry) -> Polygon | None:
    parts = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"]
    parts = [part for part in parts if part.area > 0]
    return max(parts, key=lambda part: part.area, default=None)
