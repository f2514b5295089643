"""What can be done with experiments: ask for one, and carry it out.

An experiment is a job whose work is runs. What it has finished stays in its results, so that a
stopped or killed one goes on where it was.
"""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from slides.jobs import Report
from training.choices import ExperimentKind
from training.experiment_plans import filled
from training.folded import carry_out_folded, slides_of
from training.models import Dataset, Experiment, TrainingRun
from training.refusals import NotTrainable
from training.runs import create_run
from training.search import carry_out_search

WORK = {
    ExperimentKind.ZOOM_LEVELS: carry_out_folded,
    ExperimentKind.CROSS_VALIDATION: carry_out_folded,
    ExperimentKind.SEARCH: carry_out_search,
}


@transaction.atomic
def create_experiment(
    *, kind: str, name: str = "", created_by: User | None = None, **asked: Any
) -> Experiment:
    """An experiment waiting to be carried out. asked: see experiment_plans; Raises NotTrainable."""
    wanted = filled(kind, asked)
    experiment = Experiment(kind=kind, created_by=created_by)
    if kind == ExperimentKind.ZOOM_LEVELS:
        slides = slides_of(wanted)
        if not slides:
            raise NotTrainable(
                "there is no slide to learn from; development slides need a truth and a known "
                "pixel size",
                "no_slides",
            )
        # Named now, so that slides that come later change nothing of what was begun.
        wanted["slides"] = sorted(slide.pk for slide in slides)
        experiment.is_synthetic = any(slide.is_synthetic for slide in slides)
    else:
        experiment.is_synthetic = _dataset(wanted["dataset"]).is_synthetic
    experiment.plan = wanted
    experiment.name = name.strip()
    experiment.save()
    if not experiment.name:
        experiment.name = f"{experiment.get_kind_display()} {experiment.pk}".capitalize()
        experiment.save(update_fields=["name"])
    return experiment


def _dataset(pk: int | None) -> Dataset:
    dataset = Dataset.objects.frozen().filter(pk=pk).first()
    if dataset is None:
        raise NotTrainable(f"there is no frozen dataset {pk}; freeze one first", "no_dataset")
    return dataset


def run_experiment(experiment: Experiment, *, report: Report | None = None) -> Experiment:
    """Carry out what is not done yet. Raises what cancelling and failing raise."""
    WORK[ExperimentKind(experiment.kind)](experiment, report or experiment.report)
    return experiment


def create_run_like(
    experiment: Experiment, *, place: int = 0, created_by: User | None = None
) -> TrainingRun:
    """A run of its own, that will leave a version, with what did best (or a row) here.

    place: of the row in the table; a search has one best trial. Raises NotTrainable.
    """
    recipe = dict(experiment.plan["recipe"])
    if experiment.kind == ExperimentKind.SEARCH:
        best = experiment.results.get("best")
        if not best:
            raise NotTrainable("no trial has ended with a value yet", "nothing_done")
        recipe |= best["params"]
        dataset = _dataset(experiment.plan["dataset"])
    else:
        rows = experiment.results.get("rows", [])
        if place >= len(rows) or not rows[place]["figures"]:
            raise NotTrainable("this row has no figures yet", "nothing_done")
        row = rows[place]
        recipe |= {"architecture": row["architecture"], "pooling": row["pooling"]}
        dataset = _dataset(row["dataset"])
    if dataset.folds:
        recipe["fold"] = 0  # validates; a version learns from all other folds
    return create_run(
        dataset=dataset, seed=experiment.plan["seed"], created_by=created_by, **recipe
    )
