"""The tus 1.0 server: creation, termination, expiration, checksum. See https://tus.io.

Answers to refusals are one line of plain text, which the upload page shows as it is.
"""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils.http import http_date
from django.utils.timezone import now
from django.views.decorators.http import require_http_methods

from slides import tasks, uploads
from slides.jobs import Reason
from slides.models import Upload
from slides.roles import is_admin

VERSION = "1.0.0"
CHECKSUM_MISMATCH = 460
STATUS_OF = {
    "locked": 423,
    "conflict": 409,
    "gone": 410,
    "too_long": 413,
    "too_large": 413,
    "disk_full": 507,
    "checksum": CHECKSUM_MISMATCH,
}
View = Callable[..., HttpResponse]


class Refusal(Exception):
    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


def tus(view: View) -> View:
    """Speak tus: its version on every answer, refusals as status and words, admins only."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            _require_admin(request)
            if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
                raise Refusal(412, f"This server speaks tus {VERSION}; say so in Tus-Resumable.")
            response = view(request, *args, **kwargs)
        except Refusal as refusal:
            response = _plain(refusal.status, str(refusal))
        except Reason as reason:
            response = _plain(STATUS_OF.get(reason.code, 400), str(reason))
        except UnreadablePostError:
            response = _plain(400, "The connection broke off; what arrived is kept.")
        response["Tus-Resumable"] = response["Tus-Version"] = VERSION
        response["Cache-Control"] = "no-store"
        return response

    return answered


def _plain(status: int, words: str) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def _require_admin(request: HttpRequest) -> None:
    if not request.user.is_authenticated:
        raise Refusal(401, "Your session has ended; sign in again, then send the file again.")
    if not is_admin(request.user):
        raise Refusal(403, "Only an admin may add slides. Ask one of yours.")


@require_http_methods(["OPTIONS", "POST"])
@tus
def upload_create(request: HttpRequest) -> HttpResponse:
    if request.method == "OPTIONS":
        response = HttpResponse(status=204)
        response["Tus-Extension"] = "creation,termination,expiration,checksum"
        response["Tus-Checksum-Algorithm"] = ",".join(uploads.CHECKSUMS)
        response["Tus-Max-Size"] = str(uploads.MAX_BYTES)
        return response
    size = _whole_number(request, "Upload-Length")
    said = metadata_of(request.headers.get("Upload-Metadata", ""))
    upload = uploads.begin(owner=request.user, size=size, said=said)
    response = _standing(upload, status=201)
    response["Location"] = request.build_absolute_uri(reverse("upload", args=[upload.pk]))
    return response


@require_http_methods(["OPTIONS", "HEAD", "PATCH", "DELETE"])
@tus
def upload(request: HttpRequest, uuid: UUID) -> HttpResponse:
    if request.method == "OPTIONS":
        return HttpResponse(status=204)
    row = _own_upload(request, uuid)
    if request.method == "DELETE":
        uploads.discard(row)
        return HttpResponse(status=204)
    if request.method == "PATCH":
        _receive(request, row)
        return _standing(row, status=204)
    response = _standing(row, status=200)
    response["Upload-Length"] = str(row.size)
    return response


def _own_upload(request: HttpRequest, uuid: UUID) -> Upload:
    row = Upload.objects.filter(pk=uuid, owner=request.user).select_related("slide").first()
    if row is None:
        raise Refusal(404, "There is no such upload of yours; begin again.")
    if row.expires_at < now():
        raise Refusal(410, "This upload was not finished in time; begin again.")
    return row


def _receive(request: HttpRequest, row: Upload) -> None:
    if request.content_type != "application/offset+octet-stream":
        raise Refusal(415, "Send parts as application/offset+octet-stream.")
    offset = _whole_number(request, "Upload-Offset")
    if not request.headers.get("Content-Length"):
        # The server below shows none of such a body: an answer would say that it was empty.
        raise Refusal(411, "Say in Content-Length how long the part is; send it unchunked.")
    if offset + _whole_number(request, "Content-Length") > row.size:
        raise Refusal(413, f"The file was announced with {row.size} bytes.")
    if row.slide is not None and offset == row.size:
        return
    uploads.receive(row, request, offset=offset, checksum=_checksum_of(request))


def _standing(row: Upload, *, status: int) -> HttpResponse:
    """Where an upload stands; if it is complete, its slide's id, and the intake is set going."""
    slide, is_new = uploads.finish(row)
    if slide is not None and is_new:
        tasks.ingest_slide.delay_on_commit(slide.pk)
    response = HttpResponse(status=status)
    response["Upload-Offset"] = str(row.offset)
    response["Upload-Expires"] = http_date(row.expires_at.timestamp())
    if slide is not None:
        response["Slide-Id"] = str(slide.pk)
    return response


def _whole_number(request: HttpRequest, header: str) -> int:
    value = request.headers.get(header, "")
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        raise Refusal(400, f"The header {header} must be a whole number, not {value[:40]!r}.")
    return int(value)


def metadata_of(header: str) -> dict[str, str]:
    """The pairs of an Upload-Metadata header: `key base64,key base64`."""
    said = {}
    for pair in filter(None, (part.strip() for part in header.split(","))):
        key, _, value = pair.partition(" ")
        try:
            said[key] = base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refusal(400, f"Upload-Metadata: {key[:40]} is not base64 of UTF-8.") from error
    return said


def _checksum_of(request: HttpRequest) -> tuple[str, str] | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm not in uploads.CHECKSUMS:
        raise Refusal(400, f"Checksums may be {' or '.join(uploads.CHECKSUMS)}.")
    try:
        return algorithm, base64.b64decode(value, validate=True).hex()
    except binascii.Error as error:
        raise Refusal(400, "Upload-Checksum is not base64.") from error
