"""One file of equal patches on disk: made in any order, known by checksums, mapped, pruned.

Beside `NAME.npy` lies `NAME.crc32`, the checksum of each patch; while they are being made both
are named `.NAME.part`. There a patch counts only with its checksum, so whatever a killed process
or a full disk left unwritten is found and made, and the rest is kept. A finished file that was
written to since, and is no longer as its checksums say, is thrown away.

Locks are of the open file (flock): a mapping carries its own until the last array of it is
gone, so a file that a running job reads is never pruned, and a dead process holds nothing.
"""

import errno
import fcntl
import io
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import imagecodecs
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Report = Callable[[int, int], None]
Shape = tuple[int, int, int, int]

SPARE = 1.05  # of the space a file needs
CHECKED_AT_ONCE = 256  # patches between two reports
_crc32: Any = imagecodecs.deflate_crc32  # ten times zlib's speed
DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class PackingError(ValueError):
    """Patches that cannot be kept."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class Packing:
    """A packed file being made, locked against everybody else. From `making`."""

    def __init__(self, path: Path, file: BinaryIO, sums: BinaryIO, shape: Shape) -> None:
        self.path = path
        self._file, self._sums, self._shape = file, sums, shape
        self._start = len(header_of(shape))
        self._patch_bytes = int(np.prod(shape[1:]))

    def missing(self, report: Report = lambda done, total: None) -> NDArray[np.intp]:
        """The places of the patches that are not there, or not as they were written."""
        return _broken(self._file, self._sums, self._shape, report)

    def keep(self, place: int, patch: Pixels) -> None:
        """Write a patch, then its checksum. Many threads may. Raises PackingError (disk_full)."""
        pixels = np.ascontiguousarray(patch)
        with disk_full_explained(self.path.parent):
            _write(self._file, pixels.data.cast("B"), self._start + place * self._patch_bytes)
            _write(self._sums, np.uint32(checksum(pixels)).tobytes(), 4 * place)

    def finished(self) -> Pixels:
        """Give the file its name; all patches, mapped, read only."""
        with disk_full_explained(self.path.parent):
            os.fsync(self._file.fileno())
            os.fsync(self._sums.fileno())
        part_of(sums_of(self.path)).replace(sums_of(self.path))
        part_of(self.path).replace(self.path)
        sums_of(self.path).touch()
        fcntl.flock(self._file, fcntl.LOCK_SH)
        return _mapped(self._file, self._shape)


def opened(path: Path, shape: Shape, report: Report = lambda done, total: None) -> Pixels | None:
    """The finished packed file, (n, px, px, 3) uint8 mapped read only; None if it is to be made.

    One that was written to since it was checked is read through, and removed if it is broken.
    report(done, total) is called meanwhile.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return None
    with file:
        fcntl.flock(file, fcntl.LOCK_SH)
        if not _is_at(file, path):
            return None
        if _is_sound(file, path, shape, report):
            sums_of(path).touch()  # when it was last used
            return _mapped(file, shape)
        _unlink(path)
    return None


@contextmanager
def making(
    path: Path, shape: Shape, *, most_bytes: float | None = None
) -> Iterator[Packing | None]:
    """The file to make, with what another process left of it; None while another one makes it.

    most_bytes: of all packed files in the folder; oldest unused ones are removed for it. What
    is unfinished at the end of the block stays, to be gone on with. Raises PackingError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = part_of(path)
    part.touch()
    part_of(sums_of(path)).touch()
    with part.open("r+b") as file, part_of(sums_of(path)).open("r+b") as sums:
        if not _is_locked(file, part):
            yield None
            return
        if path.exists():  # another one finished it just now
            _unlink(part)
            yield None
            return
        with disk_full_explained(path.parent):
            if not _is_whole(file, shape):
                _make_room(path, shape, most_bytes)
                _reserve(file, sums, shape)
        yield Packing(path, file, sums, shape)


def prune(folder: Path, most_bytes: float, *, needed: int = 0) -> None:
    """Remove packed files that nobody reads or makes, longest unused first.

    Until those left and the needed bytes are no more than most_bytes and fit on the disk.
    """
    files = sorted(_packed_in(folder), key=_last_used)
    total = sum(_allocated(path) for path in files)
    for path in files:
        if total + needed <= most_bytes and _free(folder) >= needed * SPARE:
            return
        size = _allocated(path)
        if _removed(path):
            total -= size


def header_of(shape: Shape) -> bytes:
    """What stands before the pixels, so that numpy.load reads the file too."""
    header = io.BytesIO()
    described = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(header, described)
    return header.getvalue()


def checksum(patch: Pixels) -> int:
    """CRC-32 of a patch's bytes, never 0."""
    return int(_crc32(patch.data)) or 1


def sums_of(path: Path) -> Path:
    """Where the checksums of a packed file are."""
    return path.with_suffix(".crc32")


def part_of(path: Path) -> Path:
    """What a file is named until it is finished."""
    return path.with_name(f".{path.name}.part")


@contextmanager
def disk_full_explained(folder: Path) -> Iterator[None]:
    """Turns what a full disk raises into a PackingError."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise PackingError(
            f"the disk of {folder} is full; make room and train again, what was read is kept",
            "disk_full",
        ) from error


# The file ----------------------------------------------------------------------


def _is_sound(file: BinaryIO, path: Path, shape: Shape, report: Report) -> bool:
    if not (_is_whole(file, shape) and sums_of(path).exists()):
        return False
    with sums_of(path).open("rb") as sums:
        if os.fstat(sums.fileno()).st_mtime_ns >= os.fstat(file.fileno()).st_mtime_ns:
            return True
        return not len(_broken(file, sums, shape, report))


def _broken(file: BinaryIO, sums: BinaryIO, shape: Shape, report: Report) -> NDArray[np.intp]:
    """The places of patches that are not as their checksums say."""
    count = shape[0]
    stated = _sums_in(sums, count)
    found = _mapped(file, shape)
    is_there = stated != 0
    for start in range(0, count, CHECKED_AT_ONCE):
        some = slice(start, start + CHECKED_AT_ONCE)
        for place in np.flatnonzero(is_there[some]) + start:
            is_there[place] = checksum(found[place]) == stated[place]
        if is_there[some].any():
            report(int(is_there[: some.stop].sum()), count)
    return np.flatnonzero(~is_there)


def _is_whole(file: BinaryIO, shape: Shape) -> bool:
    """Whether the file has the header and size of these patches, whatever they show."""
    header = header_of(shape)
    size = os.fstat(file.fileno()).st_size
    if size != len(header) + int(np.prod(shape)):
        return False
    return os.pread(file.fileno(), len(header), 0) == header


def _mapped(file: BinaryIO, shape: Shape) -> Pixels:
    if not np.prod(shape):
        return np.zeros(shape, np.uint8)
    start = len(header_of(shape))
    found = np.memmap(file, np.uint8, mode="r", offset=start, shape=shape)
    return found.view(np.ndarray)


def _sums_in(file: BinaryIO, count: int) -> NDArray[np.uint32]:
    """(n,) uint32; 0, not there, where the file is too short."""
    known = os.pread(file.fileno(), 4 * count, 0)
    sums = np.zeros(count, np.uint32)
    sums[: len(known) // 4] = np.frombuffer(known[: len(known) // 4 * 4], np.uint32)
    return sums


def _write(file: BinaryIO, content: bytes | memoryview, at: int) -> None:
    content = memoryview(content)
    while content:
        written = os.pwrite(file.fileno(), content, at)
        content, at = content[written:], at + written


def _reserve(file: BinaryIO, sums: BinaryIO, shape: Shape) -> None:
    """Take the whole space now: a full disk is told at once, and not in the middle."""
    header = header_of(shape)
    for one, size in ((sums, 4 * shape[0]), (file, len(header) + int(np.prod(shape)))):
        one.truncate(0)
        if size:
            os.posix_fallocate(one.fileno(), 0, size)
    _write(file, header, 0)


def _is_locked(file: BinaryIO, path: Path) -> bool:
    """Lock a file against everybody; False if somebody has it or it went meanwhile."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return _is_at(file, path)


def _is_at(file: BinaryIO, path: Path) -> bool:
    """Whether the open file is still the one of that name."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


# The folder --------------------------------------------------------------------


def _make_room(path: Path, shape: Shape, most_bytes: float | None) -> None:
    needed = len(header_of(shape)) + int(np.prod(shape))
    prune(path.parent, float("inf") if most_bytes is None else most_bytes, needed=needed)
    free = _free(path.parent)
    if free < needed * SPARE:
        raise PackingError(
            f"the patches need {needed / 1e9:.1f} GB in {path.parent}, which has "
            f"{free / 1e9:.1f} GB free; make room, or freeze a dataset with a smaller cap per "
            "slide",
            "disk_full",
        )


def _packed_in(folder: Path) -> list[Path]:
    return [*folder.glob("*.npy"), *folder.glob(".*.npy*.part")]


def _sums_beside(path: Path) -> Path:
    """Of a packed file, finished or not."""
    is_part = path.name.endswith(".part")
    return path.with_name(path.name.replace(".npy", ".crc32")) if is_part else sums_of(path)


def _last_used(path: Path) -> float:
    times = [_status(one) for one in (path, _sums_beside(path))]
    return max((status.st_mtime for status in times if status), default=0.0)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _allocated(path: Path) -> int:
    status = _status(path)
    return status.st_blocks * 512 if status else 0


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _removed(path: Path) -> bool:
    """Remove a packed file and its checksums unless somebody reads or makes it."""
    try:
        with path.open("rb") as file:
            if not _is_locked(file, path):
                return False
            _unlink(path)
    except FileNotFoundError:
        return False
    return True


def _unlink(path: Path) -> None:
    path.unlink(missing_ok=True)
    _sums_beside(path).unlink(missing_ok=True)
