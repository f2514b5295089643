"""The pN worksheet of a patient as a page and as files, and taking a stage."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from predictions.review import worksheet_words as words
from predictions.review import worksheets
from predictions.review.models import Staging
from predictions.review.rollup import Measured, Node, SlideSaid
from predictions.review.worksheet_pdf import document_of
from predictions.review.worksheets import Worksheet
from slides import audit
from slides.formats import download_name
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import reader_required


@require_GET
@reader_required
def worksheet(request: HttpRequest, pk: int) -> HttpResponse:
    slide, sheet = _asked(request, pk)
    return render(request, "review/worksheet.html", _context(slide, sheet))


@require_POST
@reader_required
def worksheet_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a stage for the patient, with a reason where it is not the suggested one."""
    slide = get_object_or_404(Slide, pk=pk)
    try:
        row = worksheets.take_stage(
            slide=slide,
            by=request.user,
            stage=request.POST.get("stage", ""),
            reason=request.POST.get("reason", ""),
            basis_sha256=request.POST.get("basis", ""),
        )
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("Taken as %(stage)s.") % {"stage": row.get_stage_display()})
    return redirect("worksheet", pk=pk)


@require_GET
@reader_required
def worksheet_json(request: HttpRequest, pk: int) -> HttpResponse:
    slide, sheet = _asked(request, pk)
    audit.record(request.user, "export worksheet", slide, **_told(sheet, "json"))
    facts = worksheets.with_taken(sheet)
    answer = JsonResponse(facts, json_dumps_params={"indent": 2, "ensure_ascii": False})
    answer["Content-Disposition"] = f'attachment; filename="{_file_name(sheet, "json")}"'
    return answer


@require_GET
@reader_required
def worksheet_pdf(request: HttpRequest, pk: int) -> HttpResponse:
    from slides import typesetting

    slide, sheet = _asked(request, pk)
    audit.record(request.user, "export worksheet", slide, **_told(sheet, "pdf"))
    pages = typesetting.pdf_of(document_of(sheet, worksheets.stagings_of(sheet)))
    name = _file_name(sheet, "pdf")
    return HttpResponse(
        pages,
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _asked(request: HttpRequest, pk: int) -> tuple[Slide, Worksheet]:
    slide = get_object_or_404(Slide, pk=pk)
    return slide, worksheets.worksheet_of(slide, request.user)


def _told(sheet: Worksheet, kind: str) -> dict[str, Any]:
    return {"patient": sheet.patient, "format": kind, "basis_sha256": sheet.basis_sha256}


def _file_name(sheet: Worksheet, ending: str) -> str:
    mark = "synthetic_" if sheet.is_synthetic else ""
    return download_name(f"{mark}{sheet.patient}_worksheet.{ending}")


# What the page shows ------------------------------------------------------------------


def _context(slide: Slide, sheet: Worksheet) -> dict[str, Any]:
    rolled = sheet.rolled
    taken = worksheets.stagings_of(sheet)
    for row in taken:
        row.is_outdated = row.basis_sha256 != sheet.basis_sha256
    return {
        "slide": slide,
        "sheet": sheet,
        "rolled": rolled,
        "banners": list(words.banners(sheet)),
        "stage": words.stage_words(rolled),
        "rule": words.rule_words(rolled),
        "notes": [
            told for told in (words.range_words(rolled), words.by_hand_words(rolled)) if told
        ],
        "remarks": list(words.remarks(sheet)),
        "nodes": [_node(sheet, node) for node in rolled.nodes],
        "alarms": [_alarm(sheet, one) for node in rolled.nodes for one in node.alarms],
        "open": [_open(sheet, said) for said in _open_slides(sheet)],
        "taken": taken,
        "stages": Staging.Stage.choices,
        "may_take": rolled.refusal != worksheets.rollup.NOTHING_SIGNED and not sheet.is_kept_back,
        "nav": "worklist",
    }


def _open_slides(sheet: Worksheet) -> list[SlideSaid]:
    return list(worksheets.rollup.open_slides(sheet.rolled))


def _node(sheet: Worksheet, node: Node) -> dict[str, Any]:
    largest = node.largest
    return {
        "node": node,
        "class": words.class_words(node.size_class),
        "largest": words.length_words(largest),
        "by": words.by_words(largest),
        "address": desk_address(largest) if largest else "",
        "slides": [_slide(sheet, said) for said in node.slides],
    }


def _slide(sheet: Worksheet, said: SlideSaid) -> dict[str, Any]:
    read = sheet.read_of[said.slide]
    return {
        "read": read,
        "standing": words.standing_words(said),
        "class": words.class_words(said.said),
        "remarks": list(words.read_remarks(read)),
    }


def _alarm(sheet: Worksheet, one: Measured) -> dict[str, Any]:
    return {
        "one": one,
        "slide": sheet.read_of[one.slide].slide,
        "words": words.alarm_words(one),
        "address": desk_address(one, is_measuring=True),
    }


def _open(sheet: Worksheet, said: SlideSaid) -> dict[str, Any]:
    return {
        "slide": sheet.read_of[said.slide].slide,
        "standing": words.standing_words(said),
        "change": words.change_words(sheet.rolled, said),
    }


def desk_address(one: Measured, *, is_measuring: bool = False) -> str:
    """The desk at a finding, the caliper in hand if it is to be measured."""
    tool = "&tool=measure" if is_measuring else ""
    place = f"#x={one.x_l0:.0f}&y={one.y_l0:.0f}"
    return f"{reverse('review', args=[one.review])}?finding={one.key}{tool}{place}"
