"""The API's schema and the page that draws it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from drf_spectacular.views import SpectacularAPIView
from rest_framework.negotiation import DefaultContentNegotiation

from slides.roles import ReaderPermission, reader_required


class SchemaView(SpectacularAPIView):
    """The API in OpenAPI 3 words."""

    permission_classes = [ReaderPermission]
    content_negotiation_class = DefaultContentNegotiation


@require_safe
@reader_required
def docs(request: HttpRequest) -> HttpResponse:
    return render(request, "api/docs.html")


def add_refusals(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Say in the schema what every operation may answer besides success."""
    schemas = result["components"]["schemas"]
    schemas["Refusal"] = {
        "type": "object",
        "description": "Why something was not done. code is for scripts, detail for people.",
        "required": ["code", "detail"],
        "properties": {
            "code": {"type": "string"},
            "detail": {"type": "string"},
            "fields": {"type": "object", "additionalProperties": {}},
        },
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {"content": content, "description": "Refused"}
    return result
