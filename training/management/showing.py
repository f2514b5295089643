"""What a command shows of a job while it works, and how Ctrl-C ends it in order."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import OutputWrapper

from slides.jobs import Cancelled

SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Watches a job's reports. On a terminal one line is rewritten, else one comes now and then.

    Raises Cancelled in the job once Ctrl-C was pressed.
    """

    def __init__(self, out: OutputWrapper | None, unit: str) -> None:
        self.out, self.unit = out, unit
        self.is_stopped = False
        self._began = self._shown = time.monotonic()
        self._first, self._done, self._total = 0, 0, 0

    def __call__(self, done: int, total: int) -> None:
        if self.is_stopped:
            raise Cancelled
        if self.out is None or not total:
            return
        clock = time.monotonic()
        if total != self._total or done < self._done:  # another stretch of work
            self._began, self._first, self._total = clock, done, total
        self._done = done
        is_terminal = self.out.isatty()
        if not is_terminal and clock - self._shown < SECONDS_BETWEEN_LINES and done < total:
            return
        self._shown = clock
        self.out.write(self._line(done, clock), ending=self._ending(done, is_terminal))

    def _ending(self, done: int, is_terminal: bool) -> str:
        return "\r" if is_terminal and done < self._total else "\n"

    def _line(self, done: int, clock: float) -> str:
        rate = (done - self._first) / max(clock - self._began, 1e-9)
        left = f", {(self._total - done) / rate:.0f} s left" if rate > 0 else ""
        return f"  {done} of {self._total} {self.unit}, {rate:.0f}/s{left}      "

    @contextmanager
    def stopped_by_interrupt(self) -> Iterator[None]:
        """Let Ctrl-C cancel the job, so that its row does not stay "running"."""

        def stop(*_: object) -> None:
            self.is_stopped = True

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)
