"""The form that asks for a report: versions, slides, and what isolated tumour cells count as."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from predictions.report_inputs import SUBSETS
from predictions.reports import MOST_VERSIONS, groups_from
from slides.api import on_disk
from training.forms import Styled
from training.models import ModelVersion

SUBSET_WORDS = {
    "test": _("Test slides"),
    "unseen": _("Slides that no version has seen"),
    "development": _("Development slides"),
    "all": _("All slides"),
}
ITC_WORDS = [
    ("negative", _("negative (as CAMELYON17)")),
    ("positive", _("tumour")),
    ("left_out", _("left out")),
]


class ReportForm(Styled):
    """Which versions over which slides."""

    versions = forms.ModelMultipleChoiceField(
        label=_("Versions"),
        queryset=ModelVersion.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Slides count that all of them have read."),
    )
    reference = forms.ModelChoiceField(
        label=_("Held against"),
        queryset=ModelVersion.objects.none(),
        required=False,
        empty_label=_("the topmost that is ticked"),
    )
    subset = forms.ChoiceField(
        label=_("Slides"), choices=[(name, SUBSET_WORDS[name]) for name in SUBSETS]
    )
    itc_slides = forms.ChoiceField(
        label=_("Slides with isolated tumour cells only are"),
        choices=ITC_WORDS,
        help_text=_("To the ROC-AUC of slides. No lesion score counts such cells."),
    )
    groups = forms.FileField(
        label=_("What is known of the slides (CSV, optional)"),
        required=False,
        help_text=_("Columns image, class and any of centre, scanner, stain, histotype."),
    )
    name = forms.CharField(label=_("Name (optional)"), max_length=200, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = ModelVersion.objects.live_first()
        self.fields["versions"].queryset = self.fields["reference"].queryset = rows

    def clean_versions(self) -> Any:
        chosen = self.cleaned_data["versions"]
        if len(chosen) > MOST_VERSIONS:
            told = gettext("At most %(n)d versions fit in a report; %(m)d are ticked.")
            raise forms.ValidationError(told % {"n": MOST_VERSIONS, "m": len(chosen)})
        return chosen

    def clean_groups(self) -> dict[str, dict[str, str]]:
        file = self.cleaned_data["groups"]
        if not file:
            return {}
        with on_disk(file) as path:
            try:
                return groups_from(path)
            except ValueError as error:
                raise forms.ValidationError(str(error)) from error

    def asked(self) -> dict[str, Any]:
        """What request_report is asked for, the reference first."""
        given = self.cleaned_data
        versions, reference = list(given["versions"]), given["reference"]
        if reference:
            versions = [reference, *(one for one in versions if one != reference)]
        rest = {name: given[name] for name in ("subset", "itc_slides", "groups", "name")}
        return {"versions": versions} | rest


class WallForm(Styled):
    """Which part of the wall of changes, from which on, and of which slides."""

    against = forms.CharField(max_length=20, required=False)
    change = forms.ChoiceField(choices=[("gained", ""), ("lost", "")], required=False)
    start = forms.IntegerField(min_value=0, required=False)
    slides = forms.RegexField(r"^\d+(,\d+)*$", max_length=20_000, required=False, strip=True)

    @property
    def chosen(self) -> set[int]:
        return {int(key) for key in self.cleaned_data["slides"].split(",") if key}
