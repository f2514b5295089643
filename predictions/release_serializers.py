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
