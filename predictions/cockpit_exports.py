"""What a version gives and costs at every threshold, as files. English, as all files."""

import json
from collections.abc import Iterator
from typing import Any

from predictions.cockpit import Cockpit
from predictions.lesions import SIZE_CLASSES
from predictions.operating_points import ReviewTime
from predictions.report_exports import csv_text

FIGURES = ("sensitivity", "false_per_slide", "tumour_slides", "normal_slides")
COLUMNS = (
    "version_id", "version", "threshold", "is_present",
    "lesions", "found", "lost", *(f"lost_{name}" for name in SIZE_CLASSES),
    "sensitivity", "sensitivity_low", "sensitivity_high",
    "false_findings", "false_per_slide", "false_per_slide_low", "false_per_slide_high",
    "tumour_slides", "tumour_slides_called", "tumour_slides_share", "tumour_slides_low",
    "tumour_slides_high", "normal_slides", "normal_slides_called", "normal_slides_share",
    "normal_slides_low", "normal_slides_high", "findings", "minutes_per_slide", "minutes",
)  # fmt: skip


def flat_rows(cockpit: Cockpit, review: ReviewTime) -> Iterator[dict[str, Any]]:
    """One row a threshold, from the highest on."""
    for row in cockpit.table(review):
        yield {"version_id": cockpit.version, "version": cockpit.name} | flat(row, cockpit)


def flat(row: dict[str, Any], cockpit: Cockpit) -> dict[str, Any]:
    found, false = row["sensitivity"], row["false_per_slide"]
    told = {
        "threshold": row["threshold"],
        "is_present": row["threshold"] == cockpit.threshold,
        "lesions": found["n"],
        "found": found["found"],
        "lost": row["lost"],
        **{f"lost_{name}": n for name, n in row["lost_by_size_class"].items()},
        **_edges("sensitivity", "sensitivity", found),
        "false_findings": false["found"],
        **_edges("false_per_slide", "false_per_slide", false),
    }
    for name in ("tumour_slides", "normal_slides"):
        told |= {name: row[name]["n"], f"{name}_called": row[name]["found"]}
        told |= _edges(f"{name}_share", name, row[name])
    return told | {name: row[name] for name in ("findings", "minutes_per_slide", "minutes")}


def _edges(value: str, name: str, figure: dict[str, Any]) -> dict[str, Any]:
    return {
        value: figure["value"],
        f"{name}_low": figure["low"],
        f"{name}_high": figure["high"],
    }


def csv_of(cockpit: Cockpit, review: ReviewTime) -> str:
    return csv_text(COLUMNS, flat_rows(cockpit, review))


def as_json(cockpit: Cockpit, review: ReviewTime) -> dict[str, Any]:
    report = cockpit.report
    return {
        "report": report.pk,
        "inputs_sha256": report.inputs_sha256,
        "is_synthetic": report.is_synthetic,
        "version": {
            "id": cockpit.version,
            "name": cockpit.name,
            "weights_sha256": cockpit.figures["weights_sha256"],
            "threshold": cockpit.threshold,
            "threshold_source": cockpit.figures["threshold_source"],
        },
        "slides": cockpit.basis,
        "n": cockpit.counts(),
        "lowest_threshold": cockpit.floor,
        "review": {
            "seconds_per_slide": review.seconds_per_slide,
            "seconds_per_finding": review.seconds_per_finding,
        },
        "rows": cockpit.table(review),
    }


def json_text(cockpit: Cockpit, review: ReviewTime) -> str:
    return json.dumps(as_json(cockpit, review), indent=1, allow_nan=False)
