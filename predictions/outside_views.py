"""Pages for maps of other programs, and a version's results as the challenges' files."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from predictions import official_files, outside, tasks
from predictions.models import MapImport
from predictions.outside_forms import OutsideForm
from slides.api import on_disk, streamed
from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training.models import ModelVersion


@require_http_methods(["GET", "POST"])
@admin_required
def outside_new(request: HttpRequest) -> HttpResponse:
    """Send maps; a worker takes them in, or tells row by row what is wrong with any of them."""
    form = OutsideForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            with on_disk(file) as path:
                row = outside.request_import(
                    path, form.terms(), filename=file.name, by=request.user
                )
        except Reason as refusal:
            form.add_error(None, str(refusal).splitlines())
        else:
            tasks.import_maps.delay_on_commit(row.pk)
            return redirect(row)
    return render(request, "predictions/outside_new.html", {"form": form, "nav": "versions"})


@require_GET
@admin_required
def outside_import(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "predictions/outside.html", _import(pk) | {"nav": "versions"})


@require_GET
@admin_required
def outside_import_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker takes maps in."""
    return render(request, "predictions/_outside.html", _import(pk))


def _import(pk: int) -> dict[str, Any]:
    row = get_object_or_404(MapImport.objects.select_related("version", "created_by"), pk=pk)
    return {"row": row, "job": row, "wrong": row.error.splitlines()}


@require_GET
@reader_required
def version_results(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What the version has read of a subset, as a zip that comes while maps are read."""
    version = get_object_or_404(ModelVersion.objects.select_related("run__dataset"), pk=pk)
    try:
        plan = official_files.planned(version, request.GET.get("subset", "test"))
    except Reason as refusal:
        messages.error(request, str(refusal))
        return redirect(version)
    return streamed(official_files.zip_parts(plan), official_files.zip_name(plan.results))
