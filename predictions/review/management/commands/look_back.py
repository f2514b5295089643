"""Have a version read again what was signed as negative."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions.gating import require_live
from predictions.management.chosen import chosen_version
from predictions.review import looking_back, tasks
from predictions.review.models import LookBack
from slides.jobs import Reason, recover
from training.management.showing import Progress


class Command(BaseCommand):
    help = (
        "Read every slide again that was signed as negative, and open an alarm for each that the "
        "version would call positive where the reader judged nothing. The live version unless "
        "another is named."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", metavar="VERSION", help="name or number")

    def handle(self, *args: Any, **options: Any) -> None:
        recover(LookBack)  # what a killed command left running is queued again
        try:
            version = chosen_version(options["name"]) if options["name"] else require_live()
            row = looking_back.request_look_back(version)
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        progress = Progress(self.stderr, "slides")
        with progress.stopped_by_interrupt():
            tasks.run_look_back(row, watch=progress)
        row.refresh_from_db()
        if row.status != LookBack.Status.DONE:
            raise CommandError(f"{row}: {row.status}. {row.error}".strip())
        told = row.results
        self.stdout.write(
            f"{version}: {told['reviews']} signed negatives on {told['slides']} slides; "
            f"{len(told['positive'])} it would call positive where the reader judged nothing, "
            f"{len(told['known'])} only for what was judged, {len(told['unread'])} slides unread."
        )
        for one in told["unread"]:
            self.stdout.write(f"  {one['name']}: {one['reason']}")
