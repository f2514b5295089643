"""Datasets as JSON."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.models import Slide
from slides.serializers import (
    JOB_FIELDS,
    LINKS,
    FiniteFloatField,
    InputSerializer,
    JobSerializer,
    link,
)
from training.models import Dataset, Mining

SETTINGS = [
    "mpp", "mpps", "patch_px", "tissue_bar", "stride", "jitter_px", "labelling", "tumour_bar",
    "centre_px", "per_slide_cap", "balance", "validation_share", "test_share", "folds", "seed",
    "parent", "minings",
]  # fmt: skip


class CautionSerializer(serializers.Serializer):
    """What is odd about a dataset: a code, what its sentence needs, and the sentence."""

    code = serializers.CharField()
    values = serializers.DictField()
    words = serializers.CharField()


class SampleSerializer(serializers.Serializer):
    """One patch of the wall; its picture is at samples/<place>/."""

    slide_id = serializers.IntegerField()
    x_l0 = serializers.IntegerField()
    y_l0 = serializers.IntegerField()
    mpp = serializers.FloatField()
    label = serializers.IntegerField(help_text="1 = tumour")
    tumour_share = serializers.FloatField()
    tissue_share = serializers.FloatField()
    split = serializers.CharField()
    source = serializers.CharField()
    author = serializers.CharField()


class LeakedSlideSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    patient = serializers.CharField()
    split = serializers.CharField()


class LeakSerializer(CautionSerializer):
    """Two slides of one patient or one piece of tissue on two sides of the split."""

    kind = serializers.CharField(help_text="same_file, same_patient or same_tissue")
    slides = LeakedSlideSerializer(many=True)
    matches = serializers.IntegerField(help_text="Landmarks that lie alike")
    places_um = serializers.ListField(
        child=serializers.ListField(child=serializers.FloatField()),
        help_text="A spot that both show: x and y in um from the corner of each",
    )


class DatasetSerializer(JobSerializer):
    """A table of patches with its settings, counts and checksum; frozen once it has one."""

    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    revisions = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    mpps = serializers.ListField(child=serializers.FloatField(), read_only=True)
    counts = serializers.DictField(read_only=True)
    warnings = CautionSerializer(many=True, read_only=True)
    leaks = serializers.SerializerMethodField(help_text="How many pairs leak; see leaks/")
    is_frozen = serializers.BooleanField(read_only=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Dataset
        fields = [
            "id", "name", "goal", "is_frozen", "slides", "revisions", *SETTINGS, "is_synthetic",
            "manifest_sha256", "counts", "warnings", "leaks", "created_by", "created_at",
            *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_leaks(self, dataset: Dataset) -> int:
        return len(dataset.leaks)

    @extend_schema_field(LINKS)
    def get_links(self, dataset: Dataset) -> dict[str, str]:
        links = {"page": link(self, "dataset", dataset.pk)}
        if dataset.manifest:
            links["manifest"] = link(self, "api-dataset-manifest", dataset.pk)
        return links


class NewDatasetSerializer(InputSerializer):
    """What to preview or freeze. Settings left out take the values of the protocol."""

    slides = serializers.PrimaryKeyRelatedField(
        many=True,
        required=False,
        queryset=Slide.objects.all(),
        help_text="All ready development slides if left out",
    )
    revisions = serializers.DictField(
        child=serializers.IntegerField(min_value=1),
        required=False,
        help_text="By slide id, the truth revision to use instead of the latest",
    )
    mpp = FiniteFloatField(required=False, help_text="um per px; or mpps, where several are merged")
    mpps = serializers.ListField(child=FiniteFloatField(), required=False, max_length=12)
    minings = serializers.PrimaryKeyRelatedField(
        many=True, required=False, queryset=Mining.objects.all()
    )

    class Meta:
        model = Dataset
        fields = ["name", "goal", "slides", "revisions", *SETTINGS]

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        if "mpp" not in wanted and not wanted.get("mpps"):
            raise serializers.ValidationError({"mpp": "Give mpp, or mpps for several scales."})
        return wanted

    def validate_revisions(self, revisions: dict[str, int]) -> dict[int, int]:
        if not all(key.isascii() and key.isdigit() for key in revisions):
            raise serializers.ValidationError("Keys are slide ids.")
        return {int(key): revision for key, revision in revisions.items()}
