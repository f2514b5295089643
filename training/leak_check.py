"""Looking for leaks among slides of the site: their landmarks are found once and kept."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from django.conf import settings
from PIL import Image

from slides.jobs import Report
from slides.models import Slide
from slides.pyramid import Pyramid
from training.landmarks import Landmarks, landmarks_of
from training.leaks import Glass, Leak, find_leaks

KEPT = 1000  # landmarks of a slide
RULES = 1  # another number, and kept landmarks are found anew


def leaks_among(
    side_of: Mapping[int, str], slides: Iterable[Slide], *, report: Report
) -> list[Leak]:
    """Pairs of slides that must not be on two sides. side_of: by slide key.

    report: slides looked at so far; it may raise to stop. Raises SlideError where one cannot be
    read.
    """
    glasses = []
    members = [slide for slide in slides if slide.pk in side_of]
    for done, slide in enumerate(members):
        report(done, len(members))
        glasses.append(_glass(slide, side_of[slide.pk]))
    return find_leaks(glasses, alive=lambda: report(len(members), len(members)))


def _glass(slide: Slide, side: str) -> Glass:
    return Glass(
        id=slide.pk,
        name=slide.name,
        patient=slide.patient,
        sha256=slide.sha256 or "",
        side=side,
        landmarks=landmarks(slide),
    )


def landmarks(slide: Slide) -> Landmarks:
    """The landmarks of a slide, from the cache if they are there."""
    mpp = f"{slide.mpp:g}" if slide.mpp else "unknown"
    name = f"{slide.sha256}-{mpp}-{RULES}.npz"
    path = Path(settings.CACHE_ROOT) / "landmarks" / name
    try:
        with np.load(path, allow_pickle=False) as kept:
            return Landmarks(kept["places_um"], kept["hashes"])
    except (OSError, ValueError, KeyError, EOFError):
        found = _found(slide)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{os.getpid()}-{name}")
    np.savez(unfinished, places_um=found.places_um, hashes=found.hashes)
    unfinished.replace(path)
    return found


def _found(slide: Slide) -> Landmarks:
    with Image.open(slide.tissue_path) as picture:
        tissue = np.asarray(picture.convert("L")) > 127
    with Pyramid.open(slide.path, mpp=slide.mpp) as pyramid:
        return landmarks_of(pyramid, tissue, most=KEPT)
