"""The form that asks for another operating point or calibration."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from training.calibrating import LARGEST_BUDGET
from training.choices import Calibration, OperatingRule
from training.forms import Styled
from training.operating import Terms


class CalibrationForm(Styled):
    rule = forms.ChoiceField(label=_("Chosen by"), choices=OperatingRule.choices)
    target_recall = forms.FloatField(
        label=_("Share of tumour patches called, at least"), min_value=0.01, max_value=1
    )
    fp_budget = forms.FloatField(
        label=_("False alarms per mm² of normal tissue, at most"),
        min_value=0,
        max_value=LARGEST_BUDGET,
    )
    calibration = forms.ChoiceField(label=_("Calibration"), choices=Calibration.choices)
    name = forms.CharField(
        label=_("Name of the candidate (optional)"), max_length=200, required=False
    )

    @classmethod
    def of(cls, terms: Terms) -> "CalibrationForm":
        """Filled with what a version has."""
        names = ("rule", "target_recall", "fp_budget", "calibration")
        return cls(initial={name: getattr(terms, name) for name in names})

    @property
    def terms(self) -> Terms:
        chosen: dict[str, Any] = {
            name: value for name, value in self.cleaned_data.items() if name != "name"
        }
        return Terms(**chosen)
