"""A model version's card: what it is, how it was chosen, what it is worth on unseen slides."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from predictions import gating, promotion, services
from predictions.models import Cohort, Promotion
from slides import withheld
from slides.jobs import Reason
from slides.models import Slide
from slides.roles import admin_required, reader_required
from training import cards, exports, lineage
from training.models import ModelVersion

COHORTS = ("test", "unseen", "development", "all")


@require_GET
@reader_required
def version(request: HttpRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(ModelVersion.objects.select_related("run__dataset"), pk=pk)
    told = withheld.without_kept(Cohort.objects.order_by("pk"), request.user)
    cohorts = _newest(told.filter(version=row))
    context = _registry(row) | {
        "version": row,
        "cohorts": cohorts,
        "rivals": _rivals(row, told.filter(name=cohorts[0].name)) if cohorts else [],
        "slides": Slide.objects.ready().filter(mpp__isnull=False).order_by("name"),
        "read": set(row.predictions.values_list("slide_id", flat=True)),
        "cohort_names": COHORTS,
        "nav": "versions",
    }
    return render(request, "predictions/version.html", context)


def _registry(row: ModelVersion) -> dict[str, Any]:
    """What the registry knows of a version: stage, gate, card, lineage, files taken elsewhere."""
    return {
        "live": gating.live_version(),
        "previous_live": promotion.previous_live() if row.is_live else None,
        "standing": promotion.standing(row),
        "gate_active": row.gate_runs.active().first(),
        "promotions": Promotion.objects.select_related("version", "previous", "by")[:20],
        "card": cards.card_of(row),
        "line": list(reversed(lineage.line_of(row))),
        "children": lineage.children_of(row),
        "bundle": exports.newest_bundle(row),
        "onnx": row.exports.first(),
    }


def _newest(cohorts: QuerySet[Cohort]) -> list[Cohort]:
    """The newest cohort of each name, test slides first."""
    by_name: dict[str, Cohort] = {}
    for cohort in cohorts:
        by_name[cohort.name] = cohort
    ranks = {name: rank for rank, name in enumerate(COHORTS)}
    return sorted(by_name.values(), key=lambda cohort: ranks.get(cohort.name, len(ranks)))


def _rivals(row: ModelVersion, cohorts: QuerySet[Cohort]) -> list[Any]:
    """The newest of these cohorts of every version, this one marked."""
    newest: dict[int, Cohort] = {}
    for cohort in cohorts.select_related("version"):
        newest[cohort.version_id] = cohort
    rivals = sorted(newest.values(), key=lambda cohort: -cohort.version_id)
    for cohort in rivals:
        cohort.is_this = cohort.version_id == row.pk
    return rivals if len(rivals) > 1 else []


@require_POST
@admin_required
def version_evaluate(request: HttpRequest, pk: int) -> HttpResponse:
    """Measure the version over a cohort of slides that it has read and that have a truth."""
    row = get_object_or_404(ModelVersion, pk=pk)
    try:
        services.evaluate_cohort(row, request.POST.get("cohort", "test"))
    except (Reason, ValueError) as refusal:
        messages.error(request, str(refusal))
    return redirect(row)
