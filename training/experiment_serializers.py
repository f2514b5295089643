"""Experiments as JSON."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.serializers import JOB_FIELDS, LINKS, JobSerializer, link
from training.choices import ExperimentKind
from training.models import Experiment


class ExperimentSerializer(JobSerializer):
    """An experiment without its results."""

    plan = serializers.DictField(read_only=True)
    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Experiment
        fields = [
            "id", "name", "kind", "plan", "is_synthetic", "created_by", "created_at",
            *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, experiment: Experiment) -> dict[str, str]:
        return {
            "page": link(self, "experiment", experiment.pk),
            "markdown": link(self, "api-experiment-markdown", experiment.pk),
            "csv": link(self, "api-experiment-csv", experiment.pk),
        }


class ExperimentDetailSerializer(ExperimentSerializer):
    """An experiment with all that it found so far."""

    results = serializers.DictField(read_only=True)

    class Meta(ExperimentSerializer.Meta):
        fields = [*ExperimentSerializer.Meta.fields, "results"]
        read_only_fields = fields


class NewExperimentSerializer(serializers.Serializer):
    """What to find out."""

    kind = serializers.ChoiceField(choices=ExperimentKind.choices)
    name = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    plan = serializers.DictField(
        required=False,
        default=dict,
        help_text="zoom-levels: slides, levels, networks, folds, patch_px, tumour_bar, "
        "per_slide_cap. cross-validation: dataset, networks, folds. search: dataset, "
        "architectures, trials, space. All: minutes_per_run, seed, recipe (fields of a run)",
    )


class RowSerializer(serializers.Serializer):
    """Which row of the table, from 0; a search has its best trial alone."""

    row = serializers.IntegerField(min_value=0, max_value=10_000, required=False, default=0)
