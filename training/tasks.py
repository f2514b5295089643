"""Work of the training app. Tasks take ids, may run twice, and call one service."""

from celery import shared_task

from slides.jobs import Job, Report, recover
from training import datasets, experiments, exports, mining, retraining, runs
from training.models import Dataset, Experiment, Mining, OnnxExport, TrainingRun, VersionImport


def _unwatched(done: int, total: int) -> None:
    pass


@shared_task(acks_late=True)
def freeze_dataset(dataset_id: int) -> None:
    dataset = Dataset.objects.get(pk=dataset_id)
    if run_freezing(dataset):
        for run_id in dataset.runs.waiting().values_list("pk", flat=True):
            train_run.delay(run_id)


@shared_task(acks_late=True)
def mine_negatives(mining_id: int) -> None:
    row = Mining.objects.get(pk=mining_id)
    if run_mining(row):
        for dataset_id in row.datasets.waiting().values_list("pk", flat=True):
            freeze_dataset.delay(dataset_id)


@shared_task(acks_late=True)
def train_run(run_id: int) -> None:
    run_training(TrainingRun.objects.get(pk=run_id))


@shared_task(acks_late=True)
def carry_out_experiment(experiment_id: int) -> None:
    run_experiment(Experiment.objects.get(pk=experiment_id))


@shared_task(acks_late=True)
def import_version(import_id: int) -> None:
    run_import(VersionImport.objects.get(pk=import_id))


@shared_task(acks_late=True)
def export_onnx(export_id: int) -> None:
    run_onnx(OnnxExport.objects.select_related("version").get(pk=export_id))


def run_import(row: VersionImport) -> bool:
    """Claim, check and take in a bundle; False if it was not ours to do."""
    if not row.claim():
        return False
    with row.recorded():
        exports.carry_out_import(row)
    return True


def run_onnx(row: OnnxExport) -> bool:
    """Claim and write a version as ONNX; False if it was not ours to do."""
    if not row.claim():
        return False
    with row.recorded():
        exports.carry_out_onnx(row)
    return True


def run_mining(row: Mining, *, watch: Report = _unwatched) -> bool:
    """Claim and mine; False if it was not ours to do. watch sees the progress too."""
    if not row.claim():
        return False
    with row.recorded():
        mining.mine(row, report=_both(watch, row))
    return True


def run_freezing(dataset: Dataset, *, watch: Report = _unwatched) -> bool:
    """Claim and freeze; False if it was not ours to do, or waits for what is still being mined.

    watch sees the progress too.
    """
    if dataset.minings.active().exists() or not dataset.claim():
        return False
    with dataset.recorded():
        datasets.freeze_dataset(dataset, report=_both(watch, dataset))
    return True


def run_training(run: TrainingRun, *, watch: Report = _unwatched) -> bool:
    """Claim, train and publish; False if it was not ours to do, or waits for its dataset.

    watch(done, total) sees the progress too and may raise Cancelled.
    """
    if Dataset.objects.active().filter(pk=run.dataset_id).exists() or not run.claim():
        return False
    with run.recorded():
        runs.train(run, report=_both(watch, run))
    return True


def run_experiment(experiment: Experiment, *, watch: Report = _unwatched) -> bool:
    """Claim and carry out what is not done yet; False if it was not ours to do."""
    if not experiment.claim():
        return False
    with experiment.recorded():
        experiments.run_experiment(experiment, report=_both(watch, experiment))
    return True


def nudge_first(begun: retraining.Retraining) -> None:
    """Tell a worker of what comes first; what waits for it is told when it has ended."""
    if begun.mining is not None:
        mine_negatives.delay_on_commit(begun.mining.pk)
    else:
        freeze_dataset.delay_on_commit(begun.dataset.pk)


def _both(watch: Report, job: Job) -> Report:
    def report(done: int, total: int) -> None:
        watch(done, total)
        job.report(done, total)

    return report


@shared_task
def sweep() -> None:
    """Queue again what a dead worker left, and nudge for rows whose message was lost."""
    for mining_id in recover(Mining):
        mine_negatives.delay(mining_id)
    for dataset_id in recover(Dataset):
        freeze_dataset.delay(dataset_id)
    runs_alone = set(recover(TrainingRun)) - _of_experiments()
    for run_id in sorted(runs_alone):
        train_run.delay(run_id)
    for experiment_id in recover(Experiment):
        carry_out_experiment.delay(experiment_id)
    for import_id in recover(VersionImport):
        import_version.delay(import_id)
    for export_id in recover(OnnxExport):
        export_onnx.delay(export_id)


def _of_experiments() -> set[int]:
    """Runs that wait for the experiment they are part of, which takes them up itself."""
    waiting = TrainingRun.objects.waiting().filter(experiment__isnull=False)
    return set(waiting.values_list("pk", flat=True))
