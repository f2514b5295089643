"""Patches on their way into a network. Keras is loaded here: import inside functions only."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np

DIHEDRAL, STAIN, NO_AUGMENTATION = "dihedral", "stain", "none"
STAIN_SPREAD, CHANNEL_SPREAD = 0.10, 0.06  # standard deviations of the log of density
READERS = 2  # threads; processes hang on some backends


@dataclass(frozen=True)
class Share:
    """The patches of one side of the split.

    packed: (n, px, px, 3) uint8 of the whole dataset. labels: (n,) bool, of the same.
    indices: which of them are on this side.
    """

    packed: np.ndarray
    labels: np.ndarray
    indices: np.ndarray

    def __len__(self) -> int:
        return len(self.indices)

    @property
    def own_labels(self) -> np.ndarray:
        return self.labels[self.indices]


class Batches(keras.utils.PyDataset):
    """Batches of one size in an order and with turns drawn from the seed, epoch and place.

    A remainder smaller than a batch waits for another epoch, so that no backend compiles
    twice; fewer patches than one batch are one batch.
    """

    def __init__(
        self, share: Share, *, batch: int, seed: int = 0, augmentation: str = DIHEDRAL
    ) -> None:
        super().__init__(workers=READERS, use_multiprocessing=False, max_queue_size=2 * READERS)
        self.share = share
        self.batch = min(batch, len(share))
        self.seed = seed
        self.augmentation = augmentation
        self.epoch = 0
        self._order = self._shuffled()

    def __len__(self) -> int:
        return len(self.share) // self.batch

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self._order[place * self.batch : (place + 1) * self.batch]
        patches = self.share.packed[chosen]
        if self.augmentation != NO_AUGMENTATION:
            rng = np.random.default_rng([self.seed, self.epoch, place])
            for patch in patches:
                patch[:] = self._varied(patch, rng)
        return patches, self.share.labels[chosen].astype(np.float32)[:, None]

    def _varied(self, patch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        varied = turned(patch, int(rng.integers(8))).copy()
        if self.augmentation == STAIN:
            common = rng.normal(0, STAIN_SPREAD)
            varied = restained(varied, np.exp(common + rng.normal(0, CHANNEL_SPREAD, 3)))
        return varied

    def on_epoch_end(self) -> None:
        self.epoch += 1
        self._order = self._shuffled()

    def _shuffled(self) -> np.ndarray:
        return np.random.default_rng([self.seed, self.epoch]).permutation(self.share.indices)


def turned(patch: np.ndarray, turn: int) -> np.ndarray:
    """One of the eight ways a square can lie: turn 0..3 quarter turns, 4..7 mirrored first.

    Tissue has no upright; a network should not learn one.
    """
    return np.rot90(patch[:, ::-1] if turn >= 4 else patch, turn % 4)


def restained(patch: np.ndarray, density: np.ndarray) -> np.ndarray:
    """The patch as if stained stronger or weaker: optical density times density (3,), by channel.

    Density is the negative logarithm of light let through (Beer and Lambert), so glass stays
    white. By table, for each of 256 values: a thousandth of a second a patch.
    """
    light = np.arange(256)[:, None] / 255
    table = np.rint(255 * light**density).astype(np.uint8)
    channels = [table[:, channel][patch[..., channel]] for channel in range(3)]
    return np.stack(channels, axis=-1)


def scores(
    model: keras.Model,
    share: Share,
    *,
    batch: int,
    seen: Callable[[int], None] = lambda count: None,
) -> np.ndarray:
    """The network's probability for each patch of a share, (n,) float32.

    Batches have one size, the last is filled up; seen(count) is called after each and may raise.
    """
    found = np.empty(len(share), dtype=np.float32)
    for start in range(0, len(share), batch):
        chosen = share.indices[start : start + batch]
        filled = np.resize(chosen, batch)
        given = np.asarray(model.predict_on_batch(share.packed[filled]), dtype=np.float32)
        found[start : start + len(chosen)] = given.reshape(batch)[: len(chosen)]
        seen(len(chosen))
    return found
