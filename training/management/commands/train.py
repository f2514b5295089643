"""Train a network on a frozen dataset and publish it as a model version."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from slides.jobs import Reason
from training import runs, tasks
from training.choices import (
    Architecture,
    Augmentation,
    Calibration,
    ClassBalance,
    Goal,
    Loss,
    OperatingRule,
    Optimizer,
    Pooling,
    Precision,
    Schedule,
)
from training.management.choosing import chosen_version
from training.management.showing import Progress
from training.models import Dataset, TrainingRun

# Options by the field of the run that they set: type or choices, and what they say.
SETTINGS: dict[str, tuple[Any, str]] = {
    "pooling": (Pooling, "before the last layer"),
    "weights": (str, "first weights: none, imagenet, or the full path of a file"),
    "weights_sha256": (str, "checksum that a file of first weights must have"),
    "fold": (int, "of a dataset with folds, the one that validates; the first is 0"),
    "epochs": (int, "times that all patches are seen"),
    "frozen_epochs": (int, "first epochs in which the last layer alone learns"),
    "patience": (int, "epochs without a better validation AUC after which it ends; 0: never"),
    "batch": (int, "patches per step"),
    "optimizer": (Optimizer, ""),
    "learning_rate": (float, ""),
    "body_rate": (float, "factor of the learning rate below the last layer"),
    "schedule": (Schedule, "of the learning rate, over the epochs"),
    "rho": (float, "of RMSprop"),
    "loss": (Loss, "cross-entropy or focal loss"),
    "label_smoothing": (float, "0 takes labels at their word"),
    "class_balance": (ClassBalance, "what the rarer class gets"),
    "augmentation": (Augmentation, "what is varied while learning"),
    "precision": (Precision, "mixed computes in bfloat16"),
    "seed": (int, ""),
    "calibration": (Calibration, "of probabilities, on validation patches"),
    "operating_rule": (OperatingRule, "what the threshold is chosen by"),
    "target_recall": (float, "of the threshold, by recall"),
    "fp_budget": (float, "false positive patches per mm2 of normal tissue, by fp_budget"),
}


class Command(BaseCommand):
    help = (
        "Train on a frozen dataset: here and now, or by the workers with --queue. "
        "Ctrl-C keeps the best epoch so far."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset", help="name or number")
        parser.add_argument(
            "--architecture",
            choices=Architecture.values,
            help="baseline, or that of the version it goes on from",
        )
        parser.add_argument("--name", default="", help="of the version it leaves")
        parser.add_argument("--first-version", help="go on from this version, by name or number")
        for name, (kind, words) in SETTINGS.items():
            choices = getattr(kind, "values", None)
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, type=str if choices else kind, choices=choices, help=words)
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
        given = {name: options[name] for name in SETTINGS if options[name] is not None}
        if options["first_version"] is not None:
            given["first_version"] = chosen_version(options["first_version"])
        elif not options["architecture"]:
            options["architecture"] = Architecture.BASELINE
        try:
            return runs.create_run(
                dataset=_dataset(options["dataset"], is_queued=options["queue"]),
                architecture=options["architecture"] or "",
                version_name=options["name"],
                **given,
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


def _dataset(word: str, *, is_queued: bool) -> Dataset:
    """A dataset that is frozen; for a run that is only queued, also one that is about to be."""
    frozen = Dataset.objects.frozen()
    known = frozen | Dataset.objects.active().filter(goal=Goal.FREEZE) if is_queued else frozen
    found = known.filter(name=word).first()
    if found is None and word.isdigit():
        found = known.filter(pk=int(word)).first()
    if found is None:
        names = ", ".join(known.values_list("name", flat=True)) or "none yet"
        raise CommandError(f"There is no frozen dataset {word!r}. There are: {names}.")
    return found


def epoch_text(line: dict[str, Any]) -> str:
    return (
        f"  epoch {line['epoch']}: loss {line['loss']:.3f}, AUC {line['auc']:.3f}; validation "
        f"loss {line['val_loss']:.3f}, AUC {line['val_auc']:.3f}, recall {line['val_recall']:.3f}; "
        f"{line['patches_per_second']:.0f} patches/s, {line['seconds']:.0f} s"
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
        "first_version": run.first_version.name if run.first_version else None,
        "first_weights": run.weights,
        **{name: getattr(run, name) for name in SETTINGS if not name.startswith("weights")},
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
