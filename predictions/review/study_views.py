"""Pages of studies: the list, setting one up, one study, its files."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from predictions.report_exports import csv_text
from predictions.review import (
    study_hurdles,
    study_progress,
    study_results,
    study_shown,
    studying,
    tasks,
    visibility,
)
from predictions.review.models import Study
from predictions.review.study_forms import StudyForm
from slides.formats import download_name
from slides.jobs import Reason
from slides.roles import admin_required, is_admin, reader_required

PER_PAGE = 50
MOST_MEMBERS = 500  # slides of a study that its page names
LONGEST_COUNT = 10  # digits
NAV = {"nav": "studies"}


@require_GET
@reader_required
def study_list(request: HttpRequest) -> HttpResponse:
    rows = visibility.visible_studies(request.user).select_related("adjudicator")
    rows = rows.annotate(n_slides=Count("slides")).order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.signed = study_progress.signed_count(row)
        row.total = row.work_items.count()
    return render(request, "review/study_list.html", {"page": page} | NAV)


@require_http_methods(["GET", "POST"])
@admin_required
def study_new(request: HttpRequest) -> HttpResponse:
    """Set a study up; it is opened from its own page."""
    form = StudyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(studying.make(**form.asked(), by=request.user))
        except Reason as refusal:
            form.add_error(None, str(refusal))
    return render(request, "review/study_new.html", {"form": form} | NAV)


@require_GET
@reader_required
def study(request: HttpRequest, pk: int) -> HttpResponse:
    row = _visible(request, pk)
    context = {"study": row, **_state(request, row), **_draft(request, row)} | NAV
    if visibility.shows_results(request.user, row):
        context |= study_shown.shown(study_results.results_of(row)) | _crossed(request, row)
    return render(request, "review/study.html", context)


def _crossed(request: HttpRequest, row: Study) -> dict[str, Any]:
    """Studies to hold this one against, and the figures with the one that was asked for."""
    others = _others(request, row)
    other = _asked_for(request, others)
    if other is None:
        return {"others": others}
    crossed = study_shown.shown_crossed(study_results.crossed(row, other))
    return {"others": others, "crossed": crossed, "against": other}


def _others(request: HttpRequest, row: Study) -> list[Study]:
    found = study_results.crossed_with(row)
    return [one for one in found if visibility.shows_results(request.user, one)]


def _asked_for(request: HttpRequest, others: list[Study]) -> Study | None:
    asked = request.GET.get("against", "")
    return next((one for one in others if str(one.pk) == asked), None)


@require_GET
@reader_required
def study_state(request: HttpRequest, pk: int) -> HttpResponse:
    """How far it has come, and whether there is more than the page shows."""
    row = _visible(request, pk)
    return render(request, "review/_study_state.html", {"study": row} | _state(request, row))


def _visible(request: HttpRequest, pk: int) -> Study:
    rows = visibility.visible_studies(request.user).select_related("adjudicator", "created_by")
    return get_object_or_404(rows, pk=pk)


def _state(request: HttpRequest, row: Study) -> dict[str, Any]:
    signed = study_progress.signed_count(row)
    asked = request.GET.get("signed", "")
    shown = int(asked) if asked.isdecimal() and len(asked) < LONGEST_COUNT else signed
    is_outside = visibility.shows_results(request.user, row)
    rows = study_progress.rows_of(row) if is_outside else study_progress.own_of(row, request.user)
    return {
        "rows": rows,
        "signed": signed,
        "shown_signed": shown,
        "more": signed - shown,
        "shows_results": is_outside,
        "has_part": visibility.studies_of(request.user).filter(pk=row.pk).exists(),
    }


def _draft(request: HttpRequest, row: Study) -> dict[str, Any]:
    """What an admin is told before the opening; slides by name, sentinels to who has no part."""
    told: dict[str, Any] = {"n_slides": row.slides.count()}
    told["n_patients"] = row.slides.values("slide__patient").distinct().count()
    if not is_admin(request.user):
        return told
    if row.state == Study.State.DRAFT:
        told["hurdles"] = study_hurdles.hurdles_of(row)
        told["cautions"] = study_hurdles.cautions_of(row)
    if visibility.shows_sentinels(request.user, row):
        members = row.slides.select_related("slide").order_by("slide__name")
        told["members"] = members[:MOST_MEMBERS]
    return told


# What an admin does -------------------------------------------------------------------------


@require_POST
@admin_required
def study_open(request: HttpRequest, pk: int) -> HttpResponse:
    row = _visible(request, pk)
    try:
        studying.open_study(study=row, by=request.user)
    except Reason as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The study is open: its readers have been told."))
    return redirect(row)


@require_POST
@admin_required
def study_close(request: HttpRequest, pk: int) -> HttpResponse:
    row = _visible(request, pk)
    try:
        studying.close_study(study=row, by=request.user)
    except Reason as refusal:
        messages.error(request, str(refusal))
    else:
        tasks.keep_study_corrections.delay_on_commit(row.pk)
        messages.success(request, _("The study is closed: its results are shown to all readers."))
    return redirect(row)


@require_POST
@admin_required
def study_discard(request: HttpRequest, pk: int) -> HttpResponse:
    row = _visible(request, pk)
    try:
        studying.discard(study=row, by=request.user)
    except Reason as refusal:
        messages.error(request, str(refusal))
        return redirect(row)
    messages.success(request, _("%(study)s was taken away.") % {"study": row.name})
    return redirect("study-list")


# Files ----------------------------------------------------------------------------------------


@require_GET
@reader_required
def study_results_json(request: HttpRequest, pk: int) -> HttpResponse:
    """All figures with the readings they are made of; ?against= another study with it."""
    row = _with_results(request, pk)
    told = study_results.results_of(row)
    if other := _asked_for(request, _others(request, row)):
        told["crossed"] = study_results.crossed(row, other)
    answer = JsonResponse(told, json_dumps_params={"indent": 2})
    return _file(answer, row, "results.json")


@require_GET
@reader_required
def study_figures_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every figure, unrounded."""
    row = _with_results(request, pk)
    figures = study_results.results_of(row)["figures"]
    return _csv(row, study_shown.figure_rows(figures), "figures.csv")


@require_GET
@reader_required
def study_readings_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every reading that counts."""
    row = _with_results(request, pk)
    return _csv(row, study_results.results_of(row)["readings"], "readings.csv")


def _with_results(request: HttpRequest, pk: int) -> Study:
    row = _visible(request, pk)
    if not visibility.shows_results(request.user, row):
        raise PermissionDenied(_("The results are shown to its readers once the study is closed."))
    return row


def _csv(row: Study, rows: Sequence[dict[str, Any]], name: str) -> HttpResponse:
    columns = tuple(rows[0]) if rows else ()
    text = csv_text(columns, iter(rows))
    return _file(HttpResponse(text, content_type="text/csv; charset=utf-8"), row, name)


def _file(answer: HttpResponse, row: Study, name: str) -> HttpResponse:
    filename = download_name(f"{row.name}-{name}")
    answer.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return answer
