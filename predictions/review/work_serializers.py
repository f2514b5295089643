"""Shapes of the worklist over HTTP."""

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.review import assigning
from predictions.review.models import SavedView, WorkItem
from predictions.review.work_rows import Row

MOST_NUMBERS = assigning.MOST_AT_ONCE
FIGURES = ("score", "uncertainty", "disagreement", "value", "finding_count", "size_class")
A_ROW = {
    "id": 41, "slide": 12, "name": "tumor_012", "patient": "patient_004", "study": None, "seat": 1,
    "state": "waiting", "is_urgent": False, "is_synthetic": True, "assigned_to": "bob",
    "arrived_at": "2026-11-12T08:15:00Z", "prediction": 31, "version": "baseline-2",
    "figures": {
        "score": 0.98, "uncertainty": 0.04, "disagreement": 0.0, "value": 0.01,
        "finding_count": 3, "size_class": "micro",
    },
    "why": ["Highest score 0.98, 3 findings."], "needs_second_look": False, "review": None,
}  # fmt: skip


class FiguresSerializer(serializers.Serializer):
    """What the list is ordered by."""

    score = serializers.FloatField(help_text="Highest probability on the slide")
    uncertainty = serializers.FloatField(help_text="0..1, highest where score = threshold")
    disagreement = serializers.FloatField(help_text="0..1, between versions")
    value = serializers.FloatField(help_text="Expected value of a review, 0..1: a heuristic")
    finding_count = serializers.IntegerField()
    size_class = serializers.CharField(help_text="Of the largest finding; empty: none, or unknown")


@extend_schema_serializer(examples=[OpenApiExample("To be read", A_ROW, response_only=True)])
class WorkSerializer(serializers.Serializer):
    """A slide that waits for a reader, and why. Figures are null where a reader decides alone."""

    id = serializers.IntegerField(source="item.pk")
    slide = serializers.IntegerField(source="item.slide_id")
    name = serializers.CharField(source="item.name")
    patient = serializers.CharField(source="item.patient")
    study = serializers.IntegerField(source="item.study_id", allow_null=True)
    seat = serializers.IntegerField(source="item.seat")
    state = serializers.ChoiceField(WorkItem.State.choices, source="item.state")
    is_urgent = serializers.BooleanField(source="item.is_urgent")
    is_synthetic = serializers.BooleanField()
    assigned_to = serializers.SerializerMethodField()
    arrived_at = serializers.DateTimeField(source="item.arrived_at")
    prediction = serializers.SerializerMethodField()
    version = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()
    why = serializers.ListField(child=serializers.CharField())
    needs_second_look = serializers.BooleanField()
    review = serializers.IntegerField(allow_null=True, help_text="The signed one")

    def get_assigned_to(self, row: Row) -> str | None:
        reader = row.item.assigned_to
        return reader.get_username() if reader else None

    def get_prediction(self, row: Row) -> int | None:
        return row.item.prediction_id if row.tells else None

    def get_version(self, row: Row) -> str | None:
        reading = row.item.prediction
        return reading.version.name if row.tells and reading else None

    @extend_schema_field(FiguresSerializer(allow_null=True))
    def get_figures(self, row: Row) -> dict[str, Any] | None:
        if not row.tells:
            return None
        return {name: getattr(row.item, name) for name in FIGURES}


class WorkPageSerializer(serializers.Serializer):
    """One page. Counting stops at 10,000: is_more says that there are more."""

    count = serializers.IntegerField()
    is_more = serializers.BooleanField()
    before = serializers.IntegerField(allow_null=True, help_text="?before= of the page before")
    after = serializers.IntegerField(allow_null=True, help_text="?after= of the next page")
    results = WorkSerializer(many=True)


class NeighbourSerializer(serializers.ModelSerializer):
    class Meta:
        model = WorkItem
        fields = ["id", "slide", "name", "state"]


class NeighboursSerializer(serializers.Serializer):
    """Beside an item within the filter; next_unsigned begins again at the top at the end."""

    previous = NeighbourSerializer(allow_null=True)
    next = NeighbourSerializer(allow_null=True)
    next_unsigned = NeighbourSerializer(allow_null=True)


class BegunSerializer(serializers.Serializer):
    review = serializers.IntegerField()
    address = serializers.CharField(help_text="Of its page; the filter goes along")


class ItemsSerializer(serializers.Serializer):
    items = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1),
        min_length=1,
        max_length=MOST_NUMBERS,
        help_text="Numbers of work",
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Balanced",
            {"items": [41, 42, 43], "readers": ["bob", "carol"], "way": "balanced", "seed": 7},
            request_only=True,
        )
    ]
)
class AssignSerializer(ItemsSerializer):
    readers = serializers.SlugRelatedField(
        slug_field="username", queryset=User.objects.all(), many=True
    )
    way = serializers.ChoiceField(assigning.Way.choices, default=assigning.Way.HAND)
    seed = serializers.IntegerField(min_value=0, max_value=2**31 - 1, default=0)

    def get_fields(self) -> dict[str, serializers.Field]:
        fields = super().get_fields()
        fields["readers"].child_relation.queryset = assigning.readers()
        return fields


class ShareSerializer(serializers.Serializer):
    reader = serializers.CharField()
    n = serializers.IntegerField(help_text="Slides")


class UrgentSerializer(ItemsSerializer):
    is_urgent = serializers.BooleanField()


class ChangedSerializer(serializers.Serializer):
    changed = serializers.IntegerField(help_text="Slides")


class SavedViewSerializer(serializers.ModelSerializer):
    """A worklist kept under a name. query: as the page's address has it after ?."""

    owner = serializers.CharField(source="owner.username", read_only=True)

    class Meta:
        model = SavedView
        fields = ["id", "name", "query", "is_shared", "owner", "created_at"]
        read_only_fields = ["id", "owner", "created_at"]
        extra_kwargs = {"query": {"required": False, "allow_blank": True}}
        validators: list[Any] = []  # a view of that name is replaced
