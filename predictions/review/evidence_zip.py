"""A zip in which every byte follows from its members: stored as they are, dated alike, no more.

Any program opens it. Reading is strict: what is not written the way we write it is refused, so that
no changed bit goes unseen, and nothing is unpacked that could be larger than the file itself.
"""

import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

CHUNK = 1 << 20
MOST_MEMBERS = 2000
MOST_BYTES = 2**32 - 2**16  # beyond, zips have another form
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
LONGEST_NAME = 100

_LOCAL = struct.Struct("<4s5H3I2H")
_ENTRY = struct.Struct("<4s6H3I5H2I")
_END = struct.Struct("<4s4H2IH")
_SIGNS = (b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06")
_VERSION, _UNIX, _FIRST_DAY, _PLAIN_FILE = 20, 3 << 8, 33, 0o100644 << 16


class DamagedBundle(ValueError):
    """A file that is no bundle of ours, or not as it was written."""

    def __init__(self, message: str, code: str = "damaged") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Member:
    """One file within the zip. start: of its content, in bytes of the zip."""

    name: str
    start: int
    bytes: int
    crc: int


# Writing ---------------------------------------------------------------------------------


def write(path: Path, members: Mapping[str, bytes | Path]) -> None:
    """Write the members in their order. The same members give the same bytes. Raises OSError."""
    offset, entries = 0, []
    with path.open("wb") as target:
        for name, content in members.items():
            size, crc = _measured(content)
            target.write(_local(name, size, crc))
            for block in _blocks(content):
                target.write(block)
            entries.append(_entry(name, size, crc, offset))
            offset += _LOCAL.size + len(name) + size
        if offset > MOST_BYTES or len(entries) > MOST_MEMBERS:
            raise ValueError(f"{len(entries)} members of {offset:,} bytes are more than a bundle")
        for entry in entries:
            target.write(entry)
        target.write(_end(len(entries), sum(map(len, entries)), offset))


def _measured(content: bytes | Path) -> tuple[int, int]:
    size = crc = 0
    for block in _blocks(content):
        size, crc = size + len(block), zlib.crc32(block, crc)
    return size, crc


def _blocks(content: bytes | Path) -> Iterator[bytes]:
    if isinstance(content, bytes):
        yield content
        return
    with content.open("rb") as file:
        while block := file.read(CHUNK):
            yield block


def _local(name: str, size: int, crc: int) -> bytes:
    head = (_SIGNS[0], _VERSION, 0, 0, 0, _FIRST_DAY, crc, size, size, len(name), 0)
    return _LOCAL.pack(*head) + name.encode("ascii")


def _entry(name: str, size: int, crc: int, offset: int) -> bytes:
    head = (_SIGNS[1], _UNIX | _VERSION, _VERSION, 0, 0, 0, _FIRST_DAY, crc, size, size, len(name))
    return _ENTRY.pack(*head, 0, 0, 0, 0, _PLAIN_FILE, offset) + name.encode("ascii")


def _end(count: int, size: int, offset: int) -> bytes:
    return _END.pack(_SIGNS[2], 0, 0, count, count, size, offset, 0)


# Reading ---------------------------------------------------------------------------------


def members_of(file: BinaryIO) -> list[Member]:
    """The members of a zip that `write` wrote, in order. Raises DamagedBundle, in words."""
    size = file.seek(0, 2)
    count, start, length = _read_end(file, size)
    file.seek(start)
    directory = file.read(length)
    members, offset, place = [], 0, 0
    for _ in range(count):
        member, place = _read_entry(directory, place, offset)
        _check_local(file, member, offset)
        offset = member.start + member.bytes
        members.append(member)
    if place != length or offset != start:
        raise DamagedBundle("the bundle's list of members does not fit what lies before it")
    _refuse_twice(members)
    return members


def _read_end(file: BinaryIO, size: int) -> tuple[int, int, int]:
    file.seek(0)
    if file.read(4) != _SIGNS[0]:
        raise DamagedBundle("this is no bundle: it does not begin as a zip does", "not_a_bundle")
    if size < _END.size:
        raise DamagedBundle("the bundle was cut off: it has no end", "cut_off")
    file.seek(size - _END.size)
    told = _END.unpack(file.read(_END.size))
    if told[0] != _SIGNS[2]:
        raise DamagedBundle(
            "the bundle does not end as it was written: it was cut off, something was added to "
            "it, or its last bytes were changed. Copy it again",
            "cut_off",
        )
    count, length, start = told[3], told[5], told[6]
    if count > MOST_MEMBERS:
        raise DamagedBundle(f"a bundle has at most {MOST_MEMBERS} members, this has {count}")
    if told != _END.unpack(_end(count, length, start)) or start + length + _END.size != size:
        raise DamagedBundle("the bundle's last bytes do not fit its length: copy it again")
    return count, start, length


def _read_entry(directory: bytes, place: int, offset: int) -> tuple[Member, int]:
    """The member listed at a place of the directory, and the next place.

    offset: where its own head lies, right after the member before it.
    """
    if place + _ENTRY.size > len(directory):
        raise DamagedBundle("the bundle's list of members ends too early")
    told = _ENTRY.unpack_from(directory, place)
    end = place + _ENTRY.size + told[10]
    name = _name(directory[place + _ENTRY.size : end])
    if told[0] != _SIGNS[1]:
        raise DamagedBundle(f"the bundle's list of members is damaged before {name}")
    if told[4] != 0 or told[8] != told[9]:
        raise DamagedBundle(
            f"{name} is packed (method {told[4]}, {told[8]:,} bytes for {told[9]:,}): a bundle "
            "keeps its members as they are, so this zip was made by another program and is not "
            "unpacked",
            "packed",
        )
    crc, size = told[7], told[9]
    if directory[place:end] != _entry(name, size, crc, offset):
        raise DamagedBundle(f"what the bundle's list of members says of {name} was changed")
    return Member(name, offset + _LOCAL.size + len(name), size, crc), end


def _name(raw: bytes) -> str:
    name = raw.decode("ascii", "replace")
    if len(name) > LONGEST_NAME or not NAME.fullmatch(name):
        raise DamagedBundle(
            f"the bundle has a member {name[:60]!r}, which no bundle of ours has: names with "
            "dots before them, from the root or of other characters are never followed",
            "bad_name",
        )
    return name


def _check_local(file: BinaryIO, member: Member, offset: int) -> None:
    file.seek(offset)
    expected = _local(member.name, member.bytes, member.crc)
    if file.read(len(expected)) != expected:
        raise DamagedBundle(
            f"the head of {member.name} was changed, or another member lies in its place"
        )


def _refuse_twice(members: list[Member]) -> None:
    names = [member.name for member in members]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DamagedBundle(f"the bundle has {', '.join(twice)} twice", "twice")


def content(file: BinaryIO, member: Member) -> Iterator[bytes]:
    """A member's bytes, in blocks. Raises DamagedBundle where they are not as they were written."""
    file.seek(member.start)
    left, crc = member.bytes, 0
    while left:
        block = file.read(min(CHUNK, left))
        if not block:
            raise DamagedBundle(f"{member.name} ends too early", "cut_off")
        left, crc = left - len(block), zlib.crc32(block, crc)
        yield block
    if crc != member.crc:
        raise DamagedBundle(f"{member.name} was changed: its content is not what was written")
