"""One fitting of an experiment: some patients to learn from, some to choose by, some to be tested.

The run's row shows how it goes, as any run's, but it leaves no version: an experiment compares
recipes. What is tested has chosen neither epoch nor threshold.
"""

import gc
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings

from slides.jobs import Cancelled, Job, Reason, Report, Superseded
from training import manifest, origin, runs
from training.experiment_figures import Answers
from training.metrics import operating_point
from training.models import Dataset, Experiment, TrainingRun

if TYPE_CHECKING:
    from training.feeding import Share
    from training.fitting import Fitted

ON_EPOCH = Callable[[list[dict[str, Any]]], None]


class CellFailed(Reason):
    """A fitting that gave no figures."""

    code = "cell_failed"


class EndedEarly(Cancelled):
    """A fitting that was to end before its last epoch; what it has counts."""


class TimeUp(EndedEarly):
    """The next epoch would not end within the minutes a run has."""


class Pruned(EndedEarly):
    """It lags behind earlier trials."""


@dataclass(frozen=True)
class Roles:
    """Positions of patches in the manifest. test may be empty."""

    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    @property
    def per_epoch(self) -> int:
        return len(self.training) + len(self.validation)


def roles_in_turn(frozen: manifest.Manifest, fold: int, folds: int) -> Roles:
    """Fold so-and-so is tested, the next one chooses epoch and threshold, the rest is learnt."""
    names = [f"{manifest.FOLD}{number}" for number in range(folds)]
    test, validation = names[fold], names[(fold + 1) % folds]
    rest = [frozen.indices(name) for name in names if name not in (test, validation)]
    return Roles(
        training=np.sort(np.concatenate(rest)),
        validation=frozen.indices(validation),
        test=frozen.indices(test),
    )


@dataclass(frozen=True)
class Outcome:
    """How a fitting ended. answers: None if no patch was kept for a test, or it was pruned."""

    val_auc: float
    best_epoch: int
    epochs: int
    minutes: float
    threshold: float
    ended_early: str
    answers: Answers | None

    @property
    def facts(self) -> dict[str, Any]:
        """All of it that is JSON."""
        return {name: value for name, value in vars(self).items() if name != "answers"}


@dataclass(frozen=True)
class Cell:
    """A fitting to be done. minutes: after so many it ends, with what it has; 0 for never.

    on_epoch(history) may raise EndedEarly.
    """

    run: TrainingRun
    frozen: manifest.Manifest
    roles: Roles
    fold: int = 0
    minutes: float = 0.0
    on_epoch: ON_EPOCH = lambda history: None


def folder_of(experiment: Experiment) -> Path:
    """Where an experiment keeps what only it needs."""
    return Path(settings.CACHE_ROOT) / "experiments" / str(experiment.pk)


def taken(job: Job) -> bool:
    """Take a row that this experiment alone works at, also from a worker that died at it."""
    put_back(job)
    return job.claim()


def put_back(job: Job) -> None:
    """Queue a row again however it stands; whoever still works at it is superseded."""
    if job.status == Job.Status.RUNNING:
        rows = type(job).objects.filter(pk=job.pk, attempt=job.attempt)
        rows.filter(status=Job.Status.RUNNING).update(status=Job.Status.QUEUED)
    elif job.status in {Job.Status.FAILED, Job.Status.CANCELLED}:
        job.requeue()


def checked(job: Job) -> None:
    """Raise what a row that was carried out inside an experiment ended with, if not well."""
    if job.status == Job.Status.CANCELLED:
        raise Cancelled
    if job.status == Job.Status.FAILED:
        raise CellFailed(job.error or str(job.reason), job.reason or None)
    if job.status != Job.Status.DONE:
        raise Superseded


def carry_out(cell: Cell, report: Report) -> Outcome:
    """Fit and test. report(done, total) sees patches and may raise.

    Raises CellFailed, or Cancelled if somebody stopped it.
    """
    run = cell.run
    if not taken(run):
        raise Superseded
    outcome = None
    with run.recorded():
        outcome = _fitted_and_tested(cell, report)
    _forget_network()
    checked(run)
    assert outcome is not None
    return outcome


def _forget_network() -> None:
    """Dozens of networks in one process: none is needed after its figures."""
    import keras

    keras.utils.clear_session()
    gc.collect()


def _fitted_and_tested(cell: Cell, report: Report) -> Outcome:
    run = cell.run
    report(0, 0)
    from training import fitting

    # TensorFlow warns that a network is compiled anew; here each one is another network.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    def both(done: int, total: int) -> None:
        run.report(done, total)
        report(done, total)

    packed = runs.patches_of(cell.frozen, report=lambda done, total: both(0, 0))
    training, validation, test = _shares(cell, packed)
    began = time.monotonic()  # patches are read once for all runs
    fitted = fitting.fit(
        origin.recipe(run),
        training,
        validation,
        folder=runs.state_folder(run),
        report=both,
        tell=_Told(cell, began),
    )
    if fitted.stopped_by is not None and not isinstance(fitted.stopped_by, EndedEarly):
        raise fitted.stopped_by
    threshold = operating_point(validation.own_labels, fitted.validation_scores, run.target_recall)
    is_tested = len(test) and not isinstance(fitted.stopped_by, Pruned)
    answers = _answers(cell, fitted, test, threshold, lambda: both(0, 0)) if is_tested else None
    runs.forget_state(run)
    return Outcome(
        val_auc=max(line["val_auc"] for line in fitted.history),
        best_epoch=fitted.best_epoch,
        epochs=len(fitted.history),
        minutes=(time.monotonic() - began) / 60,
        threshold=float(threshold or 0),
        ended_early=type(fitted.stopped_by).__name__ if fitted.stopped_by else "",
        answers=answers,
    )


class _Told:
    """Keeps the run's row up to date and ends the fitting when its time is up."""

    def __init__(self, cell: Cell, began: float) -> None:
        self.cell, self.began = cell, began
        self.epochs = 0

    def __call__(self, news: dict[str, Any]) -> None:
        history = news["history"]
        runs.tell(self.cell.run, self.cell.frozen, news)
        if len(history) > self.epochs:
            self.epochs = len(history)
            self.cell.on_epoch(history)
            self._end_in_time(history)

    def _end_in_time(self, history: list[dict[str, Any]]) -> None:
        elapsed = time.monotonic() - self.began
        needed = elapsed + history[-1]["seconds"]
        if self.cell.minutes and needed > 60 * self.cell.minutes and self._is_not_last(history):
            raise TimeUp

    def _is_not_last(self, history: list[dict[str, Any]]) -> bool:
        return len(history) < self.cell.run.epochs


def _shares(cell: Cell, packed: np.ndarray) -> "list[Share]":
    from training.feeding import Share

    roles = (cell.roles.training, cell.roles.validation, cell.roles.test)
    return [Share(packed, cell.frozen.labels, indices) for indices in roles]


def _answers(
    cell: Cell, fitted: "Fitted", test: "Share", threshold: float | None, beat: Callable[[], None]
) -> Answers:
    from training.feeding import scores

    found = scores(fitted.model, test, batch=cell.run.batch, seen=lambda count: beat())
    return Answers(
        labels=test.own_labels,
        scores=found,
        called=found >= np.float32(threshold or 0),
        patients=cell.frozen.patients()[test.indices],
        folds=np.full(len(test), cell.fold),
    )


def frozen_of(dataset: Dataset) -> manifest.Manifest:
    return manifest.read(dataset.manifest_path, sha256=dataset.manifest_sha256)
