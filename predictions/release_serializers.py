"""Shapes of what two versions of a report differ in."""

from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers

from predictions.changed_hands import FALSE_FINDING, LESION
from predictions.lesions import SIZE_CLASSES

CHANGE = {
    "pair": [1, 2],
    "slide": 5,
    "name": "test_005",
    "kind": "lesion",
    "change": "gained",
    "number": 3,
    "size_class": "micro",
    "diameter_um": 876.2,
    "box_l0": [4288.0, 4128.0, 7872.0, 7264.0],
    "x": 6080,
    "y": 5696,
    "confidences": [0.31, 0.94],
    "is_counted": True,
}


PAIR = {
    "a": 1,
    "b": 2,
    "words": [
        "B finds 3 lesions that A misses, and loses 1 (of 41 lesions).",
        "ROC-AUC of slides: difference +0.012, 95 % interval −0.004 to +0.028: no clear "
        "difference.",
    ],
    "thresholds": [0.5, 0.412],
    "n": {
        "slides": 60,
        "tumour_slides": 24,
        "patients": 48,
        "tumour_patients": 19,
        "lesion_slides": 58,
    },
    "lesions": {"n": 41, "gained": 3, "lost": 1},
    "false_findings": {"gained": 5, "lost": 9},
    "figures": {
        "slide_auc": {"value": 0.012, "low": -0.004, "high": 0.028, "p": 0.14, "n": 60}
        | {"unit": "slides", "first": 0.951, "second": 0.963, "verdict": "unclear"}
    },
    "mcnemar": {
        "lesions": {"only_first_right": 1, "only_second_right": 3, "p": 0.625, "n": 41}
        | {"unit": "lesions"}
    },
}


class ChangeTermsSerializer(serializers.Serializer):
    """Which changes. against: the key of the second version."""

    against = serializers.IntegerField(required=False)
    slide = serializers.IntegerField(required=False)
    kind = serializers.ChoiceField([LESION, FALSE_FINDING], required=False)
    change = serializers.ChoiceField(["gained", "lost"], required=False)
    size_class = serializers.ChoiceField(SIZE_CLASSES, required=False)


@extend_schema_serializer(examples=[OpenApiExample("A lesion gained", CHANGE)])
class ChangeSerializer(serializers.Serializer):
    """A lesion or false finding that one of two versions has.

    pair: keys of both, the reference first. confidences: of both. box_l0: left, top, right,
    bottom in level-0 px. is_counted: False of what is in no lesion figure.
    """

    pair = serializers.ListField(child=serializers.IntegerField())
    slide = serializers.IntegerField()
    name = serializers.CharField()
    kind = serializers.CharField()
    change = serializers.CharField()
    number = serializers.IntegerField(allow_null=True)
    size_class = serializers.CharField()
    diameter_um = serializers.FloatField(allow_null=True)
    box_l0 = serializers.ListField(child=serializers.FloatField())
    x = serializers.IntegerField()
    y = serializers.IntegerField()
    confidences = serializers.ListField(child=serializers.FloatField())
    is_counted = serializers.BooleanField()


@extend_schema_serializer(examples=[OpenApiExample("No clear difference", PAIR)])
class PairSerializer(serializers.Serializer):
    """A version (b) against the reference (a): second less first in every figure."""

    a = serializers.IntegerField()
    b = serializers.IntegerField()
    words = serializers.ListField(child=serializers.CharField())
    thresholds = serializers.ListField(child=serializers.FloatField())
    n = serializers.DictField()
    lesions = serializers.DictField()
    false_findings = serializers.DictField()
    figures = serializers.DictField()
    mcnemar = serializers.DictField()
