"""Pages of the registry: the list of versions, their cards, and how they come and go."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from slides.api import download, on_disk
from slides.formats import download_name
from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training import cards, exports, tasks, versions
from training.choices import VERSION_ARCHITECTURES, Stage
from training.models import ModelVersion, OnnxExport, VersionImport
from training.version_forms import CardForm, ImportForm

PER_PAGE = 50
PLACES = {"archive": versions.archive, "restore": versions.restore}


@require_GET
@reader_required
def version_list(request: HttpRequest) -> HttpResponse:
    asked = {name: request.GET.get(name, "").strip() for name in ("q", "stage", "architecture")}
    rows = _filtered(ModelVersion.objects.select_related("run__dataset", "parent"), asked)
    page = Paginator(rows.live_first(), PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "asked": asked,
        "stages": Stage.choices,
        "architectures": VERSION_ARCHITECTURES,
        "has_any": any(asked.values()) or page.paginator.count > 0,
        "imports": VersionImport.objects.active(),
        "nav": "versions",
    }
    return render(request, "training/version_list.html", context)


def _filtered(rows: QuerySet[ModelVersion], asked: dict[str, str]) -> Any:
    """A value that is none of the choices is dropped."""
    if asked["q"]:
        rows = rows.filter(name__icontains=asked["q"][:200])
    if asked["stage"] in Stage.values:
        rows = rows.filter(stage=asked["stage"])
    if asked["architecture"] in dict(VERSION_ARCHITECTURES):
        rows = rows.filter(architecture=asked["architecture"])
    return rows


@require_POST
@admin_required
def version_stage(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a candidate aside, or take an archived version out again."""
    row = get_object_or_404(ModelVersion, pk=pk)
    move = PLACES.get(request.POST.get("to", ""))
    try:
        if move is None:
            raise Reason(_("Say whether to archive or to restore."), "bad_input")
        row = move(row, by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        words = {"name": row, "stage": row.get_stage_display()}
        messages.success(request, _("%(name)s is now: %(stage)s.") % words)
    return redirect(row)


# Cards -------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@admin_required
def version_card_edit(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ModelVersion, pk=pk)
    form = CardForm(request.POST or None, initial=cards.card_of(row)["texts"])
    if request.method == "POST" and form.is_valid():
        versions.edit_card(row, form.cleaned_data, by=request.user)
        messages.success(request, _("The card was written; what it said before is in the log."))
        return redirect(row)
    context = {"version": row, "form": form, "nav": "versions"}
    return render(request, "training/version_card_edit.html", context)


@require_GET
@reader_required
def version_card_md(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ModelVersion, pk=pk)
    answer = HttpResponse(cards.as_markdown(row), content_type="text/markdown; charset=utf-8")
    return _attached(answer, row, "card.md")


@require_GET
@reader_required
def version_card_json(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ModelVersion, pk=pk)
    answer = JsonResponse(cards.as_json(row), json_dumps_params={"indent": 2})
    return _attached(answer, row, "card.json")


def _attached(answer: HttpResponse, row: ModelVersion, ending: str) -> HttpResponse:
    mark = "synthetic_" if row.is_synthetic else ""
    name = download_name(f"{mark}{row.name}_{ending}")
    answer.headers["Content-Disposition"] = content_disposition_header(True, name)
    return answer


# Out ---------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@admin_required
def version_bundle(request: HttpRequest, pk: int) -> HttpResponse:
    """POST makes the version's bundle; GET gives the one made last."""
    row = get_object_or_404(ModelVersion, pk=pk)
    if request.method == "GET":
        made = exports.newest_bundle(row)
        if made is None:
            messages.error(request, _("No bundle of this version lies here: make one first."))
            return redirect(row)
        return download(made[1].path.open("rb"), made[1].filename)
    try:
        exports.make_bundle(row, by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("The bundle is ready below, with its checksum."))
    return redirect(f"{row.get_absolute_url()}#elsewhere")


@require_http_methods(["GET", "POST"])
@admin_required
def version_onnx(request: HttpRequest, pk: int) -> HttpResponse:
    """POST has a worker write the version as ONNX; GET gives the file."""
    row = get_object_or_404(ModelVersion, pk=pk)
    if request.method == "POST":
        export = exports.request_onnx(row, by=request.user)
        if export.status == OnnxExport.Status.QUEUED:
            tasks.export_onnx.delay_on_commit(export.pk)
        return redirect(f"{row.get_absolute_url()}#elsewhere")
    export = row.exports.filter(status=OnnxExport.Status.DONE).first()
    if export is None or export.path is None or not export.path.is_file():
        messages.error(request, _("No ONNX file of this version lies here: make one first."))
        return redirect(row)
    return download(export.path.open("rb"), download_name(f"{row.name}.onnx"))


@require_GET
@admin_required
def version_onnx_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker writes the file."""
    row = get_object_or_404(ModelVersion, pk=pk)
    context = {"version": row, "onnx": row.exports.first()}
    return render(request, "training/_onnx.html", context)


# In ----------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
@admin_required
def version_import_new(request: HttpRequest) -> HttpResponse:
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            with on_disk(given["file"]) as path:
                row = exports.request_import(
                    path,
                    filename=given["file"].name,
                    sha256=given["sha256"],
                    version_name=given["version_name"],
                    by=request.user,
                )
        except ValueError as refusal:  # BundleError and Reason
            form.add_error(None, str(refusal))
        else:
            tasks.import_version.delay_on_commit(row.pk)
            return redirect(row)
    context = {"form": form, "nav": "versions"}
    return render(request, "training/version_import_new.html", context)


@require_GET
@admin_required
def version_import(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "training/version_import.html", _import(pk) | {"nav": "versions"})


@require_GET
@admin_required
def version_import_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker checks the bundle."""
    return render(request, "training/_import.html", _import(pk))


def _import(pk: int) -> dict[str, Any]:
    rows = VersionImport.objects.select_related("version", "created_by")
    row = get_object_or_404(rows, pk=pk)
    return {"row": row, "job": row}
