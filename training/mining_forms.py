"""The form that asks for a mining."""

from django import forms
from django.utils.translation import gettext_lazy as _

from training.forms import Styled
from training.mining import MOST_PER_SLIDE


class MiningForm(Styled):
    per_slide = forms.IntegerField(
        label=_("At most so many patches per slide"),
        min_value=1,
        max_value=MOST_PER_SLIDE,
        initial=50,
    )
    lowest_score = forms.FloatField(
        label=_("Wrong from a probability of"), min_value=0, max_value=1, required=False
    )
