"""One version at every threshold: what each finds, misses and costs.

Made of slides as a report keeps them, so that at the version's own threshold every figure is the
report's. Findings count at or above a threshold as they are; a slide's highest probability is
compared in single precision, in which maps are kept.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions.evaluation import figure, poisson_interval
from predictions.lesions import SIZE_CLASSES
from predictions.resampling import DRAWS, TOO_FEW, band, divided, slide_weights
from training.metrics import wilson

MAX_POINTS = 200
# Steiner 2018: six pathologists, with a network's outlines, on slides without tumour.
SECONDS_PER_SLIDE = 111.0
SECONDS_PER_FINDING = 10.0  # nobody has measured it: a look, and a key
COUNTED = ("micro", "macro")
NO_LESION = "no lesion counts here; isolated tumour cells never do"
NO_SLIDE = "no such slide"
Entry = Mapping[str, Any]  # a slide as report_entries.slide_entry tells it


@dataclass(frozen=True)
class ReviewTime:
    """What looking at a slide takes, and at each finding in it."""

    seconds_per_slide: float = SECONDS_PER_SLIDE
    seconds_per_finding: float = SECONDS_PER_FINDING


@dataclass(frozen=True)
class Draws:
    """Of patients, for intervals."""

    count: int = DRAWS
    seed: int = 0


def in_lesion_figures(entries: Iterable[Entry]) -> list[Entry]:
    return [one for one in entries if not one["froc_reason"]]


def of_known_class(entries: Iterable[Entry]) -> list[Entry]:
    """Without outlines a slide whose truth is not exhaustive is neither tumour nor normal."""
    return [one for one in entries if one["has_tumour"] or one["is_exhaustive"]]


def thresholds_of(
    entries: Sequence[Entry],
    *,
    also: Iterable[float] = (),
    floor: float = 0.0,
    max_points: int = MAX_POINTS,
) -> np.ndarray:
    """(n,) falling thresholds at which something changes, none below the floor.

    Where there are too many, those of lesions and of also stay, as far as half the room goes. Of
    the rest, of which most are false findings of low confidence, each step goes farther than the
    one before, as the rates of a FROC curve do; the highest and the lowest stay.
    """
    counted = in_lesion_figures(entries)
    lesions = [one["confidence"] for each in counted for one in each["lesions"]]
    kept = np.unique([*also, *(one for one in lesions if one > 0)])
    kept = _spread(kept[kept >= floor], max_points // 2)
    scores = [one["score"] for one in of_known_class(entries) if one["score"] is not None]
    false = [one for each in counted for one in each["false_positives"]]
    rest = np.setdiff1d(np.array([*scores, *false], float), kept)
    rest = _thinned(rest[rest >= floor][::-1], max_points - len(kept))
    return np.sort(np.concatenate([kept, rest]))[::-1]


def _spread(rising: np.ndarray, most: int) -> np.ndarray:
    if len(rising) <= most:
        return rising
    return rising[np.linspace(0, len(rising) - 1, most).astype(int)]


def _thinned(falling: np.ndarray, most: int) -> np.ndarray:
    """At most so many, the first and the last among them, ever farther apart."""
    if len(falling) <= most:
        return falling
    return falling[np.unique(np.geomspace(1, len(falling), most).astype(int)) - 1]


def operating_table(
    entries: Sequence[Entry], cuts: np.ndarray, review: ReviewTime, draws: Draws | None = None
) -> list[dict[str, Any]]:
    """What each threshold gives and costs; cuts: (n,), in the order of the rows.

    Each row: threshold; sensitivity, false_per_slide, tumour_slides (called), normal_slides
    (called): figures with n and interval or the reason why there is none; lost, of the lesions
    that count; lost_by_size_class; findings, which is all there is to look at; minutes_per_slide
    and minutes, of the slides in lesion figures. A figure of nothing is None, with its reason.
    """
    draws = draws or Draws()
    counted = in_lesion_figures(entries)
    found = {name: _found(counted, name, cuts) for name in SIZE_CLASSES}
    totals = {name: _total(counted, name) for name in SIZE_CLASSES}
    false = _at_or_above([one["false_positives"] for one in counted], cuts)
    columns = {
        "sensitivity": _shares(
            sum(found[name] for name in COUNTED),
            sum(totals[name] for name in COUNTED),
            _Members(counted, draws, "lesions", NO_LESION),
        ),
        "false_per_slide": _rates(false, _Members(counted, draws, "slides", NO_SLIDE)),
        **_slides_called(entries, cuts, draws),
    }
    rows = []
    for place, cut in enumerate(cuts):
        own = {name: int(found[name][:, place].sum()) for name in SIZE_CLASSES}
        lost = {name: int(totals[name].sum()) - own[name] for name in SIZE_CLASSES}
        findings = sum(own.values()) + int(false[:, place].sum())
        rows.append(
            {
                "threshold": float(cut),
                **{name: column[place] for name, column in columns.items()},
                "lost": sum(lost[name] for name in COUNTED),
                "lost_by_size_class": lost,
                "findings": findings,
                **_minutes(findings, len(counted), review),
            }
        )
    return rows


def _minutes(findings: int, slides: int, review: ReviewTime) -> dict[str, float | None]:
    if not slides:
        return {"minutes_per_slide": None, "minutes": None}
    seconds = review.seconds_per_slide * slides + review.seconds_per_finding * findings
    return {"minutes_per_slide": seconds / slides / 60, "minutes": seconds / 60}


# Counting --------------------------------------------------------------------


def _at_or_above(values: Sequence[Sequence[float]], cuts: np.ndarray) -> np.ndarray:
    """(slides, cuts) how many values of each slide are at or above each cut."""
    told = np.zeros((len(values), len(cuts)), int)
    for place, own in enumerate(values):
        rising = np.sort(np.asarray(own, float))
        told[place] = len(rising) - np.searchsorted(rising, cuts, side="left")
    return told


def _found(entries: Sequence[Entry], name: str, cuts: np.ndarray) -> np.ndarray:
    """(slides, cuts) lesions of one size found; one that nothing lies on is never."""
    return _at_or_above(
        [
            [
                one["confidence"]
                for one in each["lesions"]
                if one["size_class"] == name and one["confidence"] > 0
            ]
            for each in entries
        ],
        cuts,
    )


def _total(entries: Sequence[Entry], name: str) -> np.ndarray:
    counts = [sum(one["size_class"] == name for one in each["lesions"]) for each in entries]
    return np.array(counts, int)


def _slides_called(
    entries: Sequence[Entry], cuts: np.ndarray, draws: Draws
) -> dict[str, list[dict[str, Any]]]:
    known = of_known_class(entries)
    scores = [[] if one["score"] is None else [one["score"]] for one in known]
    called = _at_or_above(scores, cuts.astype(np.float32).astype(float))
    tumour = np.array([one["has_tumour"] for one in known], int)
    members = _Members(known, draws, "slides", NO_SLIDE)
    return {
        "tumour_slides": _shares(called * tumour[:, None], tumour, members),
        "normal_slides": _shares(called * (1 - tumour)[:, None], 1 - tumour, members),
    }


# Figures ---------------------------------------------------------------------


@dataclass(frozen=True)
class _Members:
    """Slides of one kind of figure, its unit, and why it may not exist."""

    entries: Sequence[Entry]
    draws: Draws
    unit: str
    reason: str

    def drawn(self, top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
        """(draws, cuts) the sum of top by that of bottom."""
        owners = [one["patient"] for one in self.entries]
        has_tumour = [one["has_tumour"] for one in self.entries]
        times = slide_weights(owners, has_tumour, draws=self.draws.count, seed=self.draws.seed)
        weights = times.astype(float)
        return divided(weights @ top, (weights @ bottom)[:, None])

    def patients(self, bottom: np.ndarray) -> int:
        return len({one["patient"] for one, n in zip(self.entries, bottom, strict=True) if n})


def _shares(top: Any, bottom: Any, members: _Members) -> list[dict[str, Any]]:
    """top: (slides, cuts) of bottom: (slides,), summed; Wilson's where all or none was found.

    All draws of all or none are alike and say nothing: then a patient stands for one.
    """
    n, patients = int(bottom.sum()), members.patients(bottom)
    told = []
    for count, low, high in _with_edges(top, bottom, members):
        words: dict[str, Any] = {"n": n, "unit": members.unit, "reason": members.reason}
        one = figure(count / n if n else None, _known(low, high), **words) | {"found": count}
        if n and count in (0, n) and one["low"] == one["high"]:
            edges = wilson(patients if count else 0, patients) or (None, None)
            one |= {"low": edges[0], "high": edges[1], "interval": "wilson"}
        told.append(one if one["low"] is not None or not n else one | {"interval_reason": TOO_FEW})
    return told


def _rates(top: np.ndarray, members: _Members) -> list[dict[str, Any]]:
    """A rate by slide; where draws are all alike, the exact interval of its count."""
    bottom = np.ones(len(members.entries), int)
    n = len(members.entries)
    told = []
    for count, low, high in _with_edges(top, bottom, members):
        words: dict[str, Any] = {"n": n, "unit": members.unit, "reason": members.reason}
        one = figure(count / n if n else None, _known(low, high), **words) | {"found": count}
        if n and one["low"] == one["high"]:
            edges = poisson_interval(count)
            one |= {"low": edges[0] / n, "high": edges[1] / n, "interval": "poisson"}
        told.append(one)
    return told


def _with_edges(top: Any, bottom: Any, members: _Members) -> Iterable[tuple[int, float, float]]:
    """By cut: the count, and the middle 95 % of its draws, NaN where one patient carries it."""
    counts = top.sum(axis=0)
    low = high = np.full(len(counts), np.nan)
    if members.patients(bottom) > 1:
        low, high = band(members.drawn(top, bottom))
    return ((int(count), *edges) for count, *edges in zip(counts, low, high, strict=True))


def _known(low: float, high: float) -> tuple[float, float] | None:
    return (float(low), float(high)) if np.isfinite(low) and np.isfinite(high) else None
