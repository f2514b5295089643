"""Fit a network to patches. Keras is loaded here: import inside functions only.

As the seed: RMSprop, binary cross-entropy, balanced class weights. Unlike it, the weights
that are kept are those of the epoch with the HIGHEST validation AUC (its callback, left to
guess, kept the lowest), and validation patients are never in training.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import keras
import numpy as np

from training.feeding import DIHEDRAL, Batches, Share, scores
from training.metrics import confusion, roc_auc
from training.network import IMAGENET, NONE, build, file_sha256

Report = Callable[[int, int], None]
HALF = 0.5  # the recall of each epoch is at this threshold, as the seed's


class FittingError(ValueError):
    """A fitting that cannot go on."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Recipe:
    """All that decides a fitting, beside the patches."""

    architecture: str
    pooling: str = "avg"
    weights: str = "none"
    epochs: int = 10
    batch: int = 32
    learning_rate: float = 1e-4
    rho: float = 0.95
    seed: int = 0
    augmentation: str = DIHEDRAL


@dataclass(frozen=True)
class Epoch:
    """One line of the history; recall is at 0.5. None where a figure does not exist."""

    epoch: int
    loss: float
    auc: float | None
    recall: float | None
    val_loss: float
    val_auc: float | None
    val_recall: float | None
    seconds: float
    patches_per_second: float


@dataclass(frozen=True)
class Fitted:
    """The network of the best epoch and its validation scores, in the order of the share.

    weights_sha256: of the file of weights it began from, None if none was read.
    stopped_by: what interrupted the fitting (a cancellation), None if it ran to its end.
    """

    model: keras.Model
    recipe: dict[str, Any]
    weights_sha256: str | None
    history: list[dict[str, Any]]
    best_epoch: int
    validation_scores: np.ndarray
    stopped_by: BaseException | None


def fit(
    recipe: Recipe,
    training: Share,
    validation: Share,
    *,
    folder: Path,
    report: Report = lambda done, total: None,
    on_epoch: Callable[[list[dict[str, Any]]], None] = lambda history: None,
) -> Fitted:
    """Fit a new network and return it as it was after its best epoch.

    folder: for the weights of the best epoch so far. report(done, total) counts patches and
    may raise to stop: then what was best so far is returned with stopped_by, or, where no
    epoch was finished, the exception is raised. on_epoch(history) is called after each.
    Raises FittingError if the loss is not a number or memory ran out.
    """
    _refuse_one_class(validation)
    keras.utils.set_random_seed(recipe.seed)
    with OutOfMemoryExplained(recipe.batch):
        model = _compiled(recipe, training.packed.shape[1])
        best = folder / "best.weights.h5"
        watch = _Watch(recipe, training, validation, report=report, on_epoch=on_epoch)
        keep = keras.callbacks.ModelCheckpoint(
            best, monitor="val_auc", mode="max", save_best_only=True, save_weights_only=True
        )
        batches = Batches(
            training, batch=recipe.batch, seed=recipe.seed, augmentation=recipe.augmentation
        )
        model.fit(
            batches,
            epochs=recipe.epochs,
            class_weight=balanced_weights(training.own_labels),
            callbacks=[watch, keep],
            shuffle=False,
            verbose=0,
        )
    return _fitted(recipe, model, watch, best)


def _refuse_one_class(validation: Share) -> None:
    tumour = int(np.count_nonzero(validation.own_labels))
    if tumour in (0, len(validation)):
        raise FittingError(
            f"validation has {tumour} tumour and {len(validation) - tumour} normal patches; "
            "without both there is no AUC to choose the best epoch by",
            "empty_class",
        )


def _compiled(recipe: Recipe, patch_px: int) -> keras.Model:
    model = build(
        recipe.architecture, pooling=recipe.pooling, weights=recipe.weights, patch_px=patch_px
    )
    model.compile(
        optimizer=keras.optimizers.RMSprop(recipe.learning_rate, rho=recipe.rho),
        loss="binary_crossentropy",
        metrics=[keras.metrics.AUC(name="auc"), keras.metrics.Recall(name="recall")],
    )
    return model


def _fitted(recipe: Recipe, model: keras.Model, watch: "_Watch", best: Path) -> Fitted:
    if isinstance(watch.stopped_by, FittingError) or (watch.stopped_by and not watch.history):
        raise watch.stopped_by
    model.load_weights(best)
    best_epoch = best_of(watch.history)
    is_file = recipe.weights not in (NONE, IMAGENET)
    return Fitted(
        model=_without_optimiser(recipe, model),
        recipe=asdict(recipe),
        weights_sha256=file_sha256(Path(recipe.weights)) if is_file else None,
        history=watch.history,
        best_epoch=best_epoch,
        validation_scores=watch.scores_of[best_epoch],
        stopped_by=watch.stopped_by,
    )


def _without_optimiser(recipe: Recipe, model: keras.Model) -> keras.Model:
    """The same network, half the size on disk: what RMSprop remembered is not needed."""
    bare = build(recipe.architecture, pooling=recipe.pooling, patch_px=model.input_shape[1])
    bare.set_weights(model.get_weights())
    return bare


def balanced_weights(labels: np.ndarray) -> dict[int, float]:
    """The weight of each class, n / (2 * its count): both classes count alike in the loss."""
    counts = np.bincount(labels.astype(np.int64), minlength=2)
    if not counts.all():
        raise FittingError(
            f"training has {counts[1]} tumour and {counts[0]} normal patches; it needs both",
            "empty_class",
        )
    return {label: float(len(labels) / (2 * counts[label])) for label in (0, 1)}


def best_of(history: list[dict[str, Any]]) -> int:
    """The epoch, counted from 1, with the highest validation AUC; the first of equals."""
    return int(max(history, key=lambda line: line["val_auc"])["epoch"])


def cross_entropy(labels: np.ndarray, probabilities: np.ndarray) -> float:
    """Mean binary cross-entropy, clipped as Keras clips."""
    epsilon = keras.backend.epsilon()
    p = np.clip(probabilities.astype(np.float64), epsilon, 1 - epsilon)
    return float(-np.mean(np.where(labels, np.log(p), np.log1p(-p))))


class _Watch(keras.callbacks.Callback):
    """Reports progress, measures validation exactly after each epoch, and stops when told.

    It stands before the checkpoint in the list and adds val_auc to the logs it reads.
    An exception of report() is kept and training ended in order, so that no feeding
    thread is left behind.
    """

    def __init__(
        self,
        recipe: Recipe,
        training: Share,
        validation: Share,
        *,
        report: Report,
        on_epoch: Callable[[list[dict[str, Any]]], None],
    ) -> None:
        super().__init__()
        self.recipe, self.validation = recipe, validation
        self.report, self.on_epoch_done = report, on_epoch
        self.batch = min(recipe.batch, len(training))
        self.steps = len(training) // self.batch
        self.per_epoch = self.steps * self.batch + len(validation)
        self.done = 0
        self.history: list[dict[str, Any]] = []
        self.scores_of: dict[int, np.ndarray] = {}
        self.stopped_by: BaseException | None = None
        self._began = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._began = time.monotonic()

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            self._stop(_not_a_number(loss, self.done // self.per_epoch + 1, self.recipe))
        else:
            self._count(self.batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        logs = {} if logs is None else logs
        if self.stopped_by is None:
            found = scores(self.model, self.validation, batch=self.recipe.batch, seen=self._count)
            self._note(epoch + 1, logs, found)
        if self.stopped_by is not None:
            # Nothing of an unfinished epoch is kept: the checkpoint sees no better figure.
            logs.setdefault("val_auc", -math.inf)

    def _note(self, epoch: int, logs: dict[str, Any], found: np.ndarray) -> None:
        labels = self.validation.own_labels
        logs["val_auc"] = roc_auc(labels, found)
        seconds = time.monotonic() - self._began
        line = Epoch(
            epoch=epoch,
            loss=float(logs["loss"]),
            auc=float(logs["auc"]),
            recall=float(logs["recall"]),
            val_loss=cross_entropy(labels, found),
            val_auc=logs["val_auc"],
            val_recall=confusion(labels, found, HALF).recall,
            seconds=round(seconds, 3),
            patches_per_second=round(self.per_epoch / seconds, 1),
        )
        self.scores_of[epoch] = found
        self.history.append(asdict(line))
        self.on_epoch_done(self.history)

    def _count(self, patches: int) -> None:
        self.done += patches
        if self.stopped_by is None:
            self._call_report()

    def _call_report(self) -> None:
        with KeptForLater(self._stop):
            self.report(self.done, self.per_epoch * self.recipe.epochs)

    def _stop(self, error: BaseException) -> None:
        self.stopped_by = error
        self.model.stop_training = True


def _not_a_number(loss: float, epoch: int, recipe: Recipe) -> FittingError:
    return FittingError(
        f"the loss became {loss} in epoch {epoch}; try a learning rate below "
        f"{recipe.learning_rate:g}",
        "loss_not_a_number",
    )


class KeptForLater:
    """Hands an exception of its block to keep() instead of letting it pass."""

    def __init__(self, keep: Callable[[BaseException], None]) -> None:
        self.keep = keep

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        if error is not None:
            self.keep(error)
        return error is not None


class OutOfMemoryExplained:
    """Turns any backend's out-of-memory failure into a FittingError with a batch to try."""

    def __init__(self, batch: int) -> None:
        self.batch = batch

    def __enter__(self) -> None:
        return

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None and _is_out_of_memory(error):
            raise FittingError(
                f"memory ran out with {self.batch} patches per batch; try "
                f"{max(1, self.batch // 2)}, or a smaller network",
                "out_of_memory",
            ) from error


def _is_out_of_memory(error: BaseException) -> bool:
    """TensorFlow and JAX raise types of their own, told here by name: neither is imported."""
    return (
        isinstance(error, MemoryError)
        or type(error).__name__ == "ResourceExhaustedError"
        or "RESOURCE_EXHAUSTED" in str(error)
    )
