"""Changes that bring outlines back which were made on a mirrored, turned or shifted picture."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from slides.outlines import FARTHEST_PX, Truth, TruthError
from slides.regions import Mark, Region

Matrix = Sequence[float]
POWERS_OF_2 = (1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7)
QUARTER_TURNS = ("turned-right", "turned-left", "swapped")
_MOVED = re.compile(r"moved:([+-]?\d{1,9}),([+-]?\d{1,9})")


@dataclass(frozen=True)
class Correction:
    """A change to outlines in level-0 px. matrix: shapely's [a, b, d, e, x, y].

    name: as a person's choice is carried; empty for a scale. words: what was done, for people.
    """

    name: str
    words: str
    matrix: Matrix
    scale: float | None = None
    offset: tuple[int, int] | None = None


def correction(name: str, width: int, height: int) -> Correction:
    """The correction of a name for a slide of this size: mirrored, say, or moved:+120,-40.

    Raises TruthError (bad_input) if there is none of that name.
    """
    if found := _MOVED.fullmatch(name):
        return moved(int(found[1]), int(found[2]))
    for known in mirrored_or_turned(width, height):
        if known.name == name:
            return known
    raise TruthError(
        f"There is no correction {name[:40]!r}; use moved:DX,DY or one of "
        f"{', '.join(one.name for one in mirrored_or_turned(1, 1))}.",
        "bad_input",
    )


def scaled_by_powers_of_2() -> Iterator[Correction]:
    for power in POWERS_OF_2:
        factor = 2.0**power
        words = f"Multiplied by {factor:g} (as if drawn on another level; give scale {factor:g})"
        yield Correction("", words, [factor, 0, 0, factor, 0, 0], scale=factor)


def mirrored_or_turned(width: int, height: int) -> list[Correction]:
    """Mirrorings and turns about the middle of a slide, likeliest first."""
    return [
        Correction("mirrored", "Mirrored left to right", [-1, 0, 0, 1, width, 0]),
        Correction("flipped", "Mirrored top to bottom", [1, 0, 0, -1, 0, height]),
        Correction("upside-down", "Turned upside down", [-1, 0, 0, -1, width, height]),
        Correction("swapped", "With x and y swapped", [0, 1, 1, 0, 0, 0]),
        Correction("turned-right", "Turned a quarter to the right", [0, -1, 1, 0, width, 0]),
        Correction("turned-left", "Turned a quarter to the left", [0, 1, -1, 0, 0, height]),
    ]


def moved(dx: int, dy: int) -> Correction:
    words = f"Moved by {dx:+} px across and {dy:+} px down"
    return Correction(f"moved:{dx:+},{dy:+}", words, [1, 0, 0, 1, dx, dy], offset=(dx, dy))


def transformed(geometry: BaseGeometry, matrix: Matrix) -> BaseGeometry:
    a, b, d, e, x, y = matrix
    linear, shift = np.array([[a, d], [b, e]]), np.array([x, y])
    return shapely.transform(geometry, lambda points: points @ linear + shift)


def corrected(truth: Truth, change: Correction) -> Truth:
    """The same truth after a correction, in level-0 px; a note says what was done to it."""
    regions = tuple(
        Region(one.label, transformed(one.polygon, change.matrix), one.name)
        for one in truth.regions
    )
    marks = tuple(_moved_mark(mark, change.matrix) for mark in truth.marks)
    size = (truth.width_l0, truth.height_l0)
    width, height = size[::-1] if change.name in QUARTER_TURNS else size
    return replace(
        truth,
        regions=regions,
        marks=marks,
        width_l0=width,
        height_l0=height,
        notes=(*truth.notes, f"{change.words}, as asked for."),
    )


def _moved_mark(mark: Mark, matrix: Matrix) -> Mark:
    point = transformed(shapely.Point(mark.x, mark.y), matrix)
    if not max(abs(point.x), abs(point.y)) <= FARTHEST_PX:
        raise TruthError(f"A point would lie at ({point.x:g}, {point.y:g}).", "bad_input")
    return Mark(mark.label, point.x, point.y, mark.name)
