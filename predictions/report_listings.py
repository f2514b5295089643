"""What a report lists: lesions that change hands, slides, truths and maps, points of curves."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions import release_pages
from predictions.changed_hands import LESION
from predictions.models import Report
from predictions.report_tables import color, columns
from slides.document import Cell, Column, Document
from slides.templatetags.stored import told
from slides.templatetags.words import (
    NOTHING,
    decimals,
    interval,
    micrometres,
    percent,
    short,
    square_mm,
    whole,
)

MOST_MISSED = 6
Told = Mapping[str, Any]


def changed_hands(document: Document, pair: release_pages.Pair) -> None:
    """Every lesion that one version finds and the other misses, the dearest first."""
    changes = [one for _place, one in release_pages.changes_of(pair) if one["kind"] == LESION]
    first, second = pair.first["name"], pair.second["name"]
    document.heading(_("What changes hands: %(b)s against %(a)s") % {"a": first, "b": second})
    if not changes:
        document.paragraph(_("Both find the same lesions at their thresholds."))
    sizes = ("macro", "micro", "itc")
    changes.sort(key=lambda one: (one["change"] != "lost", sizes.index(one["size_class"])))
    head = [Column(_("Lesion")), Column(_("Slide")), Column(_("Size"), is_number=True)]
    head += [Column(_("Place (px)"), is_number=True), Column(first, is_number=True)]
    head.append(Column(second, is_number=True))
    rows = [
        [
            Cell(_change_words(one), is_strong=one["change"] == "lost"),
            Cell(one["name"], _uncounted(one)),
            release_pages.length(one["diameter_um"]) or NOTHING,
            f"{one['x']}\u00a0/\u00a0{one['y']}",
            *(decimals(confidence) for confidence in one["confidences"]),
        ]
        for one in changes
    ]
    if rows:
        document.table(head, rows)
    document.paragraph(
        _("False findings that are new or gone are on the report’s page and in its CSV."),
        is_quiet=True,
    )


def _change_words(one: Told) -> str:
    change = _("gained") if one["change"] == "gained" else _("lost")
    return f"{change}: {told(one['size_class'])}"


def _uncounted(one: Told) -> str:
    if one["is_counted"] or one["size_class"] == "itc":
        return ""
    return _("truth not exhaustive: not counted")


# Slides ------------------------------------------------------------------------------


def slides(document: Document, told_of: Told) -> None:
    document.heading(_("Slides"))
    head = [Column(_("Slide"), width=1.3), Column(_("Truth"), width=1.0)]
    head += [Column(one["name"], key=color(one["look"]), width=1.6) for one in told_of["versions"]]
    rows = [
        [_slide(row), _truth(row), *(_slide_under(cell, row) for cell in row["cells"])]
        for row in told_of["slides"]
    ]
    document.table(head, rows)


def _slide(row: Told) -> Cell:
    exposure = f" · {told(row['exposure'])}" if row["exposure"] != "unseen" else ""
    return Cell(row["name"], f"{row['patient']}{exposure}")


def _truth(row: Told) -> Cell:
    known = told(row["node_class"] or "tumour") if row["has_tumour"] else _("normal")
    revision = _("revision %(n)s") % {"n": row["truth_revision"]}
    more = "" if row["is_exhaustive"] else f" · {_('not exhaustive')}"
    return Cell(known, f"{revision}{more}")


def _slide_under(cell: Told, row: Told) -> Cell:
    false = ngettext("%(n)s false", "%(n)s false", cell["false_findings"])
    parts = [f"{_('score')} {decimals(cell['slide_score'])}"]
    parts += [f"Dice {decimals(cell['dice'], 2)}"] if cell["dice"] is not None else []
    parts += [f"{_('recall')} {decimals(cell['recall'], 2)}"] if cell["recall"] is not None else []
    if cell["tumour_outside_mm2"]:
        parts.append(f"{square_mm(cell['tumour_outside_mm2'])} {_('not assessed')}")
    if cell["missed"]:
        parts.append(_missed(cell["missed"]))
    said = f"{_found(cell, row)}, {false % {'n': cell['false_findings']}}"
    return Cell(said, " · ".join(parts), is_strong=cell["is_called"] != row["has_tumour"])


def _found(cell: Told, row: Told) -> str:
    if row["has_tumour"]:
        return _("%(found)s of %(n)s lesions") % {
            "found": cell["lesions_found"],
            "n": cell["lesions"],
        }
    return _("called") if cell["is_called"] else _("not called")


def _missed(missed: Sequence[Told]) -> str:
    named = [
        f"{told(one['size_class'])} {decimals(one['diameter_mm'], 1)} mm"
        for one in missed[:MOST_MISSED]
    ]
    more = ", …" if len(missed) > MOST_MISSED else ""
    return f"{_('missed:')} {', '.join(named)}{more}"


def left_out(document: Document, told_of: Told) -> None:
    if not told_of["excluded"]:
        return
    document.heading(_("Left out"))
    for group in told_of["excluded"]:
        names = ", ".join(one["name"] for one in group["slides"])
        document.paragraph(f"{whole(len(group['slides']))}: {told(group['reason'])}: {names}")


# Origin, numbers -----------------------------------------------------------------------


def origin_of_versions(document: Document, report: Report) -> None:
    head = [
        Column(_("Version"), width=1.6), Column(_("Weights"), width=2.4),
        Column(_("Reads"), width=1.3), Column(_("Threshold"), is_number=True, width=1.6),
        Column(_("Calibration"), width=1.1), Column(_("Tumour above"), is_number=True, width=1.0),
    ]  # fmt: skip
    rows = []
    for pk in report.order:
        one = report.inputs["versions"][str(pk)]
        name = Cell(one["name"], _("Synthetic") if one["is_synthetic"] else "")
        reads = f"{one['patch_px']} px, {micrometres(one['mpp'])}"
        bar = Cell(decimals(one["threshold"]), told(one["threshold_source"]))
        kind = told(one["calibration"].get("kind") or "none")
        rows.append([name, one["weights_sha256"], reads, bar, kind, percent(one["tumour_bar"])])
    document.table(head, rows, _("Versions of this report"))


def truths_and_maps(document: Document, report: Report) -> None:
    versions = [(str(pk), report.inputs["versions"][str(pk)]["name"]) for pk in report.order]
    head = [Column(_("Slide"), width=1.4), Column(_("Truth"), width=1.2)]
    head += [Column(_("Map by %(name)s") % {"name": name}, width=1.0) for _pk, name in versions]
    rows = [
        [
            one["name"],
            f"{one['truth_revision']}, {short(one['truth_checksum'])}",
            *(short(one["predictions"][pk]["map_sha256"]) for pk, _name in versions),
        ]
        for one in report.inputs["slides"]
    ]
    document.table(head, rows, _("Truths and maps"))


def curves(document: Document, told_of: Told) -> None:
    """The numbers of every plot, as the page has them beside it."""
    for plot in told_of["plots"]:
        head = [Column(str(plot["x"]), width=0.8), *columns(plot["series"])]
        rows = [[_at(row), *map(_value, row["cells"])] for row in plot["rows"]]
        name = _("Numbers: %(plot)s") % {"plot": plot["title"]}
        document.table(head, rows, f"{name}: {plot['y']} ({plot['based_on']})")


def _at(row: Told) -> str:
    end = f"–{decimals(row['to'], 2)}" if row.get("to") else ""
    return f"{decimals(row['x'], 3 if row['x'] == 0.125 else 2)}{end}"


def _value(cell: Told) -> Cell:
    known = f" ({interval(dict(cell))})" if cell["low"] is not None else ""
    return Cell(
        f"{decimals(cell['value'])}{known}", f"n {whole(cell['n'])}" if cell.get("n") else ""
    )
