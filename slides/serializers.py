"""Slides and annotations as JSON. Numbers carry their unit in their name."""

import math
from typing import Any

from django.db import models
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from slides.models import Annotation, Slide

JOB_FIELDS = [
    "status", "percent_done", "done_count", "total_count", "rate", "seconds_left", "attempt",
    "queued_at", "started_at", "finished_at", "cancel_requested", "reason", "error",
]  # fmt: skip

# How a dictionary of addresses reads in the schema.
LINKS = {"type": "object", "additionalProperties": {"type": "string"}}

LARGEST_INTEGER = 2**31 - 1  # of an integer column in PostgreSQL


class FiniteFloatField(serializers.FloatField):
    """A number: neither NaN nor infinite, which compare as nobody expects."""

    default_error_messages = {"not_finite": "A finite number is required."}

    def to_internal_value(self, data: Any) -> float:
        value = super().to_internal_value(data)
        if not math.isfinite(value):
            self.fail("not_finite")
        return value


class InputSerializer(serializers.ModelSerializer):
    """What a person may set of a row: every number finite."""

    serializer_field_mapping = {
        **serializers.ModelSerializer.serializer_field_mapping,
        models.FloatField: FiniteFloatField,
    }

    def build_standard_field(self, field_name: str, model_field: Any) -> tuple[type, dict]:
        """Whole numbers have one bound on every database, so that the schema is one too."""
        kind, options = super().build_standard_field(field_name, model_field)
        if "max_value" in options:
            options["max_value"] = min(options["max_value"], LARGEST_INTEGER)
        return kind, options


class JobSerializer(serializers.ModelSerializer):
    """How a job goes and how it went. Nothing of it can be set from outside."""

    percent_done = serializers.IntegerField(read_only=True)
    seconds_left = serializers.IntegerField(read_only=True, allow_null=True)


def link(serializer: serializers.BaseSerializer, name: str, *args: Any) -> str:
    """The absolute address of a named page or file."""
    return reverse(name, args=args, request=serializer.context.get("request"))


class SlideSerializer(JobSerializer):
    uploaded_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    truth_revision = serializers.IntegerField(
        read_only=True, allow_null=True, help_text="Latest revision, null without truth"
    )
    tissue_area_mm2 = serializers.FloatField(read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Slide
        fields = [
            "id", "name", "patient", "node", "subset", "is_synthetic", "original_name", "sha256",
            "bytes", "duplicate_of", "stage", "format", "width", "height", "levels", "mpp",
            "mpp_source", "tissue_share", "tissue_area_mm2", "truth_revision", "uploaded_by",
            "created_at", *JOB_FIELDS, "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, slide: Slide) -> dict[str, str]:
        return {
            "page": link(self, "slide", slide.pk),
            "truth": link(self, "api-slide-truth", slide.pk),
            "dzi": link(self, "slide-dzi", slide.pk),
            "thumbnail": link(self, "slide-thumbnail", slide.pk),
        }


class SlideUploadSerializer(serializers.Serializer):
    """A whole file in one request. For large files the upload page sends parts."""

    file = serializers.FileField()
    name = serializers.CharField(max_length=200, required=False)
    patient = serializers.CharField(max_length=200, required=False)
    node = serializers.CharField(
        max_length=80, required=False, help_text="Lymph node; left out: the slide is all of one"
    )
    subset = serializers.ChoiceField(choices=Slide.Subset.choices, required=False)
    mpp = FiniteFloatField(required=False, help_text="um per px, where the file does not say it")


class MppSerializer(serializers.Serializer):
    mpp = FiniteFloatField(help_text="um per level-0 px, by a person who knows")


class NodeSerializer(serializers.Serializer):
    node = serializers.CharField(
        max_length=80, allow_blank=True, help_text="Lymph node; empty: the slide is all of one"
    )


class AnnotationSerializer(serializers.ModelSerializer):
    """One revision of a slide's truth. The outlines themselves lie behind the links."""

    author = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    tumour_area_mm2 = serializers.FloatField(read_only=True, allow_null=True)
    is_synthetic = serializers.BooleanField(source="slide.is_synthetic", read_only=True)
    slide_sha256 = serializers.CharField(source="slide.sha256", read_only=True, allow_null=True)
    mpp = serializers.FloatField(source="slide.mpp", read_only=True, allow_null=True)
    links = serializers.SerializerMethodField()

    class Meta:
        model = Annotation
        fields = [
            "id", "slide", "slide_sha256", "mpp", "is_synthetic", "revision", "author", "source",
            "source_name", "source_sha256", "checksum", "tumour_area_px", "tumour_area_mm2",
            "is_exhaustive", "fit", "note", "created_at", "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(LINKS)
    def get_links(self, annotation: Annotation) -> dict[str, str]:
        return {
            "page": link(self, "slide", annotation.slide_id),
            "geojson": link(self, "api-annotation-geojson", annotation.pk),
            "asap_xml": link(self, "api-annotation-asap", annotation.pk),
            "ncrf_json": link(self, "api-annotation-ncrf", annotation.pk),
            "label_mask": link(
                self, "api-slide-label-mask", annotation.slide_id, annotation.revision
            ),
            "mask_tiff": link(self, "api-annotation-mask", annotation.pk),
        }


@extend_schema_field(OpenApiTypes.OBJECT)
class GeoJsonField(serializers.JSONField):
    """Told apart from any JSON in the schema: an object."""


class TruthUploadSerializer(serializers.Serializer):
    """Exactly one of: a file in a known format, regions as GeoJSON, the word "normal"."""

    file = serializers.FileField(
        required=False, help_text="Mask TIFF, ASAP XML, NCRF JSON or GeoJSON"
    )
    regions = GeoJsonField(required=False, help_text="A GeoJSON FeatureCollection in level-0 px")
    is_normal = serializers.BooleanField(default=False, help_text="The slide has no tumour")
    is_exhaustive = serializers.BooleanField(
        default=None, allow_null=True, help_text="False: unmarked tissue may hold tumour too"
    )
    is_forced = serializers.BooleanField(default=False, help_text="Keep it in spite of a misfit")
    scale = FiniteFloatField(
        default=None,
        allow_null=True,
        min_value=1e-3,
        help_text="Level-0 px per px of the file; found if absent",
    )
    labels = serializers.CharField(
        default="", max_length=2000, help_text="What other group names mean: NAME=LABEL, ..."
    )
    tumour_value = serializers.IntegerField(
        default=None, allow_null=True, min_value=1, max_value=255, help_text="Of a mask's px"
    )
    note = serializers.CharField(default="", allow_blank=True, max_length=2000)

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        given = [bool(wanted.get("file")), "regions" in wanted, wanted["is_normal"]]
        if sum(given) != 1:
            raise serializers.ValidationError("Give exactly one of file, regions and is_normal.")
        return wanted
