"""One slide's pixels, from its order to RGB."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from slides.demo import artefacts
from slides.demo.cells import lay_cells, paint_cells
from slides.demo.ground import paint_ground
from slides.demo.hospital import SlideOrder
from slides.demo.outlines import Lesion
from slides.demo.stain import Stain, colour_table, develop, draw_stain
from slides.demo.tissue_plan import plan_tissue


@dataclass(frozen=True)
class Painted:
    """rgb: uint8 (height, width, 3), and what it shows."""

    rgb: np.ndarray
    lesions: tuple[Lesion, ...]
    stain: Stain
    cells: int
    folds: int
    blurs: int
    ink: str


def paint(order: SlideOrder) -> Painted:
    """Paint one slide. The same order gives the same pixels."""
    [painted] = paint_in(order, [draw_stain(order.random("stain"))])
    return painted


def paint_in(order: SlideOrder, stains: Sequence[Stain]) -> Iterator[Painted]:
    """The same section in each stain: one tissue, as several laboratories would show it."""
    plan = plan_tissue(order)
    planes = paint_ground(plan)
    stamps, cells = lay_cells(plan)
    paint_cells(planes, stamps, cells)
    folds = artefacts.add_folds(order, planes)
    blurs = artefacts.add_blur(order, planes)
    for stain in stains:
        rgb = develop(planes, colour_table(stain))
        artefacts.add_dust(order, rgb)
        ink = artefacts.add_ink(order, rgb)
        yield Painted(rgb, plan.lesions, stain, len(cells.stamp), folds, blurs, ink)
