"""The threshold cockpit of a report: looking, taking the numbers away, choosing."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from predictions import cockpit_choice, cockpit_exports, report_inputs
from predictions.cockpit import BASES, Cockpit, NoCockpit, cockpit_of
from predictions.cockpit_forms import ChoiceForm, LookForm
from predictions.cockpit_shown import shown
from predictions.models import Report
from predictions.operating_points import ReviewTime
from slides.formats import download_name
from slides.jobs import Reason
from slides.roles import is_admin, reader_required
from training.models import ModelVersion


@require_http_methods(["GET", "POST"])
@reader_required
def report_cockpit(request: HttpRequest, pk: int) -> HttpResponse:
    """What a version finds, misses and costs at every threshold; admins choose one."""
    row, look, review = _asked(request, pk)
    if request.method == "POST" and not is_admin(request.user):
        raise PermissionDenied("Only an admin may choose a threshold.")
    form = ChoiceForm(request.POST or None, initial=_initial(look))
    if request.method == "POST" and form.is_valid():
        try:
            new = cockpit_choice.choose(row, form.wish(), by=request.user)
        except Reason as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, _("This is the new candidate, of the same weights."))
            return redirect(new)
    context = shown(look, review) | {
        "form": form,
        "risks": cockpit_choice.risks_of(look),
        "changes": report_inputs.changes([row])[row.pk],
        "row": ModelVersion.objects.filter(pk=look.version).first(),
        "nav": "reports",
    }
    return render(request, "predictions/cockpit.html", context)


@require_GET
@reader_required
def report_cockpit_csv(request: HttpRequest, pk: int) -> HttpResponse:
    _row, look, review = _asked(request, pk)
    return _file(look, cockpit_exports.csv_of(look, review), "csv", "text/csv")


@require_GET
@reader_required
def report_cockpit_json(request: HttpRequest, pk: int) -> HttpResponse:
    _row, look, review = _asked(request, pk)
    return _file(look, cockpit_exports.json_text(look, review), "json", "application/json")


def _asked(request: HttpRequest, pk: int) -> tuple[Report, Cockpit, ReviewTime]:
    """What an address asks for; 404 where there is no such thing."""
    row = get_object_or_404(Report, pk=pk)
    form = LookForm(request.POST if request.method == "POST" else request.GET)
    form.full_clean()
    given = form.cleaned_data
    try:
        look = cockpit_of(row, given.get("version"), given.get("slides") or "")
    except NoCockpit as reason:
        raise Http404(str(reason)) from reason
    return row, look, form.review


def _initial(look: Cockpit) -> dict[str, Any]:
    return {"threshold": look.threshold, "version": look.version, "slides": look.basis}


def _file(look: Cockpit, text: str, ending: str, kind: str) -> HttpResponse:
    mark = "synthetic-" if look.report.is_synthetic else ""
    basis = "" if look.basis == BASES[-1] else f"-{look.basis.replace('_', '-')}"
    name = download_name(f"{mark}{look.name}-thresholds-report-{look.report.pk}{basis}.{ending}")
    answer = HttpResponse(text, content_type=f"{kind}; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
