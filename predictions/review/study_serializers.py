"""Studies and adjudications as JSON."""

from typing import Any

from django.contrib.auth.models import User
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.review import adjudicating
from predictions.review.assigning import readers as possible_readers
from predictions.review.models import Conclusion, Study
from predictions.review.study_forms import MOST_SLIDES
from slides.models import Slide
from slides.serializers import LARGEST_INTEGER, LINKS, link

CHOICES = [(name, name) for name in adjudicating.CHOICES]
FOUND_BY = [(name, name) for name in ("both", "first", "second")]
STANDINGS = [(name, name) for name in ("open", "taken", "dismissed")]


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Two readers, alone first",
            {
                "id": 3,
                "name": "Nodes of spring",
                "state": "open",
                "readings": 2,
                "is_unaided_first": True,
                "is_blinded": True,
                "has_sentinels": True,
                "readers": ["ann", "ben"],
                "adjudicator": "judge",
                "seed": 7,
                "n_slides": 70,
                "signed": 12,
                "created_at": "2026-03-02T09:00:00Z",
                "opened_at": "2026-03-02T10:00:00Z",
                "closed_at": None,
                "links": {"page": "https://example.org/review/studies/3/"},
            },
            response_only=True,
        )
    ]
)
class StudySerializer(serializers.ModelSerializer):
    """A study and its rules. Which slides are sentinels is not told."""

    readers = serializers.SlugRelatedField("username", many=True, read_only=True)
    adjudicator = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    n_slides = serializers.IntegerField(source="slides.count", read_only=True)
    signed = serializers.SerializerMethodField(help_text="Seats whose review is signed")
    links = serializers.SerializerMethodField()

    class Meta:
        model = Study
        fields = [
            "id", "name", "state", "readings", "is_unaided_first", "is_blinded", "has_sentinels",
            "readers", "adjudicator", "seed", "n_slides", "signed", "created_at", "opened_at",
            "closed_at", "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_signed(self, study: Study) -> int:
        return study.work_items.filter(state="signed").count()

    @extend_schema_field(LINKS)
    def get_links(self, study: Study) -> dict[str, str]:
        return {
            "page": link(self, "study", study.pk),
            "results": link(self, "api-study-results", study.pk),
        }


class SentinelSerializer(serializers.Serializer):
    """A slide whose answer is known."""

    slide = serializers.PrimaryKeyRelatedField(queryset=Slide.objects.ready())
    answer = serializers.ChoiceField(choices=Conclusion.choices)


class NewStudySerializer(serializers.Serializer):
    """How a study is set up. Sentinels are slides of it too, whether named among them or not."""

    name = serializers.CharField(max_length=120)
    readings = serializers.IntegerField(min_value=1, max_value=2, default=1)
    is_unaided_first = serializers.BooleanField(default=False)
    is_blinded = serializers.BooleanField(default=True)
    readers = serializers.SlugRelatedField("username", many=True, queryset=User.objects.none())
    adjudicator = serializers.SlugRelatedField(
        "username", queryset=User.objects.none(), allow_null=True, default=None
    )
    slides = serializers.PrimaryKeyRelatedField(many=True, queryset=Slide.objects.ready())
    sentinels = SentinelSerializer(many=True, default=list)
    seed = serializers.IntegerField(min_value=0, max_value=LARGEST_INTEGER, default=0)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in (self.fields["readers"].child_relation, self.fields["adjudicator"]):
            field.queryset = possible_readers()

    def validate_slides(self, slides: list[Slide]) -> list[Slide]:
        if len(slides) > MOST_SLIDES:
            raise serializers.ValidationError(f"At most {MOST_SLIDES} slides; got {len(slides)}.")
        return slides


class ProgressSerializer(serializers.Serializer):
    """How far one reader is; the adjudicator has a row of their own."""

    reader = serializers.CharField(source="reader.username")
    is_adjudicator = serializers.BooleanField()
    total = serializers.IntegerField()
    begun = serializers.IntegerField()
    signed = serializers.IntegerField()
    seconds = serializers.FloatField(help_text="Active ones in what is signed")


class ResultsSerializer(serializers.Serializer):
    """All figures of a study with n and intervals, and the readings they are made of."""

    study = serializers.DictField()
    as_of = serializers.DateTimeField()
    figures = serializers.DictField(help_text="Without (unaided) and with (aided) the model")
    reference = serializers.DictField(help_text="What slides are held against, and how many")
    superseded = serializers.IntegerField(help_text="Readings that count and were superseded")
    sentinels = serializers.ListField(child=serializers.DictField())
    adjudication = serializers.DictField()
    readings = serializers.ListField(child=serializers.DictField())
    is_synthetic = serializers.BooleanField()


# Adjudication ----------------------------------------------------------------------------------


@extend_schema_field(OpenApiTypes.OBJECT)
class GeometryField(serializers.Field):
    """A GeoJSON geometry in level-0 px."""

    def to_representation(self, value: Any) -> Any:
        return value


class SideSerializer(serializers.Serializer):
    """What one of the two readers signed of the slide."""

    seat = serializers.IntegerField()
    name = serializers.CharField(help_text="Of a blinded study that is open: the seat alone")
    conclusion = serializers.CharField(allow_blank=True)
    conclusion_words = serializers.CharField()
    unaided = serializers.CharField(allow_blank=True)
    is_adequate = serializers.BooleanField(allow_null=True)
    inadequate_reason = serializers.CharField(allow_blank=True)


class OutlineSerializer(serializers.Serializer):
    """One reader's outline."""

    key = serializers.CharField()
    size_class = serializers.CharField(allow_blank=True)
    region = GeometryField()


class LesionSerializer(serializers.Serializer):
    """A lesion that either reader outlined, and what may be taken of it."""

    number = serializers.IntegerField()
    found_by = serializers.ChoiceField(choices=FOUND_BY)
    iou = serializers.FloatField(allow_null=True, help_text="Null without two areas")
    box_l0 = serializers.ListField(child=serializers.FloatField())
    candidates = serializers.ListField(child=serializers.IntegerField())
    first = OutlineSerializer(many=True)
    second = OutlineSerializer(many=True)
    choices = serializers.DictField(
        child=GeometryField(allow_null=True), help_text="Outline of each choice; null: no area"
    )
    standing = serializers.ChoiceField(choices=STANDINGS)
    finding = serializers.CharField(allow_null=True, help_text="That stands for it in the review")


class AdjudicationSerializer(serializers.Serializer):
    """Two readers' outlines of one slide, lesion by lesion."""

    readers = SideSerializer(many=True)
    both = serializers.IntegerField()
    only_first = serializers.IntegerField()
    only_second = serializers.IntegerField()
    mean_iou = serializers.FloatField(allow_null=True)
    score = serializers.FloatField(allow_null=True, help_text="Share of calls that both share")
    lesions = LesionSerializer(many=True)


class TakeSerializer(serializers.Serializer):
    """Which outline to take for a lesion; none: it is no tumour."""

    lesion = serializers.IntegerField(min_value=1)
    choice = serializers.ChoiceField(choices=CHOICES)
