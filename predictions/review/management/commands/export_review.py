"""Write the evidence bundle of a signed review, here and now, without a worker."""

from argparse import ArgumentParser
from pathlib import Path
from shutil import copyfile
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions.review import evidence, tasks
from predictions.review.models import Review
from slides.jobs import Reason


class Command(BaseCommand):
    help = (
        "Export a signed review as one file that proves itself; see verify_bundle. Tells its "
        "SHA-256 and that of its manifest, which the audit log keeps."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("review", type=int, metavar="REVIEW", help="number of the review")
        parser.add_argument("--to", type=Path, default=Path(), help="a folder, or a file's name")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Review.objects.select_related("slide", "prediction")
        review = rows.filter(pk=options["review"]).first()
        if review is None:
            raise CommandError(f"There is no review {options['review']}.")
        try:
            row = evidence.request_evidence(review, by=None)
            tasks.run_evidence(row)
        except Reason as reason:
            raise CommandError(str(reason)) from reason
        if not row.is_here:
            raise CommandError(row.error or "Another worker is making it; try again in a moment.")
        target = options["to"]
        target = target / evidence.file_name(row) if target.is_dir() else target
        copyfile(row.path, target)
        evidence.note_export(row, by=None)
        self.stdout.write(f"{target}\nSHA-256 {row.file_sha256}\nmanifest {row.manifest_sha256}")
