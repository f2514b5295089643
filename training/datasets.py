"""What can be done with datasets: ask for one, look at it, freeze it."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from slides.jobs import Reason, Report
from slides.models import Slide
from training import manifest
from training.choices import Balance, Goal, Labelling
from training.choosing import choice_of
from training.dataset_words import WHAT_TO_DO
from training.models import Dataset, Mining
from training.own_rows import write_own
from training.refusals import LARGEST_SEED, NotTrainable

TOLD = 3  # leaks by sentence in a failure, before "and so many more"
MOST_FOLDS = 20
BOUNDS = {
    "mpp": (0.05, 50),
    "patch_px": (32, 1024),
    "tissue_bar": (0, 1),
    "stride": (0.25, 4),
    "tumour_bar": (0, 0.999),
    "validation_share": (0.01, 0.9),
    "test_share": (0, 0.9),
    "per_slide_cap": (1, 1_000_000),
    "seed": (0, LARGEST_SEED),
}


@transaction.atomic
def create_dataset(
    *,
    name: str,
    mpp: float | None = None,
    slides: Iterable[Slide] | None = None,
    revisions: Mapping[int, int] | None = None,
    minings: Iterable[Mining] = (),
    created_by: User | None = None,
    **fields: Any,
) -> Dataset:
    """A dataset waiting to be previewed or frozen, its truths pinned now.

    mpp: um per px; or mpps among the fields, where several scales are merged. slides: all ready
    development slides if not given. revisions: by slide key, the truth revision to use instead of
    the latest. minings: whose false alarms to learn from. fields: of the row, where they differ
    from its defaults. Raises NotTrainable.
    """
    chosen = list(Slide.objects.ready().with_subset("development") if slides is None else slides)
    if not chosen:
        raise NotTrainable("no slide was chosen; choose slides that have a truth", "no_slides")
    fields = {"tissue_bar": settings.TISSUE_BAR_TRAINING} | fields
    if fields.get("tumour_bar"):
        fields.setdefault("labelling", Labelling.SHARE)
    dataset = Dataset(name=name, created_by=created_by, **fields | _scales(mpp, fields))
    _refuse_odd_settings(dataset)
    dataset.revisions = _pinned(chosen, revisions or {})
    dataset.is_synthetic = any(slide.is_synthetic for slide in chosen)
    dataset.save()
    dataset.slides.set(chosen)
    dataset.minings.set(minings)
    return dataset


def _scales(mpp: float | None, fields: Mapping[str, Any]) -> dict[str, Any]:
    """mpp, the finest, and mpps, all of several; one alone is no list."""
    given = fields.get("mpps") or []
    if not isinstance(given, list) or not all(_is_number(each) for each in given):
        raise NotTrainable(f"mpps is a list of numbers, got {given!r:.80}", "bad_input")
    scales = sorted({float(each) for each in given})
    if mpp is None and not scales:
        raise NotTrainable("say at how many um per px patches are read (mpp)", "bad_input")
    if scales and mpp not in (None, scales[0]):
        raise NotTrainable(
            f"mpp is the finest of mpps ({scales[0]:g}), got {mpp}; leave it out", "bad_input"
        )
    for each in scales:
        _refuse_outside("mpps", each, BOUNDS["mpp"])
    return {"mpp": mpp if mpp is not None else scales[0], "mpps": scales[1:] and scales}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _refuse_odd_settings(dataset: Dataset) -> None:
    for field, bounds in BOUNDS.items():
        _refuse_outside(field, getattr(dataset, field), bounds)
    _refuse_outside("jitter_px", dataset.jitter_px, (0, dataset.patch_px // 2))
    for field, known in (("labelling", Labelling), ("balance", Balance), ("goal", Goal)):
        if getattr(dataset, field) not in known.values:
            raise NotTrainable(
                f"{field} is one of {', '.join(known.values)}, got {getattr(dataset, field)!r:.40}",
                "bad_input",
            )
    if dataset.labelling == Labelling.CENTRE:
        _refuse_outside("centre_px", dataset.centre_px, (8, dataset.patch_px))
    if dataset.tumour_bar and dataset.labelling != Labelling.SHARE:
        raise NotTrainable(
            f"tumour_bar counts where labelling is share; it is {dataset.labelling}", "bad_input"
        )
    if dataset.folds:
        _refuse_outside("folds", dataset.folds, (2, MOST_FOLDS))
    elif dataset.validation_share + dataset.test_share > 0.95:
        raise NotTrainable(
            "validation_share and test_share leave nothing to learn from; lower one", "bad_input"
        )


def _refuse_outside(field: str, value: float | None, bounds: tuple[float, float]) -> None:
    low, high = bounds
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


# The work ------------------------------------------------------------------


def freeze_dataset(dataset: Dataset, *, report: Report | None = None) -> Dataset:
    """Choose, label and split the patches; write them to the manifest if that is the goal.

    A frozen dataset stays as it is. Raises NotTrainable or SamplingError, and NotTrainable (leak)
    where one patient or one piece of tissue would be on two sides.
    """
    if dataset.is_frozen:
        return dataset
    choice = choice_of(dataset, report or dataset.report)
    content = manifest.encode(choice.header, choice.patches)
    checksum = hashlib.sha256(content).hexdigest()
    seen = dataset.counts.get("checksum")
    write_own(
        dataset,
        counts=choice.counts | {"checksum": checksum},
        samples=choice.samples,
        warnings=choice.warnings,
        leaks=choice.leaks,
    )
    if dataset.goal == Goal.PREVIEW:
        return dataset
    _refuse_leaks(dataset)
    if seen not in (None, checksum):
        raise NotTrainable(
            "slides or their truth are not as they were in the preview; look at the new counts, "
            "then freeze again",
            "not_as_previewed",
        )
    relative = f"datasets/dataset-{dataset.pk}.csv"
    manifest.write(Path(settings.MEDIA_ROOT) / relative, choice.header, choice.patches)
    write_own(dataset, manifest=relative, manifest_sha256=checksum)
    return dataset


def _refuse_leaks(dataset: Dataset) -> None:
    if not dataset.leaks:
        return
    told = " ".join(leak["words"] for leak in dataset.leaks[:TOLD])
    more = f" And {len(dataset.leaks) - TOLD} more." if len(dataset.leaks) > TOLD else ""
    raise NotTrainable(f"{told}{more} {WHAT_TO_DO}", "leak")


# What people ask for -------------------------------------------------------


def ask_to_freeze(dataset: Dataset) -> Dataset:
    """Queue the freezing of what was previewed, and of nothing else. Raises Reason."""
    _refuse_unless_previewed(dataset)
    _refuse_leaks(dataset)
    return _queued(dataset, Goal.FREEZE)


def ask_for_preview(dataset: Dataset) -> Dataset:
    """Queue another look, say after a patient's name was mended. Raises Reason if it is frozen."""
    return _queued(dataset, Goal.PREVIEW)


def _refuse_unless_previewed(dataset: Dataset) -> None:
    if dataset.is_frozen:
        raise Reason(f"{dataset} is frozen already", "conflict")
    if dataset.goal != Goal.PREVIEW or dataset.status != Dataset.Status.DONE:
        raise Reason(
            f"{dataset} was not previewed ({dataset.status}); preview it first", "conflict"
        )


def _queued(dataset: Dataset, goal: str) -> Dataset:
    rows = Dataset.objects.filter(pk=dataset.pk, manifest_sha256="").exclude(
        status__in=[Dataset.Status.QUEUED, Dataset.Status.RUNNING]
    )
    if not rows.update(goal=goal) or not dataset.requeue():
        state = "frozen" if dataset.is_frozen else dataset.status
        raise Reason(f"{dataset} is {state}; that cannot be asked for now", "conflict")
    dataset.refresh_from_db()
    return dataset
