"""Whether one patient or one piece of tissue is on two sides of a split.

Three ways to find out: patients whose names differ in spelling only, files with one checksum, and
tissue whose landmarks lie alike. Landmarks match by chance now and then; several that also lie in
the same places to each other do not, unless it is the same tissue.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from training.landmarks import TURNS, Landmarks, turned, turned_places
from training.splitting import loose_spelling

PATIENT, FILE, TISSUE = "same_patient", "same_file", "same_tissue"
# Of 16 demo slides no two have more than one landmark in common, recompressed, restained, shifted
# or turned copies of one about two hundred, and a cutting of one square millimetre ten.
MOST_BITS = 8  # of 63 that may differ
LEAST_MATCHES = 5  # landmarks that lie alike
NEAR_UM, NEAR_SHARE = 40.0, 0.05  # how exactly: a glass may lie a little askew
MOST_COMPARISONS = 1_000_000_000  # pairs of landmarks, each in eight turns: about 20 s
FEWEST_LANDMARKS = 60  # per slide, however many slides there are
BLOCK = (16, 4096)  # hashes compared at once: what a processor's own memory holds
MOST_MATCHES_TRIED = 400

Alive = Callable[[], None]


@dataclass(frozen=True)
class Glass:
    """One slide on one side of a split."""

    id: int
    name: str
    patient: str
    sha256: str
    side: str
    landmarks: Landmarks | None = None


@dataclass(frozen=True)
class Leak:
    """Two slides that must not be on two sides. places_um: a spot that both show, where known."""

    kind: str
    first: Glass
    second: Glass
    matches: int = 0
    places_um: tuple[tuple[float, float], tuple[float, float]] | None = None

    def as_json(self) -> dict[str, Any]:
        slides = [
            {"id": one.id, "name": one.name, "patient": one.patient, "split": one.side}
            for one in (self.first, self.second)
        ]
        places = [[round(float(x), 1), round(float(y), 1)] for x, y in self.places_um or ()]
        return {"kind": self.kind, "slides": slides, "matches": self.matches, "places_um": places}


def find_leaks(glasses: Sequence[Glass], *, alive: Alive = lambda: None) -> list[Leak]:
    """Every leak across the sides, one for each pair of slides, the surest kind first.

    alive() is called every few seconds and may raise to stop.
    """
    found = _equal(glasses, PATIENT, lambda glass: loose_spelling(glass.patient))
    found |= _of_one_tissue(glasses, alive)
    found |= _equal(glasses, FILE, lambda glass: glass.sha256)
    order = {kind: place for place, kind in enumerate((FILE, TISSUE, PATIENT))}
    return sorted(
        found.values(), key=lambda leak: (order[leak.kind], leak.first.id, leak.second.id)
    )


Pairs = dict[tuple[int, int], Leak]


def _equal(glasses: Sequence[Glass], kind: str, key: Callable[[Glass], str]) -> Pairs:
    groups: dict[str, list[Glass]] = {}
    for glass in glasses:
        if value := key(glass):
            groups.setdefault(value, []).append(glass)
    return {
        (one.id, other.id): Leak(kind, one, other)
        for members in groups.values()
        for one, other in combinations(members, 2)
        if one.side != other.side
    }


# Tissue --------------------------------------------------------------------


def _of_one_tissue(glasses: Sequence[Glass], alive: Alive) -> Pairs:
    """Slides on two sides that show one piece of tissue."""
    most = landmarks_each(glasses)
    sides: dict[str, list[Glass]] = {}
    for glass in glasses:
        if glass.landmarks is not None and len(glass.landmarks):
            sides.setdefault(glass.side, []).append(glass)
    found: Pairs = {}
    for few, many in combinations(sorted(sides.values(), key=len), 2):
        for leak in _between(few, many, most, alive):
            one, other = sorted((leak.first, leak.second), key=glasses.index)
            found[one.id, other.id] = leak
    return found


def landmarks_each(glasses: Sequence[Glass]) -> int:
    """How many landmarks of each slide can be compared at a bounded price."""
    counts: Mapping[str, int] = {
        side: sum(glass.side == side for glass in glasses) for side in {g.side for g in glasses}
    }
    pairs = sum(one * other for one, other in combinations(counts.values(), 2))
    return max(FEWEST_LANDMARKS, int((MOST_COMPARISONS / max(1, pairs)) ** 0.5))


def _between(few: Sequence[Glass], many: Sequence[Glass], most: int, alive: Alive) -> list[Leak]:
    ours, theirs = _joined(few, most), _joined(many, most)
    best: dict[tuple[int, int], Leak] = {}
    for turn in range(TURNS):
        alive()
        hits = _alike(turned(ours.hashes, turn), theirs.hashes)
        pairs = np.stack([ours.owner[hits[0]], theirs.owner[hits[1]]], axis=1)
        kinds, counts = np.unique(pairs, axis=0, return_counts=True)
        for one, other in kinds[counts >= LEAST_MATCHES].tolist():
            is_pair = (pairs[:, 0] == one) & (pairs[:, 1] == other)
            spots = ours.places[hits[0][is_pair]], theirs.places[hits[1][is_pair]]
            matches, at = _lying_alike(turned_places(spots[0], turn), spots[1])
            if matches >= LEAST_MATCHES and (
                (one, other) not in best or matches > best[one, other].matches
            ):
                shown = (tuple(spots[0][at].tolist()), tuple(spots[1][at].tolist()))
                best[one, other] = Leak(TISSUE, few[one], many[other], matches, shown)
    return list(best.values())


@dataclass(frozen=True)
class _Joined:
    """Landmarks of several slides in a row; owner: the slide's place among them."""

    places: np.ndarray
    hashes: np.ndarray
    owner: np.ndarray


def _joined(glasses: Sequence[Glass], most: int) -> _Joined:
    parts = [glass.landmarks.strongest(most) for glass in glasses if glass.landmarks is not None]
    return _Joined(
        np.concatenate([part.places_um for part in parts]),
        np.concatenate([part.hashes for part in parts]),
        np.repeat(np.arange(len(parts)), [len(part) for part in parts]),
    )


def _alike(ours: np.ndarray, theirs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places in both whose hashes differ in few bits, a block at a time."""
    hits = [np.zeros((2, 0), np.intp)]
    for row in range(0, len(ours), BLOCK[0]):
        for column in range(0, len(theirs), BLOCK[1]):
            part = theirs[None, column : column + BLOCK[1]]
            differ = np.bitwise_count(ours[row : row + BLOCK[0], None] ^ part)
            found = np.flatnonzero(differ <= MOST_BITS)
            if len(found):
                places = np.divmod(found, part.shape[1])
                hits.append(np.stack([places[0] + row, places[1] + column]))
    rows, columns = np.concatenate(hits, axis=1)
    return rows, columns


def _lying_alike(ours_um: np.ndarray, theirs_um: np.ndarray) -> tuple[int, int]:
    """How many matches lie to each other in both slides alike, and which of them is in the middle.

    (n, 2) each. A landmark counts once on either side, however often it was matched.
    """
    ours_um, theirs_um = ours_um[:MOST_MATCHES_TRIED], theirs_um[:MOST_MATCHES_TRIED]
    ours, theirs = (um[:, None] - um[None] for um in (ours_um, theirs_um))
    apart = np.hypot(*np.moveaxis(ours - theirs, 2, 0))
    near = NEAR_UM + NEAR_SHARE * np.hypot(*np.moveaxis(ours, 2, 0))
    is_alike = apart <= near
    counts = [
        min(len(np.unique(um[members], axis=0)) for um in (ours_um, theirs_um))
        for members in is_alike
    ]
    best = int(np.argmax(counts))
    return counts[best], best
