"""Pages of datasets and model versions."""

import json
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training import datasets, tasks, versions
from training.forms import DatasetForm
from training.models import Dataset, ModelVersion

PER_PAGE = 50
SPLITS = ("training", "validation")


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


# Datasets ------------------------------------------------------------------


@require_GET
@reader_required
def dataset_list(request: HttpRequest) -> HttpResponse:
    rows = Dataset.objects.annotate(slide_count=Count("slides")).order_by("-pk")
    context = {"page": _page(request, rows), "nav": "datasets"}
    return render(request, "training/dataset_list.html", context)


@require_GET
@reader_required
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "training/dataset.html", _dataset(pk) | {"nav": "datasets"})


@require_GET
@reader_required
def dataset_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker freezes."""
    return render(request, "training/_dataset.html", _dataset(pk))


def _dataset(pk: int) -> dict[str, Any]:
    row = get_object_or_404(Dataset.objects.select_related("created_by"), pk=pk)
    return {
        "dataset": row,
        "job": row,
        "slides": row.slides.order_by("name"),
        "splits": {name: row.counts.get(name) for name in SPLITS if row.counts.get(name)},
    }


@require_http_methods(["GET", "POST"])
@admin_required
def dataset_new(request: HttpRequest) -> HttpResponse:
    form = DatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = datasets.create_dataset(created_by=request.user, **form.cleaned_data)
        except Reason as reason:
            form.add_error(None, str(reason))
        else:
            tasks.freeze_dataset.delay_on_commit(row.pk)
            return redirect(row)
    return render(request, "training/dataset_new.html", {"form": form, "nav": "datasets"})


# Versions ------------------------------------------------------------------


@require_GET
@reader_required
def version_list(request: HttpRequest) -> HttpResponse:
    rows = ModelVersion.objects.select_related("run__dataset").order_by("-pk")
    context = {"page": _page(request, rows), "nav": "versions"}
    return render(request, "training/version_list.html", context)


@require_POST
@admin_required
def version_display(request: HttpRequest, pk: int) -> JsonResponse:
    """Make the look in the body (JSON) the default of the version's readings."""
    row = get_object_or_404(ModelVersion, pk=pk)
    try:
        versions.set_display(row, json.loads(request.body))
    except ValueError as refusal:  # also of what is no JSON
        body = {"code": "bad_display", "detail": str(refusal)}
        return JsonResponse(body, status=HTTPStatus.BAD_REQUEST)
    return JsonResponse({"display": row.display})
