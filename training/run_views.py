"""Pages of training runs."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from slides.formats import SlideError
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import admin_required, reader_required
from training import runs, tasks
from training.manifest import FOLD, VALIDATION
from training.models import ModelVersion, TrainingRun
from training.patch_pictures import address_of, patch_jpeg
from training.run_forms import (
    START_FILE,
    START_IMAGENET,
    START_NONE,
    START_VERSION,
    RunForm,
)

PER_PAGE = 50
KEPT_SECONDS = 3600  # by the browser: another validation shows other patches


@require_GET
@reader_required
def run_list(request: HttpRequest) -> HttpResponse:
    rows = TrainingRun.objects.select_related("dataset", "version").order_by("-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    for row in page:
        row.best, row.held = _best(row), _held_out(row)
    return render(request, "training/run_list.html", {"page": page, "nav": "runs"})


@require_GET
@reader_required
def run(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "training/run.html", _run(pk) | {"nav": "runs"})


@require_GET
@reader_required
def run_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a network learns."""
    return render(request, "training/_run.html", _run(pk))


def _run(pk: int) -> dict[str, Any]:
    rows = TrainingRun.objects.select_related(
        "dataset", "version", "created_by", "first_version", "experiment"
    )
    row = get_object_or_404(rows, pk=pk)
    return {
        "run": row,
        "job": row,
        "best": _best(row),
        "held": _held_out(row),
        "last": row.history[-1] if row.history else None,
        "waits": row.is_active and not row.dataset.is_frozen,
        "can_resume": runs.state_folder(row).is_dir(),
        "smaller_batch": max(1, row.batch // 2),
        "examples": _examples(row),
        "version": ModelVersion.objects.filter(run=row).first(),
    }


def _best(row: TrainingRun) -> dict[str, Any] | None:
    """The line of the epoch that is kept: the highest validation AUC so far."""
    known = [line for line in row.history if line.get("val_auc") is not None]
    return max(known, key=lambda line: line["val_auc"], default=None)


def _held_out(row: TrainingRun) -> dict[str, Any] | None:
    """Counts of what the run is validated on."""
    counts: dict[str, Any] = row.dataset.counts
    return counts.get(VALIDATION if row.fold is None else f"{FOLD}{row.fold}")


def _examples(row: TrainingRun) -> list[dict[str, Any]]:
    """Wrong and right patches of the last validation, each with where to see it on its slide."""
    slides = Slide.objects.in_bulk({example["slide"] for example in row.examples})
    found = []
    for example in row.examples:
        slide = slides.get(example["slide"])
        if slide is not None and slide.mpp:
            address = address_of(
                slide,
                x_l0=example["x_l0"],
                y_l0=example["y_l0"],
                side_px=row.dataset.patch_px,
                mpp=example["mpp"],
            )
            found.append(example | {"name": slide.name, "address": address})
    return found


@require_GET
@reader_required
def run_patch(request: HttpRequest, pk: int, place: int) -> HttpResponse:
    """The picture of one of the run's example patches."""
    row = get_object_or_404(TrainingRun.objects.select_related("dataset"), pk=pk)
    example = next((each for each in row.examples if each["place"] == place), None)
    if example is None:
        raise Http404("this run shows no such patch")
    slide = get_object_or_404(Slide, pk=example["slide"])
    try:
        jpeg = patch_jpeg(
            slide,
            x_l0=example["x_l0"],
            y_l0=example["y_l0"],
            side_px=row.dataset.patch_px,
            mpp=example["mpp"],
        )
    except (SlideError, OSError, TypeError) as error:  # TypeError: the slide has no file
        raise Http404(f"the patch cannot be read: {error}") from error
    answer = HttpResponse(jpeg, content_type="image/jpeg")
    answer["Cache-Control"] = f"private, max-age={KEPT_SECONDS}"
    return answer


@require_http_methods(["GET", "POST"])
@admin_required
def run_new(request: HttpRequest) -> HttpResponse:
    form = RunForm(request.POST or None, initial=_asked_by_address(request))
    if request.method == "POST" and form.is_valid():
        try:
            row = runs.create_run(created_by=request.user, **form.cleaned_data)
        except Reason as reason:
            form.add_error(None, str(reason))
        else:
            tasks.train_run.delay_on_commit(row.pk)
            return redirect(row)
    has_datasets = form.fields["dataset"].queryset.exists()
    context = {"form": form, "has_datasets": has_datasets, "nav": "runs"}
    return render(request, "training/run_new.html", context)


def _asked_by_address(request: HttpRequest) -> dict[str, Any]:
    """What a link fills in: the settings of another run, a dataset, a version to go on from."""
    asked = _like(request.GET.get("like", ""))
    if batch := request.GET.get("batch"):
        asked["batch"] = batch
    if version := request.GET.get("version"):
        asked |= {"start": START_VERSION, "first_version": version}
    if dataset := request.GET.get("dataset"):
        asked["dataset"] = dataset
    return asked


def _like(given: str) -> dict[str, Any]:
    """What the form says of a run that is there; nothing if there is none."""
    row = TrainingRun.objects.filter(pk=given).first() if given.isdecimal() else None
    if row is None:
        return {}
    names = {each.name for each in TrainingRun._meta.fields} & set(RunForm.base_fields)
    asked = {name: getattr(row, name) for name in names - {"version_name"}}
    if row.first_version is not None:
        return asked | {"start": START_VERSION}
    if row.weights in (START_NONE, START_IMAGENET):
        return asked | {"start": row.weights}
    return asked | {"start": START_FILE, "weights_file": row.weights}
