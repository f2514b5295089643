"""Try a version at the gate and make it live."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import gating, promotion, tasks
from predictions.management.chosen import chosen_version
from predictions.models import GateRun
from slides.jobs import Reason, recover
from training.management.showing import Progress
from training.models import ModelVersion

OUTCOMES = {
    "passed": "passed",
    "failed": "FAILED",
    "undecided": "not decided",
    "absent": "not asked",
}


class Command(BaseCommand):
    help = (
        "Try a version at the gate, unless its newest trial still counts, and make it live if the "
        "gate lets it. Where the gate could not decide, --override takes your reason; a refusal "
        "cannot be overridden."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="VERSION", help="name or number")
        parser.add_argument("--override", default="", metavar="REASON")
        parser.add_argument("--try-only", action="store_true", help="do not make it live")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        version = chosen_version(options["name"])
        is_text = options["format"] == "text"
        try:
            row = self._trial(version, is_text)
            if is_text:
                self._tell(row)
            if not options["try_only"]:
                promotion.promote(version, override=options["override"])
        except Reason as refusal:
            if not is_text:
                self.stdout.write(json.dumps(_result(version), indent=2))
            raise CommandError(str(refusal)) from refusal
        version.refresh_from_db()
        if not is_text:
            self.stdout.write(json.dumps(_result(version), indent=2))
        elif version.is_live:
            self.stdout.write(f"{version} is live.")

    def _trial(self, version: ModelVersion, is_text: bool) -> GateRun:
        now = promotion.standing(version)
        if now.gate_run is not None and now.is_current:
            return now.gate_run
        recover(GateRun)  # what a killed command left running is queued again
        row = gating.request_gate(version)
        progress = Progress(self.stderr if is_text else None, "readings")
        with progress.stopped_by_interrupt():
            tasks.run_gate(row, watch=progress)
        row.refresh_from_db()
        if row.status != GateRun.Status.DONE:
            raise CommandError(f"{row}: {row.status}. {row.error}".strip())
        return row

    def _tell(self, row: GateRun) -> None:
        self.stdout.write(f"{row}: {row.verdict} (trial {row.pk})")
        for check in row.checks:
            reason = f": {check['reason']}" if check["reason"] else ""
            name = check["name"].replace("_", " ")
            self.stdout.write(f"  {name:<10} {OUTCOMES[check['outcome']]}{reason}")


def _result(version: ModelVersion) -> dict[str, Any]:
    row = version.gate_runs.first()
    return {
        "version": version.name,
        "stage": version.stage,
        "trial": row.pk if row else None,
        "verdict": row.verdict if row else "",
        "checks": row.checks if row else [],
        "test_sha256": row.test_sha256 if row else "",
    }
