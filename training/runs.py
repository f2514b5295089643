"""What can be done with runs: ask for one, and train it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from slides.jobs import Report, Superseded
from slides.models import Slide
from training import manifest, origin, reading
from training.models import Architecture, Dataset, ModelVersion, TrainingRun
from training.own_rows import write_own
from training.publishing import publish
from training.refusals import LARGEST_SEED, NotTrainable

if TYPE_CHECKING:
    from training.feeding import Share


@transaction.atomic
def create_run(
    *,
    dataset: Dataset,
    architecture: str,
    version_name: str = "",
    created_by: User | None = None,
    **fields: Any,
) -> TrainingRun:
    """A run waiting to be trained. fields: of the row, where they differ from its defaults.

    Raises NotTrainable if the dataset is not frozen or a setting makes no sense.
    """
    if dataset.status != Dataset.Status.DONE:
        raise NotTrainable(f"{dataset} is not frozen ({dataset.status}); freeze it first")
    if version_name and ModelVersion.objects.filter(name=version_name).exists():
        raise NotTrainable(f"a version named {version_name!r} exists; name another", "name_taken")
    run = TrainingRun(
        dataset=dataset,
        architecture=architecture,
        version_name=version_name,
        created_by=created_by,
        **fields,
    )
    _refuse_odd_run(run)
    run.save()
    return run


def _refuse_odd_run(run: TrainingRun) -> None:
    for field in ("architecture", "pooling", "augmentation"):
        known = [value for value, _ in TrainingRun._meta.get_field(field).choices]
        if getattr(run, field) not in known:
            raise NotTrainable(
                f"{field} {getattr(run, field)!r} is unknown; choose one of {', '.join(known)}",
                "bad_input",
            )
    bounds = {
        "epochs": (1, 1000),
        "batch": (1, 1024),
        "learning_rate": (1e-9, 1),
        "rho": (0, 0.9999),
        "target_recall": (0.01, 1),
        "seed": (0, LARGEST_SEED),
    }
    for field, (low, high) in bounds.items():
        value = getattr(run, field)
        if value is None or not low <= value <= high:
            raise NotTrainable(f"{field} must be in {low:g}..{high:g}, got {value}", "bad_input")
    _refuse_odd_weights(run)


def _refuse_odd_weights(run: TrainingRun) -> None:
    if run.weights == "imagenet" and run.architecture == Architecture.BASELINE:
        raise NotTrainable("there are no ImageNet weights for the baseline; choose none")
    smallest = {Architecture.INCEPTION_V3: 75}.get(run.architecture, 32)
    if run.dataset.patch_px < smallest:
        raise NotTrainable(
            f"{run.get_architecture_display()} reads patches of {smallest} px or more; the "
            f"dataset's have {run.dataset.patch_px}"
        )
    if run.weights in ("none", "imagenet"):
        return
    path = Path(run.weights)
    if path.suffix not in {".h5", ".keras"} or not path.is_absolute():
        raise NotTrainable(
            f"weights are none, imagenet, or the full path of a .h5 or .keras file, got "
            f"{run.weights!r}",
            "bad_weights",
        )


def train(run: TrainingRun, *, report: Report | None = None) -> ModelVersion:
    """Fit the run's network to its dataset and publish the best epoch as a version.

    A cancelled run publishes what was best so far, if any epoch was finished, and then raises
    Cancelled. Raises what reading, building and fitting raise.
    """
    published = ModelVersion.objects.filter(run=run).first()
    if published:
        return published
    report = report or run.report
    report(0, 0)
    from training import fitting

    report(0, 0)  # a sign of life: loading Keras takes long on a busy machine
    frozen = manifest.read(run.dataset.manifest_path, sha256=run.dataset.manifest_sha256)
    training, validation = _shares(frozen, report)
    with TemporaryDirectory(dir=_cache(), prefix="run-") as folder:
        fitted = fitting.fit(
            origin.recipe(run),
            training,
            validation,
            folder=Path(folder),
            report=report,
            on_epoch=lambda history: write_own(
                run, history=history, best_epoch=fitting.best_of(history)
            ),
        )
    if isinstance(fitted.stopped_by, Superseded):
        raise fitted.stopped_by
    version = publish(run, frozen, fitted)
    if fitted.stopped_by is not None:
        raise fitted.stopped_by
    return version


def _cache() -> Path:
    folder = Path(settings.CACHE_ROOT) / "patches"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _shares(frozen: manifest.Manifest, report: Report) -> "tuple[Share, Share]":
    from training.feeding import Share

    packed = reading.packed_patches(
        _cache() / f"{frozen.sha256}.npy", frozen, _slide_files(frozen), report=report
    )
    training, validation = (
        Share(packed, frozen.labels, frozen.indices(split))
        for split in (manifest.TRAINING, manifest.VALIDATION)
    )
    return training, validation


def _slide_files(frozen: manifest.Manifest) -> dict[int, reading.SlideFile]:
    """The files of a manifest's slides. Raises NotTrainable if one is not as it was."""
    rows = Slide.objects.in_bulk([slide["id"] for slide in frozen.slides])
    files = {}
    for stated in frozen.slides:
        slide = rows.get(stated["id"])
        if slide is None or slide.path is None or not slide.path.exists():
            raise NotTrainable(f"slide {stated['name']!r} of the dataset is gone", "slide_gone")
        if (slide.sha256, slide.mpp) != (stated["sha256"], stated["mpp"]):
            raise NotTrainable(
                f"{slide} is not as it was when the dataset was frozen; freeze it again",
                "slide_changed",
            )
        files[slide.pk] = reading.SlideFile(path=slide.path, mpp=slide.mpp)
    return files
