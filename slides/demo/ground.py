"""What lies between the nuclei: cytoplasm, fibres, the webs of sinuses, fat."""

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from slides.demo.fields import Rng, enlarge, smooth_noise
from slides.demo.hospital import MPP
from slides.demo.tissue_plan import PLAN_PX, PLAN_UM, TissuePlan, Zone

GROUND_PX = 4  # fibres and webs are painted at this many level-0 px
FINE_SIDE = 2048
Shape = tuple[int, int]

# Haematoxylin and eosin in hundredths, and how coarse the texture is.
DYES = {
    Zone.GLASS: (0, 0, 0),
    Zone.FAT: (0, 0, 0),
    Zone.CAPSULE: (12, 62, 8),
    Zone.SINUS: (6, 17, 12),
    Zone.CORTEX: (18, 30, 9),
    Zone.MANTLE: (24, 32, 8),
    Zone.CENTRE: (17, 32, 8),
    Zone.PARACORTEX: (16, 32, 10),
    Zone.CORD: (16, 34, 10),
    Zone.TRABECULA: (11, 58, 9),
    Zone.BLOOD: (6, 42, 10),
    Zone.NEST: (17, 36, 9),
    Zone.STROMA: (11, 46, 10),
    Zone.NECROSIS: (16, 56, 14),
    Zone.RIM: (17, 36, 9),
}
TUMOUR = (Zone.NEST, Zone.STROMA, Zone.RIM)
FIBROUS = (Zone.CAPSULE, Zone.TRABECULA, Zone.STROMA)


def paint_ground(plan: TissuePlan) -> np.ndarray:
    """Planes of dye without any nucleus: uint8 (2, height, width)."""
    rng = plan.order.random("ground")
    shape = (plan.order.height, plan.order.width)
    coarse = _coarse(rng, plan)
    planes = np.empty((2, *shape), np.uint8)
    for plane, values in zip(planes, coarse, strict=True):
        plane[:] = enlarge(values, GROUND_PX, shape=shape)
    _add_grain(rng, planes)
    return planes


def _coarse(rng: Rng, plan: TissuePlan) -> np.ndarray:
    """The planes at GROUND_PX: uint8 (2, rows, columns)."""
    factor = PLAN_PX // GROUND_PX
    shape = (plan.zone.shape[0] * factor, plan.zone.shape[1] * factor)
    table = np.array([DYES[zone] for zone in Zone], np.float32)
    table[list(TUMOUR), :2] *= plan.habit.tumour_dyes
    uneven = 1 + 0.08 * smooth_noise(rng, plan.zone.shape, cell_px=500 / PLAN_UM, octaves=2)
    texture = smooth_noise(rng, shape, cell_px=7 / GROUND_PX / MPP, octaves=3)
    amount = enlarge(table[plan.zone, 2], factor, shape=shape) * texture
    planes = []
    for dye in (0, 1):
        # A little blur hides the steps of the plan's grid.
        soft = ndimage.gaussian_filter(table[plan.zone, dye] * uneven, 0.9)
        base = enlarge(soft, factor, shape=shape)
        planes.append(base * (1 + amount / 40))
    planes[1] += _fibres(rng, plan, shape)
    planes[1] += _webs(rng, plan, shape)
    planes[1] += _fat_septa(rng, plan, shape)
    return np.clip(np.stack(planes), 0, 255).round().astype(np.uint8)


def _share(plan: TissuePlan, zones: Sequence[Zone], shape: Shape) -> np.ndarray:
    """How much of each pixel of the larger grid lies in zones: soft at their edges."""
    inside = np.isin(plan.zone, zones).astype(np.float32)
    return enlarge(inside, PLAN_PX // GROUND_PX, shape=shape)


def _fibres(rng: Rng, plan: TissuePlan, shape: Shape) -> np.ndarray:
    """Wavy lines of eosin that follow the edge of each fibrous part."""
    depth_um = enlarge(plan.fibre_um, PLAN_PX // GROUND_PX, shape=shape)
    wave_um = 7 * smooth_noise(rng, shape, cell_px=46 / MPP / GROUND_PX, octaves=3)
    lines = np.sin((depth_um + wave_um) * (2 * np.pi / 6.3))
    lines += 0.7 * np.sin((depth_um + 1.7 * wave_um) * (2 * np.pi / 3.9))
    strength = 10 + 5 * smooth_noise(rng, shape, cell_px=90 / MPP / GROUND_PX)
    return lines * strength * _share(plan, FIBROUS, shape)


def _webs(rng: Rng, plan: TissuePlan, shape: Shape) -> np.ndarray:
    """Thin strands across the light of a sinus."""
    valley = np.abs(smooth_noise(rng, shape, cell_px=22 / MPP / GROUND_PX, octaves=2))
    strands = 26 * np.clip(1 - valley / 0.13, 0, 1)
    return strands * _share(plan, (Zone.SINUS,), shape)


def _fat_septa(rng: Rng, plan: TissuePlan, shape: Shape) -> np.ndarray:
    """Thin walls between fat cells: eosin, float32."""
    from_wall_um = np.full(plan.zone.shape, 99, np.float32)
    fat = np.argwhere(plan.zone == Zone.FAT)
    if not len(fat):
        return np.zeros(shape, np.float32)
    step = 62 / PLAN_UM
    grid = np.mgrid[0 : plan.zone.shape[0] : step, 0 : plan.zone.shape[1] : step]
    seeds = grid.reshape(2, -1).T + rng.normal(0, 0.24 * step, size=(grid[0].size, 2))
    gap, _ = cKDTree(seeds).query(fat, k=2)
    from_wall_um[tuple(fat.T)] = (gap[:, 1] - gap[:, 0]) * PLAN_UM
    thin_um = enlarge(from_wall_um, PLAN_PX // GROUND_PX, shape=shape)
    return 58 * np.clip(1.5 - thin_um / 3.2, 0, 1)


def _add_grain(rng: Rng, planes: np.ndarray) -> None:
    """Fine grain in proportion to the dye, from one tile laid over and over."""
    tile = smooth_noise(rng, (FINE_SIDE, FINE_SIDE), cell_px=3, octaves=2)
    tile = np.clip(128 + 15 * tile, 60, 200).astype(np.uint16)
    for plane in planes:
        for top in range(0, plane.shape[0], FINE_SIDE):
            for left in range(0, plane.shape[1], FINE_SIDE):
                part = plane[top : top + FINE_SIDE, left : left + FINE_SIDE]
                part[:] = np.minimum(part * tile[: part.shape[0], : part.shape[1]] >> 7, 255)
