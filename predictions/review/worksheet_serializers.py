"""A patient's worksheet as JSON."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from predictions.review.models import Staging

A_SUM = "7f3c1f0b2d6f4f4f8f1f6b1c1d4f5a6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5"
EXAMPLE = {
    "format": 1,
    "patient": "P-17",
    "is_synthetic": True,
    "is_artificial_patient": False,
    "basis_sha256": A_SUM,
    "suggestion": {
        "stage": "pN1mi",
        "is_at_least": True,
        "worst": "pN1",
        "by_hand": ["pN1mi", "pN1"],
        "rule": "micro",
        "refusal": None,
        "positive_nodes": 1,
        "nodes": {"negative": 2, "itc": 0, "micro": 1, "macro": 0},
    },
    "nodes": [],
    "open": [
        {"slide": 12, "name": "P-17 c", "standing": "unsigned", "could_change_to": "pN1"},
    ],
    "taken": [],
}


class SuggestionSerializer(serializers.Serializer):
    """The suggested pN and how sure it is. Never more than a suggestion."""

    stage = serializers.CharField(allow_null=True, help_text="Empty: see refusal")
    is_at_least = serializers.BooleanField(help_text="Slides that are still open may raise it")
    worst = serializers.CharField(allow_null=True, help_text="What open slides may come to")
    by_hand = serializers.ListField(
        child=serializers.CharField(), help_text="Stages that measuring by hand may give"
    )
    rule = serializers.CharField(allow_null=True, help_text="none, itc, micro, few, many")
    refusal = serializers.CharField(allow_null=True, help_text="no_mpp or nothing_signed")
    positive_nodes = serializers.IntegerField()
    nodes = serializers.DictField(child=serializers.IntegerField(), help_text="By class")


class TakenSerializer(serializers.Serializer):
    """A stage that somebody took, the newest first."""

    stage = serializers.CharField()
    suggested = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    by = serializers.CharField()
    at = serializers.DateTimeField()
    is_outdated = serializers.BooleanField(help_text="Something under it was changed since")


@extend_schema_serializer(
    examples=[OpenApiExample("One slide to be signed", value=EXAMPLE, response_only=True)]
)
class WorksheetSerializer(serializers.Serializer):
    """Signed findings by node and a suggested pN. Lengths in um, places in level-0 px."""

    format = serializers.IntegerField()
    patient = serializers.CharField()
    is_synthetic = serializers.BooleanField()
    is_artificial_patient = serializers.BooleanField(help_text="As CAMELYON17's are")
    basis_sha256 = serializers.CharField(help_text="Of the reviews, nodes and pixel sizes")
    suggestion = SuggestionSerializer()
    nodes = serializers.ListField(child=serializers.DictField())
    open = serializers.ListField(child=serializers.DictField())
    taken = TakenSerializer(many=True)


class TakeStageSerializer(serializers.Serializer):
    stage = serializers.ChoiceField(choices=Staging.Stage.choices)
    reason = serializers.CharField(
        max_length=500,
        required=False,
        default="",
        allow_blank=True,
        help_text="Needed where the stage is not the one suggested, or slides are still open",
    )
    basis_sha256 = serializers.CharField(help_text="Of the worksheet that was read")
