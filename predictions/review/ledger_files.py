"""A reader's corrections as rows of a table and as JSON."""

from collections.abc import Iterator
from typing import Any

from predictions.review import ledger_words
from predictions.review.ledger import Correction, Learnt, Ledger

COLUMNS = (
    *("review", "verdict", "slide", "slide_name", "patient", "kind", "because", "is_correction"),
    *("drawn_as", "at", "truth_revision", "region", "datasets", "versions"),
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def rows_of(ledger: Ledger) -> Iterator[list[Any]]:
    """One row for each correction, newest first."""
    for one in ledger.corrections:
        told = correction_json(one, ledger)
        told["datasets"] = "; ".join(each["name"] for each in told["datasets"])
        told["versions"] = "; ".join(each["name"] for each in told["versions"])
        yield [_cell(told[name]) for name in COLUMNS]


def _cell(value: Any) -> Any:
    """A name that begins like a formula is one to spreadsheets."""
    is_formula = isinstance(value, str) and value.startswith(FORMULA_STARTS)
    return f"'{value}" if is_formula else value


def as_json(ledger: Ledger) -> dict[str, Any]:
    """All of it; differences are between a version and the one that it went on from."""
    return {
        "reader": ledger.reader.get_username(),
        "corrections": [correction_json(one, ledger) for one in ledger.corrections],
        "not_drawn": ledger.kept,
        "learnt": [learnt_json(one) for one in ledger.learnt],
        "caution": ledger_words.caution(),
    }


def correction_json(one: Correction, ledger: Ledger) -> dict[str, Any]:
    datasets = [ledger.datasets[pk] for pk in one.datasets]
    versions = [each for pk in one.datasets for each in ledger.versions.get(pk, [])]
    return {
        "review": one.review,
        "verdict": one.verdict,
        "slide": one.slide,
        "slide_name": one.slide_name,
        "patient": one.patient,
        "kind": one.kind,
        "because": one.because,
        "is_correction": one.is_change,
        "drawn_as": one.label,
        "at": one.at.isoformat(),
        "truth_revision": one.revision,
        "region": one.region,
        "datasets": [{"id": each.pk, "name": each.name} for each in datasets],
        "versions": [{"id": each.pk, "name": each.name} for each in versions],
    }


def learnt_json(one: Learnt) -> dict[str, Any]:
    """What a version learnt and how it differs from its parent; null where not measured."""
    told: dict[str, Any] = {
        "version": {"id": one.version.pk, "name": one.version.name},
        "parent": {"id": one.parent.pk, "name": one.parent.name} if one.parent else None,
        "dataset": {"id": one.dataset.pk, "name": one.dataset.name},
        "own_corrections": one.own,
        "own_slides": one.own_slides,
        "corrections_of_others": one.others,
        "report": one.report.pk if one.report else None,
        "difference": None,
        "words": ledger_words.effect(one),
    }
    if one.pair is not None:
        names = ("n", "lesions", "false_findings")
        figures = ("false_per_slide", "lesion_sensitivity")
        told["difference"] = {name: one.pair[name] for name in names}
        told["difference"]["figures"] = {name: one.pair["figures"][name] for name in figures}
    return told
