"""Calibration and operating point as JSON."""

from typing import Any

from rest_framework import serializers

from slides.serializers import FiniteFloatField
from training.calibrating import LARGEST_BUDGET
from training.choices import Calibration, OperatingRule


class CalibrateSerializer(serializers.Serializer):
    """What to choose anew. What is left out is as the version has it."""

    rule = serializers.ChoiceField(
        choices=OperatingRule.choices,
        required=False,
        help_text="By default that of the number given",
    )
    target_recall = FiniteFloatField(
        min_value=0.01, max_value=1, required=False, help_text="Least share of tumour called"
    )
    fp_budget = FiniteFloatField(
        min_value=0,
        max_value=LARGEST_BUDGET,
        required=False,
        help_text="Most false positive patches per mm2 of normal validation tissue",
    )
    calibration = serializers.ChoiceField(choices=Calibration.choices, required=False)
    name = serializers.CharField(max_length=200, required=False, help_text="Of the candidate")

    def validate(self, wanted: dict[str, Any]) -> dict[str, Any]:
        numbers = {"recall": "target_recall", "fp_budget": "fp_budget"}
        given = [rule for rule, name in numbers.items() if name in wanted]
        if "rule" not in wanted and len(given) > 1:
            raise serializers.ValidationError("Give a recall or a budget, or name the rule.")
        if "rule" not in wanted and given:
            wanted["rule"] = given[0]
        if not set(wanted) - {"name"}:
            raise serializers.ValidationError("Give a recall, a budget or a calibration.")
        return wanted


class ScoresSerializer(serializers.Serializer):
    """The validation patches behind a version's figures, one list a column."""

    patient = serializers.ListField(child=serializers.CharField())
    is_tumour = serializers.ListField(child=serializers.BooleanField())
    network_output = serializers.ListField(child=serializers.FloatField())
    probability = serializers.ListField(child=serializers.FloatField(), help_text="Calibrated")
    tissue_share = serializers.ListField(child=serializers.FloatField())
    patch_mm2 = serializers.FloatField(help_text="Area of one cell of a reading")


class CalibrationSerializer(serializers.Serializer):
    """How a version's output is read, with all figures and curves."""

    version = serializers.CharField()
    id = serializers.IntegerField()
    parent = serializers.CharField(allow_null=True)
    weights_sha256 = serializers.CharField()
    dataset_sha256 = serializers.CharField(allow_null=True)
    is_synthetic = serializers.BooleanField()
    threshold = serializers.FloatField()
    threshold_source = serializers.CharField()
    calibration = serializers.DictField()
    metrics = serializers.DictField()
