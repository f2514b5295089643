"""Run a module of ours in a process of its own, with limits, for files nobody has vouched for.

Readers of files are native code: a hostile file may crash them, hang them or ask for all memory,
and then takes down this process and no web server or worker.
"""

import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
TICK_SECONDS = 0.05

Tick = Callable[[], None]


class TimedOut(Exception):
    """The process took longer than it may."""


class Crashed(Exception):
    """The process ended without an answer."""


@dataclass(frozen=True)
class Guard:
    """A module to run, which answers on standard output with one JSON object, and its limits."""

    module: str
    memory_bytes: int
    cpu_seconds: int
    wall_seconds: int
    output_bytes: int

    def answer(self, arguments: Sequence[str], *, tick: Tick | None = None) -> dict[str, Any]:
        """What the module says. tick is called about once a second, and may raise to stop.

        Raises TimedOut or Crashed.
        """
        command = [sys.executable, "-m", self.module, *arguments]
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
                self._wait(child, tick)
            finally:
                child.kill()
                child.wait()
            answer.seek(0)
            complaints.seek(0)
            return _outcome(child.returncode, answer.read(), complaints.read())

    def _wait(self, child: subprocess.Popen[bytes], tick: Tick | None) -> None:
        started = ticked = time.monotonic()
        while child.poll() is None:
            time.sleep(TICK_SECONDS)
            clock = time.monotonic()
            if clock - started > self.wall_seconds:
                raise TimedOut
            if tick and clock - ticked > 1:
                ticked = clock
                tick()

    def limit_resources(self) -> None:
        """Bind this process, the child, to the limits."""
        for kind, most in (
            (resource.RLIMIT_AS, self.memory_bytes),
            (resource.RLIMIT_CPU, self.cpu_seconds),
            (resource.RLIMIT_FSIZE, self.output_bytes),
            (resource.RLIMIT_CORE, 0),
        ):
            hard = resource.getrlimit(kind)[1]
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))


def _environment() -> dict[str, str]:
    # A thread pool per numeric library would count against the memory limit.
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    return os.environ | one_thread | {"PYTHONPATH": str(ROOT)}


def _outcome(code: int, answer: bytes, complaints: bytes) -> dict[str, Any]:
    if code == -signal.SIGXCPU:
        raise TimedOut
    try:
        outcome = json.loads(answer)
    except ValueError:
        outcome = None
    if code or not isinstance(outcome, dict):
        last = complaints.decode(errors="replace").strip().splitlines()[-1:]
        detail = "".join(f", {line[:200]}" for line in last)
        raise Crashed(f"exit {code}{detail}")
    return outcome
