"""What two versions of a report differ in, over HTTP."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from predictions import release_exports
from predictions.release_serializers import (
    ChangeSerializer,
    ChangeTermsSerializer,
    PairSerializer,
)
from slides.api import valid

CSV = {(200, "text/csv"): OpenApiTypes.STR}


class ReleaseActions(GenericViewSet):
    """Pairs of a report's versions, and lesions and false findings that change hands."""

    @extend_schema(responses=PairSerializer(many=True))
    @action(detail=True)
    def pairs(self, request: Request, pk: str) -> Response:
        """Each version against the first: words, figures with n and interval, McNemar's tests."""
        page = self.paginate_queryset(self.get_object().results.get("pairs", []))
        return self.get_paginated_response(PairSerializer(page, many=True).data)

    @extend_schema(parameters=[ChangeTermsSerializer], responses=ChangeSerializer(many=True))
    @action(detail=True)
    def changes(self, request: Request, pk: str) -> Response:
        """Every lesion and false finding that one version has and the other has not."""
        terms = valid(ChangeTermsSerializer, request, request.query_params)
        every = self.get_object().results.get("changes", [])
        page = self.paginate_queryset([one for one in every if _is_meant(one, terms)])
        return self.get_paginated_response(ChangeSerializer(page, many=True).data)

    @extend_schema(responses=CSV)
    @action(detail=True, url_path=r"pairs\.csv", url_name="pairs-csv")
    def pairs_csv(self, request: Request, pk: str) -> HttpResponse:
        """Every figure of every pair, unrounded."""
        return _csv(release_exports.pairs_csv(self.get_object()))

    @extend_schema(responses=CSV)
    @action(detail=True, url_path=r"changes\.csv", url_name="changes-csv")
    def changes_csv(self, request: Request, pk: str) -> HttpResponse:
        """Every lesion and false finding that changed hands, one a row."""
        return _csv(release_exports.changes_csv(self.get_object()))


def _csv(text: str) -> HttpResponse:
    return HttpResponse(text, "text/csv; charset=utf-8")


def _is_meant(change: dict[str, Any], terms: dict[str, Any]) -> bool:
    if terms.get("against", change["pair"][1]) != change["pair"][1]:
        return False
    asked = {
        name: terms[name] for name in ("slide", "kind", "change", "size_class") if name in terms
    }
    return all(change[name] == wanted for name, wanted in asked.items())
