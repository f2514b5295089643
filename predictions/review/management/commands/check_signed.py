"""Look whether what reviews were signed on is still there: files by hash, and truths."""

from collections import defaultdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions.review import alarms, checking
from predictions.review.models import Alarm, Review


class Command(BaseCommand):
    help = (
        "Hash the file of every slide with a signed review, look at its truth, and at negative "
        "sign-offs against strong evidence; open an alarm for each that is not as it was signed. "
        "Exit code 1 where an alarm is open."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--slide", type=int, help="only the slide of this number")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Review.objects.filter(state=Review.State.SIGNED)
        if options["slide"]:
            rows = rows.filter(slide=options["slide"])
        by_slide: dict[Any, list[Review]] = defaultdict(list)
        for review in rows.select_related("slide", "reader", "prediction").order_by("slide_id"):
            by_slide[review.slide].append(review)
        for slide, reviews in by_slide.items():
            checking.check_file(slide, reviews)
            for review in reviews:
                checking.check_truth(review)
                alarms.second_read(review)
        count = sum(map(len, by_slide.values()))
        self.stdout.write(f"{count} signed reviews of {len(by_slide)} slides were looked at.")
        self._tell([review.pk for reviews in by_slide.values() for review in reviews])

    def _tell(self, reviews: list[int]) -> None:
        opened = Alarm.objects.filter(answer="", review__in=reviews).select_related("review__slide")
        for alarm in opened:
            self.stdout.write(f"  {alarm.review.slide}: {alarm.get_kind_display()}")
        if opened:
            raise CommandError(f"{len(opened)} alarms are open; answer them at /review/alarms/.")
