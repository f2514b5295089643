"""What to look at before a dataset is frozen: patches for a wall, and what is odd about it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from training.manifest import FOLD, TRAINING
from training.splitting import loose_spelling

WALL = 60  # patches
FEW_PATIENTS = 5  # with tumour, held out: fewer give an interval nobody can use
FEW_PATCHES = 100  # of a class, to learn from
MOST_OF_A_CLASS = 0.5
NAMED = 5  # slides by name, before "and so many more"

Caution = dict[str, Any]  # {"code": str, "values": {...}}


def wall(patches: np.ndarray, *, seed: int) -> list[dict[str, Any]]:
    """Patches to show, tumour and normal in turn, from as many slides as there are.

    Drawn from the seed: the same dataset shows the same wall.
    """
    rng = np.random.default_rng([seed, len(patches)])
    places = [_in_turn(patches, label, rng)[: WALL // 2] for label in (1, 0)]
    chosen = [place for members in places for place in members]
    return [_shown(patches[place]) for place in chosen]


def _in_turn(patches: np.ndarray, label: int, rng: np.random.Generator) -> list[int]:
    """Places of a class's patches, slide after slide."""
    by_slide = []
    for slide_id in rng.permutation(np.unique(patches["slide_id"])).tolist():
        members = np.flatnonzero((patches["slide_id"] == slide_id) & (patches["label"] == label))
        by_slide.append(rng.permutation(members).tolist())
    longest = max((len(members) for members in by_slide), default=0)
    return [members[turn] for turn in range(longest) for members in by_slide if turn < len(members)]


def _shown(patch: np.void) -> dict[str, Any]:
    names = ("slide_id", "x_l0", "y_l0", "mpp", "split", "source", "author", "label")
    row = {name: patch[name].item() for name in names}
    shares = {name: round(float(patch[name]), 4) for name in ("tumour_share", "tissue_share")}
    return row | shares


# Cautions ------------------------------------------------------------------


def cautions(
    slides: Sequence[Mapping[str, Any]],
    excluded: Sequence[Mapping[str, Any]],
    test_patients: Iterable[str] = (),
) -> list[Caution]:
    """What is odd about a dataset, each as a code with what its sentence needs.

    slides: name, patient, split, scanner, is_exhaustive, has_tumour, and the chosen patches
    "tumour" and "normal" of each. excluded: the slides that give nothing. test_patients: of the
    site's test slides that are not among them.
    """
    found = [
        _not_exhaustive(slides),
        _no_normal_slides(slides),
        _one_scanner(slides),
        _patients_unknown(slides),
        _patients_of_test(slides, test_patients),
        _few_patients(slides),
        *_few_patches(slides),
        *_most_of_a_class(slides),
        _left_out(excluded),
    ]
    return [caution for caution in found if caution]


def _not_exhaustive(slides: Sequence[Mapping[str, Any]]) -> Caution | None:
    names = [slide["name"] for slide in slides if not slide["is_exhaustive"]]
    return _caution("not_exhaustive", n=len(names), names=_named(names)) if names else None


def _no_normal_slides(slides: Sequence[Mapping[str, Any]]) -> Caution | None:
    return (
        None if any(not slide["has_tumour"] for slide in slides) else _caution("no_normal_slides")
    )


def _one_scanner(slides: Sequence[Mapping[str, Any]]) -> Caution | None:
    scanners = {slide["scanner"] for slide in slides}
    is_one = len(scanners) == 1 and "" not in scanners
    return _caution("one_scanner", scanner=scanners.pop()) if is_one else None


def _patients_unknown(slides: Sequence[Mapping[str, Any]]) -> Caution | None:
    is_own = all(slide["patient"] == slide["name"] for slide in slides)
    return _caution("patients_unknown") if is_own else None


def _patients_of_test(
    slides: Sequence[Mapping[str, Any]], test_patients: Iterable[str]
) -> Caution | None:
    tested = {loose_spelling(patient) for patient in test_patients}
    found = {slide["patient"] for slide in slides if loose_spelling(slide["patient"]) in tested}
    names = sorted(found)
    return _caution("patients_of_test", n=len(names), names=_named(names)) if names else None


def _few_patients(slides: Sequence[Mapping[str, Any]]) -> Caution | None:
    counts = {}
    for split in sorted({slide["split"] for slide in slides} - {TRAINING}):
        members = [slide for slide in slides if slide["split"] == split and slide["tumour"]]
        counts[split] = len({slide["patient"] for slide in members})
    few = {split: n for split, n in counts.items() if n < FEW_PATIENTS}
    return _caution("few_patients", sides=few) if few else None


def _few_patches(slides: Sequence[Mapping[str, Any]]) -> Iterable[Caution]:
    learnt = [s for s in slides if s["split"] == TRAINING or s["split"].startswith(FOLD)]
    for kind in ("tumour", "normal"):
        n = sum(slide[kind] for slide in learnt)
        if n < FEW_PATCHES:
            yield _caution("few_patches", kind=kind, n=n)


def _most_of_a_class(slides: Sequence[Mapping[str, Any]]) -> Iterable[Caution]:
    for split in sorted({slide["split"] for slide in slides}):
        members = [slide for slide in slides if slide["split"] == split]
        for kind in ("tumour", "normal"):
            givers = [slide for slide in members if slide[kind]]
            total = sum(slide[kind] for slide in givers)
            most = max(givers, key=lambda slide: slide[kind], default=None)
            if most and len(givers) > 2 and most[kind] > MOST_OF_A_CLASS * total:
                share = round(100 * most[kind] / total)
                yield _caution(
                    "most_of_a_class", name=most["name"], kind=kind, split=split, percent=share
                )


def _left_out(excluded: Sequence[Mapping[str, Any]]) -> Caution | None:
    names = [slide["name"] for slide in excluded]
    return _caution("left_out", n=len(names), names=_named(names)) if names else None


def _caution(code: str, **values: Any) -> Caution:
    return {"code": code, "values": values}


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" (+{more})" if more > 0 else "")
