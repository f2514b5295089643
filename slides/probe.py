"""Look into a slide nobody has vouched for, in a process of its own with limits.

`python -m slides.probe check PATH` prints the slide's facts as JSON, `depict PATH FOLDER` writes
its thumbnail and tissue mask.
"""

import errno
import json
import sys
from pathlib import Path
from typing import Any

from slides.formats import SlideError, require_file
from slides.guarded import Crashed, Guard, Tick, TimedOut

GUARD = Guard(
    "slides.probe",
    memory_bytes=6 * 1024**3,
    cpu_seconds=120,
    wall_seconds=300,
    output_bytes=256 * 1024**2,
)
THUMBNAIL, TISSUE = "thumbnail.jpeg", "tissue.png"


def check(path: Path, *, mpp: float | None = None, tick: Tick | None = None) -> dict[str, Any]:
    """A slide's facts: vendor, width, height, levels, mpp, mpp_source, is_synthetic.

    tick is called about once a second, and may raise to stop. Raises SlideError with a code:
    not_found, not_a_slide, flat_image, incomplete, unreadable, too_small, too_large, crashed,
    timed_out.
    """
    options = [] if mpp is None else ["--mpp", repr(mpp)]
    return _run("check", path, options, tick)


def depict(path: Path, folder: Path, *, tick: Tick | None = None) -> dict[str, Any]:
    """Write thumbnail.jpeg and tissue.png into folder; give tissue_share and tissue_scale_x, _y.

    Raises SlideError as `check` does, and with no_tissue.
    """
    return _run("depict", path, [str(folder)], tick)


def _run(verb: str, path: Path, options: list[str], tick: Tick | None) -> dict[str, Any]:
    require_file(path)
    try:
        outcome = GUARD.answer([verb, str(path.absolute()), *options], tick=tick)
    except TimedOut as error:
        raise SlideError(
            f"Reading {path.name} took too long and was stopped. Convert it to a pyramidal tiled "
            "TIFF, or try again when the machine is less busy.",
            "timed_out",
        ) from error
    except Crashed as crash:
        raise SlideError(
            f"{path.name} made the slide reader crash ({crash}). "
            "The file is damaged or hostile; copy or export it again.",
            "crashed",
        ) from crash
    if "error" in outcome:
        raise SlideError(outcome["error"], outcome["code"])
    return outcome


# In the child ----------------------------------------------------------------


def main(arguments: list[str]) -> None:
    """Answer one question on standard output, as JSON: facts, or an error and its code."""
    # Slide readers are loaded by the child alone; the parent only asks.
    from slides import inspection  # noqa: PLC0415 -- slow import

    GUARD.limit_resources()
    verb, path, *options = arguments
    try:
        if verb == "check":
            outcome = inspection.facts(Path(path), mpp=float(options[1]) if options else None)
        else:
            outcome = inspection.depict(
                Path(path), Path(options[0], THUMBNAIL), Path(options[0], TISSUE)
            )
    except MemoryError:
        outcome = {
            "error": f"{Path(path).name} needs too much memory to read.",
            "code": "too_large",
        }
    except SlideError as error:
        outcome = {"error": str(error), "code": error.code}
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        outcome = {"error": "The disk is full; make room and try again.", "code": "disk_full"}
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main(sys.argv[1:])
