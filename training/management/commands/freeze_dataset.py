"""Preview or freeze patches of annotated slides as a dataset."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Reason
from slides.models import Slide
from training import datasets, tasks
from training.choices import Balance, Goal, Labelling
from training.management.choosing import chosen_slide
from training.management.showing import Progress
from training.models import Dataset

SUBSETS = ("development", "test", "all")
FIELDS = (
    *("patch_px", "tissue_bar", "stride", "jitter_px", "labelling", "tumour_bar", "centre_px"),
    *("validation_share", "test_share", "folds", "per_slide_cap", "balance", "seed"),
)


class Command(BaseCommand):
    help = (
        "Freeze a dataset: choose, label and split patches of slides whose truth is known. "
        "--preview looks first: counts, warnings and leaks; --previewed then freezes just that. "
        "Here and now, or by the workers with --queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        add = parser.add_argument
        add("name", help="of the dataset")
        add("--mpp", type=float, nargs="+", help="um per px of the patches; several are merged")
        add("--slides", nargs="+", default=[], metavar="SLIDE")
        add("--subset", choices=SUBSETS, default="development")
        add("--revision", nargs="+", default=[], metavar="SLIDE=NUMBER")
        add("--patch-px", type=int)
        add("--tissue-bar", type=float, help="least share of tissue in a patch")
        add("--stride", type=float, help="patch sides from one to the next; below 1 they overlap")
        add("--jitter-px", type=int, help="shift each patch by at most so many px")
        add("--labelling", choices=Labelling.values, help="what makes a patch tumour")
        add("--tumour-bar", type=float, help="tumour above this share")
        add("--centre-px", type=int, help="side of the centre, for --labelling centre")
        add("--validation-share", type=float, help="of patients held out")
        add("--test-share", type=float, help="of patients kept for a last test")
        add("--folds", type=int, help="deal patients into so many folds")
        add("--follow", metavar="DATASET", help="patients stay on the side they have in it")
        add("--per-slide-cap", type=int, help="patches per slide and class")
        add("--balance", choices=Balance.values, help="none keeps all patches")
        add("--seed", type=int)
        add("--preview", action="store_true", help="look first, freeze nothing")
        add("--previewed", action="store_true", help="freeze what was previewed under this name")
        add("--queue", action="store_true", help="leave the work to the workers")
        add("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            dataset = _previewed(options["name"]) if options["previewed"] else _asked_for(options)
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
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
            done = "previewed" if dataset.goal == Goal.PREVIEW else "frozen"
            raise CommandError(f"{dataset} was not {done}: {dataset.error or dataset.status}")


def _previewed(name: str) -> Dataset:
    found = Dataset.objects.filter(name=name, manifest_sha256="").order_by("-pk").first()
    if found is None:
        raise CommandError(f"There is no preview {name!r}. Make one with --preview.")
    return datasets.ask_to_freeze(found)


def _asked_for(options: dict[str, Any]) -> Dataset:
    mpp = options["mpp"]
    if mpp is None:
        raise CommandError("Say at how many um per px patches are read: --mpp 0.486")
    return datasets.create_dataset(
        name=options["name"],
        mpps=mpp if isinstance(mpp, list) else [mpp],
        slides=_slides(options["slides"], options["subset"]),
        revisions=_revisions(options["revision"]),
        parent=_followed(options["follow"]),
        goal=Goal.PREVIEW if options["preview"] else Goal.FREEZE,
        **{name: options[name] for name in FIELDS if options[name] is not None},
    )


def _followed(name: str | None) -> Dataset | None:
    if name is None:
        return None
    found = Dataset.objects.frozen().filter(name=name).order_by("-pk").first()
    if found is None:
        raise CommandError(f"There is no frozen dataset {name!r} to follow.")
    return found


def _slides(words: list[str], subset: str) -> list[Slide]:
    if words:
        return [chosen_slide(word) for word in words]
    ready = Slide.objects.ready()
    return list(ready if subset == "all" else ready.with_subset(subset))


def _revisions(words: list[str]) -> dict[int, int]:
    revisions = {}
    for word in words:
        slide, _, number = word.rpartition("=")
        if not number.isdigit():
            raise CommandError(f"--revision takes SLIDE=NUMBER, got {word!r}")
        revisions[chosen_slide(slide).pk] = int(number)
    return revisions


def result(dataset: Dataset) -> dict[str, Any]:
    names = (
        *("name", "goal", "is_frozen", "status", "reason", "error", "mpp", "mpps", "patch_px"),
        *("manifest_sha256", "counts", "warnings", "leaks", "is_synthetic"),
    )
    return {
        "dataset": dataset.pk,
        **{name: getattr(dataset, name) for name in names},
        "manifest": str(dataset.manifest_path or ""),
        "seconds": dataset.seconds_taken,
    }


def text(dataset: Dataset) -> str:
    leaks = [f"  leak: {leak['words']}" for leak in dataset.leaks]
    if dataset.status != Dataset.Status.DONE:
        return "\n".join([f"dataset {dataset.pk} ({dataset}): {dataset.status}", *leaks])
    made = f"manifest {dataset.manifest_sha256[:12]}" if dataset.is_frozen else "preview"
    sides = {name: side for name, side in dataset.counts.items() if _is_side(side)}
    lines = [f"dataset {dataset.pk} ({dataset}), {made}"]
    lines += [
        f"  {name}: {n['tumour']} tumour and {n['normal']} normal patches, "
        f"{n['slides']} slides of {n['patients']} patients"
        for name, n in sides.items()
    ]
    lines += [
        f"  left out {slide['name']}: {slide['reason']}" for slide in dataset.counts["excluded"]
    ]
    lines += [f"  warning: {warning['words']}" for warning in dataset.warnings]
    return "\n".join([*lines, *leaks])


def _is_side(value: Any) -> bool:
    return isinstance(value, dict) and "patients" in value
