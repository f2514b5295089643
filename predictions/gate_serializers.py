"""Gate runs and promotions as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from predictions.models import GateRun, Promotion
from slides.serializers import JOB_FIELDS, LINKS, JobSerializer, link
from training.models import ModelVersion


class GateRunSerializer(JobSerializer):
    """A version tried for going live: each question, its outcome, reason and figures."""

    version_name = serializers.CharField(source="version.name", read_only=True)
    live_name = serializers.CharField(source="live.name", read_only=True, allow_null=True)
    checks = serializers.ListField(child=serializers.DictField(), read_only=True)
    test_slides = serializers.ListField(child=serializers.DictField(), read_only=True)
    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = GateRun
        fields = [
            "id", "version", "version_name", "live", "live_name", "margin", "verdict", "checks",
            "test_slides", "test_sha256", "cohort", "created_by", "created_at", *JOB_FIELDS,
            "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, row: GateRun) -> dict[str, str]:
        return {"page": link(self, "gate-run", row.pk)}


class NewGateRunSerializer(serializers.Serializer):
    """Which version to try."""

    version = serializers.PrimaryKeyRelatedField(queryset=ModelVersion.objects.all())


class PromotionSerializer(serializers.ModelSerializer):
    """One change of the live version."""

    version_name = serializers.CharField(source="version.name", read_only=True)
    by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)

    class Meta:
        model = Promotion
        fields = [
            "id", "kind", "version", "version_name", "previous", "gate_run", "override", "by", "at",
        ]  # fmt: skip
        read_only_fields = fields


class NewPromotionSerializer(serializers.Serializer):
    """Which version to make live; override: why, where the gate could not decide."""

    version = serializers.PrimaryKeyRelatedField(queryset=ModelVersion.objects.all())
    override = serializers.CharField(required=False, allow_blank=True, max_length=2000)
