"""Forms for freezing a dataset; what they refuse, they refuse in words."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from slides.models import Slide
from training.choices import Balance
from training.refusals import LARGEST_SEED

LONGEST_ID = 18  # digits: what every database holds


class Styled(forms.Form):
    """Gives each input the class that the style sheets know."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.Select):
                widget.attrs["class"] = "form-select"
            elif not isinstance(widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
                widget.attrs["class"] = "form-control"

    def full_clean(self) -> None:
        """Check, then mark what is wrong: not before a form has set what may be chosen."""
        super().full_clean()
        for name in self._errors or ():
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs["class"] = f"{attrs.get('class', '')} is-wrong".strip()


class SlideChoices(forms.ModelMultipleChoiceField):
    """Slides to tick, each with what its truth says."""

    def clean(self, value: Any) -> Any:
        for pk in value or ():
            if len(str(pk)) > LONGEST_ID:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(pk)[:LONGEST_ID]},
                )
        return super().clean(value)

    def label_from_instance(self, slide: Slide) -> str:
        truth = slide.truth
        if truth is None:
            return slide.name
        words = _("tumour marked") if truth.tumour_area_px else _("no tumour")
        return f"{slide.name} ({words})"


def learnable_slides() -> Any:
    """Ready development slides with a truth and a known pixel size."""
    ready = Slide.objects.ready().with_subset(Slide.Subset.DEVELOPMENT)
    return ready.filter(annotations__isnull=False, mpp__isnull=False).distinct()


class DatasetForm(Styled):
    name = forms.CharField(label=_("Name"), max_length=200)
    mpp = forms.FloatField(
        label=_("µm per pixel of the patches"),
        min_value=0.05,
        max_value=50,
        initial=0.486,
        help_text=_(
            "Slides of any scan resolution not coarser than this are read at this scale. "
            "CAMELYON level 0 is 0.243, level 1 is 0.486, level 2 is 0.972."
        ),
    )
    tissue_bar = forms.FloatField(
        label=_("Least share of tissue in a patch"), min_value=0.01, max_value=1, initial=0.30
    )
    tumour_bar = forms.FloatField(
        label=_("A patch is tumour if its tumour share is above"),
        min_value=0,
        max_value=0.99,
        initial=0.0,
        help_text=_("0: any tumour at all makes a patch tumour."),
    )
    validation_share = forms.FloatField(
        label=_("Share of patients held out for validation"),
        min_value=0.05,
        max_value=0.5,
        initial=0.20,
    )
    per_slide_cap = forms.IntegerField(
        label=_("At most so many patches per class and slide"),
        min_value=1,
        max_value=1_000_000,
        initial=400,
    )
    balance = forms.ChoiceField(label=_("Balance"), choices=Balance.choices, initial=Balance.CLASS)
    seed = forms.IntegerField(
        label=_("Seed of the draw"), min_value=0, max_value=LARGEST_SEED, initial=0
    )
    slides = SlideChoices(
        label=_("Slides"),
        queryset=Slide.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least two slides, of at least two patients.")},
        help_text=_(
            "Development slides with a truth and a known pixel size. Test slides are never offered."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["slides"].queryset = learnable_slides()
