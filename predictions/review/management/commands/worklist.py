"""List the work that waits for readers, and deal it out."""

import json
from argparse import RawDescriptionHelpFormatter
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions.review import assigning
from predictions.review.saved_views import filters_of
from predictions.review.work_filters import Scope, listed, scope_of
from predictions.review.work_pages import page_of
from predictions.review.work_rows import rows_of
from predictions.review.work_serializers import WorkSerializer
from slides.jobs import Reason
from slides.roles import is_admin, is_reader


class Command(BaseCommand):
    help = "List the work that waits for readers, with the reason of each row, or deal it out."
    epilog = (
        "manage.py worklist --filter 'order=doubt&whose=all' --limit 20\n"
        "manage.py worklist --assign bob --assign carol --way balanced --filter 'whose=nobody'\n"
        "manage.py worklist --unassign --filter 'q=patient_004&whose=all'"
    )

    def create_parser(self, *args: Any, **options: Any) -> CommandParser:
        return super().create_parser(
            *args, epilog=self.epilog, formatter_class=RawDescriptionHelpFormatter, **options
        )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--filter", default="", help="as the page's address has it after the question mark"
        )
        parser.add_argument("--as", dest="reader", metavar="READER", help="whose list; an admin's")
        parser.add_argument("--limit", type=int, default=30, help="rows to list (default 30)")
        parser.add_argument("--assign", action="append", metavar="READER", default=[])
        parser.add_argument("--way", choices=assigning.Way.values, default=assigning.Way.HAND)
        parser.add_argument("--seed", type=int, default=0)
        parser.add_argument("--unassign", action="store_true", help="give it back to nobody")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        scope = scope_of(_reader(options["reader"]), filters_of(options["filter"]))
        try:
            if options["assign"]:
                told: Any = self._assign(scope, options)
            elif options["unassign"]:
                told = {"unassigned": assigning.unassign(items=_numbers(scope), by=None)}
            else:
                told = _rows(scope, options["limit"])
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(told, indent=2))
        else:
            self._tell(told)

    def _assign(self, scope: Scope, options: dict[str, Any]) -> dict[str, int]:
        to = [_known(name) for name in options["assign"]]
        shares = assigning.assign(
            items=_numbers(scope), to=to, way=options["way"], seed=options["seed"], by=None
        )
        return {reader.get_username(): n for reader, n in shares.items()}

    def _tell(self, told: Any) -> None:
        if isinstance(told, dict):
            for name, n in told.items():
                self.stdout.write(f"{name}: {n}")
            return
        for row in told:
            mark = " URGENT" if row["is_urgent"] else ""
            holder = row["assigned_to"] or "nobody"
            self.stdout.write(f"{row['id']}  {row['name']}  {row['state']}, {holder}{mark}")
            self.stdout.write(f"    {' '.join(row['why'])}")
        if not told:
            self.stdout.write("Nothing is listed.")


def _reader(name: str | None) -> User:
    if name:
        return _known(name)
    admin = next((one for one in assigning.readers() if is_admin(one)), None)
    if admin is None:
        raise CommandError("There is no admin to list the work for; name a reader with --as.")
    return admin


def _known(name: str) -> User:
    user = User.objects.filter(username=name).first()
    if user is None or not is_reader(user):
        names = ", ".join(one.get_username() for one in assigning.readers()) or "none yet"
        raise CommandError(f"There is no reader {name!r}. There are: {names}.")
    return user


def _numbers(scope: Scope) -> list[int]:
    rows = listed(scope).unsigned().order_by("pk")
    return list(rows.values_list("pk", flat=True)[: assigning.MOST_AT_ONCE])


def _rows(scope: Scope, limit: int) -> list[dict[str, Any]]:
    page = page_of(scope, per_page=max(1, limit))
    told = WorkSerializer(rows_of(scope, page.items), many=True).data
    return json.loads(json.dumps(told))
