"""The tables of a report as its document prints them: each figure with n and interval."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions import release_pages
from predictions.plot_looks import LOOKS
from slides.document import Cell, Column, Document
from slides.templatetags.stored import told
from slides.templatetags.words import (
    NOTHING,
    decimals,
    interval,
    plain,
    square_mm,
    whole,
)

Versions = Sequence[Mapping[str, Any]]
Told = Mapping[str, Any]
FIGURE_NAMES = {"dice": "Dice", "iou": "IoU", "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}


def color(look: int) -> str:
    return LOOKS[(look - 1) % len(LOOKS)][0]


def columns(versions: Versions) -> list[Column]:
    """One a version, all alike wide."""
    return [
        Column(one["name"], is_number=True, width=1.0, key=color(one["look"])) for one in versions
    ]


def figure_column() -> Column:
    return Column(_("Figure"), width=1.3)


def figure(one: Mapping[str, Any] | None) -> Cell:
    """A value, below it its interval and n; a dash with its reason where there is none."""
    if not one or one.get("value") is None:
        return Cell(NOTHING, told(one.get("reason")) if one else "", is_quiet=True)
    if one.get("low") is None:
        reason = told(one.get("interval_reason"))
        known = f"{_('no interval')}: {reason}" if reason else _("no interval")
    else:
        known = interval(dict(one))
    unit = f" {told(one['unit'])}" if one.get("unit") else ""
    return Cell(decimals(one["value"]), f"{known} · n {whole(one['n'])}{unit}")


def _figures(document: Document, caption: str, rows: Sequence[Told], versions: Versions) -> None:
    """A table with a row a figure and a column a version."""
    told_rows = [[_row_name(row), *map(figure, row["cells"])] for row in rows]
    document.table([figure_column(), *columns(versions)], told_rows, caption)


def _row_name(row: Told) -> str:
    if "name" in row:
        return str(row["name"])
    return _("Found at %(rate)s false findings per slide") % {"rate": row["rate"]}


# Lesions, cells ----------------------------------------------------------------


def lesions(document: Document, told_of: Told) -> None:
    document.heading(_("Lesions"))
    _figures(document, _("Lesions: FROC"), told_of["froc_rows"], told_of["versions"])
    at_threshold = _("At each version’s threshold")
    _figures(document, at_threshold, told_of["lesion_rows"], told_of["versions"])
    left = told_of["left_out_of_froc"]
    if left:
        n = ngettext(
            "%(n)s slide is in no lesion figure", "%(n)s slides are in no lesion figure", len(left)
        ) % {"n": len(left)}
        names = "; ".join(f"{one['slide']} ({told(one['reason'])})" for one in left)
        document.paragraph(f"{n}: {names}", is_quiet=True)


def cells(document: Document, told_of: Told) -> None:
    document.heading(_("Cells"))
    kinds = (_("pooled"), _("mean of slides"))
    rows: list[list[str | Cell]] = []
    for row in told_of["cell_rows"]:
        for place, kind in enumerate(kinds):
            own = row["cells"][place::2]
            if any(own):
                both = f", {kind}" if any(row["cells"][1::2]) else ""
                rows.append([f"{_figure_name(row['figure'])}{both}", *map(figure, own)])
    document.table([figure_column(), *columns(told_of["versions"])], rows)
    for one in told_of["coverage"]:
        words = {
            "outside": square_mm(one["tumour_outside_mm2"]),
            "all": square_mm(one["tumour_mm2"]),
            "assessed": whole(one["cells_assessed"]),
            "cells": whole(one["cells"]),
        }
        covered = _(
            "%(outside)s of %(all)s tumour lies where nothing was assessed (%(assessed)s of "
            "%(cells)s cells were). It is in no figure of cells."
        )
        document.paragraph(f"{one['version']['name']}: {covered % words}", is_quiet=True)


def _figure_name(name: str) -> str:
    words = FIGURE_NAMES | {
        "recall": _("Recall"),
        "precision": _("Precision"),
        "specificity": _("Specificity"),
        "fp_per_cm2": _("False alarms per cm²"),
        "ece": _("Calibration error (ECE, 10 bins)"),
        "brier": _("Brier score"),
    }
    return words.get(name) or plain(name)


# Nodes, patients, groups ---------------------------------------------------------


def nodes_and_patients(document: Document, told_of: Told) -> None:
    document.heading(_("Patients"))
    for table in told_of["nodes"]:
        name = table["version"]["name"]
        caption = _("Nodes as %(name)s sees them (columns) and as they are (rows)")
        head = [Column(""), *(Column(told(one), is_number=True) for one in table["columns"])]
        rows = [
            [
                told(row["name"]),
                *(
                    Cell(str(n), is_strong=table["columns"][place] == row["name"], is_quiet=not n)
                    for place, n in enumerate(row["cells"])
                ),
            ]
            for row in table["rows"]
        ]
        document.table(head, rows, caption % {"name": name})
    _figures(document, _("Agreement of stages"), told_of["patients"]["kappas"], told_of["versions"])
    _stages(document, told_of)


def _stages(document: Document, told_of: Told) -> None:
    stages = told_of["patients"]["rows"]
    if stages:
        head = [Column(_("Patient")), Column(_("Slides"), is_number=True), Column(_("Truth"))]
        head += [Column(one["name"], key=color(one["look"])) for one in told_of["versions"]]
        rows = [
            [
                row["patient"],
                whole(row["nodes"]),
                row["truth"],
                *(Cell(said or NOTHING, is_strong=said != row["truth"]) for said in row["cells"]),
            ]
            for row in stages
        ]
        document.table(head, rows, _("Stage of each patient"))
    document.paragraph(
        _(
            "A suggestion from the largest lesion of each slide, of patients of whom two slides or "
            "more are wholly outlined; not a diagnosis."
        ),
        is_quiet=True,
    )


def subgroups(document: Document, told_of: Told) -> None:
    if not told_of["subgroups"]:
        return
    document.heading(_("Subgroups"))
    document.paragraph(
        _(
            "Tumour slides by the size of their largest lesion, each against all normal slides. "
            "Other groups hold both."
        ),
        is_quiet=True,
    )
    names = (
        _("ROC-AUC of slides"), _("Lesions found"), _("False findings per slide"),
        _("per cm² of normal slides"), _("Recall"), _("Precision"), "Dice",
    )  # fmt: skip
    head = [Column(_("Group"), width=1.5), Column(_("Version"), width=1.2)]
    head += [Column(name, is_number=True, width=1.0) for name in names]
    rows: list[list[str | Cell]] = []
    for group in told_of["subgroups"]:
        for place, one in enumerate(group["versions"]):
            version = Cell(one["version"]["name"], key=color(one["version"]["look"]))
            rows.append([_group(group) if not place else "", version, *map(figure, one["cells"])])
    document.table(head, rows)


def _group(group: Told) -> Cell:
    counts = _("%(slides)s slides (%(tumour)s tumour), %(patients)s patients") % {
        "slides": group["n"]["slides"],
        "tumour": group["n"]["tumour_slides"],
        "patients": group["n"]["patients"],
    }
    return Cell(told(group["name"]), f"{told(plain(group['dimension']))} · {counts}")


# Pairs -----------------------------------------------------------------------------


def paired(document: Document, pair: release_pages.Pair) -> None:
    first, second = pair.first["name"], pair.second["name"]
    head = [Column(_("Figure"), width=2.2), Column(first, is_number=True, width=1.1)]
    head.append(Column(second, is_number=True, width=1.1))
    head += [
        Column(name, is_number=True, width=width)
        for name, width in ((_("Difference"), 1.1), ("95 %", 1.5), ("p", 0.7), ("n", 1.0))
    ]
    head += [Column(_("Patients"), is_number=True, width=1.0), Column(_("In words"), width=1.7)]
    rows = [_paired_row(row) for row in release_pages.figure_rows(pair)]
    document.table(head, rows, _("Paired figures"))
    head = [Column(_("Right"))]
    head += [
        Column(_("only %(name)s") % {"name": name}, is_number=True) for name in (first, second)
    ]
    head += [Column("p", is_number=True), Column("n", is_number=True), Column(_("In words"))]
    rows = [
        [
            str(row["name"]),
            whole(row["test"]["only_first_right"]),
            whole(row["test"]["only_second_right"]),
            decimals(row["test"]["p"]),
            f"{whole(row['test']['n'])} {_unit(row['test'])}",
            row["words"],
        ]
        for row in release_pages.test_rows(pair)
    ]
    document.table(head, rows, _("At the operating points"))


def _paired_row(row: Told) -> list[str | Cell]:
    one = row["figure"]
    n = [f"{whole(one['n'])} {_unit(one)}", whole(one["patients"])]
    if row["difference"] is None:
        return [str(row["name"]), *([NOTHING] * 5), *n, Cell(told(one["reason"]), is_quiet=True)]
    edges = row["edges"]
    span = (
        _("%(low)s to %(high)s") % dict(zip(("low", "high"), edges, strict=True)) if edges else ""
    )
    p = NOTHING if one["verdict"] == "too_few" else decimals(one["p"])
    is_clear = one["verdict"] in ("better", "worse")
    values = [decimals(one["first"]), decimals(one["second"]), row["difference"], span or NOTHING]
    return [str(row["name"]), *values, p, *n, Cell(row["words"], is_strong=is_clear)]


def _unit(one: Told) -> str:
    return _("lesions") if one["unit"] == "lesions" else _("slides")
