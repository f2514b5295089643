"""List reviews, or take them out for a script or a spreadsheet."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import QuerySet

from predictions.review import review_listing
from predictions.review.models import Conclusion, Review
from predictions.review.review_listing import KIN

FORMATS = ("text", "json", "csv", "findings-csv")


class Command(BaseCommand):
    help = (
        "List reviews, the newest first. json: with findings, verdicts and what was signed; csv: a "
        "row a review; findings-csv: a row a finding. Reviews of blinded studies are among them."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--state", choices=Review.State.values)
        parser.add_argument("--reader", metavar="USERNAME")
        parser.add_argument("--slide", metavar="SLIDE", help="name or number")
        parser.add_argument("--study", metavar="STUDY", help="name; none: routine reviews only")
        parser.add_argument("--conclusion", choices=Conclusion.values)
        parser.add_argument("--format", choices=FORMATS, default="text")
        parser.add_argument("--output", type=Path, metavar="FILE", help="instead of the terminal")

    def handle(self, *args: Any, **options: Any) -> None:
        text = _told(_chosen(options), options["format"])
        if options["output"] is None:
            self.stdout.write(text, ending="" if text.endswith("\n") else "\n")
            return
        try:
            options["output"].write_text(text, encoding="utf-8", newline="")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error}") from error


def _told(reviews: QuerySet[Review], form: str) -> str:
    if form == "json":
        return review_listing.as_json(reviews)
    if form == "csv":
        return review_listing.as_csv(reviews)
    if form == "findings-csv":
        return review_listing.findings_csv(reviews)
    return "\n".join(review_listing.as_text(reviews)) or "There are no such reviews."


def _chosen(options: dict[str, Any]) -> QuerySet[Review]:
    rows = Review.objects.select_related(*KIN).order_by("-pk")
    told = {
        "state": options["state"],
        "conclusion": options["conclusion"],
        "reader__username": options["reader"],
    }
    rows = rows.filter(**{name: value for name, value in told.items() if value})
    if study := options["study"]:
        rows = rows.filter(item__study=None) if study == "none" else _of_study(rows, study)
    if slide := options["slide"]:
        named = rows.filter(slide__name=slide)
        rows = rows.filter(slide=int(slide)) if slide.isdigit() and not named.exists() else named
    return rows


def _of_study(rows: QuerySet[Review], name: str) -> QuerySet[Review]:
    found = rows.filter(item__study__name=name)
    if not found.exists():
        raise CommandError(f"No review is of a study {name!r}. Give a study's name, or none.")
    return found
