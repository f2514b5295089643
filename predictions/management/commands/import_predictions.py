"""Take in maps that another program made, as a version that can be viewed and measured."""

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import outside
from predictions.outside import ImportTerms
from slides.jobs import Reason


class Command(BaseCommand):
    help = (
        "Make a version of maps that another program made: one WSInfer CSV, GeoJSON, NPY or TIFF "
        "of numbers a slide, named like it. One bad row, and nothing is imported."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--name", required=True, help="of the version")
        parser.add_argument("--threshold", type=float, default=0.5, help="(default: 0.5)")
        parser.add_argument("--column", default="", help="the probability to take, of several")
        parser.add_argument(
            "--side-l0",
            type=float,
            help="level-0 px a cell of an array, where its shape does not say",
        )
        parser.add_argument(
            "--transposed", action="store_true", help="arrays are [x, y], as NCRF's are"
        )
        parser.add_argument(
            "--unseen",
            action="store_true",
            help="vouch that the program learnt from none of these slides; else they count as seen",
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        terms = ImportTerms(
            name=options["name"],
            threshold=options["threshold"],
            column=options["column"],
            side_l0=options["side_l0"],
            is_transposed=options["transposed"],
            is_unseen=options["unseen"],
        )
        try:
            version = outside.import_predictions(options["folder"], terms, by=None, tell=self.tell)
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        told = {
            "id": version.pk,
            "name": version.name,
            "sha256": version.weights_sha256,
            "threshold": version.threshold,
            "slides": list(version.predictions.values_list("slide__name", flat=True)),
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
            return
        self.stdout.write(
            f"{version.name}: version {version.pk}, {len(told['slides'])} slides read elsewhere, "
            f"threshold {version.threshold:g}, files {version.weights_sha256[:12]}"
        )

    def tell(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", ending="\n" if done == total else "")
