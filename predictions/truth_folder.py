"""A folder of ground truth, as the CAMELYON challenges hand it out, read without a database.

Masks (TIFF) or outlines (ASAP XML, GeoJSON, NCRF JSON), one file a slide, named like it with or
without _mask. `reference.csv`: slide, Tumor or Normal, histotype, Macro or Micro or None, as the
test set's; or with a header that names its columns, of which it may have more (see COLUMNS).
`stages.csv` (or stage_labels.csv): CAMELYON17's stages.

What a slide is comes from here and never from its name: a list, or what its file holds.
"""

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from predictions.challenge_files import Refusal, RefusedFiles, read_stages, slide_key
from predictions.lesions import ORGANISERS_SCALE
from predictions.scoring_masks import Cells, count_blocks, mask_scale
from predictions.staging import NODE_CLASSES
from slides.mask_blocks import blocks_of, declared_labels, declared_value, opened_mask
from slides.mask_reader import labels_of
from slides.outlines import Reading
from slides.regions import rasterise
from slides.truth_files import read_truth
from slides.truth_folders import SUFFIXES, find_truth, slide_name_of

MASKS = (".tif", ".tiff")
REFERENCE = "reference.csv"
STAGES = ("stages.csv", "stage_labels.csv")
COLUMNS = (
    "image", "class", "histotype", "size", "patient", "width", "height", "mpp", "exhaustive",
    "centre", "scanner", "stain",
)  # fmt: skip
GROUPS = ("size", "histotype", "centre", "scanner", "stain")
CLASSES = {"tumor": True, "tumour": True, "normal": False, "negative": False}
SIZES = {"macro": "macro", "micro": "micro", "itc": "itc", "none": "", "": ""}


@dataclass(frozen=True)
class TruthSlide:
    """What a folder says of a slide. is_tumour: None where no list says. path: of its outlines.

    size_l0: width and height; mpp: um per px; None where unknown. groups: by name of the group.
    """

    name: str
    path: Path | None = None
    is_tumour: bool | None = None
    patient: str = ""
    size_l0: tuple[int, int] | None = None
    mpp: float | None = None
    is_exhaustive: bool = True
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class TruthFolder:
    """slides: by key (challenge_files.slide_key). stages: by patient."""

    slides: dict[str, TruthSlide]
    stages: dict[str, str]


def read_truth_folder(folder: Path) -> TruthFolder:
    """All slides that lists or files below a folder name. Raises RefusedFiles, ValueError."""
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give the folder of masks or outlines")
    files = _files_by_slide(folder)
    path = next((folder / name for name in STAGES if (folder / name).exists()), None)
    stages, nodes = read_stages(path) if path else ({}, {})
    listed = {slide_key(name): _node(name, kind) for name, kind in nodes.items()}
    if (reference := folder / REFERENCE).exists():
        listed |= read_reference(reference)
    slides = {}
    for key in sorted(files.keys() | listed.keys()):
        own = files.get(key)
        slide = listed.get(key) or TruthSlide(slide_name_of(own) if own else key)
        slides[key] = replace(slide, path=own)
    if not slides and not stages:
        raise ValueError(
            f"{folder} holds no truth: neither {REFERENCE} nor masks or outlines "
            f"({', '.join(SUFFIXES)}) nor {STAGES[0]}"
        )
    return TruthFolder(slides, stages)


def _files_by_slide(folder: Path) -> dict[str, Path]:
    """One file a slide; a mask before the outlines it was made from, as the organisers read it.

    TIFFs without _mask in their name are masks only where no TIFF has it: else they are slides.
    """
    found = find_truth(folder).files
    if not any(path.suffix.lower() in MASKS for paths in found.values() for path in paths):
        for path in sorted(folder.rglob("*")):
            if path.suffix.lower() in MASKS and not path.name.startswith("."):
                found.setdefault(slide_name_of(path), []).append(path)
    return {
        slide_key(name): min(paths, key=lambda path: path.suffix.lower() not in MASKS)
        for name, paths in found.items()
    }


def _node(name: str, kind: str) -> TruthSlide:
    """A slide of CAMELYON17. Its patients are made up, so that each slide is its own."""
    is_tumour = kind != NODE_CLASSES[0]
    return TruthSlide(name, is_tumour=is_tumour, groups={"size": kind} if is_tumour else {})


# The list ------------------------------------------------------------------


def read_reference(path: Path) -> dict[str, TruthSlide]:
    """Slides by key, as a list names them. Raises RefusedFiles with all rows that are wrong."""
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = [[cell.strip() for cell in row] for row in csv.reader(file)]
    columns: tuple[str, ...] = COLUMNS[:4]
    first = 0
    if rows and "image" in (words := [cell.lower() for cell in rows[0]]):
        columns, first = tuple(words), 1
    unknown = sorted(set(columns) - set(COLUMNS))
    if unknown:
        reason = f"columns {', '.join(unknown)} are unknown; expected {', '.join(COLUMNS)}"
        raise RefusedFiles([Refusal(path.name, 1, reason)])
    slides: dict[str, TruthSlide] = {}
    refusals = []
    for number, row in enumerate(rows[first:], start=first + 1):
        if not any(row):
            continue
        try:
            slide = _listed(dict(zip(columns, row, strict=False)))
            if slides.setdefault(slide_key(slide.name), slide) is not slide:
                raise ValueError(f"{slide.name} is listed twice; keep one row of it")
        except ValueError as error:
            refusals.append(Refusal(path.name, number, str(error)))
    if refusals:
        raise RefusedFiles(refusals)
    return slides


def _listed(row: Mapping[str, str]) -> TruthSlide:
    cell = {column: row.get(column, "") for column in COLUMNS}
    if cell["class"].lower() not in CLASSES:
        raise ValueError(f"class is {cell['class']!r}; expected Tumor or Normal")
    if cell["size"].lower() not in SIZES:
        raise ValueError(f"size is {cell['size']!r}; expected Macro, Micro, ITC or None")
    size = SIZES[cell["size"].lower()]
    width, height = (_above_0(cell[side], side) for side in ("width", "height"))
    return TruthSlide(
        name=Path(cell["image"]).stem if cell["image"].lower().endswith(MASKS) else cell["image"],
        is_tumour=CLASSES[cell["class"].lower()],
        patient=cell["patient"],
        size_l0=(int(width), int(height)) if width and height else None,
        mpp=_above_0(cell["mpp"], "mpp"),
        is_exhaustive=cell["exhaustive"].lower() not in {"no", "false", "0"},
        groups={name: value for name in GROUPS if (value := {**cell, "size": size}[name])},
    )


def _above_0(cell: str, name: str) -> float | None:
    if not cell:
        return None
    try:
        value = float(cell)
    except ValueError:
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} is {cell!r}; expected a number above 0, or nothing")
    return value


# Masks ---------------------------------------------------------------------


def evaluation_mask(
    path: Path,
    *,
    size_l0: tuple[int, int] | None = None,
    tumour_value: int | None = None,
    downsample: int = ORGANISERS_SCALE,
) -> np.ndarray:
    """Where a slide holds tumour, bool (rows, columns), at level 5 as the organisers look at it.

    A mask's own page of that level is taken as it is. Without one, a px is tumour where any of
    the finer px in it is, and of outlines where its middle lies in them. Raises TruthError where
    a mask leaves open what is tumour, ValueError where outlines come without the slide's size.
    """
    if path.suffix.lower() in MASKS:
        return _mask_at(path, size_l0, tumour_value, downsample)
    truth = read_truth(path, Reading())
    width, height = size_l0 or (truth.width_l0, truth.height_l0)
    if not width or not height:
        raise ValueError(
            f"{path.name} are outlines, which do not say how large the slide is; give its width "
            f"and height in {REFERENCE}, or a mask"
        )
    columns, rows = math.ceil(width / downsample), math.ceil(height / downsample)
    return rasterise(truth.regions, width=columns, height=rows, scale=downsample)


def _mask_at(
    path: Path, size_l0: tuple[int, int] | None, tumour_value: int | None, downsample: int
) -> np.ndarray:
    with opened_mask(path) as largest:
        width, height = size_l0 or (int(largest.imagewidth), int(largest.imagelength))
        page, scale, cells = largest, 1.0, _cells(width, height, downsample)
        for other in (one.aspage() for one in largest.parent.pages):
            size = int(other.imagewidth), int(other.imagelength)
            sides = zip((width, height), size, strict=True)
            if all(own in {side // downsample, -(-side // downsample)} for side, own in sides):
                # its own px are the cells
                page, cells = other, Cells(*size, size[1], size[0], 1.0)
        if page is largest:
            scale = mask_scale((int(page.imagewidth), int(page.imagelength)), cells, path.name)
        if scale > downsample:
            raise ValueError(
                f"{path.name} is {scale:g} times smaller than the slide; lesions are told apart "
                f"at {downsample} times: give a finer mask"
            )
        counts = count_blocks(blocks_of(page), cells, scale=scale, file_name=path.name)
        area = int(page.imagewidth) * int(page.imagelength)
        declared = (declared_value(largest), declared_labels(largest)[0])
    has_rest = sum(int(own.sum()) for own in counts.values()) < area
    labels = labels_of(sorted(counts) + [0] * has_rest, tumour_value, declared, path.name)
    is_tumour = np.zeros((cells.rows, cells.columns), bool)
    for value, label in labels.items():
        if label == "tumour" and value in counts:
            is_tumour |= counts[value] > 0
    return is_tumour


def _cells(width: int, height: int, downsample: int) -> Cells:
    rows, columns = math.ceil(height / downsample), math.ceil(width / downsample)
    return Cells(width, height, rows, columns, float(downsample))


def slide_size(slide: TruthSlide) -> tuple[int, int] | None:
    """Width and height in level-0 px: as listed, else of the mask's largest page, else None."""
    if slide.size_l0 or slide.path is None or slide.path.suffix.lower() not in MASKS:
        return slide.size_l0
    with opened_mask(slide.path) as page:
        return int(page.imagewidth), int(page.imagelength)
