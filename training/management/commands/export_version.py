"""Take a version elsewhere: as a bundle, or as ONNX."""

import json
import shutil
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Reason
from training import exports, tasks
from training.management.choosing import chosen_version
from training.models import ModelVersion


class Command(BaseCommand):
    help = (
        "Write a version as one bundle and say its SHA-256, which import_version asks for; with "
        "--onnx as an ONNX file, for programs that know no Keras."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="VERSION", help="name or number")
        parser.add_argument("out", type=Path, metavar="FILE")
        parser.add_argument("--onnx", action="store_true")
        parser.add_argument("--overwrite", action="store_true")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if out.exists() and not options["overwrite"]:
            raise CommandError(f"{out} exists; give another name or --overwrite.")
        version = chosen_version(options["name"])
        try:
            told = self._onnx(version, out) if options["onnx"] else self._bundle(version, out)
        except (Reason, ValueError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
            return
        for name, value in told.items():
            self.stdout.write(f"{name}: {value}")

    def _bundle(self, version: ModelVersion, out: Path) -> dict[str, Any]:
        made = exports.make_bundle(version, by=None)
        shutil.copyfile(made.path, out)
        return {"file": str(out), "version": version.name, "sha256": made.sha256}

    def _onnx(self, version: ModelVersion, out: Path) -> dict[str, Any]:
        row = exports.request_onnx(version)
        tasks.run_onnx(row)
        row.refresh_from_db()
        if row.status != row.Status.DONE or row.path is None:
            raise CommandError(f"{row}: {row.status}. {row.error}".strip())
        shutil.copyfile(row.path, out)
        return {
            "file": str(out),
            "version": version.name,
            "sha256": row.file_sha256,
            "largest_difference": row.largest_difference,
        }
