"""Make the version live that was live before."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from predictions import promotion
from slides.jobs import Reason


class Command(BaseCommand):
    help = "Make the version live again that was live before the present one, which is archived."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            row = promotion.roll_back()
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(f"{row.version} is live again; {row.previous} is archived.")
