"""An evidence bundle against one changed bit, other files, and numbers that do not follow."""

import io
import random
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest

from predictions.review import evidence_zip
from predictions.review.evidence_file import MANIFEST_SUM, Source, assemble, sha256_of
from predictions.review.evidence_numbers import careful_map
from predictions.review.evidence_proof import Terms, prove
from predictions.review.evidence_zip import DamagedBundle
from predictions.review.sealing import canonical
from tests.predictions.review.evidence_rows import (
    COLUMNS,
    ROWS,
    a_map_file,
    a_signed_json,
    a_slide_file,
    content_of,
    forge,
)


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("evidence")
    slide, stored, bundle = (folder / name for name in ("slide.tif", "map.npz", "bundle.zip"))
    a_slide_file(slide)
    frozen = a_signed_json(sha256_of(slide), a_map_file(stored, sha256_of(slide)))
    assemble(bundle, Source(canonical(frozen), slide, stored), folder=folder)
    return {"slide": slide, "map": stored, "bundle": bundle}


@pytest.fixture
def bundle(made) -> Path:
    return made["bundle"]


@pytest.fixture
def slide(made) -> Path:
    return made["slide"]


def differing(path: Path, **terms) -> list[str]:
    return [line.name for line in prove(path, Terms(**terms)).lines if line.outcome == "differs"]


def test_what_was_made_without_rows_proves_itself(bundle, slide):
    told = {line.name: line.outcome for line in prove(bundle, Terms(slide=slide)).lines}
    assert told.pop("manifest") == "not_checked"
    assert set(told.values()) == {"ok"} and len(told) == 15


# Changed bits ---------------------------------------------------------------------------


def flipped(raw: bytes, bit: int) -> bytes:
    changed = bytearray(raw)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def test_one_flipped_bit_is_found_in_every_member_and_between_them(bundle, tmp_path):
    raw, chance = bundle.read_bytes(), random.Random(20261130)
    with bundle.open("rb") as file:
        members = evidence_zip.members_of(file)
    places = [
        member.start * 8 + chance.randrange(member.bytes * 8)
        for member in members
        for _ in range(3)
    ]
    heads = [member.start - 1 - chance.randrange(40) for member in members]
    directory = range(members[-1].start + members[-1].bytes, len(raw))
    places += [8 * place + chance.randrange(8) for place in (*heads, *chance.sample(directory, 60))]
    path = tmp_path / "changed.zip"
    for bit in places:
        path.write_bytes(flipped(raw, bit))
        proof = prove(path)
        assert not proof.holds, f"bit {bit} of {len(raw) * 8} was flipped and nobody saw it"
        assert len(proof.lines[-1].words) > 20
    path.write_bytes(raw)
    assert prove(path).holds


def read_whole(raw: bytes) -> None:
    file = io.BytesIO(raw)
    for member in evidence_zip.members_of(file):
        b"".join(evidence_zip.content(file, member))


def test_the_zip_alone_sees_each_of_its_bits(tmp_path):
    path = tmp_path / "small.zip"
    evidence_zip.write(path, {"a.json": b"hello", "b/c": b"x" * 40, "d": b""})
    raw = path.read_bytes()
    read_whole(raw)
    for bit in range(len(raw) * 8):
        with pytest.raises(DamagedBundle):
            read_whole(flipped(raw, bit))


def test_other_programs_open_it(bundle):
    with zipfile.ZipFile(bundle) as archive:
        assert archive.testzip() is None
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())


# Files that are none --------------------------------------------------------------------


def rezipped(path: Path, members: dict[str, bytes], **options) -> Path:
    with zipfile.ZipFile(path, "w", **options) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def doubled(path: Path, members: dict[str, bytes]) -> Path:
    """A member twice, as no program of ours writes it."""
    evidence_zip.write(path, members | {"README.txx": members["README.txt"]})
    path.write_bytes(path.read_bytes().replace(b"README.txx", b"README.txt"))
    return path


def renamed(path: Path, members: dict[str, bytes]) -> Path:
    others = {"findings.csv": "findinqs.csv"}
    evidence_zip.write(path, {others.get(name, name): one for name, one in members.items()})
    return path


def bomb(path: Path, members: dict[str, bytes]) -> Path:
    return rezipped(path, {**members, "zeros": bytes(2**24)}, compression=zipfile.ZIP_DEFLATED)


def lying(path: Path, members: dict[str, bytes]) -> Path:
    """The list of members says a size that the file does not have."""
    evidence_zip.write(path, members)
    raw = bytearray(path.read_bytes())
    entry = raw.rindex(b"PK\x01\x02")
    struct.pack_into("<II", raw, entry + 20, 2**31, 2**31)
    path.write_bytes(raw)
    return path


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path, members: path.write_bytes(b""), "does not begin as a zip"),
        (lambda path, members: path.write_bytes(b"GIF89a" * 9), "does not begin as a zip"),
        (lambda path, members: rezipped(path, members), "was changed"),
        (bomb, "is packed"),
        (lying, "was changed"),
        (doubled, "twice"),
        (renamed, "lacks findings.csv"),
        (
            lambda path, members: rezipped(path, {"../../etc/passwd": b"x", **members}),
            "never followed",
        ),
        (lambda path, members: rezipped(path, {"/root": b"x"}), "never followed"),
        (lambda path, members: evidence_zip.write(path, {"a": b"x"}), "lacks manifest.json"),
        (
            lambda path, members: evidence_zip.write(path, members | {"extra": b"x"}),
            "has extra that its manifest does not name",
        ),
        (
            lambda path, members: evidence_zip.write(path, members | {MANIFEST_SUM: b"0" * 64}),
            "is not the one that manifest.sha256 was written for",
        ),
    ],
    ids=[
        *("empty", "gif", "zipped anew", "bomb", "lying", "twice", "renamed", "upwards"),
        *("from the root", "other zip", "added", "other sum"),
    ],
)
def test_what_is_no_bundle_is_told_in_words(bundle, tmp_path, make, words):
    path = tmp_path / "other.zip"
    make(path, content_of(bundle))
    (line,) = prove(path).lines
    assert (line.name, line.outcome) == ("file", "differs")
    assert words in line.words


def test_a_bundle_cut_off_anywhere_is_told(bundle, tmp_path):
    raw, path = bundle.read_bytes(), tmp_path / "short.zip"
    for size in (3, 10, 22, len(raw) // 2, len(raw) - 22, len(raw) - 1):
        path.write_bytes(raw[:size])
        (line,) = prove(path).lines
        assert "cut off" in line.words or "begin" in line.words
    path.write_bytes(raw + b"\0")
    assert not prove(path).holds


def test_a_missing_file_is_told(tmp_path):
    assert "cannot be read" in prove(tmp_path / "none.zip").lines[0].words


# Forgeries whose checksums all fit ---------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"findings__0__diameter_um": 2500.0}, {"lengths"}),
        ({"findings__2__confidence": 0.99}, {"findings"}),
        ({"findings__1__box_l0": [0, 0, 9, 9]}, {"findings"}),
        ({"said__suggested": "macro"}, {"conclusion"}),
        ({"left__open_findings": 0}, {"conclusion"}),
        ({"prediction__threshold": 0.7}, {"findings", "masks/predicted.tif"}),
        ({"prediction__slide_score": 0.5}, {"map"}),
        ({"prediction__map_sha256": "0" * 64}, {"map"}),
        ({"grid__columns": 41}, {"map"}),
        ({"version__weights_sha256": "1" * 64}, {"map"}),
        ({"slide__sha256": "2" * 64}, {"slide", "map"}),
        ({"slide__mpp": 0.25}, {"lengths"}),
        ({"slide__mpp": None}, {"lengths"}),
        ({"findings": "none"}, {"findings"}),
        ({"slide": None}, {"map"}),
        ({"findings__0__state": "rejected"}, {"masks/reviewed.tif", "outlines.geojson"}),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else "",
)
def test_numbers_that_do_not_follow_are_found(bundle, slide, tmp_path, changes, where):
    found = set(differing(forge(bundle, tmp_path / "forged.zip", **changes), slide=slide))
    assert where <= found, found


def test_a_map_that_would_unpack_to_more_is_not_unpacked(tmp_path):
    path = tmp_path / "map.npz"
    np.savez_compressed(path, map=np.zeros((5000, 5000), np.float32))
    with pytest.raises(ValueError, match="the grid says"):
        careful_map(path, {"rows": ROWS, "columns": COLUMNS})
    with pytest.raises(ValueError, match="cannot be"):
        careful_map(path, {"rows": 10**6, "columns": 10**6})
    path.write_bytes(b"no zip")
    with pytest.raises(ValueError, match="no file of ours"):
        careful_map(path, {"rows": ROWS, "columns": COLUMNS})


def test_another_slide_is_another(bundle, slide, tmp_path):
    other = tmp_path / "other.tif"
    raw = bytearray(slide.read_bytes())
    raw[len(raw) // 2] ^= 1
    other.write_bytes(raw)
    assert differing(bundle, slide=other) == ["slide"]
