"""Train a network on a frozen dataset and publish it as a model version."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from slides.jobs import Reason
from training import runs, tasks
from training.choices import Architecture, Augmentation, Pooling
from training.management.showing import Progress
from training.models import Dataset, TrainingRun

SETTINGS = (
    *("pooling", "weights", "epochs", "batch", "learning_rate", "rho", "seed"),
    *("augmentation", "target_recall"),
)


class Command(BaseCommand):
    help = (
        "Train on a frozen dataset: here and now, or by the workers with --queue. "
        "Ctrl-C keeps the best epoch so far."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", help="name or number")
        parser.add_argument("--architecture", choices=Architecture.values, default="baseline")
        parser.add_argument("--name", default="", help="of the version it leaves")
        parser.add_argument("--pooling", choices=Pooling.values)
        parser.add_argument("--weights", help="none, imagenet, or the full path of a file")
        parser.add_argument("--epochs", type=int)
        parser.add_argument("--batch", type=int, help="patches per step")
        parser.add_argument("--learning-rate", type=float)
        parser.add_argument("--rho", type=float)
        parser.add_argument("--seed", type=int)
        parser.add_argument("--augmentation", choices=Augmentation.values)
        parser.add_argument("--target-recall", type=float, help="sets the operating point")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        run = self._asked_for(options)
        if options["queue"]:
            tasks.train_run.delay(run.pk)
        else:
            self._carry_out(run, self.stderr if options["format"] == "text" else None)
        run.refresh_from_db()
        as_json = options["format"] == "json"
        self.stdout.write(json.dumps(result(run), indent=2) if as_json else text(run))
        if run.status in {TrainingRun.Status.FAILED, TrainingRun.Status.CANCELLED}:
            raise CommandError(f"{run}: {run.status}. {run.error}".strip())

    def _asked_for(self, options: dict[str, Any]) -> TrainingRun:
        try:
            return runs.create_run(
                dataset=_dataset(options["dataset"]),
                architecture=options["architecture"],
                version_name=options["name"],
                **{name: options[name] for name in SETTINGS if options[name] is not None},
            )
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal

    def _carry_out(self, run: TrainingRun, out: OutputWrapper | None) -> None:
        progress = Progress(out, "patches")
        shown = 0

        def watch(done: int, total: int) -> None:
            nonlocal shown
            if out is not None:
                for line in run.history[shown:]:
                    out.write(epoch_text(line))
                shown = len(run.history)
            progress(done, total)

        with progress.stopped_by_interrupt():
            tasks.run_training(run, watch=watch)
        if out is not None:
            for line in run.history[shown:]:
                out.write(epoch_text(line))


def _dataset(word: str) -> Dataset:
    done = Dataset.objects.filter(status=Dataset.Status.DONE)
    found = done.filter(name=word).first()
    if found is None and word.isdigit():
        found = done.filter(pk=int(word)).first()
    if found is None:
        names = ", ".join(done.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no frozen dataset {word!r}. There are: {names}.")
    return found


def epoch_text(line: dict[str, Any]) -> str:
    return (
        f"  epoch {line['epoch']}: loss {line['loss']:.3f}, AUC {line['auc']:.3f}; validation "
        f"loss {line['val_loss']:.3f}, AUC {line['val_auc']:.3f}, recall {line['val_recall']:.3f}; "
        f"{line['seconds']:.0f} s"
    )


def result(run: TrainingRun) -> dict[str, Any]:
    version = getattr(run, "version", None)
    return {
        "run": run.pk,
        "dataset": run.dataset.name,
        "status": run.status,
        "reason": run.reason,
        "error": run.error,
        "architecture": run.architecture,
        "pooling": run.pooling,
        "best_epoch": run.best_epoch,
        "history": run.history,
        "seconds": run.seconds_taken,
        "version": version.name if version else None,
        "threshold": version.threshold if version else None,
        "threshold_source": version.threshold_source if version else None,
        "weights": str(version.weights_path) if version else None,
        "weights_sha256": version.weights_sha256 if version else None,
        "mpp": run.dataset.mpp,
        "patch_px": run.dataset.patch_px,
        "tissue_bar": run.dataset.tissue_bar,
        "tumour_bar": run.dataset.tumour_bar,
        "manifest_sha256": run.dataset.manifest_sha256,
        "metrics": version.metrics if version else None,
        "is_synthetic": run.dataset.is_synthetic,
    }


def text(run: TrainingRun) -> str:
    version = getattr(run, "version", None)
    if version is None:
        return f"run {run.pk}: {run.status}"
    auc = version.metrics["roc_auc"]
    interval = "" if auc["low"] is None else f" (95 % {auc['low']:.3f} to {auc['high']:.3f})"
    synthetic = " (synthetic data)" if version.is_synthetic else ""
    return (
        f"run {run.pk}: version {version.name!r}{synthetic}, best epoch {run.best_epoch}, "
        f"validation AUC {auc['value']:.3f}{interval} on {auc['n']} patches of "
        f"{version.metrics['n']['patients']} patients, threshold {version.threshold:.3f} "
        f"({version.threshold_source}), {run.seconds_taken or 0:.0f} s"
    )
