"""What can be done with datasets: ask for one, choose its patches, freeze them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from PIL import Image

from slides.grid import Grid
from slides.jobs import Report
from slides.models import Annotation, Slide
from slides.regions import from_geojson
from training import manifest, origin
from training.choices import Labelling
from training.models import Dataset
from training.own_rows import write_own
from training.refusals import LARGEST_SEED, NotTrainable
from training.sampling import CellFacts, Rules, choose, label_cells, truth_of_cells

NOT_READY = "the slide is not ready"
NO_TRUTH = "no truth: import an annotation, or declare the slide free of tumour"
NO_TISSUE = "no tissue mask: import the slide again"
NO_PATCH = "no patch holds enough tissue that may be learnt from"


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
    if fields.get("tumour_bar"):
        fields.setdefault("labelling", Labelling.SHARE)
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
    write_own(dataset, manifest=relative, manifest_sha256=checksum, counts=counts)
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
        balance=dataset.balance,
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
