"""Why a file cannot be used as a slide, in plain words and with a typed code."""

from pathlib import Path

import openslide
from PIL import Image

FLAT_IMAGE_MAGIC = (
    b"II*\0",
    b"MM\0*",
    b"II+\0",
    b"MM\0+",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"BM",
    b"GIF8",
)


class SlideError(ValueError):
    """A file that cannot be used as a slide; `code` is the typed reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def refusal(path: Path, error: Exception | None) -> SlideError:
    """Say in plain words why a file is not a slide that can be opened."""
    name = path.name
    if not path.is_file():
        return SlideError(f"There is no file {name}. Was it moved?", "not_found")
    if error is not None and not isinstance(error, openslide.OpenSlideUnsupportedFormatError):
        return SlideError(
            f"{name} looks like a slide but cannot be opened ({error}). "
            "It is damaged or incomplete; copy or export it again.",
            "unreadable",
        )
    if path.suffix.lower() == ".mrxs":
        return SlideError(
            f"{name} is only the index of a MIRAX slide; its folder of .dat files is missing. "
            "Convert the slide to one pyramidal TIFF first.",
            "incomplete",
        )
    if _is_flat_image(path):
        return SlideError(
            f"{name} is a single flat image, not a slide: it has no tiles and no smaller levels. "
            "Export it from the scanner as SVS or pyramidal tiled TIFF.",
            "flat_image",
        )
    return SlideError(
        f"{name} is not a slide: no known slide format was found in it. "
        "Send SVS, tiled TIFF, NDPI, SCN, BIF or DICOM.",
        "not_a_slide",
    )


def _is_flat_image(path: Path) -> bool:
    """Whether Pillow can at least name the picture's format and size."""
    try:
        with path.open("rb") as file:
            if not file.read(4).startswith(FLAT_IMAGE_MAGIC):
                return False
        with Image.open(path):
            return True
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
