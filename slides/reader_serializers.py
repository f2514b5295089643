"""What a reader keeps of a slide, as JSON: seen tissue and bookmarks."""

import base64
import binascii
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from slides.coverage import MOST_CELLS_A_SIDE, SeenPart
from slides.models import Bookmark, Slide

LONGEST_BITS = 4 * (MOST_CELLS_A_SIDE**2 // 8 // 3 + 2)


@extend_schema_field(OpenApiTypes.BYTE)
class BitsField(serializers.CharField):
    """A bit for every cell, row after row, as base64."""

    default_error_messages = {"not_base64": "Bits are sent as base64."}

    def to_internal_value(self, data: Any) -> bytes:
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            self.fail("not_base64")

    def to_representation(self, value: bytes) -> str:
        return base64.b64encode(value).decode()


class SeenQuerySerializer(serializers.Serializer):
    reader = serializers.CharField(
        required=False, max_length=150, help_text="Another reader's: for admins only"
    )


class SeenPartSerializer(serializers.Serializer):
    """A part of the grid that was looked at, from column x and row y on."""

    x = serializers.IntegerField(min_value=0, max_value=MOST_CELLS_A_SIDE)
    y = serializers.IntegerField(min_value=0, max_value=MOST_CELLS_A_SIDE)
    columns = serializers.IntegerField(min_value=1, max_value=MOST_CELLS_A_SIDE)
    rows = serializers.IntegerField(min_value=1, max_value=MOST_CELLS_A_SIDE)
    bits = BitsField(max_length=LONGEST_BITS)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        return {"part": SeenPart(**attrs)}


class SeenSummarySerializer(serializers.Serializer):
    reader = serializers.CharField()
    unseen_share = serializers.FloatField(
        allow_null=True, help_text="Of the tissue, never at rest under 10x or more"
    )
    updated_at = serializers.DateTimeField(allow_null=True)


class SeenSerializer(SeenSummarySerializer):
    columns = serializers.IntegerField(source="grid.columns")
    rows = serializers.IntegerField(source="grid.rows")
    side_px = serializers.IntegerField(source="grid.side_px", help_text="Tissue mask px per cell")
    cell_x = serializers.FloatField(help_text="Level-0 px per cell to the right")
    cell_y = serializers.FloatField(help_text="Level-0 px per cell downwards")
    bits = BitsField()


class BookmarkSerializer(serializers.ModelSerializer):
    slide = serializers.PrimaryKeyRelatedField(queryset=Slide.objects.all())
    author = serializers.SlugRelatedField("username", read_only=True)
    is_own = serializers.SerializerMethodField()

    class Meta:
        model = Bookmark
        fields = ["id", "slide", "author", "is_own", "name", "view", "is_shared", "created_at"]
        read_only_fields = ["created_at"]

    def get_is_own(self, bookmark: Bookmark) -> bool:
        return bookmark.author_id == self.context["request"].user.pk


class BookmarkChangeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Bookmark
        fields = ["name", "view", "is_shared"]
