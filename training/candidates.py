"""The patches that a slide of a dataset could give, or why it gives none."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image

from slides.grid import Grid
from slides.models import Annotation, Slide
from slides.regions import from_geojson
from training import mined
from training.attribution import attributed
from training.corrections import author_of_rest, sayings_of
from training.labelling import SlideFacts, labelled, patches_of_slide, with_tissue_share
from training.manifest import PATCH
from training.models import Dataset, Mining
from training.refusals import NotTrainable
from training.rules import Rules
from training.sampling import capped

NOT_READY = "the slide is not ready"
NO_TRUTH = "no truth: import an annotation, or declare the slide free of tumour"
NO_TISSUE = "no tissue mask: import the slide again"
NO_PATCH = "no patch holds enough tissue that may be learnt from"


@dataclass(frozen=True)
class Candidates:
    """What a slide gives. patches: dtype PATCH, no more than the cap. counts: before the cap."""

    slide: Slide
    patches: np.ndarray
    counts: Mapping[str, int]
    reason: str = ""


def rules_of(dataset: Dataset) -> Rules:
    return Rules(
        tissue_bar=dataset.tissue_bar,
        stride=dataset.stride,
        jitter_px=dataset.jitter_px,
        labelling=dataset.labelling,
        tumour_bar=dataset.tumour_bar,
        centre_px=dataset.centre_px,
        per_slide_cap=dataset.per_slide_cap,
        balance=dataset.balance,
        validation_share=dataset.validation_share,
        test_share=dataset.test_share,
        folds=dataset.folds,
        seed=dataset.seed,
    )


def candidates_of(slide: Slide, dataset: Dataset, rules: Rules, errors: np.ndarray) -> Candidates:
    """The patches of one slide at every um/px of the dataset; errors: where networks erred.

    The cap is applied here, slide by slide, because whole slides side by side fill no memory then.
    Raises NotTrainable if the slide has no resolution or too coarse a one.
    """
    truth = slide.annotations.filter(revision=dataset.revisions.get(str(slide.pk))).first()
    if reason := _why_not(slide, truth):
        return Candidates(slide, np.zeros(0, PATCH), by_class(np.zeros(0, PATCH)), reason)
    facts = facts_of(slide, truth)
    sayings = sayings_of(truth, _revision_before(slide, dataset))
    tables = []
    for mpp in dataset.mpps or [dataset.mpp]:
        grid = grid_of(slide, mpp, dataset.patch_px)
        own = errors[(errors["slide_id"] == slide.pk) & np.isclose(errors["mpp"], mpp)]
        for table in (
            patches_of_slide(slide.pk, grid, facts, rules),
            _still_normal(own, grid, facts, rules),
        ):
            tables.append(attributed(table, grid.side_l0, sayings))
    patches = np.concatenate(tables)
    kept = capped(patches, rules.per_slide_cap, seed=rules.seed)
    return Candidates(slide, kept, by_class(patches), "" if len(patches) else NO_PATCH)


def _revision_before(slide: Slide, dataset: Dataset) -> int | None:
    """The truth of a slide in the dataset that this one follows; None where it follows none."""
    parent = dataset.parent
    return None if parent is None else parent.revisions.get(str(slide.pk), 0)


def by_class(patches: np.ndarray) -> dict[str, int]:
    tumour = int(np.count_nonzero(patches["label"]))
    return {"tumour": tumour, "normal": len(patches) - tumour}


def _why_not(slide: Slide, truth: Annotation | None) -> str:
    if not slide.is_ready:
        return NOT_READY
    if truth is None:
        return NO_TRUTH
    if slide.tissue_path is None or not slide.tissue_path.exists():
        return NO_TISSUE
    return ""


def grid_of(slide: Slide, mpp: float, patch_px: int) -> Grid:
    if slide.mpp is None:
        raise NotTrainable(
            f"{slide} has no resolution; say how many um per px on the slide's page, or leave "
            "the slide out",
            "unknown_mpp",
        )
    try:
        return Grid.over(slide.width, slide.height, slide_mpp=slide.mpp, mpp=mpp, patch_px=patch_px)
    except ValueError as error:
        raise NotTrainable(f"{slide}: {error}", "finer_than_slide") from error


def facts_of(slide: Slide, truth: Annotation) -> SlideFacts:
    with Image.open(slide.tissue_path) as picture:
        tissue = np.asarray(picture.convert("L")) > 127
    return SlideFacts(
        size_l0=(slide.width, slide.height),
        tissue=tissue,
        tissue_scale=(slide.tissue_scale_x, slide.tissue_scale_y),
        regions=from_geojson(truth.regions),
        is_exhaustive=truth.is_exhaustive,
        is_drawn=truth.source == Annotation.Source.DRAWN,
        author=author_of_rest(truth),
    )


# Mined patches -------------------------------------------------------------


def mined_places(dataset: Dataset) -> np.ndarray:
    """Where networks saw tumour in normal tissue, of all minings of a dataset, dtype PATCH.

    Raises NotTrainable if a mining has not ended, MinedError if its file is not as it was.
    """
    tables = [_places(mining) for mining in dataset.minings.order_by("pk")]
    places = np.concatenate([np.zeros(0, PATCH), *tables])
    where = places[["slide_id", "mpp", "x_l0", "y_l0"]]
    _, first = np.unique(where, return_index=True)  # two minings may find the same place
    return places[np.sort(first)]


def _places(mining: Mining) -> np.ndarray:
    path = mining.patches_path
    if path is None:
        raise NotTrainable(f"{mining} has left no patches ({mining.status})", "not_mined")
    return mined.read(path, sha256=mining.patches_sha256).patches


def _still_normal(places: np.ndarray, grid: Grid, facts: SlideFacts, rules: Rules) -> np.ndarray:
    """The mined places that the dataset's truth, which may be a later one, calls normal."""
    places = places.copy()
    places["row"], places["column"] = places["y_l0"] // grid.side_l0, places["x_l0"] // grid.side_l0
    places["mpp"] = grid.mpp
    patches = labelled(with_tissue_share(places, grid, facts, 0.0), grid, facts, rules)
    return patches[patches["label"] == 0]
