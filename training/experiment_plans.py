"""What an experiment may be asked for: its settings, filled up and checked. Nothing is read here.

settings, as stored on the row:

zoom-levels        slides (keys; empty: all that can be learnt from), levels (lists of um/px),
                   networks (pairs of architecture and pooling), folds, patch_px, tumour_bar,
                   per_slide_cap, minutes_per_run, seed, recipe
cross-validation   dataset, networks (one), folds, minutes_per_run, seed, recipe
search             dataset, architectures, trials, minutes_per_run, space, seed, recipe

recipe: fields of a run, where they differ from the defaults here.
"""

from collections.abc import Mapping
from typing import Any

from training.choices import Architecture, ExperimentKind, Pooling
from training.refusals import LARGEST_SEED, NotTrainable

FEWEST_FOLDS, MOST_FOLDS = 3, 20
LEVELS = ([0.243], [0.486], [0.972], [1.944, 3.888, 7.776])
NETWORKS = (["baseline", "max"], ["baseline", "avg"])
RECIPE = {
    "weights": "none",
    "epochs": 8,
    "batch": 16,
    "learning_rate": 0.002,
    "augmentation": "stain",
    "target_recall": 0.9,
}
RECIPE_FIELDS = (
    *RECIPE, "optimizer", "schedule", "rho", "loss", "label_smoothing", "class_balance", "patience",
    "frozen_epochs", "body_rate", "precision",
)  # fmt: skip
SHARED: dict[str, Any] = {"minutes_per_run": 10.0, "seed": 0, "recipe": RECIPE}
DEFAULTS: dict[str, dict[str, Any]] = {
    ExperimentKind.ZOOM_LEVELS: {
        "slides": [],
        "levels": list(LEVELS),
        "networks": list(NETWORKS),
        "folds": 3,
        "patch_px": 299,
        "tumour_bar": 0.0,
        "per_slide_cap": 60,
    },
    ExperimentKind.CROSS_VALIDATION: {"dataset": None, "networks": [NETWORKS[0]], "folds": 5},
    ExperimentKind.SEARCH: {
        "dataset": None,
        "architectures": ["baseline"],
        "trials": 20,
        "space": {},
    },
}
# What a search may vary. A pair of numbers is a range on a logarithmic scale, a list a choice.
SPACE: dict[str, tuple[Any, ...]] = {
    "learning_rate": (1e-4, 1e-2),
    "batch": (8, 16, 32),
    "pooling": ("max", "avg"),
    "augmentation": ("dihedral", "stain", "full"),
    "optimizer": ("rmsprop", "adam"),
    "label_smoothing": (0.0, 0.05, 0.1),
}
RANGES = ("learning_rate",)
BOUNDS = {
    "folds": (FEWEST_FOLDS, MOST_FOLDS),
    "patch_px": (32, 1024),
    "tumour_bar": (0, 0.999),
    "per_slide_cap": (1, 1_000_000),
    "minutes_per_run": (0, 100_000),
    "trials": (1, 1000),
    "seed": (0, LARGEST_SEED),
}


def filled(kind: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of an experiment, defaults where nothing was asked. Raises NotTrainable."""
    if kind not in DEFAULTS:
        raise NotTrainable(
            f"there is no experiment {kind!r}; there are {', '.join(DEFAULTS)}", "bad_input"
        )
    known = SHARED | DEFAULTS[kind]
    if odd := sorted(set(asked) - set(known)):
        raise NotTrainable(
            f"{kind} has no setting {', '.join(odd)}; it has {', '.join(known)}", "bad_input"
        )
    given = {name: value for name, value in asked.items() if value is not None}
    settings = known | given | {"recipe": _recipe(given.get("recipe") or {})}
    for name, (low, high) in BOUNDS.items():
        if name in settings:
            _refuse_outside(name, settings[name], low, high)
    _refuse_odd(settings)
    return settings


def _recipe(asked: Mapping[str, Any]) -> dict[str, Any]:
    if odd := sorted(set(asked) - set(RECIPE_FIELDS)):
        raise NotTrainable(
            f"a recipe has no {', '.join(odd)}; it has {', '.join(RECIPE_FIELDS)}", "bad_input"
        )
    return RECIPE | {name: value for name, value in asked.items() if value is not None}


def _refuse_outside(name: str, value: Any, low: float, high: float) -> None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not low <= value <= high:
        raise NotTrainable(f"{name} must be in {low:g}..{high:g}, got {value}", "bad_input")


def _refuse_odd(settings: Mapping[str, Any]) -> None:
    if not settings.get("networks", True) or not settings.get("architectures", True):
        raise NotTrainable("no network was chosen; choose one at least", "bad_input")
    for architecture, pooling in settings.get("networks", ()):
        _refuse_unknown("network", architecture, Architecture.values)
        _refuse_unknown("pooling", pooling, Pooling.values)
    for architecture in settings.get("architectures", ()):
        _refuse_unknown("network", architecture, Architecture.values)
    for mpps in settings.get("levels", [[1.0]]) or [[]]:
        if not mpps or not all(0.05 <= mpp <= 50 for mpp in mpps):
            raise NotTrainable(
                f"a zoom level is one um/px or several, each in 0.05..50, got {mpps}", "bad_input"
            )
    _refuse_odd_space(settings.get("space", {}))


def _refuse_odd_space(space: Mapping[str, Any]) -> None:
    for name, values in space.items():
        _refuse_unknown("setting", name, list(SPACE))
        if name in RANGES:
            if len(values) != 2 or not 0 < values[0] < values[1]:
                raise NotTrainable(
                    f"{name} is searched between two numbers above 0, the smaller first, got "
                    f"{values}",
                    "bad_input",
                )
        elif not values:
            raise NotTrainable(f"{name} has no value to choose from", "bad_input")


def _refuse_unknown(what: str, value: Any, known: list[str]) -> None:
    if value not in known:
        raise NotTrainable(
            f"{what} {value!r} is unknown; choose of {', '.join(known)}", "bad_input"
        )
