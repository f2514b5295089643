"""Retrain a version from what was corrected since."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Job, Reason
from training import corrections, retraining, tasks
from training.management.choosing import chosen_version
from training.management.showing import Progress
from training.models import ModelVersion
from training.retraining import Retraining


class Command(BaseCommand):
    help = (
        "Go on from a version with what was corrected since: a dataset of the latest truths with "
        "the same rules and split, and a run of the same recipe that begins with its weights. "
        "Here and now, or by the workers with --queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="name or number")
        parser.add_argument("--mine", action="store_true", help="its worst false alarms first")
        parser.add_argument("--name", default="", help="of the version it leaves")
        parser.add_argument("--epochs", type=int)
        parser.add_argument("--learning-rate", type=float)
        parser.add_argument("--show", action="store_true", help="only tell what was corrected")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        version = chosen_version(options["version"])
        told = corrections.since(version)
        as_json = options["format"] == "json"
        if options["show"]:
            self.stdout.write(json.dumps(as_facts(told), indent=2) if as_json else words(told))
            return
        begun = self._begun(version, options)
        if options["queue"]:
            first = tasks.freeze_dataset if begun.mining is None else tasks.mine_negatives
            first.delay((begun.mining or begun.dataset).pk)
        else:
            self._carry_out(begun, is_silent=as_json)
        result = as_result(begun, told)
        self.stdout.write(json.dumps(result, indent=2) if as_json else text(begun, told))
        for job in (begun.mining, begun.dataset, begun.run):
            if job is not None and job.status in {Job.Status.FAILED, Job.Status.CANCELLED}:
                raise CommandError(f"{job}: {job.status}. {job.error}".strip())

    def _begun(self, version: ModelVersion, options: dict[str, Any]) -> Retraining:
        recipe = {
            name: options[name] for name in ("epochs", "learning_rate") if options[name] is not None
        }
        try:
            return retraining.retrain(
                version=version, is_mining=options["mine"], name=options["name"], **recipe
            )
        except (Reason, ValueError) as refusal:
            raise CommandError(str(refusal)) from refusal

    def _carry_out(self, begun: Retraining, *, is_silent: bool) -> None:
        """Each job after the one it waits for; one that fails makes the next say so."""
        steps = [(tasks.run_freezing, begun.dataset, "slides")]
        steps.append((tasks.run_training, begun.run, "patches"))
        if begun.mining is not None:
            steps.insert(0, (tasks.run_mining, begun.mining, "patches"))
        for carry_out, job, unit in steps:
            progress = Progress(None if is_silent else self.stderr, unit)
            with progress.stopped_by_interrupt():
                carry_out(job, watch=progress)
            job.refresh_from_db()


def as_facts(told: corrections.Corrections) -> dict[str, Any]:
    return {
        "authors": told.authors,
        "regions": len(told.regions),
        "rejections": len(told.rejections),
        "area_mm2": told.area_mm2,
        "slides": [
            {"name": one.slide.name, "before": one.before, "after": one.after}
            | {"regions": len(one.regions), "authors": one.authors, "is_new": one.is_new}
            for one in told.slides
        ],
    }


def words(told: corrections.Corrections) -> str:
    if not told.slides:
        return "Nothing was corrected since the dataset of this version was frozen."
    people = " and ".join(told.authors) or "nobody known"
    lines = [
        f"corrected: {len(told.slides)} slides, {len(told.regions)} regions by {people}, "
        f"{len(told.rejections)} of them rejected findings"
    ]
    lines += [
        f"  {one.slide.name}: truth {one.before} to {one.after}, {len(one.regions)} regions by "
        f"{' and '.join(one.authors) or 'nobody known'}"
        for one in told.slides
    ]
    return "\n".join(lines)


def as_result(begun: Retraining, told: corrections.Corrections) -> dict[str, Any]:
    version = getattr(begun.run, "version", None)
    jobs = {"mining": begun.mining, "dataset": begun.dataset, "run": begun.run}
    return {
        name: {"id": job.pk, "status": job.status, "error": job.error} if job else None
        for name, job in jobs.items()
    } | {"version": version.name if version else None, "corrections": as_facts(told)}


def text(begun: Retraining, told: corrections.Corrections) -> str:
    lines = [words(told)]
    if begun.mining is not None:
        lines.append(f"mining {begun.mining.pk}: {begun.mining.status}")
    lines.append(f"dataset {begun.dataset.pk} ({begun.dataset}): {begun.dataset.status}")
    version = getattr(begun.run, "version", None)
    left = f", version {version.name!r}" if version else ""
    lines.append(f"run {begun.run.pk}: {begun.run.status}{left}")
    return "\n".join(lines)
