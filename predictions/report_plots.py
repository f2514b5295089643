"""A report's curves as its page draws them, each with the numbers that stand in its table.

The page's script, files of plots and the report as PDF draw the same dictionaries.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from django.utils.translation import gettext as _
from django.utils.translation import npgettext

from predictions import report_exports
from predictions.froc import RATES
from predictions.models import Report
from slides.templatetags.words import whole

SHARES = [round(float(share), 2) for share in np.linspace(0, 1, 21)]
FROC_TABLE = [0.125, *RATES]
Curves = Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]  # of each version: it, its figures


def with_looks(report: Report) -> list[dict[str, Any]]:
    """Each version of a report: key, name, look (from 1 on: its colour and dashes), figures."""
    return [
        {"pk": pk, "name": figures["name"], "look": place, "figures": figures}
        for place, (pk, figures) in enumerate(report_exports.versions_of(report), start=1)
    ]


def plots_of(report: Report) -> list[dict[str, Any]]:
    versions = with_looks(report)
    return plots(versions) if versions else []


def plots(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Plots that have a curve: words, axes, and a line with its band of each version.

    versions: name, look (from 1 on) and figures of each.
    """
    told = [_froc(versions), _slide_roc(versions), *_cells(versions), _calibration(versions)]
    return [one for one in told if any(line["points"] for line in one["series"])]


def _plot(name: str, title: str, axes: tuple[str, str], series: list[dict[str, Any]]) -> dict:
    x, y = axes
    told = {"id": name, "title": title, "x": x, "y": y, "scale": "share", "series": series}
    return told | {"based_on": ""}


def _based_on(n: Mapping[str, int], *names: str) -> str:
    """Such as "18 lesions, 39 slides, 14 patients"."""
    words = {
        "lesions": npgettext("how many", "%(n)s lesion", "%(n)s lesions", n.get("lesions", 0)),
        "cells": npgettext("how many", "%(n)s cell", "%(n)s cells", n.get("cells", 0)),
        "slides": npgettext("how many", "%(n)s slide", "%(n)s slides", n.get("slides", 0)),
        "patients": npgettext("how many", "%(n)s patient", "%(n)s patients", n.get("patients", 0)),
    }
    return ", ".join(words[name] % {"n": whole(n[name])} for name in names if name in n)


def _line(version: Mapping[str, Any], points: Sequence, band: Sequence) -> dict[str, Any]:
    return {
        "name": version["name"],
        "look": version["look"],
        "points": [list(point[:2]) for point in points],
        "thresholds": [point[2] if len(point) > 2 else None for point in points],
        "band": list(band),
    }


def _with_rows(plot: dict[str, Any], xs: Sequence[float]) -> dict[str, Any]:
    """The plot with its table: at each x the value and band of every line."""
    return plot | {"rows": [{"x": x, "cells": [_at(one, x) for one in plot["series"]]} for x in xs]}


def _at(line: Mapping[str, Any], x: float) -> dict[str, float | None]:
    if not line["points"]:
        return {"value": None, "low": None, "high": None}
    along = np.array(line["points"], float)
    told = {"value": float(np.interp(x, along[:, 0], along[:, 1])), "low": None, "high": None}
    band = np.array(line["band"], float).reshape(-1, 3)
    if len(band) and band[0, 0] <= x <= band[-1, 0]:
        told["low"], told["high"] = (
            float(np.interp(x, band[:, 0], band[:, side])) for side in (1, 2)
        )
    return told


def _froc(versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    series = []
    for version in versions:
        froc = version["figures"]["froc"]
        series.append(_line(version, froc["curve"], froc.get("band", [])))
    axes = _("false findings per slide"), _("share of lesions found")
    plot = _plot("froc", _("Lesions found (FROC)"), axes, series) | {"scale": "rate"}
    n = versions[0]["figures"]["froc"]["n"]
    plot |= {"based_on": _based_on(n, "lesions", "slides", "patients")}
    return _with_rows(plot, FROC_TABLE)


def _slide_roc(versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    axes = _("share of normal slides called"), _("share of tumour slides called")
    plot = _plot("slide-roc", _("Slides (ROC)"), axes, _ranking(versions, "slides", "roc"))
    n = versions[0]["figures"]["curves"]["slides"]["n"]
    return _with_rows(plot | {"based_on": _based_on(n, "slides", "patients")}, SHARES)


def _cells(versions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rates = _("share of normal cells called"), _("recall")
    roc = _plot("cell-roc", _("Cells (ROC)"), rates, _ranking(versions, "cells", "roc"))
    axes = _("recall"), _("precision")
    pr = _plot("cell-pr", _("Cells (precision, recall)"), axes, _ranking(versions, "cells", "pr"))
    n = versions[0]["figures"]["curves"]["cells"]["n"]
    based_on = {"based_on": _based_on(n, "cells", "slides", "patients")}
    return [_with_rows(plot | based_on, SHARES) for plot in (roc, pr)]


def _ranking(versions: Sequence[Mapping[str, Any]], unit: str, kind: str) -> list[dict[str, Any]]:
    curves = [(version, version["figures"]["curves"][unit][kind]) for version in versions]
    return [_line(version, curve["points"], curve["band"]) for version, curve in curves]


def _calibration(versions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Points by what was said; the band of a bin lies where its mean lies."""
    series, rows = [], []
    for version in versions:
        bins = version["figures"]["curves"]["calibration"]["bins"]
        points = [[one["said"], one["true"]] for one in bins]
        band = [[one["said"], one["low"], one["high"]] for one in bins if one["low"] is not None]
        series.append(_line(version, points, band))
        rows.append({(one["from"], one["to"]): one for one in bins})
    axes = _("probability said"), _("share that is tumour")
    plot = _plot("calibration", _("Calibration of cells"), axes, series) | {"diagonal": True}
    n = {"cells": versions[0]["figures"]["curves"]["calibration"]["n"]}
    plot |= {"based_on": _based_on(n, "cells")}
    spans = sorted({span for own in rows for span in own})
    empty = {"value": None, "low": None, "high": None}
    return plot | {
        "rows": [
            {"x": span[0], "to": span[1], "cells": [_bin(own.get(span), empty) for own in rows]}
            for span in spans
        ]
    }


def _bin(one: Mapping[str, Any] | None, empty: dict[str, Any]) -> dict[str, Any]:
    if one is None:
        return empty
    return {"value": one["true"], "low": one["low"], "high": one["high"], "n": one["n"]}
