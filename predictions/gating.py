"""A version is tried for going live: on the test set, against the live version, with canaries."""

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction

from predictions import canary_readings, gate, services
from predictions.exam_leaks import leaks_of
from predictions.kept_maps import load_map
from predictions.models import Cohort, GateRun, Prediction
from predictions.origin import NotPredicted
from slides import audit
from slides.jobs import Reason, Report, Superseded
from slides.models import Annotation, Slide
from slides.regions import from_geojson
from training.lineage import seen_by
from training.models import ModelVersion
from training.refusals import read_elsewhere

SECONDS_BETWEEN_LOOKS = 1.0
CANARY_STEPS = 1
OF_THE_MODEL = "check the model"  # what marks a warning of a broken model, not of a bare slide

# The test set -----------------------------------------------------------------


@dataclass(frozen=True)
class TestSet:
    """The test slides a version is judged on, each with its truth, and who is left out and why."""

    __test__ = False  # a name of pathology, not of pytest

    members: list[tuple[Slide, Annotation]]
    left_out: list[dict[str, str]] = field(default_factory=list)

    @property
    def facts(self) -> list[dict[str, Any]]:
        return [
            {
                "slide": slide.pk,
                "name": slide.name,
                "sha256": slide.sha256,
                "mpp": slide.mpp,
                "truth_revision": truth.revision,
                "truth_checksum": truth.checksum,
            }
            for slide, truth in self.members
        ]

    @property
    def sha256(self) -> str:
        """Of everything that decides a figure: another slide, um/px or truth, another checksum."""
        told = sorted(
            (fact["sha256"] or "", fact["mpp"], fact["truth_checksum"]) for fact in self.facts
        )
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def current_test_set() -> TestSet:
    """The site's test slides as they are now. Frozen means: a change is seen by the checksum."""
    members, left_out = [], []
    for slide in Slide.objects.with_subset(Slide.Subset.TEST).order_by("name", "pk"):
        truth = slide.truth
        reason = _left_out_for(slide, truth)
        if reason or truth is None:
            left_out.append({"slide": slide.name, "reason": reason})
        else:
            members.append((slide, truth))
    return TestSet(members, left_out)


def _left_out_for(slide: Slide, truth: Annotation | None) -> str:
    if not slide.is_ready:
        return "the slide is not ready"
    if truth is None:
        return "no truth: import an annotation, or declare the slide free of tumour"
    return "" if slide.mpp is not None else "the slide's um per px is unknown"


# Asking ------------------------------------------------------------------------


@transaction.atomic
def request_gate(version: ModelVersion, *, by: User | None = None) -> GateRun:
    """A trial waiting to be carried out; one that is active already is returned as it is."""
    if version.is_read_elsewhere:
        raise Reason(read_elsewhere(version, "go live with"), "read_elsewhere")
    if version == live_version():
        raise Reason(f"{version} is live already; there is nothing to try it for", "conflict")
    active = version.gate_runs.active().first()
    if active:
        return active
    return GateRun.objects.create(
        version=version, margin=settings.GATE_MARGIN, live=live_version(), created_by=by
    )


def live_version() -> ModelVersion | None:
    return ModelVersion.objects.live().first()


def require_live() -> ModelVersion:
    """The version that is used where none is named. Raises Reason if none is live."""
    live = live_version()
    if live is None:
        raise Reason("no version is live: name one, or promote one first", "no_live")
    return live


# Carrying out ---------------------------------------------------------------------


def run_gate(row: GateRun, *, report: Report | None = None) -> GateRun:
    """Read what is not yet read, ask every question, and keep every figure.

    Raises what loading the network raises, and Cancelled; the live version stays live.
    """
    report = report or row.report
    version, live, tested = row.version, live_version(), current_test_set()
    readers = [version, *([live] if live else [])]
    clock = _Clock(report, total=len(tested.members) * len(readers) + CANARY_STEPS)
    by_version = {reader.pk: _read_all(tested, reader, row, clock) for reader in readers}
    own = by_version[version.pk]
    theirs = by_version[live.pk] if live else None
    slides = _paired(tested, own, theirs)
    seen = seen_by(version)
    leaks = leaks_of([slide for slide, _ in tested.members], seen, alive=clock.tick)
    answers = canary_readings.ask(version, alive=clock.tick)
    checks = [
        gate.set_check(slides, tested.left_out),
        gate.leak_check(leaks, is_known=seen.is_known),
        gate.reading_check(own.unread, own.warnings),
        *gate.sensitivity_checks(slides, margin=row.margin),
        gate.canary_check(
            answers.drawn, answers.tumour, threshold=version.threshold, source=answers.source
        ),
    ]
    clock.step()
    return _keep(row, checks, tested, live)


class _Clock:
    """Counts slides read; in between, the same count is a sign of life."""

    def __init__(self, report: Report, total: int) -> None:
        self.report, self.done, self.total = report, 0, total
        self.tick()

    def tick(self) -> None:
        self.report(self.done, self.total)

    def step(self) -> None:
        self.done += 1
        self.tick()


def _keep(
    row: GateRun, checks: list[gate.Check], tested: TestSet, live: ModelVersion | None
) -> GateRun:
    fields = {
        "checks": [check.as_json() for check in checks],
        "verdict": gate.verdict(checks),
        "test_slides": tested.facts,
        "test_sha256": tested.sha256,
        "live": live,
        "cohort": _cohort(row.version),
    }
    with transaction.atomic():
        if not GateRun.objects.filter(pk=row.pk, attempt=row.attempt).update(**fields):
            raise Superseded
        reasons = {f"{check.name}: {check.reason}": None for check in checks if check.reason}
        audit.record(
            row.created_by,
            "gate",
            row.version,
            gate_run=row.pk,
            verdict=fields["verdict"],
            live=live.name if live else "",
            test_sha256=tested.sha256,
            reasons=list(reasons),
        )
    row.refresh_from_db()
    return row


def _cohort(version: ModelVersion) -> Cohort | None:
    """The usual figures of the test slides, which also fill the card; None without any."""
    try:
        return services.evaluate_cohort(version, "test")
    except NotPredicted:
        return None


# Reading -----------------------------------------------------------------------


@dataclass
class _Readings:
    """One version on the test set: by slide key, which lesions it found and what it called."""

    found: dict[int, np.ndarray] = field(default_factory=dict)
    is_called: dict[int, bool] = field(default_factory=dict)
    unread: list[dict[str, str]] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)


def _read_all(tested: TestSet, version: ModelVersion, row: GateRun, clock: _Clock) -> _Readings:
    readings = _Readings()
    for slide, truth in tested.members:
        lesions = gate.lesions_of(from_geojson(truth.regions))
        try:
            prediction = read_now(slide, version, by=row.created_by, tick=clock.tick)
        except Reason as refusal:
            # what it cannot read it does not find
            readings.unread.append({"slide": slide.name, "reason": str(refusal)})
            readings.found[slide.pk] = np.zeros(len(lesions), bool)
            readings.is_called[slide.pk] = False
        else:
            stored = load_map(prediction)
            found = gate.found(lesions, stored.probabilities, stored.grid, version.threshold)
            readings.found[slide.pk] = found
            readings.is_called[slide.pk] = prediction.tumour_count > 0
            readings.warnings += [
                {"slide": slide.name, "reason": warning}
                for warning in prediction.warnings
                if OF_THE_MODEL in warning
            ]
        clock.step()
    return readings


def read_now(
    slide: Slide,
    version: ModelVersion,
    *,
    by: User | None,
    tick: Callable[[], None],
) -> Prediction:
    """The done prediction, made here and now unless it is there or another worker makes it.

    tick: called now and then; it may raise Cancelled. Raises Reason where it cannot be read.
    """
    prediction = services.request_prediction(slide=slide, version=version, created_by=by)

    def report(done: int, total: int) -> None:
        tick()
        prediction.report(done, total)

    while prediction.is_active:
        if prediction.claim():
            with prediction.recorded():
                services.predict(prediction, report=report)
            services.evaluate_against_truth(prediction)
        else:
            time.sleep(SECONDS_BETWEEN_LOOKS)
        prediction.refresh_from_db()
        tick()
    if prediction.status != Prediction.Status.DONE:
        reason = prediction.error or f"its job is {prediction.status}"
        raise Reason(reason, prediction.reason or "not_predicted")
    return prediction


def _paired(tested: TestSet, own: _Readings, theirs: _Readings | None) -> list[gate.TestSlide]:
    return [
        gate.TestSlide(
            name=slide.name,
            patient=slide.patient.strip().casefold(),
            has_tumour=len(own.found[slide.pk]) > 0,
            found=own.found[slide.pk],
            is_called=own.is_called[slide.pk],
            found_by_live=theirs.found[slide.pk] if theirs else None,
            is_called_by_live=theirs.is_called[slide.pk] if theirs else None,
        )
        for slide, _ in tested.members
    ]
