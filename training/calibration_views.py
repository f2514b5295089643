"""A version's calibration and operating point: chosen anew, and taken away as files."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from slides.formats import download_name
from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training import calibrating, calibration_figures
from training.calibration_forms import CalibrationForm
from training.models import ModelVersion
from training.scored import ScoresError


@require_POST
@admin_required
def version_calibrate(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a candidate of the same weights; what is refused is told on the version's page."""
    version = get_object_or_404(ModelVersion, pk=pk)
    form = CalibrationForm(request.POST)
    if not form.is_valid():
        for line in form.error_lines():
            messages.error(request, line)
        return redirect(version)
    try:
        new = calibrating.recalibrate(
            version=version,
            terms=form.terms,
            name=form.cleaned_data["name"],
            created_by=request.user,
        )
    except (Reason, ValueError) as refusal:
        messages.error(request, str(refusal))
        return redirect(version)
    messages.success(request, _("This is the new candidate, of the same weights."))
    return redirect(new)


@require_GET
@reader_required
def version_calibration_csv(request: HttpRequest, pk: int) -> HttpResponseBase:
    """One table as CSV: ?table=reliability, roc, pr or scores."""
    version = get_object_or_404(ModelVersion, pk=pk)
    table = request.GET.get("table", "reliability")
    if table not in calibration_figures.TABLES:
        known = ", ".join(calibration_figures.TABLES)
        return HttpResponse(f"table must be one of {known}", status=400, content_type="text/plain")
    try:
        text = calibration_figures.as_csv(version, table)
    except ScoresError as refusal:
        return HttpResponse(str(refusal), status=404, content_type="text/plain")
    return _file(HttpResponse(text, content_type="text/csv"), version, f"{table}.csv")


@require_GET
@reader_required
def version_calibration_json(request: HttpRequest, pk: int) -> HttpResponseBase:
    """All of it as JSON."""
    version = get_object_or_404(ModelVersion, pk=pk)
    answer = JsonResponse(calibration_figures.facts(version), json_dumps_params={"indent": 2})
    return _file(answer, version, "calibration.json")


def _file(answer: HttpResponse, version: ModelVersion, ending: str) -> HttpResponse:
    mark = "synthetic_" if version.is_synthetic else ""
    name = download_name(f"{mark}{version.name}_{ending}")
    answer["Content-Disposition"] = content_disposition_header(True, name)
    return answer
