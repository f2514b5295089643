"""The worklist: a page of rows, and what is done with those that are ticked."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from predictions.review import assigning, saved_views, work_filters
from predictions.review.models import SavedView, WorkItem
from predictions.review.visibility import visible_items
from predictions.review.work_filters import Filters, Scope, listed, scope_of, studies_with_work
from predictions.review.work_pages import Count, Page, counted, page_of
from predictions.review.work_progress import progress_of
from predictions.review.work_rows import Row, rows_of
from predictions.review.work_words import of_the_order
from slides.drawing import name_of
from slides.jobs import Reason
from slides.roles import is_admin, reader_required
from training.models import ModelVersion

BY_ADMINS = {"assign", "unassign"}


@require_GET
@reader_required
def worklist(request: HttpRequest) -> HttpResponse:
    scope = scope_of(request.user, Filters.of(request.GET))
    page = page_of(scope, given=request.GET)
    rows = rows_of(scope, page.items)
    context = {
        "scope": scope,
        "filters": scope.filters,
        "rows": rows,
        "page": page,
        "first": _first_to_read(rows),
        "count": _count(scope, page),
        # looking for words goes through all rows: once is enough
        "progress": None if scope.filters.words else progress_of(scope),
        "explained": of_the_order(scope.filters.order),
        "views": _views(request.user, scope.filters),
        "studies": list(studies_with_work(request.user)),
        "has_any": bool(rows) or scope.visible.exists(),
        "nav": "worklist",
        **_choices(scope),
    }
    if is_admin(request.user):
        context |= {"readers": _readers(), "ways": assigning.Way.choices}
    return render(request, "review/worklist.html", context)


def _count(scope: Scope, page: Page) -> Count:
    """What was looked for by words and fits on a page is counted there."""
    is_whole = page.before is None and page.after is None
    if is_whole and scope.filters.words:
        return Count(len(page.items))
    return counted(listed(scope))


def _choices(scope: Scope) -> dict[str, Any]:
    orders = work_filters.ORDERS
    if not scope.tells_figures:
        orders = {name: orders[name] for name in work_filters.SAFE_ORDERS}
    return {
        "orders": orders,
        "states": work_filters.STATES,
        "whose": work_filters.WHOSE,
        "sizes": work_filters.SIZES,
        "versions": ModelVersion.objects.live_first(),
        "is_fine": bool(set(scope.filters.asked()) & set(FINE)),
    }


# Filters that are folded away until one is set.
FINE = ("patient", "urgent", "version", "synthetic", "size", "second")


def _views(user: Any, filters: Filters) -> list[dict[str, Any]]:
    """Saved views with the digit that chooses them."""
    query = filters.query
    return [
        {
            "view": view,
            "digit": place if place < 10 else "",
            "is_own": view.owner_id == user.pk,
            "is_shown": view.query == query,
            "owner": name_of(view.owner),
        }
        for place, view in enumerate(saved_views.views_of(user), start=1)
    ]


def _readers() -> list[dict[str, Any]]:
    return [{"pk": one.pk, "name": name_of(one)} for one in assigning.readers()]


def _first_to_read(rows: list[Row]) -> Row | None:
    open_rows = (row for row in rows if row.item.state != WorkItem.State.SIGNED)
    return next((row for row in open_rows if row.holder is None), None)


# Ticked rows -------------------------------------------------------------------


@require_POST
@reader_required
def work_act(request: HttpRequest) -> HttpResponse:
    """Assign, give back to nobody, or mark as urgent: the ticked rows, or all of the list."""
    act = request.POST.get("act", "")
    if act in BY_ADMINS and not is_admin(request.user):
        raise PermissionDenied(_("Only an admin assigns work. Ask one of yours."))
    scope = scope_of(request.user, saved_views.filters_of(request.POST.get("list", "")))
    try:
        told = _acts(act)(request, _chosen(request, scope))
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, told)
    return redirect(_address(scope.filters))


def _address(filters: Filters) -> str:
    query = filters.query
    return reverse("worklist") + (f"?{query}" if query else "")


def _chosen(request: HttpRequest, scope: Scope) -> list[int]:
    """Numbers of the ticked rows that may be seen, or of all that the list shows."""
    if request.POST.get("which") == "all" and is_admin(request.user):
        rows = listed(scope).unsigned()[: assigning.MOST_AT_ONCE + 1]
    else:
        told = [pk for pk in request.POST.getlist("item") if pk.isascii() and pk.isdigit()]
        rows = visible_items(request.user).filter(pk__in=[pk for pk in told if len(pk) < 19])
    chosen = list(rows.values_list("pk", flat=True))
    if not chosen:
        raise Reason(_("No row was chosen: tick those that are meant."), "bad_input")
    return chosen


def _acts(act: str) -> Any:
    known = {
        "assign": _assign,
        "unassign": _unassign,
        "urgent": _mark(is_urgent=True),
        "calm": _mark(is_urgent=False),
    }
    if act not in known:
        raise Reason(f"{act!r} is none of {', '.join(known)}.", "bad_input")
    return known[act]


def _assign(request: HttpRequest, chosen: list[int]) -> str:
    told = request.POST
    keys = [key for key in told.getlist("reader") if key.isascii() and key.isdigit()]
    to = list(assigning.readers().filter(pk__in=keys))
    seed = told.get("seed", "0").strip() or "0"
    if not (seed.isascii() and seed.isdigit() and len(seed) < 10):
        raise Reason(_("The seed is a whole number from 0 on."), "bad_input")
    shares = assigning.assign(
        items=chosen, to=to, way=told.get("way", ""), seed=int(seed), by=request.user
    )
    return "; ".join(
        ngettext("%(name)s got %(n)d slide", "%(name)s got %(n)d slides", n)
        % {"name": name_of(reader), "n": n}
        for reader, n in shares.items()
    )


def _unassign(request: HttpRequest, chosen: list[int]) -> str:
    n = assigning.unassign(items=chosen, by=request.user)
    words = ngettext("%(n)d slide is nobody’s now.", "%(n)d slides are nobody’s now.", n)
    return words % {"n": n}


def _mark(*, is_urgent: bool) -> Any:
    def mark(request: HttpRequest, chosen: list[int]) -> str:
        n = assigning.mark_urgent(items=chosen, is_urgent=is_urgent, by=request.user)
        if is_urgent:
            words = ngettext("%(n)d slide is urgent now.", "%(n)d slides are urgent now.", n)
        else:
            words = ngettext(
                "%(n)d slide is no longer urgent.", "%(n)d slides are no longer urgent.", n
            )
        return words % {"n": n}

    return mark


# Saved views --------------------------------------------------------------------


@require_POST
@reader_required
def view_save(request: HttpRequest) -> HttpResponse:
    """Keep the list as it is filtered and ordered under a name."""
    query = request.POST.get("list", "")
    try:
        view = saved_views.save_view(
            owner=request.user,
            name=request.POST.get("name", ""),
            query=query,
            is_shared="is_shared" in request.POST,
        )
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("The list is kept as “%(name)s”.") % {"name": view})
    return redirect(_address(saved_views.filters_of(query)))


@require_POST
@reader_required
def view_forget(request: HttpRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(SavedView, pk=pk, owner=request.user)
    saved_views.forget_view(view=view, by=request.user)
    messages.success(request, _("“%(name)s” is no longer kept.") % {"name": view})
    return redirect("worklist")
