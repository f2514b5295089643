"""Carry out an experiment: zoom levels, cross-validation or a search of settings."""

import json
from argparse import ArgumentParser, ArgumentTypeError
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Reason
from slides.models import Slide
from training import tasks
from training.choices import Architecture, Augmentation, ExperimentKind, Pooling
from training.experiment_cells import put_back
from training.experiment_exports import as_csv, as_markdown, as_text
from training.experiments import create_experiment
from training.management.showing import Progress
from training.models import Dataset, Experiment

RECIPE = (
    *("epochs", "batch", "learning_rate", "augmentation", "weights", "patience", "target_recall"),
    "frozen_epochs",
)
SETTINGS = (
    *("levels", "networks", "architectures", "folds", "patch_px", "tumour_bar", "per_slide_cap"),
    *("minutes_per_run", "trials", "seed"),
)
FORMS = {"text": as_text, "markdown": as_markdown, "csv": as_csv}


def level(text: str) -> list[float]:
    """Such as 0.486, or 1.944+3.888+7.776 for several read together."""
    try:
        return [float(part) for part in text.split("+")]
    except ValueError as error:
        raise ArgumentTypeError(f"{text!r} is no um/px, nor several joined by +") from error


def network(text: str) -> list[str]:
    """Such as baseline:max; without pooling it is the average."""
    architecture, _, pooling = text.partition(":")
    if architecture not in Architecture.values or pooling not in ("", *Pooling.values):
        raise ArgumentTypeError(
            f"{text!r} is no network; choose of {', '.join(Architecture.values)}, with :max or :avg"
        )
    return [architecture, pooling or "avg"]


class Command(BaseCommand):
    help = (
        "Compare recipes on patients that they never saw: here and now, or by the workers with "
        "--queue. Ctrl-C keeps what is done; --resume goes on."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        kinds = parser.add_subparsers(dest="kind", required=True)
        zoom = kinds.add_parser(ExperimentKind.ZOOM_LEVELS, help="networks by um/px, in folds")
        zoom.add_argument(
            "--architectures", nargs="+", type=network, dest="networks", metavar="NAME[:POOLING]"
        )
        zoom.add_argument("--levels", nargs="+", type=level, metavar="UM_PER_PX[+...]")
        zoom.add_argument("--slides", nargs="+", default=[], metavar="SLIDE")
        zoom.add_argument("--patch-px", type=int)
        zoom.add_argument("--tumour-bar", type=float, help="tumour above this share")
        zoom.add_argument("--per-slide-cap", type=int, help="patches per slide, class and um/px")
        cross = kinds.add_parser(ExperimentKind.CROSS_VALIDATION, help="one recipe in folds")
        cross.add_argument("--dataset", required=True, help="name or number")
        cross.add_argument("--architecture", nargs=1, type=network, dest="networks")
        for parser_of_kind in (zoom, cross):
            parser_of_kind.add_argument("--folds", type=int)
        search = kinds.add_parser(ExperimentKind.SEARCH, help="settings by Optuna")
        search.add_argument("--dataset", required=True, help="name or number")
        search.add_argument("--architectures", nargs="+", choices=Architecture.values)
        search.add_argument("--trials", type=int)
        for parser_of_kind in (zoom, cross, search):
            self._add_shared(parser_of_kind)

    def _add_shared(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", default="")
        parser.add_argument("--epochs", type=int)
        parser.add_argument("--batch", type=int)
        parser.add_argument("--learning-rate", type=float)
        parser.add_argument("--augmentation", choices=Augmentation.values)
        parser.add_argument("--weights", help="none, imagenet, or the full path of a file")
        parser.add_argument("--patience", type=int, help="epochs without a better AUC")
        parser.add_argument("--frozen-epochs", type=int)
        parser.add_argument("--target-recall", type=float)
        parser.add_argument("--minutes-per-run", type=float, help="0 for no limit")
        parser.add_argument("--seed", type=int)
        parser.add_argument("--resume", type=int, metavar="NUMBER", help="of an experiment")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument("--format", choices=("json", *FORMS), default="text")
        parser.add_argument("--out", type=Path, help="file to write, instead of showing it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            experiment = self._asked_for(options)
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["queue"]:
            tasks.carry_out_experiment.delay(experiment.pk)
        else:
            self._carry_out(experiment, is_shown=options["format"] != "json")
        experiment.refresh_from_db()
        self._show(experiment, options["format"], options["out"])
        if experiment.status in {Experiment.Status.FAILED, Experiment.Status.CANCELLED}:
            raise CommandError(
                f"{experiment}: {experiment.status}. {experiment.error} Go on with "
                f"run_experiment {experiment.kind} --resume {experiment.pk}"
            )

    def _asked_for(self, options: dict[str, Any]) -> Experiment:
        if options["resume"]:
            return _resumed(options["resume"], options["kind"])
        asked = {name: options[name] for name in SETTINGS if options.get(name) is not None}
        recipe = {name: options[name] for name in RECIPE if options.get(name) is not None}
        if options.get("slides"):
            asked["slides"] = [_slide(word).pk for word in options["slides"]]
        if options.get("dataset"):
            asked["dataset"] = _dataset(options["dataset"]).pk
        return create_experiment(kind=options["kind"], name=options["name"], recipe=recipe, **asked)

    def _carry_out(self, experiment: Experiment, *, is_shown: bool) -> None:
        progress = Progress(self.stderr if is_shown else None, "patches")
        with progress.stopped_by_interrupt():
            tasks.run_experiment(experiment, watch=progress)

    def _show(self, experiment: Experiment, form: str, out: Path | None) -> None:
        if form == "json":
            text = json.dumps(result(experiment), indent=2)
        else:
            text = FORMS[form](experiment)
        if out is None:
            self.stdout.write(text)
        else:
            out.write_text(text)


def _resumed(number: int, kind: str) -> Experiment:
    experiment = Experiment.objects.filter(pk=number, kind=kind).first()
    if experiment is None:
        raise CommandError(f"There is no experiment {number} of the kind {kind}.")
    if experiment.status != Experiment.Status.DONE:
        put_back(experiment)
    return experiment


def _slide(word: str) -> Slide:
    found = Slide.objects.filter(name=word).order_by("-pk").first()
    if found is None:
        raise CommandError(f"There is no slide {word!r}. Give a slide's name.")
    return found


def _dataset(word: str) -> Dataset:
    frozen = Dataset.objects.frozen()
    found = frozen.filter(name=word).order_by("-pk").first()
    if found is None and word.isdigit():
        found = frozen.filter(pk=int(word)).first()
    if found is None:
        names = ", ".join(frozen.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no frozen dataset {word!r}. There are: {names}.")
    return found


def result(experiment: Experiment) -> dict[str, Any]:
    return {
        "experiment": experiment.pk,
        "name": experiment.name,
        "kind": experiment.kind,
        "status": experiment.status,
        "reason": experiment.reason,
        "error": experiment.error,
        "plan": experiment.plan,
        "results": experiment.results,
        "is_synthetic": experiment.is_synthetic,
        "seconds": experiment.seconds_taken,
    }
