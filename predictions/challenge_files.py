"""The CAMELYON challenges' result files: lesions and slide scores (16), stages (17).

Lesions: one CSV a slide, named like it, no header, each row confidence, X, Y in level-0 px; an
empty file says that nothing was found. Slides: one CSV of image name and probability. Stages: one
CSV of names and stages, in which the rows that end in .zip are patients and the others slides.

What cannot be meant is refused row by row, and all of it told at once; no row is left out.
"""

import csv
import io
import math
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from predictions.staging import NODE_CLASSES, STAGES

SHOWN = 20
PATIENT = ".zip"
IMAGES = {".tif", ".tiff", ".svs", ".ndpi", ".mrxs", ".vms", ".scn", ".bif", ".dcm", ".csv"}
HEADERS = {
    "lesions": ("confidence", "x", "y"),
    "slides": ("image", "probability"),
    "stages": ("patient", "stage"),
}
_SAME_HEADERS = {"name": "image", "filename": "image", "slide": "image", "score": "probability"}

Row = TypeVar("Row")
Value = TypeVar("Value")


@dataclass(frozen=True)
class Refusal:
    """One thing wrong in a file. row: counted from 1; 0 where it is the file as a whole."""

    file: str
    row: int
    reason: str

    def __str__(self) -> str:
        place = f"row {self.row}: " if self.row else ""
        return f"{self.file}: {place}{self.reason}"


class RefusedFiles(ValueError):
    """Result files that are not taken, with every row that is wrong and why."""

    def __init__(self, refusals: Iterable[Refusal]) -> None:
        self.refusals = tuple(refusals)
        lines = [str(one) for one in self.refusals[:SHOWN]]
        if len(self.refusals) > SHOWN:
            lines.append(f"and {len(self.refusals) - SHOWN} more")
        super().__init__("\n".join(lines))


class _RowError(ValueError):
    """What is wrong with one row."""


# Reading -------------------------------------------------------------------


def read_lesions(path: Path, *, size_l0: tuple[int, int] | None = None) -> np.ndarray:
    """A slide's detections, (n, 3) confidence, x, y.

    size_l0: the slide's width and height; None where unknown, which leaves far edges unchecked.
    Raises RefusedFiles.
    """
    rows = _each(path, "lesions", lambda row: _detection(row, size_l0))
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def read_slide_scores(path: Path, slides: Iterable[str]) -> dict[str, float]:
    """Probability by slide, under the names given here, which also say what slides there are.

    Names are compared without ending and case. Slides that the file does not name are missing
    from the answer. Raises RefusedFiles.
    """
    names = {slide_key(name): name for name in slides}

    def pair(row: Sequence[str]) -> tuple[str, float]:
        _check_width(row, 2, "image name and probability")
        return _known(row[0], names), _probability(row[1])

    return _unique(path, "slides", pair)


def read_stages(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Stage by patient, and class by slide where the file says it, each without its ending.

    Raises RefusedFiles.
    """

    def pair(row: Sequence[str]) -> tuple[str, str]:
        _check_width(row, 2, "name and stage")
        is_patient = row[0].lower().endswith(PATIENT)
        return row[0].lower() if is_patient else slide_key(row[0]), _stage(row[1], is_patient)

    found = _unique(path, "stages", pair)
    patients = {name: stage for name, stage in found.items() if name.endswith(PATIENT)}
    return (
        {name.removesuffix(PATIENT): stage for name, stage in patients.items()},
        {name: stage for name, stage in found.items() if name not in patients},
    )


def _each(path: Path, kind: str, read: Callable[[Sequence[str]], Row]) -> list[Row]:
    """Each row as it is read; RefusedFiles with all rows that cannot be."""
    rows, refusals = [], []
    for number, cells in _rows(path, kind):
        try:
            rows.append(read(cells))
        except _RowError as error:
            refusals.append(Refusal(path.name, number, str(error)))
    if refusals:
        raise RefusedFiles(refusals)
    return rows


def _unique(
    path: Path, kind: str, read: Callable[[Sequence[str]], tuple[str, Value]]
) -> dict[str, Value]:
    """Rows of name and value as a dict; a name that comes twice is refused."""
    found: dict[str, Value] = {}

    def once(row: Sequence[str]) -> None:
        name, value = read(row)
        if name in found:
            raise _RowError(f"{name} is given twice; keep one row of it")
        found[name] = value

    _each(path, kind, once)
    return found


def _rows(path: Path, kind: str) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each row that is not blank, without a header of known words."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = f"is no CSV of UTF-8 text ({error}); export it again"
        raise RefusedFiles([Refusal(path.name, 0, reason)]) from error
    for number, row in enumerate(rows, start=1):
        cells = [cell.strip() for cell in row]
        if any(cells) and not (number == 1 and _is_header(cells, kind)):
            yield number, cells


def _is_header(cells: Sequence[str], kind: str) -> bool:
    words = [_SAME_HEADERS.get(cell.lower(), cell.lower()) for cell in cells]
    return tuple(words) == HEADERS[kind]


def _detection(row: Sequence[str], size_l0: tuple[int, int] | None) -> tuple[float, float, float]:
    _check_width(row, 3, "confidence, X, Y")
    x, y = _number(row[1], "X"), _number(row[2], "Y")
    width, height = size_l0 or (math.inf, math.inf)
    if not (0 <= x < width and 0 <= y < height):
        size = f"{width} x {height} px" if size_l0 else "0 or above"
        raise _RowError(f"({row[1]}, {row[2]}) lies outside the slide ({size}); give level-0 px")
    return _probability(row[0]), x, y


def _check_width(row: Sequence[str], columns: int, names: str) -> None:
    if len(row) != columns:
        raise _RowError(f"{len(row)} columns; expected {columns}, parted by commas: {names}")


def _number(cell: str, what: str) -> float:
    try:
        value = float(cell.replace("_", "?"))  # 1_000 is a number to Python alone
    except ValueError:
        raise _RowError(f"{what} is {cell!r}; expected a number") from None
    if not math.isfinite(value):
        raise _RowError(f"{what} is {cell}; expected a finite number")
    return value


def _probability(cell: str) -> float:
    value = _number(cell, "the probability")
    if not 0 <= value <= 1:
        raise _RowError(f"the probability is {cell}; expected 0 to 1")
    return value


def _known(cell: str, names: Mapping[str, str]) -> str:
    if slide_key(cell) not in names:
        raise _RowError(f"slide {cell!r} is unknown; it has no truth here")
    return names[slide_key(cell)]


def _stage(cell: str, is_patient: bool) -> str:
    kinds = STAGES if is_patient else NODE_CLASSES
    for kind in kinds:
        if kind.lower() == cell.lower():
            return kind
    what = "a patient's stage" if is_patient else "a slide's class"
    raise _RowError(f"{cell!r} is no {what.removeprefix('a ')}; expected {', '.join(kinds)}")


def slide_key(name: str) -> str:
    """A slide's name without folder and endings, in lower case: what its spellings share."""
    path = Path(name.strip().replace("\\", "/").lower())
    while path.suffix in IMAGES:
        path = Path(path.stem)
    return path.name


# Writing -------------------------------------------------------------------


def write_lesions(path: Path, detections: np.ndarray) -> None:
    """Detections (n, 3) as confidence, X, Y. The organisers' script reads whole px only, so
    coordinates are cut off to the px they lie in; confidences keep every digit."""
    lines = [
        [repr(float(confidence)), str(math.floor(x)), str(math.floor(y))]
        for confidence, x, y in np.asarray(detections).reshape(-1, 3).tolist()
    ]
    _write(path, lines)


def write_slide_scores(path: Path, scores: Mapping[str, float]) -> None:
    """Probability by slide, slides in order of name."""
    _write(path, [[name, repr(float(scores[name]))] for name in sorted(scores)])


def write_stages(
    path: Path, patients: Mapping[str, str], nodes: Mapping[str, str] | None = None
) -> None:
    """CAMELYON17's file: a row for each patient (.zip) and, where known, for each slide (.tif)."""
    lines = [["patient", "stage"]]
    lines += [[f"{name}{PATIENT}", patients[name]] for name in sorted(patients)]
    lines += [[f"{name}.tif", nodes[name]] for name in sorted(nodes or {}) if nodes]
    _write(path, lines)


def _write(path: Path, lines: Iterable[Sequence[str]]) -> None:
    """The file appears whole or not at all."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text.getvalue(), encoding="utf-8")
    partial.replace(path)
