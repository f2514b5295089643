"""A patient's worksheet as a document to print."""

from datetime import datetime

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from predictions.review import worksheet_words as words
from predictions.review.models import Staging
from predictions.review.rollup import Node, SlideSaid, open_slides
from predictions.review.worksheets import Worksheet
from slides.document import Cell, Column, Document, Sheet


def document_of(sheet: Worksheet, taken: list[Staging]) -> Document:
    """The same worksheet gives the same document."""
    told = Document(
        Sheet(
            title=_("pN worksheet of patient %(patient)s") % {"patient": sheet.patient},
            origin=_("Rests on %(n)s slides; checksum of all reviews, nodes and px sizes %(sha)s")
            % {"n": len(sheet.reads), "sha": sheet.basis_sha256[:24]},
            dated=_dated(sheet, taken),
            disclaimer=_("Not a medical device"),
            banner=_("Synthetic: not a patient") if sheet.is_synthetic else "",
            page=_("Page %(page)s of %(pages)s"),
            language=get_language() or "en",
        )
    )
    for banner in words.banners(sheet):
        told.paragraph(banner, is_warning=True)
    _add_stage(told, sheet, taken)
    _add_alarms(told, sheet)
    _add_nodes(told, sheet)
    _add_slides(told, sheet)
    told.lines([_("Stage"), _("Name, date")])
    return told


def _dated(sheet: Worksheet, taken: list[Staging]) -> datetime:
    """Of the newest thing on it, so that the same worksheet is dated alike."""
    moments = [read.review.signed_at for read in sheet.reads if read.review]
    moments += [row.at for row in taken]
    known = [moment for moment in moments if moment]
    return max(known, default=sheet.reads[0].slide.created_at)


def _add_stage(told: Document, sheet: Worksheet, taken: list[Staging]) -> None:
    rolled = sheet.rolled
    told.heading(_("Suggested stage"))
    told.facts([(_("Suggestion"), words.stage_words(rolled)), (_("Taken"), _taken(sheet, taken))])
    told.paragraph(words.rule_words(rolled))
    for line in (words.range_words(rolled), words.by_hand_words(rolled)):
        if line:
            told.paragraph(line)
    for line in words.remarks(sheet):
        told.paragraph(line, is_quiet=True)
    still = open_slides(rolled)
    if still:
        told.heading(_("Still open"), 2)
        told.bullets([_open(sheet, said) for said in still])


def _taken(sheet: Worksheet, taken: list[Staging]) -> str:
    if not taken:
        return _("nobody has taken a stage")
    row = taken[0]
    line = _("%(stage)s by %(who)s, %(at)s UTC") % {
        "stage": row.get_stage_display(),
        "who": row.by.get_full_name() or row.by.get_username(),
        "at": f"{row.at:%Y-%m-%d %H:%M}",
    }
    line += f". {row.reason}" if row.reason else ""
    if row.basis_sha256 != sheet.basis_sha256:
        line += " " + _("(out of date: something under it was changed since)")
    return line


def _open(sheet: Worksheet, said: SlideSaid) -> str:
    change = words.change_words(sheet.rolled, said)
    return ", ".join(filter(None, [f"{said.name}: {words.standing_words(said)}", change]))


def _add_alarms(told: Document, sheet: Worksheet) -> None:
    alarms = [one for node in sheet.rolled.nodes for one in node.alarms]
    if not alarms:
        return
    told.heading(_("Measure by hand"), 2)
    lines = []
    for one in alarms:
        place = _("%(slide)s, finding %(n)s") % {
            "slide": sheet.read_of[one.slide].slide.name,
            "n": one.number,
        }
        lines.append(f"{place}: {words.alarm_words(one)}")
    told.bullets(lines)


def _add_nodes(told: Document, sheet: Worksheet) -> None:
    told.heading(_("Lymph nodes"))
    columns = [
        Column(_("Node"), width=3),
        Column(_("Class"), width=2.2),
        Column(_("Largest diameter"), is_number=True, width=2.6),
        *(Column(name, is_number=True, width=0.9) for name in (_("ITC"), _("Micro"), _("Macro"))),
    ]
    told.table(columns, [_node_row(node) for node in sheet.rolled.nodes])


def _node_row(node: Node) -> list[str | Cell]:
    counts = node.counts
    slides = ", ".join(slide.name for slide in node.slides) if node.is_named else ""
    return [
        Cell(node.name, sub=slides, is_strong=True),
        Cell(
            words.class_words(node.size_class),
            sub="" if node.is_whole else _("not all of it is read"),
        ),
        Cell(words.length_words(node.largest), sub=words.by_words(node.largest)),
        *(str(counts[name]) if counts else "–" for name in ("itc", "micro", "macro")),
    ]


def _add_slides(told: Document, sheet: Worksheet) -> None:
    told.heading(_("Slides"))
    columns = [
        Column(_("Slide"), width=2.6),
        Column(_("Review"), width=2.6),
        Column(_("Class"), width=1.8),
        Column(_("Remarks"), width=4),
    ]
    order = [said for node in sheet.rolled.nodes for said in node.slides]
    told.table(columns, [_slide_row(sheet, said) for said in order])


def _slide_row(sheet: Worksheet, said: SlideSaid) -> list[str | Cell]:
    read = sheet.read_of[said.slide]
    review = read.review
    signed = ""
    if review and review.signed_at:
        who = review.reader.get_full_name() or review.reader.get_username()
        signed = f"{who}, {review.signed_at:%Y-%m-%d %H:%M} UTC"
    sha256 = f"SHA-256 {(read.slide.sha256 or '')[:16]}"
    return [
        Cell(read.slide.name, sub=sha256, is_strong=True),
        Cell(words.standing_words(said), sub=signed),
        words.class_words(said.said),
        " ".join(words.read_remarks(read)) or "–",
    ]
