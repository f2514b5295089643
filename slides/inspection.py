"""What a file must show before it counts as a slide: size, readable pixels, tissue."""

import contextlib
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from PIL import Image

from slides.formats import TIFF_MAGIC, SlideError, require_file
from slides.pyramid import PATCH_PX, Pyramid
from slides.tissue import tissue_mask

THUMBNAIL_PX = 1024
TISSUE_PX = 2048
FINEST_SAMPLES, COARSER_SAMPLES = 5, 3


def facts(path: Path, *, mpp: float | None = None) -> dict[str, Any]:
    """Open a slide, read here and there at every level, and say what it is."""
    require_file(path)
    _require_all_bytes(path)
    with Pyramid.open(path, mpp=mpp) as pyramid:
        _read_samples(pyramid)
        _require_a_patch(pyramid)
        sizes = zip(pyramid.level_sizes, pyramid.level_downsamples, strict=True)
        return {
            "vendor": pyramid.vendor,
            "width": pyramid.width,
            "height": pyramid.height,
            "levels": [{"width": w, "height": h, "downsample": d} for (w, h), d in sizes],
            "mpp": pyramid.mpp,
            "mpp_source": pyramid.mpp_source,
            "is_synthetic": "synthetic" in pyramid.description.lower(),
        }


def depict(path: Path, thumbnail: Path, tissue: Path) -> dict[str, Any]:
    """Write a thumbnail JPEG, then a tissue mask PNG (255 = tissue), and say how much tissue."""
    with Pyramid.open(path) as pyramid:
        rgb, scale_x, scale_y = pyramid.read_overview(max_px=TISSUE_PX)
    picture = Image.fromarray(rgb)
    picture.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    picture.save(thumbnail, quality=85)
    mask = tissue_mask(rgb)
    if mask.sum() * scale_x * scale_y < PATCH_PX**2:
        raise SlideError(
            f"No stained tissue was found in {path.name} (less than one patch of "
            f"{PATCH_PX} x {PATCH_PX} px). Is it an H&E slide, and was its tissue scanned?",
            "no_tissue",
        )
    Image.fromarray(mask.astype(np.uint8) * 255).save(tissue)
    return {
        "tissue_share": float(mask.mean()),
        "tissue_scale_x": scale_x,
        "tissue_scale_y": scale_y,
    }


def _require_a_patch(pyramid: Pyramid) -> None:
    if min(pyramid.width, pyramid.height) < PATCH_PX:
        raise SlideError(
            f"{pyramid.path.name} is {pyramid.width} x {pyramid.height} px, smaller than one "
            f"patch of {PATCH_PX} x {PATCH_PX} px. Upload the whole slide, not a cutting.",
            "too_small",
        )


def _read_samples(pyramid: Pyramid) -> None:
    """Read patches spread over every level; SlideError (unreadable) at the first that fails."""
    for level in range(len(pyramid.level_sizes)):
        count = FINEST_SAMPLES if level == 0 else COARSER_SAMPLES
        for y_l0 in np.linspace(0, max(pyramid.height - PATCH_PX, 0), count):
            for x_l0 in np.linspace(0, max(pyramid.width - PATCH_PX, 0), count):
                pyramid.read_level(level, x_l0, y_l0, PATCH_PX, PATCH_PX)


def _require_all_bytes(path: Path) -> None:
    """Refuse a TIFF that ends before its pixels do, which a sample may not notice."""
    with path.open("rb") as file:
        if file.read(4) not in TIFF_MAGIC:
            return
    missing, total = missing_tiles(path)
    if missing:
        raise SlideError(
            f"{path.name} is incomplete: {missing} of its {total} tiles lie beyond the end of the "
            "file. The copy was probably interrupted; copy it again.",
            "unreadable",
        )


def missing_tiles(path: Path) -> tuple[int, int]:
    """How many of a TIFF's tiles or strips lie beyond its end, and how many it has.

    (0, 0) for a TIFF too damaged to say: whether that matters, its slide reader decides.
    """
    size = path.stat().st_size
    missing = total = 0
    with contextlib.suppress(tifffile.TiffFileError), tifffile.TiffFile(path) as tiff:
        for page in tiff.pages:
            tiles = zip(page.dataoffsets, page.databytecounts, strict=False)
            missing += sum(offset + length > size for offset, length in tiles)
            missing += abs(len(page.dataoffsets) - len(page.databytecounts))
            total += max(len(page.dataoffsets), len(page.databytecounts))
    return missing, total
