"""Findings of the slides on a reader's list over HTTP, as the wall shows them."""

from typing import Any

from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_serializer,
)
from rest_framework import serializers, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review.models import Candidate
from predictions.review.review_serializers import FINDING_STATES
from predictions.review.wall import GROUPS, JUDGED, SORTS, Wall, on_the_wall, tiles_of
from predictions.review.work_api import FILTERS
from predictions.review.work_filters import Filters, scope_of
from slides.roles import AnnotatorPermission
from slides.serializers import link

A_TILE = {
    "id": 901, "work": 41, "review": None, "slide": 12, "slide_name": "tumor_012",
    "patient": "patient_004", "prediction": 31, "version": "baseline-2", "finding": "c1",
    "number": 1, "state": "open", "because": "", "last": 0, "confidence": 0.98,
    "uncertainty": 0.04, "disagreement": 0.1, "diameter_um": 410.0, "uncertainty_um": 145.0,
    "size_class": "micro", "x_l0": 20480.0, "y_l0": 10240.0,
    "box_l0": [19900.0, 9900.0, 21100.0, 11000.0],
    "crop": "https://example.org/review/wall/901.jpg",
}  # fmt: skip


@extend_schema_serializer(examples=[OpenApiExample("To be judged", A_TILE, response_only=True)])
class CandidateSerializer(serializers.Serializer):
    """A finding to be judged: begin its `work`, then give the review a verdict on `finding`."""

    id = serializers.IntegerField(source="candidate.pk")
    work = serializers.IntegerField(source="item.pk")
    review = serializers.IntegerField(allow_null=True, help_text="Null: not begun")
    slide = serializers.IntegerField(source="item.slide_id")
    slide_name = serializers.CharField(source="item.name")
    patient = serializers.CharField(source="item.patient")
    prediction = serializers.IntegerField(source="candidate.prediction_id")
    version = serializers.CharField(source="candidate.prediction.version.name")
    finding = serializers.CharField(source="finding.key")
    number = serializers.IntegerField(source="finding.number")
    state = serializers.ChoiceField(choices=FINDING_STATES, source="finding.state")
    because = serializers.CharField(source="finding.because", allow_blank=True)
    last = serializers.IntegerField(source="finding.last", help_text="Send it as `after`")
    confidence = serializers.FloatField(source="candidate.confidence")
    uncertainty = serializers.FloatField(source="candidate.uncertainty")
    disagreement = serializers.FloatField(source="candidate.disagreement")
    diameter_um = serializers.FloatField(source="finding.diameter_um", allow_null=True)
    uncertainty_um = serializers.FloatField(source="finding.uncertainty_um", allow_null=True)
    size_class = serializers.CharField(source="finding.size_class", allow_blank=True)
    x_l0 = serializers.FloatField(source="candidate.x_l0")
    y_l0 = serializers.FloatField(source="candidate.y_l0")
    box_l0 = serializers.ListField(child=serializers.FloatField(), source="candidate.box_l0")
    crop = serializers.SerializerMethodField()

    def get_crop(self, tile: Any) -> str:
        return link(self, "wall-crop", tile.candidate.pk)


class CandidateViewSet(viewsets.GenericViewSet):
    """Findings of the readings that your list is reviewed by; none that a study keeps back."""

    queryset = Candidate.objects.all()
    serializer_class = CandidateSerializer
    permission_classes = [AnnotatorPermission]
    filter_backends: list[Any] = []

    @extend_schema(
        parameters=[
            *FILTERS,
            OpenApiParameter("sort", str, enum=list(SORTS), description="confidence unless told"),
            OpenApiParameter("group", str, enum=[one for one in GROUPS if one]),
            OpenApiParameter("judged", str, enum=[one for one in JUDGED if one]),
        ],
        responses=CandidateSerializer(many=True),
    )
    def list(self, request: Request) -> Response:
        """Findings in the order asked for, those still to be judged unless told otherwise."""
        scope = scope_of(request.user, Filters.of(request.query_params))
        rows = on_the_wall(scope, Wall.of(request.query_params))
        page = self.paginate_queryset(
            rows.select_related("prediction__version", "prediction__slide")
        )
        told = self.get_serializer(tiles_of(scope, page or []), many=True).data
        return self.get_paginated_response(told)
