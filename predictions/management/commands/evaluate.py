"""Measure a model version against the truth."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import services
from predictions.management.chosen import SUBSETS, chosen_version
from predictions.management.folders import add_folder_arguments, evaluate_and_write
from predictions.models import Cohort, Evaluation
from predictions.origin import NotPredicted
from training.models import ModelVersion


class Command(BaseCommand):
    help = (
        "Measure a version's predictions against the latest truths, per slide and together; or "
        "result files against truth files."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # --version is ours here, not Django's
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--version",
            dest="version_word",
            metavar="VERSION",
            help="name or number (default: the live one)",
        )
        parser.add_argument("--subset", choices=(*SUBSETS, "unseen"), default="test")
        parser.add_argument(
            "--tumour-bar",
            type=float,
            help="a cell is tumour above this share (default: as in the version's training)",
        )
        parser.add_argument(
            "--tissue-bar", type=float, help="of the predictions to measure (default: the usual)"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")
        add_folder_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        if options["predictions"] or options["truth"]:
            evaluate_and_write(options, self.stdout)
            return
        if not options["version_word"] and not ModelVersion.objects.live().exists():
            raise CommandError(
                "no version is live; give --version VERSION, or --predictions DIR and --truth DIR"
            )
        version = chosen_version(options["version_word"])
        try:
            cohort = services.evaluate_cohort(
                version,
                options["subset"],
                tumour_bar=options["tumour_bar"],
                tissue_bar=options["tissue_bar"],
            )
        except NotPredicted as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(_result(cohort), indent=2))
            return
        for line in _lines(cohort):
            self.stdout.write(line)


def _evaluations(cohort: Cohort) -> list[Evaluation]:
    chosen = cohort.evaluations.select_related("prediction__slide", "annotation")
    return list(chosen.order_by("prediction__slide__name"))


def _result(cohort: Cohort) -> dict[str, Any]:
    return {
        "cohort": cohort.pk,
        "version": cohort.version.name,
        "subset": cohort.name,
        "is_synthetic": cohort.is_synthetic,
        "metrics": cohort.metrics,
        "slides": [
            {
                "slide": evaluation.prediction.slide.name,
                "prediction": evaluation.prediction_id,
                "evaluation": evaluation.pk,
                "metrics": evaluation.metrics,
            }
            for evaluation in _evaluations(cohort)
        ],
    }


def _lines(cohort: Cohort) -> list[str]:
    metrics, n = cohort.metrics, cohort.metrics["n"]
    synthetic = " (synthetic data)" if cohort.is_synthetic else ""
    lines = [
        f"{cohort.version} on {cohort.name}{synthetic}: {n['slides']} slides "
        f"({n['tumour_slides']} with tumour), {n['patients']} patients, {n['cells']} cells "
        f"({n['tumour_cells']} tumour), threshold {metrics['threshold']:.4g}",
        f"threshold: {metrics['threshold_source']}",
        f"weights {metrics['weights_sha256'][:12]}, {metrics['patch_px']} px at "
        f"{metrics['mpp']:g} um/px, tissue bar {metrics['tissue_bar']:g}, tumour bar "
        f"{metrics['tumour_bar']:g}",
        *_cautions(metrics),
    ]
    for group in ("pooled", "macro", "slides"):
        lines += [""] + [
            _figure(f"{group} {name}", entry) for name, entry in metrics[group].items()
        ]
    lines += ["", "per slide"]
    for evaluation in _evaluations(cohort):
        figures = evaluation.metrics["figures"]
        lines += [f"  {evaluation.prediction.slide} (seen: {evaluation.metrics['exposure']})"]
        lines += [f"  {_figure(name, entry)}" for name, entry in figures.items()]
    for kind, names in metrics["excluded"].items():
        lines += [f"left out, {kind.replace('_', ' ')}: {', '.join(names)}"] if names else []
    return lines


def _cautions(metrics: dict[str, Any]) -> list[str]:
    lines = []
    if seen := metrics["exposure"]["training"] + metrics["exposure"]["validation"]:
        lines.append(f"{seen} of these slides are of patients seen in training: this flatters")
    if names := metrics["not_exhaustive"]:
        lines.append(f"truth not exhaustive, only its tumour counts: {', '.join(names)}")
    return lines


def _figure(name: str, entry: dict[str, Any]) -> str:
    name = name.replace("_", " ")
    if entry["value"] is None:
        return f"  {name:<22} undefined: {entry['reason']}"
    interval = ""
    if entry["low"] is not None:
        interval = f" (95 % {entry['low']:.3f} to {entry['high']:.3f})"
    return f"  {name:<22} {entry['value']:.3f}{interval}, n = {entry['n']} {entry['unit']}"
