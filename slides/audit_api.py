"""The audit log over HTTP: to read, and to have its chain walked. For admins."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from slides import audit
from slides.api import ReadViewSet
from slides.models import AuditEvent
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
    filterset_fields = ["action", "actor", "subject_type", "subject_id"]
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
