"""A version of a report at every threshold, and choosing one."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import cockpit_choice, cockpit_exports
from predictions.cockpit import BASES, Cockpit, cockpit_of
from predictions.cockpit_choice import RISKS, Wish
from predictions.management.chosen import chosen_version
from predictions.models import Report
from predictions.operating_points import SECONDS_PER_FINDING, SECONDS_PER_SLIDE, ReviewTime
from slides.jobs import Reason


class Command(BaseCommand):
    help = (
        "What a version of a report finds, misses and costs at every threshold, from the report's "
        "own figures. With --choose a threshold becomes a candidate of the same weights; the "
        "version and what it has read stay as they are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", type=int, help="its number")
        parser.add_argument("--of", default="", metavar="VERSION", help="default: the last one")
        parser.add_argument(
            "--slides",
            choices=BASES,
            default="",
            help="fit: neither of the test set nor learnt from; held_out: not learnt from; "
            "default: the first of these that has slides",
        )
        parser.add_argument("--seconds-per-slide", type=float, default=SECONDS_PER_SLIDE)
        parser.add_argument("--seconds-per-finding", type=float, default=SECONDS_PER_FINDING)
        parser.add_argument("--format", choices=("text", "csv", "json"), default="text")
        parser.add_argument("--choose", type=float, metavar="THRESHOLD")
        parser.add_argument("--reason", default="", help="why this threshold")
        parser.add_argument("--user", default="", help="who chooses")
        parser.add_argument("--name", default="", help="of the candidate")
        parser.add_argument(
            "--despite", choices=RISKS, action="append", default=[], help="a risk known and taken"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        report = Report.objects.filter(pk=options["report"]).first()
        if report is None:
            raise CommandError(f"there is no report {options['report']}")
        key = chosen_version(options["of"]).pk if options["of"] else None
        try:
            if options["choose"] is not None:
                self._choose(report, key, options)
                return
            cockpit = cockpit_of(report, key, options["slides"])
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        review = ReviewTime(options["seconds_per_slide"], options["seconds_per_finding"])
        written = {"csv": cockpit_exports.csv_of, "json": cockpit_exports.json_text, "text": text}
        self.stdout.write(written[options["format"]](cockpit, review))

    def _choose(self, report: Report, key: int | None, options: dict[str, Any]) -> None:
        user = User.objects.filter(username=options["user"]).first()
        if options["user"] and user is None:
            raise CommandError(f"there is no user {options['user']!r}")
        wish = Wish(
            threshold=options["choose"],
            reason=options["reason"],
            version=key,
            basis=options["slides"],
            despite=options["despite"],
            name=options["name"],
        )
        new = cockpit_choice.choose(report, wish, by=user)
        self.stdout.write(
            f"version {new.name!r} ({new.pk}) of the weights of {new.parent.name!r}: threshold "
            f"{new.threshold:.6g}\n  {new.threshold_source}"
        )


def text(cockpit: Cockpit, review: ReviewTime) -> str:
    """A line a threshold."""
    n = cockpit.counts()
    lines = [
        f"{cockpit.name} on {n['slides']} slides of report {cockpit.report.pk} "
        f"({n['patients']} patients, {n['lesions']} lesions that count)",
        f"{'threshold':>10} {'found':>16} {'false/slide':>18} {'tumour':>9} {'normal':>9} "
        f"{'min/slide':>9}",
    ]
    for row in cockpit.table(review):
        mark = "*" if row["threshold"] == cockpit.threshold else " "
        lines.append(
            f"{row['threshold']:>9.4f}{mark} {_told(row['sensitivity']):>16} "
            f"{_told(row['false_per_slide']):>18} {_share(row['tumour_slides']):>9} "
            f"{_share(row['normal_slides']):>9} {row['minutes_per_slide'] or 0:>9.2f}"
        )
    return "\n".join([*lines, "* the present threshold; tumour, normal: slides called"])


def _told(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "-"
    if figure["low"] is None:
        return f"{figure['value']:.2f}"
    return f"{figure['value']:.2f} ({figure['low']:.2f}-{figure['high']:.2f})"


def _share(figure: dict[str, Any]) -> str:
    return f"{figure['found']}/{figure['n']}"
