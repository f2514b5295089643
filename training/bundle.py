"""A version as one file to carry elsewhere: a zip of known parts, with a checksum of each.

Nothing in it is code and nothing in it is believed: a bundle is read only if its own SHA-256 is
the one its sender told, each part has the checksum that the bundle lists, and no part is missing,
added, or larger than any of ours.
"""

import hashlib
import json
import math
import os
import stat
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FORMAT = "sentinode-bundle-1"
MANIFEST, WEIGHTS, CHECKSUMS = "manifest.json", "weights.keras", "checksums.json"
JSON_PARTS = (MANIFEST, "card.json", "provenance.json", "metrics.json", "calibration.json")
PARTS = (*JSON_PARTS, "card.md", WEIGHTS)
MOST_ENTRIES = len(PARTS) + 1
MOST_BYTES = 16 * 2**20  # of a part that is text
MOST_WEIGHT_BYTES = 4 * 10**9
CHUNK = 1 << 20
CODE_SUFFIXES = (".h5", ".hdf5", ".pkl", ".pickle", ".pt", ".pth", ".bin", ".npy", ".npz", ".py")
SHA256_HEX = 64
MADE = (1980, 1, 1, 0, 0, 0)  # a zip's first day: the same version gives the same bytes

Tick = Callable[[], None]


class BundleError(ValueError):
    """A bundle that is damaged, was changed, or is not ours."""

    def __init__(self, message: str, code: str = "bad_bundle") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Bundle:
    """What a bundle says, checked as far as its form goes; its weights lie at `weights`."""

    manifest: Mapping[str, Any]
    card: Mapping[str, Any]
    provenance: Mapping[str, Any]
    metrics: Mapping[str, Any]
    calibration: Mapping[str, Any]
    weights: Path
    sha256: str


# Writing ---------------------------------------------------------------------


def write(path: Path, facts: Mapping[str, Mapping[str, Any]], card_md: str, weights: Path) -> str:
    """Write a bundle whole or not at all; its SHA-256. The same version gives the same bytes.

    facts: by the name of a JSON part without its ending. Raises OSError.
    """
    texts = {f"{name}.json": _json(fact) for name, fact in facts.items()}
    texts["card.md"] = card_md.encode()
    checksums = {name: hashlib.sha256(text).hexdigest() for name, text in texts.items()}
    checksums[WEIGHTS] = file_sha256(weights)
    texts[CHECKSUMS] = _json(checksums)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with zipfile.ZipFile(unfinished, "w") as archive:
            for name in sorted(texts):
                archive.writestr(_entry(name), texts[name])
            with archive.open(_entry(WEIGHTS), "w", force_zip64=True) as target:
                for block in _blocks(weights):
                    target.write(block)
        sha256 = file_sha256(unfinished)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return sha256


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, MADE)
    entry.external_attr = 0o644 << 16
    return entry  # stored: weights hardly shrink, and other zlibs would give other bytes


def _json(fact: Any) -> bytes:
    return (json.dumps(fact, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def _blocks(path: Path) -> Any:
    with path.open("rb") as file:
        while block := file.read(CHUNK):
            yield block


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# Reading ---------------------------------------------------------------------


def normal_sha256(text: str) -> str:
    """A checksum as a person gave it, in the one spelling. Raises BundleError if it is none."""
    sha256 = text.strip().lower().removeprefix("sha256:").strip()
    if len(sha256) != SHA256_HEX or not set(sha256) <= set("0123456789abcdef"):
        raise BundleError(
            "the bundle's SHA-256 is 64 characters of 0-9 and a-f, as shown where it was made; "
            f"got {text.strip()[:70]!r}",
            "bad_checksum",
        )
    return sha256


def read(path: Path, *, sha256: str, folder: Path, tick: Tick = lambda: None) -> Bundle:
    """Check a bundle from its checksum to each of its parts, and lay its weights in a folder.

    tick is called now and then while long parts are read, and may raise to stop.
    Raises BundleError, in words.
    """
    _refuse_other_bundle(path, normal_sha256(sha256))
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_odd_entries(archive.infolist())
            stated = _checksums(archive)
            facts = {name: _checked_json(archive, name, stated[name]) for name in JSON_PARTS}
            _text(archive, "card.md", stated["card.md"])
            weights = folder / WEIGHTS
            _extract_weights(archive, weights, stated[WEIGHTS], tick)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise BundleError(
            f"{path.name} is damaged, or is no bundle at all ({error}); copy it again", "damaged"
        ) from error
    by_name = {name.removesuffix(".json"): fact for name, fact in facts.items()}
    _refuse_odd_manifest(by_name["manifest"], stated[WEIGHTS])
    return Bundle(**by_name, weights=weights, sha256=normal_sha256(sha256))


def _refuse_other_bundle(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise BundleError(f"there is no bundle {path.name}", "not_found")
    if (found := file_sha256(path)) != sha256:
        raise BundleError(
            f"{path.name} is not the bundle that was meant: its SHA-256 begins {found[:12]}, the "
            f"one given {sha256[:12]}. It was changed on its way, or the checksum is another's; "
            "nothing of it was opened",
            "bundle_changed",
        )


def _refuse_odd_entries(entries: list[zipfile.ZipInfo]) -> None:
    """Names first: nothing of a zip is read before all of it is known to be ours."""
    if len(entries) > MOST_ENTRIES:
        raise BundleError(f"a bundle has {MOST_ENTRIES} parts, this zip has {len(entries)}")
    names = [entry.filename for entry in entries]
    for name in names:
        _refuse_odd_name(name)
    if len(set(names)) < len(names):
        raise BundleError("a part is in the bundle twice; it is not opened")
    if missing := sorted({*PARTS, CHECKSUMS} - set(names)):
        raise BundleError(f"the bundle lacks {', '.join(missing)}; export it again", "part_missing")
    for entry in entries:
        _refuse_odd_entry(entry)


def _refuse_odd_name(name: str) -> None:
    if name in PARTS or name == CHECKSUMS:
        return
    shown = repr(name[:80])
    if name.lower().endswith(CODE_SUFFIXES):
        raise BundleError(
            f"the bundle holds {shown}: pickled files, scripts and .h5 may run code and are never "
            f"opened; weights come as {WEIGHTS}",
            "unsafe_format",
        )
    raise BundleError(f"the bundle holds {shown}, which no bundle of ours does; it is not opened")


def _refuse_odd_entry(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if entry.flag_bits & 0x1 or kind not in (0, stat.S_IFREG):
        raise BundleError(f"{entry.filename} is encrypted, or a link; a bundle holds plain files")
    most = MOST_WEIGHT_BYTES if entry.filename == WEIGHTS else MOST_BYTES
    if entry.file_size > most:
        raise BundleError(
            f"{entry.filename} says it unpacks to {entry.file_size / 1e6:.0f} MB; at most "
            f"{most / 1e6:.0f} MB are read",
            "too_large",
        )


def _checksums(archive: zipfile.ZipFile) -> dict[str, str]:
    stated = _parsed(CHECKSUMS, _bounded(archive, CHECKSUMS))
    if set(stated) != set(PARTS) or not all(isinstance(each, str) for each in stated.values()):
        raise BundleError(f"{CHECKSUMS} does not name the parts {', '.join(PARTS)}")
    return stated


def _bounded(archive: zipfile.ZipFile, name: str) -> bytes:
    """A part's bytes, never more than it said or may have: a header can lie."""
    with archive.open(name) as part:
        content = part.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise BundleError(f"{name} unpacks to more than {MOST_BYTES / 1e6:.0f} MB", "too_large")
    return content


def _text(archive: zipfile.ZipFile, name: str, sha256: str) -> bytes:
    content = _bounded(archive, name)
    _refuse_other_part(name, hashlib.sha256(content).hexdigest(), sha256)
    return content


def _refuse_other_part(name: str, found: str, sha256: str) -> None:
    if found != sha256:
        raise BundleError(
            f"{name} was changed since the bundle was made (checksum {found[:12]}, expected "
            f"{sha256[:12]}); nothing of it is used",
            "part_changed",
        )


def _checked_json(archive: zipfile.ZipFile, name: str, sha256: str) -> dict[str, Any]:
    return _parsed(name, _text(archive, name, sha256))


def _parsed(name: str, content: bytes) -> dict[str, Any]:
    def refuse(constant: str) -> float:
        raise ValueError(f"{constant} is no number that JSON knows")

    try:
        fact = json.loads(content, parse_constant=refuse)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{name} holds no JSON that can be read ({error})") from error
    if not isinstance(fact, dict):
        raise BundleError(f"{name} holds {type(fact).__name__}, expected an object")
    return fact


def _extract_weights(archive: zipfile.ZipFile, path: Path, sha256: str, tick: Tick) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(WEIGHTS) as part, path.open("wb") as target:
        while block := part.read(CHUNK):
            size += len(block)
            if size > MOST_WEIGHT_BYTES:
                raise BundleError(f"{WEIGHTS} unpacks to more than it may", "too_large")
            digest.update(block)
            target.write(block)
            tick()
    _refuse_other_part(WEIGHTS, digest.hexdigest(), sha256)


# What the manifest must say ----------------------------------------------------

_TEXTS = {"name": 200, "architecture": 20, "pooling": 3, "labelling": 6, "threshold_source": 300}
_NUMBERS = {"mpp": (0.05, 50.0), "threshold": (0.0, 1.0), "tumour_bar": (0.0, 1.0)}
_COUNTS = {"patch_px": (32, 1024), "centre_px": (1, 1024)}


def _refuse_odd_manifest(told: Mapping[str, Any], weights_sha256: str) -> None:
    """Raise BundleError unless every field of a version's row is there and makes sense."""
    if told.get("format") != FORMAT:
        raise BundleError(
            f"the bundle's format is {str(told.get('format'))[:40]!r}, expected {FORMAT!r}; "
            "update this site, or export it again"
        )
    for name, longest in _TEXTS.items():
        text = told.get(name)
        if not isinstance(text, str) or not 0 < len(text.strip()) <= longest:
            raise _odd(name, text, f"1 to {longest} characters")
    for name, (low, high) in (_NUMBERS | _COUNTS).items():
        number: Any = told.get(name)
        if not _is_number(number, whole=name in _COUNTS) or not low <= number <= high:
            raise _odd(name, number, f"a number in {low:g}..{high:g}")
    if told.get("is_synthetic") not in (True, False):
        raise _odd("is_synthetic", told.get("is_synthetic"), "true or false")
    if told.get("weights_sha256") != weights_sha256:
        raise BundleError("the manifest names other weights than the bundle holds", "part_changed")


def _is_number(value: Any, *, whole: bool) -> bool:
    if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
        return False
    return math.isfinite(value)


def _odd(name: str, value: Any, expected: str) -> BundleError:
    return BundleError(f"the manifest's {name} is {value!r:.60}, expected {expected}")
