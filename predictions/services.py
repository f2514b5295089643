"""What can be done with predictions: ask for one, make it, measure it, export it."""

from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from predictions import card_figures
from predictions.cohort import SlideCells, cohort_metrics
from predictions.evaluation import (
    CellTruth,
    Terms,
    assessed_tissue_cm2,
    scored_cells,
    slide_metrics,
    suspicions,
    truth_of_cells,
)
from predictions.kept_maps import has_good_map, load_map
from predictions.map_files import StoredMap, write_map
from predictions.models import Cohort, Evaluation, Prediction, forget_map
from predictions.origin import (
    NotPredictable,
    NotPredicted,
    bar_of,
    exposure,
    exposures,
    grid_of,
    is_calibrated,
    prediction_key,
    provenance,
    refuse_unfit,
    tissue_share,
    version_facts,
)
from predictions.slide_scores import read, read_before
from predictions.stitching import stitch, tumour_cells
from slides.grid import Grid
from slides.jobs import Report, Superseded
from slides.models import Annotation, Slide
from slides.regions import from_geojson
from training import calibration
from training.models import ModelVersion

# Asking --------------------------------------------------------------------


def request_prediction(
    *,
    slide: Slide,
    version: ModelVersion,
    tissue_bar: float | None = None,
    created_by: User | None = None,
) -> Prediction:
    """The prediction of this slide by this version and settings; only one ever exists.

    A new row is queued; an ended one that failed, was cancelled or lost its map is queued
    again; another done or an active one is returned as it is. Enqueue what comes back queued.
    Raises NotPredictable if the slide cannot be read at the version's um/px.
    """
    refuse_unfit(slide, version)
    bar = settings.TISSUE_BAR_PREDICTION if tissue_bar is None else tissue_bar
    if not 0 < bar <= 1:
        raise NotPredictable(f"tissue bar {bar!r} is not a share; give one in 0..1", "bad_input")
    with transaction.atomic():
        prediction, _ = Prediction.objects.get_or_create(
            key=prediction_key(slide, version, bar),
            defaults={
                "slide": slide,
                "version": version,
                "tissue_bar": bar,
                "threshold": version.threshold,
                "exposure": exposure(slide, version),
                "created_by": created_by,
            },
        )
        if not (prediction.is_active or _is_done_well(prediction)):
            prediction.requeue()
    return prediction


def _is_done_well(prediction: Prediction) -> bool:
    return prediction.status == Prediction.Status.DONE and has_good_map(prediction)


# Making --------------------------------------------------------------------


def predict(prediction: Prediction, *, report: Report | None = None) -> Prediction:
    """Read the slide with the version's network, calibrate and store the map.

    What the same weights read for another version is not read again, only calibrated anew.
    Running twice gives the same file. Raises NotPredictable, or what the slide or weights raise.
    """
    slide, version = prediction.slide, prediction.version
    refuse_unfit(slide, version)
    grid = grid_of(slide, version)
    tissue = tissue_share(slide, grid)
    cells = grid.cells_at(tissue, prediction.tissue_bar)
    known = read_before(prediction, grid, tissue)
    given, glass = read(prediction, grid, cells, known=known, report=report or prediction.report)
    uncalibrated = stitch(given, cells, (grid.rows, grid.columns))
    stored = StoredMap(
        probabilities=calibration.apply(version.calibration, uncalibrated),
        tissue_share=tissue,
        grid=grid,
        provenance=provenance(prediction),
        uncalibrated=uncalibrated if is_calibrated(version) else None,
    )
    warnings = suspicions(stored.probabilities, prediction.threshold)
    if glass is not None and glass >= prediction.threshold:
        warnings.append(f"Empty glass is called tumour (probability {glass:.3f}): check the model.")
    return store_map(prediction, stored, warnings)


def store_map(prediction: Prediction, stored: StoredMap, warnings: list[str]) -> Prediction:
    relative = f"maps/{prediction.key}.npz"
    checksum = write_map(Path(settings.MEDIA_ROOT) / relative, stored)
    # only while this attempt still owns the row
    written = Prediction.objects.filter(pk=prediction.pk, attempt=prediction.attempt).update(
        map=relative,
        map_sha256=checksum,
        warnings=warnings,
        **facts_of(stored, prediction.threshold),
    )
    if not written:
        forget_map(relative)  # of a prediction that was deleted meanwhile
        raise Superseded
    prediction.refresh_from_db()
    return prediction


def facts_of(stored: StoredMap, threshold: float) -> dict[str, Any]:
    """What a prediction's row says of its map."""
    scores = stored.probabilities[~np.isnan(stored.probabilities)]
    called = tumour_cells(stored.probabilities, threshold)
    return {
        "columns": stored.grid.columns,
        "rows": stored.grid.rows,
        "side_l0": stored.grid.side_l0,
        "assessed_count": len(scores),
        "tumour_count": int(np.count_nonzero(called)),
        "slide_score": float(scores.max()) if len(scores) else None,
        "provenance": stored.provenance,
    }


# Measuring -----------------------------------------------------------------


def truth_on_grid(annotation: Annotation, grid: Grid) -> CellTruth:
    return truth_of_cells(from_geojson(annotation.regions), grid)


def terms_of(prediction: Prediction, annotation: Annotation, tumour_bar: float | None) -> Terms:
    """What to measure by; a cell is tumour as in the version's training unless told otherwise."""
    bar = prediction.version.tumour_bar if tumour_bar is None else tumour_bar
    mpp, cell_mm2 = prediction.slide.mpp, None
    if mpp is not None and not prediction.is_of_other_mpp:
        cell_mm2 = (prediction.side_l0 * mpp / 1000) ** 2
    return Terms(
        threshold=prediction.threshold,
        tumour_bar=bar,
        cell_area_mm2=cell_mm2,
        is_exhaustive=annotation.is_exhaustive,
    )


def evaluate(
    *, prediction: Prediction, annotation: Annotation, tumour_bar: float | None = None
) -> Evaluation:
    """Measure a map against one revision of the truth; the same question is answered once."""
    if prediction.slide_id != annotation.slide_id:
        raise NotPredicted(f"{annotation} is of another slide than {prediction}", "bad_input")
    terms = terms_of(prediction, annotation, tumour_bar)
    known = Evaluation.objects.filter(
        prediction=prediction,
        annotation=annotation,
        tumour_bar=terms.tumour_bar,
        map_sha256=prediction.map_sha256,
    ).first()
    if known:
        return known
    stored = load_map(prediction)
    truth = truth_on_grid(annotation, stored.grid)
    metrics = slide_metrics(stored.probabilities, truth, terms, tissue_share=stored.tissue_share)
    evaluation, _ = Evaluation.objects.get_or_create(
        prediction=prediction,
        annotation=annotation,
        tumour_bar=terms.tumour_bar,
        map_sha256=prediction.map_sha256,
        defaults={"metrics": metrics | _origin(prediction, annotation)},
    )
    return evaluation


def _origin(prediction: Prediction, annotation: Annotation) -> dict[str, Any]:
    return version_facts(prediction.version) | {
        "slide_mpp": prediction.provenance.get("slide_mpp"),
        "side_l0": prediction.side_l0,
        "columns": prediction.columns,
        "rows": prediction.rows,
        "truth_revision": annotation.revision,
        "truth_checksum": annotation.checksum,
        "truth_source": annotation.source,
        "tissue_bar": prediction.tissue_bar,
        "exposure": prediction.exposure,
        "warnings": prediction.warnings,
        "is_synthetic": prediction.slide.is_synthetic or prediction.version.is_synthetic,
    }


def evaluate_against_truth(prediction: Prediction) -> Evaluation | None:
    """Measure a done prediction against the slide's latest truth; None where there is none."""
    truth = prediction.slide.truth
    if truth is None or prediction.status != Prediction.Status.DONE:
        return None
    return evaluate(prediction=prediction, annotation=truth)


def evaluate_cohort(
    version: ModelVersion,
    subset: str = "test",
    *,
    tumour_bar: float | None = None,
    tissue_bar: float | None = None,
) -> Cohort:
    """Measure a version over the slides of a subset: test, development, all or unseen.

    Takes each slide's done prediction by this version at one tissue bar and at the slide's
    present um/px, and its latest truth; slides lacking either are named in the metrics. The
    same slides and truths give the same row. Raises NotPredicted where no slide is left.
    """
    bar = bar_of(version, tissue_bar)
    predictions, excluded = _cohort_members(version, subset, bar)
    evaluations = [
        evaluate(prediction=prediction, annotation=prediction.slide.truth, tumour_bar=tumour_bar)
        for prediction in predictions
    ]
    known = _same_cohort(version, subset, evaluations, excluded)
    if known and card_figures.are_on_card(known):
        return known
    slides = [_slide_cells(evaluation) for evaluation in evaluations]
    if known:
        card_figures.record(known, evaluations, slides)
        return known
    metrics = cohort_metrics(slides, threshold=version.threshold)
    metrics |= {"excluded": excluded, "exposure": _exposures(predictions)}
    metrics |= {"tumour_bar": evaluations[0].tumour_bar, "tissue_bar": bar}
    metrics |= version_facts(version)
    with transaction.atomic():
        cohort = Cohort.objects.create(
            version=version,
            name=subset,
            metrics=metrics,
            is_synthetic=any(evaluation.metrics["is_synthetic"] for evaluation in evaluations),
        )
        cohort.evaluations.set(evaluations)
        card_figures.record(cohort, evaluations, slides)
    return cohort


def _cohort_members(
    version: ModelVersion, subset: str, tissue_bar: float
) -> tuple[list[Prediction], dict[str, list[str]]]:
    """The done prediction of each slide that has a truth, and whom that leaves out."""
    slides = Slide.objects.ready().order_by("name", "pk")
    if subset in Slide.Subset.values:
        slides = slides.with_subset(subset)
    elif subset not in {"all", "unseen"}:
        raise NotPredicted(
            f"subset {subset!r} is none of test, development, all, unseen", "bad_input"
        )
    done = version.predictions.filter(status=Prediction.Status.DONE)
    by_key = {
        prediction.key: prediction
        for prediction in done.select_related("slide", "version__run__dataset")
    }
    seen = exposures(slides, version)
    members: list[Prediction] = []
    excluded: dict[str, list[str]] = {"without_prediction": [], "without_truth": [], "seen": []}
    for slide in slides:
        prediction = by_key.get(prediction_key(slide, version, tissue_bar))
        if prediction is None:
            excluded["without_prediction"].append(slide.name)
        elif slide.truth is None:
            excluded["without_truth"].append(slide.name)
        elif subset == "unseen" and seen[slide.pk] != Prediction.Exposure.UNSEEN:
            excluded["seen"].append(slide.name)
        else:
            members.append(_with_exposure(prediction, seen[slide.pk]))
    if not members:
        raise NotPredicted(
            f"no slide of {subset!r} has both a truth and a prediction by {version} at a "
            f"tissue bar of {tissue_bar:g}; "
            f"run predict first ({len(excluded['without_prediction'])} without a prediction, "
            f"{len(excluded['without_truth'])} without a truth)"
        )
    return members, excluded


def _with_exposure(prediction: Prediction, exposure: str) -> Prediction:
    """The prediction with its exposure as it is now: patients are corrected at times."""
    if prediction.exposure != exposure:
        prediction.exposure = exposure
        prediction.save(update_fields=["exposure"])
    return prediction


def _exposures(predictions: list[Prediction]) -> dict[str, int]:
    kinds = [prediction.exposure for prediction in predictions]
    return {kind: kinds.count(kind) for kind in Prediction.Exposure.values}


def _same_cohort(
    version: ModelVersion,
    subset: str,
    evaluations: list[Evaluation],
    excluded: dict[str, list[str]],
) -> Cohort | None:
    newest = Cohort.objects.filter(version=version, name=subset).first()
    if newest is None or newest.metrics.get("excluded") != excluded:
        return None
    known = set(newest.evaluations.values_list("pk", flat=True))
    return newest if known == {evaluation.pk for evaluation in evaluations} else None


def _slide_cells(evaluation: Evaluation) -> SlideCells:
    prediction, annotation = evaluation.prediction, evaluation.annotation
    stored = load_map(prediction)
    truth = truth_on_grid(annotation, stored.grid)
    terms = terms_of(prediction, annotation, evaluation.tumour_bar)
    labels, scores = scored_cells(stored.probabilities, truth, terms)
    tissue_cm2 = assessed_tissue_cm2(stored.probabilities, truth, stored.tissue_share, terms)
    return SlideCells(
        name=prediction.slide.name,
        patient=prediction.slide.patient.strip().casefold(),
        labels=labels,
        scores=scores,
        tissue_cm2=tissue_cm2,
        has_tumour=evaluation.metrics["has_tumour"],
        is_exhaustive=annotation.is_exhaustive,
    )
