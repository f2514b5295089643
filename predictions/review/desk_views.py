"""The desk: one slide with its findings to judge, and pictures of these."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from predictions.crop_answers import crop_answer
from predictions.crops import crop_of
from predictions.review import rows
from predictions.review.desk import Desk
from predictions.review.models import Review
from predictions.review.visibility import visible_reviews
from predictions.review.work_filters import Filters
from slides.roles import reader_required
from slides.tile_views import colours_of

KIN = ("slide", "reader", "item__study", "item__slide", "item__assigned_to", "prediction__version")


@require_GET
@reader_required
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """A review: to go on with it where it is one's own and open, else to read."""
    row = _review_or_404(request, pk)
    desk = Desk(row, request.user, _filters(request, row))
    return render(
        request,
        "review/desk.html",
        {
            "desk": desk,
            "review": row,
            "slide": row.slide,
            "colours": colours_of(row.slide),
            "truth": desk.truth,
            "readings": desk.readings,
            "data": desk.data,
            "nav": "review",
        },
    )


def _filters(request: HttpRequest, row: Review) -> Filters:
    """Those of the list it was come to from; work of a study stands in that study's list."""
    filters, study = Filters.of(request.GET), row.item.study_id
    return filters.but(study=str(study)) if study and not filters.study else filters


@require_GET
@reader_required
def review_crop(request: HttpRequest, pk: int, key: str) -> HttpResponse:
    """The place of a finding, cut from its slide."""
    row = _review_or_404(request, pk)
    return crop_answer(request, lambda: crop_of(row.slide, _box_of(row, key)))


def _review_or_404(request: HttpRequest, pk: int) -> Review:
    return get_object_or_404(visible_reviews(request.user).select_related(*KIN), pk=pk)


def _box_of(review: Review, key: str) -> list[float]:
    found = rows.shown_findings(review)
    box = next((one.box_l0 for one in found if one.key == key), None)
    if box is None:
        raise Http404("There is no such finding in this review.")
    return list(box)
