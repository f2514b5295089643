"""Take slides in from files and folders, here and now, without a worker."""

import csv
import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from slides import services, tasks
from slides.jobs import reason_of
from slides.models import Slide
from slides.services import Said
from slides.storage import Keep

SUFFIXES = {
    *(".svs", ".tif", ".tiff", ".ndpi", ".vms", ".vmu", ".scn", ".mrxs", ".bif", ".svslide"),
    *(".czi", ".dcm"),
    # Never slides, but whoever points to a folder of them should hear it.
    *(".png", ".jpg", ".jpeg", ".bmp", ".gif"),
}
TABLE = "slides.csv"
IS_TRUE = {"1", "true", "yes"}


class Command(BaseCommand):
    help = (
        "Import slides: files, or folders in CAMELYON's layout. Masks (*_mask.tif) are left for "
        "import_truth. A slides.csv beside the files (columns file, patient, node, subset, "
        "is_synthetic) is heeded. Ends with 1 if any file was refused; files that are here "
        "already are not."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", metavar="PATH", type=Path)
        parser.add_argument("--subset", choices=Slide.Subset.values, help="for all of them")
        parser.add_argument("--patient", default="", help="for all of them")
        parser.add_argument("--node", default="", help="lymph node that all of them are of")
        parser.add_argument("--mpp", type=float, help="um per px, whatever the files say")
        parser.add_argument(
            "--link", action="store_true", help="leave the files where they are and point to them"
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        paths = [slide for path in options["paths"] for slide in slide_files(path)]
        if not paths:
            raise CommandError("No slides were found there.")
        outcomes = []
        for number, path in enumerate(paths, 1):
            began = time.monotonic()
            outcome = import_one(path, said_of(path, options), is_linked=options["link"])
            outcome["seconds"] = round(time.monotonic() - began, 2)
            outcomes.append(outcome)
            self._tell(f"[{number}/{len(paths)}] {in_words(outcome)}", options["format"])
        if options["format"] == "json":
            self.stdout.write(json.dumps({"slides": outcomes}, indent=2))
        refused = sum(outcome["status"] == "refused" for outcome in outcomes)
        self._tell(f"{len(paths) - refused} of {len(paths)} are here.", options["format"])
        if refused:
            sys.exit(1)

    def _tell(self, line: str, output_format: str) -> None:
        stream = self.stderr if output_format == "json" else self.stdout
        stream.write(line)
        stream.flush()


def slide_files(path: Path) -> Iterator[Path]:
    """The path itself, or the slides in a folder, masks left out."""
    if not path.is_dir():
        yield path
        return
    for file in sorted(path.rglob("*")):
        is_mask = file.stem.lower().endswith("_mask")
        if file.suffix.lower() in SUFFIXES and not is_mask and file.is_file():
            yield file


def said_of(path: Path, options: dict[str, Any]) -> Said:
    """What the command line, slides.csv and the file's name and place say of a slide."""
    row = _table_row(path)
    said = Said(
        patient=row.get("patient", ""),
        node=row.get("node", ""),
        subset=row.get("subset") or _subset_of(path),
        is_synthetic=row.get("is_synthetic", "").lower() in IS_TRUE,
        mpp=options["mpp"],
    )
    told = {name: options[name] for name in ("patient", "node", "subset") if options[name]}
    return replace(said, **told)


def _subset_of(path: Path) -> str:
    """CAMELYON16 keeps its test slides under testing/ and calls them test_001."""
    is_test = path.stem.lower().startswith("test_") or "testing" in (
        folder.name.lower() for folder in path.absolute().parents
    )
    return Slide.Subset.TEST if is_test else Slide.Subset.DEVELOPMENT


def _table_row(path: Path) -> dict[str, str]:
    """The slide's row in the nearest slides.csv above it, empty if there is none."""
    for folder in list(path.absolute().parents)[:4]:
        if (table := folder / TABLE).is_file():
            with table.open(newline="", encoding="utf-8") as file:
                for row in csv.DictReader(file):
                    if Path(row["file"]).name == path.name:
                        return {key: value or "" for key, value in row.items() if key}
            return {}
    return {}


def import_one(path: Path, said: Said, *, is_linked: bool) -> dict[str, Any]:
    """Take one file in; say what became of it: imported, present or refused, and why."""
    keep = Keep.LINK if is_linked else Keep.COPY
    try:
        slide = services.register_file(path, said=said, keep=keep)
    except (ValueError, OSError) as error:
        return _refused(path, reason_of(error), str(error))
    tasks.run_intake(slide)
    slide.refresh_from_db()
    if slide.reason == "duplicate":
        return _present(path, slide)
    _forget_earlier_refusals(slide)
    if not slide.is_ready:
        return _refused(path, slide.reason, slide.error) | {"id": slide.pk}
    return {
        "file": str(path),
        "status": "imported",
        "id": slide.pk,
        "name": slide.name,
        "width": slide.width,
        "height": slide.height,
        "mpp": slide.mpp,
        "subset": slide.subset,
        "patient": slide.patient,
        "node": slide.node,
        "tissue_share": round(slide.tissue_share, 4),
    }


def _forget_earlier_refusals(slide: Slide) -> None:
    """An import that is run again leaves one row for each refused file, not one for each run."""
    same = {"original_name": slide.original_name, "bytes": slide.bytes, "uploaded_by": None}
    earlier = Slide.objects.filter(status=Slide.Status.FAILED, **same).exclude(pk=slide.pk)
    for refused in earlier:
        services.delete_slide(refused)


def _present(path: Path, slide: Slide) -> dict[str, Any]:
    """A file that is here already leaves no second row behind."""
    first, words = slide.duplicate_of, slide.error
    slide.delete()
    return {
        "file": str(path),
        "status": "present",
        "id": first.pk if first else None,
        "name": first.name if first else "",
        "words": words,
    }


def _refused(path: Path, reason: str, words: str) -> dict[str, Any]:
    return {"file": str(path), "status": "refused", "reason": reason, "words": words}


def in_words(outcome: dict[str, Any]) -> str:
    """One line a person can read."""
    if outcome["status"] == "refused":
        return f"{outcome['file']}: refused ({outcome['reason']}). {outcome['words']}"
    if outcome["status"] == "present":
        return f"{outcome['file']}: here already. {outcome['words']}"
    mpp = f"{outcome['mpp']:g} um/px" if outcome["mpp"] else "um/px unknown"
    return (
        f"{outcome['name']}: slide {outcome['id']}, {outcome['width']} x {outcome['height']} px, "
        f"{mpp}, {outcome['tissue_share']:.0%} tissue, {outcome['subset']}, "
        f"{outcome['seconds']:.1f} s"
    )
