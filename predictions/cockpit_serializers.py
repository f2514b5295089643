"""Shapes of what a version gives at every threshold, and of choosing one."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from predictions.cockpit import BASES, MOST_SECONDS_PER_FINDING, MOST_SECONDS_PER_SLIDE
from predictions.cockpit_choice import RISKS
from predictions.operating_points import SECONDS_PER_FINDING, SECONDS_PER_SLIDE
from slides.serializers import FiniteFloatField
from training.chosen_points import LONGEST_REASON

# Named, so that the schema can name them too.
SLIDE_BASES = list(BASES)
CHOICE_RISKS = list(RISKS)

ROW = {
    "threshold": 0.412,
    "sensitivity": {"value": 0.95, "low": 0.86, "high": 1.0, "n": 40, "unit": "lesions"}
    | {"reason": "", "found": 38},
    "lost": 2,
    "lost_by_size_class": {"itc": 3, "micro": 2, "macro": 0},
    "false_per_slide": {"value": 0.75, "low": 0.4, "high": 1.2, "n": 24, "unit": "slides"}
    | {"reason": "", "found": 18},
    "tumour_slides": {"value": 1.0, "low": 0.77, "high": 1.0, "n": 13, "unit": "slides"}
    | {"reason": "", "found": 13, "interval": "wilson"},
    "normal_slides": {"value": 0.18, "low": 0.0, "high": 0.36, "n": 11, "unit": "slides"}
    | {"reason": "", "found": 2},
    "findings": 57,
    "minutes_per_slide": 2.246,
    "minutes": 53.9,
}


class ThresholdTermsSerializer(serializers.Serializer):
    """Of which version and slides, and what review takes."""

    version = serializers.IntegerField(
        required=False, min_value=0, help_text="By default the report's last"
    )
    slides = serializers.ChoiceField(
        choices=SLIDE_BASES,
        required=False,
        help_text="fit: neither of the test set nor learnt from; held_out: not learnt from; by "
        "default the first of fit, held_out, all that has slides",
    )
    seconds_per_slide = FiniteFloatField(
        min_value=0, max_value=MOST_SECONDS_PER_SLIDE, default=SECONDS_PER_SLIDE
    )
    seconds_per_finding = FiniteFloatField(
        min_value=0, max_value=MOST_SECONDS_PER_FINDING, default=SECONDS_PER_FINDING
    )


@extend_schema_serializer(examples=[OpenApiExample("Two micrometastases lost", ROW)])
class ThresholdSerializer(serializers.Serializer):
    """What a version finds, misses and costs at one threshold.

    sensitivity: of lesions that count; tumour_slides, normal_slides: those called. Each figure
    has value, low, high, n, unit, found, and where it or its interval does not exist the reason.
    findings: all there is to look at. minutes: of all slides in figures of lesions.
    """

    threshold = serializers.FloatField()
    sensitivity = serializers.DictField()
    lost = serializers.IntegerField()
    lost_by_size_class = serializers.DictField(child=serializers.IntegerField())
    false_per_slide = serializers.DictField()
    tumour_slides = serializers.DictField()
    normal_slides = serializers.DictField()
    findings = serializers.IntegerField()
    minutes_per_slide = serializers.FloatField(allow_null=True)
    minutes = serializers.FloatField(allow_null=True)


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Chosen on development slides",
            request_only=True,
            value={
                "version": 2,
                "slides": "fit",
                "threshold": 0.412,
                "reason": "All macrometastases found; 0.75 false findings per slide are bearable.",
            },
        )
    ]
)
class ChooseSerializer(serializers.Serializer):
    """A threshold to make a version of: the same weights, the present version as it is."""

    threshold = serializers.FloatField(help_text="0..1, and not below the lowest that was measured")
    reason = serializers.CharField(max_length=LONGEST_REASON, allow_blank=True, default="")
    version = serializers.IntegerField(required=False, min_value=0)
    slides = serializers.ChoiceField(choices=SLIDE_BASES, required=False)
    despite = serializers.ListField(
        child=serializers.ChoiceField(choices=CHOICE_RISKS),
        default=list,
        help_text="Risks that are known and taken. test: the slides are of the test set; learnt: "
        "the version learnt from them. The version tells of both wherever its threshold is told",
    )
    name = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
