"""A site of its own with one slide of 100,000 px, read by two versions, its truth drawn."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

SIDE_PX = 100_000
MPP = 0.25
TILE_PX = 4096
CELL_PX = 299
REGIONS = 400
NAME = "bench_100000"
WORD = "a-word-for-one-run"


def write_slide(path: Path) -> None:
    """Stained noise inside an ellipse on glass: JPEG tiles of 512 px, as CAMELYON16's."""
    import pyvips

    rng = np.random.default_rng(0)
    shade = rng.normal(0, 40, (TILE_PX // 8, TILE_PX // 8)).repeat(8, 0).repeat(8, 1)
    fine = shade + rng.normal(0, 12, (TILE_PX, TILE_PX))
    rgb = np.clip(fine[..., None] + [190, 120, 175], 0, 255).astype(np.uint8)
    times = -(-SIDE_PX // TILE_PX)
    stained = pyvips.Image.new_from_array(rgb).replicate(times, times).crop(0, 0, SIDE_PX, SIDE_PX)
    y, x = np.mgrid[:1000, :1000] / 1000 - 0.5
    inside = ((x / 0.42) ** 2 + (y / 0.36) ** 2 < 1).astype(np.uint8) * 255
    mask = pyvips.Image.new_from_array(inside).zoom(SIDE_PX // 1000, SIDE_PX // 1000)
    image = mask.ifthenelse(stained, [245, 245, 245]).copy(interpretation="srgb")
    image.copy(xres=1000 / MPP, yres=1000 / MPP).tiffsave(
        str(path), tile=True, tile_width=512, tile_height=512, pyramid=True,
        compression="jpeg", Q=80, bigtiff=True,
    )  # fmt: skip


def fill(home: Path, slide_file: Path) -> None:
    """Rows and files of the site below home. Runs in a process of its own."""
    import django

    os.environ["SENTINODE_HOME"] = str(home)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.contrib.auth.models import Group, User
    from django.core.management import call_command

    from slides.models import Slide
    from slides.roles import PATHOLOGIST
    from tests.predictions.rows import made_prediction, made_version

    call_command("migrate", verbosity=0)
    call_command("import_slides", str(slide_file))
    slide = Slide.objects.get(name=NAME)
    _draw_truth(slide)
    reader = User.objects.create_user("reader", password=WORD)
    reader.groups.add(Group.objects.get_or_create(name=PATHOLOGIST)[0])
    for number, name in enumerate(("first", "second")):
        version = made_version(Path(settings.MEDIA_ROOT), name, mpp=MPP, patch_px=CELL_PX)
        made_prediction(slide, version, _blobs(number))
    print(json.dumps({"slide": slide.pk}))


def _draw_truth(slide) -> None:
    import shapely

    from slides.annotations import Origin, save_annotation
    from slides.models import Annotation
    from slides.regions import Region

    rng = np.random.default_rng(1)
    regions = []
    for _ in range(REGIONS):
        x, y = rng.uniform(0.2, 0.8, 2) * SIDE_PX
        angles = np.linspace(0, 2 * np.pi, 60, endpoint=False)
        radii = rng.uniform(100, 900) * (1 + 0.25 * rng.standard_normal(60).cumsum() / 8)
        ring = np.c_[x + np.abs(radii) * np.cos(angles), y + np.abs(radii) * np.sin(angles)]
        regions.append(Region("tumour", shapely.Polygon(ring.round()).buffer(0)))
    regions = [each for each in regions if not each.polygon.is_empty]
    save_annotation(
        slide=slide, regions=regions, author=None, origin=Origin(Annotation.Source.DRAWN)
    )


def _blobs(seed: int) -> np.ndarray:
    """A map with lesions of many sizes: smoothed noise, most of it low."""
    from scipy.ndimage import gaussian_filter

    side = -(-SIDE_PX // CELL_PX)
    noise = np.random.default_rng(seed).standard_normal((side, side))
    smooth = gaussian_filter(noise, 3)
    return (1 / (1 + np.exp(-(smooth / smooth.std() * 2.5 - 3)))).astype(np.float32)


@contextmanager
def served(home: Path, port: int) -> Iterator[str]:
    """The site, served as `make demo` serves it, web processes alone; gives its address."""
    environ = {**os.environ, "SENTINODE_HOME": str(home)}
    command = [
        *(sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"),
        *("--worker-class", "gthread", "--workers", "2", "--threads", "8"),
        *("--log-level", "warning", "--no-control-socket"),
    ]
    process = subprocess.Popen(command, env=environ)
    try:
        _wait_for(f"http://127.0.0.1:{port}/healthz")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


def _wait_for(url: str) -> None:
    for _ in range(120):
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise SystemExit(f"Nothing answers at {url} after 30 s.")


if __name__ == "__main__":
    fill(Path(sys.argv[1]), Path(sys.argv[2]))
