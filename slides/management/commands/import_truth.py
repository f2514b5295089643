"""manage.py import_truth: take outlines and masks in as the truth of slides."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.annotations import Imported, Terms, declare_normal, import_truth
from slides.management.chosen import chosen_slide
from slides.models import Annotation, Slide
from slides.outlines import Reading
from slides.truth_folders import FolderTruth, find_truth


class Command(BaseCommand):
    help = (
        "import_truth SLIDE FILE takes in one file: mask TIFF, ASAP XML, NCRF JSON or GeoJSON. "
        "import_truth DIR takes in every file below DIR that is named after a slide here, as "
        "CAMELYON names them (tumor_001.xml, tumor_001_mask.tif). Truth that does not fit its "
        "slide is refused, with the reason."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", nargs="+", metavar="SLIDE FILE | DIR")
        parser.add_argument(
            "--normals",
            action="store_true",
            help="declare slides free of tumour that reference.csv or their name calls normal",
        )
        parser.add_argument("--label", action="append", default=[], metavar="NAME=LABEL")
        parser.add_argument("--tumour-value", type=int, help="value of tumour in a mask")
        parser.add_argument("--scale", type=float, help="level-0 px per px of the file")
        parser.add_argument("--force", action="store_true", help="take it in spite of a misfit")
        parser.add_argument(
            "--partial", action="store_true", help="unmarked tissue may hold tumour too"
        )
        parser.add_argument("--author", help="user name; default: nobody")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *, what: list[str], **options: Any) -> None:
        rows = []
        try:
            for row in _rows(what, options):
                rows.append(row)
                if options["format"] == "text":
                    self.stdout.write(_line(row))
        except ValueError as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps(rows, indent=2))
        elif not rows:
            self.stdout.write("Nothing found that belongs to a slide here.")
        refused = sum(row["status"] == "refused" for row in rows)
        if refused:
            raise CommandError(f"{refused} of {len(rows)} refused; the reasons are above.")


def _rows(what: list[str], options: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What became of each slide or file, as it happens."""
    terms, author = _terms(options), _author(options["author"])
    if len(what) == 2:
        yield _import_one(chosen_slide(what[0]), Path(what[1]), author, terms)
    elif len(what) == 1:
        found = find_truth(Path(what[0]))
        yield from _import_folder(found, author, terms, with_normals=options["normals"])
    else:
        raise CommandError("Give a slide and a file, or a folder.")


def _import_folder(
    found: FolderTruth, author: User | None, terms: Terms, *, with_normals: bool
) -> Iterator[dict[str, Any]]:
    for slide in Slide.objects.ready():
        if paths := found.files.pop(slide.name.casefold(), []):
            row = _import_one(slide, paths[0], author, terms)
            yield row | {"passed_over": [str(path) for path in paths[1:]]}
        elif found.is_normal(slide.name) and with_normals:
            yield _declare_normal(slide, author)
    for name, paths in found.files.items():
        row = {"slide": name, "status": "no slide", "file": str(paths[0])}
        yield row | {"reason": f"No ready slide here is named {name}."}


def _line(row: dict[str, Any]) -> str:
    parts = [f"{row['slide']}: {row['status']}"]
    if "revision" in row:
        parts.append(f"revision {row['revision']}, {row['tumour_area_px']:.0f} px² of tumour")
    parts += [row[key] for key in ("reason",) if key in row]
    return "\n  ".join([", ".join(parts), *row.get("notes", [])])


def _terms(options: dict[str, Any]) -> Terms:
    return Terms(
        reading=Reading.from_words(options["label"], tumour_value=options["tumour_value"]),
        scale=options["scale"],
        is_forced=options["force"],
        is_exhaustive=False if options["partial"] else None,
    )


def _author(name: str | None) -> User | None:
    if not name:
        return None
    user = User.objects.filter(username=name).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return user


def _import_one(slide: Slide, path: Path, author: User | None, terms: Terms) -> dict[str, Any]:
    row = {"slide": slide.name, "file": str(path)}
    try:
        done = import_truth(slide=slide, path=path, author=author, terms=terms)
    except (ValueError, OSError) as refusal:
        code = getattr(refusal, "code", "unreadable")
        return row | {"status": "refused", "code": code, "reason": str(refusal)}
    return row | _facts(done.annotation, is_new=done.is_new) | _fit(done)


def _declare_normal(slide: Slide, author: User | None) -> dict[str, Any]:
    before = slide.annotations.count()
    if before and slide.truth.tumour_area_px:
        reason = f"Revision {slide.truth.revision} has tumour; a list calls the slide normal."
        return {"slide": slide.name, "status": "refused", "code": "conflict", "reason": reason}
    annotation = declare_normal(slide=slide, author=author)
    return {"slide": slide.name} | _facts(annotation, is_new=slide.annotations.count() > before)


def _facts(annotation: Annotation, *, is_new: bool) -> dict[str, Any]:
    return {
        "status": "imported" if is_new else "already there",
        "revision": annotation.revision,
        "source": annotation.source,
        "regions": len(annotation.regions["features"]),
        "tumour_area_px": annotation.tumour_area_px,
        "is_exhaustive": annotation.is_exhaustive,
        "checksum": annotation.checksum,
    }


def _fit(done: Imported) -> dict[str, Any]:
    return {
        "share_on_tissue": done.fit.share_on_tissue,
        "scale": done.fit.scale,
        "notes": [*done.fit.problems, *done.fit.notes],
    }
