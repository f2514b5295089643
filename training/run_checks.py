"""What a run may ask for: each refusal says what came, what was expected and what to do."""

from pathlib import Path

from training.choices import Architecture, Goal
from training.models import Dataset, ModelVersion, TrainingRun
from training.refusals import LARGEST_SEED, NotTrainable, read_elsewhere

CHOICES = (
    *("architecture", "pooling", "optimizer", "schedule", "loss", "class_balance"),
    *("augmentation", "precision", "calibration", "operating_rule"),
)
BOUNDS = {
    "epochs": (1, 1000),
    "frozen_epochs": (0, 1000),
    "patience": (0, 1000),
    "batch": (1, 1024),
    "learning_rate": (1e-9, 1),
    "body_rate": (1e-4, 1),
    "rho": (0, 0.9999),
    "label_smoothing": (0, 0.5),
    "target_recall": (0.01, 1),
    "fp_budget": (1e-3, 1e4),
    "seed": (0, LARGEST_SEED),
}
SMALLEST_PX = {Architecture.INCEPTION_V3: 75}
NONE, IMAGENET = "none", "imagenet"


def refuse_odd_run(run: TrainingRun) -> None:
    """Raise NotTrainable if a run makes no sense; its files are looked at by the worker."""
    _refuse_unusable_dataset(run.dataset)
    if run.version_name and ModelVersion.objects.filter(name=run.version_name).exists():
        raise NotTrainable(
            f"a version named {run.version_name!r} exists; name another", "name_taken"
        )
    for field in CHOICES:
        known = [value for value, _ in TrainingRun._meta.get_field(field).choices]
        if getattr(run, field) not in known:
            raise NotTrainable(
                f"{field} {getattr(run, field)!r} is unknown; choose one of {', '.join(known)}",
                "bad_input",
            )
    for field, (low, high) in BOUNDS.items():
        value = getattr(run, field)
        if value is None or not low <= value <= high:
            raise NotTrainable(f"{field} must be in {low:g}..{high:g}, got {value}", "bad_input")
    _refuse_odd_fold(run)
    _refuse_small_patches(run)
    _refuse_odd_start(run)


def _refuse_unusable_dataset(dataset: Dataset) -> None:
    if dataset.is_frozen or (dataset.is_active and dataset.goal == Goal.FREEZE):
        return
    if dataset.goal == Goal.PREVIEW:
        raise NotTrainable(f"{dataset} was only looked at; freeze it first")
    raise NotTrainable(f"{dataset} is not frozen ({dataset.status}); freeze it first")


def _refuse_odd_fold(run: TrainingRun) -> None:
    folds = run.dataset.folds
    if not folds and run.fold is not None:
        raise NotTrainable(
            f"{run.dataset} has one split and no folds; leave fold out (got {run.fold})",
            "bad_input",
        )
    if folds and (run.fold is None or not 0 <= run.fold < folds):
        raise NotTrainable(
            f"{run.dataset} has {folds} folds; say which validates, 0 to {folds - 1} (got "
            f"{run.fold})",
            "bad_input",
        )


def _refuse_small_patches(run: TrainingRun) -> None:
    smallest = SMALLEST_PX.get(Architecture(run.architecture), 32)
    if run.dataset.patch_px < smallest:
        raise NotTrainable(
            f"{run.get_architecture_display()} reads patches of {smallest} px or more; the "
            f"dataset's have {run.dataset.patch_px}"
        )


def _refuse_odd_start(run: TrainingRun) -> None:
    if run.frozen_epochs > run.epochs:
        raise NotTrainable(
            f"the head alone learns for {run.frozen_epochs} of {run.epochs} epochs; give more "
            "epochs, or fewer for the head",
            "bad_input",
        )
    if run.first_version is not None:
        _refuse_other_network(run, run.first_version)
        return
    if run.weights == NONE and run.frozen_epochs:
        raise NotTrainable(
            "with random first weights all layers must learn from the start: set the epochs of "
            "the head alone to 0, or choose first weights",
            "bad_input",
        )
    if run.weights == IMAGENET and run.architecture == Architecture.BASELINE:
        raise NotTrainable("there are no ImageNet weights for the baseline; choose none")
    if run.weights not in (NONE, IMAGENET):
        _refuse_odd_file(run)
    elif run.weights_sha256:
        raise NotTrainable(
            f"a checksum belongs to a file of weights, not to {run.weights!r}", "bad_input"
        )


def _refuse_odd_file(run: TrainingRun) -> None:
    path = Path(run.weights)
    if path.suffix not in {".h5", ".keras"} or not path.is_absolute():
        raise NotTrainable(
            f"weights are none, imagenet, or the full path of a .h5 or .keras file, got "
            f"{run.weights!r}",
            "bad_weights",
        )
    is_hexadecimal = not set(run.weights_sha256.lower()) - set("0123456789abcdef")
    if run.weights_sha256 and not (len(run.weights_sha256) == 64 and is_hexadecimal):
        raise NotTrainable(
            f"a SHA-256 has 64 hexadecimal digits, got {run.weights_sha256!r:.80}", "bad_input"
        )


def _refuse_other_network(run: TrainingRun, version: ModelVersion) -> None:
    if version.is_read_elsewhere:
        raise NotTrainable(read_elsewhere(version, "go on from"), "read_elsewhere")
    if run.weights != NONE:
        raise NotTrainable(
            f"a run goes on from a version or from weights ({run.weights!r}), not from both",
            "bad_input",
        )
    asked = (run.architecture, run.pooling, run.dataset.patch_px)
    has = (version.architecture, version.pooling, version.patch_px)
    if asked != has:
        raise NotTrainable(
            f"{version} is {has[0]} with {has[1]} pooling for patches of {has[2]} px, and can only "
            f"go on as that; got {asked[0]}, {asked[1]}, {asked[2]} px",
            "bad_weights",
        )
