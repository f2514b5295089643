"""What a version says of the canaries: drawn ones, and tumour that nobody can miss."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from predictions import canaries
from predictions.evaluation import truth_of_cells
from predictions.origin import grid_of
from slides.models import Slide
from slides.pyramid import Pyramid
from slides.regions import from_geojson
from training import calibration, manifest
from training.models import ModelVersion

MOST_TUMOUR = 24  # patches
MOST_SLIDES = 8
CLEAR_SHARE = 0.5  # of a patch, for tumour that nobody can miss


@dataclass(frozen=True)
class Place:
    """Where a patch lies: its corner in level-0 px, and the um/px it is read at."""

    slide_id: int
    x_l0: int
    y_l0: int
    mpp: float


@dataclass(frozen=True)
class Answers:
    """Calibrated probabilities: of the drawn patches by kind, and of known tumour (n,)."""

    drawn: Mapping[str, np.ndarray]
    tumour: np.ndarray
    source: str


def ask(version: ModelVersion, *, alive: Callable[[], None] = lambda: None) -> Answers:
    """Load the version's network and have it read every canary. alive is called between steps."""
    from predictions import inference
    from training import network

    alive()
    model = network.load(version.weights_path, sha256=version.weights_sha256)

    def answer(patches: np.ndarray) -> np.ndarray:
        alive()
        return calibration.apply(version.calibration, inference.answers(model, patches))

    kinds = canaries.drawn(version.patch_px, version.mpp)
    places, source = clearest_tumour(version)
    patches = _pixels(places, version.patch_px)
    return Answers(
        drawn={name: answer(each) for name, each in kinds.items()},
        tumour=answer(patches) if len(patches) else np.zeros(0, np.float32),
        source=source,
    )


def clearest_tumour(version: ModelVersion) -> tuple[list[Place], str]:
    """The patches with the most tumour of its validation slides; else of development slides."""
    places = _of_validation(version)
    if places:
        return places, "validation"
    return _of_development(version), "development"


def _of_validation(version: ModelVersion) -> list[Place]:
    run = version.source_run
    path = run.dataset.manifest_path if run else None
    try:
        frozen = manifest.read(path) if path else None
        held = frozen.sides(run.fold)[1] if frozen and run else []
    except manifest.ManifestError:
        return []
    if frozen is None:
        return []
    table = frozen.columns[held]
    table = table[(table["label"] == 1) & (table["tumour_share"] >= CLEAR_SHARE)]
    ranked = table[np.argsort(-table["tumour_share"], kind="stable")]
    return _dealt(
        [
            Place(int(row["slide_id"]), int(row["x_l0"]), int(row["y_l0"]), float(row["mpp"]))
            for row in ranked
        ]
    )


def _of_development(version: ModelVersion) -> list[Place]:
    """For a version that came as a bundle: the clearest tumour known here, off the test set."""
    places = []
    slides = Slide.objects.ready().with_subset(Slide.Subset.DEVELOPMENT).filter(mpp__isnull=False)
    for slide in slides.filter(annotations__tumour_area_px__gt=0).distinct()[:MOST_SLIDES]:
        truth = slide.truth
        if truth is None or slide.mpp > version.mpp * 1.1:
            continue
        grid = grid_of(slide, version)
        share = truth_of_cells(from_geojson(truth.regions), grid).share
        best = np.argsort(-share, axis=None, kind="stable")[:MOST_TUMOUR]
        for row, column in zip(*np.unravel_index(best, share.shape), strict=True):
            if share[row, column] >= CLEAR_SHARE:
                x_l0, y_l0 = grid.corner(int(row), int(column))
                places.append(Place(slide.pk, x_l0, y_l0, version.mpp))
    return _dealt(places)


def _dealt(ranked: list[Place]) -> list[Place]:
    """The first of each slide, then the second of each, and so on: no slide is tried alone."""
    turn: dict[int, int] = {}
    keyed = []
    for rank, place in enumerate(ranked):
        turn[place.slide_id] = turn.get(place.slide_id, 0) + 1
        keyed.append((turn[place.slide_id], rank, place))
    return [place for _, _, place in sorted(keyed, key=lambda each: each[:2])[:MOST_TUMOUR]]


def _pixels(places: list[Place], patch_px: int) -> np.ndarray:
    """uint8 (n, patch_px, patch_px, 3); those of slides that are gone are left out."""
    known = Slide.objects.in_bulk({place.slide_id for place in places})
    patches = []
    for slide_id, slide in sorted(known.items()):
        if slide.path is None or not slide.path.exists():
            continue
        with Pyramid.open(slide.path, mpp=slide.mpp, is_direct=True) as pyramid:
            patches += [
                pyramid.read_patch(place.x_l0, place.y_l0, side_px=patch_px, mpp=place.mpp)
                for place in places
                if place.slide_id == slide_id
            ]
    return np.stack(patches) if patches else np.zeros((0, patch_px, patch_px, 3), np.uint8)
