"""Files on their way in, in parts: what the tus 1.0 protocol needs, without its headers.

A part file grows under the upload folder while its row counts the bytes that are safely on
disk. The row counts up every 16 MiB, so a crash costs no more than that.
"""

import errno
import fcntl
import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db.models import F
from django.utils.timezone import now

from slides import services
from slides.formats import plain_text
from slides.jobs import Reason
from slides.models import Slide, Upload
from slides.storage import display_name, no_room, require_room

BLOCK_BYTES = 1024**2
SAFE_BYTES = 16 * 1024**2
MAX_BYTES = 64 * 1024**3
CHECKSUMS = ("sha1", "sha256")


class Stream(Protocol):
    def read(self, size: int = ..., /) -> bytes: ...


def begin(*, owner: AbstractBaseUser, size: int, said: dict[str, str]) -> Upload:
    """Make room for a file of `size` bytes.

    said: filename, and optionally patient, node and mpp. Raises Reason (no_name, too_large,
    bad_node, bad_mpp, disk_full).
    """
    if not said.get("filename"):
        raise Reason("The upload has no file name; send it as `filename`.", "no_name")
    if size > MAX_BYTES:
        raise Reason(f"Files may be at most {MAX_BYTES / 1024**3:.0f} GiB.", "too_large")
    require_room(Path(settings.UPLOAD_ROOT), size)
    metadata: dict[str, Any] = {"patient": plain_text(said.get("patient", ""))[:200]}
    metadata["node"] = services.believable_node(said.get("node", ""))
    if said.get("mpp"):
        metadata["mpp"] = services.believable_mpp(said["mpp"])
    upload = Upload.objects.create(
        owner=owner, size=size, filename=display_name(said["filename"]), metadata=metadata
    )
    upload.part_path.touch(mode=0o600)
    return upload


def receive(
    upload: Upload, stream: Stream, *, offset: int, checksum: tuple[str, str] | None = None
) -> Upload:
    """Append what the stream holds, and count what is safely on disk even if it breaks off.

    checksum: (algorithm, hexadecimal digest) of the stream. Raises Reason: locked if another
    request is writing, conflict if the upload does not stand at offset, too_long if the stream
    holds more than was announced, checksum if it differs, after which nothing of it is kept.
    """
    with _locked(upload) as file:
        upload.refresh_from_db()
        if upload.offset != offset:
            raise Reason(f"The upload stands at {upload.offset} bytes.", "conflict")
        # Bytes a crash left beyond the count may be torn.
        file.truncate(offset)
        file.seek(offset)
        if checksum is None:
            _append(upload, file, stream)
        else:
            _append_checked(upload, file, stream, *checksum)
    return upload


def _append(upload: Upload, file: BinaryIO, stream: Stream) -> None:
    written = upload.offset
    try:
        while block := stream.read(BLOCK_BYTES):
            if written + len(block) > upload.size:
                raise Reason(f"The file was announced with {upload.size} bytes.", "too_long")
            written += _write(file, block)
            if written - upload.offset >= SAFE_BYTES:
                _count(upload, file, written)
    finally:
        _count(upload, file, written)


def _append_checked(
    upload: Upload, file: BinaryIO, stream: Stream, algorithm: str, expected: str
) -> None:
    digest, start, written = hashlib.new(algorithm, usedforsecurity=False), upload.offset, 0
    while block := stream.read(BLOCK_BYTES):
        written += len(block)
        if start + written > upload.size:
            raise Reason(f"The file was announced with {upload.size} bytes.", "too_long")
        digest.update(block)
        _write(file, block)
    if digest.hexdigest() != expected:
        file.truncate(start)
        raise Reason(f"The part arrived damaged ({algorithm} differs); send it again.", "checksum")
    _count(upload, file, start + written)


def _write(file: BinaryIO, block: bytes) -> int:
    """Write a whole block to an unbuffered file, so that what failed is not tried again later."""
    rest = memoryview(block)
    while rest:
        rest = rest[file.write(rest) :]
    return len(block)


def _count(upload: Upload, file: BinaryIO, written: int) -> None:
    """Put bytes on disk for good, then count them: never the other way round."""
    os.fsync(file.fileno())
    Upload.objects.filter(pk=upload.pk).update(offset=written)
    upload.offset = written


@contextmanager
def _locked(upload: Upload) -> Iterator[BinaryIO]:
    try:
        with upload.part_path.open("r+b", buffering=0) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise Reason("Another request is sending this file.", "locked") from error
            yield file
    except FileNotFoundError as error:
        raise Reason("This upload is gone; begin again.", "gone") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_room(upload.part_path.parent) from error
        raise


def finish(upload: Upload) -> tuple[Slide | None, bool]:
    """The slide a complete upload became, and whether it became one just now.

    Raises Reason (gone) if the slide was removed since, and with it the file.
    """
    if upload.slide is not None or upload.offset != upload.size:
        return upload.slide, False
    try:
        slide = services.register_upload(upload)
    except FileNotFoundError as error:
        raise Reason("This upload is gone; begin again.", "gone") from error
    upload.slide = slide
    return slide, True


def discard(upload: Upload) -> None:
    """Forget an upload and what arrived of it; a slide it became stays."""
    upload.part_path.unlink(missing_ok=True)
    upload.delete()


def register_complete() -> list[Slide]:
    """Register uploads whose last byte arrived but whose request died; give their slides."""
    complete = Upload.objects.filter(slide=None, offset=F("size"), expires_at__gte=now())
    with_file = [upload for upload in complete if upload.part_path.exists()]
    return [services.register_upload(upload) for upload in with_file]


def discard_expired() -> int:
    """Clear away uploads past their time, and say how many."""
    expired = list(Upload.objects.filter(expires_at__lt=now()))
    for upload in expired:
        discard(upload)
    return len(expired)


def discard_ownerless(*, older_than_seconds: float) -> int:
    """Clear away part files whose row is gone, with a deleted account say; how many."""
    known = {upload.part_path for upload in Upload.objects.all()}
    parts = [path for path in Path(settings.UPLOAD_ROOT).glob("*.part") if path not in known]
    old = [path for path in parts if time.time() - path.stat().st_mtime > older_than_seconds]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)
