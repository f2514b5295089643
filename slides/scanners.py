"""Which scanner a slide came from, as far as its file tells."""

from collections.abc import Mapping
from pathlib import Path

import openslide

# Where makers write the model, the most telling first.
MODEL_TAGS = (
    "dicom.ManufacturerModelName",
    "philips.DICOM_MANUFACTURERS_MODEL_NAME",
    "leica.device-model",
    "hamamatsu.Product",
    "aperio.ScanScope ID",
    "tiff.Model",
)


def scanner_of(path: Path) -> str:
    """The scanner of a slide: its model, else the file's maker and um/px; "" where it is closed.

    Scanners of one maker differ in um/px: 0.243 and 0.226 are the two of CAMELYON16. Two figures
    tell them apart, a third would tell apart two scans of one scanner.
    """
    try:
        with openslide.OpenSlide(path) as slide:
            return scanner_from(slide.properties)
    except (openslide.OpenSlideError, OSError):
        return ""


def scanner_from(properties: Mapping[str, str]) -> str:
    """The scanner that a slide's properties tell of."""
    vendor = properties.get(openslide.PROPERTY_NAME_VENDOR, "")
    for tag in MODEL_TAGS:
        if model := properties.get(tag, "").strip():
            return f"{vendor} {model}".strip()
    mpp = properties.get(openslide.PROPERTY_NAME_MPP_X, "")
    try:
        return f"{vendor} {float(mpp):.2f} um/px".strip()
    except ValueError:
        return str(vendor)
