"""A report as its page shows it: tables of figures, plots, slides, and where all of it is from."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from predictions import report_exports, report_inputs
from predictions.models import Report
from predictions.report_plots import plots, with_looks
from predictions.staging import NODE_CLASSES, STAGES

Row = tuple[Promise | str, Mapping[str, Any] | None]

HEADLINE = (
    ("froc", _("Lesion score (FROC)"), _("mean sensitivity at 1/4 to 8 false findings per slide")),
    ("auc", _("ROC-AUC of slides"), _("interval: DeLong")),
    ("found", _("Lesions found"), _("at the threshold")),
    ("false", _("False findings per slide"), _("at the threshold")),
    ("dice", _("Dice of cells"), _("pooled")),
)
CELL_NAMES = (
    "roc_auc", "pr_auc", "recall", "precision", "specificity", "dice", "iou", "fp_per_cm2",
)  # fmt: skip
FRACTIONS = {0.25: "¼", 0.5: "½"}
GROUP_FIGURES = (
    "slide_auc", "lesion_sensitivity", "false_per_slide", "false_per_cm2", "recall", "precision",
    "dice",
)  # fmt: skip


def shown(row: Report) -> dict[str, Any]:
    """Context of the report's page."""
    told = {
        "report": row,
        "job": row,
        "changes": report_inputs.changes([row])[row.pk] if row.inputs else [],
        "excluded": _excluded(row),
    }
    if row.status != Report.Status.DONE or not row.results:
        return told
    versions = with_looks(row)
    first = versions[0]["figures"]
    return told | {
        "results": row.results,
        "versions": versions,
        "n": first["n"],
        "headline": _headline(versions),
        "plots": plots(versions),
        "froc_rows": _froc_rows(versions),
        "lesion_rows": _lesion_rows(versions),
        "cell_rows": _cell_rows(versions),
        "left_out_of_froc": first["froc"]["left_out"],
        "missing": [
            {"name": one["name"]} | one["figures"]["froc"]["with_missing"]
            for one in versions
            if "with_missing" in one["figures"]["froc"]
        ],
        "coverage": [_coverage(one) for one in versions],
        "nodes": [_nodes(one) for one in versions],
        "patients": _patients(versions),
        "subgroups": _subgroups(versions),
        "slides": _slides(versions, row),
        "exposed": _exposed(first),
    }


def _excluded(row: Report) -> list[dict[str, Any]]:
    """Who is left out, by reason."""
    by_reason: dict[str, list[dict[str, Any]]] = {}
    for one in row.inputs.get("excluded", []):
        by_reason.setdefault(one["reason"], []).append(one)
    return [{"reason": reason, "slides": slides} for reason, slides in by_reason.items()]


# Figures ---------------------------------------------------------------------


def _headline(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    told = []
    for version in versions:
        figures = version["figures"]
        own = {
            "froc": _score(figures["froc"]),
            "auc": figures["slides_level"]["auc"],
            "found": figures["lesions"]["sensitivity"],
            "false": figures["lesions"]["false_per_slide"],
            "dice": figures["pooled"]["dice"],
        }
        cells = [{"name": name, "hint": hint, "figure": own[key]} for key, name, hint in HEADLINE]
        told.append({"version": version, "cells": cells})
    return told


def _score(froc: Mapping[str, Any]) -> Mapping[str, Any]:
    none = {"value": None, "n": froc["n"]["lesions"], "unit": "lesions"}
    return froc["score"] or none | {"reason": froc.get("reason", "")}


def _rows(
    versions: Sequence[Mapping[str, Any]], rows: Sequence[tuple[Promise | str, Any]]
) -> list[dict[str, Any]]:
    """A table: what each row is called, and its figure of every version."""
    return [
        {"name": name, "cells": [take(version["figures"]) for version in versions]}
        for name, take in rows
    ]


def _froc_rows(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows = _rows(versions, [(_("Mean of the six (score)"), lambda told: _score(told["froc"]))])
    rates = versions[0]["figures"]["froc"]["rates"]
    for place, rate in enumerate(rates):
        cells = [_at_rate(version["figures"]["froc"], place) for version in versions]
        rows.append({"rate": FRACTIONS.get(rate, f"{rate:g}"), "cells": cells})
    by_class = [
        (words, lambda told, name=name: _score(told["froc"]["by_size_class"][name]))
        for name, words in (("micro", _("Score, micro only")), ("macro", _("Score, macro only")))
    ]
    return rows + _rows(versions, by_class)


def _at_rate(froc: Mapping[str, Any], place: int) -> Mapping[str, Any]:
    return froc["sensitivity"][place] if froc["sensitivity"] else _score(froc)


def _lesion_rows(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    sizes = (
        ("macro", _("Macrometastases found (over 2 mm)")),
        ("micro", _("Micrometastases found (0.2 to 2 mm)")),
        ("itc", _("Isolated tumour cells found (count in no FROC)")),
    )
    rows: list[tuple[Promise | str, Any]] = [
        (_("Lesions found, all that count"), lambda told: told["lesions"]["sensitivity"])
    ]
    rows += [
        (words, lambda told, name=name: told["lesions"]["by_size_class"][name])
        for name, words in sizes
    ]
    rows += [
        (_("False findings per slide"), lambda told: told["lesions"]["false_per_slide"]),
        (
            _("False findings per cm² of normal slides"),
            lambda told: told["lesions"]["false_per_cm2"],
        ),
        (
            _("False-positive cells per cm² of normal slides"),
            lambda told: told["pooled"]["fp_per_cm2"],
        ),
        (_("ROC-AUC of slides"), lambda told: told["slides_level"]["auc"]),
        (_("Tumour slides called"), lambda told: told["slides_level"]["sensitivity"]),
        (_("Normal slides called"), lambda told: told["slides_level"]["normal_with_call"]),
        (
            _("Tumour within the assessed region"),
            lambda told: told["coverage"]["tumour_share_assessed"],
        ),
    ]
    return _rows(versions, rows)


def _cell_rows(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Figures of cells, of each version pooled and as mean of slides."""
    rows = []
    for name in CELL_NAMES:
        cells = []
        for version in versions:
            cells += [version["figures"][kind].get(name) for kind in ("pooled", "macro")]
        rows.append({"figure": name, "cells": cells})
    told = [version["figures"]["curves"]["calibration"] for version in versions]
    for name in ("ece", "brier"):
        own = [one[name] | {"n": one["n"], "unit": "cells"} for one in told]
        rows.append({"figure": name, "cells": [cell for one in own for cell in (one, None)]})
    return rows


def _coverage(version: Mapping[str, Any]) -> dict[str, Any]:
    return {"version": version} | version["figures"]["coverage"]


# Nodes, patients, groups -------------------------------------------------------


def _nodes(version: Mapping[str, Any]) -> dict[str, Any]:
    """Slides by class in truth (rows) and by what the map makes of them (columns)."""
    said = version["figures"]["lesions"]["said"]
    rows = [
        {"name": name, "cells": [said.get(name, {}).get(other, 0) for other in NODE_CLASSES]}
        for name in NODE_CLASSES
    ]
    return {"version": version, "rows": rows, "columns": NODE_CLASSES}


def _patients(versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Stage of each patient in truth and under every version, and each kappa."""
    stages: dict[str, dict[str, Any]] = {}
    for place, version in enumerate(versions):
        for one in version["figures"]["patients"]["stages"]:
            row = stages.setdefault(one["patient"], one | {"cells": [""] * len(versions)})
            row["cells"][place] = one["said"]
    kappas = _rows(
        versions, [(_("Quadratic kappa of stages"), lambda told: told["patients"]["kappa"])]
    )
    return {"rows": list(stages.values()), "kappas": kappas, "stages": STAGES}


def _subgroups(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Each group with the figures of every version in it."""
    told: dict[tuple[str, str], dict[str, Any]] = {}
    for version in versions:
        for group in version["figures"]["subgroups"]:
            key = group["dimension"], group["name"]
            empty = {"dimension": key[0], "name": key[1], "n": group["n"], "versions": []}
            cells = [group["figures"][name] for name in GROUP_FIGURES]
            told.setdefault(key, empty)["versions"].append({"version": version, "cells": cells})
    return list(told.values())


# Slides ------------------------------------------------------------------------


def _exposed(figures: Mapping[str, Any]) -> int:
    """How many slides are of patients that a version has seen."""
    return sum(one["exposure"] != "unseen" for one in figures["slides"])


def _slides(versions: Sequence[Mapping[str, Any]], row: Report) -> list[dict[str, Any]]:
    """One row a slide, a cell a version; what was made of it beside."""
    inputs = {one["slide"]: one for one in row.inputs["slides"]}
    told = []
    for place, first in enumerate(versions[0]["figures"]["slides"]):
        entries = [version["figures"]["slides"][place] for version in versions]
        cells = [
            {"version": version, "entry": one, "missed": _missed(one)}
            | report_exports.slide_row(one)
            for version, one in zip(versions, entries, strict=True)
        ]
        told.append(first | {"cells": cells, "input": inputs[first["slide"]]})
    return told


def _missed(entry: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Lesions not found, each with where the viewer is to look: twice as wide as the lesion."""
    told = []
    for one in entry["lesions"]:
        if not one["is_found"] and one["size_class"] != "itc":
            left, top, right, bottom = one["box_l0"]
            width = max(right - left, bottom - top, 1000.0) * 2
            view = f"x={one['x']}&y={one['y']}&w={width:.0f}&p={entry['prediction']}"
            told.append(one | {"view": view, "diameter_mm": one["diameter_um"] / 1000})
    return told
