"""Does a file of truth belong to this slide? Size, scale, place on tissue, in plain words."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from shapely import box
from shapely.geometry.base import BaseGeometry

from slides.corrections import (
    QUARTER_TURNS,
    Correction,
    corrected,
    correction,
    mirrored_or_turned,
    moved,
    scaled_by_powers_of_2,
    transformed,
)
from slides.outlines import Truth
from slides.regions import Mark, polygons_of, raster_bands, scaled, tumour_geometry

# Half the tumour off the tissue is a misfit even for a tissue mask that misses fat and pale
# stain; a fifth is worth a remark.
MIN_SHARE_ON_TISSUE = 0.5
GOOD_SHARE_ON_TISSUE = 0.8
SURE_SHARE_ON_TISSUE = 0.95
MAX_SHARE_OUTSIDE = 0.001
MAX_REDUCTION = 512
TILE_PADDING_PX = 1024
SEARCH_PX = 512

Mask = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class SlideFacts:
    """What is known of the slide. tissue_scale_x, _y: level-0 px per px of its tissue mask."""

    name: str
    width: int
    height: int
    tissue_scale_x: float
    tissue_scale_y: float


@dataclass(frozen=True)
class Fit:
    """How truth and slide go together.

    problems: why it is not acceptable, each with what came, what was expected, what to do.
    share_on_tissue: of the tumour; None without tumour or tissue mask. share_outside: of the
    tumour, beyond the slide's edges. scale: by which the file's px were taken to level 0.
    suggested_scale, suggested_offset (level-0 px): what would make it fit, None if nothing does.
    suggested_correction: its name where it is no scale, mirrored say; empty if there is none.
    """

    is_acceptable: bool
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    share_on_tissue: float | None = None
    share_outside: float = 0.0
    scale: float = 1.0
    suggested_scale: float | None = None
    suggested_offset: tuple[int, int] | None = None
    suggested_correction: str = ""

    def as_json(self) -> dict[str, Any]:
        return {
            key: list(value) if isinstance(value, tuple) else value
            for key, value in asdict(self).items()
        }


def at_scale(truth: Truth, factor: float) -> Truth:
    """The same truth in px that are factor times finer, say from level 5 to level 0 by 32."""
    if factor == 1:
        return truth
    width, height = (
        None if side is None else round(side * factor) for side in (truth.width_l0, truth.height_l0)
    )
    regions = tuple(scaled(truth.regions, factor))
    marks = tuple(Mark(one.label, one.x * factor, one.y * factor, one.name) for one in truth.marks)
    return replace(truth, regions=regions, marks=marks, width_l0=width, height_l0=height)


def put_right(truth: Truth, name: str, facts: SlideFacts) -> Truth:
    """The same truth in level-0 px after a correction of this name, mirrored say.

    Raises TruthError if there is no such correction.
    """
    change = correction(name, facts.width, facts.height)
    return corrected(at_scale(truth, _factor_to_level_0(truth, facts, change.name)), change)


def _factor_to_level_0(truth: Truth, facts: SlideFacts, name: str) -> float:
    """Level-0 px per px of the picture that the file was made on, 1 where it cannot be told."""
    size = (truth.width_l0, truth.height_l0)
    width, height = size[::-1] if name in QUARTER_TURNS else size
    return _scale_by_size(replace(truth, width_l0=width, height_l0=height), facts)[0]


def check_pair(truth: Truth, facts: SlideFacts, tissue: Mask | None) -> Fit:
    """Judge whether truth was made on this slide, and say what is wrong if not.

    truth: in its own px; a mask smaller or larger than the slide by a whole factor is judged
    at fit.scale times its size, and is to be stored so (see at_scale). tissue: bool
    (rows, columns) over the whole slide, None if there is none.
    """
    scale, problem, note = _scale_by_size(truth, facts)
    tumour = tumour_geometry(scaled(truth.regions, scale))
    fit = Fit(
        True,
        problems=(problem,) if problem else (),
        notes=(note,) if note else (),
        scale=scale,
    )
    if tumour.is_empty:
        return replace(fit, is_acceptable=not problem)
    if problem and tissue is not None and _is_quarter_turned(truth, facts):
        fit = _turned_back(fit, truth, facts, tissue)
    else:
        fit = _placed(fit, tumour, facts, tissue)
    return replace(fit, is_acceptable=not fit.problems)


def _is_quarter_turned(truth: Truth, facts: SlideFacts) -> bool:
    if truth.width_l0 is None or truth.height_l0 is None:
        return False
    size, slide = (truth.height_l0, truth.width_l0), (facts.width, facts.height)
    return bool(_whole_factor(size, slide) or _whole_factor(slide, size))


def _turned_back(fit: Fit, truth: Truth, facts: SlideFacts, tissue: Mask) -> Fit:
    """The fit of a mask that is turned by a quarter, with the turn that brings it back."""
    factor = _factor_to_level_0(truth, facts, QUARTER_TURNS[0])
    tumour = tumour_geometry(scaled(truth.regions, factor))
    small, coarse = _coarse(tissue, facts)
    turns = [correction(name, facts.width, facts.height) for name in QUARTER_TURNS]
    tried = [(_share_after(turn, tumour, coarse, small), turn) for turn in turns]
    share, best = max(tried, key=lambda pair: round(pair[0], 2))
    advice = f"{best.words}, {share:.0%} of the tumour would lie on tissue."
    return replace(fit, problems=(*fit.problems, advice), suggested_correction=best.name)


def _scale_by_size(truth: Truth, facts: SlideFacts) -> tuple[float, str, str]:
    """Scale, problem and note from the size of the picture that the file was made on."""
    if truth.width_l0 is None or truth.height_l0 is None:
        return 1.0, "", ""
    size, slide = (truth.width_l0, truth.height_l0), (facts.width, facts.height)
    for smaller, larger, is_reduced in ((size, slide, True), (slide, size, False)):
        factor = _whole_factor(smaller, larger)
        if factor == 1:
            return 1.0, "", ""
        if factor:
            scale = float(factor) if is_reduced else 1 / factor
            return scale, "", _scale_note(size, slide, scale)
    if _is_quarter_turned(truth, facts):
        return 1.0, _turn_problem(size, slide), ""
    factor = max(1, round(slide[0] / size[0]))
    spare = [mask * factor - full for mask, full in zip(size, slide, strict=True)]
    if all(0 <= rest < TILE_PADDING_PX for rest in spare):
        return float(factor), "", _padding_note(size, slide, factor)
    return 1.0, _size_problem(size, slide), ""


def _whole_factor(smaller: tuple[int, int], larger: tuple[int, int]) -> int | None:
    """The whole factor between two sizes, rounded up or down as in a pyramid, or None."""
    factor = round(larger[0] / smaller[0])
    if not 1 <= factor <= MAX_REDUCTION:
        return None
    is_level = all(
        low in {high // factor, -(-high // factor)}
        for low, high in zip(smaller, larger, strict=True)
    )
    return factor if is_level else None


def _scale_note(size: tuple[int, int], slide: tuple[int, int], scale: float) -> str:
    return (
        f"The mask has {_px(size)}, the slide {_px(slide)}: "
        f"its outlines were multiplied by {scale:g}."
    )


def _padding_note(size: tuple[int, int], slide: tuple[int, int], factor: int) -> str:
    by = f", multiplied by {factor}" if factor > 1 else ""
    return (
        f"The mask has {_px(size)}, the slide {_px(slide)}: taken as padded to whole tiles at the "
        f"right and below{by}."
    )


def _turn_problem(size: tuple[int, int], slide: tuple[int, int]) -> str:
    return (
        f"The mask has {_px(size)}, the slide {_px(slide)}: the mask is turned by a quarter. "
        "Turn it back, or export it from the slide."
    )


def _size_problem(size: tuple[int, int], slide: tuple[int, int]) -> str:
    return (
        f"The mask has {_px(size)}, the slide {_px(slide)}; expected the same size, or one "
        "smaller by a whole factor. The mask may belong to another slide or scan, or have been cut "
        "out: export it again for the whole slide."
    )


def _placed(fit: Fit, tumour: BaseGeometry, facts: SlideFacts, tissue: Mask | None) -> Fit:
    """The fit with what the place of the tumour says."""
    outside = tumour - box(0, 0, facts.width, facts.height)
    share_outside = float(outside.area / tumour.area)
    share = None if tissue is None else _share_on(tissue, tumour, facts)
    fit = replace(fit, share_outside=share_outside, share_on_tissue=share)
    problems = [
        *([_outside_problem(tumour, share_outside, facts)] * (share_outside > MAX_SHARE_OUTSIDE)),
        *([_tissue_problem(share or 0.0)] * (share is not None and share < MIN_SHARE_ON_TISSUE)),
    ]
    if not problems:
        if tissue is None or share is None or share >= GOOD_SHARE_ON_TISSUE:
            return fit
        fit = replace(fit, notes=(*fit.notes, _tissue_note(share)))
        return _with_remark(fit, tumour, facts, tissue)
    fit = replace(fit, problems=(*fit.problems, *problems))
    return fit if tissue is None else _with_advice(fit, tumour, facts, tissue)


def _with_remark(fit: Fit, tumour: BaseGeometry, facts: SlideFacts, tissue: Mask) -> Fit:
    """The fit of truth that would do, but that a mirroring would bring wholly onto tissue."""
    small, coarse = _coarse(tissue, facts)
    turns = mirrored_or_turned(facts.width, facts.height)
    tried = [(_share_after(one, tumour, coarse, small), one) for one in turns]
    share, best = max(tried, key=lambda pair: round(pair[0], 2))
    if share < SURE_SHARE_ON_TISSUE:
        return fit
    remark = f"{best.words}, {share:.0%} would: was the file made on a mirrored or turned picture?"
    return replace(fit, notes=(*fit.notes, remark), suggested_correction=best.name)


def _with_advice(fit: Fit, tumour: BaseGeometry, facts: SlideFacts, tissue: Mask) -> Fit:
    tissue, facts = _coarse(tissue, facts)
    turns = mirrored_or_turned(facts.width, facts.height)
    remedies = [*scaled_by_powers_of_2(), *turns, *_moves(tumour, facts, tissue)]
    tried = [(_share_after(one, tumour, facts, tissue), one) for one in remedies]
    share, best = max(tried, key=lambda pair: round(pair[0], 2))
    present = (fit.share_on_tissue or 0.0) * (1 - fit.share_outside)
    if share < max(GOOD_SHARE_ON_TISSUE, present + 0.2):
        advice = (
            "No mirroring, scale or shift makes it fit: the file may belong to another slide. "
            "Check the pair of names."
        )
        return replace(fit, problems=(*fit.problems, advice))
    advice = f"{best.words}, {share:.0%} of the tumour would lie on tissue."
    return replace(
        fit,
        problems=(*fit.problems, advice),
        suggested_scale=best.scale,
        suggested_offset=best.offset,
        suggested_correction=best.name,
    )


def _coarse(tissue: Mask, facts: SlideFacts) -> tuple[Mask, SlideFacts]:
    """A tissue mask small enough to try many remedies on."""
    step = max(1, -(-max(tissue.shape) // SEARCH_PX))
    scale_x, scale_y = facts.tissue_scale_x * step, facts.tissue_scale_y * step
    return tissue[::step, ::step], replace(facts, tissue_scale_x=scale_x, tissue_scale_y=scale_y)


def _moves(tumour: BaseGeometry, facts: SlideFacts, tissue: Mask) -> Iterator[Correction]:
    """The shortest shift that brings most of the tumour onto tissue, by correlation."""
    side_x, side_y = facts.tissue_scale_x, facts.tissue_scale_y
    pixels = _pixels(tumour, tissue.shape, side_x, side_y)
    if not pixels.any():
        return
    size = [2 * side for side in tissue.shape]
    spectrum = np.fft.rfft2(tissue, size) * np.conj(np.fft.rfft2(pixels, size))
    overlap = np.fft.irfft2(spectrum, size)
    good = np.argwhere(overlap >= 0.98 * overlap.max())
    rows, columns = np.where(good > np.array(tissue.shape), good - size, good).T
    nearest = int(np.argmin(rows**2 + columns**2))
    dx, dy = round(float(columns[nearest] * side_x)), round(float(rows[nearest] * side_y))
    yield moved(dx, dy)


def _share_after(
    remedy: Correction, tumour: BaseGeometry, facts: SlideFacts, tissue: Mask
) -> float:
    """Share on tissue after the remedy; 0 if it leaves tumour outside the slide."""
    changed = transformed(tumour, remedy.matrix)
    left, top, right, bottom = changed.bounds
    slack_x, slack_y = 0.01 * facts.width, 0.01 * facts.height
    if min(left + slack_x, top + slack_y) < 0:
        return 0.0
    if right > facts.width + slack_x or bottom > facts.height + slack_y:
        return 0.0
    return _share_on(tissue, changed, facts)


def _share_on(tissue: Mask, tumour: BaseGeometry, facts: SlideFacts) -> float:
    """Share of the tumour's pixels, inside the slide, that are tissue; 0 if none is inside."""
    pixels = _pixels(tumour, tissue.shape, facts.tissue_scale_x, facts.tissue_scale_y)
    count = int(pixels.sum())
    return float((pixels & tissue).sum() / count) if count else 0.0


def _pixels(tumour: BaseGeometry, shape: tuple[int, ...], side_x: float, side_y: float) -> Mask:
    """The tumour at the scale of a tissue mask; what is smaller than its pixels as one pixel."""
    rows, columns = shape[:2]
    small = transformed(tumour, [1 / side_x, 0, 0, 1 / side_y, 0, 0])
    pixels = np.zeros((rows, columns), bool)
    for row, band in raster_bands(small, width=columns, height=rows, scale=1):
        pixels[row : row + len(band)] = band
    if not pixels.any():
        for polygon in polygons_of(small):
            point = polygon.representative_point()
            if 0 <= point.x < columns and 0 <= point.y < rows:
                pixels[int(point.y), int(point.x)] = True
    return pixels


def _outside_problem(tumour: BaseGeometry, share: float, facts: SlideFacts) -> str:
    left, top, right, bottom = tumour.bounds
    return (
        f"{share:.1%} of the tumour lies outside the slide: the outlines reach from "
        f"({left:.0f}, {top:.0f}) to ({right:.0f}, {bottom:.0f}), the slide "
        f"{facts.name} has {_px((facts.width, facts.height))}."
    )


def _tissue_problem(share: float) -> str:
    return (
        f"Only {share:.0%} of the tumour lies on tissue; expected at least "
        f"{MIN_SHARE_ON_TISSUE:.0%}."
    )


def _tissue_note(share: float) -> str:
    return f"{share:.0%} of the tumour lies on what was found to be tissue: worth a look."


def _px(size: tuple[int, int]) -> str:
    return f"{size[0]} x {size[1]} px"
