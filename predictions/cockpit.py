"""The threshold of a version as a report saw it: slides, every threshold, and where to look.

Reads rows, writes none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from predictions import report_exports
from predictions.models import Prediction, Report
from predictions.operating_points import (
    Draws,
    Entry,
    ReviewTime,
    in_lesion_figures,
    of_known_class,
    operating_table,
    thresholds_of,
)
from slides.jobs import Reason
from slides.models import Slide

# Which slides of a report are looked at. "fit" are those that a threshold may be chosen on.
FIT, HELD_OUT, ALL = "fit", "held_out", "all"
BASES = (FIT, HELD_OUT, ALL)
MOST_SECONDS_PER_SLIDE, MOST_SECONDS_PER_FINDING = 3600.0, 600.0


class NoCockpit(Reason):
    code = "no_cockpit"


@dataclass(frozen=True)
class Cockpit:
    """One version of a report over some of its slides. on_test: keys of slides of the test set."""

    report: Report
    version: int
    figures: Mapping[str, Any]
    basis: str
    entries: Sequence[Entry]
    on_test: frozenset[int]

    @property
    def name(self) -> str:
        return str(self.figures["name"])

    @property
    def threshold(self) -> float:
        return float(self.figures["threshold"])

    @property
    def floor(self) -> float:
        """Below it no finding was told apart, so nothing is known."""
        return min(float(self.report.inputs["rules"]["peak_stop"]), self.threshold)

    @property
    def test_slides(self) -> list[Entry]:
        return [one for one in self.entries if one["slide"] in self.on_test]

    @property
    def learnt_from(self) -> list[Entry]:
        return [one for one in self.entries if _is_learnt(one)]

    def counts(self) -> dict[str, int]:
        counted = in_lesion_figures(self.entries)
        return {
            "slides": len(self.entries),
            "patients": len({one["patient"] for one in self.entries}),
            "tumour_slides": sum(one["has_tumour"] for one in self.entries),
            "lesion_slides": len(counted),
            "lesions": sum(
                one["size_class"] != "itc" for each in counted for one in each["lesions"]
            ),
            "known_slides": len(of_known_class(self.entries)),
            "on_test": len(self.test_slides),
            "learnt_from": len(self.learnt_from),
        }

    def thresholds(self) -> np.ndarray:
        return thresholds_of(self.entries, also=[self.threshold], floor=self.floor)

    def table(self, review: ReviewTime, cuts: np.ndarray | None = None) -> list[dict[str, Any]]:
        rules = self.report.inputs["rules"]
        draws = Draws(rules["draws"], rules["seed"])
        return operating_table(
            self.entries, self.thresholds() if cuts is None else cuts, review, draws
        )


def cockpit_of(report: Report, version: int | None = None, basis: str = "") -> Cockpit:
    """version: its key, by default the report's last, which is what is held against the others.
    basis: by default the strictest that has slides.

    Raises NoCockpit where there is no such version, or no slide.
    """
    told = dict(report_exports.versions_of(report))
    if not told:
        raise NoCockpit(f"report {report.pk} is {report.status}: it has no figures yet")
    key = report.order[-1] if version is None else version
    if key not in told:
        known = ", ".join(f"{pk} ({one['name']})" for pk, one in told.items())
        raise NoCockpit(f"version {key} is not in report {report.pk}; it has {known}", "bad_input")
    if basis not in ("", *BASES):
        raise NoCockpit(f"slides {basis!r:.40}: one of {', '.join(BASES)}", "bad_input")
    members = _by_basis(told[key]["slides"], on_test := _on_test(report))
    chosen = basis or next(name for name in BASES if members[name])
    return Cockpit(report, key, told[key], chosen, members[chosen], on_test)


def bases_of(cockpit: Cockpit) -> list[dict[str, Any]]:
    """Bases that differ, each with how many slides it has."""
    members = _by_basis(cockpit.figures["slides"], cockpit.on_test)
    told: list[dict[str, Any]] = []
    for name in BASES:
        n = len(members[name])
        if n and n not in (one["n"] for one in told):
            told.append({"name": name, "n": n})
        elif name == cockpit.basis:
            told = [one for one in told if one["n"] != n] + [{"name": name, "n": n}]
    return told


def _by_basis(entries: Sequence[Entry], on_test: frozenset[int]) -> dict[str, list[Entry]]:
    held = [one for one in entries if not _is_learnt(one)]
    fit = [one for one in held if one["slide"] not in on_test]
    return {FIT: fit, HELD_OUT: held, ALL: list(entries)}


def _is_learnt(entry: Entry) -> bool:
    return bool(entry["exposure"] == Prediction.Exposure.TRAINING)


def _on_test(report: Report) -> frozenset[int]:
    """Slides of the test set, then or now."""
    keys = [one["slide"] for one in report.inputs["slides"]]
    if report.subset == Slide.Subset.TEST:
        return frozenset(keys)
    rows = Slide.objects.filter(pk__in=keys, subset=Slide.Subset.TEST)
    return frozenset(rows.values_list("pk", flat=True))
