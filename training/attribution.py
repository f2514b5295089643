"""Who says what a patch shows: the author of the region that lies on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from slides.regions import union_of
from training.labelling import boxes_of, share_inside
from training.manifest import CORRECTED, GRID

LEAST_SHARE = 0.5  # of a normal patch that a correction must cover to be what decides it


@dataclass(frozen=True)
class Saying:
    """A region, in level-0 px, and who said last what it is.

    is_correction: said since the dataset before was put together, be it by adding, changing or
    removing the region.
    """

    polygon: BaseGeometry
    author: str
    is_correction: bool = False


def attributed(patches: np.ndarray, side_l0: float, sayings: Sequence[Saying]) -> np.ndarray:
    """The patches with the author of what lies on them, corrected ones named as such.

    patches: (n,) of dtype PATCH, labelled, of one grid. Of several authors the one whose regions
    cover most of a patch is named; a patch that nobody drew on keeps the author it has. A mined
    patch stays one.
    """
    patches, boxes = patches.copy(), boxes_of(patches, side_l0)
    _name_authors(patches, boxes, sayings, np.zeros(len(patches), np.float32))
    corrections = [saying for saying in sayings if saying.is_correction]
    share = share_inside(union_of([saying.polygon for saying in corrections]), boxes)
    # A sliver of tumour makes a patch tumour; a sliver of normal tissue makes nothing.
    is_corrected = np.where(patches["label"] == 1, share > 0, share >= np.float32(LEAST_SHARE))
    corrected = patches[is_corrected]
    _name_authors(corrected, boxes[is_corrected], corrections, np.zeros(len(corrected), np.float32))
    corrected["source"][corrected["source"] == GRID] = CORRECTED
    patches[is_corrected] = corrected
    return patches


def _name_authors(
    patches: np.ndarray, boxes: np.ndarray, sayings: Sequence[Saying], most: np.ndarray
) -> None:
    for author in sorted({saying.author for saying in sayings if saying.author}):
        own = [saying.polygon for saying in sayings if saying.author == author]
        share = share_inside(union_of(own), boxes)
        is_theirs = share > most
        patches["author"][is_theirs] = author
        most[is_theirs] = share[is_theirs]
