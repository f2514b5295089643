"""A small Celery application on a spool folder, for tests that kill real workers.

Tasks write one line per event to the journal: `<event> <word> <was it delivered before> <pid>`.
"""

import os
import time
from pathlib import Path

from celery import Celery, Task

import config.spool

config.spool.register()


def connected_to(home: Path) -> Celery:
    """A Celery application whose messages lie in the home's spool folder."""
    app = Celery("spool_test", broker="spool://localhost", set_as_current=False)
    app.conf.update(
        broker_transport_options={"folder": str(home / "spool"), "polling_interval": 0.05},
        broker_connection_retry_on_startup=True,
        task_acks_late="SPOOL_TEST_EARLY_ACK" not in os.environ,
        task_reject_on_worker_lost=True,
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_soft_shutdown_timeout=0.0,
    )
    return app


HOME = Path(os.environ.get("SPOOL_TEST_HOME", "/nonexistent"))
app = connected_to(HOME)


def note(event: str, word: str, *, is_again: bool) -> None:
    line = f"{event} {word} {'again' if is_again else 'first'} {os.getpid()}\n"
    with (HOME / "journal").open("a") as journal:
        journal.write(line)


@app.task(bind=True, name="say")
def say(self: Task, word: str, seconds: float = 0.0) -> None:
    """Work for some seconds on a first delivery and not at all on a later one."""
    is_again = bool(self.request.delivery_info["redelivered"])
    note("began", word, is_again=is_again)
    time.sleep(0.0 if is_again else seconds)
    note("ended", word, is_again=is_again)
