"""What becomes of messages when real workers are killed, stopped and asked."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.config.spool_app import connected_to

ROOT = Path(__file__).resolve().parents[2]
SECONDS_TO_WAIT = 60.0

pytestmark = [pytest.mark.broker, pytest.mark.timeout(180)]


def wait_until(claim: Callable[[], object]) -> None:
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while not claim():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


class Site:
    """A spool folder, its journal, and the processes started on them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.app = connected_to(home)
        self.processes: list[subprocess.Popen] = []

    def python(self, *arguments: str, **variables: str) -> subprocess.Popen:
        environment = os.environ | {"SPOOL_TEST_HOME": str(self.home)} | variables
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        with (self.home / "log").open("a") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=environment,
                start_new_session=True,
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def worker(self, *, name: str = "one", **variables: str) -> subprocess.Popen:
        began = self.log.count(" ready.")
        process = self.python(
            *("-m", "celery", "-A", "tests.config.spool_app", "worker"),
            *("--concurrency", "1", "--hostname", f"{name}@here", "--loglevel", "INFO"),
            *("--without-mingle", "--without-gossip"),
            **variables,
        )
        wait_until(lambda: self.log.count(" ready.") > began)
        return process

    def send(self, *words: str, seconds: float = 120.0) -> list[str]:
        """Publish one task per word; only the first works for that long. Gives the task ids."""
        spans = [seconds, *[0.0] * (len(words) - 1)]
        sent = [self.app.send_task("say", pair) for pair in zip(words, spans, strict=True)]
        return [task.id for task in sent]

    def events(self) -> list[str]:
        """What the journal says, without the process ids."""
        journal = self.home / "journal"
        lines = journal.read_text().splitlines() if journal.exists() else []
        return [line.rpartition(" ")[0] for line in lines]

    def pid_at(self, event: str) -> int:
        lines = (self.home / "journal").read_text().splitlines()
        return next(int(line.split()[-1]) for line in lines if line.startswith(event))

    def wait_for(self, event: str) -> None:
        wait_until(lambda: event in self.events())

    @property
    def log(self) -> str:
        path = self.home / "log"
        return path.read_text() if path.exists() else ""

    def messages(self) -> list[Path]:
        """Every task message, waiting or taken."""
        spool = self.home / "spool"
        return [*spool.glob("queues/celery/*.json"), *spool.glob("claimed/*/celery/*.json")]

    def close(self) -> None:
        for process in self.processes:
            kill(process)


def kill(process: subprocess.Popen) -> None:
    """End the whole group at once, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.close()


def test_a_killed_worker_group_loses_nothing_and_order_holds(site: Site):
    worker = site.worker()
    site.send("one", "two")
    site.wait_for("began one first")
    kill(worker)
    assert len(site.messages()) == 2

    site.worker()
    site.wait_for("ended two again" if "began two again" in site.events() else "ended one again")
    wait_until(lambda: not site.messages())

    assert site.events()[:3] == ["began one first", "began one again", "ended one again"]
    assert [event.split()[:2] for event in site.events()[3:]] == [
        ["began", "two"],
        ["ended", "two"],
    ]


def test_a_living_worker_takes_over_from_a_killed_one(site: Site):
    doomed = site.worker(name="doomed")
    site.send("one")
    site.wait_for("began one first")
    site.worker(name="heir")
    kill(doomed)
    site.wait_for("ended one again")
    wait_until(lambda: not site.messages())


def test_a_killed_child_gives_its_task_back(site: Site):
    site.worker()
    site.send("one", "two")
    site.wait_for("began one first")
    os.kill(site.pid_at("began one first"), signal.SIGKILL)
    # Celery tells a killed child from a slow one only after about ten seconds.
    site.wait_for("ended one again")
    wait_until(lambda: not site.messages())
    assert "ended one first" not in site.events()


def test_sigterm_lets_the_running_task_end(site: Site):
    worker = site.worker()
    site.send("one", "two", seconds=4.0)
    site.wait_for("began one first")
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SECONDS_TO_WAIT) == 0
    # A slow machine may begin the second before it hears of the end.
    events = site.events()
    assert events[1] == "ended one first"
    assert len(events) % 2 == 0
    assert [path.parent.parent.name for path in site.messages()] == ["queues"] * (
        2 - len(events) // 2
    )


def test_sigquit_gives_the_running_task_back(site: Site):
    worker = site.worker()
    site.send("one")
    site.wait_for("began one first")
    worker.send_signal(signal.SIGQUIT)
    worker.wait(SECONDS_TO_WAIT)
    assert [path.parent.parent.name for path in site.messages()] == ["queues"]

    site.worker()
    site.wait_for("ended one again")
    wait_until(lambda: not site.messages())
    assert "ended one first" not in site.events()


def test_an_early_acknowledgement_is_not_delivered_again(site: Site):
    worker = site.worker(SPOOL_TEST_EARLY_ACK="1")
    site.send("one")
    site.wait_for("began one first")
    assert site.messages() == []
    kill(worker)

    site.worker(SPOOL_TEST_EARLY_ACK="1")
    site.send("two", seconds=0.0)
    site.wait_for("ended two first")
    assert site.events() == ["began one first", "began two first", "ended two first"]


def set_aside(site: Site) -> list[str]:
    return sorted(path.name for path in (site.home / "spool" / "bad").iterdir())


def test_an_empty_and_a_broken_file_are_set_aside_and_work_goes_on(site: Site):
    worker = site.worker()
    queue = site.home / "spool" / "queues" / "celery"
    for name, content in (("0.json", ""), ("1.json", '{"properties": {}}'), ("2.json", "[1]")):
        (site.home / name).write_text(content)
        (site.home / name).rename(queue / name)
    site.send("one", seconds=0.0)
    site.wait_for("ended one first")
    # The real message lies between the broken ones, so it may end before the last is seen.
    deadline = time.monotonic() + 30
    while len(bad := set_aside(site)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    assert bad == ["celery.0.json", "celery.1.json", "celery.2.json"]
    assert worker.poll() is None


PRODUCE = """
import sys
from tests.config.spool_app import app
with app.connection_for_write() as connection, connection.SimpleQueue("race") as queue:
    for number in range(600):
        queue.put(f"{sys.argv[1]}-{number}")
"""
CONSUME = """
import sys, time
from queue import Empty
from pathlib import Path
from tests.config.spool_app import app
idle_since = time.monotonic()
with app.connection_for_read() as connection, connection.SimpleQueue("race") as queue:
    with Path(sys.argv[1]).open("w") as took:
        while time.monotonic() - idle_since < 3.0:
            try:
                message = queue.get(block=False)
            except Empty:
                time.sleep(0.002)
                continue
            idle_since = time.monotonic()
            took.write(message.payload + "\\n")
            took.flush()
            message.ack()
"""


def test_two_producers_and_three_consumers_race_for_1200_messages(site: Site):
    consumers = [site.python("-c", CONSUME, str(site.home / f"took-{n}")) for n in range(3)]
    producers = [site.python("-c", PRODUCE, name) for name in ("a", "b")]
    assert [process.wait(60) for process in (*producers, *consumers)] == [0] * 5

    took = [(site.home / f"took-{n}").read_text().split() for n in range(3)]
    counts = Counter(word for words in took for word in words)
    assert set(counts) == {f"{name}-{number}" for name in "ab" for number in range(600)}
    assert set(counts.values()) == {1}
    assert list((site.home / "spool" / "bad").iterdir()) == []


def test_ping_inspect_and_revoke_reach_a_busy_worker(site: Site):
    site.worker()
    running, _, waiting = site.send("one", "two", "three")
    site.wait_for("began one first")

    control = site.app.control
    assert control.ping(timeout=1.0) == [{"one@here": {"ok": "pong"}}]
    [active] = control.inspect(timeout=1.0).active().values()
    assert [task["id"] for task in active] == [running]

    control.revoke(waiting)
    began = time.monotonic()
    control.revoke(running, terminate=True)
    site.wait_for("ended two first")
    wait_until(lambda: not site.messages())
    assert time.monotonic() - began < 30
    assert [event for event in site.events() if "three" in event or "ended one" in event] == []


def test_what_a_dead_worker_listened_to_is_cleared(site: Site):
    doomed = site.worker(name="doomed")
    queues = site.home / "spool" / "queues"
    assert (queues / "doomed@here.celery.pidbox").is_dir()
    kill(doomed)
    site.worker(name="heir")
    wait_until(lambda: not (queues / "doomed@here.celery.pidbox").exists())
    assert site.app.control.ping(timeout=1.0) == [{"heir@here": {"ok": "pong"}}]
