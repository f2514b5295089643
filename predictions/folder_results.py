"""A folder of result files: `<slide>.csv` of detections, `slides.csv` of slide probabilities,
`stages.csv` of patient stages; each of the three may be absent.

What is wrong in any of the files is told at once, row by row, and then nothing is taken.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from predictions.challenge_files import (
    Refusal,
    RefusedFiles,
    read_lesions,
    read_slide_scores,
    read_stages,
    slide_key,
)
from predictions.truth_folder import TruthFolder, slide_size

SLIDE_SCORES = "slides.csv"
STAGES = "stages.csv"
UNKNOWN = "the slide is unknown; it has no truth here"

Content = TypeVar("Content")


@dataclass(frozen=True)
class Results:
    """detections: (n, 3) by slide key. scores, stages: by slide key and patient, None if absent."""

    detections: dict[str, np.ndarray]
    scores: dict[str, float] | None
    stages: dict[str, str] | None


def read_results(folder: Path, truth: TruthFolder) -> Results:
    """All results in a folder, each of a slide or patient that the truth knows.

    Raises RefusedFiles with every row that is wrong, ValueError where there is nothing to score.
    """
    if not folder.is_dir():
        raise ValueError(f"{folder} is no folder; give the folder of result files")
    refusals: list[Refusal] = []
    detections = _detections(folder, truth, refusals)
    names = [slide.name for slide in truth.slides.values()]
    scores = _taken(refusals, folder / SLIDE_SCORES, lambda path: read_slide_scores(path, names))
    stages = _taken(refusals, folder / STAGES, lambda path: read_stages(path)[0])
    refusals += [
        Refusal(STAGES, 0, f"patient {name} is unknown; the truth has no stage of it")
        for name in sorted((stages or {}).keys() - truth.stages.keys())
    ]
    if refusals:
        raise RefusedFiles(refusals)
    if not detections and scores is None and stages is None:
        raise ValueError(
            f"{folder} holds no results: neither <slide>.csv nor {SLIDE_SCORES} nor {STAGES}"
        )
    by_key = None if scores is None else {slide_key(name): one for name, one in scores.items()}
    return Results(detections, by_key, stages)


def _detections(folder: Path, truth: TruthFolder, refusals: list[Refusal]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.csv")):
        if path.name in (SLIDE_SCORES, STAGES) or path.name.startswith("."):
            continue
        key = slide_key(path.name)
        slide = truth.slides.get(key)
        if slide is None or key in found:
            reason = "is a second file of its slide; keep one" if slide else UNKNOWN
            refusals.append(Refusal(path.name, 0, reason))
            continue
        rows = _taken(refusals, path, partial(read_lesions, size_l0=slide_size(slide)))
        if rows is not None:
            found[key] = rows
    return found


def _taken(refusals: list[Refusal], path: Path, read: Callable[[Path], Content]) -> Content | None:
    """What a file holds; None where there is none, or where its refusals were added."""
    if not path.exists():
        return None
    try:
        return read(path)
    except RefusedFiles as error:
        refusals.extend(error.refusals)
        return None
