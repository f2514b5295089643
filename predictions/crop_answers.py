"""A crop of a slide as it is sent to browsers."""

from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified

from predictions.crops import CropMissing
from slides.tile_views import FOR_EVER


def crop_answer(
    request: HttpRequest, cut: Callable[[], tuple[bytes, str]], *, kept: str = FOR_EVER
) -> HttpResponse:
    """The picture that cut() gives with its tag; 304 where the browser has it, 404 without one.

    kept: how long browsers may keep it.
    """
    try:
        jpeg, tag = cut()
    except CropMissing as error:
        raise Http404(str(error)) from error
    etag = f'"{tag}"'
    if request.headers.get("If-None-Match") == etag:
        answer: HttpResponse = HttpResponseNotModified()
    else:
        answer = HttpResponse(jpeg, content_type="image/jpeg")
    answer["Cache-Control"], answer["ETag"] = kept, etag
    return answer
