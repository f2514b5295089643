"""Forms that ask for an experiment: one for each kind, each ready to be sent as it is."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from training.choices import Architecture, Augmentation, ExperimentKind, Pooling
from training.experiment_plans import DEFAULTS, FEWEST_FOLDS, LEVELS, MOST_FOLDS, RECIPE, SPACE
from training.experiment_tables import words_of
from training.forms import Styled, learnable_slides
from training.models import Dataset
from training.refusals import LARGEST_SEED

RECIPE_NAMES = ("epochs", "batch", "learning_rate", "augmentation", "weights")


def _networks() -> list[tuple[str, str]]:
    """Every network with either pooling, its key as the command writes it."""
    return [
        (f"{architecture}:{pooling}", f"{name}, {gettext(str(Pooling(pooling).label))}")
        for architecture, name in Architecture.choices
        for pooling in (Pooling.MAX.value, Pooling.AVERAGE.value)
    ]


def _levels(mpps_known: list[float]) -> list[tuple[str, str]]:
    """The zoom levels that every slide can give: none finer than the coarsest scan."""
    coarsest = max(mpps_known, default=0.0)
    return [
        ("+".join(f"{mpp:g}" for mpp in level), f"{words_of(level)} µm/px")
        for level in LEVELS
        if level[0] * 1.1 >= coarsest
    ]


class ExperimentForm(Styled):
    """What all kinds ask for."""

    kind: ExperimentKind

    name = forms.CharField(label=_("Name (optional)"), max_length=200, required=False)
    epochs = forms.IntegerField(
        label=_("Epochs"), min_value=1, max_value=1000, initial=RECIPE["epochs"]
    )
    minutes_per_run = forms.FloatField(
        label=_("At most so many minutes a run"),
        min_value=0,
        max_value=100_000,
        initial=10,
        help_text=_("A run ends with the epoch before; 0 for no limit."),
    )
    batch = forms.IntegerField(
        label=_("Patches per batch"), min_value=1, max_value=1024, initial=RECIPE["batch"]
    )
    learning_rate = forms.FloatField(
        label=_("Learning rate"), min_value=1e-8, max_value=1, initial=RECIPE["learning_rate"]
    )
    augmentation = forms.ChoiceField(
        label=_("Turned while learning"),
        choices=Augmentation.choices,
        initial=RECIPE["augmentation"],
    )
    weights = forms.CharField(
        label=_("First weights"),
        max_length=500,
        initial="none",
        help_text=_("none, imagenet (fetched once from Keras), or the path of a weights file."),
    )
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=LARGEST_SEED, initial=0)

    def asked(self) -> dict[str, Any]:
        """What create_experiment is asked for."""
        given = self.cleaned_data
        recipe = {name: given[name] for name in RECIPE_NAMES if name in given}
        shared = {name: given[name] for name in ("name", "minutes_per_run", "seed")}
        return {"kind": self.kind, "recipe": recipe, **shared}


def _pairs(keys: list[str]) -> list[list[str]]:
    return [key.split(":") for key in keys]


def _folds(default: int) -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Folds"),
        min_value=FEWEST_FOLDS,
        max_value=MOST_FOLDS,
        initial=default,
        help_text=_(
            "Patients are dealt into so many parts. In turn one is tested, the next chooses epoch "
            "and threshold, the rest is learnt from."
        ),
    )


class ZoomLevelsForm(ExperimentForm):
    kind = ExperimentKind.ZOOM_LEVELS

    levels = forms.MultipleChoiceField(
        label=_("Zoom levels"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("CAMELYON16's levels 0, 1, 2, and 3 to 5 read together."),
        error_messages={"required": _("Tick one zoom level at least.")},
    )
    networks = forms.MultipleChoiceField(
        label=_("Networks"),
        widget=forms.CheckboxSelectMultiple,
        choices=lazy(_networks, list),
        initial=["baseline:max", "baseline:avg"],
        error_messages={"required": _("Tick one network at least.")},
    )
    folds = _folds(DEFAULTS[ExperimentKind.ZOOM_LEVELS]["folds"])
    per_slide_cap = forms.IntegerField(
        label=_("At most so many patches per class and slide"),
        min_value=1,
        max_value=1_000_000,
        initial=DEFAULTS[ExperimentKind.ZOOM_LEVELS]["per_slide_cap"],
    )
    field_order = ("name", "folds", "epochs", "minutes_per_run", "per_slide_cap")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.slides = learnable_slides()
        choices = _levels(list(self.slides.values_list("mpp", flat=True)))
        self.fields["levels"].choices = choices
        self.fields["levels"].initial = [key for key, _words in choices]

    def asked(self) -> dict[str, Any]:
        given = self.cleaned_data
        return super().asked() | {
            "levels": [[float(mpp) for mpp in key.split("+")] for key in given["levels"]],
            "networks": _pairs(given["networks"]),
            "folds": given["folds"],
            "per_slide_cap": given["per_slide_cap"],
        }


class _OnDataset(ExperimentForm):
    """Kinds that begin with a frozen dataset."""

    dataset = forms.ModelChoiceField(
        label=_("Dataset"), queryset=Dataset.objects.none(), empty_label=None
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dataset"].queryset = Dataset.objects.frozen()

    def asked(self) -> dict[str, Any]:
        return super().asked() | {"dataset": self.cleaned_data["dataset"].pk}


class CrossValidationForm(_OnDataset):
    kind = ExperimentKind.CROSS_VALIDATION

    network = forms.ChoiceField(
        label=_("Network"), choices=lazy(_networks, list), initial="baseline:max"
    )
    folds = _folds(DEFAULTS[ExperimentKind.CROSS_VALIDATION]["folds"])
    field_order = ("name", "dataset", "network", "folds", "epochs", "minutes_per_run")

    def asked(self) -> dict[str, Any]:
        given = self.cleaned_data
        return super().asked() | {"networks": _pairs([given["network"]]), "folds": given["folds"]}


class SearchForm(_OnDataset):
    kind = ExperimentKind.SEARCH

    architectures = forms.MultipleChoiceField(
        label=_("Networks to choose from"),
        widget=forms.CheckboxSelectMultiple,
        choices=Architecture.choices,
        initial=["baseline"],
        error_messages={"required": _("Tick one network at least.")},
    )
    trials = forms.IntegerField(label=_("Trials"), min_value=1, max_value=1000, initial=20)
    lowest_rate = forms.FloatField(
        label=_("Learning rate from"),
        min_value=1e-8,
        max_value=1,
        initial=SPACE["learning_rate"][0],
    )
    highest_rate = forms.FloatField(
        label=_("Learning rate to"), min_value=1e-8, max_value=1, initial=SPACE["learning_rate"][1]
    )
    batch = learning_rate = augmentation = None  # what is searched is not asked for
    field_order = ("name", "dataset", "trials", "epochs", "minutes_per_run")

    def clean(self) -> dict[str, Any]:
        given = super().clean() or self.cleaned_data
        low, high = given.get("lowest_rate"), given.get("highest_rate")
        if low and high and low >= high:
            self.add_error("highest_rate", _("It must be above the lowest learning rate."))
        return given

    def asked(self) -> dict[str, Any]:
        given = self.cleaned_data
        return super().asked() | {
            "architectures": given["architectures"],
            "trials": given["trials"],
            "space": {"learning_rate": [given["lowest_rate"], given["highest_rate"]]},
        }


FORMS: dict[str, Callable[..., ExperimentForm]] = {
    form.kind: form for form in (ZoomLevelsForm, CrossValidationForm, SearchForm)
}
