"""The numbers behind the pictures: maps, truth per cell, masks; and stopping a job."""

from functools import wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.http import quote_etag
from django.views.decorators.http import condition, require_GET, require_POST

from predictions import exports, services
from predictions.models import Prediction
from predictions.reading import CODING
from predictions.stitching import map_to_png, to_png, truth_values
from slides.coming_back import page_to_return_to
from slides.roles import admin_required, reader_required


def in_words(view: Any) -> Any:
    """Answer what a lost or changed map raises in one plain line, not kept by browsers."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return view(request, *args, **kwargs)
        except services.NotPredicted as refusal:
            return HttpResponse(
                str(refusal),
                status=HTTPStatus.CONFLICT,
                content_type="text/plain; charset=utf-8",
                headers={"Cache-Control": "no-store"},
            )

    return answered


def _done_or_404(pk: int) -> Prediction:
    prediction = get_object_or_404(Prediction.objects.select_related("slide", "version"), pk=pk)
    if prediction.status != Prediction.Status.DONE:
        raise Http404(f"This prediction has no map: its job is {prediction.status}.")
    return prediction


def _map_etag(request: HttpRequest, pk: int) -> str | None:
    checksum = Prediction.objects.filter(pk=pk).values_list("map_sha256", flat=True).first()
    return quote_etag(f"{checksum}-{CODING}") if checksum else None


def _truth_etag(request: HttpRequest, pk: int) -> str | None:
    prediction = Prediction.objects.filter(pk=pk).select_related("slide").first()
    truth = prediction.slide.truth if prediction else None
    if truth is None or not prediction.map_sha256:
        return None
    return quote_etag(f"{prediction.map_sha256[:32]}-{truth.checksum[:32]}-{CODING}")


@require_GET
@reader_required
@in_words
@condition(etag_func=_map_etag)
def prediction_map(request: HttpRequest, pk: int) -> HttpResponse:
    """One grey pixel per cell: 0 = not assessed, v = probability (v - 1) / 254."""
    prediction = _done_or_404(pk)
    stored = services.load_map(prediction)
    return _png(request, map_to_png(stored.probabilities, prediction.threshold))


@require_GET
@reader_required
@in_words
@condition(etag_func=_truth_etag)
def prediction_truth(request: HttpRequest, pk: int) -> HttpResponse:
    """The latest truth on the prediction's own grid: 255 = ignored, else share of tumour * 254."""
    prediction = _done_or_404(pk)
    truth = prediction.slide.truth
    if truth is None:
        raise Http404("This slide has no truth.")
    key = f"truth-{CODING}-{truth.checksum}-{prediction.map_sha256}"
    picture = cache.get(key)
    if picture is None:
        cells = services.truth_on_grid(truth, services.load_map(prediction).grid)
        bar = prediction.version.tumour_bar
        picture = to_png(truth_values(cells.share, cells.is_ignored, bar))
        cache.set(key, picture, timeout=24 * 3600)
    return _png(request, picture)


def _png(request: HttpRequest, picture: bytes) -> HttpResponse:
    """A picture; an address that carries a checksum (?v=) may be kept for a week."""
    kept = "private, max-age=604800, immutable" if "v" in request.GET else "private, no-cache"
    return HttpResponse(picture, content_type="image/png", headers={"Cache-Control": kept})


@require_GET
@reader_required
def prediction_npz(request: HttpRequest, pk: int) -> FileResponse:
    """The stored map itself, with its provenance."""
    prediction = _done_or_404(pk)
    path = prediction.map_path
    if path is None or not path.exists():
        raise Http404("The map's file is missing. Predict the slide again.")
    return FileResponse(
        path.open("rb"), as_attachment=True, filename=exports.file_name(prediction, "map.npz")
    )


@require_GET
@reader_required
@in_words
def prediction_mask(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The predicted mask as a TIFF of the slide's size; ?threshold= and ?kind=probability."""
    prediction = _done_or_404(pk)
    kind = request.GET.get("kind", "mask")
    try:
        threshold = float(request.GET.get("threshold", prediction.threshold))
    except ValueError:
        return HttpResponseBadRequest("The threshold is not a number; give one in 0..1.")
    if kind not in {"mask", "probability"} or not 0 <= threshold <= 1:
        return HttpResponseBadRequest("Give a threshold in 0..1 and kind=mask or probability.")
    path = exports.cached_mask(prediction, threshold=threshold, kind=kind)
    return FileResponse(
        path.open("rb"),
        as_attachment=True,
        filename=exports.file_name(prediction, f"{kind}.tif"),
        content_type="image/tiff",
    )


@require_POST
@admin_required
def prediction_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a queued prediction at once, a running one within a batch or two."""
    get_object_or_404(Prediction, pk=pk).request_cancel()
    return _back(request, pk)


@require_POST
@admin_required
def prediction_evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure the map against the slide's latest truth, which may be newer than the map."""
    prediction = _done_or_404(pk)
    try:
        if services.evaluate_against_truth(prediction) is None:
            raise Http404("This slide has no truth to measure against. Import one first.")
    except services.NotPredicted as refusal:
        messages.error(request, str(refusal))
    return _back(request, pk)


def _back(request: HttpRequest, pk: int) -> HttpResponse:
    return redirect(page_to_return_to(request) or reverse("prediction", args=[pk]))
