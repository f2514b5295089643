"""The truth of a slide over HTTP: outlines for the viewer, files to take away, files brought in."""

import errno
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import condition, require_GET, require_POST

from slides import annotations
from slides.annotations import Imported
from slides.jobs import Reason
from slides.models import Annotation, Slide
from slides.roles import reader_required
from slides.storage import file_name, no_room
from slides.truth_terms import number_from, terms_from

CONTENT_TYPES = {
    "xml": "application/xml",
    "geojson": "application/geo+json",
    "ncrf": "application/json",
    "mask": "image/tiff",
    "label-mask": "image/tiff",
}


def _annotation(pk: int, revision: int) -> Annotation:
    revisions = Annotation.objects.select_related("slide").defer("regions")
    return get_object_or_404(revisions, slide_id=pk, revision=revision)


def _tolerance(request: HttpRequest) -> float:
    """Level-0 px by which corners may move; 0, none, where the number makes no sense."""
    try:
        tolerance = float(request.GET.get("simplify", "0"))
    except ValueError:
        return 0.0
    return tolerance if 0 < tolerance < 1e6 else 0.0


def _etag(request: HttpRequest, pk: int, revision: int) -> str | None:
    rows = Annotation.objects.select_related("slide").defer("regions")
    row = rows.filter(slide_id=pk, revision=revision).first()
    if row is None:
        return None
    form = "file" if "download" in request.GET else f"{_tolerance(request):g}"
    return f'"{row.checksum[:32]}-{form}-{row.slide.is_synthetic:d}"'


@require_GET
@reader_required
@condition(etag_func=_etag)
def truth_geojson(request: HttpRequest, pk: int, revision: int) -> HttpResponse | FileResponse:
    """A revision as GeoJSON in level-0 px; ?simplify=<px> for display, ?download=1 as a file."""
    annotation = _annotation(pk, revision)
    if "download" in request.GET:
        return _download(annotation, "geojson")
    text = annotations.truth_geojson(annotation, simplify_px=_tolerance(request))
    headers = {"Cache-Control": "private, no-cache"}
    return HttpResponse(text, content_type=CONTENT_TYPES["geojson"], headers=headers)


@require_GET
@reader_required
def truth_file(
    request: HttpRequest, pk: int, revision: int, *, kind: str
) -> HttpResponse | FileResponse:
    """A revision as ASAP XML, NCRF JSON or mask TIFF, to take away.

    ?prepare=1 answers once the file is there: a large mask takes its time.
    """
    annotation = _annotation(pk, revision)
    if not (annotation.slide.width and annotation.slide.height):
        raise Http404(_("The slide has no size yet: wait for its intake."))
    if "prepare" in request.GET:
        annotations.exported(annotation, kind)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return _download(annotation, kind)


@require_GET
@reader_required
def truth_label_mask(request: HttpRequest, pk: int, revision: int) -> HttpResponse | FileResponse:
    """A revision as a label mask at ?mpp=<um per px>; the slide's own without it."""
    annotation = _annotation(pk, revision)
    try:
        mpp = annotations.require_mask_mpp(annotation.slide, number_from(request.GET, "mpp"))
    except ValueError as refusal:
        return _refused(request, annotation.slide, refusal)
    if "prepare" in request.GET:
        annotations.exported(annotation, "label-mask", mpp)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return _download(annotation, "label-mask", mpp)


def _download(annotation: Annotation, kind: str, mpp: float | None = None) -> FileResponse:
    return FileResponse(
        annotations.exported(annotation, kind, mpp).open("rb"),
        as_attachment=True,
        filename=annotations.export_name(annotation, kind, mpp),
        content_type=CONTENT_TYPES[kind],
    )


@require_POST
@reader_required
def truth_upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Take in a truth file, or the word that the slide is normal; JSON for who asks for JSON.

    Fields: file; or is_normal. For a file also labels ("NAME=LABEL, ..."), tumour_value, scale,
    is_forced, is_partial, as for import_truth.
    """
    slide = get_object_or_404(Slide, pk=pk)
    try:
        if request.POST.get("is_normal"):
            kept = annotations.declare_normal(slide=slide, author=request.user)
            return _accepted(request, kept, [_("The slide is declared free of tumour.")])
        return _answer_import(request, _import(request, slide))
    except ValueError as refusal:
        return _refused(request, slide, refusal)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        return _refused(request, slide, no_room(Path(settings.UPLOAD_ROOT)))


def _import(request: HttpRequest, slide: Slide) -> Imported:
    file = request.FILES.get("file")
    if file is None:
        raise Reason(_("No file came. Choose a mask TIFF, ASAP XML, NCRF JSON or GeoJSON."))
    folder = Path(settings.UPLOAD_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder, prefix="truth-") as place:
        path = _stored(file, Path(place))
        return annotations.import_truth(
            slide=slide, path=path, author=request.user, terms=terms_from(request.POST)
        )


def _stored(file: UploadedFile, folder: Path) -> Path:
    """The upload on disk, under the name it came with, for messages to use."""
    path = folder / file_name(file.name or "")
    with path.open("wb") as target:
        for chunk in file.chunks():
            target.write(chunk)
    return path


def _answer_import(request: HttpRequest, done: Imported) -> HttpResponse:
    notes = [*done.fit.problems, *done.fit.notes]
    if not done.is_new:
        notes.insert(0, _("The latest revision already says exactly this; nothing was added."))
    return _accepted(request, done.annotation, notes, is_new=done.is_new)


def _accepted(
    request: HttpRequest, annotation: Annotation, notes: list[str], *, is_new: bool = True
) -> HttpResponse:
    place = [annotation.slide_id, annotation.revision]
    if request.accepts("text/html"):
        words = _("Truth %(revision)d is kept.") % {"revision": annotation.revision}
        messages.success(request, " ".join([words, *notes]))
        return redirect("slide", pk=annotation.slide_id)
    facts = {
        "revision": annotation.revision,
        "is_new": is_new,
        "source": annotation.source,
        "tumour_area_px": annotation.tumour_area_px,
        "notes": notes,
        "fit": annotation.fit,
        "geojsonUrl": reverse("truth-geojson", args=place),
    }
    return JsonResponse(facts, status=HTTPStatus.CREATED if is_new else HTTPStatus.OK)


def _refused(request: HttpRequest, slide: Slide, refusal: ValueError) -> HttpResponse:
    if request.accepts("text/html"):
        messages.error(request, str(refusal))
        return redirect("slide", pk=slide.pk)
    body: dict[str, Any] = {"code": getattr(refusal, "code", "bad_input"), "detail": str(refusal)}
    if isinstance(refusal, annotations.Misfit):
        body["fit"] = refusal.fit.as_json()
    return JsonResponse(body, status=HTTPStatus.UNPROCESSABLE_ENTITY)
