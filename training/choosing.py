"""The patches of a dataset, and all that is said of them, before anything is written."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from slides.jobs import Report
from slides.models import Slide
from slides.scanners import scanner_of
from training import manifest
from training.candidates import Candidates, by_class, candidates_of, mined_places, rules_of
from training.dataset_words import told_leak, with_words
from training.leak_check import leaks_among
from training.leaks import Leak
from training.models import Dataset
from training.preview import cautions, wall
from training.refusals import NotTrainable
from training.sampling import Origins, choose
from training.splitting import sides_of

# What a manifest says of how it was made, beside its slides. Nothing of when or by whom.
SETTINGS = (
    *("mpp", "mpps", "patch_px", "tissue_bar", "stride", "jitter_px", "labelling", "tumour_bar"),
    *("centre_px", "validation_share", "test_share", "folds", "per_slide_cap", "balance", "seed"),
    "is_synthetic",
)


@dataclass(frozen=True)
class Choice:
    """header, patches: of the manifest. The rest is kept on the dataset's row."""

    header: dict[str, Any]
    patches: np.ndarray
    counts: dict[str, Any]
    samples: list[dict[str, Any]]
    warnings: list[dict[str, Any]]
    leaks: list[dict[str, Any]]


def choice_of(dataset: Dataset, report: Report) -> Choice:
    """What a dataset's slides, truths, settings and seed give: the same each time.

    report: slides done so far, twice over: once for their patches, once for leaks.
    Raises NotTrainable, SamplingError, and what reading raises.
    """
    rules = rules_of(dataset)
    given = _given(dataset, report)
    used = [one for one in given if not one.reason]
    if not used:
        raise NotTrainable(_nothing_usable(given), "no_truth")
    if len(given) == 1:
        raise NotTrainable(
            f"{used[0].slide} is the only slide, so nothing could be held out; choose slides of "
            "two patients at least",
            "one_slide",
        )
    scanner_of_slide = {one.slide.pk: scanner_of(one.slide.path) for one in used}
    patches = choose(
        np.concatenate([one.patches for one in used]),
        Origins(
            patient_of={one.slide.pk: one.slide.patient for one in used},
            scanner_of=scanner_of_slide,
            kept=_kept_sides(dataset),
        ),
        rules,
    )
    header = _header(dataset, used, patches, scanner_of_slide)
    split_of = {slide["id"]: slide["split"] for slide in header["slides"]}
    leaks = leaks_among(split_of, [one.slide for one in used], report=report)
    excluded = _excluded(given)
    counts = _counts(header, patches, used, list(sides_of(rules))) | {"excluded": excluded}
    return Choice(
        header,
        patches,
        counts,
        samples=wall(patches, seed=dataset.seed),
        warnings=[with_words(one) for one in _cautions(header, counts)],
        leaks=[_told(leak) for leak in leaks],
    )


def _told(leak: Leak) -> dict[str, Any]:
    stated = leak.as_json()
    return stated | with_words(told_leak(stated))


def _given(dataset: Dataset, report: Report) -> list[Candidates]:
    """What each slide could give."""
    slides, rules = list(dataset.slides.order_by("pk")), rules_of(dataset)
    errors = mined_places(dataset)
    given = []
    for done, slide in enumerate(slides):
        report(done, len(slides))
        given.append(candidates_of(slide, dataset, rules, errors))
    report(len(slides), len(slides))
    return given


def _excluded(given: Iterable[Candidates]) -> list[dict[str, Any]]:
    return [
        {"slide": one.slide.pk, "name": one.slide.name, "reason": one.reason}
        for one in given
        if one.reason
    ]


def _nothing_usable(given: list[Candidates]) -> str:
    reasons = "; ".join(f"{one.slide}: {one.reason}" for one in given[:5])
    return f"none of {len(given)} slides can be learnt from. {reasons}"


def _kept_sides(dataset: Dataset) -> dict[str, str]:
    """The sides that patients were on in the dataset which this one follows, if any.

    Who was tested on before must not be learnt from later. Raises NotTrainable if it is not
    frozen.
    """
    parent = dataset.parent
    if parent is None:
        return {}
    if not parent.is_frozen:
        raise NotTrainable(f"{parent}, which this dataset follows, is not frozen", "not_frozen")
    frozen = manifest.read(parent.manifest_path, sha256=parent.manifest_sha256)
    return {slide["patient"]: slide["split"] for slide in frozen.slides}


# Header and counts ---------------------------------------------------------


def _header(
    dataset: Dataset, used: list[Candidates], patches: np.ndarray, scanners: Mapping[int, str]
) -> dict[str, Any]:
    split_of = dict(zip(patches["slide_id"].tolist(), patches["split"].tolist(), strict=True))
    slides = [
        _slide_facts(one.slide, dataset.revisions[str(one.slide.pk)])
        | {"split": split_of[one.slide.pk], "scanner": scanners[one.slide.pk]}
        for one in used
        if one.slide.pk in split_of
    ]
    minings = dataset.minings.order_by("patches_sha256").values_list("patches_sha256", flat=True)
    follows = dataset.parent.manifest_sha256 if dataset.parent else ""
    settings = {name: getattr(dataset, name) for name in SETTINGS}
    return settings | {"slides": slides, "follows": follows, "mined": list(minings)}


def _slide_facts(slide: Slide, revision: int) -> dict[str, Any]:
    truth = slide.annotations.get(revision=revision)
    return {
        "id": slide.pk,
        "name": slide.name,
        "patient": slide.patient,
        "sha256": slide.sha256,
        "mpp": slide.mpp,
        "truth_revision": revision,
        "truth_checksum": truth.checksum,
        "truth_author": truth.author.get_username() if truth.author else "",
        "is_exhaustive": truth.is_exhaustive,
        "has_tumour": truth.tumour_area_px > 0,
    }


def _counts(
    header: dict[str, Any], patches: np.ndarray, used: list[Candidates], sides: list[str]
) -> dict[str, Any]:
    """Patches per side, slide and class: those chosen, and those there were to choose from."""
    candidates = {one.slide.pk: one.counts for one in used}
    slides = [
        {
            "slide": slide["id"],
            **{name: slide[name] for name in ("name", "patient", "split", "truth_revision")},
            **by_class(patches[patches["slide_id"] == slide["id"]]),
            "candidates": candidates[slide["id"]],
        }
        for slide in header["slides"]
    ]
    return {
        **{split: _side(slides, split) for split in reversed(sides)},
        "slides": slides,
        "sources": _tally(patches["source"]),
        "mpps": _tally(patches["mpp"]),
    }


def _side(slides: list[dict[str, Any]], split: str) -> dict[str, int]:
    members = [slide for slide in slides if slide["split"] == split]
    return {
        "tumour": sum(slide["tumour"] for slide in members),
        "normal": sum(slide["normal"] for slide in members),
        "slides": len(members),
        "patients": len({slide["patient"] for slide in members}),
    }


def _tally(values: np.ndarray) -> dict[str, int]:
    names, counts = np.unique(values, return_counts=True)
    return {str(name): int(count) for name, count in zip(names, counts, strict=True)}


def _cautions(header: dict[str, Any], counts: dict[str, Any]) -> list[dict[str, Any]]:
    own = [slide["id"] for slide in header["slides"]]
    tested = Slide.objects.ready().with_subset(Slide.Subset.TEST).exclude(pk__in=own)
    patients = list(tested.values_list("patient", flat=True))
    return cautions(_described(header, counts), counts["excluded"], patients)


def _described(header: dict[str, Any], counts: dict[str, Any]) -> list[dict[str, Any]]:
    """The slides as cautions need them."""
    chosen = {slide["slide"]: slide for slide in counts["slides"]}
    return [
        slide | {kind: chosen[slide["id"]][kind] for kind in ("tumour", "normal")}
        for slide in header["slides"]
    ]
