"""The history of a slide's drawing over HTTP: revisions, differences, what was deleted."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from slides import history, revisions
from slides.drawing_serializers import (
    DifferenceSerializer,
    EntrySerializer,
    FeaturesSerializer,
    StandingSerializer,
)
from slides.models import Slide
from slides.roles import AnnotatorPermission
from slides.serializers import AnnotationSerializer

REVISION = r"revisions/(?P<revision>\d{1,9})"


class HistoryViewSet(viewsets.GenericViewSet):
    """How a slide's truth came about. Nothing is ever taken out of it."""

    queryset = Slide.objects.all()
    permission_classes = [AnnotatorPermission]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    @extend_schema(responses=EntrySerializer(many=True))
    @action(detail=True, url_path="revisions", url_name="list")
    def revisions(self, request: Request, pk: str) -> Response:
        """Every revision, the newest first: who, when, and how it changed the one before."""
        return Response(EntrySerializer(history.entries(self.get_object()), many=True).data)

    @extend_schema(responses=FeaturesSerializer)
    @action(detail=True, url_path=f"{REVISION}/features", url_name="features")
    def features(self, request: Request, pk: str, revision: str) -> Response:
        """The regions of a revision, each with its id."""
        features = history.features_of(history.revision_of(self.get_object(), int(revision)))
        return Response(FeaturesSerializer({"features": features.values()}).data)

    @extend_schema(responses=DifferenceSerializer)
    @action(detail=True, url_path=rf"{REVISION}/against/(?P<other>\d{{1,9}})", url_name="against")
    def against(self, request: Request, pk: str, revision: str, other: str) -> Response:
        """What a revision covers that another does not (gained), and the other way (lost).

        Against 0: against nothing.
        """
        return Response(history.difference(self.get_object(), int(revision), int(other)))

    @extend_schema(
        request=None,
        responses={
            201: AnnotationSerializer,
            200: OpenApiResponse(AnnotationSerializer, description="It says the same already"),
        },
    )
    @action(detail=True, methods=["post"], url_path=f"{REVISION}/restore", url_name="restore")
    def restore(self, request: Request, pk: str, revision: str) -> Response:
        """Make a revision the latest again, as one more revision."""
        slide = self.get_object()
        wanted = history.revision_of(slide, int(revision))
        made, is_new = revisions.restore(slide=slide, revision=wanted, author=request.user)
        body = AnnotationSerializer(made, context=self.get_serializer_context()).data
        return Response(body, status=201 if is_new else 200)

    @extend_schema(responses=StandingSerializer(many=True))
    @action(detail=True, url_path="drawing/deleted", url_name="deleted")
    def deleted(self, request: Request, pk: str) -> Response:
        """Regions deleted within 30 days as they were; send one in an edit to have it back."""
        return Response(StandingSerializer(history.deleted(self.get_object()), many=True).data)
