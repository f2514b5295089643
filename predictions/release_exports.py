"""Pairs of versions, and what changes hands between them, as tables. English, as all files."""

from collections.abc import Iterator
from typing import Any

from predictions.models import Report
from predictions.report_exports import csv_text

PAIR_COLUMNS = (
    "first_id", "first", "second_id", "second", "figure", "method", "first_value", "second_value",
    "difference", "low", "high", "p", "n", "unit", "patients", "verdict", "only_first_right",
    "only_second_right", "reason",
)  # fmt: skip
CHANGE_COLUMNS = (
    "first_id", "first", "second_id", "second", "kind", "change", "size_class", "diameter_um",
    "slide_id", "slide", "lesion", "x", "y", "left", "top", "right", "bottom", "first_confidence",
    "second_confidence", "counts",
)  # fmt: skip


def pair_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Each figure of each pair, second less first, then McNemar's tests at the thresholds."""
    for pair in report.results.get("pairs", []):
        both = _both(report, pair["a"], pair["b"])
        for name, figure in pair["figures"].items():
            yield both | _figure_row(name, figure)
        for name, test in pair["mcnemar"].items():
            own = _figure_row(name, test.get("difference", {}))
            counts = {key: test[key] for key in ("only_first_right", "only_second_right", "p")}
            counts |= {"n": test["n"], "unit": test["unit"], "reason": test.get("reason", "")}
            yield both | own | counts | {"method": "mcnemar"}


def _both(report: Report, first: int, second: int) -> dict[str, Any]:
    names = report.results["versions"]
    return {
        "first_id": first,
        "first": names[str(first)]["name"],
        "second_id": second,
        "second": names[str(second)]["name"],
    }


def _figure_row(name: str, figure: dict[str, Any]) -> dict[str, Any]:
    keys = ("low", "high", "p", "n", "unit", "patients", "method", "verdict")
    return {
        "figure": name,
        "first_value": figure.get("first"),
        "second_value": figure.get("second"),
        "difference": figure.get("value"),
        "reason": figure.get("reason") or figure.get("interval_reason") or "",
    } | {key: figure.get(key) for key in keys}


def change_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Each lesion and false finding that changes hands, its place in level-0 px."""
    for change in report.results.get("changes", []):
        left, top, right, bottom = change["box_l0"]
        yield _both(report, *change["pair"]) | {
            "kind": change["kind"],
            "change": change["change"],
            "size_class": change["size_class"],
            "diameter_um": change["diameter_um"],
            "slide_id": change["slide"],
            "slide": change["name"],
            "lesion": change["number"],
            "x": change["x"],
            "y": change["y"],
            "left": left,
            "top": top,
            "right": right,
            "bottom": bottom,
            "first_confidence": change["confidences"][0],
            "second_confidence": change["confidences"][1],
            "counts": change["is_counted"],
        }


def pairs_csv(report: Report) -> str:
    return csv_text(PAIR_COLUMNS, pair_rows(report))


def changes_csv(report: Report) -> str:
    return csv_text(CHANGE_COLUMNS, change_rows(report))
