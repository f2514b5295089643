"""What two versions in a report differ in, as pictures and files."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from predictions import release_exports, release_pages
from predictions.crop_answers import crop_answer
from predictions.crops import crop_jpeg
from predictions.models import Report
from predictions.report_forms import WallForm
from slides.formats import download_name
from slides.roles import reader_required


@require_GET
@reader_required
def report_crop(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """The place of a lesion or false finding that changed hands, cut from its slide."""
    return crop_answer(request, lambda: crop_jpeg(pk, place))


@require_GET
@reader_required
def report_wall(request: HttpRequest, pk: int) -> HttpResponse:
    """The next false findings of a part of the wall, as its page appends them."""
    form = WallForm(request.GET)
    if not form.is_valid():
        return HttpResponse(" ".join(form.error_lines()), status=400, content_type="text/plain")
    asked = form.cleaned_data
    members = release_pages.wall_page(
        get_object_or_404(Report, pk=pk),
        asked["against"],
        asked["change"] or "gained",
        asked["start"] or 0,
        form.chosen,
    )
    return render(request, "predictions/_report_wall.html", members)


@require_GET
@reader_required
def report_pairs_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every figure of every pair, unrounded."""
    row = get_object_or_404(Report, pk=pk)
    return _csv(row, release_exports.pairs_csv(row), "pairs")


@require_GET
@reader_required
def report_changes_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every lesion and false finding that changed hands, with its place."""
    row = get_object_or_404(Report, pk=pk)
    return _csv(row, release_exports.changes_csv(row), "changes")


def _csv(row: Report, text: str, what: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    name = download_name(f"{row.name}-{what}.csv")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
