"""List model versions, the live one first."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from predictions.models import GateRun
from training.choices import Stage
from training.models import ModelVersion


class Command(BaseCommand):
    help = "List model versions with their stage and figures, the live one first."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--stage", choices=Stage.values)
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = ModelVersion.objects.live_first()
        if options["stage"]:
            rows = rows.filter(stage=options["stage"])
        told = [_facts(version) for version in rows]
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
            return
        for fact in told:
            self.stdout.write(_line(fact))


def _facts(version: ModelVersion) -> dict[str, Any]:
    done = version.gate_runs.filter(status=GateRun.Status.DONE).first()
    auc = version.metrics.get("roc_auc") or {}
    return {
        "id": version.pk,
        "name": version.name,
        "stage": version.stage,
        "architecture": version.architecture,
        "mpp": version.mpp,
        "patch_px": version.patch_px,
        "threshold": version.threshold,
        "validation_roc_auc": {name: auc.get(name) for name in ("value", "low", "high", "n")},
        "gate": done.verdict if done else "",
        "weights_sha256": version.weights_sha256,
        "is_synthetic": version.is_synthetic,
    }


def _line(fact: dict[str, Any]) -> str:
    auc = fact["validation_roc_auc"]
    told = "no validation AUC" if auc["value"] is None else f"validation AUC {auc['value']:.3f}"
    if auc["low"] is not None:
        told += f" (95 % {auc['low']:.3f} to {auc['high']:.3f})"
    gate = f", gate {fact['gate']}" if fact["gate"] else ""
    synthetic = " (synthetic data)" if fact["is_synthetic"] else ""
    return (
        f"{fact['stage']:<9} {fact['name']}{synthetic}: {fact['architecture']}, "
        f"{fact['patch_px']} px at {fact['mpp']:g} um/px, threshold {fact['threshold']:.3f}, "
        f"{told}{gate}, weights {fact['weights_sha256'][:12]}"
    )
