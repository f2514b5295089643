"""The worksheet of a patient over HTTP, addressed by any of the patient's slides."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.parsers import FormParser, JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import worksheets
from predictions.review.worksheet_serializers import TakeStageSerializer, WorksheetSerializer
from slides.api import valid
from slides.models import Slide
from slides.roles import AnnotatorPermission


class WorksheetViewSet(viewsets.GenericViewSet):
    """What was signed of a patient's slides, as far as you may see it, and the stage taken."""

    queryset = Slide.objects.order_by("pk")
    serializer_class = WorksheetSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser, FormParser]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    def retrieve(self, request: Request, pk: str) -> Response:
        """The worksheet of the patient of this slide."""
        sheet = worksheets.worksheet_of(self.get_object(), request.user)
        return Response(worksheets.with_taken(sheet))

    @extend_schema(request=TakeStageSerializer, responses={201: WorksheetSerializer})
    @action(detail=True, methods=["post"])
    def stage(self, request: Request, pk: str) -> Response:
        """Take a stage for the patient; whatever was taken before stays in the list."""
        slide, said = self.get_object(), valid(TakeStageSerializer, request)
        worksheets.take_stage(slide=slide, by=request.user, **said)
        sheet = worksheets.worksheet_of(slide, request.user)
        return Response(worksheets.with_taken(sheet), status=201)
