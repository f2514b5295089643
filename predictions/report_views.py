"""Pages of reports: the list, asking for one, one report, its files."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from predictions import (
    release_pages,
    report_document,
    report_exports,
    report_inputs,
    report_pictures,
    reports,
    tasks,
)
from predictions.models import Report
from predictions.reading import row_id
from predictions.report_forms import ReportForm
from predictions.report_shown import shown
from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training.models import ModelVersion

PER_PAGE = 50
WAIT_SECONDS = 3  # until the page of a long report asks for its PDF again
NAV = {"nav": "reports"}


def _rows() -> QuerySet[Report]:
    return Report.objects.select_related("created_by")


@require_GET
@reader_required
def report_list(request: HttpRequest) -> HttpResponse:
    rows = _rows().defer("results").prefetch_related("versions")
    version = request.GET.get("version", "")
    if (version_id := row_id(version)) is not None:
        rows = rows.filter(versions=version_id)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    changes = report_inputs.changes(page.object_list)
    for row in page:
        row.changes = changes[row.pk]
        row.n_slides = len(row.inputs.get("slides", []))
        names = row.inputs.get("versions", {})
        row.names = [names[str(pk)]["name"] for pk in row.order if str(pk) in names]
    context = {"page": page, "has_versions": ModelVersion.objects.exists()}
    return render(request, "predictions/report_list.html", context | NAV)


@require_http_methods(["GET", "POST"])
@admin_required
def report_new(request: HttpRequest) -> HttpResponse:
    """Ask for a report; the same question leads to the same page."""
    files, ticked = request.FILES or None, request.GET.getlist("v")
    form = ReportForm(request.POST or None, files, initial={"versions": ticked})
    if request.method == "POST" and form.is_valid():
        try:
            row = reports.request_report(**form.asked(), created_by=request.user)
        except Reason as reason:
            form.add_error(None, str(reason))
        else:
            return _to(request, row)
    context = {"form": form, "has_versions": ModelVersion.objects.exists()}
    return render(request, "predictions/report_new.html", context | NAV)


def _to(request: HttpRequest, row: Report) -> HttpResponse:
    if row.status == Report.Status.QUEUED:
        tasks.make_report.delay_on_commit(row.pk)
    elif row.status == Report.Status.DONE:
        messages.info(request, _("This was computed before, of the same maps and truths."))
    return redirect(row)


@require_GET
@reader_required
def report(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(_rows(), pk=pk)
    compared = release_pages.context(row, request.GET.get("against", ""))
    return render(request, "predictions/report.html", shown(row) | compared | NAV)


@require_GET
@reader_required
def report_state(request: HttpRequest, pk: int) -> HttpResponse:
    """What moves while a worker computes; the whole page anew once it is done."""
    row = get_object_or_404(_rows().defer("results"), pk=pk)
    answer = render(request, "predictions/_report_state.html", {"report": row, "job": row})
    if not row.is_active:
        answer["HX-Refresh"] = "true"
    return answer


@require_POST
@admin_required
def report_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Compute the same question anew, of truths, maps and thresholds as they are now."""
    row = get_object_or_404(Report, pk=pk)
    try:
        newer = reports.request_again(row, created_by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        return redirect(row)
    return _to(request, newer)


# Files -----------------------------------------------------------------------


@require_GET
@reader_required
def report_json(request: HttpRequest, pk: int) -> HttpResponse:
    row = _done(pk)
    return _file(report_exports.json_text(row), "application/json", f"report-{pk}.json")


@require_GET
@reader_required
def report_figures_csv(request: HttpRequest, pk: int) -> HttpResponse:
    return _file(report_exports.figures_csv(_done(pk)), "text/csv", f"report-{pk}-figures.csv")


@require_GET
@reader_required
def report_slides_csv(request: HttpRequest, pk: int) -> HttpResponse:
    return _file(report_exports.slides_csv(_done(pk)), "text/csv", f"report-{pk}-slides.csv")


@require_GET
@reader_required
def report_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    """The report to print. A long one is set by a worker, and the page says so meanwhile."""
    row = get_object_or_404(_rows(), pk=pk, status=Report.Status.DONE)
    if report_document.is_long(row) and report_document.kept_pdf(row) is None:
        tasks.set_report.delay(pk, get_language() or "en")
        waiting = render(
            request, "predictions/report_pdf_waiting.html", {"report": row} | NAV, status=202
        )
        waiting["Refresh"] = str(WAIT_SECONDS)
        return waiting
    return _bytes(report_document.pdf_of(row), "application/pdf", f"report-{pk}.pdf")


@require_GET
@reader_required
def report_plot(request: HttpRequest, pk: int, name: str, kind: str) -> HttpResponse:
    """A curve of a report as a picture, in the reader's language."""
    row = _done(pk)
    try:
        plot = report_pictures.plot_of(row, name)
    except report_pictures.NoSuchPlot as error:
        raise Http404(str(error)) from error
    content = report_pictures.plot_file(row, plot, kind)
    return _bytes(content, report_pictures.KINDS[kind], f"report-{pk}-{name}.{kind}")


def _done(pk: int) -> Report:
    return get_object_or_404(Report, pk=pk, status=Report.Status.DONE)


def _file(text: str, kind: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(
        text,
        content_type=f"{kind}; charset=utf-8",
        headers={"Content-Disposition": disposition},
    )


def _bytes(content: bytes, kind: str, name: str) -> HttpResponse:
    disposition = f'attachment; filename="{name}"'
    return HttpResponse(content, kind, headers={"Content-Disposition": disposition})
