"""Freeze patches of annotated slides into a dataset."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Reason
from slides.models import Slide
from training import datasets, tasks
from training.choices import Balance
from training.management.showing import Progress
from training.models import Dataset

SUBSETS = ("development", "test", "all")


class Command(BaseCommand):
    help = (
        "Freeze a dataset: choose, label and split patches of slides whose truth is known. "
        "Here and now, or by the workers with --queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", help="of the dataset")
        parser.add_argument("--mpp", type=float, required=True, help="um per px of the patches")
        parser.add_argument("--slides", nargs="+", default=[], metavar="SLIDE")
        parser.add_argument("--subset", choices=SUBSETS, default="development")
        parser.add_argument("--revision", nargs="+", default=[], metavar="SLIDE=NUMBER")
        parser.add_argument("--patch-px", type=int)
        parser.add_argument("--tissue-bar", type=float, help="least share of tissue in a patch")
        parser.add_argument("--tumour-bar", type=float, help="tumour above this share")
        parser.add_argument("--validation-share", type=float, help="of patients held out")
        parser.add_argument("--per-slide-cap", type=int, help="patches per slide and class")
        parser.add_argument("--balance", choices=Balance.values, help="none keeps all patches")
        parser.add_argument("--seed", type=int)
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        dataset = self._asked_for(options)
        if options["queue"]:
            tasks.freeze_dataset.delay(dataset.pk)
        else:
            shown = self.stderr if options["format"] == "text" else None
            progress = Progress(shown, "slides")
            with progress.stopped_by_interrupt():
                tasks.run_freezing(dataset, watch=progress)
        dataset.refresh_from_db()
        as_json = options["format"] == "json"
        self.stdout.write(json.dumps(result(dataset), indent=2) if as_json else text(dataset))
        if dataset.status in {Dataset.Status.FAILED, Dataset.Status.CANCELLED}:
            raise CommandError(f"{dataset} was not frozen: {dataset.error or dataset.status}")

    def _asked_for(self, options: dict[str, Any]) -> Dataset:
        fields = (
            *("patch_px", "tissue_bar", "tumour_bar", "validation_share"),
            *("per_slide_cap", "balance", "seed"),
        )
        try:
            return datasets.create_dataset(
                name=options["name"],
                mpp=options["mpp"],
                slides=_slides(options["slides"], options["subset"]),
                revisions=_revisions(options["revision"]),
                **{name: options[name] for name in fields if options[name] is not None},
            )
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal


def _slides(words: list[str], subset: str) -> list[Slide]:
    if words:
        return [_slide(word) for word in words]
    ready = Slide.objects.ready()
    return list(ready if subset == "all" else ready.with_subset(subset))


def _slide(word: str) -> Slide:
    found = Slide.objects.filter(name=word).order_by("-pk").first()
    if found is None and word.isdigit():
        found = Slide.objects.filter(pk=int(word)).first()
    if found is None:
        raise CommandError(f"There is no slide {word!r}. Give a slide's name or number.")
    return found


def _revisions(words: list[str]) -> dict[int, int]:
    revisions = {}
    for word in words:
        slide, _, number = word.rpartition("=")
        if not number.isdigit():
            raise CommandError(f"--revision takes SLIDE=NUMBER, got {word!r}")
        revisions[_slide(slide).pk] = int(number)
    return revisions


def result(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.pk,
        "name": dataset.name,
        "status": dataset.status,
        "reason": dataset.reason,
        "error": dataset.error,
        "mpp": dataset.mpp,
        "patch_px": dataset.patch_px,
        "manifest": str(dataset.manifest_path or ""),
        "manifest_sha256": dataset.manifest_sha256,
        "counts": dataset.counts,
        "is_synthetic": dataset.is_synthetic,
        "seconds": dataset.seconds_taken,
    }


def text(dataset: Dataset) -> str:
    if dataset.status != Dataset.Status.DONE:
        return f"dataset {dataset.pk} ({dataset}): {dataset.status}"
    lines = [f"dataset {dataset.pk} ({dataset}), manifest {dataset.manifest_sha256[:12]}"]
    for side in ("training", "validation"):
        n = dataset.counts[side]
        lines.append(
            f"  {side}: {n['tumour']} tumour and {n['normal']} normal patches, "
            f"{n['slides']} slides of {n['patients']} patients"
        )
    lines += [
        f"  left out {slide['name']}: {slide['reason']}" for slide in dataset.counts["excluded"]
    ]
    return "\n".join(lines)
