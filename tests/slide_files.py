"""Small slides for tests: real pyramids on disk, made from pixels of our choice."""

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image


def write_pyramid(
    path: Path | BytesIO,
    rgb: np.ndarray,
    *,
    downsamples: Sequence[int] = (1, 2, 4),
    mpp: float | None = 0.243,
    description: str = "",
    tile: int = 256,
    **options,
) -> Path | BytesIO:
    """Write a tiled TIFF that OpenSlide opens, one page per level, lossless if not told otherwise.

    rgb: uint8 (height, width, 3). Level sizes are rounded down, as scanners do.
    mpp: um per px in the resolution tags; None leaves the tags out. options: tifffile's, JPEG
    for example.
    """
    options = {"photometric": "rgb", "compression": "zlib"} | options
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for number, downsample in enumerate(downsamples):
            tiff.write(
                shrink(rgb, downsample),
                tile=(tile, tile),
                subfiletype=1 if number else 0,
                metadata=None,
                description=None if number else description,
                **_resolution(mpp, downsample),
                **options,
            )
    return path


JPEG = {"photometric": "ycbcr", "compression": "jpeg", "compressionargs": {"level": 80}}
SUBSAMPLED_JPEG = JPEG | {"subsampling": (2, 2)}


def write_svs(
    path: Path, rgb: np.ndarray, *, downsamples: Sequence[int] = (1, 4), mpp: float = 0.25
) -> Path:
    """Write what an Aperio scanner would: tiles of 240 px, RGB in JPEG, a thumbnail in strips."""
    height, width = rgb.shape[:2]
    told = f"Aperio Image Library v11\n{width}x{height} (240x240) JPEG/RGB Q=80|MPP = {mpp}"
    common = {"photometric": "rgb", "compression": "jpeg", "metadata": None, "description": told}
    with tifffile.TiffWriter(path) as tiff:
        for number, downsample in enumerate(downsamples):
            tiff.write(
                shrink(rgb, downsample), tile=(240, 240), compressionargs={"level": 80}, **common
            )
            if number == 0:
                tiff.write(shrink(rgb, 8), rowsperstrip=16, **common)
    return path


def write_philips(path: Path, rgb: np.ndarray, *, downsamples: Sequence[int] = (1, 2)) -> Path:
    """Write what a Philips scanner would (CAMELYON's are so): levels filled up to whole tiles."""
    spacings = [0.00025 * downsample for downsample in downsamples]
    levels = "".join(
        '<DataObject ObjectType="PixelDataRepresentation">'
        f'<Attribute Name="DICOM_PIXEL_SPACING">"{spacing}" "{spacing}"</Attribute></DataObject>'
        for spacing in spacings
    )
    told = (
        '<?xml version="1.0" encoding="UTF-8" ?><DataObject ObjectType="DPUfsImport">'
        '<Attribute Name="PIM_DP_SCANNED_IMAGES"><Array><DataObject ObjectType="DPScannedImage">'
        '<Attribute Name="PIM_DP_IMAGE_TYPE">WSI</Attribute>'
        '<Attribute Name="PIIM_PIXEL_DATA_REPRESENTATION_SEQUENCE"><Array>'
        f"{levels}</Array></Attribute></DataObject></Array></Attribute></DataObject>"
    )
    with tifffile.TiffWriter(path, bigtiff=True) as tiff:
        for number, downsample in enumerate(downsamples):
            level = shrink(rgb, downsample)
            height, width = (-(-side // 256) * 256 for side in level.shape[:2])
            whole = np.full((height, width, 3), 255, np.uint8)
            whole[: level.shape[0], : level.shape[1]] = level
            tiff.write(
                whole,
                tile=(256, 256),
                subfiletype=1 if number else 0,
                metadata=None,
                software=False if number else "Philips DP v1.0",
                description=None if number else told,
                **SUBSAMPLED_JPEG,
            )
    return path


def _resolution(mpp: float | None, downsample: int) -> dict:
    if mpp is None:
        return {}
    px_per_cm = 1e4 / (mpp * downsample)
    return {"resolution": (px_per_cm, px_per_cm), "resolutionunit": "CENTIMETER"}


def shrink(rgb: np.ndarray, downsample: int) -> np.ndarray:
    """Average whole downsample x downsample blocks; the odd rest is dropped."""
    height, width = (side // downsample for side in rgb.shape[:2])
    whole = Image.fromarray(rgb[: height * downsample, : width * downsample])
    return np.asarray(whole.reduce(downsample) if downsample > 1 else whole)


def tissue_like(width: int, height: int, *, seed: int = 0) -> np.ndarray:
    """Pixels that pass for stained tissue on glass: a purple-pink ellipse, uint8 RGB."""
    y, x = np.mgrid[:height, :width]
    inside = ((x / width - 0.5) / 0.4) ** 2 + ((y / height - 0.5) / 0.4) ** 2 < 1
    noise = np.random.default_rng(seed).integers(-18, 19, (height, width, 1))
    tissue = np.clip(np.array([190, 120, 175]) + noise, 0, 255)
    return np.where(inside[..., None], tissue, 245).astype(np.uint8)


def with_fiducials(
    width: int, height: int, marks: Sequence[tuple[int, int]], *, arm_px: int = 40
) -> np.ndarray:
    """White pixels with a purple cross at each mark (x, y in px), uint8 RGB."""
    rgb = np.full((height, width, 3), 245, np.uint8)
    for x, y in marks:
        for half_x, half_y in ((arm_px, arm_px // 4), (arm_px // 4, arm_px)):
            rgb[max(y - half_y, 0) : y + half_y, max(x - half_x, 0) : x + half_x] = (
                130,
                60,
                150,
            )
    return rgb
