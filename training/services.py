"""What can be done in training: freeze a dataset, ask for a run, train it, publish a version."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from PIL import Image

from slides.grid import Grid
from slides.jobs import Reason, Report, Superseded
from slides.models import Annotation, Slide
from slides.regions import from_geojson
from training import manifest, origin, reading
from training.models import Architecture, Dataset, ModelVersion, TrainingRun
from training.sampling import CellFacts, Rules, choose, label_cells, truth_of_cells
from training.validation import validation_metrics

if TYPE_CHECKING:
    from training.feeding import Share
    from training.fitting import Fitted

LARGEST_SEED = 2**31 - 1  # of an integer column on every database
NOT_READY = "the slide is not ready"
NO_TRUTH = "no truth: import an annotation, or declare the slide free of tumour"
NO_TISSUE = "no tissue mask: import the slide again"
NO_PATCH = "no patch holds enough tissue that may be learnt from"


class NotTrainable(Reason):
    """These settings, slides or files cannot be trained on."""

    code = "not_trainable"


# Datasets ------------------------------------------------------------------


@transaction.atomic
def create_dataset(
    *,
    name: str,
    mpp: float,
    slides: Iterable[Slide] | None = None,
    revisions: Mapping[int, int] | None = None,
    created_by: User | None = None,
    **fields: Any,
) -> Dataset:
    """A dataset waiting to be frozen, its truths pinned now.

    slides: all ready development slides if not given. revisions: by slide key, the truth
    revision to use instead of the latest. fields: of the row, where they differ from its
    defaults. Raises NotTrainable.
    """
    chosen = list(Slide.objects.ready().with_subset("development") if slides is None else slides)
    if not chosen:
        raise NotTrainable("no slide was chosen; choose slides that have a truth", "no_slides")
    fields = {"tissue_bar": settings.TISSUE_BAR_TRAINING} | fields
    dataset = Dataset(name=name, mpp=mpp, created_by=created_by, **fields)
    _refuse_odd_settings(dataset)
    dataset.revisions = _pinned(chosen, revisions or {})
    dataset.is_synthetic = any(slide.is_synthetic for slide in chosen)
    dataset.save()
    dataset.slides.set(chosen)
    return dataset


def _refuse_odd_settings(dataset: Dataset) -> None:
    bounds = {
        "mpp": (0.05, 50),
        "patch_px": (32, 1024),
        "tissue_bar": (0, 1),
        "tumour_bar": (0, 0.999),
        "validation_share": (0.01, 0.9),
        "per_slide_cap": (1, 1_000_000),
        "seed": (0, LARGEST_SEED),
    }
    for field, (low, high) in bounds.items():
        value = getattr(dataset, field)
        if value is None or not low <= value <= high:
            raise NotTrainable(f"{field} must be in {low:g}..{high:g}, got {value}", "bad_input")


def _pinned(slides: Iterable[Slide], revisions: Mapping[int, int]) -> dict[str, int]:
    pinned = {}
    for slide in slides:
        truth = slide.truth
        revision = revisions.get(slide.pk, truth.revision if truth else None)
        if revision is None:
            continue
        if not slide.annotations.filter(revision=revision).exists():
            raise NotTrainable(f"{slide} has no truth revision {revision}", "no_such_truth")
        pinned[str(slide.pk)] = revision
    return pinned


def freeze_dataset(dataset: Dataset, *, report: Report | None = None) -> Dataset:
    """Choose, label and split the patches and write them to the manifest.

    A frozen dataset stays as it is. Raises NotTrainable or SamplingError.
    """
    if dataset.manifest_sha256:
        return dataset
    rules = _rules(dataset)
    tables, used, excluded = _all_candidates(dataset, rules, report or dataset.report)
    if not tables:
        raise NotTrainable(_nothing_usable(excluded), "no_truth")
    candidates = np.concatenate(tables)
    chosen = choose(candidates, {slide.pk: slide.patient for slide in used}, rules)
    header = origin.manifest_header(dataset, used, chosen)
    relative = f"datasets/dataset-{dataset.pk}.csv"
    checksum = manifest.write(Path(settings.MEDIA_ROOT) / relative, header, chosen)
    counts = origin.counts(header, candidates, chosen) | {"excluded": excluded}
    _write_own(dataset, manifest=relative, manifest_sha256=checksum, counts=counts)
    return dataset


def _all_candidates(
    dataset: Dataset, rules: Rules, report: Report
) -> tuple[list[np.ndarray], list[Slide], list[dict[str, Any]]]:
    """Patches and slides to choose from, and what was left out and why."""
    slides = list(dataset.slides.order_by("pk"))
    tables, used, excluded = [], [], []
    for done, slide in enumerate(slides):
        report(done, len(slides))
        table, reason = _candidates(slide, dataset, rules)
        if reason:
            excluded.append({"slide": slide.pk, "name": slide.name, "reason": reason})
        else:
            tables.append(table)
            used.append(slide)
    report(len(slides), len(slides))
    return tables, used, excluded


def _rules(dataset: Dataset) -> Rules:
    return Rules(
        tissue_bar=dataset.tissue_bar,
        tumour_bar=dataset.tumour_bar,
        per_slide_cap=dataset.per_slide_cap,
        is_balanced=dataset.is_balanced,
        validation_share=dataset.validation_share,
        seed=dataset.seed,
    )


def _candidates(slide: Slide, dataset: Dataset, rules: Rules) -> tuple[np.ndarray, str]:
    """The patches a slide could give, or why it gives none."""
    nothing = np.zeros(0, manifest.PATCH)
    truth = slide.annotations.filter(revision=dataset.revisions.get(str(slide.pk))).first()
    if not slide.is_ready:
        return nothing, NOT_READY
    if truth is None:
        return nothing, NO_TRUTH
    if slide.tissue_path is None or not slide.tissue_path.exists():
        return nothing, NO_TISSUE
    grid = _grid(slide, dataset)
    table = label_cells(slide.pk, grid, _cell_facts(slide, truth, grid), rules)
    return table, "" if len(table) else NO_PATCH


def _grid(slide: Slide, dataset: Dataset) -> Grid:
    if slide.mpp is None:
        raise NotTrainable(
            f"{slide} has no resolution; say how many um per px on the slide's page, or leave "
            "the slide out",
            "unknown_mpp",
        )
    try:
        return Grid.over(
            slide.width,
            slide.height,
            slide_mpp=slide.mpp,
            mpp=dataset.mpp,
            patch_px=dataset.patch_px,
        )
    except ValueError as error:
        raise NotTrainable(f"{slide}: {error}", "finer_than_slide") from error


def _cell_facts(slide: Slide, truth: Annotation, grid: Grid) -> CellFacts:
    with Image.open(slide.tissue_path) as picture:
        tissue = np.asarray(picture.convert("L")) > 127
    tumour_share, is_ignored = truth_of_cells(from_geojson(truth.regions), grid)
    return CellFacts(
        tissue_share=grid.cell_share(tissue, slide.tissue_scale_x, slide.tissue_scale_y),
        tumour_share=tumour_share,
        is_ignored=is_ignored,
        is_exhaustive=truth.is_exhaustive,
    )


def _nothing_usable(excluded: list[dict[str, Any]]) -> str:
    reasons = "; ".join(f"{slide['name']}: {slide['reason']}" for slide in excluded[:5])
    return f"none of {len(excluded)} slides can be learnt from. {reasons}"


# Runs ----------------------------------------------------------------------


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
            on_epoch=lambda history: _write_own(
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


def publish(run: TrainingRun, frozen: manifest.Manifest, fitted: "Fitted") -> ModelVersion:
    """Store the network and the row with all that is needed to use and explain it."""
    from training import network

    held_out = frozen.indices(manifest.VALIDATION)
    metrics = validation_metrics(
        frozen.labels[held_out],
        fitted.validation_scores,
        frozen.patients()[held_out],
        target_recall=run.target_recall,
        seed=run.seed,
    )
    relative = f"versions/run-{run.pk}-attempt-{run.attempt}.keras"
    checksum = network.save(fitted.model, Path(settings.MEDIA_ROOT) / relative)
    with transaction.atomic():
        _write_own(run, history=fitted.history, best_epoch=fitted.best_epoch)
        return ModelVersion.objects.create(
            name=_free_name(run),
            run=run,
            architecture=run.architecture,
            mpp=frozen.mpp,
            patch_px=frozen.patch_px,
            threshold=metrics["threshold"],
            threshold_source=origin.threshold_source(run, metrics),
            weights=relative,
            weights_sha256=checksum,
            metrics=metrics,
            provenance=origin.provenance(run, frozen, fitted),
            is_synthetic=run.dataset.is_synthetic,
        )


def _free_name(run: TrainingRun) -> str:
    wanted = run.version_name or f"{run.architecture} {run.dataset.mpp:g} um/px"
    if ModelVersion.objects.filter(name=wanted).exists():
        return f"{wanted[:180]} (run {run.pk})"
    return wanted


def _write_own(job: Dataset | TrainingRun, **fields: Any) -> None:
    """Write fields only while this attempt still owns the row. Raises Superseded if not."""
    rows = type(job).objects.filter(pk=job.pk, attempt=job.attempt)
    if not rows.update(**fields):
        raise Superseded
    for name, value in fields.items():
        setattr(job, name, value)
