"""A patch of a slide as a small picture for a page, and where to see it on its slide."""

from io import BytesIO

import numpy as np
from PIL import Image

from slides.models import Slide
from slides.pyramid import Pyramid

QUALITY = 85
WIDER = 4  # than the patch is what its address shows


def patch_jpeg(slide: Slide, *, x_l0: int, y_l0: int, side_px: int, mpp: float) -> bytes:
    """The patch as a network reads it, as JPEG. Raises what opening and reading the slide raise."""
    with Pyramid.open(slide.path, mpp=slide.mpp) as pyramid:
        pixels = pyramid.read_patch(x_l0, y_l0, side_px=side_px, mpp=mpp)
    return encoded(pixels)


def encoded(pixels: np.ndarray) -> bytes:
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY)
    return file.getvalue()


def address_of(slide: Slide, *, x_l0: int, y_l0: int, side_px: int, mpp: float) -> str:
    """The slide's page with the patch in the middle. The slide's mpp is known."""
    side_l0 = side_px * mpp / slide.mpp
    x, y = (round(corner + side_l0 / 2) for corner in (x_l0, y_l0))
    return f"{slide.get_absolute_url()}#x={x}&y={y}&w={round(WIDER * side_l0)}"
