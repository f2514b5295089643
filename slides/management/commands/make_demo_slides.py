"""manage.py make_demo_slides DIR: a small synthetic hospital in CAMELYON16's layout."""

import json
from argparse import ArgumentTypeError
from pathlib import Path
from time import monotonic

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.demo.hospital import hospital
from slides.demo.making import make_hospital


def positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"a whole number of 1 or more is needed, got {text!r}")
    return int(text)


class Command(BaseCommand):
    help = (
        "Paint synthetic lymph-node slides, with masks and outlines, in CAMELYON16's layout. "
        "What is there already from the same seed and size is kept."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--slides", type=positive, default=16)
        parser.add_argument("--seed", type=int, default=2016)
        parser.add_argument("--side", type=positive, default=12_000, help="least px a side")
        parser.add_argument("--jobs", type=positive, default=2, help="slides painted at once")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *, folder: Path, jobs: int, format: str, **options) -> None:
        size = {key: options[key] for key in ("slides", "seed", "side")}
        try:
            orders = hospital(**size)
        except ValueError as error:
            raise CommandError(str(error)) from error
        started = monotonic()
        try:
            made = make_hospital(folder, orders, jobs=jobs, report=self._report(started))
        except KeyboardInterrupt:
            raise CommandError(
                "stopped; the finished slides stay, start again for the rest"
            ) from None
        new = sum(one.is_new for one in made)
        seconds = round(monotonic() - started, 1)
        if format == "json":
            answer = {"folder": str(folder), "made": new, "kept": len(made) - new}
            slides = [one.facts for one in made]
            self.stdout.write(json.dumps({**answer, "seconds": seconds, "slides": slides}))
        else:
            self.stdout.write(
                f"{len(made)} synthetic slides in {folder}: {new} made in {seconds:.0f} s, "
                f"{len(made) - new} kept"
            )

    def _report(self, started: float):
        """One line a slide, on standard error, so that --format json stays clean."""

        def report(done: int, total: int, name: str, seconds_left: float) -> None:
            gone = monotonic() - started
            line = f"{done}/{total} slides, {name}: {gone:.0f} s, about {seconds_left:.0f} s left"
            self.stderr.write(line, self.style.NOTICE)
            self.stderr.flush()

        return report
