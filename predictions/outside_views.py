"""Pages for maps of other programs, and a version's results as the challenges' files."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from predictions import official_files, outside
from predictions.outside_forms import OutsideForm
from slides.api import on_disk, streamed
from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training.models import ModelVersion


@require_http_methods(["GET", "POST"])
@admin_required
def outside_new(request: HttpRequest) -> HttpResponse:
    """Take in maps; what is wrong with any of them is told row by row, and nothing is taken."""
    form = OutsideForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            with on_disk(form.cleaned_data["file"]) as path:
                version = outside.import_archive(path, form.terms(), by=request.user)
        except Reason as refusal:
            form.add_error(None, str(refusal).splitlines())
        else:
            messages.success(request, _("The maps were taken in."))
            return redirect(version)
    return render(request, "predictions/outside_new.html", {"form": form, "nav": "versions"})


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
