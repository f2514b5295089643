"""A small hospital to learn from: patches of 32 px, tumour is the paler part of a slide."""

import numpy as np
import pytest
from shapely import box

from slides.models import Slide

PX = 32
COLUMNS, ROWS = 6, 5


@pytest.fixture
def ward(make_slide, annotate) -> list[Slide]:
    """Three slides with tumour in their upper two rows and three without."""
    slides = []
    for number in range(6):
        has_tumour = number < 3
        rng = np.random.default_rng(number)
        rgb = rng.integers(40, 120, (ROWS * PX, COLUMNS * PX, 3), dtype=np.uint8)
        if has_tumour:
            rgb[: 2 * PX] += 100
        slide = make_slide(
            f"slide_{number}", rgb=rgb, mpp=0.5, tissue=np.ones((ROWS, COLUMNS), bool)
        )
        annotate(slide, *[box(0, 0, COLUMNS * PX, 2 * PX)] if has_tumour else [])
        slides.append(slide)
    return slides
