"""All that decides a fitting beside its patches, and what follows from how it went so far.

The history is a list of lines, one per epoch (see fitting.Epoch). What the next epoch does
depends on recipe and history alone, so a fitting that was killed goes on as if it never was.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LEAST_SHARE = 0.01  # of the learning rate, at the end of a cosine
HALVED_AFTER = 2  # epochs without a better validation AUC, on a plateau
GAMMA = 2.0  # of the focal loss, as published (Lin and others, 2017)

History = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Recipe:
    """How a network is fitted.

    weights: none, imagenet, or a file, with the checksum it must have ("" if none is known).
    frozen_epochs: the first, in which only the head learns. patience: epochs without a better
    validation AUC after which the fitting ends, 0 for never. body_rate: factor of the learning
    rate below the head. class_balance: weights, sampling, none. precision: float32, mixed.
    """

    architecture: str
    pooling: str = "avg"
    weights: str = "none"
    weights_sha256: str = ""
    epochs: int = 10
    frozen_epochs: int = 0
    patience: int = 0
    batch: int = 32
    optimizer: str = "rmsprop"
    learning_rate: float = 1e-4
    body_rate: float = 1.0
    schedule: str = "constant"
    rho: float = 0.95
    loss: str = "bce"
    label_smoothing: float = 0.0
    class_balance: str = "weights"
    seed: int = 0
    augmentation: str = "dihedral"
    precision: str = "float32"


def best_of(history: History) -> int:
    """The epoch, counted from 1, with the highest validation AUC; the first of equals."""
    return int(max(history, key=lambda line: line["val_auc"])["epoch"])


def is_stalled(recipe: Recipe, history: History) -> bool:
    """No better validation AUC for as long as patience lasts, counted once all layers learn."""
    if not recipe.patience or len(history) <= recipe.frozen_epochs:
        return False
    return len(history) - max(best_of(history), recipe.frozen_epochs) >= recipe.patience


def next_rate(recipe: Recipe, history: History) -> float:
    """The learning rate of the epoch that follows this history."""
    if recipe.schedule == "cosine":
        share = (1 + math.cos(math.pi * len(history) / recipe.epochs)) / 2
        return recipe.learning_rate * (LEAST_SHARE + (1 - LEAST_SHARE) * share)
    if recipe.schedule == "plateau":
        return recipe.learning_rate / 2 ** _times_halved(history)
    return recipe.learning_rate


def _times_halved(history: History) -> int:
    """How often validation stood still for HALVED_AFTER epochs on end."""
    best, still, halved = -math.inf, 0, 0
    for line in history:
        if line["val_auc"] > best:
            best, still = line["val_auc"], 0
            continue
        still += 1
        if still == HALVED_AFTER:
            halved, still = halved + 1, 0
    return halved
