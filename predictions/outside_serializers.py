"""What maps of other programs come with, and what results are asked for."""

from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.models import MapImport
from predictions.report_inputs import SUBSETS
from slides.serializers import JOB_FIELDS, LINKS, FiniteFloatField, JobSerializer, link

TERMS = {
    "name": "WSInfer, tumour v2",
    "threshold": 0.5,
    "column": "prob_tumor",
    "side_l0": None,
    "is_transposed": False,
    "is_unseen": True,
}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Sent: a worker has it next",
            response_only=True,
            status_codes=["201"],
            value={
                "id": 4,
                "filename": "wsinfer.zip",
                "bytes": 1843210,
                "terms": TERMS,
                "version": None,
                "created_by": "ada",
                "created_at": "2026-05-04T09:30:00Z",
                "status": "queued",
                "error": "",
                "links": {"page": "https://example.org/training/versions/outside/4/"},
            },
        ),
        OpenApiExample(
            "Refused, a line for each bad row",
            response_only=True,
            status_codes=["200"],
            value={
                "id": 5,
                "filename": "maps.zip",
                "terms": TERMS,
                "version": None,
                "status": "failed",
                "reason": "bad_input",
                "error": "b.csv: row 2: the probability is nan; expected 0 to 1\n"
                "c.npy: has 7 rows and 7 columns on a slide of 160 x 96 px",
            },
        ),
    ]
)
class MapImportSerializer(JobSerializer):
    """Maps of another program on their way to be a version. error: what is wrong, a line each."""

    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    terms = serializers.DictField(read_only=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = MapImport
        fields = [
            "id", "filename", "bytes", "terms", "version", "created_by", "created_at",
            *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, row: MapImport) -> dict[str, str]:
        return {"page": link(self, "outside", row.pk)}


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "WSInfer's CSVs",
            request_only=True,
            media_type="multipart/form-data",
            value={"file": "(wsinfer.zip)", "name": "WSInfer, tumour v2", "column": "prob_tumor"}
            | {"is_unseen": True},
        ),
        OpenApiExample(
            "NPY arrays as NCRF writes them",
            request_only=True,
            media_type="multipart/form-data",
            value={"file": "(ncrf.zip)", "name": "NCRF", "side_l0": 64, "is_transposed": True},
        ),
    ]
)
class NewOutsideSerializer(serializers.Serializer):
    """A zip of maps, one file a slide, and what its files do not say."""

    file = serializers.FileField(help_text="A zip of CSV, GeoJSON, NPY or TIFF files")
    name = serializers.CharField(max_length=200, help_text="Of the version")
    threshold = FiniteFloatField(min_value=0, max_value=1, default=0.5)
    column = serializers.CharField(
        max_length=200, default="", allow_blank=True, help_text="The probability, of several"
    )
    side_l0 = FiniteFloatField(
        required=False, help_text="Level-0 px a cell of an array, where its shape does not say"
    )
    is_transposed = serializers.BooleanField(default=False, help_text="Arrays are [x, y]")
    is_unseen = serializers.BooleanField(
        default=False,
        help_text="You vouch that the program learnt from none of these slides",
    )


@extend_schema_serializer(
    examples=[OpenApiExample("Of the test slides", request_only=True, value={"subset": "test"})]
)
class ResultsTermsSerializer(serializers.Serializer):
    """Of which slides."""

    subset = serializers.ChoiceField(choices=SUBSETS, default="test")
    tissue_bar = FiniteFloatField(required=False, min_value=0, max_value=1)
