"""Fit a network to patches. Keras is loaded here: import inside functions only.

As the seed: RMSprop, binary cross-entropy, balanced class weights. Unlike it, the weights
that are kept are those of the epoch with the HIGHEST validation AUC (its callback, left to
guess, kept the lowest), and validation patients are never in training.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import keras
import numpy as np

from training.feeding import Batches, Share, WaitWatch, scores
from training.network import HEAD, build, freeze_body
from training.recipe import GAMMA, Recipe, best_of
from training.states import State
from training.watching import FittingError, Report, Tell, Watch, set_variables
from training.weights import IMAGENET, NONE, file_sha256

MIXED = "mixed_bfloat16"


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
    tell: Tell = lambda news: None,
) -> Fitted:
    """Fit a network and return it as it was after its best epoch.

    folder: where the state of the last whole epoch is kept; if it holds one of this very
    fitting, the fitting goes on from there, to the same end. report(done, total) counts patches
    and may raise to stop: then what was best so far is returned with stopped_by, or, where no
    epoch was finished, the exception is raised. tell(news) gets history, steps and examples, as
    JSON, at the start, after each epoch and now and then between, and may raise likewise.
    Raises FittingError if the loss is not a number or memory ran out, and StateError if the
    disk is full.
    """
    _refuse_one_class(validation)
    class_weight = balanced_weights(training.own_labels)
    keras.utils.set_random_seed(recipe.seed)
    with OutOfMemoryExplained(recipe.batch), _at_precision(recipe.precision), _over_gpus(recipe):
        watch = Watch(recipe, training, validation, folder=folder, report=report, tell=tell)
        _learn(recipe, training, watch, class_weight)
    return _fitted(recipe, watch, validation)


def _learn(recipe: Recipe, training: Share, watch: Watch, class_weight: dict[int, float]) -> None:
    """Fit stretch by stretch what the watch does not know to be done."""
    model = _built(recipe, training.packed.shape[1])
    state = watch.resumed()
    for is_frozen, first, end in _stretches(recipe):
        done = len(watch.told.history)
        if watch.is_over or done >= end:
            continue
        _compile(model, recipe, is_frozen=is_frozen)
        if state is not None:
            _set_state(model, state, is_whole=done > first)
            state = None
        batches = _batches(recipe, training, start_epoch=done)
        model.fit(
            batches,
            initial_epoch=done,
            epochs=end,
            class_weight=class_weight if recipe.class_balance == "weights" else None,
            callbacks=[WaitWatch(batches), watch],
            shuffle=False,
            verbose=0,
        )


def _refuse_one_class(validation: Share) -> None:
    tumour = int(np.count_nonzero(validation.own_labels))
    if tumour in (0, len(validation)):
        raise FittingError(
            f"validation has {tumour} tumour and {len(validation) - tumour} normal patches; "
            "without both there is no AUC to choose the best epoch by",
            "empty_class",
        )


def _stretches(recipe: Recipe) -> list[tuple[bool, int, int]]:
    """Only the head learns, then all: (is_frozen, epochs before it, epochs after it)."""
    frozen = min(recipe.frozen_epochs, recipe.epochs)
    return [(True, 0, frozen), (False, frozen, recipe.epochs)]


def _batches(recipe: Recipe, training: Share, *, start_epoch: int) -> Batches:
    return Batches(
        training,
        batch=recipe.batch,
        seed=recipe.seed,
        augmentation=recipe.augmentation,
        is_balanced=recipe.class_balance == "sampling",
        start_epoch=start_epoch,
    )


def _built(recipe: Recipe, patch_px: int) -> keras.Model:
    return build(
        recipe.architecture,
        pooling=recipe.pooling,
        weights=recipe.weights,
        weights_sha256=recipe.weights_sha256,
        patch_px=patch_px,
    )


def _set_state(model: keras.Model, state: State, *, is_whole: bool) -> None:
    """Set all that a kept state knows; not the optimiser where another stretch begins."""
    set_variables(model, state.network)
    if is_whole:
        set_variables(model.optimizer, state.optimizer)


def _fitted(recipe: Recipe, watch: Watch, validation: Share) -> Fitted:
    stopped_by, history = watch.stopped_by, watch.told.history
    if isinstance(stopped_by, ValueError | OSError) or (stopped_by and not history):
        raise stopped_by
    model = build(recipe.architecture, pooling=recipe.pooling, patch_px=validation.packed.shape[1])
    set_variables(model, watch.best)
    found = watch.best_scores
    if recipe.precision != "float32":
        # What is stored computes in float32: its scores are measured as they will be used.
        found = scores(model, validation, batch=recipe.batch)
    is_file = recipe.weights not in (NONE, IMAGENET)
    return Fitted(
        model=model,
        recipe=asdict(recipe),
        weights_sha256=file_sha256(Path(recipe.weights)) if is_file else None,
        history=history,
        best_epoch=best_of(history),
        validation_scores=found,
        stopped_by=stopped_by,
    )


def balanced_weights(labels: np.ndarray) -> dict[int, float]:
    """The weight of each class, n / (2 * its count): both classes count alike in the loss."""
    counts = np.bincount(labels.astype(np.int64), minlength=2)
    if not counts.all():
        raise FittingError(
            f"training has {counts[1]} tumour and {counts[0]} normal patches; it needs both",
            "empty_class",
        )
    return {label: float(len(labels) / (2 * counts[label])) for label in (0, 1)}


# Optimisers and losses -----------------------------------------------------


class _GentleBelow:
    """An optimiser that learns more slowly below the head.

    factors: of the learning rate, one for each trainable variable in the network's order.
    """

    factors: tuple[float, ...] = ()

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        factor = self.factors[self._get_variable_index(variable)]  # type: ignore[attr-defined]
        super().update_step(gradient, variable, learning_rate * factor)  # type: ignore[misc]


class GentleRMSprop(_GentleBelow, keras.optimizers.RMSprop):
    pass


class GentleAdam(_GentleBelow, keras.optimizers.Adam):
    pass


def _compile(model: keras.Model, recipe: Recipe, *, is_frozen: bool) -> None:
    freeze_body(model, is_frozen=is_frozen)
    optimizer = (
        GentleAdam(recipe.learning_rate)
        if recipe.optimizer == "adam"
        else GentleRMSprop(recipe.learning_rate, rho=recipe.rho)
    )
    head = {id(variable) for variable in model.get_layer(HEAD).trainable_variables}
    optimizer.factors = tuple(
        1.0 if id(variable) in head else recipe.body_rate for variable in model.trainable_variables
    )
    optimizer.build(model.trainable_variables)
    model.compile(
        optimizer=optimizer,
        loss=_loss(recipe),
        metrics=[
            keras.metrics.AUC(name="auc"),
            keras.metrics.Recall(name="recall"),
            keras.metrics.Precision(name="precision"),
        ],
    )


def _loss(recipe: Recipe) -> keras.losses.Loss:
    smoothing = recipe.label_smoothing
    if recipe.loss == "focal":
        return keras.losses.BinaryFocalCrossentropy(gamma=GAMMA, label_smoothing=smoothing)
    return keras.losses.BinaryCrossentropy(label_smoothing=smoothing)


# Machines ------------------------------------------------------------------


@contextmanager
def _at_precision(precision: str) -> Iterator[None]:
    """Products in bfloat16, weights and the probability in float32, if precision is mixed.

    bfloat16 on every machine: it needs no scaling of the loss, and graphics cards since 2020
    compute with it. Processors, even those with AVX512_BF16, gain with plain convolutions
    (baseline: 195 against 150 patches of 224 px a second on two cores) and lose with depthwise
    ones (MobileNetV3: 15 against 47).
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(MIXED if precision == "mixed" else "float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(before)


@contextmanager
def _over_gpus(recipe: Recipe) -> Iterator[None]:
    """Share each batch among the graphics cards, if there are several.

    By Keras' own distribution, which is whole on JAX only: elsewhere one card does the work.
    """
    # Asked for "gpu", JAX raises where there is none; asked for the best, it names processors.
    gpus = [name for name in keras.distribution.list_devices() if not name.startswith("cpu")]
    if len(gpus) < 2 or keras.backend.backend() != "jax":
        yield
        return
    if recipe.batch % len(gpus):
        nearest = max(1, recipe.batch // len(gpus)) * len(gpus)
        raise FittingError(
            f"{recipe.batch} patches per batch cannot be shared among {len(gpus)} graphics "
            f"cards; try {nearest}",
            "bad_input",
        )
    before = keras.distribution.distribution()
    keras.distribution.set_distribution(keras.distribution.DataParallel(devices=gpus))
    try:
        yield
    finally:
        keras.distribution.set_distribution(before)


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
