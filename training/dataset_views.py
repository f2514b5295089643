"""Pages of datasets: what was drawn, the wall of patches, leaks, and the form for a new one."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from slides.jobs import Reason
from slides.models import Slide
from slides.roles import admin_required, reader_required
from training import datasets, tasks
from training.dataset_forms import SCALES, DatasetForm
from training.dataset_pictures import PictureMissing, leak_jpeg, sample_jpeg
from training.manifest import FOLD, TEST, TRAINING, VALIDATION
from training.models import Dataset
from training.patch_pictures import address_of

PER_PAGE = 50
FOR_EVER = "private, max-age=31536000, immutable"


@require_GET
@reader_required
def dataset_list(request: HttpRequest) -> HttpResponse:
    rows = Dataset.objects.annotate(slide_count=Count("slides")).order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.sides = _sides(row)
    return render(request, "training/dataset_list.html", {"page": page, "nav": "datasets"})


@require_GET
@reader_required
def dataset(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "training/dataset.html", _dataset(pk) | {"nav": "datasets"})


@require_GET
@reader_required
def dataset_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker previews or freezes."""
    return render(request, "training/_dataset.html", _dataset(pk))


def _dataset(pk: int) -> dict[str, Any]:
    rows = Dataset.objects.select_related("created_by", "parent").prefetch_related("minings")
    row = get_object_or_404(rows, pk=pk)
    chosen = row.counts.get("slides", [])
    return {
        "dataset": row,
        "job": row,
        "slides": [] if chosen else row.slides.order_by("name"),
        "chosen": sorted(chosen, key=lambda slide: (slide["split"], slide["name"])),
        "sides": _sides(row),
        "sources": row.counts.get("sources", {}),
        "samples": _samples(row),
    }


def _sides(row: Dataset) -> dict[str, dict[str, int]]:
    """Counts of each side of the split, in the order of their use."""
    folds = sorted((name for name in row.counts if name.startswith(FOLD)), key=_number)
    names = [TRAINING, VALIDATION, *folds, TEST]
    return {name: row.counts[name] for name in names if row.counts.get(name)}


def _number(fold: str) -> int:
    return int(fold.removeprefix(FOLD))


def _samples(row: Dataset) -> dict[str, list[dict[str, Any]]]:
    """Patches of the wall by class, each with where to see it on its slide."""
    slides = Slide.objects.in_bulk({sample["slide_id"] for sample in row.samples})
    found: dict[str, list[dict[str, Any]]] = {"tumour": [], "normal": []}
    for place, sample in enumerate(row.samples):
        slide = slides.get(sample["slide_id"])
        if slide is not None and slide.mpp:
            address = address_of(
                slide,
                x_l0=sample["x_l0"],
                y_l0=sample["y_l0"],
                side_px=row.patch_px,
                mpp=sample["mpp"],
            )
            kind = "tumour" if sample["label"] else "normal"
            found[kind].append(sample | {"place": place, "name": slide.name, "address": address})
    return found


# Pictures ------------------------------------------------------------------


@require_GET
@reader_required
def dataset_sample(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """The picture of a patch of the wall."""
    return _picture(request, sample_jpeg, get_object_or_404(Dataset, pk=pk), place)


@require_GET
@reader_required
def dataset_leak(request: HttpRequest, pk: int, place: int, side: int) -> HttpResponse:
    """The spot that two slides share, on one of them."""
    return _picture(request, leak_jpeg, get_object_or_404(Dataset, pk=pk), place, side)


def _picture(request: HttpRequest, make: Any, *which: Any) -> HttpResponse:
    try:
        jpeg, tag = make(*which)
    except PictureMissing as error:
        raise Http404(str(error)) from error
    etag = f'"{tag}"'
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(jpeg, content_type="image/jpeg")
    answer["Cache-Control"], answer["ETag"] = FOR_EVER, etag
    return answer


# What admins do ------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@admin_required
def dataset_new(request: HttpRequest) -> HttpResponse:
    form = DatasetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            row = datasets.create_dataset(created_by=request.user, **form.cleaned_data)
        except Reason as reason:
            form.add_error(None, str(reason))
        else:
            tasks.freeze_dataset.delay_on_commit(row.pk)
            return redirect(row)
    context = {"form": form, "scales": SCALES, "nav": "datasets"}
    return render(request, "training/dataset_new.html", context)


@require_POST
@admin_required
def dataset_freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze just what was previewed."""
    return _asked(request, datasets.ask_to_freeze, pk)


@require_POST
@admin_required
def dataset_preview(request: HttpRequest, pk: int) -> HttpResponse:
    """Look at it again."""
    return _asked(request, datasets.ask_for_preview, pk)


def _asked(request: HttpRequest, service: Any, pk: int) -> HttpResponse:
    row = get_object_or_404(Dataset, pk=pk)
    try:
        service(row)
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        tasks.freeze_dataset.delay_on_commit(row.pk)
    return redirect(row)
