"""What the cockpit is asked to show, and the threshold chosen in it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from predictions.cockpit import BASES, MOST_SECONDS_PER_FINDING, MOST_SECONDS_PER_SLIDE
from predictions.cockpit_choice import ON_LEARNT, ON_TEST, Wish
from predictions.operating_points import ReviewTime
from training.chosen_points import LONGEST_REASON
from training.forms import Styled


class LookForm(forms.Form):
    """As addresses have it; what is left out is as usual."""

    version = forms.IntegerField(required=False, min_value=0)
    slides = forms.ChoiceField(required=False, choices=[(name, name) for name in BASES])
    seconds_per_slide = forms.FloatField(
        required=False, min_value=0, max_value=MOST_SECONDS_PER_SLIDE
    )
    seconds_per_finding = forms.FloatField(
        required=False, min_value=0, max_value=MOST_SECONDS_PER_FINDING
    )

    @property
    def review(self) -> ReviewTime:
        given = {
            name: value
            for name in ("seconds_per_slide", "seconds_per_finding")
            if (value := self.cleaned_data.get(name)) is not None
        }
        return ReviewTime(**given)


class ChoiceForm(Styled):
    """The threshold to choose, why, and risks that are known and taken."""

    threshold = forms.FloatField(label=_("Threshold"))
    reason = forms.CharField(
        label=_("Why this threshold"),
        max_length=LONGEST_REASON,
        required=False,  # the service says so in words
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("It stays with the version, with your name and the date."),
    )
    name = forms.CharField(
        label=_("Name of the version (optional)"), max_length=200, required=False
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    slides = forms.ChoiceField(widget=forms.HiddenInput, choices=[(name, name) for name in BASES])
    despite_test = forms.BooleanField(
        label=_(
            "I choose on test slides, and know that this version can no longer be judged by them"
        ),
        required=False,
    )
    despite_learnt = forms.BooleanField(
        label=_(
            "I choose on slides that the version learnt from, where it is surer than elsewhere"
        ),
        required=False,
    )

    def wish(self) -> Wish:
        given: dict[str, Any] = self.cleaned_data
        ticked = {ON_TEST: "despite_test", ON_LEARNT: "despite_learnt"}
        return Wish(
            threshold=given["threshold"],
            reason=given["reason"],
            version=given["version"],
            basis=given["slides"],
            despite=[risk for risk, field in ticked.items() if given[field]],
            name=given["name"].strip(),
        )
