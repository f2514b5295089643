"""A small hospital to learn from: patches of 32 px, tumour is the paler part of a slide."""

from collections.abc import Callable

import numpy as np
import pytest
from shapely import box

from slides.models import Annotation, Slide
from slides.regions import Region, region_checksum, to_geojson, tumour_area_px

PX = 32
COLUMNS, ROWS = 6, 5


@pytest.fixture
def annotate(db) -> Callable[..., Annotation]:
    """annotate(slide, box, ...): one more truth revision; no boxes: free of tumour."""

    def make(slide: Slide, *boxes: tuple[int, int, int, int], **fields) -> Annotation:
        regions = [Region("tumour", box(*corners)) for corners in boxes]
        row = {
            "revision": slide.annotations.count() + 1,
            "source": "asap_xml" if boxes else "declared_normal",
            "regions": to_geojson(regions),
            "checksum": region_checksum(regions),
            "tumour_area_px": tumour_area_px(regions),
        }
        return Annotation.objects.create(slide=slide, **row | fields)

    return make


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
        annotate(slide, *[(0, 0, COLUMNS * PX, 2 * PX)] if has_tumour else [])
        slides.append(slide)
    return slides
