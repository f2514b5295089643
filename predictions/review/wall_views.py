"""The findings wall: a page of pictures, and each picture."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from predictions.crop_answers import crop_answer
from predictions.crops import CROP_PX, crop_of
from predictions.reading import row_id
from predictions.review import wall, work_filters
from predictions.review.desk import REASONS
from predictions.review.models import Candidate, Verdict
from predictions.review.visibility import model_kept_from
from predictions.review.wall import Wall
from predictions.review.work_filters import Filters, scope_of, studies_with_work
from predictions.review.work_pages import counted
from slides.roles import reader_required

LARGE_PX = 3 * CROP_PX
LAST_PAGE = 1000


@require_GET
@reader_required
def findings_wall(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request.user, Filters.of(request.GET))
    asked = Wall.of(request.GET)
    rows = wall.on_the_wall(scope, asked)
    page = min(row_id(request.GET.get("page", "")) or 1, LAST_PAGE)
    candidates, has_more = wall.page_of(rows, page)
    tiles = wall.tiles_of(scope, candidates)
    context = {
        "scope": scope,
        "filters": scope.filters,
        "wall": asked,
        "query": asked.query(scope.filters),
        "parts": wall.parts_of(tiles, asked),
        "n": len(tiles),
        "count": counted(rows),
        "page": page,
        "next": page + 1 if has_more else None,
        "crop_px": CROP_PX,
        "reasons": [[name, str(Verdict.Because(name).label)] for name in REASONS],
        "studies": list(studies_with_work(request.user)),
        "sorts": wall.SORTS,
        "groups": wall.GROUPS,
        "judged": wall.JUDGED,
        "sizes": work_filters.SIZES,
        "whose": work_filters.WHOSE,
        "states": work_filters.STATES,
        "nav": "worklist",
    }
    return render(request, "review/wall.html", context)


@require_GET
@reader_required
def wall_crop(request: HttpRequest, pk: int) -> HttpResponse:
    """The place of a finding, cut from its slide; ?large=1 for one to look at closely."""
    told = Candidate.objects.exclude(prediction__slide__in=model_kept_from(request.user))
    one = get_object_or_404(told.select_related("prediction__slide"), pk=pk)
    side = LARGE_PX if request.GET.get("large") else CROP_PX
    return crop_answer(request, lambda: crop_of(one.prediction.slide, one.box_l0, side_px=side))
