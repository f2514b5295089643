"""Work of the reviewer's desk. Tasks take ids, may run twice, and call one service."""

from celery import shared_task
from django.core.cache import cache

from predictions.models import Prediction
from predictions.review import (
    adjudicating,
    alarms,
    assigning,
    checking,
    evidence,
    ledger,
    looking_back,
    studying,
    worklist,
)
from predictions.review.models import Evidence, LookBack, Review, Study
from predictions.tasks import make_report
from slides.jobs import Report, recover

SECONDS_BETWEEN_TRUTH_CHECKS = 120
SECONDS_OF_A_SWEEP = 15  # at most, and less than lies between two
SECONDS_BETWEEN_REPORTS = 900


@shared_task(acks_late=True)
def open_work(prediction_id: int) -> None:
    rows = Prediction.objects.select_related("slide", "version")
    worklist.open_work(rows.get(pk=prediction_id))


@shared_task(acks_late=True)
def after_signing(review_id: int) -> None:
    """What need not be waited for: whether anything speaks against what was signed."""
    review = Review.objects.select_related("slide", "supersedes", "item__study__adjudicator").get(
        pk=review_id
    )
    adjudicating.after_signing(review)
    alarms.settle(review)
    alarms.second_read(review)
    checking.check_file(review.slide, [review])


@shared_task(acks_late=True)
def look_back(look_back_id: int) -> None:
    run_look_back(LookBack.objects.select_related("version", "created_by").get(pk=look_back_id))


def run_look_back(row: LookBack, *, watch: Report = lambda done, total: None) -> bool:
    """Claim and carry out a look back; False if it was not ours to do.

    watch(done, total) sees the progress too and may raise Cancelled.
    """

    def report(done: int, total: int) -> None:
        watch(done, total)
        row.report(done, total)

    if not row.claim():
        return False
    with row.recorded():
        looking_back.look_back(row, report=report)
    return True


@shared_task(acks_late=True)
def make_evidence(evidence_id: int) -> None:
    rows = Evidence.objects.select_related("review__slide", "review__prediction")
    run_evidence(rows.get(pk=evidence_id))


def run_evidence(row: Evidence) -> bool:
    """Claim and make a bundle; False if it was not ours to do."""
    if not row.claim():
        return False
    with row.recorded():
        evidence.carry_out(row)
    return True


@shared_task
def sweep() -> None:
    """Put on the list what a lost message, or a change of the live version, left behind."""
    worklist.sweep(seconds=SECONDS_OF_A_SWEEP)
    adjudicating.catch_up()
    assigning.take_back_from_gone()
    if promoted := looking_back.after_promotion():
        look_back.delay(promoted.pk)
    for look_back_id in recover(LookBack):
        look_back.delay(look_back_id)
    for evidence_id in recover(Evidence):
        make_evidence.delay(evidence_id)
    if cache.add("truths-checked", True, timeout=SECONDS_BETWEEN_TRUTH_CHECKS):
        checking.check_truths()
        alarms.catch_up()
    if cache.add("corrections-measured", True, timeout=SECONDS_BETWEEN_REPORTS):
        for report in ledger.wanted_reports():
            make_report.delay(report.pk)


@shared_task(acks_late=True)
def keep_study_corrections(study_id: int) -> None:
    """What a closed study corrects becomes truth for all."""
    studying.keep_corrections(Study.objects.get(pk=study_id))
