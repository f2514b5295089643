"""Which patches of which slides make a dataset: capped, split by patient, balanced.

Everything random is drawn from the seed and the slide's own key, so that the same slides
give the same patches, and another slide beside them changes none of their draws.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from training.manifest import GRID, MINED, TEST, VALIDATION
from training.rules import AS_THEY_ARE, BY_CLASS_AND_SLIDE, Rules, SamplingError
from training.splitting import Patient, one_spelling, split_patients


@dataclass(frozen=True)
class Origins:
    """Where patches come from. patient_of, scanner_of: by slide_id; scanners may be unknown.

    kept: the side that a patient was on in the dataset before, and stays on.
    """

    patient_of: Mapping[int, str]
    scanner_of: Mapping[int, str] = field(default_factory=dict)
    kept: Mapping[str, str] = field(default_factory=dict)


def choose(patches: np.ndarray, origins: Origins, rules: Rules) -> np.ndarray:
    """The patches of a dataset: capped per slide and class, split by patient, balanced.

    patches: of all slides, (n,) of dtype PATCH. What people corrected and networks got wrong
    comes before what the grid gives. Mined patches are learnt from, never validated or tested on.
    Raises SamplingError if a class is empty or the patients cannot be split.
    """
    refuse_one_class(patches)
    patient_of = one_spelling(origins.patient_of)
    chosen = capped(without_doubles(patches), rules.per_slide_cap, seed=rules.seed)
    side_of = split_patients(_patients(chosen, patient_of, origins), rules, origins.kept)
    chosen["split"] = [side_of[patient_of[key]] for key in chosen["slide_id"].tolist()]
    is_held_out = np.isin(chosen["split"], [VALIDATION, TEST])
    chosen = chosen[~(is_held_out & (chosen["source"] == MINED))]
    if rules.balance == BY_CLASS_AND_SLIDE:
        chosen = evened(chosen, seed=rules.seed)
    return chosen if rules.balance == AS_THEY_ARE else balanced(chosen, seed=rules.seed)


def refuse_one_class(patches: np.ndarray) -> None:
    """Raises SamplingError unless there are patches of both classes."""
    tumour = int(np.count_nonzero(patches["label"]))
    if not tumour:
        raise SamplingError(
            f"none of {len(patches)} patches shows tumour; add slides with outlined tumour, or "
            "lower the tumour bar",
            "no_tumour",
        )
    if tumour == len(patches):
        raise SamplingError(
            f"all {tumour} patches show tumour; add normal slides, or slides whose truth is "
            "exhaustive",
            "no_normal",
        )


def _patients(
    patches: np.ndarray, patient_of: Mapping[int, str], origins: Origins
) -> dict[str, Patient]:
    """What each patient gives. Mined patches do not count: nothing is held out by them."""
    counted = patches[patches["source"] != MINED]
    slides = np.unique(counted["slide_id"]).tolist()
    members: dict[str, list[int]] = {}
    for slide_id in slides:
        members.setdefault(patient_of[slide_id], []).append(slide_id)
    return {name: _patient(counted, keys, origins) for name, keys in members.items()}


def _patient(patches: np.ndarray, slide_ids: list[int], origins: Origins) -> Patient:
    labels = patches["label"][np.isin(patches["slide_id"], slide_ids)]
    tumour = int(np.count_nonzero(labels))
    scanners = {origins.scanner_of.get(slide_id, "") for slide_id in slide_ids} - {""}
    return Patient(tumour, len(labels) - tumour, frozenset(scanners))


def without_doubles(patches: np.ndarray) -> np.ndarray:
    """The patches without those that the grid lays where one was mined."""
    mined = patches[patches["source"] == MINED]
    if not len(mined):
        return patches.copy()
    where = ["slide_id", "mpp", "x_l0", "y_l0"]
    taken = set(mined[where].tolist())
    is_double = np.array([place in taken for place in patches[where].tolist()])
    return patches[~is_double | (patches["source"] == MINED)]


def capped(patches: np.ndarray, cap: int, *, seed: int) -> np.ndarray:
    """At most cap patches of each class of each slide, drawn at random; mined ones come on top."""
    is_mined = patches["source"] == MINED
    turns = np.zeros(len(patches), dtype=np.int64)
    turns[~is_mined] = _turns(patches[~is_mined], seed=seed)
    return patches[is_mined | (turns < cap)]


def evened(patches: np.ndarray, *, seed: int) -> np.ndarray:
    """No slide gives more of a class, on its side of the split, than the middle slide gives."""
    turns = _turns(patches, seed=seed)
    kept = np.zeros(len(patches), dtype=bool)
    for split in np.unique(patches["split"]):
        for label in (0, 1):
            is_member = (patches["split"] == split) & (patches["label"] == label)
            _, counts = np.unique(patches["slide_id"][is_member], return_counts=True)
            if len(counts):
                kept |= is_member & (turns < np.ceil(np.median(counts)))
    return patches[kept]


def balanced(patches: np.ndarray, *, seed: int) -> np.ndarray:
    """As many tumour as normal patches on each side of the split.

    The larger class gives way evenly: slides with few patches of it keep them all.
    """
    turns = _turns(patches, seed=seed)
    kept = np.zeros(len(patches), dtype=bool)
    for split in np.unique(patches["split"]):
        classes = [
            np.flatnonzero((patches["split"] == split) & (patches["label"] == label))
            for label in (0, 1)
        ]
        size = min(len(members) for members in classes)
        for members in classes:
            order = np.lexsort([patches["slide_id"][members], turns[members]])
            kept[members[order[:size]]] = True
    return patches[kept]


def _turns(patches: np.ndarray, *, seed: int) -> np.ndarray:
    """Each patch's place, from 0, in a random order of its own slide and class.

    Several scales take turns, so that the finest, which has most patches, does not crowd out the
    others; what was corrected or mined comes first.
    """
    turns = np.zeros(len(patches), dtype=np.int64)
    for slide_id in np.unique(patches["slide_id"]).tolist():
        for label in (0, 1):
            members = np.flatnonzero(
                (patches["slide_id"] == slide_id) & (patches["label"] == label)
            )
            drawn, scales = np.zeros(len(members), np.int64), np.unique(patches["mpp"][members])
            for place, mpp in enumerate(scales.tolist()):
                is_own = patches["mpp"][members] == mpp
                further = [place] if place else []
                rng = np.random.default_rng([seed, slide_id, label, *further])
                drawn[is_own] = rng.permutation(np.count_nonzero(is_own))
            is_from_grid = patches["source"][members] == GRID
            order = np.lexsort([patches["mpp"][members], drawn, is_from_grid])
            turns[members[order]] = np.arange(len(members))
    return turns
