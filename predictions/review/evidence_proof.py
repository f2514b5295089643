"""Whether an evidence bundle is as it was made, and whether its numbers follow from the slide.

Each thing that is looked at ends as ok, as one that differs (and how), or as not looked at (and
why). Nothing here asks a database.
"""

import hashlib
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

from predictions.map_files import StoredMap
from predictions.review import evidence_numbers as numbers
from predictions.review import evidence_parts as parts
from predictions.review.evidence_file import (
    MAP,
    REVIEW,
    Bundle,
    facts_of,
    made_members,
    opened,
    parsed,
    sha256_of,
)
from predictions.review.evidence_zip import DamagedBundle
from predictions.review.sealing import canonical
from slides.formats import SlideError
from slides.pyramid import Pyramid

OK, DIFFERS, UNCHECKED = "ok", "differs", "not_checked"
PICTURE_TOLERANCE = 2.0  # mean difference of a px, of 255: what another JPEG library may cost
NONSENSE = (KeyError, TypeError, ValueError, IndexError, AttributeError, ArithmeticError, OSError)


@dataclass(frozen=True)
class Line:
    """What became of one thing. words: what differs, or why it was not looked at."""

    name: str
    outcome: str
    words: str = ""


@dataclass
class Proof:
    lines: list[Line] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        return all(line.outcome != DIFFERS for line in self.lines)

    def say(self, name: str, faults: Iterable[str], words: str = "") -> None:
        """ok with these words, or each of the faults."""
        found = [Line(name, DIFFERS, fault) for fault in faults]
        self.lines += found or [Line(name, OK, words)]

    def leave(self, name: str, why: str) -> None:
        self.lines.append(Line(name, UNCHECKED, why))

    def attempt(self, name: str, work: Callable[[], None]) -> None:
        """Do a piece of work; what makes no sense there differs from what was written."""
        try:
            work()
        except NONSENSE as error:
            told = str(error) or type(error).__name__
            self.say(name, [f"what is there makes no sense ({told[:200]})"])


@dataclass(frozen=True)
class Terms:
    """What to hold a bundle against.

    slide: the slide's file. manifest_sha256: as the site that made it told. is_again: whether the
    network is to read the slide anew; weights and what reads with them come with `reread`.
    """

    slide: Path | None = None
    manifest_sha256: str = ""
    reread: Callable[[dict[str, Any], StoredMap, Path], Iterable[Line]] | None = None


NO_TERMS = Terms()


def prove(path: Path, terms: Terms = NO_TERMS) -> Proof:
    """All that can be said of a bundle. Damage that ends the reading is one line of it."""
    proof = Proof()
    try:
        with opened(path) as bundle:
            proof.say("file", [], f"{len(bundle.members)} members, every byte where it belongs")
            _prove_manifest(proof, bundle, terms)
            if _prove_members(proof, bundle):
                _prove_content(proof, bundle, terms)
    except DamagedBundle as error:
        proof.say("file", [str(error)])
    return proof


def _prove_manifest(proof: Proof, bundle: Bundle, terms: Terms) -> None:
    own = bundle.manifest_sha256
    if not terms.manifest_sha256:
        proof.leave("manifest", f"SHA-256 {own}; hold it against the one its site shows")
        return
    told = terms.manifest_sha256.strip().lower()
    fault = f"SHA-256 is {own}, its site told {told[:80]}: another bundle, or one made anew"
    proof.say("manifest", [fault] if told != own else [], f"SHA-256 {own}, as was told")


def _prove_members(proof: Proof, bundle: Bundle) -> bool:
    """Each member's size and SHA-256; True if all of them are as listed."""
    faults = []
    for name, told in bundle.manifest["members"].items():
        size = bundle.members[name].bytes
        if not isinstance(told, dict) or told.get("bytes") != size:
            faults.append(f"{name} has {size:,} bytes, the manifest says otherwise")
        elif told.get("sha256") != (found := bundle.sha256(name)):
            faults.append(f"{name} was changed: SHA-256 {found[:16]}, listed {told.get('sha256')}")
    proof.say("members", faults, f"{len(bundle.manifest['members'])} with the SHA-256 listed")
    return not faults


def _prove_content(proof: Proof, bundle: Bundle, terms: Terms) -> None:
    frozen = parsed(REVIEW, bundle.read(REVIEW))
    proof.attempt("review", lambda: _prove_review(proof, bundle, frozen))
    with TemporaryDirectory(prefix="evidence-") as name:
        folder, found = Path(name), []
        proof.attempt("map", lambda: found.append(_proved_map(proof, bundle, frozen, folder)))
        stored = found[0] if found else None
        proof.attempt("findings", lambda: _prove_numbers(proof, frozen, stored))
        proof.attempt("made of it", lambda: _prove_made(proof, bundle, frozen, (stored, folder)))
        proof.attempt("slide", lambda: _prove_slide(proof, bundle, frozen, (stored, terms)))


def _prove_review(proof: Proof, bundle: Bundle, frozen: dict[str, Any]) -> None:
    raw = bundle.read(REVIEW)
    faults = [] if canonical(frozen) == raw else ["it is not written the one way a review is"]
    seal = hashlib.sha256(raw).hexdigest()
    proof.say("review", faults, f"seal {seal}, signed {frozen['times']['signed_at']}")


def _proved_map(
    proof: Proof, bundle: Bundle, frozen: dict[str, Any], folder: Path
) -> StoredMap | None:
    if frozen["prediction"] is None:
        extra = ["it lies in the bundle, though no map was signed"] if MAP in bundle.members else []
        proof.say("map", extra, "none: signed without a reading")
        return None
    if MAP not in bundle.members:
        raise ValueError("the map that was signed is missing")
    path = bundle.extract(MAP, folder / MAP)
    signed = frozen["prediction"]["map_sha256"]
    if (found := sha256_of(path)) != signed:
        raise ValueError(f"SHA-256 is {found[:16]}, signed was {str(signed)[:16]}")
    stored = numbers.careful_map(path, frozen["grid"])
    words = f"SHA-256 as signed; {stored.grid.columns} x {stored.grid.rows} cells"
    proof.say("map", numbers.map_faults(frozen, stored), words)
    return stored


def _prove_numbers(proof: Proof, frozen: dict[str, Any], stored: StoredMap | None) -> None:
    if stored is None:
        proof.leave("findings", "there is no map to work them out from")
    else:
        count = sum(one["key"].startswith("c") for one in frozen["findings"])
        words = f"{count} by the map at threshold {frozen['prediction']['threshold']}"
        proof.say("findings", numbers.finding_faults(frozen, stored), words)
    proof.say("lengths", numbers.measure_faults(frozen), "as calipers and outlines give them")
    told = "; ".join(numbers.words_of_readers(frozen))
    said, suggested = (frozen["said"][name] or "none" for name in ("conclusion", "suggested"))
    said = f"{said}, suggested {suggested}"
    words = f"{said}; classes by a reader's word: {told}" if told else said
    proof.say("conclusion", numbers.conclusion_faults(frozen), words)


def _prove_made(
    proof: Proof,
    bundle: Bundle,
    frozen: dict[str, Any],
    made_of: tuple[StoredMap | None, Path],
) -> None:
    """Outlines, masks and table, made again; and the manifest's own facts."""
    stored, folder = made_of
    told = {name: value for name, value in bundle.manifest.items() if name != "members"}
    expected = facts_of(frozen, stored)
    faults = [
        f"{name} is not what was signed" for name in expected if told.get(name) != expected[name]
    ]
    faults += [f"{name} is nothing that was signed" for name in told if name not in expected]
    proof.say("manifest's facts", faults, "as signed")
    for name, content in made_members(frozen, stored, folder).items():
        raw = content if isinstance(content, bytes) else None
        own = (
            hashlib.sha256(raw).hexdigest()
            if raw is not None
            else sha256_of(folder / Path(name).name)
        )
        proof.say(name, _made_faults(bundle, name, own, folder), "made again, byte for byte")


def _made_faults(bundle: Bundle, name: str, own: str, folder: Path) -> list[str]:
    if name not in bundle.members:
        return ["it is missing"]
    if bundle.sha256(name) == own:
        return []
    if not name.endswith(".tif"):
        return ["made again from what was signed it is another"]
    return _mask_faults(folder / Path(name).name, bundle.extract(name, folder / "given.tif"))


def _mask_faults(made: Path, given: Path) -> list[str]:
    """None where two masks are the same px by px, whatever library packed them."""
    import tifffile  # noqa: PLC0415 -- slow import

    with tifffile.TiffFile(made) as one, tifffile.TiffFile(given) as other:
        mine, theirs = one.pages[0], other.pages[0]
        if mine.shape != theirs.shape or len(one.pages) != len(other.pages):
            return [f"it has {theirs.shape} px, made again {mine.shape}"]
        apart = sum(
            not np.array_equal(a[0], b[0])
            for a, b in zip(mine.segments(), theirs.segments(), strict=True)
            if a[0] is not None or b[0] is not None
        )
    return [f"{apart} of its tiles are others, made again"] if apart else []


def _prove_slide(
    proof: Proof,
    bundle: Bundle,
    frozen: dict[str, Any],
    against: tuple[StoredMap | None, Terms],
) -> None:
    stored, terms = against
    if terms.slide is None:
        proof.leave("slide", "not given; say --slide PATH")
        proof.leave("pictures", "they are cut from the slide")
        return
    own = frozen["slide"]
    found = sha256_of(terms.slide)
    if found != own["sha256"]:
        proof.say("slide", [f"SHA-256 is {found[:16]}, signed was {str(own['sha256'])[:16]}"])
        proof.leave("pictures", "the slide is another")
        return
    try:
        with Pyramid.open(terms.slide, mpp=own["mpp"]) as pyramid:
            size = (pyramid.width, pyramid.height)
            fault = [f"it has {size} px"] if size != (own["width"], own["height"]) else []
            proof.say("slide", fault, f"SHA-256 as signed, {size[0]} x {size[1]} px")
            outlines = parts.outlines_of(frozen, stored)
            faults, count = _picture_faults(bundle, parts.pictures_of(frozen, outlines, pyramid))
            proof.say("pictures", faults, f"{count} cut from the slide again")
    except SlideError as error:
        proof.say("slide", [str(error)])
        return
    if terms.reread is not None and stored is not None:
        proof.lines += terms.reread(frozen, stored, terms.slide)


def _picture_faults(bundle: Bundle, pictures: Iterable[tuple[str, Any]]) -> tuple[list[str], int]:
    faults, seen = [], set()
    for name, picture in pictures:
        seen.add(name)
        if name not in bundle.members:
            faults.append(f"{name} is missing")
            continue
        raw = bundle.read(name)
        if parts.jpeg(picture) != raw and (apart := _apart(raw, picture)) > PICTURE_TOLERANCE:
            faults.append(f"{name} shows something else: px differ by {apart:.1f} of 255")
    others = [name for name in bundle.members if name.startswith("pictures/") and name not in seen]
    return faults + [f"{name} is of no finding" for name in others], len(seen)


def _apart(raw: bytes, picture: Image.Image) -> float:
    """The mean difference of px; 255 where the sizes are others."""
    given = Image.open(io.BytesIO(raw), formats=["JPEG"])
    if given.size != picture.size:
        return 255.0
    one, other = (np.asarray(each.convert("RGB"), np.int16) for each in (given, picture))
    return float(np.abs(one - other).mean())
