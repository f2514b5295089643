"""Choosing a threshold in the cockpit: what is refused, what is warned of, and what is kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.contrib.auth.models import User

from predictions import report_inputs
from predictions.cockpit import Cockpit, cockpit_of
from predictions.models import Report
from predictions.operating_points import ReviewTime
from slides.jobs import Reason
from training import chosen_points
from training.chosen_points import Point
from training.models import ModelVersion

# What a threshold may be chosen on only by whoever says so. Each is told wherever it is used.
ON_TEST, ON_LEARNT = "test", "learnt"
RISKS = (ON_TEST, ON_LEARNT)
WARNINGS = {ON_TEST: "CHOSEN ON TEST SLIDES", ON_LEARNT: "CHOSEN ON SLIDES LEARNT FROM"}


class NotChosen(Reason):
    code = "not_chosen"


@dataclass(frozen=True)
class Wish:
    """version: its key. basis: which slides of the report. despite: risks that are known and
    taken."""

    threshold: float
    reason: str
    version: int | None = None
    basis: str = ""
    despite: Sequence[str] = ()
    name: str = ""


def choose(report: Report, wish: Wish, *, by: User | None = None) -> ModelVersion:
    """A new version of the same weights with the wished threshold; nothing else changes.

    Raises NotChosen, or NotCalibrated, with what is wrong and what to do.
    """
    cockpit = cockpit_of(report, wish.version, wish.basis)
    version = ModelVersion.objects.filter(pk=cockpit.version).first()
    if version is None:
        raise NotChosen(f"{cockpit.name} was deleted; nothing can be made of it", "gone")
    if not version.is_read_elsewhere:
        _refuse_stale(report)
        _refuse_unmeasured(cockpit, wish.threshold)
        _refuse_risks(cockpit, wish.despite)
    point = Point(
        threshold=wish.threshold,
        reason=wish.reason,
        on=_on(cockpit),
        slides=_files(cockpit),
        warning=", ".join(WARNINGS[risk] for risk in risks_of(cockpit)),
        facts=_facts(cockpit, wish.threshold),
    )
    return chosen_points.choose_threshold(version=version, point=point, name=wish.name, by=by)


def risks_of(cockpit: Cockpit) -> list[str]:
    """What is wrong with choosing on these slides."""
    found = {ON_TEST: cockpit.test_slides, ON_LEARNT: cockpit.learnt_from}
    return [risk for risk in RISKS if found[risk]]


def _refuse_stale(report: Report) -> None:
    changes = report_inputs.changes([report])[report.pk]
    if changes:
        names = ", ".join(f"{one['name']} ({one['what']})" for one in changes[:3])
        raise NotChosen(
            f"{len(changes)} of what report {report.pk} was made of changed since: {names}; "
            "compute it anew and choose there",
            "stale",
        )


def _refuse_unmeasured(cockpit: Cockpit, threshold: float) -> None:
    if 0 <= threshold < cockpit.floor:
        raise NotChosen(
            f"below {cockpit.floor:g} this report told no findings apart, so nobody knows what "
            f"{threshold:g} costs; choose {cockpit.floor:g} or more",
            "not_measured",
        )


def _refuse_risks(cockpit: Cockpit, despite: Sequence[str]) -> None:
    n = len(cockpit.entries)
    if cockpit.test_slides and ON_TEST not in despite:
        raise NotChosen(
            f"{len(cockpit.test_slides)} of {n} slides are test slides, which judge a finished "
            "version and choose nothing: choose on a report over development slides. Whoever "
            "insists must say so (despite: test); the version then counts as having seen them, "
            "and cannot pass the gate on them",
            "on_test_slides",
        )
    if cockpit.learnt_from and ON_LEARNT not in despite:
        raise NotChosen(
            f"{len(cockpit.learnt_from)} of {n} slides were learnt from, on which the version is "
            "surer than on any other: choose on slides held out. Whoever insists must say so "
            "(despite: learnt)",
            "on_learnt_slides",
        )


# What is kept ----------------------------------------------------------------


def _on(cockpit: Cockpit) -> str:
    n = cockpit.counts()
    kind = "test" if n["on_test"] == n["slides"] else "development"
    if 0 < n["on_test"] < n["slides"]:
        kind = "development and test"
    slides = "slide" if n["slides"] == 1 else "slides"
    patients = "patient" if n["patients"] == 1 else "patients"
    return (
        f"report {cockpit.report.pk} ({n['slides']} {kind} {slides} of {n['patients']} {patients})"
    )


def _files(cockpit: Cockpit) -> tuple[str, ...]:
    files = {one["slide"]: one["sha256"] for one in cockpit.report.inputs["slides"]}
    own = (files[one["slide"]] for one in cockpit.entries)
    return tuple(sorted(sha256 for sha256 in own if sha256))


def _facts(cockpit: Cockpit, threshold: float) -> dict[str, Any]:
    """What the report says of the threshold, so that the choice can be understood without it."""
    (row,) = cockpit.table(ReviewTime(), cuts=np.array([np.float32(threshold)], float))
    figures = ("sensitivity", "false_per_slide", "tumour_slides", "normal_slides")
    return {
        "report": cockpit.report.pk,
        "inputs_sha256": cockpit.report.inputs_sha256,
        "basis": cockpit.basis,
        "n": cockpit.counts(),
        "figures": {name: row[name] for name in figures},
    }
