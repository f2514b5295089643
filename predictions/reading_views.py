"""The reading room: the list of slides, one slide with its layers, two readings side by side."""

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from predictions import case, reading, slide_list
from predictions.models import Prediction
from predictions.reading import row_id
from slides import withheld
from slides.models import Slide
from slides.roles import reader_required
from slides.tile_views import colours_of
from slides.withheld import Kept
from training.models import ModelVersion

SLIDES_PER_PAGE = 25


@require_GET
@reader_required
def slides(request: HttpRequest) -> HttpResponse:
    filters = slide_list.Filters.of(request.GET.dict())
    found = slide_list.listed_slides(filters, request.user)
    page = Paginator(found, SLIDES_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "slides/list.html",
        {
            "page": page,
            "filters": filters,
            "subsets": Slide.Subset.choices,
            "truths": slide_list.TRUTH_CHOICES,
            "statuses": slide_list.STATUS_CHOICES,
            "sorts": slide_list.SORT_CHOICES,
            "has_any": filters.are_set or page.paginator.count > 0,
            "nav": "slides",
        },
    )


@require_GET
@reader_required
def slide(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(Slide, pk=pk)
    if not row.is_ready:
        return render(request, "slides/waiting.html", {"slide": row, "nav": "slides"})
    if withheld.is_kept(request.user, Kept.TRUTH, row.pk):
        return render(request, "slides/withheld.html", {"slide": row, "nav": "slides"})
    truth, readings = row.truth, reading.done_readings(row)
    for each in readings:
        each.measured = reading.measured(each)
    return render(
        request,
        "slides/viewer.html",
        {
            "slide": row,
            "colours": colours_of(row),
            "truth": truth,
            "readings": readings,
            "versions": ModelVersion.objects.with_weights().live_first(),
            "active": row.predictions.active().select_related("version"),
            "data": reading.page_data(row, truth, readings, request.user),
            "nav": "slides",
        },
    )


@require_GET
@reader_required
def compare(request: HttpRequest) -> HttpResponse:
    row = _compared_slide(request)
    if row is None:
        return render(request, "predictions/compare_empty.html", {"nav": "slides"})
    slides_of_case = case.case_of(row, request.user)
    own = slides_of_case[0]
    if not own.readings and len(slides_of_case) == 1:
        return redirect(row)
    pages = case.case_data(slides_of_case, request.user)
    data = {
        "user": pages[0]["user"],
        "slide": row.pk,
        "case": pages,
        "sides": case.chosen_sides(request.GET.dict(), slides_of_case),
    }
    context = {
        "slide": row,
        "case": slides_of_case,
        "has_truth": any(each.truth for each in slides_of_case),
        "has_readings": any(each.readings for each in slides_of_case),
        "data": data,
        "nav": "slides",
    }
    return render(request, "predictions/compare.html", context | _neighbours(row))


def _compared_slide(request: HttpRequest) -> Slide | None:
    """The slide asked for, or the first that has been read; None if there is none."""
    given = request.GET.get("slide", "")
    if given:
        return get_object_or_404(Slide.objects.ready(), pk=row_id(given))
    read = Slide.objects.ready().filter(predictions__status=Prediction.Status.DONE)
    return read.distinct().first()


def _neighbours(row: Slide) -> dict[str, Any]:
    """The read slides before and after this one by name, to walk through a cohort."""
    read = Slide.objects.ready().filter(predictions__status=Prediction.Status.DONE).distinct()
    pks = list(read.order_by("name", "pk").values_list("pk", flat=True))
    if row.pk not in pks:
        return {"previous": None, "following": None}
    at = pks.index(row.pk)
    return {
        "previous": pks[at - 1] if at else None,
        "following": pks[at + 1] if at + 1 < len(pks) else None,
    }
