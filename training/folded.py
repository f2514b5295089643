"""Zoom levels and cross-validation: networks by datasets by folds, every patient tested once."""

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from slides.jobs import Cancelled, Report, Superseded
from slides.models import Slide
from training.choices import Architecture, Balance, ExperimentKind
from training.datasets import create_dataset, freeze_dataset
from training.experiment_cells import (
    Cell,
    CellFailed,
    Outcome,
    carry_out,
    checked,
    frozen_of,
    roles_in_turn,
    taken,
)
from training.experiment_figures import Answers, figures, together
from training.experiment_tables import words_of
from training.models import Dataset, Experiment, TrainingRun
from training.own_rows import write_own
from training.refusals import NotTrainable
from training.runs import create_run

AS_OF_DATASET = (
    *("patch_px", "tissue_bar", "stride", "jitter_px", "labelling", "tumour_bar", "centre_px"),
    *("per_slide_cap", "seed"),
)


def carry_out_folded(experiment: Experiment, report: Report) -> None:
    """Freeze what has to be frozen, then fit and test cell by cell; what is done is not redone.

    A level that cannot be had, or a fitting that fails, leaves its reason in the table. Raises
    CellFailed if nothing at all succeeded.
    """
    report(0, 0)
    results = {"levels": [], "cells": {}, "rows": []} | experiment.results
    _freeze(experiment, results, report)
    progress = _Progress(experiment, results, report)
    for key, level, network, fold in _cells(experiment, results):
        stored = results["cells"].get(key, {})
        if "answers" not in stored:
            results["cells"][key] = _carried_out(
                experiment, stored, progress.within(key), (level, network, fold)
            )
        results["rows"] = rows_of(experiment, results)
        write_own(experiment, results=results)
        progress.finish(key)
    if not any(row["figures"] for row in results["rows"]):
        reasons = {row["error"] for row in results["rows"]} | {
            level["error"] for level in results["levels"]
        }
        raise CellFailed("; ".join(sorted(filter(None, reasons))) or "nothing was trained")


# Datasets ------------------------------------------------------------------


def _freeze(experiment: Experiment, results: dict[str, Any], report: Report) -> None:
    """A frozen dataset with folds for each level; all split as the first one."""
    wanted = _wanted_levels(experiment)
    for place, mpps in enumerate(wanted):
        if place == len(results["levels"]):
            results["levels"].append({"mpps": mpps, "dataset": None, "error": ""})
        level = results["levels"][place]
        if level["error"] or level.get("patches"):
            continue
        try:
            dataset = _dataset(experiment, level, _first(results))
            level["dataset"] = dataset.pk
            write_own(experiment, results=results)
            _carry_out_freezing(dataset, report)
            level |= _facts(dataset)
        except (NotTrainable, CellFailed) as refusal:
            level["error"] = str(refusal)
        write_own(experiment, results=results)


def _wanted_levels(experiment: Experiment) -> list[list[float]]:
    if experiment.kind == ExperimentKind.ZOOM_LEVELS:
        return [sorted(mpps) for mpps in experiment.plan["levels"]]
    dataset = Dataset.objects.get(pk=experiment.plan["dataset"])
    return [dataset.mpps or [dataset.mpp]]


def _first(results: Mapping[str, Any]) -> Dataset | None:
    """The dataset whose split the others follow."""
    done = [level["dataset"] for level in results["levels"] if level.get("patches")]
    return Dataset.objects.get(pk=done[0]) if done else None


def _dataset(experiment: Experiment, level: dict[str, Any], first: Dataset | None) -> Dataset:
    if level["dataset"]:
        return Dataset.objects.get(pk=level["dataset"])
    wanted = experiment.plan
    if experiment.kind == ExperimentKind.CROSS_VALIDATION:
        source = Dataset.objects.get(pk=wanted["dataset"])
        if source.folds == wanted["folds"]:
            return source
        return _with_folds(experiment, source)
    mpps = level["mpps"]
    return create_dataset(
        name=f"{experiment.name}, {words_of(mpps)} um/px"[:200],
        mpp=mpps[0],
        mpps=mpps if len(mpps) > 1 else [],
        slides=slides_of(wanted),
        patch_px=wanted["patch_px"],
        tumour_bar=wanted["tumour_bar"],
        per_slide_cap=wanted["per_slide_cap"],
        folds=wanted["folds"],
        balance=Balance.NONE,
        seed=wanted["seed"],
        parent=first,
        created_by=experiment.created_by,
    )


def _with_folds(experiment: Experiment, source: Dataset) -> Dataset:
    """The same slides and rules as a dataset's, in folds."""
    folds = experiment.plan["folds"]
    return create_dataset(
        name=f"{source.name}, {folds} folds"[:200],
        mpp=source.mpp,
        mpps=source.mpps,
        slides=source.slides.all(),
        revisions={int(key): revision for key, revision in source.revisions.items()},
        balance=Balance.NONE,
        folds=folds,
        created_by=experiment.created_by,
        **{name: getattr(source, name) for name in AS_OF_DATASET},
    )


def slides_of(wanted: Mapping[str, Any]) -> list[Slide]:
    """The slides asked for; all development slides with a truth and a scale if none are."""
    ready = Slide.objects.ready()
    if wanted["slides"]:
        return list(ready.filter(pk__in=wanted["slides"]))
    known = ready.with_subset(Slide.Subset.DEVELOPMENT).filter(mpp__isnull=False)
    return list(known.filter(annotations__isnull=False).distinct())


def _carry_out_freezing(dataset: Dataset, report: Report) -> None:
    if dataset.status == Dataset.Status.DONE:
        return

    def both(done: int, total: int) -> None:
        dataset.report(done, total)
        report(0, 0)

    if not taken(dataset):
        raise Superseded
    with dataset.recorded():
        freeze_dataset(dataset, report=both)
    checked(dataset)


def _facts(dataset: Dataset) -> dict[str, Any]:
    frozen = frozen_of(dataset)
    return {
        "dataset": dataset.pk,
        "patches": len(frozen.labels),
        "tumour": int(np.count_nonzero(frozen.labels)),
        "patients": len(set(frozen.patients().tolist())),
        "slides": len(frozen.slides),
    }


# Cells ---------------------------------------------------------------------


def _cells(experiment: Experiment, results: dict[str, Any]) -> list[tuple[str, int, int, int]]:
    """Key, level, network and fold of every fitting. Folds turn last: a row is whole sooner."""
    wanted = experiment.plan
    return [
        (f"{level}-{network}-{fold}", level, network, fold)
        for level, facts in enumerate(results["levels"])
        if not facts["error"]
        for network in range(len(wanted["networks"]))
        for fold in range(wanted["folds"])
    ]


def _carried_out(
    experiment: Experiment, stored: dict[str, Any], report: Report, at: tuple[int, int, int]
) -> dict[str, Any]:
    """What is stored of a fitting: its run, and how it ended or why it failed."""
    level, network, fold = at
    cell: dict[str, Any] = {"level": level, "network": network, "fold": fold}
    dataset = Dataset.objects.get(pk=experiment.results["levels"][level]["dataset"])
    try:
        run = _run(experiment, stored, dataset, network, fold)
        frozen = frozen_of(dataset)
        roles = roles_in_turn(frozen, fold, experiment.plan["folds"])
        minutes = experiment.plan["minutes_per_run"]
        outcome = carry_out(
            Cell(run=run, frozen=frozen, roles=roles, fold=fold, minutes=minutes), report
        )
    except (Cancelled, Superseded):
        raise
    except ValueError as error:
        return cell | {"error": str(error)}
    facts = outcome.facts | {"training_patches": len(roles.training)}
    return cell | facts | {"run": run.pk, "answers": _kept(experiment, outcome, at), "error": ""}


def _run(
    experiment: Experiment, stored: dict[str, Any], dataset: Dataset, network: int, fold: int
) -> TrainingRun:
    """The run of a cell: the one it has begun, if its worker died or was stopped."""
    architecture, pooling = experiment.plan["networks"][network]
    folds = experiment.plan["folds"]
    asked = {"dataset": dataset, "architecture": architecture, "fold": (fold + 1) % folds}
    begun = experiment.runs.filter(pooling=pooling, **asked).order_by("-pk").first()
    if begun is not None and begun.status != TrainingRun.Status.DONE:
        return begun
    return create_run(
        **asked,
        pooling=pooling,
        seed=experiment.plan["seed"],
        experiment=experiment,
        created_by=experiment.created_by,
        **experiment.plan["recipe"],
    )


def _kept(experiment: Experiment, outcome: Outcome, at: tuple[int, int, int]) -> str:
    """Write what was said of each test patch beside the site's other files; where it lies."""
    relative = f"experiments/{experiment.pk}/{'-'.join(map(str, at))}.npz"
    path = answers_file(relative)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".part.npz")
    np.savez_compressed(unfinished, **vars(outcome.answers))
    unfinished.replace(path)
    return relative


def answers_file(relative: str) -> Path:
    return Path(settings.MEDIA_ROOT) / relative


def answers_at(relative: str) -> Answers:
    with np.load(answers_file(relative), allow_pickle=False) as kept:
        return Answers(**{name: kept[name] for name in kept.files})


# Rows ----------------------------------------------------------------------


def rows_of(experiment: Experiment, results: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each level and network, with the figures of the folds done so far."""
    return [
        _row(experiment, results, level, network)
        for level in range(len(results["levels"]))
        for network in range(len(experiment.plan["networks"]))
    ]


def _row(
    experiment: Experiment, results: Mapping[str, Any], level: int, network: int
) -> dict[str, Any]:
    wanted, facts = experiment.plan, results["levels"][level]
    architecture, pooling = wanted["networks"][network]
    cells = [
        cell
        for cell in results["cells"].values()
        if (cell["level"], cell["network"]) == (level, network)
    ]
    done = [cell for cell in cells if cell.get("answers")]
    errors = [facts["error"], *(cell["error"] for cell in cells)]
    parts = [answers_at(cell["answers"]) for cell in done]
    return {
        "architecture": architecture,
        "architecture_words": str(Architecture(architecture).label),
        "pooling": pooling,
        "mpps": facts["mpps"],
        "dataset": facts["dataset"],
        "patch_px": _patch_px(experiment, facts),
        "figures": figures(together(parts), seed=wanted["seed"]) if parts else None,
        "by_fold": [_of_fold(cell, part) for cell, part in zip(done, parts, strict=True)],
        "best_epochs": [cell["best_epoch"] for cell in done],
        "epochs": wanted["recipe"]["epochs"],
        "minutes": sum(cell["minutes"] for cell in done),
        "training_patches": round(np.mean([cell["training_patches"] for cell in done] or [0])),
        "error": next(filter(None, errors), ""),
    }


def _of_fold(cell: Mapping[str, Any], part: Answers) -> dict[str, Any]:
    found = figures(part)
    kept = ("fold", "run", "best_epoch", "epochs", "minutes", "threshold", "val_auc", "ended_early")
    return {name: cell[name] for name in kept} | {
        **{name: found[name]["value"] for name in ("roc_auc", "recall", "precision")},
        "confusion": found["confusion"],
        "n": found["n"],
    }


def _patch_px(experiment: Experiment, facts: Mapping[str, Any]) -> int | None:
    if "patch_px" in experiment.plan:
        return experiment.plan["patch_px"]
    return Dataset.objects.filter(pk=facts["dataset"]).values_list("patch_px", flat=True).first()


class _Progress:
    """Patches over all cells, whether they were done now or in an earlier attempt."""

    def __init__(self, experiment: Experiment, results: dict[str, Any], report: Report) -> None:
        self.report, self.finished = report, 0
        self.sizes = _sizes(experiment, results)
        self.total = sum(self.sizes.values())
        self.seconds = 60 * experiment.plan["minutes_per_run"]

    def within(self, key: str) -> Report:
        began = time.monotonic()

        def report(done: int, total: int) -> None:
            share = done / total if total else 0.0
            if self.seconds:  # a run that ends by the clock is as far as the clock
                share = max(share, (time.monotonic() - began) / self.seconds)
            self.report(self.finished + round(min(share, 1) * self.sizes[key]), self.total)

        return report

    def finish(self, key: str) -> None:
        self.finished += self.sizes[key]
        self.report(self.finished, self.total)


def _sizes(experiment: Experiment, results: dict[str, Any]) -> dict[str, int]:
    """The patches that each cell will go through."""
    folds, epochs = experiment.plan["folds"], experiment.plan["recipe"]["epochs"]
    sizes = {}
    for key, level, _network, _fold in _cells(experiment, results):
        patches = results["levels"][level]["patches"]
        sizes[key] = max(1, round(epochs * patches * (folds - 1) / folds))
    return sizes
