"""Why a file cannot be used as a slide, in plain words and with a typed code."""

import re
import struct
import unicodedata
from pathlib import Path

import openslide
from PIL import Image

TIFF_MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
TILE_WIDTH = 322
PICTURE_MAGIC = (b"\x89PNG", b"\xff\xd8\xff", b"BM", b"GIF8")


class SlideError(ValueError):
    """A file that cannot be used as a slide; `code` is the typed reason."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


def require_file(path: Path) -> None:
    """Raise SlideError unless the path is a regular file with bytes in it that may be read."""
    if path.is_dir():
        raise SlideError(f"{path.name} is a folder, not a slide file.", "not_a_slide")
    if not path.exists():
        raise SlideError(f"There is no file {path.name}. Was it moved or deleted?", "not_found")
    if not path.is_file():
        raise SlideError(f"{path.name} is a device or pipe, not a slide file.", "not_a_slide")
    try:
        with path.open("rb") as file:
            is_empty = not file.read(1)
    except OSError as error:
        raise SlideError(
            f"{path.name} may not be read ({error.strerror}). Change its permissions.", "forbidden"
        ) from error
    if is_empty:
        raise SlideError(f"{path.name} is empty (0 bytes). Copy it again.", "not_a_slide")


def refusal(path: Path, error: Exception | None) -> SlideError:
    """Say in plain words why a file is not a slide that can be opened."""
    name = path.name
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
    if _is_cut_off(path) or _is_tiled(path):
        return SlideError(
            f"{name} begins like a slide, but its directory is damaged or missing. "
            "The copy was probably interrupted; copy or export it again.",
            "unreadable",
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


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(16)


def _is_cut_off(path: Path) -> bool:
    """Whether a TIFF says that its first directory lies beyond the end of the file."""
    head = _head(path)
    if not head.startswith(TIFF_MAGIC) or len(head) < 16:
        return False
    order = "<" if head.startswith(b"II") else ">"
    is_big = head[2:4] in (b"+\0", b"\0+")
    (directory,) = struct.unpack_from(order + ("Q" if is_big else "I"), head, 8 if is_big else 4)
    return bool(directory >= path.stat().st_size)


def _is_tiled(path: Path) -> bool:
    picture = _picture(path)
    return picture is not None and TILE_WIDTH in getattr(picture, "tag_v2", {})


def _is_flat_image(path: Path) -> bool:
    return _picture(path) is not None


def _picture(path: Path) -> Image.Image | None:
    """The picture as far as Pillow can name its format and size, else None."""
    if not _head(path).startswith(TIFF_MAGIC + PICTURE_MAGIC):
        return None
    try:
        with Image.open(path) as picture:
            return picture
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None


def plain_text(text: str) -> str:
    """Text without control characters and halves of characters.

    Not every database, file and header can hold these.
    """
    whole = text.encode("utf-8", "replace").decode()
    return "".join(c for c in whole if unicodedata.category(c)[0] != "C").strip()


def download_name(text: str) -> str:
    """A name for a file to take away: no folders, nothing that a header or a disk refuses."""
    return re.sub(r'[/\\:*?"<>|]', "_", plain_text(text)).lstrip(".") or "file"
