"""Where slide files lie: a folder of its own for each, never half-written, never overwritten."""

import errno
import os
import re
import shutil
import time
from enum import StrEnum
from pathlib import Path

from slides.formats import plain_text
from slides.jobs import Reason

RESERVE_BYTES = 256 * 1024**2
PART, INTAKE_PREFIX = "incoming.part", "intake-"
# Names under which files and folders are written, here and in the other apps, until whole.
HALF_WRITTEN = (
    *(f"slides/*/{PART}", f"{INTAKE_PREFIX}*", "*/.*", "*/unfinished-*"),
    *("patches/run-*", "truth-*", "api-*"),
)
SAFE_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class Keep(StrEnum):
    """How a file comes in: copied, moved, or left where it is and pointed to."""

    COPY = "copy"
    MOVE = "move"
    LINK = "link"


def place(source: Path, media: Path, *, key: str, name: str, keep: Keep) -> str:
    """Bring a file in under media/slides/<key>/ and give its path relative to media.

    Its own name is kept out of the path: it may hold anything. Raises Reason (disk_full) and
    leaves nothing behind if there is no room.
    """
    relative = f"slides/{key}/slide{safe_suffix(name)}"
    target = media / relative
    if target.exists() and not source.exists():
        return relative
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(PART)
    try:
        if keep is Keep.COPY:
            require_room(media, source.stat().st_size)
            shutil.copyfile(source, part)
        elif keep is Keep.LINK:
            part.symlink_to(source.resolve())
        else:
            shutil.move(source, part)
        part.replace(target)
    except OSError as error:
        discard(media, relative)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_room(media) from error
        raise
    return relative


def discard(media: Path, relative: str) -> None:
    """Remove a slide's folder; a linked slide loses only its link."""
    folder = (media / relative).parent
    if relative and folder.parent == media / "slides":
        shutil.rmtree(folder, ignore_errors=True)


def discard_unfinished(folder: Path, *, older_than_seconds: float) -> int:
    """Remove what a killed process left half-written under folder, and say how much there was."""
    leftovers = [path for pattern in HALF_WRITTEN for path in folder.glob(pattern)]
    old = [path for path in leftovers if time.time() - path.lstat().st_mtime > older_than_seconds]
    for path in old:
        _remove(path.parent if path.name == PART else path)
    return len(old)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def replace_into(source: Path, media: Path, relative: str) -> str:
    """Move a finished file to its place under media in one step."""
    target = media / relative
    target.parent.mkdir(parents=True, exist_ok=True)
    source.replace(target)
    return relative


def require_room(folder: Path, size: int) -> None:
    """Raise Reason (disk_full) unless `size` bytes fit and a reserve stays free."""
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < size + RESERVE_BYTES:
        raise no_room(folder)


def no_room(folder: Path) -> Reason:
    free = shutil.disk_usage(folder).free if folder.exists() else 0
    return Reason(
        f"The disk is full ({free / 1e9:.1f} GB free where slides are kept). "
        "Ask an admin to make room, then send the file again.",
        "disk_full",
    )


def safe_suffix(name: str) -> str:
    """The file's suffix if it is a plain one; some formats are told by it."""
    suffix = os.path.splitext(name)[1].lower()  # noqa: PTH122 -- names may hold NUL
    return suffix if SAFE_SUFFIX.fullmatch(suffix) else ""


def display_name(name: str) -> str:
    """A file's own name for people: no folders, no control characters, at most 255 characters."""
    plain = plain_text(re.split(r"[/\\]", name)[-1])
    stem, dot, suffix = plain.rpartition(".")
    if len(plain) > 255:
        plain = stem[: 254 - len(suffix)] + dot + suffix if len(suffix) < 20 else plain[:255]
    return plain or "slide"


def file_name(name: str) -> str:
    """A name a person sent, as the name of a file on disk: short in bytes too, its end kept."""
    return display_name(name).encode()[-120:].decode(errors="ignore").lstrip(".") or "file"
