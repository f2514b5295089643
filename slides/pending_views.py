"""Truth files that are looked at before they are taken: sent, previewed, taken or discarded."""

import errno
from http import HTTPStatus
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from slides import pending_truth, tasks
from slides.jobs import Reason
from slides.models import PendingTruth, Slide
from slides.roles import reader_required
from slides.storage import no_room
from slides.truth_terms import terms_from, words_of

STATUS_OF = {"too_large": 413, "disk_full": 507, "conflict": 409, "stale": 409, "not_ready": 409}


@require_http_methods(["GET", "POST"])
@reader_required
def pending_list(request: HttpRequest, pk: int) -> HttpResponse:
    """POST a file (fields as for truth-upload): it is read, nothing is kept. GET one's last."""
    slide = get_object_or_404(Slide, pk=pk)
    if request.method == "GET":
        latest = slide.pending_truths.filter(owner=request.user, annotation=None).last()
        return _shown(request, latest) if latest else HttpResponse(status=HTTPStatus.NO_CONTENT)
    try:
        pending = _begun(request, slide)
    except ValueError as refusal:
        return _refused(request, slide, refusal)
    if request.accepts("text/html"):
        return redirect(_address(pending))
    facts = {"id": pending.pk, "url": _address(pending), "status": pending.status}
    return JsonResponse(facts, status=HTTPStatus.CREATED)


def _begun(request: HttpRequest, slide: Slide) -> PendingTruth:
    file = request.FILES.get("file")
    if file is None:
        words = _("No file came. Choose a mask TIFF, ASAP XML, NCRF JSON or GeoJSON.")
        raise Reason(words, "no_file")
    try:
        terms = terms_from(request.POST)
        pending = pending_truth.begin(slide=slide, owner=request.user, file=file, terms=terms)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise no_room(Path(settings.UPLOAD_ROOT)) from error
    _read_soon(pending)
    return pending


def _read_soon(pending: PendingTruth) -> None:
    transaction.on_commit(lambda: tasks.read_beside(pending.pk))


def _own(request: HttpRequest, pk: int, pending_pk: int) -> PendingTruth:
    """A file this person sent for this slide; nobody sees what others sent."""
    rows = PendingTruth.objects.select_related("slide", "annotation")
    return get_object_or_404(rows, pk=pending_pk, slide_id=pk, owner=request.user)


def _address(pending: PendingTruth) -> str:
    return reverse("truth-pending", args=[pending.slide_id, pending.pk])


@require_http_methods(["GET", "POST"])
@reader_required
def pending(request: HttpRequest, pk: int, pending_pk: int) -> HttpResponse:
    """GET how a sent file stands. POST act=look (again, on other terms), take, cancel, discard."""
    row = _own(request, pk, pending_pk)
    if request.method == "GET":
        return _shown(request, row)
    act = _ACTS.get(request.POST.get("act", ""))
    if act is None:
        return _refused(request, row.slide, Reason(_("Say in act what to do."), "bad_input"))
    try:
        act(request, row)
    except ValueError as refusal:
        if not request.accepts("text/html"):
            return _refused(request, row.slide, refusal)
        return _shown(request, row, str(refusal), _code(refusal))
    if row.pk is None:
        return _gone(request, pk)
    is_form = request.accepts("text/html") and not _is_part(request)
    return redirect(_address(row)) if is_form else _shown(request, row)


def _look(request: HttpRequest, row: PendingTruth) -> None:
    pending_truth.look_again(row, terms_from(request.POST))
    _read_soon(row)


def _take(request: HttpRequest, row: PendingTruth) -> None:
    is_partial = bool(request.POST.get("is_partial"))
    try:
        pending_truth.take(
            row,
            is_forced=bool(request.POST.get("is_forced")),
            is_exhaustive=False if is_partial else None,
        )
    except Reason as refusal:
        if refusal.code == "stale":
            pending_truth.look_again(row, pending_truth.terms_of(row))
            _read_soon(row)
        raise
    _read_soon(row)


def _cancel(request: HttpRequest, row: PendingTruth) -> None:
    row.request_cancel()


def _discard(request: HttpRequest, row: PendingTruth) -> None:
    pending_truth.discard(row)


_ACTS = {"look": _look, "take": _take, "cancel": _cancel, "discard": _discard}


@require_GET
@reader_required
def pending_outlines(request: HttpRequest, pk: int, pending_pk: int) -> FileResponse:
    """The outlines of a sent file as GeoJSON in level-0 px, simplified for display."""
    path = pending_truth.outlines_path(_own(request, pk, pending_pk))
    if path is None:
        raise Http404(_("This file has not been read yet."))
    answer = FileResponse(path.open("rb"), content_type="application/geo+json")
    answer["Cache-Control"] = "private, no-store"
    return answer


def _is_part(request: HttpRequest) -> bool:
    return "HX-Request" in request.headers


def _gone(request: HttpRequest, slide_pk: int) -> HttpResponse:
    if not request.accepts("text/html"):
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return HttpResponse("") if _is_part(request) else redirect("slide", pk=slide_pk)


def _shown(
    request: HttpRequest, row: PendingTruth, refusal: str = "", code: str = ""
) -> HttpResponse:
    """A sent file as JSON, as a part of the slide's page, or as a page of its own."""
    row.refresh_from_db()
    if not request.accepts("text/html"):
        return JsonResponse(_facts(row))
    terms = pending_truth.terms_of(row)
    context = {
        "pending": row,
        "slide": row.slide,
        "terms": terms,
        "labels": words_of(terms),
        "summary": row.summary,
        "refusal": refusal,
        "refusal_code": code,
        "address": _address(row),
        "nav": "slides",
    }
    if not _is_part(request):
        return render(request, "slides/pending.html", context)
    answer = render(request, "slides/_pending.html", context)
    if row.annotation_id:
        messages.success(request, _kept_words(row))
        answer["HX-Refresh"] = "true"
    return answer


def _kept_words(row: PendingTruth) -> str:
    words = {"revision": row.annotation.revision, "name": row.filename}
    if row.annotation.revision == row.summary["against_revision"]:
        return _("Truth %(revision)d already says exactly this; nothing was added.") % words
    return _("Truth %(revision)d is kept, from %(name)s.") % words


def _facts(row: PendingTruth) -> dict[str, Any]:
    return {
        "id": row.pk,
        "url": _address(row),
        "filename": row.filename,
        "bytes": row.bytes,
        "wish": row.wish,
        "status": row.status,
        "percent_done": row.percent_done,
        "reason": row.reason,
        "error": row.error,
        "terms": row.terms,
        "summary": row.summary,
        "revision": row.annotation.revision if row.annotation_id else None,
        "outlines": reverse("truth-pending-outlines", args=[row.slide_id, row.pk]),
    }


def _code(refusal: ValueError) -> str:
    return str(getattr(refusal, "code", "bad_input"))


def _refused(request: HttpRequest, slide: Slide, refusal: ValueError) -> HttpResponse:
    if request.accepts("text/html"):
        messages.error(request, str(refusal))
        return redirect("slide", pk=slide.pk)
    code = _code(refusal)
    status = STATUS_OF.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)
    return JsonResponse({"code": code, "detail": str(refusal)}, status=status)
