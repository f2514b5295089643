"""Work of the training app. Tasks take ids, may run twice, and call one service."""

from celery import shared_task

from slides.jobs import Job, Report, recover
from training import datasets, runs
from training.models import Dataset, TrainingRun


def _unwatched(done: int, total: int) -> None:
    pass


@shared_task(acks_late=True)
def freeze_dataset(dataset_id: int) -> None:
    run_freezing(Dataset.objects.get(pk=dataset_id))


@shared_task(acks_late=True)
def train_run(run_id: int) -> None:
    run_training(TrainingRun.objects.get(pk=run_id))


def run_freezing(dataset: Dataset, *, watch: Report = _unwatched) -> bool:
    """Claim and freeze; False if it was not ours to do. watch sees the progress too."""
    if not dataset.claim():
        return False
    with dataset.recorded():
        datasets.freeze_dataset(dataset, report=_both(watch, dataset))
    return True


def run_training(run: TrainingRun, *, watch: Report = _unwatched) -> bool:
    """Claim, train and publish; False if it was not ours to do.

    watch(done, total) sees the progress too and may raise Cancelled.
    """
    if not run.claim():
        return False
    with run.recorded():
        runs.train(run, report=_both(watch, run))
    return True


def _both(watch: Report, job: Job) -> Report:
    def report(done: int, total: int) -> None:
        watch(done, total)
        job.report(done, total)

    return report


@shared_task
def sweep() -> None:
    """Queue again what a dead worker left, and nudge for rows whose message was lost."""
    for dataset_id in recover(Dataset):
        freeze_dataset.delay(dataset_id)
    for run_id in recover(TrainingRun):
        train_run.delay(run_id)
