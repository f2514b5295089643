"""The audit log for admins: who did what, whether the chain is whole, and the log as a file."""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from slides import audit, withheld
from slides.audit_filters import Asked, chosen
from slides.models import AuditEvent
from slides.roles import admin_required

PER_PAGE = 50
COLUMNS = (
    *("id", "at", "actor", "action", "subject_type", "subject_id", "subject_name", "details"),
    *("previous_sha256", "sha256"),
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@require_GET
@admin_required
def audit_log(request: HttpRequest) -> HttpResponse:
    asked = Asked.of(request.GET.dict())
    rows = _chosen(asked, request.user).order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for event in page:
        event.told = [(name, _told(value)) for name, value in event.details.items()]
    newest = AuditEvent.objects.order_by("-pk").first()
    context = {
        "page": page,
        "asked": asked,
        "actions": _known("action"),
        "actors": _known("actor"),
        "kinds": _known("subject_type"),
        "newest": newest,
        "are_set": asked.are_set,
    }
    return render(request, "slides/audit.html", context)


def _told(value: Any) -> str:
    """A detail as text: words as they are, the rest as JSON."""
    if isinstance(value, list):
        return "; ".join(map(_told, value)) or "–"
    return value or "–" if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _chosen(asked: Asked, user: Any) -> QuerySet[AuditEvent]:
    return chosen(withheld.without_kept(AuditEvent.objects.all(), user), asked)


def _known(column: str) -> list[str]:
    return list(AuditEvent.objects.order_by(column).values_list(column, flat=True).distinct())


@require_POST
@admin_required
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Walk the whole chain, and say where it is broken."""
    broken = audit.verify()
    if broken is None:
        words = {"n": AuditEvent.objects.count()}
        messages.success(request, _("The chain is whole: all %(n)s events are as written.") % words)
    else:
        words = {"n": broken.pk, "event": broken, "at": broken.at.strftime("%Y-%m-%d %H:%M")}
        messages.error(
            request,
            _(
                "The chain is broken at event %(n)s (%(event)s, %(at)s UTC): it, or the one "
                "before, was changed or removed."
            )
            % words,
        )
    return redirect("audit-log")


@require_GET
@admin_required
def audit_csv(request: HttpRequest) -> StreamingHttpResponse:
    """The events that the filters show, oldest first, as CSV; that it was taken out, not yet."""
    newest = AuditEvent.objects.aggregate(newest=Max("pk"))["newest"] or 0
    rows = _chosen(Asked.of(request.GET.dict()), request.user).filter(pk__lte=newest)
    lines = _lines(rows.order_by("pk").iterator())
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


class _Line:
    """Where csv writes to, one line at a time."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterator[AuditEvent]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_cell(row, name) for name in COLUMNS])


def _cell(row: AuditEvent, name: str) -> Any:
    value = getattr(row, name)
    if name == "at":
        return value.isoformat()
    text = json.dumps(value, ensure_ascii=False) if name == "details" else str(value)
    # a name that begins like a formula is one to spreadsheets
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
