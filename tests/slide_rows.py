"""Rows of slides and of their truth, made from pixels and polygons of our choice."""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from slides.models import Annotation, Slide
from slides.regions import Region, region_checksum, to_geojson, tumour_area_px
from tests.slide_files import write_pyramid


@lru_cache(maxsize=32)
def pyramid_of(pixels: bytes, shape: tuple[int, ...], mpp: float) -> bytes:
    """The file of such a slide; most tests ask for the same few, and writing one takes 20 ms."""
    file = BytesIO()
    write_pyramid(file, np.frombuffer(pixels, np.uint8).reshape(shape), mpp=mpp)
    return file.getvalue()


def made_slide(
    media: Path,
    name: str = "one",
    rgb: np.ndarray | None = None,
    *,
    mpp: float | None = 0.243,
    tissue: np.ndarray | None = None,
    **fields,
) -> Slide:
    """A ready slide, its real pyramid below media; all of it tissue if not told otherwise."""
    rgb = np.full((700, 900, 3), 150, np.uint8) if rgb is None else rgb
    height, width = rgb.shape[:2]
    tissue = np.ones((-(-height // 8), -(-width // 8)), bool) if tissue is None else tissue
    (media / "slides").mkdir(parents=True, exist_ok=True)
    (media / "tissue").mkdir(parents=True, exist_ok=True)
    pyramid = pyramid_of(np.ascontiguousarray(rgb).tobytes(), rgb.shape, mpp or 0.243)
    (media / f"slides/{name}.tif").write_bytes(pyramid)
    Image.fromarray(tissue.astype(np.uint8) * 255).save(media / f"tissue/{name}.png")
    row = {
        "name": name,
        "patient": name,
        "original_name": f"{name}.tif",
        "file": f"slides/{name}.tif",
        "sha256": name.encode().hex().ljust(64, "0")[:64],
        "width": width,
        "height": height,
        "mpp": mpp,
        "mpp_source": "openslide.mpp-x" if mpp else "",
        "tissue": f"tissue/{name}.png",
        "tissue_scale_x": width / tissue.shape[1],
        "tissue_scale_y": height / tissue.shape[0],
        "tissue_share": float(tissue.mean()),
        "status": Slide.Status.DONE,
        "stage": Slide.Stage.READY,
    }
    return Slide.objects.create(**row | fields)


def made_annotation(slide: Slide, *polygons, **fields) -> Annotation:
    """The slide's next truth; no polygon means normal."""
    regions = [Region("tumour", polygon) for polygon in polygons]
    row = {
        "revision": slide.annotations.count() + 1,
        "source": "drawn" if regions else "declared_normal",
        "regions": to_geojson(regions),
        "checksum": region_checksum(regions),
        "tumour_area_px": tumour_area_px(regions),
    }
    return Annotation.objects.create(slide=slide, **row | fields)
