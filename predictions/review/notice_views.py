"""Pages of notices: the bell in the header, the list, and marking them as read."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from predictions.review import notices
from predictions.review.models import Notice
from slides.roles import reader_required

PER_PAGE = 30


@require_GET
@reader_required
def notice_list(request: HttpRequest) -> HttpResponse:
    """All that this user was told, newest first."""
    rows = Notice.objects.filter(user=request.user).order_by("-created_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for notice in page:
        notice.sentence = notices.sentence(notice)
    unread = rows.filter(read_at=None).count()
    context = {"page": page, "unread": unread, "nav": "worklist"}
    return render(request, "review/notices.html", context)


@require_GET
@reader_required
def notice_bell(request: HttpRequest) -> HttpResponse:
    """The counts in the header, asked for now and then."""
    return render(request, "review/_bell.html")


@require_POST
@reader_required
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go where it leads."""
    notice = get_object_or_404(Notice, pk=pk, user=request.user)
    notices.mark_read(request.user, notice)
    if url_has_allowed_host_and_scheme(notice.address, allowed_hosts=None):
        return redirect(notice.address)
    return redirect("notice-list")


@require_POST
@reader_required
def notice_read_all(request: HttpRequest) -> HttpResponse:
    notices.mark_read(request.user)
    return redirect("notice-list")
