"""A version of a report at every threshold, and choosing one, over HTTP."""

import numpy as np
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from predictions import cockpit_choice, cockpit_exports
from predictions.cockpit import Cockpit, cockpit_of
from predictions.cockpit_choice import Wish
from predictions.cockpit_serializers import (
    ChooseSerializer,
    ThresholdSerializer,
    ThresholdTermsSerializer,
)
from predictions.models import Report
from predictions.operating_points import ReviewTime
from slides.api import valid
from training.serializers import VersionSerializer

CSV = {(200, "text/csv"): OpenApiTypes.STR}


class CockpitActions(GenericViewSet):
    """What the versions of a report find, miss and cost at every threshold."""

    @extend_schema(parameters=[ThresholdTermsSerializer], responses=ThresholdSerializer(many=True))
    @action(detail=True)
    def thresholds(self, request: Request, pk: str) -> Response:
        """Every threshold at which something changes, the highest first."""
        cockpit, review = _look(self.get_object(), request)
        cuts = self.paginate_queryset(cockpit.thresholds().tolist())
        rows = cockpit.table(review, cuts=np.array(cuts))
        return self.get_paginated_response(ThresholdSerializer(rows, many=True).data)

    @extend_schema(parameters=[ThresholdTermsSerializer], responses=CSV)
    @action(detail=True, url_path=r"thresholds\.csv", url_name="thresholds-csv")
    def thresholds_csv(self, request: Request, pk: str) -> HttpResponse:
        """The same, one row a threshold, unrounded."""
        text = cockpit_exports.csv_of(*_look(self.get_object(), request))
        return HttpResponse(text, "text/csv; charset=utf-8")

    @extend_schema(request=ChooseSerializer, responses={201: VersionSerializer})
    @action(detail=True, methods=["post"])
    def choose(self, request: Request, pk: str) -> Response:
        """Make a candidate of the same weights with another threshold, chosen on these slides."""
        given = valid(ChooseSerializer, request)
        wish = Wish(
            threshold=given["threshold"],
            reason=given["reason"],
            version=given.get("version"),
            basis=given.get("slides", ""),
            despite=given["despite"],
            name=given["name"].strip(),
        )
        new = cockpit_choice.choose(self.get_object(), wish, by=request.user)
        context = self.get_serializer_context()
        return Response(VersionSerializer(new, context=context).data, status=201)


def _look(report: Report, request: Request) -> tuple[Cockpit, ReviewTime]:
    terms = valid(ThresholdTermsSerializer, request, request.query_params)
    review = ReviewTime(terms["seconds_per_slide"], terms["seconds_per_finding"])
    return cockpit_of(report, terms.get("version"), terms.get("slides", "")), review
