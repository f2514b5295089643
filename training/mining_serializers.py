"""Minings, corrections and retraining as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.models import Slide
from slides.serializers import JOB_FIELDS, LINKS, FiniteFloatField, JobSerializer, link
from training.mining import MOST_PER_SLIDE
from training.models import Mining, ModelVersion
from training.run_checks import BOUNDS


class MiningSerializer(JobSerializer):
    """A version's worst false alarms in normal tissue."""

    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    counts = serializers.DictField(read_only=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Mining
        fields = [
            "id", "version", "slides", "per_slide", "lowest_score", "patches_sha256", "counts",
            "created_by", "created_at", *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, mining: Mining) -> dict[str, str]:
        return {
            "page": link(self, "mining", mining.pk),
            "patches": link(self, "api-mining-patches", mining.pk),
        }


class NewMiningSerializer(serializers.Serializer):
    """What to mine. What is left out is as on the version's page."""

    version = serializers.PrimaryKeyRelatedField(queryset=ModelVersion.objects.all())
    slides = serializers.PrimaryKeyRelatedField(
        many=True,
        required=False,
        allow_empty=False,
        queryset=Slide.objects.all(),
        help_text="All development slides of patients of its training side if left out",
    )
    per_slide = serializers.IntegerField(min_value=1, max_value=MOST_PER_SLIDE, required=False)
    lowest_score = FiniteFloatField(
        min_value=0, max_value=1, required=False, help_text="The version's threshold if left out"
    )


class MinedPatchSerializer(serializers.Serializer):
    """One false alarm: where it lies, what the version said, who says that it is normal."""

    slide = serializers.IntegerField()
    row = serializers.IntegerField()
    column = serializers.IntegerField()
    x_l0 = serializers.IntegerField(help_text="Level-0 px")
    y_l0 = serializers.IntegerField(help_text="Level-0 px")
    mpp = serializers.FloatField(help_text="um per px")
    score = serializers.FloatField(help_text="Probability of tumour")
    author = serializers.CharField(help_text="Of the truth that calls it normal")


class SaidSerializer(serializers.Serializer):
    """One region that somebody added, changed or removed since the dataset was pinned."""

    region = serializers.CharField()
    label = serializers.CharField(help_text="Empty where it was removed")
    author = serializers.CharField()
    reason = serializers.CharField(help_text="The region's name")
    area_mm2 = serializers.FloatField(allow_null=True)
    is_rejection = serializers.BooleanField(help_text="A reading's finding, called normal")
    origin = serializers.DictField(help_text="The reading it was taken from")


class CorrectedSerializer(serializers.Serializer):
    """One slide with what was said of it since."""

    slide = serializers.IntegerField(source="slide.pk")
    name = serializers.CharField(source="slide.name")
    before = serializers.IntegerField(help_text="Truth revision of the dataset, 0 for none")
    after = serializers.IntegerField(help_text="Truth revision now")
    is_new = serializers.BooleanField(help_text="Not in the dataset yet")
    authors = serializers.ListField(child=serializers.CharField())
    area_mm2 = serializers.FloatField(allow_null=True)
    regions = SaidSerializer(many=True)


class CorrectionsSerializer(serializers.Serializer):
    """What was corrected since a version's dataset was pinned."""

    slides = CorrectedSerializer(many=True)
    authors = serializers.ListField(child=serializers.CharField())
    area_mm2 = serializers.FloatField(allow_null=True)
    region_count = serializers.SerializerMethodField()
    rejection_count = serializers.SerializerMethodField()

    def get_region_count(self, told: object) -> int:
        return len(told.regions)

    def get_rejection_count(self, told: object) -> int:
        return len(told.rejections)


class RetrainSerializer(serializers.Serializer):
    """How to retrain. What is left out is as in the version's own run."""

    is_mining = serializers.BooleanField(
        default=False, help_text="Learn from its worst false alarms too"
    )
    name = serializers.CharField(max_length=200, required=False, help_text="Of the new version")
    epochs = serializers.IntegerField(
        min_value=BOUNDS["epochs"][0], max_value=BOUNDS["epochs"][1], required=False
    )
    learning_rate = FiniteFloatField(
        min_value=BOUNDS["learning_rate"][0], max_value=BOUNDS["learning_rate"][1], required=False
    )


class RetrainingSerializer(serializers.Serializer):
    """What is under way, each waiting for the one before."""

    mining = serializers.IntegerField(source="mining.pk", allow_null=True, default=None)
    dataset = serializers.IntegerField(source="dataset.pk")
    run = serializers.IntegerField(source="run.pk")
    version_name = serializers.CharField(source="run.version_name")
