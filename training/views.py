"""Pages of model versions."""

import json
from http import HTTPStatus
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from slides.roles import admin_required
from training import versions
from training.models import ModelVersion

PER_PAGE = 50


def _page(request: HttpRequest, rows: Any) -> Any:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


# Versions ------------------------------------------------------------------


@require_POST
@admin_required
def version_display(request: HttpRequest, pk: int) -> JsonResponse:
    """Make the look in the body (JSON) the default of the version's readings."""
    row = get_object_or_404(ModelVersion, pk=pk)
    try:
        versions.set_display(row, json.loads(request.body))
    except ValueError as refusal:  # also of what is no JSON
        body = {"code": "bad_display", "detail": str(refusal)}
        return JsonResponse(body, status=HTTPStatus.BAD_REQUEST)
    return JsonResponse({"display": row.display})
