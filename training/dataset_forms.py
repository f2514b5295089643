"""The form for a dataset; what it refuses, it refuses in words."""

import re
from collections.abc import Iterator
from typing import Any

from django import forms
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from slides.models import Annotation, Slide
from training.choices import Balance, Goal, Labelling
from training.datasets import MOST_FOLDS
from training.forms import LONGEST_ID, Styled, learnable_slides
from training.models import Dataset, Mining
from training.refusals import LARGEST_SEED

SCALES = (
    ("0.243", _("level 0 of CAMELYON")),
    ("0.486", _("level 1")),
    ("0.972", _("level 2")),
    ("1.944 3.888 7.776", _("levels 3, 4 and 5 together")),
)


class Scales(forms.CharField):
    """One or several um per px, with blanks or semicolons between them."""

    default_error_messages = {
        "not_numbers": _("Write numbers with blanks between them, such as 1.944 3.888 7.776.")
    }

    def to_python(self, value: Any) -> Any:
        words = re.split(r"[\s;]+", super().to_python(value).strip(" ;,"))
        try:
            return sorted({float(word.rstrip(",").replace(",", ".")) for word in words if word})
        except ValueError as error:
            raise forms.ValidationError(
                self.error_messages["not_numbers"], code="not_numbers"
            ) from error


class TruthChoices(forms.ModelMultipleChoiceField):
    """Slides to tick."""

    def clean(self, value: Any) -> Any:
        for pk in value or ():
            if len(str(pk)) > LONGEST_ID:
                raise forms.ValidationError(
                    self.error_messages["invalid_choice"],
                    code="invalid_choice",
                    params={"value": str(pk)[:LONGEST_ID]},
                )
        return super().clean(value)


class DatasetForm(Styled):
    name = forms.CharField(label=_("Name"), max_length=200)
    mpps = Scales(
        label=_("µm per pixel of the patches"),
        max_length=100,
        initial="0.486",
        widget=forms.TextInput(attrs={"list": "scales", "autocomplete": "off"}),
        help_text=_("Several, with blanks between them, are merged: patches of each on a grid."),
    )
    patch_px = forms.IntegerField(
        label=_("Side of a patch in px"), min_value=32, max_value=1024, initial=299
    )
    tissue_bar = forms.FloatField(
        label=_("Least share of tissue in a patch"), min_value=0.01, max_value=1, initial=0.30
    )
    stride = forms.FloatField(
        label=_("Step between patches, in patch sides"),
        min_value=0.25,
        max_value=4,
        initial=1,
        help_text=_("1: side by side. Below 1 they overlap."),
    )
    jitter_px = forms.IntegerField(
        label=_("Shift each patch at random by at most, in px"),
        min_value=0,
        max_value=512,
        initial=0,
    )
    labelling = forms.ChoiceField(
        label=_("A patch is tumour by"), choices=Labelling.choices, initial=Labelling.ANY
    )
    tumour_bar = forms.FloatField(
        label=_("Share of tumour above"),
        min_value=0,
        max_value=0.99,
        initial=0.1,
        help_text=_("Counts for the share of tumour only."),
    )
    centre_px = forms.IntegerField(
        label=_("Side of the centre in px"),
        min_value=8,
        max_value=1024,
        initial=128,
        help_text=_("Counts for tumour in the centre only."),
    )
    per_slide_cap = forms.IntegerField(
        label=_("At most so many patches per class and slide"),
        min_value=1,
        max_value=1_000_000,
        initial=400,
    )
    balance = forms.ChoiceField(label=_("Balance"), choices=Balance.choices, initial=Balance.CLASS)
    validation_share = forms.FloatField(
        label=_("Share of patients for validation"), min_value=0.05, max_value=0.5, initial=0.20
    )
    test_share = forms.FloatField(
        label=_("Share of patients kept for a last test"),
        min_value=0,
        max_value=0.5,
        initial=0,
    )
    folds = forms.IntegerField(
        label=_("Folds"),
        min_value=0,
        max_value=MOST_FOLDS,
        initial=0,
        help_text=_(
            "0: one split. Otherwise each patient is in one fold, and each fold validates."
        ),
    )
    seed = forms.IntegerField(
        label=_("Seed of the draw"), min_value=0, max_value=LARGEST_SEED, initial=0
    )
    parent = forms.ModelChoiceField(
        label=_("Patients stay on the side they have in"),
        queryset=Dataset.objects.none(),
        required=False,
        empty_label=_("no other dataset"),
    )
    minings = forms.ModelMultipleChoiceField(
        label=_("False alarms to learn from"),
        queryset=Mining.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    slides = TruthChoices(
        label=_("Slides"),
        queryset=Slide.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least two slides, of at least two patients.")},
        help_text=_(
            "Development slides with a truth and a known pixel size. Test slides are never offered."
        ),
    )
    goal = forms.ChoiceField(choices=Goal.choices, initial=Goal.PREVIEW, required=False)

    GROUPS = (
        (_("Patches"), ("mpps", "patch_px", "tissue_bar", "stride", "jitter_px")),
        (_("What makes a patch tumour"), ("labelling", "tumour_bar", "centre_px")),
        (_("How many"), ("per_slide_cap", "balance")),
        (_("Split by patient"), ("validation_share", "test_share", "folds", "seed", "parent")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        truths = Annotation.objects.defer("regions").order_by("-revision")
        rows = learnable_slides().prefetch_related(
            Prefetch("annotations", truths, to_attr="truths")
        )
        self.fields["slides"].queryset = rows
        self.fields["parent"].queryset = Dataset.objects.frozen()
        self.fields["minings"].queryset = Mining.objects.filter(status=Mining.Status.DONE)

    def groups(self) -> Iterator[tuple[Any, list[Any]]]:
        """The fields in the order of thought, slides apart."""
        for legend, names in self.GROUPS:
            yield legend, [self[name] for name in names]

    def slide_rows(self) -> Iterator[dict[str, Any]]:
        """Slides to tick, each with its truths; the latest is taken unless another is chosen."""
        ticked = {str(pk) for pk in self["slides"].value() or ()}
        for slide in self.fields["slides"].queryset:
            yield {
                "slide": slide,
                "is_ticked": str(slide.pk) in ticked,
                "truths": slide.truths,
                "chosen": self.data.get(f"revision-{slide.pk}", ""),
            }

    def clean(self) -> dict[str, Any]:
        """The settings that count, and revisions by slide key where not the latest is meant."""
        wanted = super().clean() or {}
        for name, rule in (("tumour_bar", Labelling.SHARE), ("centre_px", Labelling.CENTRE)):
            if wanted.get("labelling") != rule:
                wanted.pop(name, None)
        wanted["goal"] = wanted.get("goal") or Goal.PREVIEW
        wanted["revisions"] = self._revisions(wanted.get("slides") or ())
        return wanted

    def _revisions(self, slides: Any) -> dict[int, int]:
        revisions = {}
        for slide in slides:
            given = self.data.get(f"revision-{slide.pk}", "")
            if given.isascii() and given.isdigit() and len(given) <= LONGEST_ID:
                revisions[slide.pk] = int(given)
        return revisions
