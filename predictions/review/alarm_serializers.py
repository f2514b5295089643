"""Alarms, looking back and notices as JSON."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, extend_schema_field, extend_schema_serializer
from rest_framework import serializers

from predictions.review import alarm_pages, alarm_words, notices, visibility
from predictions.review.models import Alarm, LookBack, Notice
from slides.serializers import JOB_FIELDS, LINKS, JobSerializer, link
from training.models import ModelVersion


class AlarmSerializer(serializers.ModelSerializer):
    """A signed review that something speaks against; open until it is answered."""

    slide = serializers.IntegerField(source="review.slide_id", read_only=True)
    slide_name = serializers.CharField(source="review.slide.name", read_only=True)
    patient = serializers.CharField(source="review.slide.patient", read_only=True)
    reader = serializers.CharField(source="review.reader.username", read_only=True)
    conclusion = serializers.CharField(source="review.conclusion", read_only=True)
    signed_at = serializers.DateTimeField(source="review.signed_at", read_only=True)
    version_name = serializers.CharField(
        source="prediction.version.name", read_only=True, default=None, allow_null=True
    )
    answered_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    details = serializers.DictField(read_only=True, help_text="What speaks against it")
    why = serializers.SerializerMethodField()
    superseding = serializers.SerializerMethodField()
    links = serializers.SerializerMethodField()

    class Meta:
        model = Alarm
        fields = [
            "id", "kind", "review", "slide", "slide_name", "patient", "reader", "conclusion",
            "signed_at", "prediction", "version_name", "look_back", "evidence", "details", "why",
            "opened_at", "answer", "answer_text", "answered_by", "answered_at", "superseding",
            "links",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_why(self, alarm: Alarm) -> list[str]:
        return alarm_words.why(alarm)

    @extend_schema_field(
        serializers.IntegerField(
            allow_null=True, help_text="The review that is to take its place, or has"
        )
    )
    def get_superseding(self, alarm: Alarm) -> int | None:
        following = getattr(alarm.review, "superseded_by", None)
        return following.pk if following else None

    @extend_schema_field(LINKS)
    def get_links(self, alarm: Alarm) -> dict[str, str]:
        request = self.context["request"]
        links = {
            "page": f"{link(self, 'alarm-list')}?alarm={alarm.pk}",
            "place": request.build_absolute_uri(alarm_pages.place_address(alarm)),
        }
        if alarm_pages.place_of(alarm) is not None:
            links["crop"] = link(self, "alarm-crop", alarm.pk)
        return links


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "The review stands",
            value={"answer": "stands", "text": "A germinal centre, looked at again at 40x."},
        ),
        OpenApiExample(
            "The slide is read again",
            value={"answer": "superseded", "text": "It is a micrometastasis after all."},
        ),
    ]
)
class AlarmAnswerSerializer(serializers.Serializer):
    """What is said to an alarm. superseded begins the next review; signing that one answers."""

    answer = serializers.ChoiceField(choices=Alarm.Answer.choices)
    text = serializers.CharField(max_length=2000, help_text="Why")


class LookBackSerializer(JobSerializer):
    """A version that reads again what was signed as negative."""

    version_name = serializers.CharField(source="version.name", read_only=True)
    created_by = serializers.SlugRelatedField("username", read_only=True, allow_null=True)
    results = serializers.SerializerMethodField()

    class Meta:
        model = LookBack
        fields = [
            "id", "version", "version_name", "promotion", "results", "created_by", "created_at",
            *JOB_FIELDS,
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_results(self, row: LookBack) -> dict[str, Any]:
        """positive, known: reviews, of those that you may see."""
        told = dict(row.results)
        seen = visibility.visible_reviews(self.context["request"].user)
        for name in ("positive", "known"):
            if told.get(name):
                told[name] = list(
                    seen.filter(pk__in=told[name]).order_by("pk").values_list("pk", flat=True)
                )
        return told


class NewLookBackSerializer(serializers.Serializer):
    """Which version looks back."""

    version = serializers.PrimaryKeyRelatedField(
        queryset=ModelVersion.objects.all(),
        required=False,
        help_text="The live version if left out",
    )


class NoticeSerializer(serializers.ModelSerializer):
    """Something that you are told of in the page."""

    sentence = serializers.SerializerMethodField()
    facts = serializers.DictField(read_only=True)

    class Meta:
        model = Notice
        fields = ["id", "kind", "sentence", "facts", "address", "created_at", "read_at"]
        read_only_fields = fields

    def get_sentence(self, notice: Notice) -> str:
        return notices.sentence(notice)


class ReadNoticesSerializer(serializers.Serializer):
    """How many notices were not read before."""

    read = serializers.IntegerField()
