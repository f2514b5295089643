"""A slide's drawing, its edits and its history as JSON. Coordinates are level-0 px."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.models import Annotation

MAX_CHANGES = 10_000


@extend_schema_field(OpenApiTypes.OBJECT)
class FeatureField(serializers.Field):
    """A GeoJSON feature, passed on as it came: the service checks it."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class EditorSerializer(serializers.Serializer):
    name = serializers.CharField()
    device = serializers.CharField()
    isDrawing = serializers.BooleanField(source="is_drawing")
    seenAt = serializers.DateTimeField(source="seen_at")


class DrawingSerializer(serializers.Serializer):
    revision = serializers.IntegerField(
        source="now.revision", help_text="Latest revision, 0 before the first"
    )
    sequence = serializers.IntegerField(source="now.sequence", help_text="Of the last edit")
    isExhaustive = serializers.BooleanField(source="now.is_exhaustive")
    pending = serializers.IntegerField(
        source="now.pending", help_text="Edits that are in no revision yet"
    )
    features = serializers.ListField(source="now.features", child=FeatureField())
    sequences = serializers.DictField(
        source="now.sequences",
        child=serializers.IntegerField(),
        help_text="By region, when it last changed; 0: never",
    )
    editors = EditorSerializer(many=True)


class StandingSerializer(serializers.Serializer):
    """A region as it stands; feature is null where it was deleted."""

    id = serializers.CharField(source="region")
    feature = FeatureField(allow_null=True)
    sequence = serializers.IntegerField()
    by = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()


class ChangesQuerySerializer(serializers.Serializer):
    after = serializers.IntegerField(default=0, min_value=0, max_value=2**63 - 1)
    device = serializers.UUIDField(
        required=False, help_text="The asking browser: others are told that it is here"
    )
    drawing = serializers.BooleanField(default=False, help_text="It has its tools out")


class ChangesSerializer(serializers.Serializer):
    revision = serializers.IntegerField(source="since.revision")
    sequence = serializers.IntegerField(source="since.sequence")
    changes = StandingSerializer(source="since.changes", many=True)
    editors = EditorSerializer(many=True)


class WishSerializer(serializers.Serializer):
    id = serializers.CharField(max_length=40)
    feature = FeatureField(allow_null=True, help_text="Null deletes the region")
    was = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, help_text="Its sequence as you knew it, 0 for a new one"
    )


def author_field() -> serializers.IntegerField:
    return serializers.IntegerField(
        required=False,
        help_text="The id of who drew it, where a browser may be logged in as another one by now: "
        "refused then with the code other_reader",
    )


class EditSerializer(serializers.Serializer):
    key = serializers.UUIDField(help_text="A new one for each edit; the same when sent again")
    device = serializers.UUIDField(help_text="The browser or script that sends it")
    author = author_field()
    changes = serializers.ListField(
        child=WishSerializer(), allow_empty=False, max_length=MAX_CHANGES
    )

    def validate_changes(self, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len({change["id"] for change in changes}) < len(changes):
            raise serializers.ValidationError("A region is changed twice; send its last state.")
        return changes


class OutcomeSerializer(serializers.Serializer):
    sequence = serializers.IntegerField(source="edit.sequence")
    applied = serializers.ListField(child=serializers.CharField())
    conflicts = StandingSerializer(many=True, help_text="Not applied; as others left them")
    at = serializers.DateTimeField(source="edit.created_at")


class BadRegionSerializer(serializers.Serializer):
    id = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class BadRegionsSerializer(serializers.Serializer):
    """Nothing of the edit was kept."""

    code = serializers.CharField()
    detail = serializers.CharField()
    regions = BadRegionSerializer(many=True)


class FinishSerializer(serializers.Serializer):
    note = serializers.CharField(default="", allow_blank=True, max_length=2000)
    isExhaustive = serializers.BooleanField(
        default=None, allow_null=True, help_text="Null keeps what was said; false at first"
    )
    author = author_field()


class EntrySerializer(serializers.Serializer):
    """One revision in the history. Regions without tumour count among regions too."""

    revision = serializers.IntegerField(source="annotation.revision")
    by = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    source = serializers.ChoiceField(source="annotation.source", choices=Annotation.Source.choices)
    sourceName = serializers.CharField(source="annotation.source_name", allow_blank=True)
    note = serializers.CharField(source="annotation.note", allow_blank=True)
    isExhaustive = serializers.BooleanField(source="annotation.is_exhaustive")
    regions = serializers.IntegerField(source="counts.regions")
    tumourAreaPx = serializers.FloatField(source="annotation.tumour_area_px")
    tumourAreaMm2 = serializers.FloatField(source="annotation.tumour_area_mm2", allow_null=True)
    added = serializers.IntegerField(source="counts.added")
    removed = serializers.IntegerField(source="counts.removed")
    changed = serializers.IntegerField(source="counts.changed")


class FeaturesSerializer(serializers.Serializer):
    features = serializers.ListField(child=FeatureField())


class CountsSerializer(serializers.Serializer):
    regions = serializers.IntegerField()
    added = serializers.IntegerField()
    removed = serializers.IntegerField()
    changed = serializers.IntegerField()


class DifferenceSerializer(serializers.Serializer):
    """A GeoJSON FeatureCollection; properties.kind of each feature is gained or lost."""

    type = serializers.CharField()
    features = serializers.ListField(child=FeatureField())
    counts = CountsSerializer()
