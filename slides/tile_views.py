"""Pictures of a slide: the Deep Zoom descriptor, its tiles, the thumbnail, the tissue mask.

A slide's px never change, so browsers may keep every picture for ever; "private" keeps them
out of shared caches, because each one is for people with a role only.
"""

from pathlib import Path
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseNotModified
from django.views.decorators.http import require_safe

from slides.deepzoom import Colours, DeepZoom, OpenSlides
from slides.formats import SlideError
from slides.models import Slide
from slides.roles import reader_required

FOR_EVER = "private, max-age=31536000, immutable"

open_slides = OpenSlides()


@require_safe
@reader_required
def slide_dzi(request: HttpRequest, pk: int) -> HttpResponse:
    slide = _ready_slide(pk)
    etag = f'"{slide.sha256[:24]}-dzi"'
    if _is_known(request, etag):
        return _for_ever(HttpResponseNotModified(), etag)
    descriptor = DeepZoom(slide.width, slide.height).descriptor()
    return _for_ever(HttpResponse(descriptor, content_type="application/xml"), etag)


@require_safe
@reader_required
def slide_tile(request: HttpRequest, pk: int, level: int, column: int, row: int) -> HttpResponse:
    slide = _ready_slide(pk)
    etag = f'"{slide.sha256[:24]}-{level}-{column}-{row}"'
    try:
        DeepZoom(slide.width, slide.height).tile_box(level, column, row)
    except ValueError as error:
        return _plain(404, str(error))
    if _is_known(request, etag):
        return _for_ever(HttpResponseNotModified(), etag)
    try:
        jpeg = open_slides.reader(slide.path).tile_jpeg(level, column, row)
    except SlideError as error:
        open_slides.forget(slide.path)
        return _plain(404 if error.code == "not_found" else 500, str(error))
    return _for_ever(HttpResponse(jpeg, content_type="image/jpeg"), etag)


@require_safe
@reader_required
def slide_thumbnail(request: HttpRequest, pk: int) -> Any:
    slide = _ready_slide(pk)
    return _kept_picture(request, slide, slide.thumbnail_path, "thumbnail")


@require_safe
@reader_required
def slide_tissue(request: HttpRequest, pk: int) -> Any:
    """Where tissue was found at intake, as a grey PNG: 255 = tissue."""
    slide = _ready_slide(pk)
    return _kept_picture(request, slide, slide.tissue_path, "tissue mask")


def _kept_picture(request: HttpRequest, slide: Slide, path: Path | None, name: str) -> Any:
    if not path or not path.exists():
        return _plain(404, f"This slide has no {name}.")
    etag = f'"{slide.sha256[:24]}-{name.replace(" ", "-")}"'
    if _is_known(request, etag):
        return _for_ever(HttpResponseNotModified(), etag)
    return _for_ever(FileResponse(path.open("rb")), etag)


def colours_of(slide: Slide) -> Colours | None:
    """What the tiles' colours are, read from the file; None where it cannot be opened."""
    try:
        return open_slides.reader(slide.path).colours
    except SlideError:
        return None


def _ready_slide(pk: int) -> Slide:
    fields = ("sha256", "file", "thumbnail", "tissue", "width", "height")
    slide = Slide.objects.ready().only(*fields).filter(pk=pk).first()
    if slide is None or not slide.sha256:
        raise Http404(f"There is no slide {pk} that can be opened.")
    return slide


def _is_known(request: HttpRequest, etag: str) -> bool:
    return etag in (tag.strip() for tag in request.headers.get("If-None-Match", "").split(","))


def _for_ever(response: Any, etag: str) -> Any:
    response["Cache-Control"] = FOR_EVER
    response["ETag"] = etag
    return response


def _plain(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
