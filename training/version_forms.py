"""Forms of model versions: taking one in, and the texts of a card."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from training import bundle, cards
from training.bundle import BundleError
from training.forms import Styled

LABELS = {
    "intended_use": _("Intended use"),
    "limits": _("Limits"),
    "stains": _("Stains"),
    "notes": _("Notes"),
}


class ImportForm(Styled):
    """A bundle, and the checksum that its sender told by another way."""

    file = forms.FileField(
        label=_("Bundle (.zip)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".zip,application/zip"}),
    )
    sha256 = forms.CharField(
        label=_("Its SHA-256"),
        max_length=80,
        help_text=_(
            "64 characters, shown where the bundle was made. Ask its sender for it; one that came "
            "together with the file proves nothing."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    version_name = forms.CharField(
        label=_("Name here (optional)"),
        max_length=200,
        required=False,
        help_text=_("The name it brings if left empty."),
    )

    def clean_sha256(self) -> str:
        try:
            return bundle.normal_sha256(self.cleaned_data["sha256"])
        except BundleError as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class CardForm(Styled):
    """The texts of a card: what people say of a version beside its figures."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in cards.TEXTS:
            self.fields[name] = forms.CharField(
                label=LABELS[name],
                required=False,
                max_length=cards.LONGEST_TEXT,
                widget=forms.Textarea(attrs={"rows": 4, "class": "form-control"}),
            )
