"""Look into a file nobody has vouched for, in a process of its own with limits.

`python -m slides.probe check PATH` prints the slide's facts as JSON, `depict PATH FOLDER` writes
its thumbnail and tissue mask. Slide readers are native code: a hostile file may crash them,
hang them or ask for all memory, and then takes down this process and no worker.
"""

import errno
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from slides.formats import SlideError, require_file

ROOT = Path(__file__).resolve().parent.parent
MEMORY_BYTES = 6 * 1024**3
CPU_SECONDS = 120
WALL_SECONDS = 300
OUTPUT_BYTES = 256 * 1024**2
TICK_SECONDS = 0.05
THUMBNAIL, TISSUE = "thumbnail.jpeg", "tissue.png"

Tick = Callable[[], None]


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
    command = [sys.executable, "-m", "slides.probe", verb, str(path.absolute()), *options]
    with tempfile.TemporaryFile() as answer, tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(
            command,
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=answer,
            stderr=complaints,
            start_new_session=True,
        )
        try:
            _wait(child, path.name, tick)
        finally:
            child.kill()
            child.wait()
        answer.seek(0)
        complaints.seek(0)
        return _outcome(child.returncode, answer.read(), complaints.read(), path.name)


def _environment() -> dict[str, str]:
    # A thread pool per numeric library would count against the memory limit.
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return os.environ | one_thread | {"PYTHONPATH": str(ROOT)}


def _wait(child: subprocess.Popen[bytes], name: str, tick: Tick | None) -> None:
    """Wait for the child to end; SlideError (timed_out) if it takes too long."""
    started = ticked = time.monotonic()
    while child.poll() is None:
        time.sleep(TICK_SECONDS)
        clock = time.monotonic()
        if clock - started > WALL_SECONDS:
            raise _timed_out(name)
        if tick and clock - ticked > 1:
            ticked = clock
            tick()


def _outcome(code: int, answer: bytes, complaints: bytes, name: str) -> dict[str, Any]:
    if code == -signal.SIGXCPU:
        raise _timed_out(name)
    try:
        outcome = json.loads(answer)
    except ValueError:
        outcome = None
    if code or not isinstance(outcome, dict):
        last = complaints.decode(errors="replace").strip().splitlines()[-1:]
        detail = "".join(f", {line[:200]}" for line in last)
        raise SlideError(
            f"{name} made the slide reader crash (exit {code}{detail}). "
            "The file is damaged or hostile; copy or export it again.",
            "crashed",
        )
    if "error" in outcome:
        raise SlideError(outcome["error"], outcome["code"])
    return outcome


def _timed_out(name: str) -> SlideError:
    return SlideError(
        f"Reading {name} took too long and was stopped. Convert it to a pyramidal tiled TIFF, "
        "or try again when the machine is less busy.",
        "timed_out",
    )


# In the child ----------------------------------------------------------------


def _limit_resources() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, OUTPUT_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (most, most))


def main(arguments: list[str]) -> None:
    """Answer one question on standard output, as JSON: facts, or an error and its code."""
    # Slide readers are loaded by the child alone; the parent only asks.
    from slides import inspection  # noqa: PLC0415 -- slow import

    _limit_resources()
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
