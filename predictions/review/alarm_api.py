"""Alarms and looking back over HTTP."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, viewsets
from rest_framework.decorators import action
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from predictions.gating import require_live
from predictions.review import alarm_pages, alarms, looking_back, tasks
from predictions.review.alarm_serializers import (
    AlarmAnswerSerializer,
    AlarmSerializer,
    LookBackSerializer,
    NewLookBackSerializer,
)
from predictions.review.models import Alarm, LookBack
from slides.api import JobViewSet, valid
from slides.roles import AnnotatorPermission


class AlarmFilter(filters.FilterSet):
    is_open = filters.BooleanFilter("answer", method="open_or_answered")
    slide = filters.NumberFilter("review__slide")
    reader = filters.CharFilter("review__reader__username")
    study = filters.NumberFilter("review__item__study")

    class Meta:
        model = Alarm
        fields = ["kind", "review", "look_back", "answer"]

    def open_or_answered(self, rows: QuerySet, name: str, value: bool) -> QuerySet:
        return rows.filter(answer="") if value else rows.exclude(answer="")


class AlarmViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, viewsets.GenericViewSet):
    """Signed reviews that something speaks against, as far as you may see them."""

    queryset = Alarm.objects.all()
    serializer_class = AlarmSerializer
    permission_classes = [AnnotatorPermission]
    parser_classes = [JSONParser]
    lookup_value_regex = r"\d+"
    filterset_class = AlarmFilter
    ordering_fields = ["id", "opened_at", "answered_at"]

    def get_queryset(self) -> QuerySet[Alarm]:
        if getattr(self, "swagger_fake_view", False):
            return self.queryset
        rows = alarms.visible_alarms(self.request.user).select_related(*alarm_pages.KIN)
        return rows.order_by("-opened_at", "-pk")

    @extend_schema(request=AlarmAnswerSerializer, responses=AlarmSerializer)
    @action(detail=True, methods=["post"])
    def answer(self, request: Request, pk: str) -> Response:
        """Say that the review stands and why, or begin the one that takes its place."""
        alarm, said = self.get_object(), valid(AlarmAnswerSerializer, request)
        act: Any = alarms.supersede if said["answer"] == Alarm.Answer.SUPERSEDED else alarms.answer
        act(alarm, by=request.user, text=said["text"])
        row = self.get_queryset().get(pk=alarm.pk)
        return Response(self.get_serializer(row).data)


class LookBackViewSet(JobViewSet):
    """Versions that read again what was signed as negative. A promotion starts one by itself."""

    queryset = LookBack.objects.select_related("version", "created_by").order_by("-pk")
    serializer_class = LookBackSerializer
    filterset_fields = ["version", "status"]
    ordering_fields = ["id", "created_at"]
    nudge = staticmethod(tasks.look_back.delay_on_commit)

    @extend_schema(request=NewLookBackSerializer, responses={201: LookBackSerializer})
    def create(self, request: Request) -> Response:
        """Have a version look back, the live one unless another is named."""
        version = valid(NewLookBackSerializer, request).get("version") or require_live()
        row = looking_back.request_look_back(version, by=request.user)
        if row.status == LookBack.Status.QUEUED:
            self.nudge(row.pk)
        return self.answer(row.pk, 201)
