"""Pages of predictions and of all jobs."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from predictions import job_list as jobs
from predictions import reading, services, tasks
from predictions.models import Evaluation, Prediction
from predictions.reading import row_id
from slides import withheld
from slides.coming_back import page_to_return_to
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import admin_required, reader_required
from training.models import ModelVersion

PER_PAGE = 50
MAX_SLIDES_AT_ONCE = 500


@require_GET
@reader_required
def prediction_list(request: HttpRequest) -> HttpResponse:
    measured = withheld.without_kept(Evaluation.objects.all(), request.user)
    rows = Prediction.objects.select_related("slide", "version").prefetch_related(
        Prefetch("evaluations", measured.select_related("annotation"))
    )
    version, status = request.GET.get("version", ""), request.GET.get("status", "")
    if (version_id := row_id(version)) is not None:
        rows = rows.filter(version_id=version_id)
    if status in Prediction.Status.values:
        rows = rows.filter(status=status)
    rows = withheld.without_kept(rows, request.user)
    page = Paginator(rows.order_by("-pk"), PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.measured = reading.measured(row)
    context = {
        "page": page,
        "versions": ModelVersion.objects.live_first(),
        "statuses": Prediction.Status.choices,
        "chosen_version": version,
        "chosen_status": status,
        "nav": "predictions",
    }
    return render(request, "predictions/list.html", context)


@require_GET
@reader_required
def prediction(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "predictions/detail.html", _shown(pk) | {"nav": "predictions"})


@require_GET
@reader_required
def prediction_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker reads the slide."""
    return render(request, "predictions/_state.html", _shown(pk))


def _shown(pk: int) -> dict[str, Any]:
    rows = Prediction.objects.select_related("slide", "version__run__dataset", "created_by")
    row = get_object_or_404(rows.prefetch_related("evaluations__annotation"), pk=pk)
    return {"prediction": row, "job": row, "measured": reading.measured(row)}


@require_POST
@admin_required
def prediction_new(request: HttpRequest) -> HttpResponse:
    """Read one slide, or the slides that were ticked, with a version."""
    version = get_object_or_404(ModelVersion, pk=row_id(request.POST.get("version", "")))
    chosen = [row_id(pk) for pk in request.POST.getlist("slide")[:MAX_SLIDES_AT_ONCE]]
    slides = list(Slide.objects.filter(pk__in=[pk for pk in chosen if pk is not None]))
    asked, refused = _ask(slides, version, request)
    if not slides:
        refused = [_("No slide was chosen: tick those that are to be read.")]
    for words in refused:
        messages.error(request, words)
    if len(asked) == 1 and len(slides) == 1:
        if asked[0].status == Prediction.Status.DONE:
            messages.info(request, _("This slide was read by these weights before: here it is."))
        return redirect(asked[0])
    if asked:
        messages.success(request, _("%(n)d slides are in the queue.") % {"n": len(asked)})
        return redirect("job-list")
    return redirect(slides[0] if len(slides) == 1 else "home")


def _ask(
    slides: list[Slide], version: ModelVersion, request: HttpRequest
) -> tuple[list[Prediction], list[str]]:
    asked, refused = [], []
    for slide in slides:
        try:
            row = services.request_prediction(slide=slide, version=version, created_by=request.user)
        except Reason as reason:
            refused.append(str(reason))
            continue
        if row.status == Prediction.Status.QUEUED:
            tasks.predict_slide.delay_on_commit(row.pk)
        asked.append(row)
    return asked, refused


@require_GET
@reader_required
def job_list(request: HttpRequest) -> HttpResponse:
    """Everything that waits, runs or failed, of every kind; the page polls itself for news."""
    context = {"jobs": jobs.current(), "recent": jobs.recent(), "nav": "jobs"}
    is_fragment = request.headers.get("HX-Request") == "true"
    template = "predictions/_jobs.html" if is_fragment else "predictions/jobs.html"
    return render(request, template, context)


@require_POST
@admin_required
def job_act(request: HttpRequest, kind: str, pk: int, act: str) -> HttpResponse:
    """Cancel an active job, or queue an ended one again; then back to where that was asked."""
    if kind not in jobs.KINDS or act not in {"cancel", "retry"}:
        raise Http404(_("There is no such job."))
    row = get_object_or_404(jobs.KINDS[kind].model, pk=pk)
    if act == "cancel":
        row.request_cancel()
    elif row.status != row.Status.DONE and row.requeue():
        jobs.KINDS[kind].task.delay_on_commit(row.pk)
    state = _("Stopping") if row.cancel_requested else row.get_status_display()
    messages.info(request, _("%(job)s: %(state)s") % {"job": row, "state": state.lower()})
    return redirect(page_to_return_to(request) or "job-list")
