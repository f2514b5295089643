"""Watch a fitting: measure, tell, keep, and stop it. Keras is loaded here: import inside functions.

Whatever goes wrong in between is kept until Keras has ended its epoch in order, so that no
feeding thread is left behind.
"""

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import keras
import numpy as np

from training import states
from training.curve import Curve
from training.examples import HALF, examples
from training.feeding import Share, scores
from training.metrics import confusion, roc_auc
from training.recipe import Recipe, best_of, is_stalled, next_rate

Report = Callable[[int, int], None]
Tell = Callable[[dict[str, Any]], None]
SECONDS_BETWEEN_NEWS = 3.0


class FittingError(ValueError):
    """A fitting that cannot go on."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Epoch:
    """One line of the history; recall and precision are at 0.5. None where there is no figure.

    patches_per_second: while training. wait_share: of the steps' time, waited for patches.
    """

    epoch: int
    loss: float
    auc: float | None
    recall: float | None
    precision: float | None
    learning_rate: float
    val_loss: float
    val_auc: float | None
    val_recall: float | None
    val_precision: float | None
    seconds: float
    patches_per_second: float
    wait_share: float


@dataclass
class Told:
    """What a fitting says of itself, as JSON: a page shows it, and a state keeps it."""

    history: list[dict[str, Any]] = field(default_factory=list)
    steps: list[dict[str, Any]] = field(default_factory=list)
    examples: list[dict[str, Any]] = field(default_factory=list)


class Watch(keras.callbacks.Callback):
    """Reports progress, measures validation exactly after each epoch, and stops when told.

    Stands behind WaitWatch, whose share it reads.

    state: of a fitting that goes on. stopped_by: the exception that ended it, if one did.
    """

    def __init__(
        self,
        recipe: Recipe,
        training: Share,
        validation: Share,
        *,
        folder: Path,
        report: Report,
        tell: Tell,
    ) -> None:
        super().__init__()
        self.recipe, self.validation = recipe, validation
        self.folder, self.report, self.tell = folder, report, tell
        self.batch = min(recipe.batch, len(training))
        self.steps = len(training) // self.batch
        self.per_epoch = self.steps * self.batch + len(validation)
        self.fingerprint = asdict(recipe) | {
            "training": len(training),
            "validation": len(validation),
            "patch_px": int(validation.packed.shape[1]),
            "backend": keras.backend.backend(),
        }
        self.told = Told()
        self.curve = Curve(steps=self.steps, epochs=recipe.epochs)
        self.best: list[np.ndarray] = []
        self.best_scores = np.zeros(0, np.float32)
        self.done = 0
        self.stopped_by: BaseException | None = None
        self._began = self._news_at = time.monotonic()

    # Going on --------------------------------------------------------------

    def resumed(self) -> states.State | None:
        """Take up what was kept of this fitting; the state whose variables are to be set.

        Tells in any case: what an earlier attempt told and did not keep is no longer so.
        """
        state = states.latest(self.folder, fingerprint=self.fingerprint)
        if state is not None:
            self.told = Told(**state.told)
            self.curve = Curve(steps=self.steps, epochs=self.recipe.epochs, points=self.told.steps)
            self.best, self.best_scores = list(state.best), state.best_scores
            self.done = state.epoch * self.per_epoch
        self._guarded(self.tell, asdict(self.told))
        return state

    @property
    def is_over(self) -> bool:
        """Nothing is left to do: all epochs, a stop, or no progress for too long."""
        return (
            self.stopped_by is not None
            or len(self.told.history) >= self.recipe.epochs
            or is_stalled(self.recipe, self.told.history)
        )

    # What Keras calls ------------------------------------------------------

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._began = time.monotonic()
        self.rate = next_rate(self.recipe, self.told.history)
        self.model.optimizer.learning_rate = self.rate

    def on_train_batch_end(self, batch: int, logs: dict[str, Any] | None = None) -> None:
        logs = logs or {}
        epoch = len(self.told.history) + 1
        if not math.isfinite(loss := float(logs["loss"])):
            self._stop(_not_a_number(loss, epoch, self.recipe))
            return
        if self.curve.add(epoch, batch + 1, logs, rate=self.rate):
            self.told.steps = self.curve.points
            if time.monotonic() - self._news_at > SECONDS_BETWEEN_NEWS:
                self._news_at = time.monotonic()
                self._guarded(self.tell, asdict(self.told))
        self._count(self.batch)

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        if self.stopped_by is not None:
            return  # nothing of an unfinished epoch is kept
        trained = time.monotonic() - self._began
        found = scores(self.model, self.validation, batch=self.recipe.batch, seen=self._count)
        if self.stopped_by is None:
            self._note(epoch + 1, logs or {}, found, trained)
            self._guarded(self._keep)
            self._guarded(self.tell, asdict(self.told))
        if self.is_over:
            self.model.stop_training = True

    # ------------------------------------------------------------------------

    def _note(self, epoch: int, logs: dict[str, Any], found: np.ndarray, trained: float) -> None:
        labels = self.validation.own_labels
        called = confusion(labels, found, HALF)
        seconds = time.monotonic() - self._began
        line = Epoch(
            epoch=epoch,
            **{name: float(logs[name]) for name in ("loss", "auc", "recall", "precision")},
            learning_rate=self.rate,
            val_loss=self._loss(labels, found),
            val_auc=roc_auc(labels, found),
            val_recall=called.recall,
            val_precision=called.precision,
            seconds=round(seconds, 3),
            patches_per_second=round(self.steps * self.batch / max(trained, 1e-9), 1),
            wait_share=round(float(logs["wait_share"]), 4),
        )
        self.told.history.append(asdict(line))
        self.told.examples = examples(labels, found, self.validation.indices)
        if best_of(self.told.history) == epoch:
            self.best, self.best_scores = variables_of(self.model), found

    def _loss(self, labels: np.ndarray, found: np.ndarray) -> float:
        """The very loss that is trained on, over the whole validation."""
        return float(self.model.loss(labels.astype(np.float32)[:, None], found[:, None]))

    def _keep(self) -> None:
        state = states.State(
            network=variables_of(self.model),
            optimizer=variables_of(self.model.optimizer),
            best=self.best,
            best_scores=self.best_scores,
            told=asdict(self.told),
        )
        states.keep(self.folder, state, fingerprint=self.fingerprint)

    def _count(self, patches: int) -> None:
        self.done += patches
        if self.stopped_by is None:
            self._guarded(self.report, self.done, self.per_epoch * self.recipe.epochs)

    def _guarded(self, act: Callable[..., None], *given: Any) -> None:
        with KeptForLater(self._stop):
            act(*given)

    def _stop(self, error: BaseException) -> None:
        self.stopped_by = error
        if self.model is not None:
            self.model.stop_training = True


def variables_of(owner: Any) -> list[np.ndarray]:
    """All variables of a network or an optimiser, random states too, in Keras' order."""
    # Copied: what NumPy sees of a variable may be the variable itself, which goes on learning.
    return [np.array(np.asarray(each)) for each in owner.variables]


def set_variables(owner: Any, values: Any) -> None:
    for variable, value in zip(owner.variables, values, strict=True):
        variable.assign(value)


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
