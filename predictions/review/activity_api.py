"""Reading time over HTTP: pages tell for how long their reader was active."""

from typing import Any

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import activity
from predictions.review.models import Review, Sitting
from slides.api import valid
from slides.models import Slide
from slides.roles import AnnotatorPermission
from slides.serializers import FiniteFloatField


class ActivitySerializer(serializers.Serializer):
    """How long the reader moved, pressed or scrolled since the page told last."""

    seconds = FiniteFloatField(min_value=0, help_text="At most the time since then is counted")


class CountedSerializer(serializers.Serializer):
    """The sitting as it stands."""

    sitting = serializers.IntegerField(allow_null=True, help_text="Empty: nothing was left to add")
    active_seconds = serializers.FloatField(help_text="Of the sitting")


class ActivityViewSet(viewsets.GenericViewSet):
    """Active seconds of whoever asks; nobody adds to another's."""

    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None
    serializer_class = ActivitySerializer


class SlideActivityViewSet(ActivityViewSet):
    queryset = Slide.objects.ready()

    @extend_schema(request=ActivitySerializer, responses=CountedSerializer)
    @action(detail=True, methods=["post"], url_path="activity", url_name="note")
    def note(self, request: Request, pk: str) -> Response:
        """Say that you were active on a slide, outside a review."""
        seconds = valid(ActivitySerializer, request)["seconds"]
        slide = get_object_or_404(Slide.objects.ready(), pk=pk)
        return _told(activity.note(slide=slide, reader=request.user, seconds=seconds))


class ReviewActivityViewSet(ActivityViewSet):
    queryset = Review.objects.select_related("slide")

    @extend_schema(request=ActivitySerializer, responses=CountedSerializer)
    @action(detail=True, methods=["post"], url_path="activity", url_name="note")
    def note(self, request: Request, pk: str) -> Response:
        """Say that you were active on your own review; once signed, on its slide alone."""
        review = Review.objects.select_related("slide").filter(pk=pk, reader=request.user).first()
        if review is None:
            raise Http404
        seconds = valid(ActivitySerializer, request)["seconds"]
        return _told(
            activity.note(slide=review.slide, reader=request.user, review=review, seconds=seconds)
        )


def _told(sitting: Sitting | None) -> Response:
    told = {
        "sitting": sitting.pk if sitting else None,
        "active_seconds": sitting.active_seconds if sitting else 0.0,
    }
    return Response(CountedSerializer(told).data)
