"""Who reads which slide of a study, by lot and evenly. The same seed deals alike."""

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seat:
    """A place at a slide. seat: 1 or 2. place: when in the study its reader comes to it."""

    slide: int
    seat: int
    reader: int
    place: int


def dealt(
    patient_of: Mapping[int, str], readers: Sequence[int], readings: int, *, seed: int
) -> list[Seat]:
    """Seats for every slide: `readings` different readers each.

    The slides of a patient go to the same readers, always to those who have fewest until then;
    who sits first, and in which order everybody reads, is by lot. Raises ValueError for fewer
    readers than readings.
    """
    if len(set(readers)) < readings:
        raise ValueError(f"{readings} readings of each slide need as many readers: {len(readers)}")
    dice = random.Random(seed)
    patients: dict[str, list[int]] = defaultdict(list)
    for slide in sorted(patient_of):
        patients[patient_of[slide]].append(slide)
    groups = [patients[name] for name in sorted(patients)]
    dice.shuffle(groups)
    load = dict.fromkeys(sorted(readers), 0)
    seats: list[tuple[int, int, int]] = []
    for group in groups:
        chosen = _least_loaded(load, readings, dice)
        for reader in chosen:
            load[reader] += len(group)
        for slide in group:
            dice.shuffle(chosen)
            seats += [(slide, seat, reader) for seat, reader in enumerate(chosen, start=1)]
    return _in_order(seats, dice)


def _least_loaded(load: Mapping[int, int], count: int, dice: random.Random) -> list[int]:
    order = list(load)
    dice.shuffle(order)
    return sorted(order, key=lambda reader: load[reader])[:count]


def _in_order(seats: list[tuple[int, int, int]], dice: random.Random) -> list[Seat]:
    """Every reader's slides in an order of their own."""
    dice.shuffle(seats)
    return [Seat(*seat, place) for place, seat in enumerate(seats)]
