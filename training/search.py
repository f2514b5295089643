"""Search of settings with Optuna: trials proposed from those before, hopeless ones pruned.

The study lies in a journal file, so that a search goes on after its worker died. The value of a
trial is its best validation AUC; where the dataset keeps patients for a test, the best trial is
tested on them, which no trial was chosen by.
"""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from slides.jobs import Cancelled, Report, Superseded
from training import manifest
from training.experiment_cells import (
    Cell,
    CellFailed,
    Outcome,
    Pruned,
    Roles,
    carry_out,
    folder_of,
    frozen_of,
    roles_in_turn,
)
from training.experiment_figures import figures
from training.experiment_plans import RANGES, SPACE
from training.models import Dataset, Experiment, TrainingRun
from training.own_rows import write_own
from training.runs import create_run

if TYPE_CHECKING:
    import optuna

UNHURRIED_TRIALS = 3  # none of the first is pruned, nor any in its first epoch
LEAST_FOR_IMPORTANCE = 4
DONE, PRUNED, FAILED = "done", "pruned", "failed"


def carry_out_search(experiment: Experiment, report: Report) -> None:
    """Try settings until so many trials are done. Raises CellFailed if none gave a value."""
    report(0, 0)
    study = _study(experiment)
    dataset = Dataset.objects.get(pk=experiment.plan["dataset"])
    frozen = frozen_of(dataset)
    roles = roles_of(frozen, dataset)
    results = {"trials": [], "importances": {}, "best": None} | experiment.results
    results["patches"] = {
        name: len(getattr(roles, name)) for name in ("training", "validation", "test")
    }
    size = experiment.plan["recipe"]["epochs"] * roles.per_epoch
    total = size * experiment.plan["trials"]
    _forget_unfinished(study)
    while len(results["trials"]) < experiment.plan["trials"]:
        before = size * len(results["trials"])
        report(before, total)

        def within(done: int, total_of_run: int, before: int = before) -> None:
            share = min(done / total_of_run, 1) if total_of_run else 0
            report(before + round(share * size), total)

        results["trials"].append(_tried(experiment, study, (dataset, frozen, roles), within))
        results |= _summary(study, results["trials"])
        write_own(experiment, results=results)
    report(total, total)
    if not any(trial["state"] == DONE for trial in results["trials"]):
        errors = {trial["error"] for trial in results["trials"]}
        raise CellFailed("; ".join(sorted(filter(None, errors))) or "no trial gave a value")


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise CellFailed(
            "Optuna is not installed where the worker runs; install the locked packages "
            "(`make install`) and try again",
            "no_optuna",
        ) from error
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _study(experiment: Experiment) -> "optuna.Study":
    optuna = _optuna()
    folder = folder_of(experiment)
    folder.mkdir(parents=True, exist_ok=True)
    journal = optuna.storages.journal.JournalFileBackend(str(folder / "study.journal"))
    # A seed of its own for each attempt: the same one would propose the first trials again.
    seed = experiment.plan["seed"] + len(experiment.results.get("trials", []))
    return optuna.create_study(
        storage=optuna.storages.JournalStorage(journal),
        study_name=f"experiment-{experiment.pk}",
        load_if_exists=True,
        direction="maximize",
        sampler=optuna.samplers.TPESampler(seed=seed),
        pruner=optuna.pruners.MedianPruner(n_startup_trials=UNHURRIED_TRIALS, n_warmup_steps=1),
    )


def _forget_unfinished(study: "optuna.Study") -> None:
    """Trials whose worker died count as failed: their settings may be proposed again."""
    states = _optuna().trial.TrialState
    for trial in study.get_trials(deepcopy=False, states=(states.RUNNING,)):
        study.tell(trial.number, state=states.FAIL)


def roles_of(frozen: manifest.Manifest, dataset: Dataset) -> Roles:
    """The dataset's own sides; of one with folds, the first tests and the second chooses."""
    if dataset.folds:
        return roles_in_turn(frozen, 0, dataset.folds)
    sides = (manifest.TRAINING, manifest.VALIDATION, manifest.TEST)
    return Roles(*(frozen.indices(side) for side in sides))


# Trials --------------------------------------------------------------------


def proposed(trial: "optuna.Trial", wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a trial, from the space that is searched."""
    params: dict[str, Any] = {
        "architecture": trial.suggest_categorical("architecture", wanted["architectures"])
    }
    for name, values in ({name: SPACE[name] for name in SPACE} | wanted["space"]).items():
        if name in RANGES:
            params[name] = trial.suggest_float(name, *values, log=True)
        else:
            params[name] = trial.suggest_categorical(name, list(values))
    return params


def _tried(
    experiment: Experiment,
    study: "optuna.Study",
    patches: tuple[Dataset, manifest.Manifest, Roles],
    report: Report,
) -> dict[str, Any]:
    """Carry out one trial and tell the study; what is stored of it."""
    states = _optuna().trial.TrialState
    dataset, frozen, roles = patches
    trial = study.ask()
    params = proposed(trial, experiment.plan)
    stored: dict[str, Any] = {"number": trial.number, "params": params, "error": ""}
    nothing = {"state": FAILED, "value": None, "run": None, "minutes": 0.0, "epochs": 0}
    try:
        run = _run(experiment, dataset, params)
        minutes = experiment.plan["minutes_per_run"]
        outcome = carry_out(
            Cell(run, frozen, roles, minutes=minutes, on_epoch=_pruning(trial)), report
        )
    except (Cancelled, Superseded):
        study.tell(trial, state=states.FAIL)
        raise
    except ValueError as error:
        study.tell(trial, state=states.FAIL)
        return stored | nothing | {"error": str(error)}
    is_pruned = outcome.ended_early == Pruned.__name__
    if is_pruned:
        study.tell(trial, state=states.PRUNED)
    else:
        study.tell(trial, outcome.val_auc)
    return stored | _facts(run, outcome, is_pruned=is_pruned)


def _facts(run: TrainingRun, outcome: Outcome, *, is_pruned: bool) -> dict[str, Any]:
    tested = None if outcome.answers is None else figures(outcome.answers, seed=run.seed)
    return {
        "state": PRUNED if is_pruned else DONE,
        "value": outcome.val_auc,
        "run": run.pk,
        "minutes": outcome.minutes,
        "epochs": outcome.epochs,
        "best_epoch": outcome.best_epoch,
        "tested": tested,
    }


def _run(experiment: Experiment, dataset: Dataset, params: Mapping[str, Any]) -> TrainingRun:
    recipe = experiment.plan["recipe"] | dict(params)
    if dataset.folds:
        recipe["fold"] = 1
    return create_run(
        dataset=dataset,
        seed=experiment.plan["seed"],
        experiment=experiment,
        created_by=experiment.created_by,
        **recipe,
    )


def _pruning(trial: "optuna.Trial") -> Any:
    """Tell the study each epoch's best so far, and end what lags behind the median."""

    def on_epoch(history: list[dict[str, Any]]) -> None:
        known = [line["val_auc"] for line in history if line["val_auc"] is not None]
        trial.report(max(known, default=0.0), len(history))
        if trial.should_prune():
            raise Pruned

    return on_epoch


# What is shown -------------------------------------------------------------


def _summary(study: "optuna.Study", trials: list[dict[str, Any]]) -> dict[str, Any]:
    done = [trial for trial in trials if trial["state"] == DONE]
    if not done:
        return {}
    best = max(done, key=lambda trial: trial["value"])
    return {"best": best, "importances": importances(study, len(done))}


def importances(study: "optuna.Study", done: int) -> dict[str, float]:
    """How much of the values' variation each setting explains; empty while that is a guess."""
    values = [trial.value for trial in study.get_trials(deepcopy=False) if trial.value is not None]
    if done < LEAST_FOR_IMPORTANCE or math.isclose(np.ptp(values or [0.0]), 0.0, abs_tol=1e-9):
        return {}
    found = _optuna().importance.get_param_importances(study)
    return {name: round(float(share), 4) for name, share in found.items()}
