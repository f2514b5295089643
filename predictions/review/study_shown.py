"""The figures of a study as its page shows them: plots with their tables, words for verdicts."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from predictions.release_diff import ENOUGH_PATIENTS
from predictions.review.models import Conclusion
from predictions.review.reader_figures import AIDED, UNAIDED
from slides.templatetags.words import decimals, duration, interval

Figures = Mapping[str, Any]

SLIDES = (
    ("sensitivity", gettext_lazy("Sensitivity")),
    ("specificity", gettext_lazy("Specificity")),
    ("sensitivity_macro", gettext_lazy("Macrometastases found")),
    ("sensitivity_micro", gettext_lazy("Micrometastases found")),
    ("sensitivity_itc", gettext_lazy("Isolated tumour cells found")),
)
LESIONS = (
    ("sensitivity", gettext_lazy("Lesions found")),
    ("false_per_slide", gettext_lazy("False findings per slide")),
)
PHASES = {
    UNAIDED: pgettext_lazy("reading", "without the model"),
    AIDED: pgettext_lazy("reading", "with the model"),
}
VERDICTS = {
    "better": gettext_lazy("better with the model"),
    "worse": gettext_lazy("worse with the model"),
    "unclear": gettext_lazy("no difference shown"),
    "too_few": gettext_lazy("too few patients for a verdict"),
    "unknown": "",
    "no_race": gettext_lazy("one after the other, so no race"),
}
SOURCES = {
    "answer": gettext_lazy("known answer"),
    "truth": gettext_lazy("truth, as of the opening"),
    "adjudication": gettext_lazy("adjudication"),
    "none": gettext_lazy("nobody knows"),
}


def shown(results: Figures) -> dict[str, Any]:
    """Context of the page's figures."""
    figures = results["figures"]
    is_unaided_first = results["study"]["is_unaided_first"]
    return {
        "results": results,
        "n": figures["n"],
        "is_paired": is_unaided_first,
        "is_thin": figures["n"]["patients"] < ENOUGH_PATIENTS,
        "enough": ENOUGH_PATIENTS,
        "tables": tables_of(figures),
        "plots": plots_of(figures, is_paired=is_unaided_first),
        "minds": minds_of(figures["minds"]) if is_unaided_first else None,
        "kappas": kappas_of(figures["kappa"]),
        "readers": readers_of(figures),
        "sources": [(SOURCES[name], n) for name, n in results["reference"].items() if n],
    }


def shown_crossed(crossed: Figures) -> dict[str, Any]:
    """Context of the figures of two studies together."""
    figures = crossed["figures"]
    tables = [one for one in tables_of(figures) if one["id"] != "lesions"]
    plots = plots_of(figures, is_paired=True)
    return {
        "study": crossed["study"],
        "n": figures["n"],
        "days": crossed["days_between"],
        "is_thin": figures["n"]["patients"] < ENOUGH_PATIENTS,
        "tables": tables,
        "plots": [one | {"id": f"crossed-{one['id']}"} for one in plots if one["id"] != "lesions"],
    }


# Tables and plots ----------------------------------------------------------------------------


def tables_of(figures: Figures) -> list[dict[str, Any]]:
    """Each table: id, title, unit of n, rows. A row: name and the three figures in words."""
    return [
        _table("slides", _("Slides"), SLIDES, figures["slides"], _("readings")),
        _table("lesions", _("Lesions"), LESIONS, figures["lesions"], _("lesions, or readings")),
        _table(
            "seconds",
            _("Active time"),
            [("seconds", _("Seconds per slide"))],
            figures,
            _("readings"),
        ),
    ]


def _table(name: str, title: str, names: Any, figures: Figures, unit: str) -> dict[str, Any]:
    rows = [_row(key, words, figures[key]) for key, words in names if _has_any(figures[key])]
    return {"id": name, "title": title, "rows": rows, "unit": unit}


def _has_any(figure: Figures) -> bool:
    return any(figure[phase]["value"] is not None for phase in (UNAIDED, AIDED))


def _row(key: str, words: Any, figure: Figures) -> dict[str, Any]:
    as_words = _seconds if key == "seconds" else _share
    difference = figure["difference"]
    return {
        "key": key,
        "name": words,
        "unaided": as_words(figure[UNAIDED]),
        "aided": as_words(figure[AIDED]),
        "difference": as_words(difference, is_signed=True),
        "p": difference["p"],
        "verdict": difference["verdict"],
        "words": VERDICTS[difference["verdict"]],
        "readings": difference["readings"] or figure[AIDED]["readings"],
        "patients": difference["patients"] or figure[AIDED]["patients"],
    }


def _share(figure: Figures, *, is_signed: bool = False) -> dict[str, Any]:
    value = figure["value"]
    sign = "+" if is_signed and value is not None and value > 0 else ""
    edges = interval(figure)
    if is_signed and figure["low"] is not None:
        told = {name: decimals(figure[name]) for name in ("low", "high")}
        edges = _("%(low)s to %(high)s") % told
    return _told(figure, f"{sign}{decimals(value)}", edges)


def _seconds(figure: Figures, *, is_signed: bool = False) -> dict[str, Any]:
    value, low, high = (figure[name] for name in ("value", "low", "high"))
    if value is None:
        return _told(figure, "–", "–")
    sign = "+" if is_signed and value > 0 else ""
    edges = (
        "–"
        if low is None
        else _("%(low)s to %(high)s") % {"low": _length(low), "high": _length(high)}
    )
    return _told(figure, f"{sign}{_length(value)}", edges)


def _length(seconds: float) -> str:
    return f"−{duration(-seconds)}" if seconds < 0 else duration(seconds)


def _told(figure: Figures, value: str, edges: str) -> dict[str, Any]:
    why = figure.get("reason") or figure.get("interval_reason") or ""
    return {"value": value, "edges": edges, "n": figure["n"], "why": why}


def plots_of(figures: Figures, *, is_paired: bool) -> list[dict[str, Any]]:
    """As js/review/paired-plot.js draws them: a dot with its interval for each way of reading."""
    told = [
        _plot(
            "slides",
            _("Slides: right without and with the model"),
            "share",
            SLIDES,
            figures["slides"],
        ),
        _plot("lesions", _("Lesions found"), "share", LESIONS[:1], figures["lesions"]),
        _plot(
            "seconds",
            _("Active seconds per slide"),
            "seconds",
            [("seconds", _("per slide"))],
            figures,
        ),
    ]
    if not is_paired:
        return []
    return [one for one in told if one["rows"]]


def _plot(name: str, title: str, unit: str, names: Any, figures: Figures) -> dict[str, Any]:
    phases = {phase: str(words) for phase, words in PHASES.items()}
    rows = [
        {"label": str(words)} | {phase: _point(figures[key][phase]) for phase in PHASES}
        for key, words in names
        if _has_any(figures[key])
    ]
    return {"id": name, "title": title, "unit": unit, "phases": phases, "rows": rows}


def _point(figure: Figures) -> dict[str, Any]:
    return {name: figure[name] for name in ("value", "low", "high", "n")}


# Minds, kappas, readers ------------------------------------------------------------------------


def minds_of(minds: Figures) -> dict[str, Any]:
    """The table of changes of mind with its words."""
    labels = [Conclusion(name).label for name in minds["classes"]]
    rows = [
        {
            "name": label,
            "cells": [{"n": n, "is_same": place == at} for at, n in enumerate(row)],
        }
        for place, (label, row) in enumerate(zip(labels, minds["table"], strict=True))
    ]
    return {**minds, "labels": labels, "rows": rows}


def kappas_of(kappas: Any) -> list[dict[str, Any]]:
    return [
        {
            "readers": one["readers"],
            "phase": PHASES[one["phase"]],
            "n": one["n"],
            "agree": one["agree"],
            "patients": one["classes"]["patients"],
            "tumour": _share(one["tumour"]),
            "classes": _share(one["classes"]),
            "is_thin": one["classes"]["patients"] < ENOUGH_PATIENTS,
        }
        for one in kappas
    ]


def readers_of(figures: Figures) -> list[dict[str, Any]]:
    """Each reader's own figures, the short ones."""
    told = []
    for name, own in figures["by_reader"].items():
        slides, seconds = own["slides"], own["seconds"]
        told.append(
            {
                "name": name,
                "n": own["n"]["readings"],
                "patients": own["n"]["patients"],
                "sensitivity": [_share(slides["sensitivity"][phase]) for phase in PHASES],
                "specificity": [_share(slides["specificity"][phase]) for phase in PHASES],
                "seconds": [_seconds(seconds[phase]) for phase in PHASES],
                "changed": own["minds"]["changed"],
                "wrong_to_right": own["minds"]["wrong_to_right"],
                "right_to_wrong": own["minds"]["right_to_wrong"],
            }
        )
    return told


def figure_rows(figures: Figures) -> list[dict[str, Any]]:
    """Every figure of all and of each reader, unrounded, as rows of a file."""
    rows = _file_rows("", figures)
    for name, own in figures["by_reader"].items():
        rows += _file_rows(name, own)
    for one in figures["kappa"]:
        for kind in ("tumour", "classes"):
            who = " / ".join(one["readers"])
            rows.append(_file_row(who, f"kappa_{kind}", one["phase"], one[kind]))
    return rows


def _file_rows(reader: str, figures: Figures) -> list[dict[str, Any]]:
    groups = [
        *((f"slides_{name}", figures["slides"][name]) for name, _words in SLIDES),
        *((f"lesions_{name}", figures["lesions"][name]) for name, _words in LESIONS),
        ("seconds", figures["seconds"]),
    ]
    return [
        _file_row(reader, name, phase, group[phase])
        for name, group in groups
        for phase in (UNAIDED, AIDED, "difference")
    ]


def _file_row(reader: str, name: str, phase: str, figure: Figures) -> dict[str, Any]:
    told = ("value", "low", "high", "n", "patients")
    return {"reader": reader, "figure": name, "reading": phase} | {
        key: figure.get(key) for key in (*told, "p", "verdict")
    }
