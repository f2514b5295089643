"""A version's card: what it is for, what it learnt from, what it is worth on whom, its limits.

Publishing and measuring fill in the facts; an admin writes the texts. Both are kept apart, so
that neither overwrites the other.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
from django.core.cache import cache
from django.db import transaction
from django.utils.translation import gettext, override
from django.utils.translation import gettext_noop as _

from slides import scanners
from slides.models import Slide
from training import manifest
from training.lineage import line_of
from training.models import Dataset, ModelVersion

TEXTS = ("intended_use", "limits", "stains", "notes")
LONGEST_TEXT = 5000
KEPT_SECONDS = 3600
INTENDED_USE = _(
    "Marks of a second reader for metastases in lymph-node sections, read at %(mpp)s µm/px. For "
    "research; the pathologist decides."
)
LIMITS = _(
    "Learnt from %(patients)s patients, scanned as: %(scanners)s. Not tried on other scanners, "
    "stains or tissues unless a figure below says so."
)
STAINS = _("Haematoxylin and eosin, as far as known: slides do not carry their stain.")
SYNTHETIC = _("Learnt from synthetic slides: unfit for patients.")


def draft(dataset: Dataset, frozen: manifest.Manifest, fold: int | None = None) -> dict[str, Any]:
    """The card of a version just trained: its data. Nobody has written texts yet."""
    return {"data": _data(dataset, frozen, fold)}


def _first_texts(mpp: float, data: Mapping[str, Any]) -> dict[str, str]:
    """What a card says until a person writes better, in the reader's language.

    Nothing of limits and stains where the data are not known.
    """
    texts = {"intended_use": gettext(INTENDED_USE) % {"mpp": f"{mpp:g}"}}
    texts |= {"limits": "", "stains": "", "notes": ""}
    if data:
        models = ", ".join(each["name"] for each in data["scanners"]) or gettext("unknown")
        told = {"patients": data["sides"]["training"]["patients"], "scanners": models}
        texts["limits"] = gettext(LIMITS) % told
        texts["limits"] += f" {gettext(SYNTHETIC)}" if data["is_synthetic"] else ""
        texts["stains"] = gettext(STAINS)
    return texts


def _data(dataset: Dataset, frozen: manifest.Manifest, fold: int | None) -> dict[str, Any]:
    learnt, held = frozen.sides(fold)
    known = Slide.objects.in_bulk([slide["id"] for slide in frozen.slides])
    models = Counter(scanner_of(known.get(slide["id"])) for slide in frozen.slides)
    return {
        "dataset": dataset.name,
        "manifest_sha256": frozen.sha256,
        "sides": {"training": _side(frozen, learnt), "validation": _side(frozen, held)},
        "scanners": [{"name": name, "slides": n} for name, n in sorted(models.items())],
        "not_exhaustive": sum(not slide.get("is_exhaustive", True) for slide in frozen.slides),
        "is_synthetic": dataset.is_synthetic,
    }


def scanner_of(slide: Slide | None) -> str:
    """A slide's scanner, as far as its file tells; "unknown" where the file is gone."""
    if slide is None or slide.path is None:
        return "unknown"
    return scanners.scanner_of(slide.path) or "unknown"


def _side(frozen: manifest.Manifest, places: np.ndarray) -> dict[str, int]:
    tumour = int(np.count_nonzero(frozen.labels[places]))
    return {
        "slides": len(np.unique(frozen.columns["slide_id"][places])),
        "patients": len(np.unique(frozen.patients()[places])),
        "tumour": tumour,
        "normal": len(places) - tumour,
    }


def card_of(version: ModelVersion) -> dict[str, Any]:
    """The card as it is shown: every part is there, empty where nothing is known."""
    stored = version.card if isinstance(version.card, Mapping) else {}
    data = stored.get("data") or _data_again(version)
    return {
        "texts": _first_texts(version.mpp, data) | dict(stored.get("texts") or {}),
        "data": data,
        "evaluations": dict(stored.get("evaluations") or {}),
        "promotions": list(stored.get("promotions") or []),
    }


def _data_again(version: ModelVersion) -> dict[str, Any]:
    """The facts of versions that are older than cards, or were calibrated anew from such.

    Kept for an hour: every slide is opened for its scanner, too slow for each look at a page.
    """
    run = version.source_run
    if run is None or run.dataset.manifest_path is None:
        return {}
    frozen = run.dataset
    key = f"card-data-{frozen.pk}-{frozen.manifest_sha256}-{run.fold}"
    try:
        return cache.get_or_set(
            key, lambda: _data(frozen, manifest.read(frozen.manifest_path), run.fold), KEPT_SECONDS
        )
    except manifest.ManifestError:
        return {}


@transaction.atomic
def put(version: ModelVersion, section: str, change: Any) -> ModelVersion:
    """Replace one section of the stored card by change(its value now), whatever else is written."""
    row = ModelVersion.objects.select_for_update().get(pk=version.pk)
    card = dict(row.card or {})
    card[section] = change(card.get(section))
    ModelVersion.objects.filter(pk=row.pk).update(card=card)
    version.card = card
    return version


# As files ----------------------------------------------------------------------


@override("en")
def as_json(version: ModelVersion) -> dict[str, Any]:
    """The card with the version it is of, for other programs: in English, as all they read."""
    return {
        "format": "sentinode-card-1",
        "version": {
            "name": version.name,
            "stage": version.stage,
            "architecture": version.architecture,
            "pooling": version.pooling,
            "mpp": version.mpp,
            "patch_px": version.patch_px,
            "threshold": version.threshold,
            "threshold_source": version.threshold_source,
            "calibration": (version.calibration or {}).get("kind", "none"),
            "weights_sha256": version.weights_sha256,
            "is_synthetic": version.is_synthetic,
            "parents": [parent.name for parent in line_of(version)[1:]],
        },
        "validation": validation_figures(version),
        **card_of(version),
    }


def makes_sense(card: Mapping[str, Any], metrics: Mapping[str, Any]) -> bool:
    """Whether another site's card and figures can be shown: nobody has vouched for them."""
    texts = card["texts"]
    if not isinstance(texts, dict) or not set(texts) <= set(TEXTS):
        return False
    if not all(isinstance(text, str) and len(text) <= LONGEST_TEXT for text in texts.values()):
        return False
    figures = [entry for entry in metrics.values() if isinstance(entry, dict) and "unit" in entry]
    try:
        _data_lines(card["data"])
        _figure_lines({"validation": {}, "evaluations": card["evaluations"]})
        for measured in card["evaluations"].values():
            groups = [measured, *measured.get("subgroups", [])]
            figures += [entry for group in groups for entry in group["figures"].values()]
        return all(_is_figure(entry) for entry in figures)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False


def _is_figure(entry: Mapping[str, Any]) -> bool:
    numbers = [entry.get(name) for name in ("value", "low", "high")]
    words = [entry.get(name, "") for name in ("unit", "reason", "interval_reason")]
    return (
        all(number is None or isinstance(number, int | float) for number in numbers)
        and isinstance(entry["n"], int)
        and all(isinstance(word, str) for word in words)
    )


def validation_figures(version: ModelVersion) -> dict[str, Any]:
    return {
        name: figure
        for name, figure in version.metrics.items()
        if isinstance(figure, dict) and "unit" in figure
    }


@override("en")
def as_markdown(version: ModelVersion) -> str:
    """The card to read and to print."""
    told = as_json(version)
    facts, texts = told["version"], told["texts"]
    lines = [f"# {version.name}", ""]
    if version.is_synthetic:
        lines += ["**Learnt from synthetic slides: unfit for patients.**", ""]
    lines += [
        f"Stage: {version.stage}. {version.get_architecture_display()}, "
        f"{version.get_pooling_display()}, {version.patch_px} px at {version.mpp:g} um/px. "
        f"Weights `{version.weights_sha256}`.",
        "",
        f"Threshold {version.threshold:.4g}: {version.threshold_source}. Calibration: "
        f"{facts['calibration']}.",
        "",
    ]
    for name, title in (
        ("intended_use", "Intended use"),
        ("limits", "Limits"),
        ("stains", "Stains"),
        ("notes", "Notes"),
    ):
        lines += [f"## {title}", "", texts[name] or "Not said.", ""]
    lines += [*_data_lines(told["data"]), *_figure_lines(told)]
    lines += _promotion_lines(told["promotions"])
    return "\n".join(lines).rstrip() + "\n"


def _data_lines(data: Mapping[str, Any]) -> list[str]:
    if not data:
        return ["## Data", "", "Not known.", ""]
    lines = [
        "## Data",
        "",
        f"Dataset {data['dataset']} (manifest `{data['manifest_sha256']}`).",
        "",
    ]
    lines += [
        "| side | patients | slides | tumour patches | normal patches |",
        "|---|---|---|---|---|",
    ]
    for side, n in data["sides"].items():
        lines.append(
            f"| {side} | {n['patients']} | {n['slides']} | {n['tumour']} | {n['normal']} |"
        )
    models = "; ".join(f"{each['name']} ({each['slides']} slides)" for each in data["scanners"])
    return [*lines, "", f"Scanners seen: {models or 'unknown'}.", ""]


def _figure_lines(told: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Validation patches",
        "",
        "They chose epoch and threshold: these figures flatter.",
        "",
    ]
    lines += _table(told["validation"])
    for name, measured in told["evaluations"].items():
        n = measured["n"]
        title = f"## Slides: {name} ({n['slides']} slides, {n['patients']} patients)"
        lines += [title, "", *_table(measured["figures"])]
        for group in measured.get("subgroups", []):
            n = group["n"]
            title = f"### {group['dimension']}: {group['name']} ({n['slides']} slides)"
            lines += [title, "", *_table(group["figures"])]
    return lines


def _table(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    lines = ["| figure | value | 95 % interval | n |", "|---|---|---|---|"]
    for name, entry in figures.items():
        label = name.replace("_", " ")
        if entry.get("value") is None:
            lines.append(f"| {label} | none: {entry.get('reason', '')} | | {entry.get('n', '')} |")
            continue
        span = entry.get("interval_reason") or "none"
        if entry.get("low") is not None:
            span = f"{entry['low']:.3f} to {entry['high']:.3f}"
        lines.append(f"| {label} | {entry['value']:.3f} | {span} | {entry['n']} {entry['unit']} |")
    return [*lines, ""]


def _promotion_lines(promotions: list[Mapping[str, Any]]) -> list[str]:
    if not promotions:
        return []
    lines = ["## Went live", ""]
    for each in promotions:
        why = (
            f" Gate not decided; the admin's reason: {each['override']}" if each["override"] else ""
        )
        lines.append(
            f"- {each['at'][:16]} by {each['by'] or 'the system'}, gate {each['verdict']}.{why}"
        )
    return [*lines, ""]
