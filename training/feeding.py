"""Patches on their way into a network. Keras is loaded here: import inside functions only."""

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from training.augmenting import DIHEDRAL, PRESETS, varied

READERS = 2  # threads; processes hang on some backends
AHEAD = 4 * READERS  # batches made and not asked for yet, at most
AHEAD_BYTES = 256e6  # the same in memory, where batches are large


Place = tuple[int, int]  # epoch, and the batch in it
Made = tuple[np.ndarray, np.ndarray]  # patches (batch, px, px, 3), labels (batch, 1)


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
    twice; fewer patches than one batch are one batch. is_balanced: half of each batch is
    tumour, the rarer class comes more than once an epoch and the other not always whole.
    start_epoch: of epochs counted from 0, the one to begin with (a resumed run's).

    The batches after the one asked for are made by threads meanwhile, past the end of the epoch
    into the next one, so that no epoch begins with waiting. Keras' own threads, which begin anew
    with each epoch, are not used.
    """

    def __init__(
        self,
        share: Share,
        *,
        batch: int,
        seed: int = 0,
        augmentation: str = DIHEDRAL,
        is_balanced: bool = False,
        start_epoch: int = 0,
    ) -> None:
        super().__init__(workers=1)
        if augmentation not in PRESETS:
            raise ValueError(f"augmentation is one of {', '.join(PRESETS)}, got {augmentation!r}")
        self.share = share
        self.batch = min(batch, len(share))
        self.seed = seed
        self.augmentation = augmentation
        self.is_balanced = is_balanced
        self.epoch = start_epoch
        self.times = Times()
        self._orders = {start_epoch: self._drawn(start_epoch)}
        self._coming: dict[Place, Future[Made]] = {}
        self._lock = threading.Lock()
        self._readers = ThreadPoolExecutor(READERS)

    def __len__(self) -> int:
        return len(self.share) // self.batch

    def __getitem__(self, place: int) -> Made:
        with self.times.taken(place), self._lock:
            future = self._coming.pop((self.epoch, place), None) or self._begun(self.epoch, place)
            self._look_ahead(place)
        with self.times.taken(place):
            return future.result()

    def _look_ahead(self, place: int) -> None:
        """See to it that the batches after this place are being made, and no others."""
        after = range(place + 1, place + 1 + self._ahead)
        wanted = [(self.epoch + at // len(self), at % len(self)) for at in after]
        for key in self._coming.keys() - set(wanted):
            self._coming.pop(key).cancel()
        for key in wanted:
            if key not in self._coming:
                self._coming[key] = self._begun(*key)

    @property
    def _ahead(self) -> int:
        batch_bytes = self.batch * math.prod(self.share.packed.shape[1:])
        return int(min(AHEAD, max(READERS, AHEAD_BYTES // max(batch_bytes, 1))))

    def _begun(self, epoch: int, place: int) -> Future[Made]:
        if epoch not in self._orders:
            self._orders[epoch] = self._drawn(epoch)
        return self._readers.submit(self._made, epoch, self._orders[epoch], place)

    def _made(self, epoch: int, order: np.ndarray, place: int) -> Made:
        chosen = order[place * self.batch : (place + 1) * self.batch]
        rng = np.random.default_rng([self.seed, epoch, place])
        patches = varied(
            [self.share.packed[one] for one in chosen.tolist()], self.augmentation, rng
        )
        return patches, self.share.labels[chosen].astype(np.float32)[:, None]

    def forget_coming(self) -> None:
        """Stop making batches that nobody asked for yet; they can still be asked for."""
        with self._lock:
            coming = list(self._coming.values())
            self._coming = {}
        for future in coming:
            future.cancel()
        wait(coming)

    def on_epoch_end(self) -> None:
        with self._lock:
            self.epoch += 1
            for epoch in [known for known in self._orders if known < self.epoch]:
                del self._orders[epoch]

    def _drawn(self, epoch: int) -> np.ndarray:
        rng = np.random.default_rng([self.seed, epoch])
        if not self.is_balanced:
            return rng.permutation(self.share.indices)
        return _half_and_half(self.share, self.batch, len(self), rng)


def _half_and_half(share: Share, batch: int, batches: int, rng: np.random.Generator) -> np.ndarray:
    """Indices of batches that are half tumour each, shuffled within; of odd ones, in turn."""
    is_tumour = share.own_labels
    places = np.arange(batches * batch).reshape(batches, batch)
    # Rank in the batch plus the batch's number: even is one class, odd the other.
    wants_tumour = (np.arange(batch)[None, :] + np.arange(batches)[:, None]) % 2 == 0
    wants_tumour = rng.permuted(wants_tumour, axis=1)
    order = np.empty(places.shape, share.indices.dtype)
    for wanted, members in (
        (wants_tumour, share.indices[is_tumour]),
        (~wants_tumour, share.indices[~is_tumour]),
    ):
        if not len(members):
            raise ValueError("balanced batches need tumour and normal patches; one is missing")
        order[wanted] = _over_and_over(members, int(np.count_nonzero(wanted)), rng)
    return order.ravel()


def _over_and_over(members: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Count of the members: all of them shuffled, then all again, until there are enough."""
    rounds = [rng.permutation(members) for _ in range(-(-count // len(members)))]
    return np.concatenate(rounds or [members[:0]])[:count]


class Times:
    """When batches were ready, and how long the thread that trains stood waiting for them."""

    def __init__(self) -> None:
        self.ready_at: dict[int, float] = {}
        self.stood_s = 0.0
        self.training_thread: int | None = None

    @contextmanager
    def taken(self, place: int) -> Iterator[None]:
        began = time.perf_counter()
        yield
        if threading.get_ident() == self.training_thread:
            self.stood_s += time.perf_counter() - began
        else:
            self.ready_at[place] = time.perf_counter()


class WaitWatch(keras.callbacks.Callback):
    """How long the training loop waited for batches, whatever the backend.

    TensorFlow takes batches in a thread of its own: a step that begins before its batch is ready
    waits for it. JAX takes them in the loop, which stands still meanwhile. The first step of all,
    which compiles, is left out. Give it to fit() before callbacks that read it. share and waited_s
    are of the last epoch, or of the running one so far; an epoch's logs get `wait_share`.
    """

    def __init__(self, batches: Batches) -> None:
        super().__init__()
        self.batches, self.times = batches, batches.times
        self.late_s = self.stepped_s = self._began = 0.0
        self._is_compiled = False

    @property
    def waited_s(self) -> float:
        return self.late_s + self.times.stood_s

    @property
    def share(self) -> float:
        """Of the time of the steps, 0 before the first."""
        return min(1.0, self.waited_s / self.stepped_s) if self.stepped_s else 0.0

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.times.training_thread = threading.get_ident()
        self.late_s = self.stepped_s = self.times.stood_s = 0.0
        self.times.ready_at.clear()

    def on_train_batch_begin(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        self._began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        if not self._is_compiled:
            self._is_compiled, self.times.stood_s = True, 0.0
            return
        self.stepped_s += time.perf_counter() - self._began
        self.late_s += max(0.0, self.times.ready_at.get(batch, 0.0) - self._began)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self.times.training_thread = None  # validation's waiting is not training's
        if logs is not None:
            logs["wait_share"] = self.share

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        self.batches.forget_coming()


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
