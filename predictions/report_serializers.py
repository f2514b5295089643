"""Reports as JSON."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.lesions import ITC_SLIDES
from predictions.models import Report
from predictions.report_inputs import SUBSETS
from predictions.reports import MOST_VERSIONS
from slides.serializers import JOB_FIELDS, LINKS, FiniteFloatField, JobSerializer, link
from training.models import ModelVersion

# Named, so that the schema can name them too.
REPORT_SUBSETS = list(SUBSETS)
ITC_KINDS = list(ITC_SLIDES)


class VersionsField(serializers.ListField):
    """Keys of versions, the reference first."""

    child = serializers.PrimaryKeyRelatedField(queryset=ModelVersion.objects.all())


class ReportSerializer(JobSerializer):
    """Versions measured over slides. order: keys of the versions, the reference first."""

    order = serializers.ListField(child=serializers.IntegerField(), read_only=True)
    n_slides = serializers.SerializerMethodField()
    excluded = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField(
        help_text="What is no longer as it was when the figures were made; empty: not stale"
    )
    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = [
            "id", "name", "subset", "order", "tissue_bar", "n_slides", "excluded", "changes",
            "inputs_sha256", "is_synthetic", "created_by", "created_at", *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_n_slides(self, row: Report) -> int:
        return len(row.inputs.get("slides", []))

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_excluded(self, row: Report) -> list[dict[str, Any]]:
        return row.inputs.get("excluded", [])

    @extend_schema_field({"type": "array", "items": {"type": "object"}})
    def get_changes(self, row: Report) -> list[dict[str, str]]:
        return self.context.get("changes", {}).get(row.pk, [])

    @extend_schema_field(LINKS)
    def get_links(self, row: Report) -> dict[str, str]:
        return {
            "page": link(self, "report", row.pk),
            "slides": link(self, "api-report-slides", row.pk),
            "figures_csv": link(self, "api-report-figures-csv", row.pk),
            "slides_csv": link(self, "api-report-slides-csv", row.pk),
            "plots": link(self, "api-report-plots", row.pk),
            "pdf": link(self, "api-report-pdf", row.pk),
        }


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two versions over the test slides",
            response_only=True,
            value={
                "id": 3,
                "name": "baseline / candidate: test",
                "subset": "test",
                "order": [1, 2],
                "status": "done",
                "n_slides": 129,
                "changes": [],
                "results": {
                    "versions": {
                        "2": {
                            "name": "candidate",
                            "threshold": 0.41,
                            "froc": {
                                "score": {
                                    "value": 0.741,
                                    "low": 0.662,
                                    "high": 0.811,
                                    "n": 226,
                                    "unit": "lesions",
                                }
                            },
                            "slides_level": {
                                "auc": {
                                    "value": 0.962,
                                    "low": 0.931,
                                    "high": 0.993,
                                    "n": 129,
                                    "unit": "slides",
                                }
                            },
                        }
                    },
                    "pairs": [],
                    "changes": [],
                },
            },
        )
    ]
)
class ReportDetailSerializer(ReportSerializer):
    """A report with what it was made of and every figure; slides under their own address."""

    inputs = serializers.DictField(read_only=True)
    results = serializers.SerializerMethodField()

    class Meta(ReportSerializer.Meta):
        fields = [*ReportSerializer.Meta.fields, "inputs", "results"]
        read_only_fields = fields

    def get_results(self, row: Report) -> dict[str, Any]:
        versions = {
            pk: {name: part for name, part in version.items() if name != "slides"}
            for pk, version in row.results.get("versions", {}).items()
        }
        return row.results | {"versions": versions} if versions else {}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Candidate against baseline",
            request_only=True,
            value={
                "versions": [1, 2],
                "subset": "test",
                "groups": {"test_001": {"centre": "Nijmegen", "stain": "H&E"}},
            },
        )
    ]
)
class NewReportSerializer(serializers.Serializer):
    """What to report on. Asked again of the same maps and truths, the same report is answered."""

    versions = VersionsField(
        min_length=1, max_length=MOST_VERSIONS, help_text="The first is the reference"
    )
    subset = serializers.ChoiceField(choices=REPORT_SUBSETS, default="test")
    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    tissue_bar = FiniteFloatField(
        required=False, min_value=0, max_value=1, help_text="Of the predictions to measure"
    )
    itc_slides = serializers.ChoiceField(
        choices=ITC_KINDS,
        default="negative",
        help_text="What slides with isolated tumour cells only are to the slide AUC",
    )
    groups = serializers.DictField(
        required=False,
        child=serializers.DictField(child=serializers.CharField(max_length=100)),
        help_text="By slide name: what is known of it beyond its file, for subgroups",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A micrometastasis missed",
            value={
                "version": 2,
                "slide": 5,
                "name": "test_005",
                "patient": "patient 4",
                "prediction": 12,
                "truth_revision": 2,
                "exposure": "unseen",
                "has_tumour": True,
                "is_exhaustive": True,
                "node_class": "micro",
                "said_class": "negative",
                "score": 0.31,
                "is_called": False,
                "lesions": [
                    {"number": 1, "size_class": "micro", "diameter_um": 876.2, "x": 6080}
                    | {"y": 5696, "confidence": 0.31, "is_found": False}
                ],
                "false_findings": 0,
                "false_positives": [0.22, 0.09],
                "froc_reason": "",
                "figures": {"dice": {"value": 0.0, "low": None, "high": None, "n": 143}},
                "coverage": {"tumour_mm2": 0.41, "tumour_outside_mm2": 0.0},
                "groups": {"scanner": "generic-tiff"},
            },
        )
    ]
)
class ReportSlideSerializer(serializers.Serializer):
    """One slide as one version reads it, with every lesion and its confidence."""

    version = serializers.IntegerField()
    slide = serializers.IntegerField()
    name = serializers.CharField()
    patient = serializers.CharField()
    prediction = serializers.IntegerField()
    truth_revision = serializers.IntegerField()
    exposure = serializers.CharField()
    has_tumour = serializers.BooleanField()
    is_exhaustive = serializers.BooleanField()
    node_class = serializers.CharField()
    said_class = serializers.CharField()
    score = serializers.FloatField(allow_null=True)
    is_called = serializers.BooleanField()
    lesions = serializers.ListField(child=serializers.DictField())
    false_findings = serializers.IntegerField()
    false_positives = serializers.ListField(child=serializers.FloatField())
    froc_reason = serializers.CharField()
    figures = serializers.DictField()
    coverage = serializers.DictField()
    groups = serializers.DictField()


class ReportSlideTermsSerializer(serializers.Serializer):
    """Which slides of a report."""

    version = serializers.IntegerField(required=False)
    has_tumour = serializers.BooleanField(required=False, allow_null=True, default=None)
    node_class = serializers.CharField(required=False)


class ReportPlotSerializer(serializers.Serializer):
    """A curve of a report, its words in the reader's language."""

    id = serializers.CharField()
    title = serializers.CharField()
    x = serializers.CharField(help_text="What runs to the right")
    y = serializers.CharField(help_text="What runs up")
    based_on = serializers.CharField(help_text="Of how many lesions, cells, slides, patients")
    png = serializers.URLField()
    svg = serializers.URLField()
