"""What was corrected since a version, and the button that retrains from it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from slides.jobs import Reason
from slides.roles import admin_required, reader_required
from training import corrections, retraining, tasks
from training.mining_forms import MiningForm
from training.models import ModelVersion


@require_GET
@reader_required
def version_corrections(request: HttpRequest, pk: int) -> HttpResponse:
    """A part of the version's page: comparing revisions may take a moment."""
    version = get_object_or_404(ModelVersion.objects.select_related("run__dataset"), pk=pk)
    run = version.source_run
    context = {
        "version": version,
        "source": run,
        "corrections": corrections.since(version),
        "minings": version.minings.order_by("-pk")[:5],
        "later": version.later_runs.select_related("dataset").order_by("-pk")[:5],
        "mining_form": MiningForm(initial={"lowest_score": round(version.threshold, 4)}),
    }
    return render(request, "training/_corrections_found.html", context)


@require_POST
@admin_required
def version_retrain(request: HttpRequest, pk: int) -> HttpResponse:
    """Mining, where wished for, dataset and run, each waiting for the one before."""
    version = get_object_or_404(ModelVersion, pk=pk)
    try:
        begun = retraining.retrain(
            version=version,
            is_mining=bool(request.POST.get("is_mining")),
            created_by=request.user,
        )
    except (Reason, ValueError) as refusal:
        messages.error(request, str(refusal))
        return redirect(version)
    tasks.nudge_first(begun)
    return redirect(begun.run)
