"""Reports: versions measured over slides, and against each other, once for the same inputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from predictions import pair_words, report_figures, report_groups, report_inputs, services
from predictions.cohort import SlideCells
from predictions.evaluation import assessed_tissue_cm2, scored_cells
from predictions.froc import SlideHits, slide_hits
from predictions.kept_maps import load_map
from predictions.lesions import ITC_SLIDES, TruthLesions
from predictions.models import Evaluation, Prediction, Report
from predictions.origin import NotPredicted
from predictions.release_diff import pair_results
from predictions.report_figures import Terms
from predictions.report_inputs import Wish
from predictions.report_slides import (
    MapTerms,
    SlideReading,
    SlideTruth,
    lesions_of_truth,
    looked_at,
    reading_of,
)
from predictions.truth_folder import read_reference
from slides import jobs
from slides.models import Annotation, Slide
from slides.regions import Region, from_geojson, geometry_of, tumour_geometry
from training import cards
from training.models import ModelVersion

MOST_VERSIONS = 8
STEPS_OF_FIGURES = 4  # of one version, beside its slides
UNKNOWN = "unknown"

# Asking ----------------------------------------------------------------------


def request_report(
    versions: Sequence[ModelVersion],
    subset: str = "test",
    *,
    name: str = "",
    tissue_bar: float | None = None,
    itc_slides: str = "negative",
    groups: Mapping[str, Mapping[str, str]] | None = None,
    created_by: User | None = None,
) -> Report:
    """The report of these versions over a subset as it is now; the first is the reference.

    The same versions, maps, truths and rules are answered by the same row. A new row is queued,
    as is one that failed or was cancelled: enqueue what comes back queued. groups: by slide name,
    what is known of it beyond its file, for example {"slide 1": {"centre": "A"}}.
    Raises NotPredicted where no slide is left or the wish makes no sense.
    """
    chosen = list(dict.fromkeys(versions))
    if not 1 <= len(chosen) <= MOST_VERSIONS:
        raise NotPredicted(f"1 to {MOST_VERSIONS} versions, got {len(chosen)}", "bad_input")
    if itc_slides not in ITC_SLIDES:
        raise NotPredicted(f"itc_slides {itc_slides!r}: one of {ITC_SLIDES}", "bad_input")
    bar = settings.TISSUE_BAR_PREDICTION if tissue_bar is None else tissue_bar
    inputs = report_inputs.gather(Wish(chosen, subset, bar, itc_slides, groups or {}))
    order = [version.pk for version in chosen]
    sha256 = report_inputs.checksum({"inputs": inputs, "order": order})
    told = {"name": name.strip() or _name(chosen, subset), "created_by": created_by}
    with transaction.atomic():
        row, is_new = Report.objects.select_for_update().get_or_create(
            inputs_sha256=sha256, defaults=_fields(chosen, inputs) | told
        )
        if is_new:
            row.versions.set(chosen)
        elif row.status in (Report.Status.FAILED, Report.Status.CANCELLED):
            row.requeue()
    return row


def _fields(versions: Sequence[ModelVersion], inputs: dict[str, Any]) -> dict[str, Any]:
    """Of a new report, all that follows from what it is made of."""
    rules = inputs["rules"]
    return {
        "subset": rules["subset"],
        "order": [version.pk for version in versions],
        "tissue_bar": rules["tissue_bar"],
        "inputs": inputs,
        "is_synthetic": any(one["is_synthetic"] for one in inputs["slides"])
        or any(version.is_synthetic for version in versions),
    }


def _name(versions: Sequence[ModelVersion], subset: str) -> str:
    names = " / ".join(version.name for version in versions)
    return f"{names}: {subset}"[:200]


def groups_from(path: Path) -> dict[str, dict[str, str]]:
    """What a list says of slides, by name; sizes of lesions are measured, not taken.

    Raises ValueError with every row that is wrong.
    """
    told = {
        one.name: {name: value for name, value in one.groups.items() if name != "size"}
        for one in read_reference(path).values()
    }
    return {name: groups for name, groups in told.items() if groups}


def request_again(report: Report, *, created_by: User | None = None) -> Report:
    """The same question asked anew: another row where a truth, map or threshold has changed."""
    found = ModelVersion.objects.in_bulk(report.order)
    return request_report(
        [found[pk] for pk in report.order if pk in found],
        report.subset,
        name=report.name,
        tissue_bar=report.tissue_bar,
        itc_slides=report.inputs["rules"]["itc_slides"],
        groups={one["name"]: one["groups"] for one in report.inputs["slides"] if one["groups"]},
        created_by=created_by,
    )


# Making ----------------------------------------------------------------------


class _Clock:
    """Counts maps read and parts computed; the count is a sign of life."""

    def __init__(self, report: jobs.Report, total: int) -> None:
        self.report, self.done, self.total = report, 0, total
        self.report(0, total)

    def step(self) -> None:
        self.done += 1
        self.report(self.done, self.total)


def make_report(row: Report, *, report: jobs.Report | None = None) -> Report:
    """Compute every figure from the very maps and truths that the row names.

    Raises NotPredicted where one of them is gone or another since, and Cancelled.
    """
    members, order = row.inputs["slides"], row.order
    total = len(members) * len(order) + len(order) * STEPS_OF_FIGURES
    clock = _Clock(report or row.report, total)
    readings = read_all(row, step=clock.step)
    missing = _missing(row)
    versions = {}
    for pk in order:
        terms = terms_of(row, pk)
        own, unread = readings[pk], missing.get(pk, [])
        figures = report_figures.version_figures(own, terms, unread, step=clock.step)
        figures["subgroups"] = report_groups.subgroups(own, terms)
        clock.step()
        versions[str(pk)] = row.inputs["versions"][str(pk)] | figures
    results = {"versions": versions} | compared(row, readings)
    if not Report.objects.filter(pk=row.pk, attempt=row.attempt).update(results=results):
        raise jobs.Superseded
    row.refresh_from_db()
    return row


def compared(row: Report, readings: Mapping[int, Sequence[SlideReading]]) -> dict[str, Any]:
    """Every other version against the first: figures of each pair, and what changes hands."""
    told: dict[str, list[dict[str, Any]]] = {"pairs": [], "changes": []}
    first, *others = row.order
    names = {pk: row.inputs["versions"][str(pk)]["name"] for pk in row.order}
    for pk in others:
        terms = terms_of(row, first), terms_of(row, pk)
        pair, changes = pair_results(readings[first], readings[pk], terms)
        words = pair_words.english(pair, names[first], names[pk])
        told["pairs"].append({"a": first, "b": pk, "words": words} | pair)
        told["changes"] += [{"pair": [first, pk]} | one for one in changes]
    return told


def terms_of(row: Report, version: int) -> Terms:
    rules = row.inputs["rules"]
    return Terms(
        threshold=row.inputs["versions"][str(version)]["threshold"],
        itc_slides=rules["itc_slides"],
        draws=rules["draws"],
        seed=rules["seed"],
    )


def read_all(
    row: Report, *, step: Callable[[], None] = lambda: None
) -> dict[int, list[SlideReading]]:
    """By version, each slide of a report as it reads it, in the order of the inputs."""
    told: dict[int, list[SlideReading]] = {pk: [] for pk in row.order}
    predictions = _predictions(row)
    for member in row.inputs["slides"]:
        slide = Slide.objects.filter(pk=member["slide"]).first()
        annotation = Annotation.objects.filter(pk=member["annotation"]).first()
        if slide is None or annotation is None:
            raise NotPredicted(f"{member['name']} or its truth is gone; ask for the report anew")
        regions = from_geojson(annotation.regions)
        outlined = outlined_lesions(slide, regions)
        truth = truth_of(slide, annotation, regions, outlined, member["groups"])
        for pk in row.order:
            named = member["predictions"][str(pk)]
            prediction = predictions.get(named["prediction"])
            if prediction is None or prediction.map_sha256 != named["map_sha256"]:
                raise NotPredicted(f"the map of {slide} is another since; ask for the report anew")
            evaluation = services.evaluate(prediction=prediction, annotation=annotation)
            reading = read_slide(evaluation, truth, outlined)
            told[pk].append(replace(reading, facts=_facts(evaluation, named["exposure"])))
            step()
    return told


def _predictions(row: Report) -> dict[int, Prediction]:
    keys = [
        named["prediction"]
        for member in row.inputs["slides"]
        for named in member["predictions"].values()
    ]
    rows = Prediction.objects.select_related("slide", "version__run__dataset")
    return rows.in_bulk(keys)


def outlined_lesions(slide: Slide, regions: Sequence[Region]) -> TruthLesions | None:
    """The lesions of a truth; None where um per px is unknown."""
    if slide.mpp is None:
        return None
    return lesions_of_truth(regions, (slide.width, slide.height), slide.mpp)


def truth_of(
    slide: Slide,
    annotation: Annotation,
    regions: Sequence[Region],
    outlined: TruthLesions | None,
    groups: Mapping[str, str],
) -> SlideTruth:
    """What is known of a slide. Its scanner is read from its file unless somebody said it."""
    scanner = {} if "scanner" in groups else {"scanner": cards.scanner_of(slide)}
    tumour = tumour_geometry(regions) - geometry_of(regions, "ignore")
    return SlideTruth(
        pk=slide.pk,
        name=slide.name,
        patient=slide.patient.strip().casefold(),
        has_tumour=not tumour.is_empty,
        is_exhaustive=annotation.is_exhaustive,
        lesions=None if outlined is None else outlined.lesions,
        groups=scanner | dict(groups),
    )


def read_slide(
    evaluation: Evaluation, truth: SlideTruth, outlined: TruthLesions | None
) -> SlideReading:
    """One map against one truth; the map is opened once."""
    prediction, annotation = evaluation.prediction, evaluation.annotation
    stored = load_map(prediction)
    cell_truth = services.truth_on_grid(annotation, stored.grid)
    terms = services.terms_of(prediction, annotation, evaluation.tumour_bar)
    labels, scores = scored_cells(stored.probabilities, cell_truth, terms)
    args = (stored.probabilities, cell_truth, stored.tissue_share, terms)
    cells = SlideCells(
        name=truth.name,
        patient=truth.patient,
        labels=labels,
        scores=scores,
        tissue_cm2=assessed_tissue_cm2(*args),
        has_tumour=truth.has_tumour,
        is_exhaustive=truth.is_exhaustive,
    )
    told = SlideReading(truth, cells, None, metrics=evaluation.metrics)
    slide = prediction.slide
    how = MapTerms(
        threshold=prediction.threshold,
        side_l0=stored.grid.side_l0,
        mpp=slide.mpp,
        size_l0=(slide.width, slide.height),
    )
    return reading_of(told, looked_at(stored.probabilities, cell_truth), outlined, how)


def _facts(evaluation: Evaluation, exposure: str) -> dict[str, Any]:
    return {
        "prediction": evaluation.prediction_id,
        "evaluation": evaluation.pk,
        "truth_revision": evaluation.annotation.revision,
        "exposure": exposure,
    }


def _missing(row: Report) -> dict[int, list[SlideHits]]:
    """By version, slides with a truth that it has not read: the official score counts them."""
    told: dict[int, list[SlideHits]] = {}
    left = [one for one in row.inputs["excluded"] if one["code"] == "without_prediction"]
    slides = Slide.objects.in_bulk([one["slide"] for one in left])
    truths = report_inputs.latest_truths(slides)
    for one in left:
        slide, annotation = slides.get(one["slide"]), truths.get(one["slide"])
        if slide is None or annotation is None or not annotation.is_exhaustive:
            continue
        outlined = outlined_lesions(slide, from_geojson(annotation.regions))
        if outlined is None:
            continue
        hits = slide_hits(
            slide.name,
            None,
            outlined.labels,
            outlined.itc_numbers,
            scale=outlined.scale,
            patient=slide.patient.strip().casefold(),
        )
        for pk in one["versions"]:
            told.setdefault(pk, []).append(hits)
    return told
