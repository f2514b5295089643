"""What can be done with runs: ask for one, and train it."""

import shutil
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now

from slides.jobs import Cancelled, Report
from slides.models import Slide
from training import manifest, origin, reading
from training.models import Dataset, ModelVersion, TrainingRun
from training.own_rows import write_own
from training.publishing import publish
from training.recipe import best_of
from training.refusals import NotTrainable
from training.run_checks import refuse_odd_run

if TYPE_CHECKING:
    from training.feeding import Share

KEPT_DAYS = 7  # that the state of a run that failed waits to be taken up again


@transaction.atomic
def create_run(
    *,
    dataset: Dataset,
    architecture: str = "",
    version_name: str = "",
    created_by: User | None = None,
    **fields: Any,
) -> TrainingRun:
    """A run waiting to be trained; where its dataset is still being frozen, it waits for that.

    architecture: of the first version, if it goes on from one and none is given. fields: of
    the row, where they differ from its defaults. Raises NotTrainable if the dataset is
    neither frozen nor about to be, or a setting makes no sense.
    """
    first = fields.get("first_version")
    if first is not None:
        architecture = architecture or first.architecture
        fields = {"pooling": first.pooling} | fields
    run = TrainingRun(
        dataset=dataset,
        architecture=architecture,
        version_name=version_name,
        created_by=created_by,
        **fields,
    )
    refuse_odd_run(run)
    run.save()
    return run


def train(run: TrainingRun, *, report: Report | None = None) -> ModelVersion:
    """Fit the run's network to its dataset and publish the best epoch as a version.

    What an earlier attempt of the run left after its last whole epoch is taken up. A cancelled
    run publishes what was best so far, if any epoch was finished, and then raises Cancelled.
    Raises what reading, building and fitting raise.
    """
    published = ModelVersion.objects.filter(run=run).first()
    if published:
        return published
    report = report or run.report
    report(0, 0)
    _forget_ended()
    frozen = _frozen(run.dataset)
    from training import fitting

    report(0, 0)  # a sign of life: loading Keras takes long on a busy machine
    training, validation = _shares(run, frozen, report)
    fitted = fitting.fit(
        origin.recipe(run),
        training,
        validation,
        folder=state_folder(run),
        report=report,
        tell=partial(tell, run, frozen),
    )
    if fitted.stopped_by is not None and not isinstance(fitted.stopped_by, Cancelled):
        raise fitted.stopped_by
    version = publish(run, frozen, fitted)
    forget_state(run)
    if fitted.stopped_by is not None:
        raise fitted.stopped_by
    return version


def tell(run: TrainingRun, frozen: manifest.Manifest, news: dict[str, Any]) -> None:
    """Write on a run's row what its fitting says of itself. Raises Superseded."""
    history = news["history"]
    examples = [_placed(example, frozen.columns) for example in news["examples"]]
    best_epoch = best_of(history) if history else None
    write_own(run, **(news | {"examples": examples, "best_epoch": best_epoch}))


def _placed(example: dict[str, Any], columns: np.ndarray) -> dict[str, Any]:
    """An example with where its patch lies, so that a page need not read the manifest."""
    patch = columns[example["place"]]
    return example | {
        "slide": int(patch["slide_id"]),
        "x_l0": int(patch["x_l0"]),
        "y_l0": int(patch["y_l0"]),
        "mpp": float(patch["mpp"]),
    }


# States --------------------------------------------------------------------


def state_folder(run: TrainingRun) -> Path:
    """Where a run keeps what it needs to go on after its worker died."""
    return Path(settings.CACHE_ROOT) / "runs" / f"run-{run.pk}"


def forget_state(run: TrainingRun) -> None:
    shutil.rmtree(state_folder(run), ignore_errors=True)


def _forget_ended() -> None:
    """Remove what runs left that are done, gone, or failed and were not tried again for long."""
    for folder in (Path(settings.CACHE_ROOT) / "runs").glob("run-*"):
        run = TrainingRun.objects.filter(pk=folder.name.removeprefix("run-")).first()
        is_old = run and run.finished_at and run.finished_at < now() - timedelta(days=KEPT_DAYS)
        if run is None or (not run.is_active and (is_old or run.status == run.Status.DONE)):
            shutil.rmtree(folder, ignore_errors=True)


# Patches -------------------------------------------------------------------


def _frozen(dataset: Dataset) -> manifest.Manifest:
    """The manifest of a dataset. Raises NotTrainable if it was never frozen."""
    dataset.refresh_from_db()
    if not dataset.is_frozen:
        why = dataset.error or dataset.get_status_display()
        raise NotTrainable(
            f"its dataset {dataset} was not frozen ({why}); freeze it, then try this run again",
            "dataset_not_frozen",
        )
    return manifest.read(dataset.manifest_path, sha256=dataset.manifest_sha256)


def _shares(run: TrainingRun, frozen: manifest.Manifest, report: Report) -> "tuple[Share, Share]":
    from training.feeding import Share

    packed = patches_of(frozen, report=report)
    training, validation = (
        Share(packed, frozen.labels, indices) for indices in frozen.sides(run.fold)
    )
    return training, validation


def patches_of(frozen: manifest.Manifest, *, report: Report) -> np.ndarray:
    """All patches of a manifest in its order, read from the slides or from the packed cache."""
    folder = Path(settings.CACHE_ROOT) / "patches"
    folder.mkdir(parents=True, exist_ok=True)
    return reading.packed_patches(
        folder / f"{frozen.sha256}.npy",
        frozen,
        _slide_files(frozen),
        most_bytes=settings.PATCH_CACHE_BYTES,
        report=report,
    )


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
