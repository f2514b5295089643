"""manage.py export_truth: hand out a slide's truth in another program's format."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.annotations import ENDINGS, export_name, export_truth, require_mask_mpp
from slides.management.chosen import chosen_slide
from slides.models import Slide


class Command(BaseCommand):
    help = (
        "Export the truth of a slide: xml for ASAP and CAMELYON's tools (tumour _0, holes _2), "
        "geojson for QuPath, ncrf for NCRF's JSON, mask for a pyramidal TIFF (tumour 1, else 0), "
        "label-mask for one with a value a label at --mpp um per px. "
        "import_truth takes each of them back, to the same pixels."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slide", help="number or name")
        parser.add_argument("out", type=Path, help="file, or folder for a name of its own")
        parser.add_argument("--to", "--kind", choices=sorted(ENDINGS), required=True)
        parser.add_argument("--mpp", type=float, help="um per px of a label mask")
        parser.add_argument("--revision", type=int, help="default: the latest")
        parser.add_argument("--overwrite", action="store_true")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *, slide: str, out: Path, **options: Any) -> None:
        row = chosen_slide(slide)
        number = options["revision"]
        annotation = row.annotations.filter(revision=number).first() if number else row.truth
        if annotation is None:
            raise CommandError(f"{row.name} has no truth{f' {number}' if number else ''} yet.")
        mpp = self._mpp(row, options["to"], options["mpp"])
        if out.is_dir():
            out = out / export_name(annotation, options["to"], mpp)
        if out.exists() and not options["overwrite"]:
            raise CommandError(f"{out} exists; give another name or --overwrite.")
        try:
            export_truth(annotation=annotation, kind=options["to"], path=out, mpp=mpp)
        except (ValueError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        facts = {"out": str(out), "slide": row.name, "revision": annotation.revision}
        facts |= {"checksum": annotation.checksum, "synthetic": row.is_synthetic}
        if options["format"] == "json":
            self.stdout.write(json.dumps(facts, indent=2))
        else:
            note = ", synthetic" if row.is_synthetic else ""
            self.stdout.write(f"{out}: truth {annotation.revision} of {row.name}{note}")

    def _mpp(self, slide: Slide, kind: str, mpp: float | None) -> float | None:
        if kind != "label-mask":
            if mpp is not None:
                raise CommandError("--mpp goes with --to label-mask; other files are in px.")
            return None
        try:
            return require_mask_mpp(slide, mpp)
        except ValueError as refusal:
            raise CommandError(str(refusal)) from refusal
