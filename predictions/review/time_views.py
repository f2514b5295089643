"""The page of reading times: a line a reader, a row a slide, and all of it as CSV."""

import csv
from collections.abc import Iterator
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from predictions.review.models import Study
from predictions.review.time_figures import FEWEST, axis_for, dots
from predictions.review.times import Asked, ReaderTimes, by_reader, by_slide, reviews_of
from slides.roles import is_admin, reader_required

PER_PAGE = 50
WIDTH, LEFT, RIGHT = 900, 180, 80  # of the plot, in px; room for names and for n
TOP, LINE = 12, 40
GROUPS = {
    "negative": _("negative"),
    "positive": _("with tumour"),
    "inadequate": _("not adequate"),
}
COLUMNS = (
    *("reader", "review", "slide", "slide_name", "study", "conclusion", "is_adequate"),
    *("begun_at", "signed_at", "active_seconds", "unaided_seconds"),
)


@require_GET
@reader_required
def reading_times(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    times = by_reader(asked, request.user)
    page = Paginator(by_slide(asked, request.user), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "asked": asked,
        "is_admin": is_admin(request.user),
        "readers": [one.reader for one in by_reader(_of_all(asked), request.user)]
        if is_admin(request.user)
        else [],
        "studies": Study.objects.order_by("name") if is_admin(request.user) else [],
        "times": times,
        "groups": GROUPS.items(),
        "plot": plot_of(times),
        "page": page,
        "fewest": FEWEST,
        "nav": "worklist",
    }
    return render(request, "review/times.html", context)


def _of_all(asked: Asked) -> Asked:
    return Asked(asked.since, asked.until)


def plot_of(times: list[ReaderTimes]) -> dict[str, Any] | None:
    """Where everything lies, in px; None without a time."""
    drawn = [one for one in times if one.all]
    if not drawn:
        return None
    every = [each for one in drawn for each in one.seconds]
    axis = axis_for(every, left=LEFT, right=WIDTH - RIGHT)
    bottom = TOP + LINE * len(drawn)
    rows = []
    for place, one in enumerate(drawn):
        told = one.all
        assert told is not None
        row: dict[str, Any] = {
            "reader": one.reader,
            "n": told.n,
            "y": TOP + LINE * place + LINE / 2,
            "dots": dots(one.seconds, axis),
            "box": (axis.at(told.lower_quartile), axis.at(told.upper_quartile)),
            "median": axis.at(told.median),
        }
        row["box_width"] = round(row["box"][1] - row["box"][0], 1)
        if told.low is not None and told.high is not None:
            row["interval"] = (axis.at(told.low), axis.at(told.high))
        rows.append(row)
    return {
        "width": WIDTH,
        "height": bottom + 34,
        "top": TOP,
        "bottom": bottom,
        "label_y": bottom + 22,
        "left": LEFT,
        "right": WIDTH - RIGHT,
        "rows": rows,
        "ticks": [(_tick_words(tick), at) for tick, at in axis.ticks],
    }


def _tick_words(seconds: int) -> str:
    if seconds < 60:
        return gettext("%(n)s s") % {"n": seconds}
    if seconds < 3600:
        return gettext("%(n)s min") % {"n": seconds // 60}
    return gettext("%(n)s h") % {"n": seconds // 3600}


@require_GET
@reader_required
def reading_times_csv(request: HttpRequest) -> StreamingHttpResponse:
    """One line for each signed reading, oldest first."""
    rows = reviews_of(Asked.of(request.GET.dict()), request.user).order_by("signed_at", "pk")
    told = rows.values_list(
        "reader__username", "pk", "slide", "slide__name", "item__study__name", "conclusion",
        "is_adequate", "begun_at", "signed_at", "active_seconds", "unaided_seconds",
    )  # fmt: skip
    answer = StreamingHttpResponse(_lines(told.iterator()), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="reading-times.csv"'
    return answer


class _Line:
    """Where csv writes to, one line at a time."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterator[tuple[Any, ...]]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(value) for value in row])


def _cell(value: Any) -> Any:
    """A name that begins like a formula is one to spreadsheets."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    is_formula = isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{value}" if is_formula else value
