"""Imports, cards, bundles and ONNX files of versions as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.serializers import JOB_FIELDS, LINKS, JobSerializer, link
from training import cards
from training.models import OnnxExport, VersionImport

STAGE_MOVES = ["archive", "restore"]  # named, so that the schema can name them too


class CardTextsSerializer(serializers.Serializer):
    """Texts of a card. Those left out stay as they are; what they said is kept in the log."""

    intended_use = serializers.CharField(
        required=False, allow_blank=True, max_length=cards.LONGEST_TEXT
    )
    limits = serializers.CharField(required=False, allow_blank=True, max_length=cards.LONGEST_TEXT)
    stains = serializers.CharField(required=False, allow_blank=True, max_length=cards.LONGEST_TEXT)
    notes = serializers.CharField(required=False, allow_blank=True, max_length=cards.LONGEST_TEXT)


class CardSerializer(serializers.Serializer):
    """A version's card: what it is for, what it learnt from, figures by subgroup, limits."""

    format = serializers.CharField()
    version = serializers.DictField()
    validation = serializers.DictField()
    texts = CardTextsSerializer()
    data = serializers.DictField()
    evaluations = serializers.DictField()
    promotions = serializers.ListField(child=serializers.DictField())


class BundleSerializer(serializers.Serializer):
    """A bundle that was made, and the checksum its receiver must be told."""

    sha256 = serializers.CharField()
    bytes = serializers.IntegerField()
    filename = serializers.CharField()


class StageChangeSerializer(serializers.Serializer):
    """archive: put a candidate aside. restore: make an archived version a candidate again."""

    to = serializers.ChoiceField(choices=STAGE_MOVES)


class OnnxSerializer(JobSerializer):
    """A version as ONNX: takes "rgb", (n, patch_px, patch_px, 3) float32 in 0..255."""

    class Meta:
        model = OnnxExport
        fields = [
            "id", "version", "file_sha256", "bytes", "largest_difference", "created_at",
            *JOB_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields


class VersionImportSerializer(JobSerializer):
    """A bundle on its way to be a version."""

    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = VersionImport
        fields = [
            "id", "filename", "bytes", "sha256", "version_name", "version", "created_by",
            "created_at", *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, row: VersionImport) -> dict[str, str]:
        return {"page": link(self, "version-import", row.pk)}


class NewImportSerializer(serializers.Serializer):
    """A bundle with the SHA-256 that its sender told by another way."""

    file = serializers.FileField()
    sha256 = serializers.CharField(max_length=80)
    version_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
