"""The layout of one node: which kind of tissue lies where, on a grid of PLAN_PX level-0 px."""

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy import ndimage
from shapely.geometry import Polygon

from slides.demo.fields import Rng, filled, smooth_noise
from slides.demo.hospital import MPP, SlideOrder
from slides.demo.outlines import Lesion, node_outline, place_lesions

PLAN_PX = 8
PLAN_UM = PLAN_PX * MPP
RIM_UM = 7.0  # no tumour nucleus begins so near an outline, so none reaches over it


class Zone(IntEnum):
    """Kinds of tissue. The last four lie inside metastases only."""

    GLASS = 0
    FAT = 1
    CAPSULE = 2
    SINUS = 3
    CORTEX = 4
    MANTLE = 5
    CENTRE = 6
    PARACORTEX = 7
    CORD = 8
    TRABECULA = 9
    BLOOD = 10
    NEST = 11
    STROMA = 12
    NECROSIS = 13
    RIM = 14


@dataclass(frozen=True)
class Habit:
    """How this node and its tumour are built; drawn anew for each slide."""

    follicles_per_mm2: float
    centre_share: float
    follicle_um: tuple[float, float]
    subcapsular_um: float
    sinus_bias: float  # above 0: sinus histiocytosis
    cortex_um: float
    medulla_um: float
    fat_um: float
    nest_um: float
    stroma_bias: float  # above 0: more stroma between the nests
    necrosis_bias: float
    scar_um: float  # how far fibrous tissue reaches into the node from its hilum
    tumour_dyes: tuple[float, float]  # how eagerly tumour takes haematoxylin and eosin


@dataclass(frozen=True)
class TissuePlan:
    """The layout; arrays (rows, columns).

    zone: uint8, a Zone. depth_um: below the capsule's outer edge.
    fibre_um: depth in a fibrous part, 0 elsewhere.
    """

    order: SlideOrder
    habit: Habit
    node: Polygon
    lesions: tuple[Lesion, ...]
    zone: np.ndarray
    depth_um: np.ndarray
    fibre_um: np.ndarray


def plan_tissue(order: SlideOrder) -> TissuePlan:
    """Lay out the node of one slide."""
    rng = order.random("plan")
    habit = draw_habit(rng, order)
    node, hilum = node_outline(rng, order.width, order.height)
    lesions = place_lesions(order.random("lesions"), node, order.lesions)
    shape = (-(-order.height // PLAN_PX), -(-order.width // PLAN_PX))
    inside = filled(node, shape=shape, scale=PLAN_PX)
    depth_um = (ndimage.distance_transform_edt(inside) * PLAN_UM).astype(np.float32)
    zone = np.zeros(shape, np.uint8)
    _lay_fat(rng, zone, inside, habit)
    _lay_node(rng, zone, depth_um, habit, hilum)
    _lay_follicles(rng, zone, depth_um, habit)
    _lay_vessels(rng, zone, inside)
    for lesion in lesions:
        _lay_lesion(rng, zone, filled(lesion.polygon, shape=shape, scale=PLAN_PX), habit)
    fibrous = np.isin(zone, (Zone.CAPSULE, Zone.TRABECULA, Zone.STROMA))
    fibre_um = (ndimage.distance_transform_edt(fibrous) * PLAN_UM).astype(np.float32)
    return TissuePlan(order, habit, node, lesions, zone, depth_um, fibre_um)


def draw_habit(rng: Rng, order: SlideOrder) -> Habit:
    """The habit of one node, from quiet to hyperplastic and from lean to full sinuses."""
    is_lobular = order.histotype == "ILC"
    smallest = rng.uniform(95, 140)
    return Habit(
        follicles_per_mm2=rng.uniform(2.5, 7.0),
        centre_share=rng.uniform(0.55, 0.95),
        follicle_um=(smallest, smallest + rng.uniform(60, 150)),
        subcapsular_um=rng.uniform(22, 55),
        sinus_bias=rng.normal(0.05, 0.35),
        cortex_um=rng.uniform(330, 480),
        medulla_um=rng.uniform(500, 720),
        fat_um=rng.uniform(60, 330),
        nest_um=rng.uniform(45, 70) if is_lobular else rng.uniform(80, 150),
        stroma_bias=rng.normal(0.25 if is_lobular else -0.05, 0.15),
        necrosis_bias=rng.uniform(-0.4, 0.3),
        scar_um=rng.uniform(-150, 480),
        tumour_dyes=(rng.uniform(0.75, 1.3), rng.uniform(0.7, 1.05)),
    )


def _lay_fat(rng: Rng, zone: np.ndarray, inside: np.ndarray, habit: Habit) -> None:
    outside_um = ndimage.distance_transform_edt(~inside) * PLAN_UM
    ragged = smooth_noise(rng, zone.shape, cell_px=420 / PLAN_UM, octaves=3)
    zone[(outside_um > 0) & (outside_um < habit.fat_um * (0.75 + 0.75 * ragged))] = Zone.FAT


def _lay_node(
    rng: Rng, zone: np.ndarray, depth_um: np.ndarray, habit: Habit, hilum: np.ndarray
) -> None:
    """Capsule, subcapsular sinus, cortex, paracortex, and the medulla around the hilum."""
    wobble = smooth_noise(rng, zone.shape, cell_px=260 / PLAN_UM, octaves=2)
    rows, columns = _positions(zone.shape)
    from_hilum = np.hypot(columns * PLAN_PX - hilum[0], rows * PLAN_PX - hilum[1]) * MPP
    capsule_um = 20 + 9 * wobble
    is_medulla = (depth_um > habit.medulla_um + 90 * wobble) | (from_hilum < 520 + 110 * wobble)
    inside = depth_um > 0
    zone[inside] = Zone.CORTEX
    zone[inside & (depth_um > habit.cortex_um + 80 * wobble)] = Zone.PARACORTEX
    zone[inside & is_medulla] = Zone.CORD
    cords = smooth_noise(rng, zone.shape, cell_px=62 / PLAN_UM, octaves=2)
    zone[inside & is_medulla & (cords > 0.25 - habit.sinus_bias)] = Zone.SINUS
    zone[inside & (from_hilum < habit.scar_um * (1 + 0.4 * wobble)) & (cords > -0.6)] = (
        Zone.TRABECULA
    )
    _lay_trabeculae(rng, zone, depth_um)
    zone[inside & (depth_um < capsule_um + habit.subcapsular_um * (1 + 0.3 * wobble))] = Zone.SINUS
    zone[inside & (depth_um < capsule_um)] = Zone.CAPSULE


def _lay_trabeculae(rng: Rng, zone: np.ndarray, depth_um: np.ndarray) -> None:
    """Thin fibrous walls that run inwards from the capsule, with a sinus along them."""
    valley = np.abs(smooth_noise(rng, zone.shape, cell_px=620 / PLAN_UM, octaves=2))
    reach = smooth_noise(rng, zone.shape, cell_px=500 / PLAN_UM)
    allowed = (depth_um > 0) & (reach > 0.15) & (depth_um < 620)
    zone[allowed & (valley < 0.085)] = Zone.SINUS
    zone[allowed & (valley < 0.04)] = Zone.TRABECULA


def _lay_follicles(rng: Rng, zone: np.ndarray, depth_um: np.ndarray, habit: Habit) -> None:
    """Round follicles of the cortex: a dark mantle, most with a pale germinal centre."""
    allowed = np.argwhere((depth_um > 130) & (depth_um < habit.cortex_um + 130))
    area_mm2 = len(allowed) * PLAN_UM**2 / 1e6
    places: list[tuple[int, int, float]] = []
    for _ in range(int(area_mm2 * habit.follicles_per_mm2 * 3)):
        row, column = allowed[rng.integers(len(allowed))]
        radius = rng.uniform(*habit.follicle_um) / PLAN_UM
        if all(np.hypot(row - r, column - c) > 0.95 * (radius + s) for r, c, s in places):
            places.append((row, column, radius))
    for row, column, radius in places[: int(area_mm2 * habit.follicles_per_mm2) + 1]:
        centre = rng.uniform(0.58, 0.76) if rng.uniform() < habit.centre_share else 0.0
        _lay_follicle(rng, zone, np.array([row, column]), radius, centre)


def _lay_follicle(rng: Rng, zone: np.ndarray, at: np.ndarray, radius: float, centre: float) -> None:
    reach = int(radius * 1.4)
    top, left = max(0, at[0] - reach), max(0, at[1] - reach)
    part = zone[top : at[0] + reach, left : at[1] + reach]
    rows, columns = _positions(part.shape)
    rows, columns = rows + top - at[0], columns + left - at[1]
    angle = np.arctan2(rows, columns)
    phase, squeeze = rng.uniform(0, 2 * np.pi), rng.uniform(0.05, 0.2)
    outline = 1 + squeeze * np.cos(2 * angle + phase) + 0.05 * np.cos(3 * angle - phase)
    distance = np.hypot(rows, columns) / radius / outline
    lymphoid = np.isin(part, (Zone.CORTEX, Zone.PARACORTEX, Zone.CORD))
    part[lymphoid & (distance < 1)] = Zone.MANTLE
    part[lymphoid & (distance < centre)] = Zone.CENTRE


def _positions(shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """The rows (n, 1) and columns (1, m) of an array, which broadcast to its shape."""
    return np.arange(shape[0])[:, None], np.arange(shape[1])[None, :]


def _lay_vessels(rng: Rng, zone: np.ndarray, inside: np.ndarray) -> None:
    """Small vessels full of red cells in a fibrous wall, and now and then a haemorrhage."""
    spots = np.argwhere(inside)
    area_mm2 = len(spots) * PLAN_UM**2 / 1e6
    for spot in spots[rng.integers(len(spots), size=int(6 * area_mm2) + 1)]:
        _lay_disc(rng, zone, spot, rng.uniform(9, 30) / PLAN_UM)
    bleeding = smooth_noise(rng, zone.shape, cell_px=170 / PLAN_UM, octaves=3)
    zone[inside & (zone != Zone.CAPSULE) & (bleeding > rng.uniform(2.6, 4.0))] = Zone.BLOOD


def _lay_disc(rng: Rng, zone: np.ndarray, at: np.ndarray, radius: float) -> None:
    reach = int(radius * 2.5) + 3
    top, left = max(0, at[0] - reach), max(0, at[1] - reach)
    part = zone[top : at[0] + reach, left : at[1] + reach]
    rows, columns = _positions(part.shape)
    rows, columns = rows + top - at[0], columns + left - at[1]
    turn = rng.uniform(0, np.pi)
    across = rows * np.cos(turn) + columns * np.sin(turn)
    along = (columns * np.cos(turn) - rows * np.sin(turn)) / rng.uniform(1, 2)
    distance = np.hypot(across, along)
    part[(part > 0) & (distance < radius + 2.5)] = Zone.TRABECULA
    part[(part > 0) & (distance < radius)] = Zone.BLOOD


def _lay_lesion(rng: Rng, zone: np.ndarray, inside: np.ndarray, habit: Habit) -> None:
    """Nests of tumour in stroma. A cluster too small for stroma is one nest."""
    if not inside.any():
        return
    nests = smooth_noise(rng, zone.shape, cell_px=habit.nest_um / PLAN_UM, octaves=2)
    area_um2 = float(inside.sum()) * PLAN_UM**2
    bias = habit.stroma_bias if area_um2 > 40_000 else -1.2
    zone[inside] = np.where(nests[inside] > bias - 0.45, Zone.NEST, Zone.STROMA)
    within_um = ndimage.distance_transform_edt(inside) * PLAN_UM
    zone[inside & (within_um < RIM_UM)] = Zone.RIM
    if area_um2 > 500_000:
        dead = smooth_noise(rng, zone.shape, cell_px=240 / PLAN_UM, octaves=2)
        core = ndimage.distance_transform_edt(zone == Zone.NEST) * PLAN_UM
        zone[inside & (core > 26) & (dead > 1.5 - habit.necrosis_bias)] = Zone.NECROSIS
