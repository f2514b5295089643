"""The audit log over HTTP: to read, and to have its chain walked. For admins."""

from typing import Any

from django.db.models import QuerySet
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from slides import audit
from slides.api import ReadViewSet
from slides.audit_filters import about
from slides.models import AuditEvent, Slide
from slides.roles import AdminPermission


class AuditEventSerializer(serializers.ModelSerializer):
    """Who did what to which row, chained to the event before by its checksum."""

    details = serializers.DictField(read_only=True)

    class Meta:
        model = AuditEvent
        fields = [
            "id", "at", "actor", "action", "subject_type", "subject_id", "subject_name",
            "details", "previous_sha256", "sha256",
        ]  # fmt: skip
        read_only_fields = fields


class AuditFilter(filters.FilterSet):
    slide = filters.NumberFilter(method="of_slide", help_text="About it, or naming it")
    patient = filters.CharFilter(method="of_patient", help_text="About any of their slides")
    since = filters.IsoDateTimeFilter("at", lookup_expr="gte")
    until = filters.IsoDateTimeFilter("at", lookup_expr="lt")

    class Meta:
        model = AuditEvent
        fields = ["action", "actor", "subject_type", "subject_id"]

    def of_slide(self, rows: QuerySet, name: str, value: Any) -> QuerySet:
        return rows.filter(about(Slide.objects.filter(pk=value)))

    def of_patient(self, rows: QuerySet, name: str, value: str) -> QuerySet:
        return rows.filter(about(Slide.objects.filter(patient=value)))


class ChainSerializer(serializers.Serializer):
    """Whether every event is as it was written; if not, the first that is not."""

    is_whole = serializers.BooleanField()
    events = serializers.IntegerField()
    broken_at = serializers.IntegerField(allow_null=True)
    newest_sha256 = serializers.CharField(
        help_text="Keep it elsewhere: it proves that nothing was cut off at the end"
    )


class AuditViewSet(ReadViewSet):
    """What was done, oldest first. Nothing of it can be changed."""

    queryset = AuditEvent.objects.order_by("pk")
    serializer_class = AuditEventSerializer
    permission_classes = [AdminPermission]
    filterset_class = AuditFilter
    ordering_fields = ["id", "at"]

    @extend_schema(responses=ChainSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def chain(self, request: Request) -> Response:
        """Walk the whole chain."""
        broken = audit.verify()
        newest = AuditEvent.objects.order_by("-pk").first()
        told = {
            "is_whole": broken is None,
            "events": AuditEvent.objects.count(),
            "broken_at": broken.pk if broken else None,
            "newest_sha256": newest.sha256 if newest else "",
        }
        return Response(ChainSerializer(told).data)
