"""The decision before the model is shown, over HTTP."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import deciding
from predictions.review.models import Conclusion, Review
from predictions.review.review_serializers import ReviewFindingsSerializer
from predictions.review.visibility import visible_reviews
from slides.api import valid
from slides.roles import AnnotatorPermission
from slides.serializers import FiniteFloatField

KIN = ("item__study", "slide", "prediction__version", "reader", "annotation", "superseded_by")


class DecisionSerializer(serializers.Serializer):
    """What a reader says before the findings are shown."""

    conclusion = serializers.ChoiceField(
        choices=Conclusion.choices,
        allow_blank=True,
        required=False,
        default="",
        help_text="Left out where the slide was said not to be adequate",
    )
    seconds = FiniteFloatField(
        min_value=0, required=False, default=0.0, help_text="Active ones that were not told yet"
    )


class DecidingViewSet(viewsets.GenericViewSet):
    """Reviews of studies that ask for a decision first."""

    queryset = Review.objects.all()
    serializer_class = DecisionSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filter_backends: list[Any] = []
    pagination_class = None

    def get_queryset(self) -> QuerySet[Review]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        return visible_reviews(self.request.user).select_related(*KIN)

    @extend_schema(request=DecisionSerializer, responses=ReviewFindingsSerializer)
    @action(detail=True, methods=["post"], url_path="unaided", url_name="decide")
    def decide(self, request: Request, pk: str) -> Response:
        """Decide without the model; the answer is the review with its findings. It is final."""
        wanted = valid(DecisionSerializer, request)
        deciding.decide_unaided(review=self.get_object(), by=request.user, **wanted)
        context = self.get_serializer_context()
        return Response(ReviewFindingsSerializer(self.get_object(), context=context).data)
