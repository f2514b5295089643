"""Which patches of a validation are worth showing: the worst mistakes, and what went well."""

from typing import Any

import numpy as np

WRONG, RIGHT = 12, 12
HALF = 0.5


def examples(
    labels: np.ndarray, scores: np.ndarray, places: np.ndarray, *, wrong: int = WRONG,
    right: int = RIGHT,
) -> list[dict[str, Any]]:  # fmt: skip
    """The most confidently wrong patches, then the most confidently right, by turns of class.

    labels: (n,) bool. scores: (n,) in [0, 1]; called tumour at 0.5 or above. places: (n,) in
    the manifest. Half of each kind are tumour and half are not, as far as there are as many.
    """
    is_right = (scores >= HALF) == labels
    confidence = np.abs(scores - HALF)
    chosen = [
        *_by_turns(np.flatnonzero(~is_right), labels, confidence, wrong),
        *_by_turns(np.flatnonzero(is_right), labels, confidence, right),
    ]
    return [
        {
            "place": int(places[i]),
            "label": int(labels[i]),
            "score": round(float(scores[i]), 4),
            "is_right": bool(is_right[i]),
        }
        for i in chosen
    ]


def _by_turns(
    members: np.ndarray, labels: np.ndarray, confidence: np.ndarray, count: int
) -> list[int]:
    """At most count members, the most confident first, normal and tumour by turns."""
    ordered = members[np.argsort(-confidence[members], kind="stable")]
    rank = np.empty(len(ordered), dtype=np.int64)
    for label in (False, True):
        own = labels[ordered] == label
        rank[own] = 2 * np.arange(np.count_nonzero(own)) + label
    return [int(i) for i in ordered[np.argsort(rank, kind="stable")][:count]]
