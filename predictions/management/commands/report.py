"""Report on versions over slides: everything a challenge organiser would ask for."""

import sys
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import override

from predictions import (
    report_document,
    report_exports,
    report_pictures,
    report_plots,
    reports,
    tasks,
)
from predictions.lesions import ITC_SLIDES
from predictions.management.chosen import chosen_version
from predictions.models import Report
from predictions.report_inputs import SUBSETS
from slides.jobs import Reason

FORMATS = {
    "text": report_exports.as_text,
    "json": report_exports.json_text,
    "csv": report_exports.figures_csv,
    "slides-csv": report_exports.slides_csv,
}


class Command(BaseCommand):
    help = (
        "Measure versions over slides and against each other. The first version is the one that "
        "the others are held against. What was computed before is answered as it is."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("versions", nargs="+", metavar="VERSION", help="name or number")
        parser.add_argument("--subset", choices=SUBSETS, default="test")
        parser.add_argument("--name", default="", help="of the report (default: the versions')")
        parser.add_argument("--tissue-bar", type=float, help="of the predictions to measure")
        parser.add_argument(
            "--itc-slides",
            choices=ITC_SLIDES,
            default="negative",
            help="what slides with isolated tumour cells only are to the slide AUC",
        )
        parser.add_argument(
            "--groups",
            type=_groups,
            default={},
            metavar="REFERENCE.CSV",
            help="what is known of slides: image, class and any of centre, scanner, stain, "
            "histotype, as evaluate --truth reads it",
        )
        parser.add_argument("--format", choices=FORMATS, default="text")
        parser.add_argument("--pdf", type=Path, metavar="FILE", help="write all of it to print")
        parser.add_argument(
            "--plots", type=Path, metavar="FOLDER", help="write each curve as PNG and SVG"
        )
        parser.add_argument(
            "--language",
            choices=[code for code, _name in settings.LANGUAGES],
            default="en",
            help="of the PDF and the plots",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = reports.request_report(
                [chosen_version(word) for word in options["versions"]],
                options["subset"],
                name=options["name"],
                tissue_bar=options["tissue_bar"],
                itc_slides=options["itc_slides"],
                groups=options["groups"],
            )
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        tasks.run_report(row, watch=self.tell)
        row.refresh_from_db()
        if row.is_active:
            raise CommandError(f"report {row.pk} is being made by a worker; ask again shortly")
        if row.status != Report.Status.DONE:
            raise CommandError(f"report {row.pk} {row.status}: {row.error}")
        self._write_files(row, options)
        self.stdout.write(FORMATS[options["format"]](row), ending="")

    def _write_files(self, row: Report, options: dict[str, Any]) -> None:
        with override(options["language"]):
            try:
                if options["pdf"]:
                    options["pdf"].write_bytes(report_document.pdf_of(row))
                if options["plots"]:
                    _write_plots(row, options["plots"])
            except OSError as error:
                raise CommandError(f"cannot write {error.filename}: {error.strerror}") from error

    def tell(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {total}", ending="\n" if done == total else "")


def _write_plots(row: Report, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for plot in report_plots.plots_of(row):
        for kind in report_pictures.KINDS:
            path = folder / f"{plot['id']}.{kind}"
            path.write_bytes(report_pictures.plot_file(row, plot, kind))


def _groups(word: str) -> dict[str, dict[str, str]]:
    try:
        return reports.groups_from(Path(word))
    except (OSError, ValueError) as error:
        raise ArgumentTypeError(str(error)) from error
