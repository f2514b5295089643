"""A whole site of its own: a real worker dies by SIGKILL in mid-prediction."""

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
LEASE_SECONDS = 4

# Makes a slide of 900 cells, which even a fast machine reads for some seconds, and a version
# with random weights, reads it undisturbed, prints the map's checksum, and leaves the same work to
# the workers.
PREPARE = """
import django; django.setup()
import numpy as np
from pathlib import Path
from django.conf import settings
from django.core.management import call_command
call_command("migrate", verbosity=0)
from PIL import Image
from predictions import services
from predictions.tasks import predict_slide, run_prediction
from slides.models import Slide
from tests.slide_files import write_pyramid
from training import network
from training.models import Dataset, ModelVersion, TrainingRun

media = Path(settings.MEDIA_ROOT)
(media / "slides").mkdir(parents=True)
shades = np.random.default_rng(0).integers(0, 256, (30, 30, 3), np.uint8)
write_pyramid(media / "slides/a.tif", shades.repeat(299, 0).repeat(299, 1), mpp=0.5)
Image.new("L", (300, 300), 255).save(media / "tissue.png")
slide = Slide.objects.create(
    name="a", patient="a", file="slides/a.tif", sha256="a" * 64, width=8970, height=8970,
    mpp=0.5, tissue="tissue.png", tissue_scale_x=29.9, tissue_scale_y=29.9, status="done",
)
checksum = network.save(network.build("baseline"), media / "versions/v.keras")
dataset = Dataset.objects.create(name="d", mpp=0.5)
run = TrainingRun.objects.create(dataset=dataset, architecture="baseline")
version = ModelVersion.objects.create(
    name="v", run=run, architecture="baseline", mpp=0.5, patch_px=299, threshold=0.5,
    threshold_source="none", weights="versions/v.keras", weights_sha256=checksum,
)
prediction = services.request_prediction(slide=slide, version=version)
assert run_prediction(prediction) and prediction.requeue()
print(prediction.map_sha256)
predict_slide.delay(prediction.pk)
"""


def _redis() -> str:
    """A Redis database that tests may empty."""
    import redis

    url = os.environ.get("SENTINODE_TEST_REDIS", "redis://127.0.0.1:6379/15")
    try:
        redis.Redis.from_url(url, socket_connect_timeout=1).flushdb()
    except redis.exceptions.ConnectionError:
        pytest.skip(f"no Redis at {url}: a killed worker is tried on the embedded broker only")
    return url


@pytest.fixture(params=["embedded", "redis"])
def site(request, tmp_path) -> dict[str, str]:
    """The environment of a site of its own, on either broker."""
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment = kept | {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SENTINODE_HOME": str(tmp_path / "site"),
        "SENTINODE_LEASE_SECONDS": str(LEASE_SECONDS),
        "SENTINODE_SWEEP_SECONDS": "1",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("CELERY_BROKER_URL", None)
    if request.param == "redis":
        environment["CELERY_BROKER_URL"] = _redis()
    return environment


def _prepared(site: dict[str, str]) -> str:
    """The checksum of the map that an undisturbed reading gives; the job is queued again."""
    made = subprocess.run(
        [sys.executable, "-c", PREPARE],
        env=site,
        cwd=ROOT,
        check=True,
        timeout=240,
        capture_output=True,
        text=True,
    )
    return made.stdout.split()[-1]


class Worker:
    """A worker with its own sweep clock, in a process group that can be killed as one."""

    def __init__(self, site: dict[str, str]) -> None:
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat"]
        command += ["--queues", "sentinode", "--concurrency", "1", "--loglevel", "error"]
        self.process = subprocess.Popen(command, env=site, cwd=ROOT, start_new_session=True)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@pytest.fixture
def start_worker(site) -> Iterator[Callable[[], Worker]]:
    started: list[Worker] = []

    def start() -> Worker:
        started.append(Worker(site))
        return started[-1]

    yield start
    for worker in started:
        worker.kill()


def _row(site: dict[str, str]) -> dict:
    with sqlite3.connect(Path(site["SENTINODE_HOME"]) / "db.sqlite3", timeout=20) as database:
        database.row_factory = sqlite3.Row
        return dict(database.execute("select * from predictions_prediction").fetchone())


def _wait(site: dict[str, str], until: Callable[[dict], bool], seconds: float = 150) -> dict:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        row = _row(site)
        if until(row):
            return row
        time.sleep(0.1)
    raise AssertionError(f"after {seconds} s the job still is {row['status']}: {row['error']}")


def test_a_prediction_survives_its_worker_and_ends_with_the_same_map(site, start_worker):
    undisturbed = _prepared(site)
    doomed = start_worker()
    _wait(site, lambda row: 0 < row["done_count"] < row["total_count"])
    doomed.kill()
    left = _row(site)
    assert (left["status"], left["attempt"]) == ("running", 2)
    start_worker()
    ended = _wait(site, lambda row: row["status"] not in {"running", "queued"})
    assert (ended["status"], ended["error"]) == ("done", "")
    assert (ended["attempt"], ended["lost_count"]) == (3, 1)
    assert ended["assessed_count"] == 900
    assert ended["map_sha256"] == undisturbed
