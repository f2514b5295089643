"""Whether an evidence bundle is as it was made, and whether its numbers follow from the slide."""

import json
import sys
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from predictions.review import evidence, evidence_again
from predictions.review.evidence_file import REVIEW, opened
from predictions.review.evidence_proof import DIFFERS, OK, UNCHECKED, Proof, Terms, prove
from predictions.review.evidence_zip import DamagedBundle
from slides.models import Slide

MARKS = {OK: "ok", DIFFERS: "DIFFERS", UNCHECKED: "not checked"}
NO_DATABASE = "the database cannot be asked"


class Command(BaseCommand):
    help = (
        "Check an evidence bundle of a signed review: every byte, every checksum, and every number "
        "worked out again from the map and, where it is given or known here, the slide. Says what "
        "differs, and ends with 1 if anything does."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")
        parser.add_argument("--slide", type=Path, help="its file; else this site's own, if any")
        parser.add_argument(
            "--manifest-sha256", default="", help="as the site that made the bundle shows it"
        )
        parser.add_argument(
            "--again",
            action="store_true",
            help=f"read the slide anew with the network, if its weights are here, and compare the "
            f"maps within {evidence_again.TOLERANCE:g}",
        )
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        path, slide = options["file"], options["slide"]
        if slide is not None and not slide.is_file():
            raise CommandError(f"There is no slide file {slide}.")
        known = _slide_here(path) if slide is None else None
        terms = Terms(
            slide=slide or known,
            manifest_sha256=options["manifest_sha256"],
            reread=evidence_again.reread if options["again"] else None,
        )
        proof = prove(path, terms)
        _ask_site(proof, path)
        self._tell(path, proof, options["format"])
        if not proof.holds:
            sys.exit(1)

    def _tell(self, path: Path, proof: Proof, output_format: str) -> None:
        if output_format == "json":
            told = {"file": str(path), "holds": proof.holds}
            told |= {"checks": [asdict(line) for line in proof.lines]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
            return
        for line in proof.lines:
            self.stdout.write(f"{MARKS[line.outcome]:<11}  {line.name}: {line.words}")
        differing = sum(line.outcome == DIFFERS for line in proof.lines)
        verdict = f"{differing} differ" if differing else "nothing differs"
        self.stdout.write(f"{path.name}: {verdict}.")


def _slide_here(path: Path) -> Path | None:
    """The file of the slide that the bundle is of, if this site has it."""

    def look() -> Path | None:
        with opened(path) as bundle:
            told = bundle.manifest.get("slide")
        sha256 = told.get("sha256") if isinstance(told, dict) else None
        slide = Slide.objects.filter(sha256=sha256).first() if isinstance(sha256, str) else None
        return slide.path if slide and slide.path and slide.path.is_file() else None

    try:
        return _asked(look)
    except (DamagedBundle, LookupError):
        return None


def _ask_site(proof: Proof, path: Path) -> None:
    """Hold the bundle against what this site signed and told its audit log."""

    def look() -> list[str]:
        with opened(path) as bundle:
            seal = bundle.sha256(REVIEW)
            return evidence.known_here(review_sha256=seal, manifest_sha256=bundle.manifest_sha256)

    try:
        proof.say("this site", _asked(look), "signed and made by it, as its audit log says")
    except LookupError as error:
        proof.leave("this site", str(error))
    except DamagedBundle:
        return


def _asked(look: Callable[[], Any]) -> Any:
    """Ask the database; LookupError where there is none, for bundles need none."""
    try:
        return look()
    except DatabaseError as error:
        raise LookupError(NO_DATABASE) from error
