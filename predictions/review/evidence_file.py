"""A signed review as one file that proves itself: what lies in it, and how it is opened.

`manifest.json` names every other member with its SHA-256; `manifest.sha256` is its own, which the
site that made the bundle also keeps in its audit log.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from predictions.map_files import StoredMap, read_map
from predictions.review import evidence_parts as parts
from predictions.review import evidence_zip
from predictions.review.evidence_zip import DamagedBundle, Member
from slides.pyramid import Pyramid

FORMAT = "sentinode-evidence-1"
MANIFEST, MANIFEST_SUM = "manifest.json", "manifest.sha256"
REVIEW, MAP, README = "review.json", "map.npz", "README.txt"
MOST_TEXT_BYTES = 256 * 2**20
DISCLAIMER = "Not a medical device. For research use; no diagnosis may rest on it."
WORDS = """Evidence of a signed review, made by Sentinode.

manifest.json    every other file here with its SHA-256, and what the review is of
manifest.sha256  the SHA-256 of manifest.json; the site that made this keeps it in its audit log
review.json      all that was signed, byte for byte; its SHA-256 is the review's seal
map.npz          the probability of each grid cell that was looked at (NumPy), where there is one
outlines.geojson the findings in level-0 pixels of the slide, as QuPath reads them
findings.csv     the same as a table; lengths in um, places in level-0 pixels
masks/           predicted.tif: cells at or above the threshold; reviewed.tif: what the reader holds
                 to be tumour. 255 = tumour, px by px of the slide
pictures/        the slide and each finding with its outline

Check it with Sentinode:   manage.py verify_bundle THIS.zip --slide SLIDE
or by hand:                sha256sum -c manifest.sha256

Not a medical device. For research use; no diagnosis may rest on it.
"""

Content = bytes | Path


@dataclass(frozen=True)
class Made:
    """A bundle that was written."""

    bytes: int
    file_sha256: str
    manifest_sha256: str


@dataclass(frozen=True)
class Source:
    """What a bundle is made of. review: the signed JSON, byte for byte. map: None without one."""

    review: bytes
    slide: Path
    map: Path | None = None


# Writing ---------------------------------------------------------------------------------


def assemble(target: Path, source: Source, *, folder: Path) -> Made:
    """Write the bundle of a review. The same source gives the same bytes.

    folder: for what is made on the way. Raises OSError, SlideError, or ValueError where the map
    is not the one that was signed.
    """
    frozen = json.loads(source.review)
    stored = _map_of(source, frozen)
    members: dict[str, Content] = {REVIEW: source.review}
    if source.map is not None:
        members[MAP] = source.map
    members |= made_members(frozen, stored, folder)
    with Pyramid.open(source.slide, mpp=frozen["slide"]["mpp"]) as pyramid:
        outlines = parts.outlines_of(frozen, stored)
        for name, picture in parts.pictures_of(frozen, outlines, pyramid):
            members[name] = parts.jpeg(picture)
    manifest = text_of(facts_of(frozen, stored) | {"members": _sums(members)})
    own = hashlib.sha256(manifest).hexdigest()
    head: dict[str, Content] = {MANIFEST: manifest, MANIFEST_SUM: f"{own}  {MANIFEST}\n".encode()}
    evidence_zip.write(target, head | members)
    return Made(target.stat().st_size, sha256_of(target), own)


def _map_of(source: Source, frozen: Mapping[str, Any]) -> StoredMap | None:
    if source.map is None:
        return None
    return read_map(source.map, sha256=frozen["prediction"]["map_sha256"])


def made_members(
    frozen: Mapping[str, Any], stored: StoredMap | None, folder: Path
) -> dict[str, Content]:
    """All that follows from the signed JSON and the map alone."""
    outlines = parts.outlines_of(frozen, stored)
    made: dict[str, Content] = {
        README: WORDS.encode(),
        parts.OUTLINES: parts.geojson_of(frozen, stored, outlines),
        parts.TABLE: parts.table_of(frozen, outlines),
    }
    reviewed = folder / "reviewed.tif"
    parts.write_reviewed_mask(reviewed, frozen, stored, outlines)
    made[parts.REVIEWED_MASK] = reviewed
    if stored is not None:
        predicted = folder / "predicted.tif"
        parts.write_predicted_mask(predicted, frozen, stored)
        made[parts.PREDICTED_MASK] = predicted
    return dict(sorted(made.items()))


def facts_of(frozen: Mapping[str, Any], stored: StoredMap | None) -> dict[str, Any]:
    """What the manifest says besides the members."""
    findings = frozen["findings"]
    held = [one for one in findings if one["state"] in parts.HELD]
    return {
        "format": FORMAT,
        "disclaimer": DISCLAIMER,
        "is_synthetic": parts.is_synthetic(frozen, stored),
        "slide": frozen["slide"],
        "version": frozen["version"],
        "prediction": frozen["prediction"],
        "grid": frozen["grid"],
        "reader": frozen["reader"],
        "times": frozen["times"],
        "said": frozen["said"],
        "findings": {
            "all": len(findings),
            "by_state": _counted(one["state"] for one in findings),
            "held_by_class": _counted(one["size_class"] or "unknown" for one in held),
            "without_picture": max(0, len(findings) - parts.MOST_CROPS),
        },
    }


def _counted(words: Iterator[str]) -> dict[str, int]:
    every = sorted(words)
    return {word: every.count(word) for word in every}


def text_of(facts: Mapping[str, Any]) -> bytes:
    return (json.dumps(facts, sort_keys=True, ensure_ascii=False, indent=1) + "\n").encode()


def _sums(members: Mapping[str, Content]) -> dict[str, dict[str, Any]]:
    return {
        name: {"bytes": len(one), "sha256": hashlib.sha256(one).hexdigest()}
        if isinstance(one, bytes)
        else {"bytes": one.stat().st_size, "sha256": sha256_of(one)}
        for name, one in members.items()
    }


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Opening ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bundle:
    """An open bundle whose zip is as it was written; its members are not checked yet."""

    file: BinaryIO
    members: Mapping[str, Member]
    manifest: Mapping[str, Any]
    manifest_sha256: str

    def sha256(self, name: str) -> str:
        """Raises DamagedBundle where the bytes are not those that were written."""
        digest = hashlib.sha256()
        for block in evidence_zip.content(self.file, self.members[name]):
            digest.update(block)
        return digest.hexdigest()

    def read(self, name: str) -> bytes:
        return _text(self.file, self.members, name)

    def extract(self, name: str, target: Path) -> Path:
        with target.open("wb") as file:
            for block in evidence_zip.content(self.file, self.members[name]):
                file.write(block)
        return target


@contextmanager
def opened(path: Path) -> Iterator[Bundle]:
    """A bundle to be read. Raises DamagedBundle, in words, where it is none of ours."""
    with ExitStack() as stack:
        try:
            file = stack.enter_context(path.open("rb"))
        except OSError as error:
            raise DamagedBundle(f"{path} cannot be read: {error.strerror}", "not_found") from error
        members = {member.name: member for member in evidence_zip.members_of(file)}
        if missing := [name for name in (MANIFEST, MANIFEST_SUM, REVIEW) if name not in members]:
            raise DamagedBundle(
                f"the zip lacks {', '.join(missing)}: it is no evidence bundle, or a member was "
                "renamed",
                "part_missing",
            )
        raw = _text(file, members, MANIFEST)
        own = hashlib.sha256(raw).hexdigest()
        _refuse_other_sum(_text(file, members, MANIFEST_SUM), own)
        yield Bundle(file, members, _manifest(raw, members), own)


def _text(file: BinaryIO, members: Mapping[str, Member], name: str) -> bytes:
    if members[name].bytes > MOST_TEXT_BYTES:
        raise DamagedBundle(
            f"{name} has {members[name].bytes:,} bytes; at most {MOST_TEXT_BYTES:,} are read",
            "too_large",
        )
    return b"".join(evidence_zip.content(file, members[name]))


def _refuse_other_sum(told: bytes, own: str) -> None:
    if told != f"{own}  {MANIFEST}\n".encode():
        raise DamagedBundle(
            f"{MANIFEST} is not the one that {MANIFEST_SUM} was written for: one of the two was "
            "changed",
            "manifest_changed",
        )


def _manifest(raw: bytes, members: Mapping[str, Member]) -> dict[str, Any]:
    manifest = parsed(MANIFEST, raw)
    if manifest.get("format") != FORMAT:
        raise DamagedBundle(
            f"the bundle's format is {str(manifest.get('format'))[:40]!r}, expected {FORMAT!r}: "
            "check it with the software that made it",
            "other_format",
        )
    listed = manifest.get("members")
    if not isinstance(listed, dict):
        raise DamagedBundle(f"{MANIFEST} does not list its members")
    found = [name for name in members if name not in (MANIFEST, MANIFEST_SUM)]
    if missing := [name for name in listed if name not in members]:
        raise DamagedBundle(f"the bundle lacks {', '.join(missing)}", "part_missing")
    if added := [name for name in found if name not in listed]:
        raise DamagedBundle(f"the bundle has {', '.join(added)} that its manifest does not name")
    return manifest


def parsed(name: str, content: bytes) -> dict[str, Any]:
    """A JSON object. Raises DamagedBundle where it is none."""

    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no number that JSON knows")

    try:
        fact = json.loads(content, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise DamagedBundle(f"{name} holds no JSON that can be read ({error})") from error
    if not isinstance(fact, dict):
        raise DamagedBundle(f"{name} holds {type(fact).__name__}, expected an object")
    return fact
