"""Walk the audit log's chain and say whether every event is as it was written."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides import audit
from slides.models import AuditEvent


class Command(BaseCommand):
    help = (
        "Walk the chain of the audit log. Exit code 1 where an event was changed or removed, or "
        "where an event is gone whose checksum you kept elsewhere."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--holds", metavar="SHA256", help="a checksum noted earlier: its event must be there"
        )
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        broken = audit.verify()
        newest = AuditEvent.objects.order_by("-pk").first()
        noted = options["holds"]
        told = {
            "events": AuditEvent.objects.count(),
            "is_whole": broken is None,
            "broken_at": broken.pk if broken else None,
            "holds_noted": AuditEvent.objects.filter(sha256=noted).exists() if noted else None,
            "newest_sha256": newest.sha256 if newest else "",
        }
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
        if broken is not None:
            raise CommandError(
                f"The chain is broken at event {broken.pk} ({broken}): it, or the one before, was "
                "changed or removed."
            )
        if told["holds_noted"] is False:
            raise CommandError(
                f"No event has the checksum {noted}: what came after it, or it, was cut off."
            )
        if options["format"] == "text":
            self.stdout.write(f"The chain is whole: all {told['events']} events are as written.")
            self.stdout.write(f"Newest checksum, to be kept elsewhere: {told['newest_sha256']}")
