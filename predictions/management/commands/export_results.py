"""Write a version's results as the challenges' files."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import official_files
from predictions.management.chosen import chosen_version
from predictions.report_inputs import SUBSETS
from slides.jobs import Reason


class Command(BaseCommand):
    help = (
        "Write what a version has read as CAMELYON's files: <slide>.csv (confidence, X, Y), "
        "slides.csv, stages.csv, and about.json, which names what is left out."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version_word", metavar="VERSION", help="name or number")
        parser.add_argument("folder", type=Path, metavar="DIR", help="a new folder")
        parser.add_argument("--subset", choices=SUBSETS, default="test")
        parser.add_argument("--tissue-bar", type=float, help="of the predictions (default: usual)")

    def handle(self, *args: Any, **options: Any) -> None:
        version = chosen_version(options["version_word"])
        try:
            results = official_files.results_of(
                version, options["subset"], tissue_bar=options["tissue_bar"]
            )
            official_files.write(results, options["folder"])
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        except OSError as error:
            raise CommandError(f"{options['folder']} cannot be written: {error}") from error
        self.stdout.write(
            f"{version.name} on {options['subset']}: {len(results.scores)} slides, "
            f"{sum(len(one) for one in results.detections.values())} detections, "
            f"{len(results.stages)} patients in {options['folder']}"
        )
        for one in results.left_out:
            self.stdout.write(f"left out of {one['of']}: {one['name']} ({one['reason']})")
