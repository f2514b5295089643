"""Patient stage from lymph nodes, and agreement of stages, as CAMELYON17 defines them.

CAMELYON17's patients are put together of slides of several real ones: its stages test a program,
they say nothing of a person.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from predictions.resampling import DRAWS, TOO_FEW, interval, slide_weights

NODE_CLASSES = ("negative", "itc", "micro", "macro")
STAGES = ("pN0", "pN0(i+)", "pN1mi", "pN1", "pN2")
MANY_POSITIVE = 4
NO_KAPPA = "all stages are one and the same, so that chance explains any agreement"


def patient_stage(nodes: Sequence[str]) -> str:
    """The stage of a patient from the class of each node.

    Positive nodes are micro or macro; a node of isolated tumour cells is not. Without a macro
    node any number of micro ones is pN1mi. Raises ValueError at no node and at another class.
    """
    unknown = sorted(set(nodes) - set(NODE_CLASSES))
    if unknown or not nodes:
        raise ValueError(
            f"node classes are {', '.join(NODE_CLASSES)}, one a node; got {unknown or 'none'}"
        )
    positive = sum(node in ("micro", "macro") for node in nodes)
    if not positive:
        return "pN0(i+)" if "itc" in nodes else "pN0"
    if "macro" not in nodes:
        return "pN1mi"
    return "pN2" if positive >= MANY_POSITIVE else "pN1"


def node_class(lesion_classes: Sequence[str]) -> str:
    """The class of a node: that of its largest lesion; negative without any."""
    return max(lesion_classes, key=NODE_CLASSES.index, default="negative")


def quadratic_kappa(truth: Sequence[str], said: Sequence[str]) -> float | None:
    """Cohen's kappa over the order of STAGES, disagreement weighing as its square.

    None where there are no patients, or where both say one and the same stage of all.
    """
    value = _kappas(_pairs(truth, said).sum(axis=0)[None])[0]
    return float(value) if np.isfinite(value) else None


def kappa_figure(
    truth: Sequence[str], said: Sequence[str], *, draws: int = DRAWS, seed: int = 0
) -> dict[str, Any]:
    """Quadratic kappa with an interval that resamples patients."""
    value = quadratic_kappa(truth, said)
    figure = {"value": value, "low": None, "high": None, "n": len(truth), "unit": "patients"}
    if value is None:
        return figure | {"reason": NO_KAPPA if truth else "no patient has a stage"}
    names = [str(index) for index in range(len(truth))]
    weights = slide_weights(names, [one != STAGES[0] for one in truth], draws=draws, seed=seed)
    tables = np.tensordot(weights, _pairs(truth, said), axes=1)
    edges = interval(_kappas(tables)) if len(truth) > 1 else None
    if edges is None:
        return figure | {"interval_reason": TOO_FEW}
    return figure | {"low": edges[0], "high": edges[1]}


def _pairs(truth: Sequence[str], said: Sequence[str]) -> np.ndarray:
    """(patients, 5, 5), 1 at the stage in truth and the stage said."""
    places = np.zeros((len(truth), len(STAGES), len(STAGES)))
    for index, (one, other) in enumerate(zip(truth, said, strict=True)):
        places[index, _rank(one), _rank(other)] = 1
    return places


def _rank(stage: str) -> int:
    if stage not in STAGES:
        raise ValueError(f"stages are {', '.join(STAGES)}; got {stage!r}")
    return STAGES.index(stage)


def _kappas(tables: np.ndarray) -> np.ndarray:
    """(n,) kappas of (n, 5, 5) tables; NaN where chance alone would agree wholly."""
    ranks = np.arange(len(STAGES))
    penalty = (ranks[:, None] - ranks[None, :]) ** 2
    rows, columns = tables.sum(axis=2), tables.sum(axis=1)
    total = np.maximum(tables.sum(axis=(1, 2)), 1)
    by_chance = (rows[:, :, None] * columns[:, None, :] * penalty).sum(axis=(1, 2)) / total
    observed = (tables * penalty).sum(axis=(1, 2))
    kappas = np.full(len(tables), np.nan)
    np.divide(observed, by_chance, out=kappas, where=by_chance > 0)
    return 1 - kappas
