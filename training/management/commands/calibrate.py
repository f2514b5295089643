"""Choose a version's operating point or calibration anew: a candidate of the same weights."""

import json
from dataclasses import replace
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Reason
from training import calibrating, operating, rescoring
from training.calibration import KINDS
from training.management.choosing import chosen_version
from training.management.showing import Progress
from training.models import ModelVersion
from training.operating import Terms


class Command(BaseCommand):
    help = (
        "Make a candidate of a version's weights with another operating point or calibration, from "
        "its stored validation scores: no training, the version itself stays as it is. What is "
        "not asked for is as the version has it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="name or number")
        rule = parser.add_mutually_exclusive_group()
        rule.add_argument("--target-recall", type=float, help="of tumour patches, 0..1")
        rule.add_argument(
            "--fp-budget", type=float, help="false positives per mm2 of normal validation tissue"
        )
        parser.add_argument("--calibration", choices=KINDS)
        parser.add_argument("--name", default="", help="of the candidate")
        parser.add_argument(
            "--read-again",
            action="store_true",
            help="score the validation patches once more, where the scores were not kept",
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        version = chosen_version(options["version"])
        if options["read_again"]:
            self._read_again(version)
            if not has_wish(options):
                return
        try:
            new = calibrating.recalibrate(
                version=version, terms=asked_for(version, options), name=options["name"]
            )
        except (Reason, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal
        as_json = options["format"] == "json"
        self.stdout.write(json.dumps(result(new), indent=2) if as_json else text(new))

    def _read_again(self, version: ModelVersion) -> None:
        progress = Progress(self.stderr, "patches")
        try:
            kept = rescoring.read_again(version, report=progress)
        except (Reason, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stderr.write(f"{len(kept.scores)} validation patches of {version} scored and kept")


def has_wish(options: dict[str, Any]) -> bool:
    wishes = ("target_recall", "fp_budget", "calibration")
    return any(options[name] is not None for name in wishes)


def asked_for(version: ModelVersion, options: dict[str, Any]) -> Terms:
    """The version's terms with what was asked for in their place."""
    terms = calibrating.terms_of(version)
    if options["target_recall"] is not None:
        terms = replace(terms, rule=operating.RECALL, target_recall=options["target_recall"])
    if options["fp_budget"] is not None:
        terms = replace(terms, rule=operating.FP_BUDGET, fp_budget=options["fp_budget"])
    if options["calibration"] is not None:
        terms = replace(terms, calibration=options["calibration"])
    return terms


def result(version: ModelVersion) -> dict[str, Any]:
    return {
        "version": version.name,
        "id": version.pk,
        "parent": version.parent.name,
        "stage": version.stage,
        "threshold": version.threshold,
        "threshold_source": version.threshold_source,
        "calibration": version.calibration,
        "metrics": version.metrics,
        "weights_sha256": version.weights_sha256,
        "is_synthetic": version.is_synthetic,
    }


def text(version: ModelVersion) -> str:
    figures = [("recall", "recall"), ("specificity", "specificity")]
    figures.append(("fp_per_mm2", "false positives per mm2"))
    lines = [
        f"version {version.name!r} of the weights of {version.parent.name!r}: threshold "
        f"{version.threshold:.4g} ({version.threshold_source})"
    ]
    lines += [f"  {words} {_told(version.metrics.get(name))}" for name, words in figures]
    for stage, words in (("before", "as the network gives it"), ("after", "calibrated, on others")):
        found = version.calibration.get(stage, {})
        if "ece" in found:
            lines.append(f"  {words}: ECE {_told(found['ece'])}, Brier {_told(found['brier'])}")
        elif "reason" in found:
            lines.append(f"  {words}: unknown, {found['reason']}")
    return "\n".join(lines)


def _told(figure: dict[str, Any] | None) -> str:
    if not figure or figure["value"] is None:
        return "unknown"
    interval = (
        "no interval"
        if figure["low"] is None
        else f"95 % {figure['low']:.3f} to {figure['high']:.3f}"
    )
    return f"{figure['value']:.3f} ({interval}, n {figure['n']})"
