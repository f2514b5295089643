"""The page and files of what became of a reader's corrections."""

import csv
import io
import json
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from predictions.review import ledger_words
from predictions.review.ledger import Correction, Learnt, Ledger, asked, readers
from predictions.review.ledger_files import COLUMNS, as_json, rows_of
from slides.formats import download_name
from slides.roles import is_admin, reader_required

PER_PAGE = 50
STATES = {
    "changes": _("corrections"),
    "waiting": _("corrections not used yet"),
    "used": _("corrections that were used"),
    "confirmed": _("confirmed findings"),
    "all": _("all"),
}


@require_GET
@reader_required
def ledger(request: HttpRequest) -> HttpResponse:
    told = _asked(request)
    state = request.GET.get("state", "")
    state = state if state in STATES else "changes"
    page = Paginator(_chosen(told, state), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = [_row(one, told) for one in page.object_list]
    is_own = told.reader.pk == request.user.pk
    context = {
        "ledger": told,
        "is_own": is_own,
        "readers": readers(request.user) if is_admin(request.user) else [],
        "summary": ledger_words.summary(told),
        "summary_kept": ledger_words.kept_words(told),
        "learnt": [_learnt(one, is_own=is_own) for one in told.learnt],
        "caution": ledger_words.caution(),
        "page": page,
        "state": state,
        "states": STATES.items(),
        "nav": "worklist",
    }
    return render(request, "review/ledger.html", context)


@require_GET
@reader_required
def ledger_csv(request: HttpRequest) -> HttpResponse:
    """One line for each correction."""
    told, text = _asked(request), io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(rows_of(told))
    return _file(told, text.getvalue(), "csv", "text/csv; charset=utf-8")


@require_GET
@reader_required
def ledger_json(request: HttpRequest) -> HttpResponse:
    """The corrections, and how versions that learnt from them differ from their parents."""
    told = _asked(request)
    return _file(told, json.dumps(as_json(told), indent=2), "json", "application/json")


def _asked(request: HttpRequest) -> Ledger:
    """One's own; an admin's, that of the reader who is named."""
    return asked(request.user, request.GET.get("reader", ""))


def _file(told: Ledger, text: str, ending: str, kind: str) -> HttpResponse:
    answer = HttpResponse(text, content_type=kind)
    name = download_name(f"corrections-{told.reader.get_username()}.{ending}")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _chosen(told: Ledger, state: str) -> list[Correction]:
    match state:
        case "waiting":
            return told.waiting
        case "used":
            return [one for one in told.changes if one.datasets]
        case "confirmed":
            return told.confirmed
        case "all":
            return told.corrections
    return told.changes


def _row(one: Correction, told: Ledger) -> dict[str, Any]:
    return {
        "row": one,
        "words": ledger_words.kind_words(one.kind, one.because),
        "datasets": [told.datasets[pk] for pk in one.datasets],
        "versions": [each for pk in one.datasets for each in told.versions.get(pk, [])],
    }


def _learnt(one: Learnt, *, is_own: bool) -> dict[str, Any]:
    return {
        "headline": ledger_words.headline(one, is_own=is_own),
        "effect": ledger_words.effect(one),
        "version": one.version,
        "parent": one.parent,
        "dataset": one.dataset,
        "report": one.report,
    }
