"""Pages of slide intake: adding slides, following them in, removing what was refused."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from slides import services
from slides.coming_back import page_to_return_to
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import admin_required, reader_required


@require_GET
@admin_required
def slide_upload(request: HttpRequest) -> HttpResponse:
    words = {
        "left": _("%s left"),
        "paused": _("paused"),
        "sent": _("All bytes have arrived; the slide is being taken in."),
        "failed": _("The connection broke. What was sent is kept: go on when you are ready."),
    }
    return render(request, "slides/upload.html", {"words": words, "nav": "slides"})


@require_GET
@reader_required
def slide_status(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a slide's intake is; asks for itself again until it has ended."""
    context = {
        "slide": get_object_or_404(Slide, pk=pk),
        "is_followed": "followed" in request.GET,
    }
    return render(request, "slides/_status.html", context)


@require_POST
@admin_required
def slide_mpp(request: HttpRequest, pk: int) -> HttpResponse:
    """Say how many um a px measures, where the file does not or is wrong."""
    slide = get_object_or_404(Slide, pk=pk)
    try:
        services.set_mpp(slide, mpp=request.POST.get("mpp", ""))
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("A pixel of this slide is %(mpp)g µm.") % {"mpp": slide.mpp})
    return redirect(slide)


@require_POST
@admin_required
def slide_node(request: HttpRequest, pk: int) -> HttpResponse:
    """Say which lymph node a slide is of."""
    slide = get_object_or_404(Slide, pk=pk)
    try:
        services.set_node(slide, node=request.POST.get("node", ""), by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        told = _("This slide is of node %(node)s."), _("This slide is all of one node.")
        messages.success(request, told[not slide.node] % {"node": slide.node})
    return redirect(page_to_return_to(request) or slide)


@require_POST
@admin_required
def slide_delete(request: HttpRequest, pk: int) -> HttpResponse:
    slide = get_object_or_404(Slide, pk=pk)
    try:
        services.delete_slide(slide, by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        return redirect(slide)
    messages.success(request, _("%(name)s was removed.") % {"name": slide.name})
    return redirect("slide-list")
