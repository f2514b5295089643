"""Reviews, their findings and verdicts as JSON. Coordinates are level-0 px, lengths um."""

import uuid
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from predictions.lesions import SIZE_CLASSES
from predictions.review import corrections, review_examples, rows
from predictions.review.findings import conclusion_of
from predictions.review.models import Conclusion, Review, Verdict, WorkItem
from slides.drawing import name_of
from slides.regions import LABELS
from slides.serializers import LINKS, link

SIZES = [(name, name) for name in SIZE_CLASSES]
REGION_LABELS = [(name, name) for name in LABELS]
FINDING_STATES = [(name, name) for name in ("open", "accepted", "rejected", "added", "withdrawn")]
CORRECTION_PLACES = [
    ("drawing", "a revision of the slide's drawing, at signing"),
    ("test_slide", "the review only: the truth of a test slide comes from elsewhere"),
    ("study", "the review only, until the blinded study is closed"),
]


@extend_schema_field(OpenApiTypes.OBJECT)
class GeometryField(serializers.Field):
    """A GeoJSON geometry, passed on as it came: the service checks it."""

    def to_internal_value(self, data: Any) -> Any:
        return data

    def to_representation(self, value: Any) -> Any:
        return value


class CaliperField(serializers.ListField):
    """Two ends, each x and y."""

    child = serializers.ListField(child=serializers.FloatField(), min_length=2, max_length=2)


class VerdictSerializer(serializers.ModelSerializer):
    """One verdict as it was given. undoes: the sequence of the verdict that it takes back."""

    by = serializers.SerializerMethodField()
    undoes = serializers.IntegerField(source="undoes.sequence", default=None, allow_null=True)
    region = GeometryField(allow_null=True)
    caliper = CaliperField(allow_null=True)

    class Meta:
        model = Verdict
        fields = [
            "sequence", "key", "finding", "kind", "because", "label", "size_class", "region",
            "diameter_um", "caliper", "note", "undoes", "stroke", "by", "at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_by(self, verdict: Verdict) -> str:
        return name_of(verdict.by)


class FindingSerializer(serializers.Serializer):
    """A finding as it stands after all verdicts."""

    key = serializers.CharField(help_text="c and a candidate's number, or a and the adder's key")
    number = serializers.IntegerField()
    state = serializers.ChoiceField(choices=FINDING_STATES)
    because = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True, help_text="What its area is called")
    size_class = serializers.CharField(allow_blank=True)
    diameter_um = serializers.FloatField(allow_null=True)
    uncertainty_um = serializers.FloatField(allow_null=True, help_text="Null where by hand")
    caliper = CaliperField(allow_null=True)
    region = GeometryField(allow_null=True, help_text="Null: the map's cells are its outline")
    box_l0 = serializers.ListField(child=serializers.FloatField())
    x_l0 = serializers.FloatField()
    y_l0 = serializers.FloatField()
    confidence = serializers.FloatField(allow_null=True)
    uncertainty = serializers.FloatField(allow_null=True)
    disagreement = serializers.FloatField(allow_null=True)
    cells = serializers.IntegerField(allow_null=True)
    area_um2 = serializers.FloatField(allow_null=True)
    note = serializers.CharField(allow_blank=True)
    is_own = serializers.BooleanField(help_text="Added by the reader")
    last = serializers.IntegerField(
        help_text="The sequence of its last verdict, 0 without any: send it as `after`"
    )
    at = serializers.DateTimeField(allow_null=True)


class ReviewSerializer(serializers.ModelSerializer):
    """A reader's reading of a slide. Once signed it is never changed, only superseded."""

    slide_name = serializers.CharField(source="slide.name", read_only=True)
    patient = serializers.CharField(source="slide.patient", read_only=True)
    reader = serializers.SlugRelatedField("username", read_only=True)
    version_name = serializers.CharField(
        source="prediction.version.name", read_only=True, default=None, allow_null=True
    )
    study = serializers.IntegerField(source="item.study_id", read_only=True, allow_null=True)
    superseded_by = serializers.SerializerMethodField()
    annotation = serializers.IntegerField(
        source="annotation.revision", read_only=True, default=None, allow_null=True,
        help_text="The revision of the slide's drawing that its corrections became",
    )  # fmt: skip
    links = serializers.SerializerMethodField()

    class Meta:
        model = Review
        fields = [
            "id", "item", "study", "slide", "slide_name", "patient", "prediction", "version_name",
            "map_sha256", "threshold", "reader", "state", "is_adequate", "inadequate_reason",
            "conclusion", "unaided", "unaided_at", "unaided_seconds", "active_seconds",
            "begun_at", "signed_at", "frozen_sha256", "supersedes", "supersede_reason",
            "superseded_by", "annotation", "links",
        ]  # fmt: skip
        read_only_fields = fields

    def get_superseded_by(self, review: Review) -> int | None:
        following = getattr(review, "superseded_by", None)
        return following.pk if following else None

    @extend_schema_field(LINKS)
    def get_links(self, review: Review) -> dict[str, str]:
        return {
            "page": link(self, "review", review.pk),
            "slide": link(self, "slide", review.slide_id),
        }


class ReviewFindingsSerializer(ReviewSerializer):
    """A review with its findings as they stand."""

    findings = serializers.SerializerMethodField()
    suggested = serializers.SerializerMethodField()
    last = serializers.SerializerMethodField()
    corrections_go_to = serializers.SerializerMethodField()
    frozen = serializers.JSONField(read_only=True, help_text="All that was signed; empty before")

    class Meta(ReviewSerializer.Meta):
        fields = [
            *ReviewSerializer.Meta.fields, "findings", "suggested", "last", "corrections_go_to",
            "frozen",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(FindingSerializer(many=True))
    def get_findings(self, review: Review) -> Any:
        return FindingSerializer(self._found(review), many=True).data

    @extend_schema_field(serializers.CharField(help_text="By the largest finding that is held"))
    def get_suggested(self, review: Review) -> str:
        return conclusion_of(self._found(review))

    @extend_schema_field(serializers.IntegerField(help_text="Sequence of the last verdict"))
    def get_last(self, review: Review) -> int:
        return max((one.last for one in self._found(review)), default=0)

    @extend_schema_field(serializers.ChoiceField(choices=CORRECTION_PLACES))
    def get_corrections_go_to(self, review: Review) -> str:
        return corrections.place_of(review)

    def _found(self, review: Review) -> Any:
        if not hasattr(review, "_found"):
            review._found = rows.shown_findings(review)
        return review._found


@review_examples.STANDING
class StandingFindingsSerializer(serializers.Serializer):
    """What a stroke made of the review."""

    verdicts = VerdictSerializer(many=True, help_text="What was kept")
    findings = FindingSerializer(many=True, help_text="Those it was about, as they stand now")
    suggested = serializers.CharField(allow_blank=True)
    last = serializers.IntegerField(help_text="Sequence of the review's last verdict")


@review_examples.BEGINNING
class BeginSerializer(serializers.Serializer):
    item = serializers.PrimaryKeyRelatedField(queryset=WorkItem.objects.all())


@review_examples.NEW_VERDICTS
class NewVerdictSerializer(serializers.Serializer):
    """What you say of one finding."""

    kind = serializers.ChoiceField(choices=Verdict.Kind.choices)
    finding = serializers.CharField(
        max_length=40, default="", allow_blank=True, help_text="Its key; empty for an added one"
    )
    because = serializers.ChoiceField(choices=Verdict.Because.choices, default="", allow_blank=True)
    label = serializers.ChoiceField(choices=REGION_LABELS, default="", allow_blank=True)
    size_class = serializers.ChoiceField(choices=SIZES, default="", allow_blank=True)
    region = GeometryField(default=None, allow_null=True, help_text="GeoJSON, level-0 px")
    caliper = CaliperField(
        default=None, allow_null=True, min_length=2, max_length=2,
        help_text="Its two ends in level-0 px: the length is worked out here",
    )  # fmt: skip
    note = serializers.CharField(default="", allow_blank=True, max_length=500)
    key = serializers.UUIDField(
        default=uuid.uuid4, help_text="A new one for each verdict; the same when sent again"
    )
    after = serializers.IntegerField(
        default=None, allow_null=True, min_value=0, max_value=2**31 - 1,
        help_text="The finding's `last` as you knew it: refused (changed_elsewhere) if it has a "
        "newer verdict. Null does not look",
    )  # fmt: skip


class StrokeSerializer(serializers.Serializer):
    """A stroke over several findings."""

    key = serializers.UUIDField(
        default=uuid.uuid4, help_text="A new one for each stroke; the same when sent again"
    )
    after = serializers.IntegerField(
        default=None, allow_null=True, min_value=0, max_value=2**31 - 1,
        help_text="The review's `last` as you knew it; null does not look",
    )  # fmt: skip


@review_examples.JUDGEMENTS
class JudgementSerializer(serializers.Serializer):
    """What you say of the slide; what is left out stays as it was."""

    is_adequate = serializers.BooleanField(required=False, allow_null=True)
    inadequate_reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    conclusion = serializers.ChoiceField(
        choices=Conclusion.choices, required=False, allow_blank=True
    )


class LeftSerializer(serializers.Serializer):
    """Something that was not done. Signing needs it, or its code among `knowing`."""

    code = serializers.CharField()
    words = serializers.CharField()
    amount = serializers.FloatField(allow_null=True)
    is_needed = serializers.BooleanField()


class OtherReadingSerializer(serializers.Serializer):
    """What the slide was read by since."""

    prediction = serializers.IntegerField()
    version = serializers.CharField()
    map_sha256 = serializers.CharField()


@review_examples.NOT_SIGNED
class LeftOpenSerializer(serializers.Serializer):
    """Not signed: what is left (left_open), or that it was read again meanwhile (other_reading).

    In the second case carry over, or sign with `on_old_reading`.
    """

    code = serializers.CharField()
    detail = serializers.CharField()
    left = LeftSerializer(many=True)
    reading = OtherReadingSerializer(allow_null=True)


class CarriedSerializer(serializers.Serializer):
    """What was carried over to the new reading. The old review is given up."""

    review = ReviewFindingsSerializer()
    held = serializers.IntegerField(help_text="None of these is ever lost")
    rejected = serializers.IntegerField()
    dropped = serializers.IntegerField(help_text="Rejected, and not called any more")
    undecided = serializers.IntegerField(help_text="Said both of, and open again")


@review_examples.SIGNING
class SignSerializer(serializers.Serializer):
    """How to sign."""

    knowing = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=20,
        help_text="Codes of what is left that you sign in spite of",
    )  # fmt: skip
    keeps_corrections = serializers.BooleanField(
        default=True,
        help_text="They become a revision of the drawing of a development slide",
    )
    on_old_reading = serializers.BooleanField(
        default=False, help_text="Sign on the reading you looked at, though there is another now"
    )


@review_examples.SUPERSEDING
class SupersedeSerializer(serializers.Serializer):
    reason = serializers.CharField(max_length=2000)


@review_examples.CHANGED
class ChangedElsewhereSerializer(serializers.Serializer):
    """Not kept: the finding as it is now; null where it is about the whole review."""

    code = serializers.CharField()
    detail = serializers.CharField()
    finding = FindingSerializer(allow_null=True)
