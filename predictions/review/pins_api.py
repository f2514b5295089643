"""Pins on slides over HTTP: read, set, answered, settled, taken back."""

import uuid
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import mixins, serializers, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.review import pins
from predictions.review.models import Pin, Remark, Review
from predictions.review.visibility import visible_pins, visible_remarks
from slides.api import valid
from slides.models import Slide
from slides.roles import AnnotatorPermission
from slides.serializers import FiniteFloatField

AN_ID = "5b8f6f0e-3c1d-4a57-9a0e-2f4a3a6f0c11"


class RemarkSerializer(serializers.ModelSerializer):
    """What was said at a pin. Of what was taken back, nothing but that it was."""

    author = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    is_own = serializers.SerializerMethodField()
    is_withdrawn = serializers.SerializerMethodField()

    class Meta:
        model = Remark
        fields = ["id", "author", "kind", "text", "at", "is_own", "is_withdrawn"]

    def get_author(self, remark: Remark) -> str:
        return remark.author.get_full_name() or remark.author.get_username()

    def get_text(self, remark: Remark) -> str:
        return "" if self.get_is_withdrawn(remark) else remark.text

    def get_is_own(self, remark: Remark) -> bool:
        return remark.author_id == self.context["request"].user.pk

    def get_is_withdrawn(self, remark: Remark) -> bool:
        return remark.pk in self.context["withdrawn"]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A pin with an answer",
            response_only=True,
            value={
                "id": 7,
                "key": AN_ID,
                "slide": 12,
                "x_l0": 20480.0,
                "y_l0": 9216.0,
                "author": "Bea Berg",
                "is_own": False,
                "is_public": False,
                "is_resolved": False,
                "is_gone": False,
                "created_at": "2026-11-30T09:12:00Z",
                "remarks": [
                    {
                        "id": 31,
                        "author": "Bea Berg",
                        "kind": "said",
                        "text": "Sinus histiocytes?",
                        "at": "2026-11-30T09:12:00Z",
                        "is_own": False,
                        "is_withdrawn": False,
                    }
                ],
            },
        )
    ]
)
class PinSerializer(serializers.ModelSerializer):
    """A pin with all that was said at it that you may see."""

    author = serializers.SerializerMethodField()
    is_own = serializers.SerializerMethodField()
    is_resolved = serializers.SerializerMethodField()
    is_gone = serializers.SerializerMethodField(
        help_text="All that was said at it was taken back: pages do not show it"
    )
    remarks = serializers.SerializerMethodField()

    class Meta:
        model = Pin
        fields = [
            *("id", "key", "slide", "x_l0", "y_l0", "author", "is_own", "is_public"),
            *("is_resolved", "is_gone", "created_at", "remarks"),
        ]

    def get_author(self, pin: Pin) -> str:
        return pin.author.get_full_name() or pin.author.get_username()

    def get_is_own(self, pin: Pin) -> bool:
        return pin.author_id == self.context["request"].user.pk

    def get_is_resolved(self, pin: Pin) -> bool:
        return pins.standing_of(pin.told).is_resolved

    def get_is_gone(self, pin: Pin) -> bool:
        return pins.standing_of(pin.told).is_gone

    def get_remarks(self, pin: Pin) -> list[dict[str, Any]]:
        context = self.context | {"withdrawn": pins.standing_of(pin.told).withdrawn}
        shown = [one for one in pin.told if one.kind != pins.WITHDRAWN]
        return RemarkSerializer(shown, many=True, context=context).data


class NewPinSerializer(serializers.Serializer):
    """A pin to set, with the first thing that is said at it."""

    slide = serializers.PrimaryKeyRelatedField(queryset=Slide.objects.ready())
    review = serializers.IntegerField(required=False, allow_null=True, help_text="It is set in")
    x_l0 = FiniteFloatField()
    y_l0 = FiniteFloatField()
    text = serializers.CharField(max_length=2000)
    key = serializers.UUIDField(default=uuid.uuid4, help_text="Yours: it is kept once")
    is_public = serializers.BooleanField(
        default=False, help_text="An admin's: all readers of a blinded study see it"
    )


class NewRemarkSerializer(serializers.Serializer):
    """Something to say at a pin: an answer, or that it is settled, open again, taken back."""

    kind = serializers.ChoiceField(choices=Remark.Kind.choices, default=Remark.Kind.SAID)
    text = serializers.CharField(max_length=2000, default="", allow_blank=True)
    answers = serializers.IntegerField(
        required=False, allow_null=True, help_text="The remark that is taken back"
    )
    key = serializers.UUIDField(default=uuid.uuid4, help_text="Yours: it is kept once")


class PinViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Places on slides that people talk about."""

    queryset = Pin.objects.all()
    serializer_class = PinSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filterset_fields = ["slide"]

    def get_queryset(self) -> QuerySet[Pin]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        user = self.request.user
        told = visible_remarks(user).select_related("author").order_by("pk")
        rows = visible_pins(user).select_related("author").order_by("pk")
        return rows.prefetch_related(Prefetch("remarks", queryset=told, to_attr="told"))

    @extend_schema(request=NewPinSerializer, responses={201: PinSerializer})
    def create(self, request: Request) -> Response:
        """Set a pin. The same key again gives the pin there is."""
        wanted = valid(NewPinSerializer, request)
        at = pins.Place(
            slide=wanted["slide"],
            x_l0=wanted["x_l0"],
            y_l0=wanted["y_l0"],
            review=self._review(wanted),
            is_public=wanted["is_public"],
        )
        pin = pins.place(at=at, author=request.user, text=wanted["text"], key=wanted["key"])
        return self._answer(pin.pk, status=201)

    @extend_schema(request=NewRemarkSerializer, responses={201: PinSerializer})
    @action(detail=True, methods=["post"], url_path="remarks", url_name="say")
    def say(self, request: Request, pk: str) -> Response:
        """Answer, settle, open again, or take back what you said."""
        pin = self.get_object()
        wanted = valid(NewRemarkSerializer, request)
        answered = wanted.pop("answers", None)
        remark = pin.remarks.filter(pk=answered).first() if answered else None
        pins.say(pin=pin, author=request.user, answers=remark, **wanted)
        return self._answer(pin.pk, status=201)

    def _review(self, wanted: dict[str, Any]) -> Review | None:
        """One's own review, in whose study's rules the pin then stands."""
        pk = wanted.get("review")
        if pk is None:
            return None
        own = Review.objects.select_related("item__study").filter(reader=self.request.user)
        return get_object_or_404(own, pk=pk, slide=wanted["slide"])

    def _answer(self, pk: int, status: int) -> Response:
        pin = self.get_queryset().filter(pk=pk).first()
        if pin is None:
            raise Http404
        return Response(self.get_serializer(pin).data, status=status)
