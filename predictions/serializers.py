"""Predictions, their evaluations and cohorts as JSON, each with where it comes from."""

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.job_list import KINDS, Listed
from predictions.models import Cohort, Evaluation, Prediction
from slides.jobs import Job
from slides.models import Annotation, Slide
from slides.serializers import JOB_FIELDS, LINKS, FiniteFloatField, JobSerializer, link
from training.models import ModelVersion

# Named, so that the schema can name them too.
MASK_KINDS = ["mask", "probability"]
COHORT_SUBSETS = ["test", "development", "all", "unseen"]
JOB_KINDS = list(KINDS)


class GridSerializer(serializers.Serializer):
    """Where the cells of a map lie: cell [row, column] begins at (column, row) * side_l0."""

    columns = serializers.IntegerField()
    rows = serializers.IntegerField()
    side_l0 = serializers.FloatField(help_text="Level-0 px")
    patch_px = serializers.IntegerField()
    mpp = serializers.FloatField(help_text="um per px that the network read")


class PredictionSerializer(JobSerializer):
    """One reading of a slide by a model version."""

    slide_name = serializers.CharField(source="slide.name", read_only=True)
    slide_sha256 = serializers.CharField(source="slide.sha256", read_only=True)
    version_name = serializers.CharField(source="version.name", read_only=True)
    weights_sha256 = serializers.CharField(source="version.weights_sha256", read_only=True)
    is_synthetic = serializers.SerializerMethodField()
    grid = serializers.SerializerMethodField()
    provenance = serializers.DictField(read_only=True)
    warnings = serializers.ListField(child=serializers.CharField(), read_only=True)
    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Prediction
        fields = [
            "id", "slide", "slide_name", "slide_sha256", "version", "version_name",
            "weights_sha256", "is_synthetic", "exposure", "tissue_bar", "threshold", "grid",
            "map_sha256", "assessed_count", "tumour_count", "slide_score", "warnings",
            "provenance", "created_by", "created_at", *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_synthetic(self, prediction: Prediction) -> bool:
        return prediction.slide.is_synthetic or prediction.version.is_synthetic

    @extend_schema_field(GridSerializer(allow_null=True))
    def get_grid(self, prediction: Prediction) -> dict | None:
        """None until the slide has been read."""
        if not prediction.columns:
            return None
        version = prediction.version
        return {
            "columns": prediction.columns,
            "rows": prediction.rows,
            "side_l0": prediction.side_l0,
            "patch_px": version.patch_px,
            "mpp": version.mpp,
        }

    @extend_schema_field(LINKS)
    def get_links(self, prediction: Prediction) -> dict[str, str]:
        links = {
            "page": link(self, "prediction", prediction.pk),
            "metrics": link(self, "api-prediction-metrics", prediction.pk),
        }
        if prediction.map:
            links |= {
                "map_npz": link(self, "api-prediction-map-npz", prediction.pk),
                "map_png": link(self, "api-prediction-map-png", prediction.pk),
                "mask_tiff": link(self, "api-prediction-mask-tif", prediction.pk),
            }
        return links


class NewPredictionSerializer(serializers.Serializer):
    """What to read with what. Asked again, the same prediction is answered."""

    slide = serializers.PrimaryKeyRelatedField(queryset=Slide.objects.all())
    version = serializers.PrimaryKeyRelatedField(
        queryset=ModelVersion.objects.select_related("run__dataset"),
        required=False,
        help_text="The live version if left out",
    )
    tissue_bar = FiniteFloatField(
        required=False, help_text="Least share of tissue in a cell that is assessed, in 0..1"
    )


class MaskTermsSerializer(serializers.Serializer):
    """How a mask is cut from a map."""

    threshold = FiniteFloatField(required=False, min_value=0, max_value=1)
    kind = serializers.ChoiceField(choices=MASK_KINDS, default="mask")


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A tumour slide",
            response_only=True,
            value={
                "id": 7,
                "prediction": 12,
                "slide": 5,
                "version": 2,
                "weights_sha256": "3b1f0c",
                "threshold": 0.412,
                "annotation": 31,
                "truth_revision": 2,
                "truth_checksum": "9e77d1",
                "tumour_bar": 0.0,
                "map_sha256": "c02a4e",
                "is_synthetic": True,
                "metrics": {
                    "figures": {
                        "recall": {"value": 0.91, "low": None, "high": None, "n": 143}
                        | {"unit": "cells", "reason": ""},
                    }
                },
                "created_at": "2026-05-04T09:30:00Z",
            },
        )
    ]
)
class EvaluationSerializer(serializers.ModelSerializer):
    """A prediction measured against one revision of the truth."""

    slide = serializers.IntegerField(source="prediction.slide_id", read_only=True)
    version = serializers.IntegerField(source="prediction.version_id", read_only=True)
    weights_sha256 = serializers.CharField(
        source="prediction.version.weights_sha256", read_only=True
    )
    threshold = serializers.FloatField(source="prediction.threshold", read_only=True)
    truth_revision = serializers.IntegerField(source="annotation.revision", read_only=True)
    truth_checksum = serializers.CharField(source="annotation.checksum", read_only=True)
    is_synthetic = serializers.SerializerMethodField()
    metrics = serializers.DictField(read_only=True)

    class Meta:
        model = Evaluation
        fields = [
            "id", "prediction", "slide", "version", "weights_sha256", "threshold", "annotation",
            "truth_revision", "truth_checksum", "tumour_bar", "map_sha256", "is_synthetic",
            "metrics", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_is_synthetic(self, evaluation: Evaluation) -> bool:
        prediction = evaluation.prediction
        return prediction.slide.is_synthetic or prediction.version.is_synthetic


@extend_schema_serializer(
    examples=[
        OpenApiExample("Against the latest truth", request_only=True, value={"prediction": 12})
    ]
)
class NewEvaluationSerializer(serializers.Serializer):
    """What to measure; against the slide's latest truth unless an annotation is named."""

    prediction = serializers.PrimaryKeyRelatedField(
        queryset=Prediction.objects.select_related("slide", "version__run__dataset")
    )
    annotation = serializers.PrimaryKeyRelatedField(
        queryset=Annotation.objects.all(), required=False
    )
    tumour_bar = FiniteFloatField(required=False, min_value=0, max_value=1)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Six test slides",
            response_only=True,
            value={
                "id": 3,
                "version": 2,
                "version_name": "baseline-average",
                "weights_sha256": "3b1f0c",
                "mpp": 0.486,
                "name": "test",
                "evaluations": [7, 8, 9, 10, 11, 12],
                "metrics": {
                    "n": {"slides": 6, "patients": 5, "tumour_slides": 4},
                    "pooled": {
                        "roc_auc": {"value": 0.933, "low": 0.909, "high": 0.959, "n": 1623}
                        | {"unit": "cells", "reason": ""}
                    },
                },
                "is_synthetic": True,
                "created_at": "2026-05-04T09:31:00Z",
            },
        )
    ]
)
class CohortSerializer(serializers.ModelSerializer):
    """A version measured over many slides, with intervals over patients."""

    version_name = serializers.CharField(source="version.name", read_only=True)
    weights_sha256 = serializers.CharField(source="version.weights_sha256", read_only=True)
    mpp = serializers.FloatField(source="version.mpp", read_only=True)
    metrics = serializers.DictField(read_only=True)

    class Meta:
        model = Cohort
        fields = [
            "id", "version", "version_name", "weights_sha256", "mpp", "name", "evaluations",
            "metrics", "is_synthetic", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Over the test slides", request_only=True, value={"version": 2, "subset": "test"}
        )
    ]
)
class NewCohortSerializer(serializers.Serializer):
    """Which version over which slides."""

    version = serializers.PrimaryKeyRelatedField(queryset=ModelVersion.objects.all())
    subset = serializers.ChoiceField(choices=COHORT_SUBSETS, default="test")
    tumour_bar = FiniteFloatField(required=False, min_value=0, max_value=1)
    tissue_bar = FiniteFloatField(
        required=False, min_value=0, max_value=1, help_text="Of the predictions to measure"
    )


class ListedJobSerializer(serializers.Serializer):
    """A job of any kind in one list."""

    kind = serializers.ChoiceField(source="key", choices=JOB_KINDS)
    id = serializers.IntegerField(source="row.pk")
    name = serializers.CharField(source="row")
    status = serializers.ChoiceField(source="row.status", choices=Job.Status.choices)
    percent_done = serializers.IntegerField(source="row.percent_done")
    done_count = serializers.IntegerField(source="row.done_count")
    total_count = serializers.IntegerField(source="row.total_count")
    rate = serializers.FloatField(source="row.rate", help_text="Units per second")
    seconds_left = serializers.IntegerField(source="row.seconds_left", allow_null=True)
    queued_at = serializers.DateTimeField(source="row.queued_at")
    started_at = serializers.DateTimeField(source="row.started_at", allow_null=True)
    cancel_requested = serializers.BooleanField(source="row.cancel_requested")
    page = serializers.SerializerMethodField()

    def get_page(self, listed: Listed) -> str:
        return self.context["request"].build_absolute_uri(listed.row.get_absolute_url())
