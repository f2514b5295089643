"""The form for maps that another program made."""

from django import forms
from django.utils.translation import gettext_lazy as _

from predictions.outside import ImportTerms
from training.forms import Styled


class OutsideForm(Styled):
    """Maps of slides that are here, packed as a zip."""

    file = forms.FileField(
        label=_("Maps (.zip)"),
        help_text=_(
            "A file for each slide, named like it: a CSV as WSInfer writes it, GeoJSON of patches, "
            "or an NPY or TIFF of probabilities."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )
    name = forms.CharField(label=_("Name of the version"), max_length=200)
    threshold = forms.FloatField(
        label=_("Threshold"),
        min_value=0,
        max_value=1,
        initial=0.5,
        help_text=_("Cells at or above it are called tumour. It cannot be changed later."),
    )
    column = forms.CharField(
        label=_("Column of tumour (optional)"),
        max_length=200,
        required=False,
        help_text=_("Where a CSV or GeoJSON has several probabilities, for example prob_tumor."),
    )
    side_l0 = forms.FloatField(
        label=_("Side of a cell in px (optional)"),
        min_value=0.01,
        required=False,
        help_text=_(
            "Of an NPY or TIFF, in px of the slide’s finest level, where its shape alone does "
            "not say."
        ),
    )
    is_transposed = forms.BooleanField(
        label=_("Arrays are [x, y], as NCRF writes them"), required=False
    )
    is_unseen = forms.BooleanField(
        label=_("The program learnt from none of these slides"),
        required=False,
        help_text=_("You vouch for it, by name. Otherwise all count as seen in training."),
    )

    def terms(self) -> ImportTerms:
        return ImportTerms(**{k: v for k, v in self.cleaned_data.items() if k != "file"})
