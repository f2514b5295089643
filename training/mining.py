"""A version reads tissue known to be normal and keeps what it got most wrong."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from slides.jobs import Reason, Report
from slides.models import Slide
from slides.pyramid import Pyramid
from training import calibration, manifest, mined
from training.attribution import attributed
from training.candidates import facts_of, grid_of
from training.corrections import sayings_of
from training.labelling import patches_of_slide
from training.manifest import MINED, Manifest
from training.mined import Mined
from training.models import Mining, ModelVersion
from training.own_rows import write_own
from training.refusals import read_elsewhere
from training.rules import Rules

BATCH = 32
MOST_PER_SLIDE = 10_000


class NotMinable(Reason):
    """This version or these slides cannot be mined."""

    code = "not_minable"


# Asking --------------------------------------------------------------------


@transaction.atomic
def request_mining(
    *,
    version: ModelVersion,
    slides: Iterable[Slide] | None = None,
    per_slide: int = 50,
    lowest_score: float | None = None,
    created_by: User | None = None,
) -> Mining:
    """A mining that waits for a worker. slides: all that may be mined if not given.

    lowest_score: from which probability a patch is wrong; the version's threshold if not given.
    Raises NotMinable, naming the slides that may not be.
    """
    if version.is_read_elsewhere:
        raise NotMinable(read_elsewhere(version, "mine with"), "read_elsewhere")
    lowest = version.threshold if lowest_score is None else lowest_score
    if not 0 <= lowest <= 1 or not 1 <= per_slide <= MOST_PER_SLIDE:
        raise NotMinable(
            f"give a lowest score in 0..1 and 1 to {MOST_PER_SLIDE:,} patches per slide, got "
            f"{lowest:g} and {per_slide}",
            "bad_input",
        )
    allowed = minable_slides(version)
    chosen = allowed if slides is None else list(slides)
    if others := sorted(slide.name for slide in chosen if slide not in allowed):
        raise NotMinable(
            f"{', '.join(others[:5])}: only ready development slides with a truth are mined, of "
            f"patients that {version} learnt from",
            "not_of_training",
        )
    if not chosen:
        raise NotMinable(
            f"no development slide with a truth is left of the patients that {version} learnt from",
            "no_slides",
        )
    mining = Mining.objects.create(
        version=version, per_slide=per_slide, lowest_score=lowest, created_by=created_by
    )
    mining.slides.set(chosen)
    return mining


def minable_slides(version: ModelVersion) -> list[Slide]:
    """Ready development slides with a truth, of patients on the version's training side.

    Never of other patients: mined once, a patient of validation or test would be learnt from.
    """
    learnt = training_patients(version)
    known = Slide.objects.ready().with_subset(Slide.Subset.DEVELOPMENT)
    known = known.filter(annotations__isnull=False, mpp__isnull=False).distinct().order_by("pk")
    return [slide for slide in known if slide.patient.strip().casefold() in learnt]


def training_patients(version: ModelVersion) -> set[str]:
    """The patients a version's weights were fitted to. Raises NotMinable if nobody knows."""
    frozen, run = frozen_of(version), version.source_run
    learnt, held_out = frozen.sides(run.fold if run else None)
    patients = frozen.patients()
    return set(patients[learnt].tolist()) - set(patients[held_out].tolist())


def frozen_of(version: ModelVersion) -> Manifest:
    """The manifest of the dataset that a version's weights were fitted to. Raises NotMinable."""
    run = version.source_run
    path = run.dataset.manifest_path if run else None
    if path is None:
        raise NotMinable(
            f"{version} came without its dataset, so nobody can say which patients it learnt "
            "from; train a version here",
            "no_dataset",
        )
    try:
        return manifest.read(path, sha256=run.dataset.manifest_sha256)
    except manifest.ManifestError as error:
        raise NotMinable(str(error), "no_dataset") from error


# Mining --------------------------------------------------------------------


@dataclass(frozen=True)
class Normal:
    """The tissue of one slide that its latest truth calls normal, as patches of one grid."""

    slide: Slide
    patches: np.ndarray
    revision: int


def mine(mining: Mining, *, report: Report | None = None) -> Mining:
    """Read the normal tissue of each slide and keep its worst false alarms.

    What was mined stays as it is. Raises what weights and slides raise.
    """
    if mining.patches_sha256:
        return mining
    report = report or mining.report
    report(0, 0)
    from training import network  # slow import

    version = mining.version
    model = network.load(version.weights_path, sha256=version.weights_sha256)
    slides = list(mining.slides.order_by("pk"))
    total = _count_normal(slides, version, report)
    found, counts, done = [], [], 0
    for slide in slides:
        normal, already = _normal_of(slide, version), done
        scores = _scores(normal, version, model, seen=lambda n, at=already: report(at + n, total))
        done += len(normal.patches)
        worst = mined.worst(
            normal.patches, scores, at_most=mining.per_slide, lowest_score=mining.lowest_score
        )
        found.append(Mined(normal.patches[worst], scores[worst]))
        counts.append(_counts(normal, scores, worst, mining.lowest_score))
    relative = f"minings/mining-{mining.pk}-attempt-{mining.attempt}.npz"
    checksum = mined.write(Path(settings.MEDIA_ROOT) / relative, _together(found))
    summed = {name: sum(line[name] for line in counts) for name in ("read", "wrong", "kept")}
    write_own(mining, patches=relative, patches_sha256=checksum, counts=summed | {"slides": counts})
    return mining


def _count_normal(slides: Sequence[Slide], version: ModelVersion, report: Report) -> int:
    """How many patches there are to read. They are found twice, for all at once fill the memory."""
    total = 0
    for slide in slides:
        report(0, 0)  # a sign of life
        total += len(_normal_of(slide, version).patches)
    return total


def _normal_of(slide: Slide, version: ModelVersion) -> Normal:
    """Patches with no tumour at all: outlines are drawn by hand, and their rim teaches nothing."""
    rules = Rules(
        tissue_bar=settings.TISSUE_BAR_TRAINING,
        labelling=version.labelling,
        tumour_bar=version.tumour_bar,
        centre_px=version.centre_px,
    )
    truth = slide.truth
    grid = grid_of(slide, version.mpp, version.patch_px)
    patches = patches_of_slide(slide.pk, grid, facts_of(slide, truth), rules)
    patches = attributed(patches, grid.side_l0, sayings_of(truth, None))
    normal = patches[(patches["label"] == 0) & (patches["tumour_share"] == 0)]
    normal["source"] = MINED
    return Normal(slide, normal, truth.revision)


def _scores(
    normal: Normal, version: ModelVersion, model: Any, *, seen: Callable[[int], None]
) -> np.ndarray:
    """The version's probability for each patch, (n,) float32, on its calibrated scale."""
    found = np.empty(len(normal.patches), np.float32)
    edges = [*range(0, len(found), BATCH), len(found)]
    slide, side = normal.slide, version.patch_px
    with (
        Pyramid.open(slide.path, mpp=slide.mpp, is_direct=True) as pyramid,
        ThreadPoolExecutor(max_workers=1) as ahead,
    ):
        waiting = None
        for start, end in [*pairwise(edges), (len(found), len(found))]:
            coming = ahead.submit(_read, pyramid, normal.patches[start:end], side, version.mpp)
            if waiting is not None:
                first, last, pixels = waiting
                given = np.asarray(model.predict_on_batch(pixels.result()), dtype=np.float32)
                found[first:last] = given.reshape(-1)[: last - first]
                seen(last)
            waiting = (start, end, coming)
    return calibration.apply(version.calibration, found)


def _read(pyramid: Pyramid, patches: np.ndarray, side_px: int, mpp: float) -> np.ndarray:
    """(BATCH, px, px, 3) uint8, glass where there are fewer: one shape is compiled once."""
    pixels = np.full((BATCH, side_px, side_px, 3), 255, np.uint8)
    for place, patch in enumerate(patches):
        pixels[place] = pyramid.read_patch(
            int(patch["x_l0"]), int(patch["y_l0"]), side_px=side_px, mpp=mpp
        )
    return pixels


def _counts(
    normal: Normal, scores: np.ndarray, worst: np.ndarray, lowest_score: float
) -> dict[str, Any]:
    return {
        "slide": normal.slide.pk,
        "name": normal.slide.name,
        "truth_revision": normal.revision,
        "read": len(scores),
        "wrong": int(np.count_nonzero(scores >= np.float32(lowest_score))),
        "kept": len(worst),
        "highest": float(scores.max()) if len(scores) else None,
    }


def _together(found: Sequence[Mined]) -> Mined:
    patches = [np.zeros(0, manifest.PATCH), *(one.patches for one in found)]
    scores = [np.zeros(0, np.float32), *(one.scores for one in found)]
    return Mined(np.concatenate(patches), np.concatenate(scores))


def found_by(mining: Mining) -> Mined:
    """What a mining kept, the worst first whatever the slide. Raises MinedError."""
    if mining.patches_path is None:
        return Mined(np.zeros(0, manifest.PATCH), np.zeros(0, np.float32))
    kept = mined.read(mining.patches_path, sha256=mining.patches_sha256)
    order = np.argsort(-kept.scores, kind="stable")
    return Mined(kept.patches[order], kept.scores[order])
