"""Work of the predictions app. Tasks take ids, may run twice, and call one service."""

from collections.abc import Callable
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils.translation import override

from predictions import gating, outside, report_document, reports, services
from predictions.models import GateRun, MapImport, Prediction
from predictions.models import Report as ReportRow
from predictions.signals import prediction_done
from slides.jobs import Job, Report, recover


@shared_task(acks_late=True)
def predict_slide(prediction_id: int) -> None:
    run_prediction(Prediction.objects.get(pk=prediction_id))


@shared_task(acks_late=True)
def try_at_gate(gate_run_id: int) -> None:
    run_gate(GateRun.objects.select_related("version", "created_by").get(pk=gate_run_id))


@shared_task(acks_late=True)
def make_report(report_id: int) -> None:
    row = ReportRow.objects.get(pk=report_id)
    if run_report(row) and row.status == ReportRow.Status.DONE and report_document.is_long(row):
        for language, _name in settings.LANGUAGES:
            set_report.delay(report_id, language)


@shared_task
def set_report(report_id: int, language: str) -> None:
    """Set a long report's pages before somebody waits for them."""
    with override(language):
        report_document.pdf_of(ReportRow.objects.get(pk=report_id))


@shared_task(acks_late=True)
def import_maps(map_import_id: int) -> None:
    run_map_import(MapImport.objects.select_related("created_by").get(pk=map_import_id))


def run_map_import(row: MapImport, *, watch: Report = lambda done, total: None) -> bool:
    """Claim and take maps in; False if it was not ours to do."""
    return _run(row, partial(outside.carry_out_import, row), watch)


def run_report(row: ReportRow, *, watch: Report = lambda done, total: None) -> bool:
    """Claim and compute a report; False if it was not ours to do."""
    return _run(row, partial(reports.make_report, row), watch)


def run_gate(row: GateRun, *, watch: Report = lambda done, total: None) -> bool:
    """Claim and try a version for going live; False if it was not ours to do."""
    return _run(row, partial(gating.run_gate, row), watch)


def run_prediction(prediction: Prediction, *, watch: Report = lambda done, total: None) -> bool:
    """Claim, predict and, where a truth is known, evaluate; False if it was not ours to do.

    watch(done, total) sees the progress too and may raise Cancelled.
    """
    if not _run(prediction, partial(services.predict, prediction), watch):
        return False
    if prediction.status == Prediction.Status.DONE:
        told = partial(prediction_done.send_robust, sender=Prediction, prediction=prediction)
        transaction.on_commit(told)
    services.evaluate_against_truth(prediction)
    return True


def _run(row: Job, work: Callable[..., object], watch: Report) -> bool:
    """Claim a row and do its work, watched; False if it was not ours to do."""

    def report(done: int, total: int) -> None:
        watch(done, total)
        row.report(done, total)

    if not row.claim():
        return False
    with row.recorded():
        work(report=report)
    return True


@shared_task
def sweep() -> None:
    """Queue again what a dead worker left, and nudge for rows whose message was lost."""
    for prediction_id in recover(Prediction):
        predict_slide.delay(prediction_id)
    for gate_run_id in recover(GateRun):
        try_at_gate.delay(gate_run_id)
    for report_id in recover(ReportRow):
        make_report.delay(report_id)
    for map_import_id in recover(MapImport):
        import_maps.delay(map_import_id)
