"""The form that asks for a run: what decides most comes first, the rest lies folded."""

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from training.choices import (
    Architecture,
    Augmentation,
    Calibration,
    ClassBalance,
    Goal,
    Loss,
    OperatingRule,
    Optimizer,
    Pooling,
    Precision,
    Schedule,
)
from training.forms import Styled
from training.models import Dataset, ModelVersion, TrainingRun
from training.refusals import LARGEST_SEED

START_NONE, START_IMAGENET, START_FILE, START_VERSION = "none", "imagenet", "file", "version"
STARTS = (
    (START_NONE, _("random numbers")),
    (START_IMAGENET, _("ImageNet, fetched once from Keras")),
    (START_FILE, _("a file on this machine")),
    (START_VERSION, _("an earlier version")),
)
GROUPS = (
    (_("Pooling and first weights"), ("pooling", "frozen_epochs", "body_rate")),
    (
        _("How it learns"),
        ("optimizer", "learning_rate", "schedule", "rho", "batch", "loss", "label_smoothing")
        + ("class_balance", "patience", "precision", "seed"),
    ),
    (
        _("Operating point and probabilities"),
        ("operating_rule", "target_recall", "fp_budget", "calibration"),
    ),
)
FIRST = ("dataset", "fold", "architecture", "start", "weights_file", "weights_sha256")
FIRST += ("first_version", "epochs", "augmentation", "version_name")
START_FIELDS = ("start", "weights_file")  # of the form alone
# Inputs that matter only with some choices: shown for these values of another input.
SHOWN_FOR = {
    "weights_file": f"start={START_FILE}",
    "weights_sha256": f"start={START_FILE}",
    "first_version": f"start={START_VERSION}",
    "architecture": f"start={START_NONE}|{START_IMAGENET}|{START_FILE}",
    "pooling": f"start={START_NONE}|{START_IMAGENET}|{START_FILE}",
    "frozen_epochs": f"start={START_IMAGENET}|{START_FILE}|{START_VERSION}",
    "rho": f"optimizer={Optimizer.RMSPROP}",
    "target_recall": f"operating_rule={OperatingRule.RECALL}",
    "fp_budget": f"operating_rule={OperatingRule.FP_BUDGET}",
}


def _default(name: str) -> Any:
    return TrainingRun._meta.get_field(name).default


def _choice(name: str, choices: Any, label: Any, help_text: Any = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=choices.choices,
        initial=_default(name),
        required=False,
        help_text=help_text,
    )


def _number(
    name: str, label: Any, low: float, high: float, help_text: Any = ""
) -> forms.FloatField | forms.IntegerField:
    default = _default(name)
    kind = forms.IntegerField if isinstance(default, int) else forms.FloatField
    return kind(
        label=label,
        min_value=low,
        max_value=high,
        initial=default,
        required=False,
        help_text=help_text,
    )


class DatasetChoice(forms.ModelChoiceField):
    """Datasets that are frozen, or about to be."""

    def label_from_instance(self, dataset: Dataset) -> str:
        if dataset.is_frozen:
            return str(dataset)
        return _("%(name)s (still being frozen: the run will wait)") % {"name": dataset}


class RunForm(Styled):
    dataset = DatasetChoice(label=_("Dataset"), queryset=Dataset.objects.none(), empty_label=None)
    fold = forms.IntegerField(
        label=_("Fold that validates"),
        required=False,
        min_value=0,
        max_value=1000,
        help_text=_("Only for datasets with folds: the others are learnt from. The first is 0."),
    )
    architecture = forms.ChoiceField(
        label=_("Network"),
        choices=Architecture.choices,
        required=False,
        help_text=_("From fast to thorough. Without a graphics card begin with the baseline."),
    )
    start = forms.ChoiceField(
        label=_("Begins from"), choices=STARTS, initial=START_NONE, required=False
    )
    weights_file = forms.CharField(
        label=_("Weights file"),
        max_length=500,
        required=False,
        help_text=_("Full path of a .keras, .weights.h5 or Keras’ _notop.h5, on the worker."),
    )
    weights_sha256 = forms.CharField(
        label=_("Its SHA-256 (optional)"),
        max_length=64,
        required=False,
        help_text=_("With it only that very file is loaded."),
    )
    first_version = forms.ModelChoiceField(
        label=_("Version to go on from"),
        queryset=ModelVersion.objects.none(),
        required=False,
        help_text=_("Network, pooling and patch size are those of the version."),
    )
    epochs = _number("epochs", _("Epochs"), 1, 1000, _("Times that all patches are seen."))
    augmentation = _choice(
        "augmentation",
        Augmentation,
        _("Varied while learning"),
        _("Tissue has no upright, and laboratories differ in stain."),
    )
    version_name = forms.CharField(
        label=_("Name of the version it will leave (optional)"), max_length=200, required=False
    )
    pooling = _choice(
        "pooling",
        Pooling,
        _("Pooling before the last layer"),
        _("The published method names the maximum, its code takes the average."),
    )
    frozen_epochs = _number(
        "frozen_epochs",
        _("Epochs of the last layer alone"),
        0,
        1000,
        _("First epochs in which what the weights already know stays as it is."),
    )
    body_rate = _number(
        "body_rate",
        _("Learning rate below the last layer, as a factor"),
        1e-4,
        1,
        _("1: all learn alike. 0.1 suits weights that already know a lot."),
    )
    optimizer = _choice("optimizer", Optimizer, _("Optimiser"))
    learning_rate = _number(
        "learning_rate",
        _("Learning rate"),
        1e-8,
        1,
        _("0.0001 suits known weights; from random numbers the baseline learns with 0.001."),
    )
    schedule = _choice("schedule", Schedule, _("Learning rate over time"))
    rho = _number("rho", _("RMSprop rho"), 0, 0.9999)
    batch = _number(
        "batch", _("Patches per batch"), 1, 1024, _("Fewer if memory runs out; 32 is usual.")
    )
    loss = _choice(
        "loss", Loss, _("Loss"), _("The focal loss looks hardest at what it still gets wrong.")
    )
    label_smoothing = _number(
        "label_smoothing", _("Label smoothing"), 0, 0.5, _("0: labels are taken at their word.")
    )
    class_balance = _choice(
        "class_balance",
        ClassBalance,
        _("Rare class"),
        _("So that few tumour patches count as much as many normal ones."),
    )
    patience = _number(
        "patience",
        _("Ends after so many epochs without progress"),
        0,
        1000,
        _("0: never before the last. The best epoch is kept in any case."),
    )
    precision = _choice(
        "precision",
        Precision,
        _("Precision"),
        _(
            "Mixed computes in bfloat16: for graphics cards since 2020. "
            "On processors it is often slower."
        ),
    )
    seed = _number("seed", _("Seed"), 0, LARGEST_SEED)
    operating_rule = _choice("operating_rule", OperatingRule, _("Threshold chosen by"))
    target_recall = _number(
        "target_recall", _("Recall that the threshold must reach on validation"), 0.01, 1
    )
    fp_budget = _number(
        "fp_budget",
        _("False positive patches per mm² of normal validation tissue"),
        1e-3,
        1e4,
    )
    calibration = _choice(
        "calibration",
        Calibration,
        _("Calibration"),
        _("So that 0.8 means tumour in eight of ten. Fitted on validation patches."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        is_coming = Q(goal=Goal.FREEZE, status__in=["queued", "running"])
        offered = Dataset.objects.filter(is_coming | ~Q(manifest_sha256=""))
        self.fields["dataset"].queryset = offered
        self.fields["first_version"].queryset = ModelVersion.objects.with_weights()
        folded = offered.filter(folds__gt=0).values_list("pk", flat=True)
        self.shown_for = SHOWN_FOR | {"fold": f"dataset={'|'.join(map(str, folded))}"}

    def clean(self) -> dict[str, Any]:
        """The fields of a run; what was left empty takes the value of the protocol."""
        given = self._with_defaults(dict(super().clean() or {}))
        start, path = given.pop("start", "") or START_NONE, given.pop("weights_file", "")
        if start == START_VERSION:
            return self._going_on(given)
        if not given.get("architecture"):
            self.add_error("architecture", _("Choose a network."))
        if start == START_FILE and not path:
            self.add_error("weights_file", _("Give the full path of the file."))
        if start != START_FILE:
            given["weights_sha256"] = ""
        if start == START_NONE:
            given["frozen_epochs"] = 0
        given["weights"] = path if start == START_FILE else start
        return given | {"first_version": None}

    def _with_defaults(self, given: dict[str, Any]) -> dict[str, Any]:
        for name in given:
            if name in START_FIELDS or given[name] not in ("", None):
                continue
            field = TrainingRun._meta.get_field(name)
            if field.has_default():
                given[name] = field.default
        return given

    def _going_on(self, given: dict[str, Any]) -> dict[str, Any]:
        version = given.get("first_version")
        if version is None:
            self.add_error("first_version", _("Choose the version to go on from."))
            return given
        own = {"architecture": version.architecture, "pooling": version.pooling}
        return given | own | {"weights": START_NONE, "weights_sha256": ""}

    # What a page lays out --------------------------------------------------

    def first_fields(self) -> list[Any]:
        return [self._shown(name) for name in FIRST]

    def groups(self) -> list[dict[str, Any]]:
        """The folded groups: title, fields, and whether one of them is wrong."""
        return [
            {
                "title": title,
                "fields": [self._shown(name) for name in names],
                "is_open": any(name in self.errors for name in names),
            }
            for title, names in GROUPS
        ]

    def _shown(self, name: str) -> Any:
        field = self[name]
        field.shown_for = self.shown_for.get(name, "")
        return field
