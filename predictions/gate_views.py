"""Pages of the gate: trying a version, making it live, going back; versions side by side."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.text import Truncator
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from predictions import gating, promotion, tasks
from predictions.models import Cohort, GateRun
from predictions.reading import row_id
from slides import withheld
from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training import cards
from training.models import ModelVersion

MOST_SIDES = 8
PLOT_PX = 600
LONGEST_LABEL = 20
PLOTTED = {
    "roc_auc": "ROC-AUC",
    "recall": gettext_lazy("Recall"),
    "precision": gettext_lazy("Precision"),
    "dice": "Dice",
}
FIGURES = ("roc_auc", "pr_auc", "recall", "precision", "specificity", "dice", "fp_per_cm2")


@require_POST
@admin_required
def gate_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Have a worker try the version for going live."""
    version = get_object_or_404(ModelVersion, pk=pk)
    try:
        row = gating.request_gate(version, by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        return redirect(version)
    if row.status == GateRun.Status.QUEUED:
        tasks.try_at_gate.delay_on_commit(row.pk)
    return redirect(row)


@require_GET
@reader_required
def gate_run(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "predictions/gate_run.html", _gate(pk) | {"nav": "versions"})


@require_GET
@reader_required
def gate_run_state(request: HttpRequest, pk: int) -> HttpResponse:
    """The part of the page that moves while a worker tries the version."""
    return render(request, "predictions/_gate_run.html", _gate(pk))


def _gate(pk: int) -> dict[str, Any]:
    rows = GateRun.objects.select_related("version", "live", "created_by", "cohort")
    row = get_object_or_404(rows, pk=pk)
    for check in row.checks:
        check["plot"] = _plot(check["facts"])
    now = promotion.standing(row.version)
    is_newest = now.gate_run is not None and now.gate_run.pk == row.pk
    return {
        "row": row,
        "job": row,
        "version": row.version,
        "standing": now if is_newest else None,
        "promoted": row.promotions.order_by("pk").first(),
    }


def _plot(facts: dict[str, Any]) -> dict[str, int] | None:
    """Where the difference, its interval and the margin lie on a line PLOT_PX long."""
    difference = facts.get("difference") or {}
    value = difference.get("value")
    if value is None:
        return None
    told = {"value": value, "margin": -facts["margin"], "zero": 0.0}
    if difference["low"] is not None:
        told |= {"low": difference["low"], "high": difference["high"]}
    least, most = min(told.values()), max(told.values())
    reach = max(most - least, 0.02)
    return {
        name: round(PLOT_PX * (0.1 + 0.8 * (each - least) / reach)) for name, each in told.items()
    }


@require_POST
@admin_required
def version_promote(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the version live, if the gate let it through or an admin says why all the same."""
    version = get_object_or_404(ModelVersion, pk=pk)
    try:
        promotion.promote(version, by=request.user, override=request.POST.get("override", ""))
    except Reason as reason:
        messages.error(request, str(reason))
    else:
        messages.success(request, _("%(name)s is live.") % {"name": version})
    return redirect(version)


@require_POST
@admin_required
def version_rollback(request: HttpRequest) -> HttpResponse:
    """Make the version live that was live before."""
    try:
        row = promotion.roll_back(by=request.user)
    except Reason as reason:
        messages.error(request, str(reason))
        return redirect("version-list")
    words = {"name": row.version, "previous": row.previous}
    messages.success(request, _("%(name)s is live again, %(previous)s is archived.") % words)
    return redirect(row.version)


# Side by side --------------------------------------------------------------------


@require_GET
@reader_required
def version_side_by_side(request: HttpRequest) -> HttpResponse:
    """The versions that were ticked, each figure with its interval."""
    asked = [row_id(word) for word in request.GET.getlist("v")[:MOST_SIDES]]
    rows = ModelVersion.objects.filter(pk__in=[pk for pk in asked if pk is not None]).live_first()
    versions = list(rows.select_related("run__dataset", "parent"))
    cohorts = Cohort.objects.filter(version__in=versions).order_by("pk")
    cohorts = withheld.without_kept(cohorts, request.user)
    names = _cohort_names(cohorts)
    name = request.GET.get("cohort", "")
    name = name if name in names else next(iter(names), "")
    newest = {row.version_id: row for row in cohorts.filter(name=name)}
    for version in versions:
        version.cohort = newest.get(version.pk)
        version.told = cards.card_of(version)
    context = {
        "versions": versions,
        "names": names,
        "chosen": name,
        "plots": [_points(figure, title, versions, name) for figure, title in PLOTTED.items()]
        if newest
        else [],
        "rows": [_row(figure, versions) for figure in FIGURES] if newest else [],
        "slide_rows": [
            _row(figure, versions, group="slides") for figure in ("sensitivity", "normal_with_call")
        ]
        if newest
        else [],
        "nav": "versions",
    }
    return render(request, "predictions/versions_side_by_side.html", context)


def _cohort_names(cohorts: QuerySet[Cohort]) -> list[str]:
    """Their names, test slides first."""
    names = set(cohorts.values_list("name", flat=True))
    return sorted(names, key=lambda name: (name != "test", name))


def _points(figure: str, title: Any, versions: list[ModelVersion], cohort: str) -> dict[str, Any]:
    """One figure of every version that was measured, as the plot's script reads it."""
    points = []
    for version in versions:
        entry = version.cohort.metrics["pooled"][figure] if version.cohort else None
        if entry is not None:
            told = {name: entry[name] for name in ("value", "low", "high", "n")}
            label = Truncator(version.name).chars(LONGEST_LABEL)
            points.append(told | {"label": label, "group": gettext(cohort), "seed": None})
    return {"title": str(title), "points": points}


def _row(figure: str, versions: list[ModelVersion], group: str = "pooled") -> dict[str, Any]:
    """One figure of every version; None where it was not measured."""
    entries = [
        version.cohort.metrics.get(group, {}).get(figure) if version.cohort else None
        for version in versions
    ]
    return {"name": figure, "entries": entries}
