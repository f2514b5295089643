"""Forms of the reviewer's desk that lead to a page."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from predictions.review import reviewing
from predictions.review.visibility import visible_items
from predictions.review.work_filters import Filters
from slides.jobs import Reason
from slides.roles import reader_required


@require_POST
@reader_required
def review_begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin a work item, or go on with it; back to the list where it is somebody else's.

    The filter of the list goes along in the address.
    """
    item = get_object_or_404(visible_items(request.user), pk=pk)
    query = Filters.of(request.GET).query
    along = f"?{query}" if query else ""
    try:
        review = reviewing.begin(item=item, reader=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        signed = item.reviews.filter(state="signed").first()
        is_signed = signed and reason.code == "already_signed"
        place = signed.get_absolute_url() if is_signed else reverse("worklist")
        return redirect(place + along)
    return redirect(review.get_absolute_url() + along)
