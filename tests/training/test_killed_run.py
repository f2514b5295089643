"""A whole site of its own: a real worker dies by SIGKILL after three epochs of a run."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = [pytest.mark.broker, pytest.mark.keras, pytest.mark.timeout(600)]

ROOT = Path(__file__).resolve().parents[2]
EPOCHS = 9
CLOCKED = {"seconds", "patches_per_second", "wait_share"}

# Freezes a dataset of six slides, trains on it undisturbed, and leaves the same run to the workers.
PREPARE = f"""
import django; django.setup()
import numpy as np
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
call_command("migrate", verbosity=0)
from shapely import box
from tests.slide_rows import made_annotation, made_slide
from training import runs, tasks
from training.datasets import create_dataset

for number in range(6):
    rng = np.random.default_rng(number)
    rgb = rng.integers(40, 120, (8 * 32, 9 * 32, 3), dtype=np.uint8)
    tumour = [box(0, 0, 9 * 32, 3 * 32)] if number < 3 else []
    rgb[: 3 * 32] += 20 * len(tumour)
    media = Path(settings.MEDIA_ROOT)
    slide = made_slide(media, f"s{{number}}", rgb, mpp=0.5, tissue=np.ones((8, 9), bool))
    made_annotation(slide, *tumour)
dataset = create_dataset(name="ward", mpp=0.5, patch_px=32, balance="none")
assert tasks.run_freezing(dataset)
assert dataset.is_frozen, dataset.error
wanted = dict(
    dataset=dataset, architecture="baseline", epochs={EPOCHS}, batch=8, learning_rate=1e-3,
    schedule="plateau", augmentation="full", label_smoothing=0.05,
)
whole, doomed = runs.create_run(**wanted), runs.create_run(**wanted)
assert tasks.run_training(whole) and whole.status == "done", whole.error
tasks.train_run.delay(doomed.pk)
"""


@pytest.fixture
def site(tmp_path) -> dict[str, str]:
    """The environment of a site of its own, with the broker of files."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    kept.pop("CELERY_BROKER_URL", None)
    return kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SENTINODE_HOME": str(tmp_path / "site"),
        "SENTINODE_LEASE_SECONDS": "4",
        "SENTINODE_SWEEP_SECONDS": "1",
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture
def start_worker(site) -> Iterator[Callable[[], Callable[[], None]]]:
    """Start a worker with its own sweep clock; what comes back kills it and its children."""
    kills: list[Callable[[], None]] = []

    def start() -> Callable[[], None]:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat"]
        command += ["--queues", "sentinode,training", "--concurrency", "1", "--loglevel", "error"]
        process = subprocess.Popen(command, env=site, cwd=ROOT, start_new_session=True)

        def kill() -> None:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

        kills.append(kill)
        return kill

    yield start
    for kill in kills:
        kill()


def _runs(site: dict[str, str]) -> list[dict]:
    home = Path(site["SENTINODE_HOME"])
    with sqlite3.connect(home / "db.sqlite3", timeout=20) as database:
        database.row_factory = sqlite3.Row
        rows = database.execute("select * from training_trainingrun order by id").fetchall()
    return [
        {**row, **{name: json.loads(row[name]) for name in ("history", "steps", "examples")}}
        for row in map(dict, rows)
    ]


def _wait(site: dict[str, str], until: Callable[[dict], bool], seconds: float = 200) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        row = _runs(site)[1]
        if until(row):
            return row
        time.sleep(0.02)
    raise AssertionError(f"after {seconds} s the run still is {row['status']}: {row['error']}")


def _told(run: dict) -> dict:
    """What a run says of itself, without what a clock says."""
    history = [{name: line[name] for name in line.keys() - CLOCKED} for line in run["history"]]
    return {"history": history, **{name: run[name] for name in ("steps", "examples", "best_epoch")}}


def test_a_run_killed_at_epoch_3_ends_with_the_same_history(site, start_worker):
    subprocess.run([sys.executable, "-c", PREPARE], env=site, cwd=ROOT, check=True, timeout=240)
    kill = start_worker()
    _wait(site, lambda row: len(row["history"]) >= 3)
    kill()
    left = _runs(site)[1]
    assert (left["status"], left["attempt"]) == ("running", 1)
    assert 3 <= len(left["history"]) < EPOCHS
    states = Path(site["SENTINODE_HOME"]) / "cache" / "runs"
    assert list((states / "run-2").glob("epoch-*"))
    start_worker()
    ended = _wait(site, lambda row: row["status"] not in {"running", "queued"})
    assert (ended["status"], ended["error"]) == ("done", "")
    assert (ended["attempt"], ended["lost_count"]) == (2, 1)
    assert _told(ended) == _told(_runs(site)[0])
    assert ended["history"][:3] == left["history"][:3]  # to the clock: they were not fitted again
    assert not list(states.iterdir())
