"""A report as text for a terminal, a spreadsheet or a script. English, as all commands."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from predictions.models import Report

FIGURE_COLUMNS = (
    "version_id", "version", "section", "group", "figure", "value", "low", "high", "p", "n",
    "unit", "reason",
)  # fmt: skip
SLIDE_COLUMNS = (
    "version_id", "version", "slide_id", "slide", "patient", "truth_revision", "exposure",
    "has_tumour", "is_exhaustive", "node_class", "said_class", "slide_score", "is_called",
    "lesions", "lesions_found", "itc", "itc_found", "false_findings", "recall", "precision",
    "specificity", "dice", "iou", "roc_auc", "pr_auc", "fp_per_cm2", "tissue_cm2", "tumour_mm2",
    "tumour_outside_mm2", "left_out_of_froc",
)  # fmt: skip
CELL_FIGURES = (
    "recall", "precision", "specificity", "dice", "iou", "roc_auc", "pr_auc", "fp_per_cm2",
)  # fmt: skip
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def as_json(report: Report) -> dict[str, Any]:
    """Everything a report holds: what was asked, of what it was made, and all figures."""
    return {
        "report": report.pk,
        "name": report.name,
        "subset": report.subset,
        "order": report.order,
        "is_synthetic": report.is_synthetic,
        "created_at": report.created_at.isoformat(),
        "finished_at": report.finished_at.isoformat() if report.finished_at else None,
        "inputs_sha256": report.inputs_sha256,
        "inputs": report.inputs,
        "results": report.results,
    }


def json_text(report: Report) -> str:
    return json.dumps(as_json(report), indent=1, allow_nan=False)


def versions_of(report: Report) -> Iterator[tuple[int, dict[str, Any]]]:
    """Key and figures of each version, the reference first."""
    versions = report.results.get("versions", {})
    for pk in report.order:
        if str(pk) in versions:
            yield pk, versions[str(pk)]


# Figures ---------------------------------------------------------------------


def figure_rows(report: Report) -> Iterator[dict[str, Any]]:
    """Every figure of every version, one a row, with its n and interval or reason."""
    for pk, version in versions_of(report):
        told = {"version_id": pk, "version": version["name"]}
        for section, group, name, figure in _figures(version):
            own = {key: figure.get(key) for key in ("value", "low", "high", "p", "n", "unit")}
            reason = figure.get("reason") or figure.get("interval_reason") or ""
            place = {"section": section, "group": group, "figure": name}
            yield told | place | own | {"reason": reason}


def _figures(version: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    """(section, group, name, figure) of one version."""
    for section in ("pooled", "macro", "slides_level"):
        yield from ((section, "", name, figure) for name, figure in version[section].items())
    yield from _froc(version["froc"])
    lesions = version["lesions"]
    yield "lesions", "", "sensitivity", lesions["sensitivity"]
    for name, figure in lesions["by_size_class"].items():
        yield "lesions", name, "sensitivity", figure
    for name in ("false_per_slide", "false_per_cm2"):
        yield "lesions", "", name, lesions[name]
    for name in ("ece", "brier"):
        own = version["curves"]["calibration"]
        yield "calibration", "", name, own[name] | {"n": own["n"], "unit": "cells"}
    yield "coverage", "", "tumour_share_assessed", version["coverage"]["tumour_share_assessed"]
    yield "patients", "", "kappa", version["patients"]["kappa"]
    for group in version["subgroups"]:
        place = f"{group['dimension']}: {group['name']}"
        yield from (("subgroup", place, name, one) for name, one in group["figures"].items())


def _froc(froc: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    parts = {"": froc} | froc["by_size_class"]
    for group, part in parts.items():
        none = {"value": None, "n": part["n"]["lesions"], "unit": "lesions"}
        score = part["score"] or none | {"reason": part.get("reason", "")}
        yield "froc", group, "score", score
        for figure in part["sensitivity"]:
            yield "froc", group, f"sensitivity at {figure['rate']:g} per slide", figure
    if "with_missing" in froc:
        yield "froc", "", "score, slides not read missed", froc["with_missing"]


def figures_csv(report: Report) -> str:
    return csv_text(FIGURE_COLUMNS, figure_rows(report))


# Slides ----------------------------------------------------------------------


def slide_rows(report: Report) -> Iterator[dict[str, Any]]:
    """One row a slide and version."""
    for pk, version in versions_of(report):
        for entry in version["slides"]:
            yield {"version_id": pk, "version": version["name"]} | slide_row(entry)


def slide_row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """What a report tells of a slide, flat."""
    counted = [one for one in entry["lesions"] if one["size_class"] != "itc"]
    itc = [one for one in entry["lesions"] if one["size_class"] == "itc"]
    coverage, figures = entry["coverage"], entry["figures"]
    plain = {name: entry[name] for name in SLIDE_COLUMNS if name in entry}
    return plain | {
        "slide_id": entry["slide"],
        "slide": entry["name"],
        "slide_score": entry["score"],
        "lesions": len(counted),
        "lesions_found": sum(one["is_found"] for one in counted),
        "itc": len(itc),
        "itc_found": sum(one["is_found"] for one in itc),
        "tumour_mm2": coverage.get("tumour_mm2"),
        "tumour_outside_mm2": coverage.get("tumour_outside_mm2"),
        "left_out_of_froc": entry["froc_reason"],
        **{name: figures.get(name, {}).get("value") for name in CELL_FIGURES},
    }


def slides_csv(report: Report) -> str:
    return csv_text(SLIDE_COLUMNS, slide_rows(report))


def csv_text(columns: tuple[str, ...], rows: Iterator[dict[str, Any]]) -> str:
    """Rows as CSV; what a spreadsheet would take for a formula is marked as text."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _cell(value: Any) -> Any:
    """Names that a spreadsheet would take for a formula are marked as text."""
    is_formula = isinstance(value, str) and value.startswith(FORMULA_SIGNS)
    return f"'{value}" if is_formula else value


# Text ------------------------------------------------------------------------


def as_text(report: Report) -> str:
    """The figures as lines for a terminal."""
    synthetic = " (synthetic data)" if report.is_synthetic else ""
    lines = [f"report {report.pk}: {report.name}{synthetic}"]
    for _, version in versions_of(report):
        n = version["n"]
        lines += [
            "",
            f"{version['name']}, threshold {version['threshold']:.4g} "
            f"({version['threshold_source'] or 'no source'}), weights "
            f"{version['weights_sha256'][:12]}",
            f"  {n['slides']} slides ({n['tumour_slides']} with tumour), {n['patients']} patients, "
            f"{n['cells']} cells ({n['tumour_cells']} tumour)",
        ]
        lines += [f"  {_line(*parts)}" for parts in _figures(version)]
    for pair in report.results.get("pairs", []):
        lines += [""] + [str(words) for words in pair.get("words", [])]
    lines += [""] + [f"left out: {one['name']}: {one['reason']}" for one in _excluded(report)]
    return "\n".join(lines).rstrip() + "\n"


def _excluded(report: Report) -> list[dict[str, Any]]:
    return report.inputs.get("excluded", [])


def _line(section: str, group: str, name: str, figure: Mapping[str, Any]) -> str:
    words = " ".join(word for word in (section, group, name) if word).replace("_", " ")
    if figure.get("value") is None:
        return f"{words:<48} undefined: {figure.get('reason', '')}"
    interval = ""
    if figure.get("low") is not None:
        interval = f" (95 % {figure['low']:.3f} to {figure['high']:.3f})"
    elif figure.get("interval_reason"):
        interval = f" (no interval: {figure['interval_reason']})"
    return f"{words:<48} {figure['value']:.3f}{interval}, n = {figure['n']} {figure['unit']}"
