"""What changes hands between two versions over the same slides, one by one, with its place.

A lesion is found where its confidence is at or above the version's own threshold. A false finding
is one version's alone where the other has none within the square, 187 um to either side, that a
peak of a map stands for.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from predictions.froc import SlideHits
from predictions.lesions import Lesion
from predictions.report_figures import Terms
from predictions.report_slides import SlideReading

LESION, FALSE_FINDING = "lesion", "false_finding"
Pairs = Sequence[tuple[SlideReading, SlideReading]]


def counted(pairs: Pairs) -> list[tuple[SlideReading, SlideReading]]:
    return [pair for pair in pairs if not pair[0].froc_reason]


def lesion_changes(pairs: Pairs, terms: tuple[Terms, Terms]) -> list[dict[str, Any]]:
    """Lesions of the truth that one version finds and the other does not.

    is_counted: False of isolated tumour cells, and where the truth is not exhaustive: they are in
    no lesion figure.
    """
    told = []
    for pair in pairs:
        truth = pair[0].truth
        for lesion in truth.lesions or ():
            scores = [one.confidences.get(lesion.number, 0.0) for one in pair]
            found = [_is_found(score, cut) for score, cut in zip(scores, terms, strict=True)]
            if found[0] != found[1]:
                told.append(
                    _change(truth.pk, truth.name, LESION, is_gained=found[1])
                    | {
                        "number": lesion.number,
                        "size_class": lesion.size_class,
                        "diameter_um": round(lesion.diameter_um, 1),
                        "box_l0": [round(edge, 1) for edge in lesion.box_l0],
                        "x": round(lesion.x_l0),
                        "y": round(lesion.y_l0),
                        "confidences": scores,
                        "is_counted": not lesion.is_itc and not pair[0].froc_reason,
                    }
                )
    return told


def _change(slide: int, name: str, kind: str, *, is_gained: bool) -> dict[str, Any]:
    change = "gained" if is_gained else "lost"
    return {"slide": slide, "name": name, "kind": kind, "change": change}


def _is_found(score: float, terms: Terms) -> bool:
    return bool(score > 0 and score >= terms.threshold)


def false_finding_changes(pairs: Pairs, terms: tuple[Terms, Terms]) -> list[dict[str, Any]]:
    """False findings that one version raises and the other does not, most confident first by slide.

    "gained" is one that the second alone raises. size_class, diameter_um: of the map's finding
    that it is part of; empty and None where none holds it. box_l0: what the peak stands for.
    """
    told = []
    for pair in counted(pairs):
        told += [_change_by(pair, 1, row) for row in _alone(pair[::-1], terms[::-1])]
        told += [_change_by(pair, 0, row) for row in _alone(pair, terms)]
    return told


def _alone(pair: tuple[SlideReading, ...], terms: tuple[Terms, ...]) -> np.ndarray:
    """(n, 3) confidence, x, y of false findings that the first of a pair alone raises."""
    here, there = (
        _false_findings(one.hits, cut.threshold) for one, cut in zip(pair, terms, strict=True)
    )
    if not len(there):
        return here
    apart = np.abs(here[:, None, 1:] - there[None, :, 1:]).max(axis=2)
    return here[(apart > pair[0].reach_l0).all(axis=1)]


def _false_findings(hits: SlideHits | None, threshold: float) -> np.ndarray:
    """(n, 3) confidence, x, y of false positives at the threshold, most confident first."""
    if hits is None or hits.places is None:
        return np.zeros((0, 3))
    found = np.column_stack([hits.false_positives, hits.places])
    found = found[found[:, 0] >= threshold]
    return found[np.argsort(-found[:, 0], kind="stable")]


def _change_by(
    pair: tuple[SlideReading, SlideReading], side: int, row: np.ndarray
) -> dict[str, Any]:
    """row: confidence, x, y of a false finding of the pair's first (0) or second (1)."""
    own, other = pair[side], pair[1 - side]
    score, x, y = (float(one) for one in row)
    reach = own.reach_l0
    found = _false_findings(other.hits, 0.0)
    is_near = np.abs(found[:, 1:] - (x, y)).max(axis=1, initial=0) <= reach
    theirs = float(found[is_near, 0].max(initial=0.0))
    part_of = _finding(own, x, y)
    return _change(own.truth.pk, own.truth.name, FALSE_FINDING, is_gained=side == 1) | {
        "number": None,
        "size_class": part_of.size_class if part_of else "",
        "diameter_um": round(part_of.diameter_um, 1) if part_of else None,
        "box_l0": [round(edge, 1) for edge in _square(x, y, reach)],
        "x": round(x),
        "y": round(y),
        "confidences": [theirs, score] if side else [score, theirs],
        "is_counted": True,
    }


def _square(x: float, y: float, reach_l0: float) -> tuple[float, float, float, float]:
    return max(0.0, x - reach_l0), max(0.0, y - reach_l0), x + reach_l0, y + reach_l0


def _finding(reading: SlideReading, x: float, y: float) -> Lesion | None:
    """The smallest finding of the map whose box holds a point."""
    holding = []
    for one in reading.lesions or ():
        left, top, right, bottom = one.box_l0
        if left <= x <= right and top <= y <= bottom:
            holding.append(((right - left) * (bottom - top), one.number, one))
    return min(holding)[2] if holding else None
