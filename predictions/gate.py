"""May a version go live? What is asked, and how an answer is told from no answer.

A lesion is a connected tumour outline of the truth; it is found if a called cell overlaps it.
The candidate is held against the live version on the same slides: as a paired difference with an
interval that resamples patients. Not inferior means that the whole interval is above minus the
margin. Worse by the margin or more is a refusal; too few patients, or an interval too wide to say,
is neither.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from predictions.evaluation import figure
from predictions.resampling import DRAWS, TOO_FEW, divided, interval, slide_weights
from predictions.stitching import tumour_cells
from slides.grid import Grid
from slides.regions import Region, geometry_of, polygons_of, tumour_geometry

LEAST_PATIENTS = 3  # below, the lower end of an interval is the worst patient more often than not
LEAST_LESION_PX2 = 1.0  # slivers of drawing are no lesions
TUMOUR_SHARE_CALLED = 0.5  # of the clearest known tumour patches

PASSED, FAILED, UNDECIDED, ABSENT = "passed", "failed", "undecided", "absent"
CHECKS = ("test_set", "leak", "reading", "lesions", "slides", "canaries")


@dataclass(frozen=True)
class TestSlide:
    """One test slide under the candidate and, where there is one, the live version.

    found, found_by_live: (lesions,) bool. is_called: whether any cell of the slide is.
    """

    __test__ = False  # a name of pathology, not of pytest

    name: str
    patient: str
    has_tumour: bool
    found: np.ndarray
    is_called: bool
    found_by_live: np.ndarray | None = None
    is_called_by_live: bool | None = None


@dataclass(frozen=True)
class Check:
    """One question of the gate and its answer. code: why, for pages; facts: every figure."""

    name: str
    outcome: str
    code: str = ""
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return dict(self.__dict__)


def verdict(checks: Sequence[Check]) -> str:
    """Refused if any check failed, undecided if any could not be answered, else passed."""
    outcomes = {check.outcome for check in checks}
    if FAILED in outcomes:
        return "refused"
    return UNDECIDED if UNDECIDED in outcomes else PASSED


# Lesions ---------------------------------------------------------------------


def lesions_of(regions: Sequence[Region]) -> list[shapely.Polygon]:
    """The connected tumour outlines of a truth, less what people marked "ignore"."""
    tumour = tumour_geometry(regions) - geometry_of(regions, "ignore")
    return [lesion for lesion in polygons_of(tumour) if lesion.area >= LEAST_LESION_PX2]


def found(
    lesions: Sequence[shapely.Polygon],
    probability_map: np.ndarray,
    grid: Grid,
    threshold: float,
) -> np.ndarray:
    """Which lesions a called cell overlaps, (lesions,) bool. Touching at an edge is no overlap."""
    is_found = np.zeros(len(lesions), bool)
    cells = np.argwhere(tumour_cells(probability_map, threshold))
    if not len(cells) or not len(lesions):
        return is_found
    top, left = (cells.T * grid.side_l0).astype(float)
    boxes = shapely.box(left, top, left + grid.side_l0, top + grid.side_l0)
    tree = shapely.STRtree(boxes)
    for place, lesion in enumerate(lesions):
        near = boxes[tree.query(lesion, predicate="intersects")]
        is_found[place] = any(lesion.intersection(box).area > 0 for box in near)
    return is_found


# Comparing --------------------------------------------------------------------


def sensitivity_checks(slides: Sequence[TestSlide], *, margin: float, seed: int = 0) -> list[Check]:
    """Whether the candidate loses lesions or slides that the live version finds."""
    tumour = [slide for slide in slides if slide.has_tumour]
    lesions = [(slide.patient, slide.found, slide.found_by_live) for slide in tumour]
    called = [
        (
            slide.patient,
            np.array([slide.is_called]),
            None if slide.is_called_by_live is None else np.array([slide.is_called_by_live]),
        )
        for slide in tumour
    ]
    return [
        _sensitivity("lesions", lesions, margin=margin, seed=seed),
        _sensitivity("slides", called, margin=margin, seed=seed),
    ]


Hits = tuple[str, np.ndarray, np.ndarray | None]  # patient, the candidate's, the live version's


def _sensitivity(name: str, hits: Sequence[Hits], *, margin: float, seed: int) -> Check:
    units = np.array([len(own) for _, own, _ in hits], float)
    own = np.array([np.count_nonzero(mine) for _, mine, _ in hits], float)
    # all of these slides hold tumour, so that all patients are drawn from one pot
    owners = [patient for patient, *_ in hits]
    weights = slide_weights(owners, [True] * len(owners), seed=seed)
    patients = len({patient for patient, own, _ in hits if len(own)})
    facts: dict[str, Any] = {
        "candidate": _share(own, units, weights, patients, name),
        "margin": margin,
        "patients": patients,
        "draws": DRAWS,
    }
    if any(live is None for *_, live in hits) or not hits:
        reason = "no version is live to compare with" if hits else "no test slide with tumour"
        return Check(name, ABSENT, "no_live" if hits else "no_tumour", reason, facts)
    lives = [live for *_, live in hits if live is not None]
    theirs = np.array([np.count_nonzero(live) for live in lives], float)
    facts["live"] = _share(theirs, units, weights, patients, name)
    facts["difference"] = _share(own - theirs, units, weights, patients, name)
    return _compared(name, facts, margin, patients)


def _compared(name: str, facts: dict[str, Any], margin: float, patients: int) -> Check:
    value, low = facts["difference"]["value"], facts["difference"]["low"]
    if value is None:
        return Check(name, UNDECIDED, "no_tumour", "no test slide with tumour", facts)
    if value <= -margin:
        reason = f"it finds {-value:.3f} less than the live version; at most {margin:g} is allowed"
        return Check(name, FAILED, "worse", reason, facts)
    if low is None:
        reason = (
            f"{patients} patients with tumour in the test set are too few for an interval; "
            f"{LEAST_PATIENTS} are needed"
        )
        return Check(name, UNDECIDED, "too_few", reason, facts)
    if low <= -margin:
        reason = (
            f"the interval of the difference reaches down to {low:.3f}, not above {-margin:g}: "
            "these slides cannot tell whether it is worse"
        )
        return Check(name, UNDECIDED, "too_wide", reason, facts)
    return Check(name, PASSED, "not_inferior", "", facts)


def _share(
    hits: np.ndarray, units: np.ndarray, weights: np.ndarray, patients: int, unit: str
) -> dict[str, Any]:
    """hits per unit over all slides, with the interval over draws of patients."""
    total = units.sum()
    bounds = None
    if total and patients >= LEAST_PATIENTS:
        bounds = interval(divided(weights @ hits, weights @ units))
    value = float(hits.sum() / total) if total else None
    entry = figure(value, bounds, n=int(total), unit=unit, reason="no test slide with tumour")
    if value is not None and bounds is None:
        entry["interval_reason"] = TOO_FEW
    return entry


# The other questions -------------------------------------------------------------


def set_check(slides: Sequence[TestSlide], left_out: Sequence[Mapping[str, str]]) -> Check:
    """Whether there is a test set to be judged by."""
    with_tumour = [slide for slide in slides if slide.has_tumour]
    facts = {
        "slides": len(slides),
        "patients": len({slide.patient for slide in slides}),
        "tumour_slides": len(with_tumour),
        "tumour_patients": len({slide.patient for slide in with_tumour}),
        "lesions": int(sum(len(slide.found) for slide in slides)),
        "left_out": list(left_out),
    }
    if not slides:
        reason = "there is no test slide with a truth: give test slides one, then try again"
        return Check("test_set", UNDECIDED, "no_slides", reason, facts)
    if not with_tumour:
        reason = "no test slide holds tumour, so nothing can be said of what is found"
        return Check("test_set", UNDECIDED, "no_tumour", reason, facts)
    return Check("test_set", PASSED, "", "", facts)


def leak_check(leaks: Sequence[Mapping[str, str]], *, is_known: bool) -> Check:
    """Whether the version, or one it learnt on from, has seen a test patient or file.

    leaks: slide, patient and how it was seen. is_known: False where nobody knows what it saw.
    """
    facts = {"leaks": [dict(leak) for leak in leaks]}
    if leaks:
        names = ", ".join(leak["slide"] for leak in leaks[:5])
        reason = f"its training saw patients or files of the test set: {names}"
        return Check("leak", FAILED, "leak", reason, facts)
    if not is_known:
        reason = "nobody knows what it learnt from, so a leak cannot be ruled out"
        return Check("leak", UNDECIDED, "unknown", reason, facts)
    return Check("leak", PASSED, "", "", facts)


def reading_check(
    unread: Sequence[Mapping[str, str]], warnings: Sequence[Mapping[str, str]]
) -> Check:
    """Whether it could read every test slide, and its maps look like slides."""
    facts = {"unread": list(unread), "warnings": list(warnings)}
    if unread:
        first = unread[0]
        reason = f"it could not read {len(unread)} test slides: {first['slide']}: {first['reason']}"
        return Check("reading", FAILED, "unread", reason, facts)
    if warnings:
        reason = f"its maps look broken: {warnings[0]['slide']}: {warnings[0]['reason']}"
        return Check("reading", FAILED, "suspicious", reason, facts)
    return Check("reading", PASSED, "", "", facts)


def canary_check(
    drawn: Mapping[str, np.ndarray], tumour: np.ndarray, *, threshold: float, source: str
) -> Check:
    """Whether glass, fat and ink are left alone, and tumour that nobody can miss is called.

    drawn: by kind, probabilities of patches that hold no tumour. tumour: probabilities of the
    clearest tumour patches of `source`; may be empty.
    """
    kinds = [_kind(name, scores, threshold) for name, scores in drawn.items()]
    known = _kind("tumour", tumour, threshold)
    facts = {"kinds": [*kinds, known], "threshold": threshold, "source": source}
    facts["least_tumour_share"] = TUMOUR_SHARE_CALLED
    wrong = [kind["name"] for kind in kinds if kind["called"]]
    if wrong:
        reason = f"it calls what is no tissue tumour: {', '.join(map(_in_words, wrong))}"
        return Check("canaries", FAILED, "false_alarm", reason, facts)
    if not known["n"]:
        reason = "no known tumour patch was there to try it with"
        return Check("canaries", UNDECIDED, "no_tumour", reason, facts)
    if known["called"] < TUMOUR_SHARE_CALLED * known["n"]:
        reason = f"it calls {known['called']} of {known['n']} patches of unmistakable tumour"
        return Check("canaries", FAILED, "missed", reason, facts)
    return Check("canaries", PASSED, "", "", facts)


def _in_words(kind: str) -> str:
    return f"{kind.removeprefix('pen_')} pen" if kind.startswith("pen_") else kind


def _kind(name: str, scores: np.ndarray, threshold: float) -> dict[str, Any]:
    scores = np.asarray(scores, np.float32)
    return {
        "name": name,
        "n": len(scores),
        "called": int(np.count_nonzero(scores >= np.float32(threshold))),
        "lowest": float(scores.min()) if len(scores) else None,
        "highest": float(scores.max()) if len(scores) else None,
    }
