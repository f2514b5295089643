"""The evidence bundle of a signed review: made, followed, and taken away."""

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from predictions.review import evidence, tasks
from predictions.review.models import Evidence, Review
from predictions.review.visibility import visible_reviews
from slides.jobs import Reason
from slides.roles import reader_required


@require_http_methods(["GET", "POST"])
@reader_required
def review_bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """POST has it made, at once or by a worker; GET takes it away and tells the audit log."""
    review = _seen(request, pk)
    if request.method == "POST":
        return _made(request, review)
    row = Evidence.objects.select_related("review").filter(review=review).first()
    if row is None or not row.is_here:
        messages.info(request, _("There is no evidence bundle yet: have it made."))
        return redirect(review)
    evidence.note_export(row, by=request.user)
    return FileResponse(
        row.path.open("rb"),
        as_attachment=True,
        filename=evidence.file_name(row),
        content_type="application/zip",
    )


@require_GET
@reader_required
def review_evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of a page that tells of the bundle, and moves while it is made."""
    return render(request, "review/_evidence.html", {"review": _seen(request, pk)})


def _seen(request: HttpRequest, pk: int) -> Review:
    """A review that the user may see; to all others there is none."""
    rows = visible_reviews(request.user).select_related("slide", "prediction")
    review = rows.filter(pk=pk).first()
    if review is None:
        raise Http404("There is no such review.")
    return review


def _made(request: HttpRequest, review: Review) -> HttpResponse:
    try:
        row = evidence.request_evidence(review, by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        return _back(request, review)
    if row.status == Evidence.Status.QUEUED:
        if evidence.is_quick(review):
            tasks.run_evidence(row)
        else:
            tasks.make_evidence.delay_on_commit(row.pk)
    if request.headers.get("HX-Request"):
        return render(request, "review/_evidence.html", {"review": review})
    if row.is_here:
        return redirect("review-bundle", pk=review.pk)
    if row.error:
        messages.error(request, row.error)
    return redirect(review)


def _back(request: HttpRequest, review: Review) -> HttpResponse:
    """To the review, with what is to be said; a page that asked for a part of it loads anew."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Refresh": "true"})
    return redirect(review)
