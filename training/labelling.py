"""Where patches lie on a slide, how much tissue and tumour is in each, and what that makes them.

Shares are counted on truth px of a 32nd of a patch (the protocol asks for an eighth at least), so
patches may lie anywhere: side by side, overlapping, shifted, or where a network was wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from shapely.geometry.base import BaseGeometry

from slides.grid import Grid
from slides.regions import Region, geometry_of, raster_bands, tumour_geometry
from training.manifest import CORRECTED, GRID, PATCH
from training.rules import CENTRE, SHARE, Rules

# Truth px per patch side. Divides a raster band's rows.
CELL_PX = 32
LEAST_CENTRE_PX = 8  # truth px across a centre region
# How much of a patch somebody must have called normal where unmarked tissue may hold tumour.
# Less than all: the outline of a rejected finding is a few px off the patches of the next grid.
SAID_BAR = 0.9
PLACES_AT_ONCE = 200_000
JITTER_DRAW = 2  # after the draws of labels 0 and 1


@dataclass(frozen=True)
class SlideFacts:
    """What is known of one slide.

    size_l0: width, height. tissue: bool (h, w), tissue_scale its level-0 px per px in x and y.
    is_drawn: a person outlined the regions here. author: who said so, "" where unknown.
    """

    size_l0: tuple[int, int]
    tissue: np.ndarray
    tissue_scale: tuple[float, float]
    regions: Sequence[Region] = field(default_factory=list)
    is_exhaustive: bool = True
    is_drawn: bool = False
    author: str = ""


def truth_of_cells(regions: Sequence[Region], grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The share of tumour in each cell (rows, columns) float32, and which cells to leave out.

    A cell that an "ignore" outline touches is left out: nobody knows what it shows.
    """
    return (
        _share_of_cells(tumour_geometry(regions), grid),
        _share_of_cells(geometry_of(regions, "ignore"), grid) > 0,
    )


def _share_of_cells(geometry: BaseGeometry, grid: Grid) -> np.ndarray:
    """The share of each cell inside the geometry, a band of whole cells at a time."""
    counts = np.zeros((grid.rows, grid.columns), np.int64)
    width, height = grid.columns * CELL_PX, grid.rows * CELL_PX
    for top, band in raster_bands(
        geometry, width=width, height=height, scale=grid.side_l0 / CELL_PX
    ):
        by_cell = band.reshape(-1, CELL_PX, grid.columns, CELL_PX).sum(axis=(1, 3))
        counts[top // CELL_PX : top // CELL_PX + len(by_cell)] = by_cell
    return (counts / CELL_PX**2).astype(np.float32)


def patches_of_slide(slide_id: int, grid: Grid, facts: SlideFacts, rules: Rules) -> np.ndarray:
    """The patches of one slide that may be learnt from, (n,) of dtype PATCH, split not yet set."""
    placed = place(slide_id, grid, facts.size_l0, rules)
    parts = np.split(placed, range(PLACES_AT_ONCE, len(placed), PLACES_AT_ONCE))
    with_tissue = [with_tissue_share(part, grid, facts, rules.tissue_bar) for part in parts]
    return labelled(np.concatenate(with_tissue), grid, facts, rules)


# Places --------------------------------------------------------------------


def place(slide_id: int, grid: Grid, size_l0: tuple[int, int], rules: Rules) -> np.ndarray:
    """Every place of a patch on a slide, (n,) of dtype PATCH: row, column, corner and scale.

    Rows and columns count steps of the stride. A shift is drawn for every place, whatever lies
    there, and never takes a patch further over the slide's edge than the grid does.
    """
    rows, columns = (_steps(side, grid.side_l0, rules.stride) for side in size_l0[::-1])
    placed = np.zeros(rows * columns, dtype=PATCH)
    placed["slide_id"], placed["mpp"], placed["source"] = slide_id, grid.mpp, GRID
    placed["row"], placed["column"] = np.divmod(np.arange(rows * columns), columns)
    step_l0 = grid.side_l0 * rules.stride
    corners = np.stack([placed["column"], placed["row"]], axis=1) * step_l0
    if rules.jitter_px:
        furthest = np.maximum(corners, np.array(size_l0) - grid.side_l0)
        shifts = _shifts(slide_id, grid, len(placed), rules)
        corners = np.clip(corners + shifts, 0, furthest)
    placed["x_l0"], placed["y_l0"] = np.rint(corners).astype(np.int64).T
    return placed


def _steps(extent_l0: int, side_l0: float, stride: float) -> int:
    """How many patches it takes to cover an extent, its far end included."""
    step_l0 = side_l0 * stride
    # The small step keeps rounding from adding an empty last patch.
    reaching = max(0, int(np.ceil((extent_l0 - side_l0) / step_l0 - 1e-9))) + 1
    return max(1, min(reaching, int(np.ceil(extent_l0 / step_l0 - 1e-9))))


def _shifts(slide_id: int, grid: Grid, count: int, rules: Rules) -> np.ndarray:
    """(count, 2) of level-0 px in x and y, at most the jitter either way."""
    scale = round(grid.mpp * 1e6)
    rng = np.random.default_rng([rules.seed, slide_id, JITTER_DRAW, scale])
    shifts = rng.integers(-rules.jitter_px, rules.jitter_px, (count, 2), endpoint=True)
    return shifts * (grid.side_l0 / grid.patch_px)


# Shares and labels ---------------------------------------------------------


def with_tissue_share(
    placed: np.ndarray, grid: Grid, facts: SlideFacts, tissue_bar: float
) -> np.ndarray:
    """The patches that hold enough tissue, with their share of it set."""
    share = _share_of_tissue(boxes_of(placed, grid.side_l0), facts)
    is_enough = share >= np.float32(tissue_bar)
    kept = placed[is_enough]
    kept["tissue_share"] = share[is_enough]
    return kept


def labelled(patches: np.ndarray, grid: Grid, facts: SlideFacts, rules: Rules) -> np.ndarray:
    """The patches whose truth is known, with their share of tumour, label, source and author.

    What an "ignore" outline touches is left out. Where the truth is not exhaustive unmarked tissue
    may hold tumour: there a patch is normal only where somebody outlined normal tissue or an
    artefact, and its source then says that it was corrected.
    """
    boxes = boxes_of(patches, grid.side_l0)
    patches = patches.copy()
    patches["tumour_share"] = share_inside(tumour_geometry(facts.regions), boxes)
    is_tumour = _is_tumour(patches, boxes, grid, facts.regions, rules)
    is_said = _is_said_normal(boxes, facts.regions) & ~is_tumour
    is_usable = share_inside(geometry_of(facts.regions, "ignore"), boxes) == 0
    if not facts.is_exhaustive:
        is_usable &= is_tumour | (is_said & (patches["tumour_share"] == 0))
    patches["label"], patches["author"] = is_tumour, facts.author
    if facts.is_drawn or not facts.is_exhaustive:
        patches["source"][is_said & (patches["source"] == GRID)] = CORRECTED
    return patches[is_usable]


def _is_tumour(
    patches: np.ndarray, boxes: np.ndarray, grid: Grid, regions: Sequence[Region], rules: Rules
) -> np.ndarray:
    if rules.labelling == SHARE:
        return np.asarray(patches["tumour_share"] > np.float32(rules.tumour_bar))
    if rules.labelling != CENTRE:
        return np.asarray(patches["tumour_share"] > 0)
    part = min(1.0, rules.centre_px / grid.patch_px)
    rim = (1 - part) / 2 * grid.side_l0
    centres = boxes + np.array([rim, rim, -rim, -rim])
    px = max(LEAST_CENTRE_PX, round(part * CELL_PX))
    return share_inside(tumour_geometry(regions), centres, px=px) > 0


def _is_said_normal(boxes: np.ndarray, regions: Sequence[Region]) -> np.ndarray:
    said = [region for region in regions if region.label in {"normal", "artefact"}]
    if not said:
        return np.zeros(len(boxes), dtype=bool)
    said = [Region("normal", region.polygon) for region in said]
    return share_inside(geometry_of(said, "normal"), boxes) >= SAID_BAR


def boxes_of(patches: np.ndarray, side_l0: float) -> np.ndarray:
    """left, top, right, bottom of each patch in level-0 px, (n, 4) float."""
    corners = np.stack([patches["x_l0"], patches["y_l0"]], axis=1).astype(np.float64)
    return np.concatenate([corners, corners + side_l0], axis=1)


def share_inside(geometry: BaseGeometry, boxes: np.ndarray, *, px: int = CELL_PX) -> np.ndarray:
    """The share of each square box inside a geometry, (n,) float32; boxes of one size.

    boxes: (n, 4) as of boxes_of. px: truth px per side of a box.
    """
    if not len(boxes) or geometry.is_empty:
        return np.zeros(len(boxes), np.float32)
    scale = (boxes[0, 2] - boxes[0, 0]) / px
    corners = np.rint(boxes[:, :2] / scale).astype(np.int64)
    left, top = corners.T
    right, bottom = (corners + px).T
    x, y = np.concatenate([left, right, left, right]), np.concatenate([top, top, bottom, bottom])
    sums = _sums_up_to(geometry, x, y, scale).reshape(4, -1)
    return ((sums[3] - sums[1] - sums[2] + sums[0]) / px**2).astype(np.float32)


def _sums_up_to(geometry: BaseGeometry, x: np.ndarray, y: np.ndarray, scale: float) -> np.ndarray:
    """How many px inside a geometry lie above and to the left of each point (x, y), in px.

    Band by band, so that no picture of the whole slide is ever held.
    """
    width, height = int(x.max()), int(y.max())
    order = np.argsort(y, kind="stable")
    rising, found = y[order], np.zeros(len(x), np.int64)
    above, done = np.zeros(width + 1, np.int64), 0
    for top, band in raster_bands(geometry, width=width, height=height, scale=scale):
        begun, ended = np.searchsorted(rising, [top, top + len(band)], side="right")
        before, within = order[done:begun], order[begun:ended]
        sums = np.zeros((len(band) + 1, width + 1), np.int64)
        np.cumsum(band.cumsum(axis=0, dtype=np.int64), axis=1, out=sums[1:, 1:])
        found[before] = above[x[before]]
        found[within] = above[x[within]] + sums[y[within] - top, x[within]]
        above, done = above + sums[-1], ended
    found[order[done:]] = above[x[order[done:]]]
    return found


def _share_of_tissue(boxes: np.ndarray, facts: SlideFacts) -> np.ndarray:
    """The share of each box that the tissue mask covers, px cut by its edge by area, float32."""
    height, width = facts.tissue.shape
    sums = np.zeros((height + 1, width + 1), np.int32)
    np.cumsum(facts.tissue.cumsum(axis=0, dtype=np.int32), axis=1, out=sums[1:, 1:])
    left, top, right, bottom = (boxes / (facts.tissue_scale * 2)).T
    covered = sum(
        sign * _between(sums, x, y)
        for sign, x, y in (
            *((1, right, bottom), (-1, left, bottom)),
            *((-1, right, top), (1, left, top)),
        )
    )
    areas = (right - left) * (bottom - top)
    return np.clip(covered / areas, 0, 1).astype(np.float32)


def _between(sums: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A table of sums at points between its entries: exact for px that count by area."""
    height, width = sums.shape
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    column = np.minimum(x.astype(np.intp), width - 2)
    row = np.minimum(y.astype(np.intp), height - 2)
    part_x, part_y = x - column, y - row
    upper = sums[row, column] * (1 - part_x) + sums[row, column + 1] * part_x
    lower = sums[row + 1, column] * (1 - part_x) + sums[row + 1, column + 1] * part_x
    return upper * (1 - part_y) + lower * part_y
