"""Which cells of which slides become patches: labelled, capped, split by patient, balanced.

Everything random is drawn from the seed and the slide's own key, so that the same slides
give the same patches, and another slide beside them changes none of their draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from shapely.geometry.base import BaseGeometry

from slides.grid import Grid
from slides.regions import Region, geometry_of, raster_bands, tumour_geometry
from training.manifest import GRID, PATCH, TRAINING, VALIDATION

# Truth pixels per cell side; the protocol asks for 8 at least. Divides a raster band's rows.
CELL_PX = 32
SPLIT_DRAWS = 256


class SamplingError(ValueError):
    """These slides make no dataset to learn from."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Rules:
    """How cells become patches. Shares in [0, 1]; the cap is per slide and class."""

    tissue_bar: float = 0.30
    tumour_bar: float = 0.0
    per_slide_cap: int = 400
    balance: str = "class"
    validation_share: float = 0.20
    seed: int = 0


@dataclass(frozen=True)
class CellFacts:
    """What is known of each cell of one slide's grid; all arrays (rows, columns).

    tissue_share, tumour_share: float32 in [0, 1]. is_ignored: bool.
    """

    tissue_share: np.ndarray
    tumour_share: np.ndarray
    is_ignored: np.ndarray
    is_exhaustive: bool = True


def truth_of_cells(regions: Sequence[Region], grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """The share of tumour in each cell (rows, columns) float32, and which cells to leave out.

    A cell that an "ignore" outline touches is left out: nobody knows what it shows.
    """
    return (
        _share_inside(tumour_geometry(regions), grid),
        _share_inside(geometry_of(regions, "ignore"), grid) > 0,
    )


def _share_inside(geometry: BaseGeometry, grid: Grid) -> np.ndarray:
    """The share of each cell inside the geometry, a band of whole cells at a time."""
    counts = np.zeros((grid.rows, grid.columns), np.int64)
    width, height = grid.columns * CELL_PX, grid.rows * CELL_PX
    for top, band in raster_bands(
        geometry, width=width, height=height, scale=grid.side_l0 / CELL_PX
    ):
        by_cell = band.reshape(-1, CELL_PX, grid.columns, CELL_PX).sum(axis=(1, 3))
        counts[top // CELL_PX : top // CELL_PX + len(by_cell)] = by_cell
    return (counts / CELL_PX**2).astype(np.float32)


def label_cells(slide_id: int, grid: Grid, facts: CellFacts, rules: Rules) -> np.ndarray:
    """The cells of one slide that may be learnt from, (n,) of dtype PATCH, split not yet set.

    Tissue share at the tissue bar or above; tumour if the tumour share is above its bar.
    Where the truth is not exhaustive only tumour counts: unmarked tissue may hold tumour.
    """
    is_usable = (facts.tissue_share >= np.float32(rules.tissue_bar)) & ~facts.is_ignored
    is_tumour = facts.tumour_share > np.float32(rules.tumour_bar)
    if not facts.is_exhaustive:
        is_usable &= is_tumour
    cells = np.argwhere(is_usable)
    patches = np.zeros(len(cells), dtype=PATCH)
    patches["slide_id"] = slide_id
    patches["row"], patches["column"] = cells.T
    corners = [grid.corner(int(row), int(column)) for row, column in cells]
    patches["x_l0"], patches["y_l0"] = np.array(corners, dtype=np.int64).reshape(-1, 2).T
    patches["tumour_share"] = facts.tumour_share[is_usable]
    patches["tissue_share"] = facts.tissue_share[is_usable]
    patches["label"] = is_tumour[is_usable]
    patches["mpp"], patches["source"] = grid.mpp, GRID
    return patches


def choose(patches: np.ndarray, patient_of: Mapping[int, str], rules: Rules) -> np.ndarray:
    """The patches of a dataset: capped per slide and class, split by patient, balanced.

    patches: of all slides, (n,) of dtype PATCH. patient_of: by slide_id; names that differ in
    case or outer blanks only are one patient.
    Raises SamplingError if a class is empty or the patients cannot be split.
    """
    _refuse_one_class(patches)
    patient_of = _one_spelling(patient_of)
    chosen = capped(patches, rules.per_slide_cap, seed=rules.seed)
    held_out = split_patients(
        _counts_by_patient(chosen, patient_of),
        validation_share=rules.validation_share,
        seed=rules.seed,
    )
    is_held_out = [patient_of[int(key)] in held_out for key in chosen["slide_id"]]
    chosen["split"] = np.where(is_held_out, VALIDATION, TRAINING)
    return chosen if rules.balance == "none" else balanced(chosen, seed=rules.seed)


def _one_spelling(patient_of: Mapping[int, str]) -> dict[int, str]:
    spellings = {name.strip().casefold(): name for name in sorted(patient_of.values())}
    return {key: spellings[name.strip().casefold()] for key, name in patient_of.items()}


def _refuse_one_class(patches: np.ndarray) -> None:
    tumour = int(np.count_nonzero(patches["label"]))
    if not tumour:
        raise SamplingError(
            f"none of {len(patches)} patches shows tumour; add slides with outlined tumour, or "
            "lower the tumour bar",
            "no_tumour",
        )
    if tumour == len(patches):
        raise SamplingError(
            f"all {tumour} patches show tumour; add normal slides, or slides whose truth is "
            "exhaustive",
            "no_normal",
        )


def _counts_by_patient(
    patches: np.ndarray, patient_of: Mapping[int, str]
) -> dict[str, tuple[int, int]]:
    counts = dict.fromkeys(sorted(set(patient_of.values())), (0, 0))
    for slide_id in np.unique(patches["slide_id"]).tolist():
        labels = patches["label"][patches["slide_id"] == slide_id]
        tumour, normal = counts[patient_of[slide_id]]
        more = int(np.count_nonzero(labels))
        counts[patient_of[slide_id]] = (tumour + more, normal + len(labels) - more)
    return {patient: pair for patient, pair in counts.items() if sum(pair)}


def capped(patches: np.ndarray, cap: int, *, seed: int) -> np.ndarray:
    """At most cap patches of each class of each slide, drawn at random."""
    return patches[_turns(patches, seed=seed) < cap]


def balanced(patches: np.ndarray, *, seed: int) -> np.ndarray:
    """As many tumour as normal patches on each side of the split.

    The larger class gives way evenly: slides with few patches of it keep them all.
    """
    turns = _turns(patches, seed=seed)
    kept = np.zeros(len(patches), dtype=bool)
    for split in np.unique(patches["split"]):
        classes = [
            np.flatnonzero((patches["split"] == split) & (patches["label"] == label))
            for label in (0, 1)
        ]
        size = min(len(members) for members in classes)
        for members in classes:
            order = np.lexsort([patches["slide_id"][members], turns[members]])
            kept[members[order[:size]]] = True
    return patches[kept]


def _turns(patches: np.ndarray, *, seed: int) -> np.ndarray:
    """Each patch's place, from 0, in a random order of its own slide and class."""
    turns = np.zeros(len(patches), dtype=np.int64)
    for slide_id in np.unique(patches["slide_id"]).tolist():
        for label in (0, 1):
            is_member = (patches["slide_id"] == slide_id) & (patches["label"] == label)
            rng = np.random.default_rng([seed, slide_id, label])
            turns[is_member] = rng.permutation(np.count_nonzero(is_member))
    return turns


# Splitting -----------------------------------------------------------------


def split_patients(
    counts: Mapping[str, tuple[int, int]], *, validation_share: float, seed: int
) -> frozenset[str]:
    """The patients held out for validation; each patient is on one side only.

    counts: (tumour, normal) patches of each patient. Patients with and without tumour are
    drawn apart, at least one of each where there are two; of 256 seeded draws the one whose
    share of patches of both classes is nearest to validation_share is taken.
    Raises SamplingError if no draw leaves both classes on both sides.
    """
    _refuse_unsplittable(counts)
    patients = sorted(counts)
    sizes = np.array([counts[patient] for patient in patients], dtype=np.float64)
    rng = np.random.default_rng(seed)
    best, best_error = None, np.inf
    for _ in range(SPLIT_DRAWS):
        is_held_out = _drawn(sizes, validation_share, rng)
        error = _split_error(sizes, is_held_out, validation_share)
        if error < best_error:
            best, best_error = is_held_out, error
    if best is None:
        raise SamplingError(
            "no split by patient leaves tumour and normal patches on both sides; add patients "
            f"(there are {len(patients)})",
            "no_split",
        )
    return frozenset(patient for patient, out in zip(patients, best, strict=True) if out)


def _refuse_unsplittable(counts: Mapping[str, tuple[int, int]]) -> None:
    if len(counts) < 2:
        raise SamplingError(
            "all patches are of one patient, so nothing could be held out; add another patient",
            "one_patient",
        )
    for place, kind in enumerate(("tumour", "normal")):
        owners = [patient for patient, pair in counts.items() if pair[place]]
        if len(owners) < 2:
            raise SamplingError(
                f"only {owners[0]!r} has {kind} patches, so validation would have none; add "
                f"another patient with {kind} tissue",
                f"no_validation_{kind}",
            )


def _drawn(sizes: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    is_held_out = np.zeros(len(sizes), dtype=bool)
    has_tumour = sizes[:, 0] > 0
    for stratum in (np.flatnonzero(has_tumour), np.flatnonzero(~has_tumour)):
        if len(stratum) > 1:
            n = min(max(1, round(share * len(stratum))), len(stratum) - 1)
            is_held_out[rng.choice(stratum, n, replace=False)] = True
    return is_held_out


def _split_error(sizes: np.ndarray, is_held_out: np.ndarray, share: float) -> float:
    held_out, total = sizes[is_held_out].sum(axis=0), sizes.sum(axis=0)
    if (held_out == 0).any() or (held_out == total).any():
        return np.inf
    return float(np.abs(held_out / total - share).sum())
