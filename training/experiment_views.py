"""Pages of experiments."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training import tasks
from training.choices import ExperimentKind
from training.experiment_exports import as_csv, as_markdown
from training.experiment_forms import FORMS
from training.experiment_pages import shown
from training.experiments import create_experiment, create_run_like
from training.models import Dataset, Experiment

PER_PAGE = 50
NAV = {"nav": "experiments"}


def _rows() -> Any:
    return Experiment.objects.select_related("created_by")


@require_GET
@reader_required
def experiment_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(_rows(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "training/experiment_list.html", {"page": page} | NAV)


@require_GET
@reader_required
def experiment(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_rows(), pk=pk)
    return render(request, "training/experiment.html", shown(row) | NAV)


@require_GET
@reader_required
def experiment_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while runs are trained."""
    return render(request, "training/_experiment.html", shown(get_object_or_404(_rows(), pk=pk)))


@require_http_methods(["GET", "POST"])
@admin_required
def experiment_new(request: HttpRequest, kind: str) -> HttpResponse:
    if kind not in FORMS:
        raise Http404(_("There is no such experiment."))
    form = FORMS[kind](request.POST or None, initial={"dataset": request.GET.get("dataset")})
    if request.method == "POST" and form.is_valid():
        try:
            row = create_experiment(created_by=request.user, **form.asked())
        except Reason as reason:
            form.add_error(None, str(reason))
        else:
            tasks.carry_out_experiment.delay_on_commit(row.pk)
            return redirect("experiment", row.pk)
    is_possible = Dataset.objects.frozen().exists() or kind == ExperimentKind.ZOOM_LEVELS
    if kind == ExperimentKind.ZOOM_LEVELS:
        is_possible = form.slides.exists()
    context = {"form": form, "kind": kind, "is_possible": is_possible}
    return render(request, "training/experiment_new.html", context | NAV)


@require_POST
@admin_required
def experiment_train(request: HttpRequest, pk: int) -> HttpResponse:
    """Train a version with the settings of the best trial, or of a row of the table."""
    row = get_object_or_404(Experiment, pk=pk)
    place = request.POST.get("row", "")
    try:
        run = create_run_like(
            row, place=int(place) if place.isdecimal() else 0, created_by=request.user
        )
    except Reason as reason:
        return render(
            request, "training/experiment.html", shown(row) | NAV | {"refusal": str(reason)}
        )
    tasks.train_run.delay_on_commit(run.pk)
    return redirect(run)


@require_GET
@reader_required
def experiment_markdown(request: HttpRequest, pk: int) -> HttpResponse:
    return _file(as_markdown(get_object_or_404(Experiment, pk=pk)), "text/markdown", f"{pk}.md")


@require_GET
@reader_required
def experiment_csv(request: HttpRequest, pk: int) -> HttpResponse:
    return _file(as_csv(get_object_or_404(Experiment, pk=pk)), "text/csv", f"{pk}.csv")


def _file(text: str, kind: str, ending: str) -> HttpResponse:
    name = f'attachment; filename="experiment-{ending}"'
    return HttpResponse(
        text, content_type=f"{kind}; charset=utf-8", headers={"Content-Disposition": name}
    )
