"""One shape for every refusal of the API: {code, detail, fields?}, in plain words."""

import errno
import logging
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.exceptions import ValidationError as ModelValidationError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler as rest_answer

logger = logging.getLogger(__name__)

# Refusals for what is there already: another moment, or another row, may go well. The rest: 400.
STATUS_OF = {
    "disk_full": 507,
    "too_large": 413,
    **dict.fromkeys(
        (
            *("busy", "conflict", "in_use", "misfit", "name_taken", "not_predicted", "not_ready"),
            *(
                "no_truth",
                "no_scores",
                "no_operating_point",
                "nothing_new",
                "no_live",
                "no_gate",
                "stale_gate",
                "slide_changed",
                "slide_gone",
                "unknown_mpp",
                "weights_changed",
                "gate_refused",
                "gate_undecided",
            ),
            *(
                "already_decided",
                "already_signed",
                "changed_elsewhere",
                "decide_first",
                "file_changed",
                "left_open",
            ),
            *("not_open", "not_signed", "nothing_to_undo", "other_reading", "taken", "withdrawn"),
        ),
        409,
    ),
    "bad_region": 422,
    "no_finding": 404,
    **dict.fromkeys(("not_yours", "removed"), 403),
}
WORDS = {
    404: ("not_found", "There is nothing at this address."),
    403: ("permission_denied", "Your account has no role that allows this. Ask an admin."),
    400: ("bad_request", "This request cannot be understood."),
    500: ("unexpected", "Something went wrong here. The administrator's log has the details."),
}


def answer(error: Exception, context: dict[str, Any]) -> Response:
    """Turn what a view raised into an answer in the one shape. Never a traceback."""
    if isinstance(error, ProtectedError | RestrictedError):
        return _refusal(409, "in_use", "Other rows need this one. Delete those first.")
    if isinstance(error, RequestDataTooBig):
        return _too_large(context["request"])
    if isinstance(error, ModelValidationError):
        error = exceptions.ValidationError(error.messages)
    if isinstance(error, ValueError) and not isinstance(error, UnicodeError):
        return _value_refusal(error)
    response = rest_answer(error, context)
    if response is None:
        return _unexpected(error)
    response.data = _body(error, response)
    return response


def _value_refusal(error: ValueError) -> Response:
    """A rule of the house said no: its code, its words."""
    code = str(getattr(error, "code", "bad_input"))
    return _refusal(STATUS_OF.get(code, 400), code, str(error))


def _too_large(request: HttpRequest) -> Response:
    came = int(request.META.get("CONTENT_LENGTH") or 0) / 2**20
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20
    words = f"The request has {came:.0f} MB; the limit is {limit} MB. Send less at once."
    return _refusal(413, "too_large", words)


def _unexpected(error: Exception) -> Response:
    if isinstance(error, UnicodeError | RecursionError):  # JSON nested without end
        return _refusal(400, *WORDS[400])
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return _refusal(507, "disk_full", "The disk is full. Ask an admin to make room.")
    logger.error("The API failed", exc_info=error)
    return _refusal(500, *WORDS[500])


def _refusal(status: int, code: str, detail: str) -> Response:
    return Response({"code": code, "detail": detail}, status=status)


def _body(error: Exception, response: Response) -> dict[str, Any]:
    if isinstance(error, exceptions.ValidationError):
        return _invalid_body(error.detail)
    if isinstance(error, Http404):
        return dict(zip(("code", "detail"), WORDS[404], strict=True))
    if isinstance(error, PermissionDenied):
        return {"code": "permission_denied", "detail": str(error) or WORDS[403][1]}
    detail = getattr(error, "detail", HTTPStatus(response.status_code).phrase)
    return {"code": getattr(detail, "code", "refused"), "detail": str(detail)}


def _invalid_body(detail: Any) -> dict[str, Any]:
    """Field errors by field; errors of the whole under non_field_errors."""
    fields = detail if isinstance(detail, dict) else {"non_field_errors": detail}
    words = "; ".join(f"{name}: {_first(errors)}" for name, errors in fields.items())
    return {"code": "invalid", "detail": words, "fields": fields}


def _first(errors: Any) -> str:
    """The first message in a nest of field errors."""
    while isinstance(errors, dict | list) and errors:
        errors = next(iter(errors.values())) if isinstance(errors, dict) else errors[0]
    return str(errors)


# Faults before a view is reached: the API's callers get JSON, people get pages. -------


def _before_view(request: HttpRequest, status: int, page: Any, *args: Any) -> HttpResponse:
    if not request.path.startswith("/api/"):
        return page(request, *args)
    code, detail = WORDS[status]
    return JsonResponse({"code": code, "detail": detail}, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _before_view(request, 400, defaults.bad_request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _before_view(request, 403, defaults.permission_denied, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _before_view(request, 404, defaults.page_not_found, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _before_view(request, 500, defaults.server_error)
