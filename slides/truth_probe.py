"""Read a truth file that somebody sent, in a process of its own with limits.

`python -m slides.truth_probe PATH FOLDER` reads the question from FOLDER, leaves regions and
outlines there and prints the summary as JSON (see truth_preview).
"""

import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from shapely.errors import GEOSException

from slides.guarded import Crashed, Guard, TimedOut
from slides.outlines import TruthError
from slides.truth_preview import PROGRESS, write_preview

GUARD = Guard(
    "slides.truth_probe",
    memory_bytes=4 * 1024**3,
    cpu_seconds=180,
    wall_seconds=600,
    output_bytes=1024**3,
)
QUESTION = "question.json"
SECONDS_BETWEEN_WORDS = 0.3


def preview(
    path: Path, question: Mapping[str, Any], folder: Path, tick: Callable[[int, int], None]
) -> dict[str, Any]:
    """The summary of a truth file (see truth_preview.write_preview).

    tick is told about once a second how much of the file is read, of how much; it may raise to
    stop. Raises TruthError with a code, among them timed_out, crashed and too_large.
    """
    (folder / QUESTION).write_text(json.dumps(question))
    try:
        arguments = [str(path.absolute()), str(folder.absolute())]
        outcome = GUARD.answer(arguments, tick=lambda: tick(*_progress(folder)))
    except TimedOut as error:
        raise TruthError(
            f"Reading {path.name} took more than {GUARD.cpu_seconds // 60} minutes and was "
            "stopped. Its outlines may cross themselves over and over: simplify them, or give a "
            "mask TIFF.",
            "timed_out",
        ) from error
    except Crashed as crash:
        raise TruthError(
            f"Reading {path.name} broke off ({crash}). The file is damaged or hostile; copy or "
            "export it again.",
            "crashed",
        ) from crash
    if "error" in outcome:
        raise TruthError(outcome["error"], outcome["code"])
    return outcome


def _progress(folder: Path) -> tuple[int, int]:
    try:
        done, total = (folder / PROGRESS).read_text().split()
    except (FileNotFoundError, ValueError):
        return 0, 0
    return int(done), int(total)


# In the child ----------------------------------------------------------------


class _Told:
    """Leaves a word on progress where the parent finds it, a few times a second."""

    def __init__(self, folder: Path) -> None:
        self.path, self.last = folder / PROGRESS, 0.0

    def __call__(self, done: int, total: int) -> None:
        clock = time.monotonic()
        if clock - self.last > SECONDS_BETWEEN_WORDS:
            self.last = clock
            self.path.write_text(f"{done} {total}")


def main(arguments: list[str]) -> None:
    path, folder = map(Path, arguments)
    GUARD.limit_resources()
    question = json.loads((folder / QUESTION).read_text())
    try:
        outcome = write_preview(path, question, folder, _Told(folder))
    except (MemoryError, GEOSException):  # GEOS tells of exhausted memory by its own exception
        outcome = {
            "error": f"{path.name} needs more than {GUARD.memory_bytes / 2**30:.0f} GB of memory "
            "to read: its outlines may cross themselves over and over. Simplify them, or give a "
            "mask TIFF.",
            "code": "too_large",
        }
    except TruthError as error:
        outcome = {"error": str(error), "code": error.code}
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main(sys.argv[1:])
