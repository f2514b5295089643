"""Pages of minings: what a version got most wrong in normal tissue, with pictures."""

import io
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe
from PIL import Image

from slides.formats import SlideError
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import admin_required, reader_required
from slides.tile_views import FOR_EVER, open_slides
from training import mining as service
from training import tasks
from training.mined import Mined, MinedError
from training.mining_forms import MiningForm
from training.models import Mining, ModelVersion

PER_PAGE = 50
PICTURES = 60  # of the worst; all of them are in the file
WIDER = 6  # sides of a patch that the viewer shows around it


@require_GET
@reader_required
def mining_list(request: HttpRequest) -> HttpResponse:
    rows = Mining.objects.select_related("version", "created_by").order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "training/mining_list.html", {"page": page, "nav": "versions"})


@require_GET
@reader_required
def mining(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "training/mining.html", _mining(pk) | {"nav": "versions"})


@require_GET
@reader_required
def mining_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker reads normal tissue."""
    return render(request, "training/_mining.html", _mining(pk))


def _mining(pk: int) -> dict[str, Any]:
    row = get_object_or_404(Mining.objects.select_related("version", "created_by"), pk=pk)
    trouble = ""
    try:
        worst = _worst(row, service.found_by(row))
    except MinedError as refusal:
        worst, trouble = [], str(refusal)
    return {
        "mining": row,
        "job": row,
        "worst": worst,
        "trouble": trouble,
        "datasets": row.datasets.order_by("-pk"),
    }


def _worst(row: Mining, found: Mined) -> list[dict[str, Any]]:
    slides = Slide.objects.in_bulk(found.patches["slide_id"][:PICTURES].tolist())
    return [
        _shown(row, place, found, slides.get(int(found.patches["slide_id"][place])))
        for place in range(min(PICTURES, len(found)))
    ]


def _shown(row: Mining, place: int, found: Mined, slide: Slide | None) -> dict[str, Any]:
    patch = found.patches[place]
    version = row.version
    side = version.patch_px * version.mpp / slide.mpp if slide and slide.mpp else 0
    return {
        "place": place,
        "slide": slide,
        "score": float(found.scores[place]),
        "author": str(patch["author"]),
        "x": round(int(patch["x_l0"]) + side / 2),
        "y": round(int(patch["y_l0"]) + side / 2),
        "width": round(side * WIDER),
    }


@require_safe
@reader_required
def mining_patch(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """The picture of one patch, counted from the worst."""
    row = get_object_or_404(Mining.objects.select_related("version"), pk=pk)
    try:
        patches = service.found_by(row).patches
    except MinedError as refusal:
        raise Http404(str(refusal)) from refusal
    if place >= len(patches):
        raise Http404(f"There are {len(patches)} patches.")
    patch = patches[place]
    slide = Slide.objects.ready().filter(pk=int(patch["slide_id"])).first()
    if slide is None or slide.mpp is None:
        raise Http404("The slide is gone.")
    answer = HttpResponse(_jpeg(slide, patch, row.version), content_type="image/jpeg")
    answer["Cache-Control"] = FOR_EVER
    return answer


def _jpeg(slide: Slide, patch: Any, version: ModelVersion) -> bytes:
    side = version.patch_px * version.mpp / slide.mpp
    left, top = int(patch["x_l0"]), int(patch["y_l0"])
    px = min(version.patch_px, 299)
    try:
        pyramid = open_slides.reader(slide.path).pyramid
        pixels = pyramid.read_box((left, top, left + side, top + side), (px, px))
    except SlideError as error:
        open_slides.forget(slide.path)
        raise Http404(str(error)) from error
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=88)
    return file.getvalue()


@require_POST
@admin_required
def version_mine(request: HttpRequest, pk: int) -> HttpResponse:
    """Have the version read normal tissue for its worst false alarms."""
    version = get_object_or_404(ModelVersion, pk=pk)
    form = MiningForm(request.POST)
    if not form.is_valid():
        for line in form.error_lines():
            messages.error(request, line)
        return redirect(version)
    try:
        row = service.request_mining(version=version, created_by=request.user, **form.cleaned_data)
    except Reason as refusal:
        messages.error(request, str(refusal))
        return redirect(version)
    tasks.mine_negatives.delay_on_commit(row.pk)
    return redirect(row)
