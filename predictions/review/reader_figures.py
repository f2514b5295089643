"""What readers of a study were worth without and with the model, and how far they agree.

Readers are taken as they are: only patients are drawn, and with a patient all readings of all its
slides. Differences are with less without the model, on the very same readings.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from predictions.ranking import mcnemar_p
from predictions.release_diff import ENOUGH_PATIENTS
from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights, two_sided_p
from predictions.review.kappas import Lot, kappa

CLASSES = ("negative", "itc", "micro", "macro")
SIZED = CLASSES[1:]
TUMOUR = (*SIZED, "tumour")  # of unknown size, where um per px is unknown
UNAIDED, AIDED = "unaided", "aided"
NONE_HAVE = "no reading has this figure"


@dataclass(frozen=True)
class LesionHits:
    """Lesions of the reference that count, and those that a reader found; what is none."""

    lesions: int
    unaided: int
    aided: int
    false_unaided: int
    false_aided: int


@dataclass(frozen=True)
class Reading:
    """One reader's reading of one slide.

    reference: what the slide holds, empty where nobody knows. unaided: said before the model was
    shown, empty where it was not asked. aided: as signed, empty where the slide was not judged.
    Seconds are active ones: until the decision without the model, after it, None where not told.
    """

    slide: int
    patient: str
    reader: str
    reference: str
    aided: str
    unaided: str = ""
    seconds_unaided: float | None = None
    seconds_aided: float | None = None
    hits: LesionHits | None = None


Value = Callable[[Reading], tuple[float, float]]  # what counts for it, out of how much


def crossed_figures(
    readings: Sequence[Reading], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Figures of readings whose two halves are of two readings apart: their times are a race."""
    return _of(readings, draws, seed, is_race=True)


def study_figures(
    readings: Sequence[Reading], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Every figure of a study, ready for JSON; per reader the same without their agreement."""
    told = _of(readings, draws, seed)
    readers = sorted({one.reader for one in readings})
    by_reader = {
        name: _of([one for one in readings if one.reader == name], draws, seed) for name in readers
    }
    kappas = [
        figures | {"readers": [one, other]}
        for one, other in combinations(readers, 2)
        for figures in _pair(readings, (one, other), draws, seed)
    ]
    return told | {"by_reader": by_reader, "kappa": kappas}


def _of(
    readings: Sequence[Reading], draws: int, seed: int, *, is_race: bool = False
) -> dict[str, Any]:
    terms = _Terms(list(readings), draws, seed)
    seconds = terms.compared(_seconds, lower_is_better=True)
    return {
        "n": _sizes(readings),
        "slides": {
            "sensitivity": terms.compared(_sensitivity(TUMOUR)),
            "specificity": terms.compared(_specificity),
            **{f"sensitivity_{name}": terms.compared(_sensitivity((name,))) for name in SIZED},
        },
        "lesions": {
            "sensitivity": terms.compared(_lesion_sensitivity),
            "false_per_slide": terms.compared(_false_per_slide, lower_is_better=True),
        },
        "seconds": (seconds if is_race else _no_race(seconds)) | {"all": terms.one(_all_seconds)},
        "minds": minds(readings),
    }


def _no_race(figure: dict[str, Any]) -> dict[str, Any]:
    """Whoever has looked at a slide alone looks at it again faster, model or not: no verdict."""
    return figure | {"difference": figure["difference"] | {"p": None, "verdict": "no_race"}}


def _sizes(readings: Sequence[Reading]) -> dict[str, int]:
    known = [one for one in readings if one.reference]
    return {
        "readings": len(readings),
        "slides": len({one.slide for one in readings}),
        "patients": len({one.patient for one in readings}),
        "readers": len({one.reader for one in readings}),
        "with_reference": len(known),
        "tumour": sum(one.reference in TUMOUR for one in known),
        "not_judged": sum(not one.aided for one in readings),
    }


# What counts ---------------------------------------------------------------------------


def _said(one: Reading, phase: str) -> str:
    return one.unaided if phase == UNAIDED else one.aided


def _is_judged(one: Reading) -> bool:
    return bool(one.reference and one.aided)


def _sensitivity(classes: Sequence[str]) -> Callable[[str], Value]:
    def of(phase: str) -> Value:
        def value(one: Reading) -> tuple[float, float]:
            counts = _is_judged(one) and one.reference in classes and bool(_said(one, phase))
            return float(counts and _said(one, phase) in TUMOUR), float(counts)

        return value

    return of


def _specificity(phase: str) -> Value:
    def value(one: Reading) -> tuple[float, float]:
        counts = _is_judged(one) and one.reference == CLASSES[0] and bool(_said(one, phase))
        return float(counts and _said(one, phase) == CLASSES[0]), float(counts)

    return value


def _has_hits(one: Reading, phase: str) -> bool:
    return one.hits is not None and bool(one.aided) and bool(_said(one, phase))


def _lesion_sensitivity(phase: str) -> Value:
    def value(one: Reading) -> tuple[float, float]:
        if one.hits is None or not _has_hits(one, phase):
            return 0.0, 0.0
        found = one.hits.unaided if phase == UNAIDED else one.hits.aided
        return float(found), float(one.hits.lesions)

    return value


def _false_per_slide(phase: str) -> Value:
    def value(one: Reading) -> tuple[float, float]:
        if one.hits is None or not _has_hits(one, phase):
            return 0.0, 0.0
        return float(one.hits.false_unaided if phase == UNAIDED else one.hits.false_aided), 1.0

    return value


def _seconds(phase: str) -> Value:
    def value(one: Reading) -> tuple[float, float]:
        told = one.seconds_unaided if phase == UNAIDED else one.seconds_aided
        return (0.0, 0.0) if told is None else (told, 1.0)

    return value


def _all_seconds(one: Reading) -> tuple[float, float]:
    if one.seconds_aided is None:
        return 0.0, 0.0
    return (one.seconds_unaided or 0.0) + one.seconds_aided, 1.0


# Figures with intervals ------------------------------------------------------------------


class _Terms:
    """Readings with the draws of their patients, the same for every figure."""

    def __init__(self, readings: list[Reading], draws: int, seed: int) -> None:
        self.readings = readings
        has_tumour = [one.reference in TUMOUR for one in readings]
        names = [one.patient for one in readings]
        self.weights = slide_weights(names, has_tumour, draws=draws, seed=seed)

    def compared(
        self, value: Callable[[str], Value], *, lower_is_better: bool = False
    ) -> dict[str, Any]:
        """A figure without and with the model, each alone, and the difference where both are."""
        without, with_it = (self._counts(value(phase)) for phase in (UNAIDED, AIDED))
        is_paired = (without[1] > 0) & (with_it[1] > 0)
        paired = [np.where(is_paired[:, None], side.T, 0).T for side in (without, with_it)]
        difference = self._difference(paired[0], paired[1])
        return {
            UNAIDED: self._figure(without),
            AIDED: self._figure(with_it),
            "difference": difference | {"verdict": verdict(difference, lower_is_better)},
        }

    def one(self, value: Value) -> dict[str, Any]:
        return self._figure(self._counts(value))

    def _counts(self, value: Value) -> np.ndarray:
        """(2, readings): what counts for the figure, and out of how much."""
        pairs = [value(one) for one in self.readings]
        return np.array(pairs, float).reshape(-1, 2).T

    def _figure(self, counts: np.ndarray) -> dict[str, Any]:
        top, bottom = counts
        told = self._sizes(bottom)
        if not bottom.sum():
            return told | {"reason": NONE_HAVE}
        told["value"] = float(top.sum() / bottom.sum())
        drawn = divided(self.weights @ top, self.weights @ bottom)
        return told | self._edges(drawn, told["patients"])

    def _difference(self, without: np.ndarray, with_it: np.ndarray) -> dict[str, Any]:
        told = self._sizes(without[1]) | {"p": None}
        if not without[1].sum():
            return told | {"reason": NONE_HAVE}
        first, second = (side[0].sum() / side[1].sum() for side in (without, with_it))
        told["value"] = float(second - first)
        drawn = divided(self.weights @ with_it[0], self.weights @ with_it[1])
        drawn = drawn - divided(self.weights @ without[0], self.weights @ without[1])
        edges = self._edges(drawn, told["patients"])
        if edges["low"] is not None and told["patients"] >= ENOUGH_PATIENTS:
            edges["p"] = two_sided_p(drawn)
        return told | edges

    def _sizes(self, bottom: np.ndarray) -> dict[str, Any]:
        carrying = [one for one, counts in zip(self.readings, bottom, strict=True) if counts]
        return {
            "value": None,
            "low": None,
            "high": None,
            "n": int(bottom.sum()),
            "readings": len(carrying),
            "patients": len({one.patient for one in carrying}),
        }

    def _edges(self, drawn: np.ndarray, patients: int) -> dict[str, Any]:
        edges = interval(drawn) if patients > 1 else None
        if edges is None:
            return {"low": None, "high": None, "interval_reason": TOO_FEW}
        return {"low": edges[0], "high": edges[1]}


def verdict(difference: dict[str, Any], lower_is_better: bool = False) -> str:
    """better, worse, unclear, too_few or unknown: what the interval of with less without says."""
    low, high = difference["low"], difference["high"]
    if difference["value"] is None:
        return "unknown"
    if difference["patients"] < ENOUGH_PATIENTS or low is None or high is None:
        return "too_few"
    if low <= 0 <= high:
        return "unclear"
    return "better" if (low > 0) != lower_is_better else "worse"


# Changes of mind -------------------------------------------------------------------------


def minds(readings: Iterable[Reading]) -> dict[str, Any]:
    """What readers said before (rows) and after (columns) the model was shown, by CLASSES.

    right, wrong: tumour or none, held against the reference. p: exact McNemar test over readings,
    which takes them as independent: readings of one slide are not, so that it flatters.
    """
    both = [one for one in readings if one.unaided and one.aided]
    table = [
        [sum((one.unaided, one.aided) == (row, column) for one in both) for column in CLASSES]
        for row in CLASSES
    ]
    known = [one for one in both if one.reference]
    right = [(_is_right(one, one.unaided), _is_right(one, one.aided)) for one in known]
    to_wrong, to_right = right.count((True, False)), right.count((False, True))
    return {
        "classes": list(CLASSES),
        "table": table,
        "n": len(both),
        "changed": sum(one.unaided != one.aided for one in both),
        "with_reference": len(known),
        "right_to_wrong": to_wrong,
        "wrong_to_right": to_right,
        "stayed_right": right.count((True, True)),
        "stayed_wrong": right.count((False, False)),
        "p": mcnemar_p(to_wrong, to_right) if len(known) else None,
    }


def _is_right(one: Reading, said: str) -> bool:
    return (said in TUMOUR) == (one.reference in TUMOUR)


# Agreement between readers -----------------------------------------------------------------


def _pair(
    readings: Sequence[Reading], names: tuple[str, str], draws: int, seed: int
) -> list[dict[str, Any]]:
    """Kappas of two readers over the slides that both read; none where they share no slide."""
    own = [{one.slide: one for one in readings if one.reader == name} for name in names]
    told = []
    for phase in (UNAIDED, AIDED):
        shared = [
            (own[0][slide], own[1][slide])
            for slide in sorted(own[0].keys() & own[1].keys())
            if _said(own[0][slide], phase) and _said(own[1][slide], phase)
        ]
        if shared:
            told.append({"phase": phase} | _kappas(shared, phase, draws, seed))
    return told


def _kappas(
    shared: Sequence[tuple[Reading, Reading]], phase: str, draws: int, seed: int
) -> dict[str, Any]:
    said = [[_said(one[side], phase) for one in shared] for side in (0, 1)]
    patients = [one.patient for one, _ in shared]
    called = [["tumour" if word in TUMOUR else "none" for word in side] for side in said]
    lot = Lot(patients, draws, seed)
    return {
        "agree": sum(one == other for one, other in zip(*said, strict=True)),
        "n": len(shared),
        "tumour": kappa(called[0], called[1], ("none", "tumour"), lot),
        "classes": kappa(said[0], said[1], CLASSES, lot, is_ordered=True),
    }
