"""Score a folder of result files against a folder of truth, as the CAMELYON organisers would.

A slide without a result is not left out: its lesions are missed, and it stays in both
denominators. A slide score or stage that is missing counts as the worst there can be, so that
nothing is gained by handing in less. All of it is named.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from predictions.bands import ranking_figures
from predictions.challenge_files import slide_key
from predictions.components import MERGE_UM
from predictions.folder_results import Results, read_results
from predictions.froc import SlideHits, froc_curve, froc_figures, narrowed, slide_hits
from predictions.lesions import (
    ITC_UM,
    ORGANISERS_MPP,
    ORGANISERS_SCALE,
    TruthLesion,
    TruthLesions,
    truth_lesions,
)
from predictions.ranking import CALLS_ONLY, delong, is_binary, score_table
from predictions.resampling import DRAWS, slide_weights
from predictions.staging import STAGES, kappa_figure
from predictions.truth_folder import TruthFolder, TruthSlide, evaluation_mask, read_truth_folder

NOT_EXHAUSTIVE = "not exhaustively outlined: a detection outside the outlines may be tumour"
# What the organisers say of their own slides.
CAMELYON16_EXCLUDED = {"test_049": "a duplicate, taken out by the organisers"}
CAMELYON16_NOT_EXHAUSTIVE = frozenset(
    ["test_114"]
    + [f"tumor_{number:03}" for number in (
        10, 15, 18, 20, 25, 29, 33, 34, 44, 46, 51, 54, 55, 56, 67, 79, 85, 92, 95, 110,
    )]
)  # fmt: skip


@dataclass(frozen=True)
class FolderRules:
    """How folders are scored.

    mpp: of every slide, as the organisers' script takes it; None: each slide's own, as listed.
    itc_slides: what a slide with nothing but isolated tumour cells is to the slide AUC.
    excluded: slides left out of everything. not_exhaustive: slides left out of FROC, kept for the
    slide AUC. is_camelyon16: the organisers' own exceptions count as well.
    """

    mpp: float | None = ORGANISERS_MPP
    tumour_value: int | None = None
    itc_slides: str = "negative"
    excluded: Collection[str] = ()
    not_exhaustive: Collection[str] = ()
    is_camelyon16: bool = False
    draws: int = DRAWS
    seed: int = 0


@dataclass(frozen=True)
class ScoredSlide:
    """A slide, its truth's lesions and what was found of them. reason: why it is in no FROC."""

    key: str
    slide: TruthSlide
    lesions: tuple[TruthLesion, ...]
    hits: SlideHits
    reason: str = ""

    @property
    def is_tumour(self) -> bool:
        """As listed, else as outlined."""
        return bool(self.lesions) if self.slide.is_tumour is None else self.slide.is_tumour

    @property
    def is_itc_only(self) -> bool:
        """As listed, else where every lesion outlined is one of isolated tumour cells."""
        if self.slide.is_tumour is None:
            return bool(self.lesions) and all(one.is_itc for one in self.lesions)
        return self.slide.groups.get("size") == "itc"


def evaluate_folders(
    predictions: Path,
    truth: Path,
    rules: FolderRules | None = None,
    *,
    tell: Callable[[str], None] = lambda name: None,
) -> dict[str, Any]:
    """All figures of a folder of results, ready for JSON.

    tell: told each slide's name before it is read. Raises RefusedFiles with every row that is
    wrong, TruthError at a mask that cannot be read, ValueError where there is nothing to score.
    """
    rules = rules or FolderRules()
    folder = read_truth_folder(truth)
    results = read_results(predictions, folder)
    (scored,) = score_slides(folder, [results], rules, tell=tell)
    return figures_of(folder, results, scored, rules)


def score_slides(
    folder: TruthFolder,
    every: Sequence[Results],
    rules: FolderRules,
    *,
    tell: Callable[[str], None] = lambda name: None,
) -> list[list[ScoredSlide]]:
    """The slides that count, once for each of several results; each truth is read once."""
    if rules.draws < 0:
        raise ValueError(f"draws are 0, for no intervals, or more; got {rules.draws}")
    excluded, not_exhaustive = _exceptions(folder, rules)
    told: list[list[ScoredSlide]] = [[] for _ in every]
    for key, slide in folder.slides.items():
        if key in excluded:
            continue
        tell(slide.name)
        if not any(one.detections for one in every) and slide.is_tumour is not None:
            slide = replace(slide, path=None)  # no need to read its outlines
        found = _outlined(slide, rules)
        for results, own in zip(every, told, strict=True):
            one = _scored(key, slide, found, results.detections.get(key))
            reason = NOT_EXHAUSTIVE if key in not_exhaustive else one.reason
            own.append(replace(one, reason=reason))
    return told


def figures_of(
    folder: TruthFolder, results: Results, scored: Sequence[ScoredSlide], rules: FolderRules
) -> dict[str, Any]:
    """All figures of one folder of results, ready for JSON."""
    told: dict[str, Any] = {"rules": _told_rules(rules)}
    if results.detections:
        told["froc"] = _froc(scored, rules)
    if results.scores is not None:
        told["slide_auc"] = _slide_auc(scored, results.scores, rules)
    if results.stages is not None:
        told["stages"] = _stages(folder.stages, results.stages, rules)
    excluded, _ = _exceptions(folder, rules)
    return told | {
        "left_out": _left_out(folder, excluded, scored if results.detections else []),
        "missing": _missing(scored, folder, results),
        "per_slide": [_entry(one) for one in scored],
    }


def _exceptions(folder: TruthFolder, rules: FolderRules) -> tuple[dict[str, str], set[str]]:
    """Reason by key of slides left out of all; keys of those not exhaustively outlined.

    Raises ValueError at a name that is no slide of the folder, so that no slip goes unnoticed.
    """
    excluded = {slide_key(name): "as asked" for name in rules.excluded}
    not_exhaustive = {slide_key(name) for name in rules.not_exhaustive}
    if unknown := sorted((excluded.keys() | not_exhaustive) - folder.slides.keys()):
        raise ValueError(f"no slide of the truth is called {', '.join(unknown)}; see its names")
    if rules.is_camelyon16:
        excluded |= CAMELYON16_EXCLUDED
        not_exhaustive |= CAMELYON16_NOT_EXHAUSTIVE
    return excluded, not_exhaustive


def _outlined(slide: TruthSlide, rules: FolderRules) -> TruthLesions:
    """The lesions of a slide's truth. Raises ValueError if list and outlines differ."""
    is_tumour = np.zeros((1, 1), bool)
    if slide.path is not None:
        is_tumour = evaluation_mask(
            slide.path, size_l0=slide.size_l0, tumour_value=rules.tumour_value
        )
    if slide.is_tumour is False and is_tumour.any():
        raise ValueError(
            f"{slide.name} is listed as normal, and {slide.path.name if slide.path else ''} "
            "outlines tumour in it; correct one of them"
        )
    mpp = rules.mpp or slide.mpp
    if mpp is None:
        raise ValueError(
            f"um per px of {slide.name} is unknown; list it under mpp in reference.csv, or give "
            f"one for all slides (the organisers take {ORGANISERS_MPP})"
        )
    return truth_lesions(is_tumour, scale=ORGANISERS_SCALE, mpp=mpp)


def _scored(
    key: str, slide: TruthSlide, found: TruthLesions, detections: np.ndarray | None
) -> ScoredSlide:
    hits = slide_hits(
        slide.name,
        detections,
        found.labels,
        found.itc_numbers,
        scale=ORGANISERS_SCALE,
        patient=slide.patient,
    )
    return ScoredSlide(key, slide, found.lesions, hits, _reason(slide, found.lesions))


def _reason(slide: TruthSlide, lesions: Sequence[TruthLesion]) -> str:
    """Why a slide is not in FROC; empty if it is."""
    if not slide.is_exhaustive:
        return NOT_EXHAUSTIVE
    if slide.is_tumour and not lesions:
        return "listed as tumour, but nothing is outlined"
    if slide.is_tumour is None and slide.path is None:
        return "nothing is known of it"
    return ""


# Figures -------------------------------------------------------------------


def _froc(scored: Sequence[ScoredSlide], rules: FolderRules) -> dict[str, Any]:
    counted = [one for one in scored if not one.reason]
    hits = [one.hits for one in counted]
    figures = froc_figures(hits, draws=rules.draws, seed=rules.seed)
    figures["by_size_class"] = {
        name: _froc_of_class(counted, name, rules) for name in ("micro", "macro")
    }
    if any(one.is_missing for one in hits):
        curve = froc_curve([one for one in hits if not one.is_missing])
        figures["score_of_given_files_only"] = None if curve is None else curve.score
    return figures


def _froc_of_class(
    scored: Sequence[ScoredSlide], size_class: str, rules: FolderRules
) -> dict[str, Any]:
    """Against the false positives of all slides, as only some lesions count."""
    hits = [
        narrowed(
            one.hits, [lesion.number for lesion in one.lesions if lesion.size_class == size_class]
        )
        for one in scored
    ]
    figures = froc_figures(hits, draws=rules.draws, seed=rules.seed)
    told = ("score", "reason", "sensitivity", "n")
    return {name: figures[name] for name in told if name in figures}


def _slide_auc(
    scored: Sequence[ScoredSlide], scores: Mapping[str, float], rules: FolderRules
) -> dict[str, Any]:
    counted, labels, values = slide_values(scored, scores, rules)
    caution = {"caution": CALLS_ONLY} if is_binary(score_table(values, labels)) else {}
    return (
        delong(labels, values)
        | caution
        | {
            "tumour_slides": int(labels.sum()),
            "missing_slides": sum(one.key not in scores for one in counted),
            "itc_slides": {"are": rules.itc_slides, "n": sum(one.is_itc_only for one in scored)},
            "subgroups": _subgroups(counted, labels, values),
            "curves": _slide_curves(counted, labels, values, rules),
        }
    )


def slide_values(
    scored: Sequence[ScoredSlide], scores: Mapping[str, float], rules: FolderRules
) -> tuple[list[ScoredSlide], np.ndarray, np.ndarray]:
    """Slides in the slide AUC, whether each is positive, and its score; what is missing is as
    wrong as can be."""
    counted = [one for one in scored if not (one.is_itc_only and rules.itc_slides == "left_out")]
    labels = np.array([_is_positive(one, rules) for one in counted], bool)
    values = [scores.get(one.key, 1.0 - label) for one, label in zip(counted, labels, strict=True)]
    return counted, labels, np.array(values)


def _slide_curves(
    counted: Sequence[ScoredSlide], labels: np.ndarray, values: np.ndarray, rules: FolderRules
) -> dict[str, Any]:
    """ROC and PR over slides with bands; their intervals resample patients, DeLong's slides."""
    pairs = zip(values[:, None], labels[:, None], strict=True)
    tables = [score_table(value, label) for value, label in pairs]
    patients = [one.hits.patient for one in counted]
    weights = slide_weights(patients, labels, draws=rules.draws, seed=rules.seed)
    return ranking_figures(tables, weights)


def _is_positive(one: ScoredSlide, rules: FolderRules) -> bool:
    return one.is_tumour and not (one.is_itc_only and rules.itc_slides == "negative")


def _subgroups(
    counted: Sequence[ScoredSlide], labels: np.ndarray, values: np.ndarray
) -> dict[str, dict[str, Any]]:
    """All normal slides against the tumour slides of one group, as the organisers compare."""
    found = {}
    kinds = {
        (name, value)
        for one, label in zip(counted, labels, strict=True)
        for name, value in one.slide.groups.items()
        if label
    }
    for name, value in sorted(kinds):
        is_own = np.array([one.slide.groups.get(name) == value for one in counted])
        is_chosen = ~labels | is_own
        found[f"{name}: {value}"] = delong(labels[is_chosen], values[is_chosen])
    return found


def _stages(
    truth: Mapping[str, str], said: Mapping[str, str], rules: FolderRules
) -> dict[str, Any]:
    patients = sorted(truth)
    stages = [said.get(name) or _farthest(truth[name]) for name in patients]
    own = [truth[name] for name in patients]
    figure = kappa_figure(own, stages, draws=rules.draws, seed=rules.seed)
    return {"kappa": figure, "missing_patients": sum(name not in said for name in patients)}


def _farthest(stage: str) -> str:
    return STAGES[-1] if STAGES.index(stage) < len(STAGES) / 2 else STAGES[0]


# What is told besides ------------------------------------------------------


def _told_rules(rules: FolderRules) -> dict[str, Any]:
    return {
        "definition": "CAMELYON16 lesion FROC",
        "mpp": rules.mpp or "each slide's own",
        "level_0_px_per_mask_px": ORGANISERS_SCALE,
        "merge_um": MERGE_UM,
        "itc_major_axis_below_um": ITC_UM + MERGE_UM,
        "missing": "lesions missed, slide counted; scores and stages as wrong as can be",
    }


def _left_out(
    folder: TruthFolder, excluded: Mapping[str, str], scored: Sequence[ScoredSlide]
) -> list[dict[str, str]]:
    """Slides that do not count, of what, and why."""
    return [
        {"slide": folder.slides[key].name, "of": "all", "reason": excluded[key]}
        for key in sorted(excluded.keys() & folder.slides.keys())
    ] + [
        {"slide": one.slide.name, "of": "froc", "reason": one.reason}
        for one in scored
        if one.reason
    ]


def _missing(
    scored: Sequence[ScoredSlide], folder: TruthFolder, results: Results
) -> dict[str, list[str]]:
    """Names of what has a truth and no result, of each kind of result that was given."""
    missing = {}
    if results.detections:
        missing["detections"] = [one.slide.name for one in scored if one.hits.is_missing]
    if results.scores is not None:
        scores = results.scores
        missing["slide_scores"] = [one.slide.name for one in scored if one.key not in scores]
    if results.stages is not None:
        missing["stages"] = sorted(folder.stages.keys() - results.stages.keys())
    return missing


def _entry(one: ScoredSlide) -> dict[str, Any]:
    best = dict(zip(one.hits.numbers.tolist(), one.hits.lesions.tolist(), strict=True))
    return {
        "slide": one.slide.name,
        "is_tumour": one.is_tumour,
        "in_froc": not one.reason,
        "false_positives": len(one.hits.false_positives),
        "lesions": [
            {
                "number": lesion.number,
                "size_class": lesion.size_class,
                "diameter_um": round(lesion.diameter_um, 1),
                "x": round(lesion.x_l0),
                "y": round(lesion.y_l0),
                "confidence": best.get(lesion.number),
            }
            for lesion in one.lesions
        ],
    }
