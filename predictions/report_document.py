"""A report as a document to print: all that its page says, in the reader's language."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from predictions import release_pages, report_listings, report_tables
from predictions.models import Report
from predictions.plot_looks import shortened
from predictions.report_pictures import tick
from predictions.report_shown import shown
from slides.document import Bullets, Cell, Document, Picture, Sheet
from slides.templatetags.stored import told
from slides.templatetags.words import decimals, micrometres, percent, rounded, short, whole
from training.code_version import code_version

WIDE_FROM = 4  # versions, from which pages lie on their side
KEPT_SECONDS = 24 * 3600
LONG_FROM = 400  # slides times versions; about a second on one core
NAMED_IN_FOOT, LONGEST_IN_FOOT = 3, 32


def pdf_of(report: Report) -> bytes:
    """Its pages, kept for a day. The same report gives the same bytes in the same language.

    Raises ValueError if it is not done.
    """
    pages = kept_pdf(report)
    if pages is None:
        from slides import typesetting

        pages = typesetting.pdf_of(document_of(report))
        cache.set(_key(report), pages, KEPT_SECONDS)
    return pages


def kept_pdf(report: Report) -> bytes | None:
    """Its pages if they have been set of late."""
    pages: bytes | None = cache.get(_key(report))
    return pages


def is_long(report: Report) -> bool:
    """Whether setting it takes more than a second or two, which nobody should wait for."""
    return len(report.inputs.get("slides", [])) * len(report.order) > LONG_FROM


def _key(report: Report) -> str:
    facts = (report.pk, report.inputs_sha256, report.name, report.finished_at, get_language())
    told = repr((*facts, code_version())).encode()
    return f"report-pdf-{hashlib.sha256(told).hexdigest()[:32]}"


def document_of(report: Report) -> Document:
    told_of = shown(report)
    if "versions" not in told_of:
        raise ValueError(f"report {report.pk} is {report.status}; only a done one has figures")
    document = Document(_sheet(report, told_of))
    _beginning(document, report, told_of)
    _in_short(document, told_of)
    _pairs(document, report)
    _plots(document, told_of)
    report_tables.lesions(document, told_of)
    report_tables.cells(document, told_of)
    report_tables.nodes_and_patients(document, told_of)
    report_tables.subgroups(document, told_of)
    _changed_hands(document, report)
    report_listings.slides(document, told_of)
    report_listings.left_out(document, told_of)
    _origin(document, report)
    report_listings.curves(document, told_of)
    return document


# Every page --------------------------------------------------------------------


def _sheet(report: Report, told_of: Mapping[str, Any]) -> Sheet:
    versions = report.inputs["versions"]
    named = [versions[str(pk)] for pk in report.order[:NAMED_IN_FOOT]]
    models = [
        _("%(name)s (weights %(weights)s, %(px)s px at %(mpp)s, from %(threshold)s)")
        % {
            "name": shortened(one["name"], LONGEST_IN_FOOT),
            "weights": short(one["weights_sha256"]),
            "px": one["patch_px"],
            "mpp": micrometres(one["mpp"]),
            "threshold": decimals(one["threshold"]),
        }
        for one in named
    ]
    more = len(report.order) - len(named)
    if more:
        models.append(ngettext("%(n)s version more", "%(n)s versions more", more) % {"n": more})
    inputs = _("Report %(pk)s, inputs %(checksum)s") % {
        "pk": report.pk,
        "checksum": report.inputs_sha256[:16],
    }
    return Sheet(
        title=report.name,
        origin="; ".join([inputs, *models]),
        dated=report.finished_at or report.created_at,
        disclaimer=_("Not a medical device"),
        banner=_("Synthetic: no patients") if report.is_synthetic else "",
        page=_("Page %(page)s of %(pages)s"),
        language=get_language() or "en",
        is_landscape=len(told_of["versions"]) >= WIDE_FROM,
    )


def _beginning(document: Document, report: Report, told_of: Mapping[str, Any]) -> None:
    n = told_of["n"]
    counts = _("%(slides)s slides, %(tumour)s of them with tumour, of %(patients)s patients") % {
        "slides": whole(n["slides"]),
        "tumour": whole(n["tumour_slides"]),
        "patients": whole(n["patients"]),
    }
    cells = _("%(cells)s cells, %(tumour)s of them tumour") % {
        "cells": whole(n["cells"]),
        "tumour": whole(n["tumour_cells"]),
    }
    made = f"{report.finished_at or report.created_at:%Y-%m-%d %H:%M} UTC"
    by = f", {report.created_by}" if report.created_by else ""
    subset = told(report.subset)
    document.facts(
        [
            (_("Slides"), f"{subset[:1].upper()}{subset[1:]}: {counts}"),
            (_("Cells"), cells),
            (_("Computed"), f"{made}{by}"),
            (_("Left out"), whole(len(report.inputs.get("excluded", [])))),
            *_held_against(told_of["versions"]),
        ],
        columns=2,
    )


def _held_against(versions: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return [(_("Held against"), versions[0]["name"])] if len(versions) > 1 else []


# What matters first ------------------------------------------------------------


def _in_short(document: Document, told_of: Mapping[str, Any]) -> None:
    document.heading(_("In short"))
    versions = told_of["versions"]
    rows: list[list[str | Cell]] = []
    for place, head in enumerate(told_of["headline"][0]["cells"]):
        own = [row["cells"][place]["figure"] for row in told_of["headline"]]
        cells = map(report_tables.figure, own)
        rows.append([Cell(str(head["name"]), str(head["hint"]), is_strong=True), *cells])
    document.table([report_tables.figure_column(), *report_tables.columns(versions)], rows)
    document.paragraph(_intervals(), is_quiet=True)
    if n := told_of["exposed"]:
        flatter = ngettext(
            "%(n)s slide is of a patient used in training or to choose a version: the figures "
            "flatter.",
            "%(n)s slides are of patients used in training or to choose a version: the figures "
            "flatter.",
            n,
        )
        document.paragraph(flatter % {"n": n}, is_warning=True)
    for one in told_of["missing"]:
        unread = _(
            "%(name)s has not read %(n)s slides that have a truth. Counted as missed, as the "
            "organisers do, its lesion score is %(value)s."
        )
        words = {"name": one["name"], "n": len(one["missing"]), "value": decimals(one["value"])}
        document.paragraph(unread % words, is_warning=True)


def _intervals() -> str:
    return _(
        "95 % intervals from 1,000 draws of patients, tumour and normal apart; where all or none "
        "was found, Wilson’s with a patient for one. FROC as the CAMELYON16 organisers define it: "
        "isolated tumour cells count neither as found nor as missed, normal slides count in the "
        "rate."
    )


def _pairs(document: Document, report: Report) -> None:
    pairs = release_pages.pairs_of(report)
    if not pairs:
        return
    document.heading(_("Versions against each other"))
    for pair in pairs:
        names = {"a": pair.first["name"], "b": pair.second["name"]}
        document.heading(_("%(b)s against %(a)s") % names, level=2)
        document.parts.append(Bullets(pair.sentences))
        report_tables.paired(document, pair)


def _plots(document: Document, told_of: Mapping[str, Any]) -> None:
    from predictions import plot_pictures

    if not told_of["plots"]:
        return
    document.heading(_("Curves"))
    document.paragraph(
        _("Bands: 95 %, patients drawn. The numbers of each curve are at the end."), is_quiet=True
    )
    notes = plot_pictures.Notes(number=tick)
    columns = 3 if document.sheet.is_landscape else 2
    drawn = [Picture(plot_pictures.drawn(plot, notes)) for plot in told_of["plots"]]
    document.pictures(drawn, columns)


def _changed_hands(document: Document, report: Report) -> None:
    for pair in release_pages.pairs_of(report):
        report_listings.changed_hands(document, pair)


# Where it comes from -----------------------------------------------------------


def _origin(document: Document, report: Report) -> None:
    document.heading(_("Where it comes from"))
    report_listings.origin_of_versions(document, report)
    rules = report.inputs["rules"]
    document.paragraph(
        _(
            "Cells are assessed from %(bar)s tissue. Lesions of the truth nearer than %(merge)s µm "
            "are one. A finding is the highest cell within %(radius)s µm, down to a probability of "
            "%(stop)s. %(draws)s draws, seed %(seed)s."
        )
        % {
            "bar": percent(rules["tissue_bar"]),
            "merge": f"{rules['merge_um']:g}",
            "radius": rounded(rules["peak_radius_um"], 0),
            "stop": decimals(rules["peak_stop"], 2),
            "draws": whole(rules["draws"]),
            "seed": rules["seed"],
        },
        is_quiet=True,
    )
    report_listings.truths_and_maps(document, report)
    checksum = f"{_('Checksum of all inputs')}: {report.inputs_sha256}"
    document.paragraph(checksum, is_quiet=True)
