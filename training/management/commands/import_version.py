"""Take in a version that another site made a bundle of."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from training import exports, tasks


class Command(BaseCommand):
    help = (
        "Check a bundle from its SHA-256 to each of its parts and make a candidate of it. Nothing "
        "in it is run; the gate here decides whether it may go live here."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--sha256", required=True, help="as told where the bundle was made")
        parser.add_argument("--name", default="", help="instead of the one it brings")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        file: Path = options["file"]
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        try:
            with TemporaryDirectory(prefix="bundle-") as folder:
                copy = Path(folder) / "bundle.zip"
                shutil.copyfile(file, copy)  # the import takes its file away
                row = exports.request_import(
                    copy,
                    filename=file.name,
                    sha256=options["sha256"],
                    version_name=options["name"],
                    by=None,
                )
        except (ValueError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        tasks.run_import(row)
        row.refresh_from_db()
        if row.version is None:
            raise CommandError(f"{file.name} was not taken in: {row.error or row.status}")
        told = {
            "version": row.version.name,
            "id": row.version.pk,
            "stage": row.version.stage,
            "weights_sha256": row.version.weights_sha256,
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self.stdout.write(f"{row.version} was taken in as a candidate. Try it: promote.")
