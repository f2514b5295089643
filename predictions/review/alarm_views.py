"""Pages of alarms: what is open, answering it, and looking back with a version."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from predictions.crop_answers import crop_answer
from predictions.crops import crop_of
from predictions.gating import require_live
from predictions.review import alarm_pages, alarm_words, alarms, looking_back, tasks
from predictions.review.alarm_pages import Filters
from predictions.review.models import Alarm, LookBack
from slides.coming_back import page_to_return_to
from slides.jobs import Reason
from slides.roles import admin_required, reader_required

PER_PAGE = 20
KEPT = "private, max-age=3600"


@require_GET
@reader_required
def alarm_list(request: HttpRequest) -> HttpResponse:
    filters = Filters.of(request.GET.dict(), request.user)
    found = alarm_pages.listed(filters, request.user)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
    for alarm in page:
        alarm_pages.dressed(alarm)
    context = {
        "page": page,
        "filters": filters,
        "states": alarm_pages.STATES.items(),
        "whose": alarm_pages.WHOSE.items(),
        "kinds": Alarm.Kind.choices,
        "rules": alarm_words.rule(),
        "shortest": alarms.SHORTEST_REASON,
        "nav": "worklist",
        **_look_backs(),
    }
    return render(request, "review/alarms.html", context)


@require_GET
@reader_required
def look_back_state(request: HttpRequest) -> HttpResponse:
    """The part of the page that moves while a version looks back."""
    return render(request, "review/_look_back.html", _look_backs())


def _look_backs() -> dict[str, Any]:
    rows = LookBack.objects.select_related("version", "promotion", "created_by")
    return {"job": rows.order_by("-pk").first(), "waiting": looking_back.signed_negatives().count()}


@require_GET
@reader_required
def alarm_crop(request: HttpRequest, pk: int) -> HttpResponse:
    """The place that an alarm is about, cut from its slide."""
    alarm = get_object_or_404(_seen(request), pk=pk)
    place = alarm_pages.place_of(alarm)
    if place is None:
        raise Http404("this alarm is about no place")
    return crop_answer(request, lambda: crop_of(alarm.review.slide, place["box_l0"]), kept=KEPT)


@require_POST
@reader_required
def alarm_answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Say that a review stands, or begin the one that takes its place."""
    alarm = get_object_or_404(_seen(request), pk=pk)
    text = request.POST.get("text", "")
    try:
        if request.POST.get("answer") == Alarm.Answer.SUPERSEDED:
            return redirect(alarms.supersede(alarm, by=request.user, text=text))
        alarms.answer(alarm, by=request.user, text=text)
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        words = {"slide": alarm.review.slide}
        messages.success(request, _("The review of %(slide)s stands; your reason is kept.") % words)
    return redirect(page_to_return_to(request) or "alarm-list")


def _seen(request: HttpRequest) -> Any:
    return alarms.visible_alarms(request.user).select_related(*alarm_pages.KIN)


# Looking back ----------------------------------------------------------------------------


@require_POST
@admin_required
def look_back_new(request: HttpRequest) -> HttpResponse:
    """Have the live version read again what was signed as negative."""
    try:
        row = looking_back.request_look_back(require_live(), by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        return redirect("alarm-list")
    if row.status == LookBack.Status.QUEUED:
        tasks.look_back.delay_on_commit(row.pk)
    return redirect("alarm-list")


@require_POST
@admin_required
def look_back_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop at the next slide. What was found until then stays."""
    get_object_or_404(LookBack, pk=pk).request_cancel()
    return redirect("alarm-list")
