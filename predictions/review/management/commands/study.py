"""Set up, open, follow and close studies of readers."""

import json
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions.review import study_hurdles, study_progress, study_results, studying
from predictions.review.models import Conclusion, Study
from predictions.review.study_forms import TRUTHS, filtered_slides
from predictions.review.study_shown import figure_rows
from predictions.review.studying import People, Rules
from slides.jobs import Reason
from slides.models import Slide


class Command(BaseCommand):
    help = "Set up, open, follow and close studies of readers. Without an act: list them."
    epilog = (
        "manage.py study make 'Nodes of spring' --reader ann --reader ben --readings 2 \\\n"
        "    --adjudicator judge --unaided-first --subset test --sentinel slide_7=macro\n"
        "manage.py study open 'Nodes of spring'\n"
        "manage.py study results 'Nodes of spring' --format json > results.json"
    )

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(
            *args, epilog=self.epilog, formatter_class=RawDescriptionHelpFormatter, **options
        )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = ("list", "make", "open", "show", "results", "close", "discard")
        parser.add_argument("act", nargs="?", choices=acts, default="list")
        parser.add_argument("name", nargs="?", default="", help="of the study, or its number")
        parser.add_argument("--reader", action="append", default=[], metavar="USER")
        parser.add_argument("--adjudicator", metavar="USER")
        parser.add_argument("--readings", type=int, choices=(1, 2), default=1)
        parser.add_argument("--unaided-first", action="store_true")
        parser.add_argument("--open-marks", action="store_true", help="not blinded")
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--slide", action="append", default=[], metavar="NAME")
        parser.add_argument("--words", default="", help="slides or patients of such a name")
        parser.add_argument("--subset", choices=Slide.Subset.values, default="")
        parser.add_argument("--truth", choices=[name for name, _words in TRUTHS], default="")
        parser.add_argument("--sentinel", action="append", default=[], metavar="NAME=ANSWER")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            told = getattr(self, f"_{options['act']}")(options)
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
            return
        for line in told if isinstance(told, list) else [told]:
            self.stdout.write(_line(line))

    def _list(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        return [_facts(study) for study in Study.objects.all()]

    def _make(self, options: dict[str, Any]) -> dict[str, Any]:
        rules = Rules(
            name=options["name"],
            readings=options["readings"],
            is_unaided_first=options["unaided_first"],
            is_blinded=not options["open_marks"],
            seed=options["seed"],
        )
        judge = options["adjudicator"]
        people = People(
            [_user(name) for name in options["reader"]], _user(judge) if judge else None
        )
        answers = dict(_sentinel(words) for words in options["sentinel"])
        known = {_slide(name).pk: answer for name, answer in answers.items()}
        slides = [*_slides(options), *(_slide(name) for name in answers)]
        study = studying.make(rules=rules, people=people, slides=slides, sentinels=known, by=None)
        for words in [*study_hurdles.hurdles_of(study), *study_hurdles.cautions_of(study)]:
            self.stderr.write(words)
        return _facts(study)

    def _open(self, options: dict[str, Any]) -> dict[str, Any]:
        return _facts(studying.open_study(study=_study(options), by=None))

    def _show(self, options: dict[str, Any]) -> list[dict[str, Any]]:
        return [
            {
                "reader": row.reader.get_username(),
                "is_adjudicator": row.is_adjudicator,
                "total": row.total,
                "begun": row.begun,
                "signed": row.signed,
            }
            for row in study_progress.rows_of(_study(options))
        ]

    def _results(self, options: dict[str, Any]) -> Any:
        results = study_results.results_of(_study(options))
        return results if options["format"] == "json" else figure_rows(results["figures"])

    def _close(self, options: dict[str, Any]) -> dict[str, Any]:
        study = studying.close_study(study=_study(options), by=None)
        return _facts(study) | {"corrected": studying.keep_corrections(study)}

    def _discard(self, options: dict[str, Any]) -> dict[str, Any]:
        study = _study(options)
        facts = _facts(study)
        studying.discard(study=study, by=None)
        return facts | {"state": "discarded"}


def _facts(study: Study) -> dict[str, Any]:
    return {
        "id": study.pk,
        "name": study.name,
        "state": study.state,
        "slides": study.slides.count(),
        "signed": study_progress.signed_count(study),
        "seats": study.work_items.count(),
    }


def _line(told: dict[str, Any]) -> str:
    return "  ".join(f"{name} {_short(value)}" for name, value in told.items())


def _short(value: Any) -> Any:
    return f"{value:.3f}" if isinstance(value, float) else "-" if value in (None, "") else value


def _study(options: dict[str, Any]) -> Study:
    given = options["name"]
    rows = Study.objects.filter(name=given)
    if not rows and given.isdecimal():
        rows = Study.objects.filter(pk=given)
    if not rows:
        raise CommandError(f"There is no study {given!r}. `manage.py study` lists them.")
    return rows[0]


def _user(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no account called {name}.")
    return user


def _slide(name: str) -> Slide:
    slide = Slide.objects.ready().filter(name=name).first()
    if slide is None:
        raise CommandError(f"There is no ready slide called {name}.")
    return slide


def _slides(options: dict[str, Any]) -> list[Slide]:
    if options["slide"]:
        return [_slide(name) for name in options["slide"]]
    told = {name: options[name] for name in ("words", "subset", "truth")}
    if not any(told.values()) and options["sentinel"]:
        return []
    return list(filtered_slides(**told, is_read=True))


def _sentinel(words: str) -> tuple[str, str]:
    name, _equals, answer = words.rpartition("=")
    if not name or answer not in Conclusion.values:
        options = ", ".join(Conclusion.values)
        raise CommandError(f"{words!r}: give NAME=ANSWER, an answer of {options}.")
    return name, answer
