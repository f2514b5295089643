"""Slides, masks and outlines as CAMELYON16 files. Every file appears whole or not at all."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np

from slides.demo.fields import filled
from slides.demo.hospital import MPP
from slides.demo.outlines import Lesion

TILE_PX = 512
JPEG_QUALITY = 80
TUMOUR = 1  # the value of tumour in the masks of CAMELYON16


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A name beside path to write to; it takes path's place only if the block succeeds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        yield draft
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write_slide(path: Path, rgb: np.ndarray, description: str) -> None:
    """Write uint8 (height, width, 3) as a tiled JPEG pyramid with 2x levels, MPP um/px."""
    image = _vips(rgb, bands=3).copy(interpretation="srgb")
    _save(image, path, description, compression="jpeg", Q=JPEG_QUALITY)


def write_mask(path: Path, lesions: tuple[Lesion, ...], *, width: int, height: int) -> None:
    """Write the mask of the lesions: TUMOUR where a pixel's centre lies inside, else 0."""
    mask = rasterise(lesions, width=width, height=height)
    image = _vips(mask[..., None], bands=1)
    about = "Synthetic ground truth: 0 normal or glass, 1 tumour"
    _save(image, path, about, compression="deflate", region_shrink="nearest")


def rasterise(lesions: tuple[Lesion, ...], *, width: int, height: int) -> np.ndarray:
    """uint8 (height, width): TUMOUR where a pixel's centre lies inside an outline."""
    mask = np.zeros((height, width), np.uint8)
    for lesion in lesions:
        mask[filled(lesion.polygon, shape=mask.shape, scale=1)] = TUMOUR
    return mask


def write_outlines(path: Path, lesions: tuple[Lesion, ...]) -> None:
    """Write outlines as ASAP XML: group _0 is tumour, _2 the normal tissue cut out of it."""
    root = ElementTree.Element("ASAP_Annotations")
    annotations = ElementTree.SubElement(root, "Annotations")
    outers = [("_0", "#F4FA58", lesion.polygon.exterior) for lesion in lesions]
    holes = [("_2", "#64FE2E", hole) for lesion in lesions for hole in lesion.polygon.interiors]
    for number, (group, colour, ring) in enumerate(outers + holes):
        annotation = ElementTree.SubElement(
            annotations,
            "Annotation",
            Name=f"Annotation {number}",
            Type="Polygon",
            PartOfGroup=group,
            Color=colour,
        )
        coordinates = ElementTree.SubElement(annotation, "Coordinates")
        for order, (x, y) in enumerate(ring.coords[:-1]):
            ElementTree.SubElement(
                coordinates, "Coordinate", Order=str(order), X=f"{x:.2f}", Y=f"{y:.2f}"
            )
    groups = ElementTree.SubElement(root, "AnnotationGroups")
    for name, colour in (("_0", "#F4FA58"), ("_2", "#64FE2E")):
        entry = ElementTree.SubElement(groups, "Group", Name=name, PartOfGroup="None", Color=colour)
        ElementTree.SubElement(entry, "Attributes")
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _vips(pixels: np.ndarray, *, bands: int) -> Any:
    import pyvips  # noqa: PLC0415 -- slow import

    height, width, _ = pixels.shape
    contiguous = np.ascontiguousarray(pixels)
    return pyvips.Image.new_from_memory(contiguous.data, width, height, bands, "uchar")


def _save(image: Any, path: Path, description: str, **compression: object) -> None:
    """A BigTIFF pyramid down to one tile; the resolution is kept in px per cm."""
    import pyvips  # noqa: PLC0415 -- slow import

    described = image.copy()
    described.set_type(pyvips.GValue.gstr_type, "image-description", description)
    described.tiffsave(
        str(path),
        tile=True,
        tile_width=TILE_PX,
        tile_height=TILE_PX,
        pyramid=True,
        bigtiff=True,
        resunit="cm",
        xres=1000 / MPP,
        yres=1000 / MPP,
        **compression,
    )
