"""Have a version read normal tissue for its worst false alarms."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from slides.jobs import Reason
from training import mining, tasks
from training.management.choosing import chosen_slide, chosen_version
from training.management.showing import Progress
from training.models import Mining


class Command(BaseCommand):
    help = (
        "Read tissue known to be normal, of development slides of a version's training side, and "
        "keep its worst false alarms for the next dataset. Here and now, or by the workers with "
        "--queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("version", help="name or number")
        parser.add_argument("--slides", nargs="+", metavar="SLIDE", help="all that may be if none")
        parser.add_argument("--per-slide", type=int, default=50, help="patches kept at most")
        parser.add_argument(
            "--lowest-score", type=float, help="probability from which it is wrong (threshold)"
        )
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        slides = options["slides"]
        try:
            row = mining.request_mining(
                version=chosen_version(options["version"]),
                slides=[chosen_slide(word) for word in slides] if slides else None,
                per_slide=options["per_slide"],
                lowest_score=options["lowest_score"],
            )
        except Reason as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["queue"]:
            tasks.mine_negatives.delay(row.pk)
        else:
            progress = Progress(self.stderr if options["format"] == "text" else None, "patches")
            with progress.stopped_by_interrupt():
                tasks.run_mining(row, watch=progress)
        row.refresh_from_db()
        as_json = options["format"] == "json"
        self.stdout.write(json.dumps(result(row), indent=2) if as_json else text(row))
        if row.status in {Mining.Status.FAILED, Mining.Status.CANCELLED}:
            raise CommandError(f"{row}: {row.status}. {row.error}".strip())


def result(row: Mining) -> dict[str, Any]:
    return {
        "mining": row.pk,
        "version": row.version.name,
        "status": row.status,
        "reason": row.reason,
        "error": row.error,
        "lowest_score": row.lowest_score,
        "per_slide": row.per_slide,
        "patches": str(row.patches_path or ""),
        "patches_sha256": row.patches_sha256,
        "counts": row.counts,
        "seconds": row.seconds_taken,
    }


def text(row: Mining) -> str:
    if row.status != Mining.Status.DONE:
        return f"mining {row.pk} ({row}): {row.status}"
    counts = row.counts
    lines = [
        f"mining {row.pk}: {counts['kept']} false alarms kept of {counts['wrong']} among "
        f"{counts['read']} normal patches, from probability {row.lowest_score:.3f}"
    ]
    lines += [
        f"  {slide['name']}: {slide['kept']} of {slide['wrong']} among {slide['read']}"
        for slide in counts["slides"]
    ]
    return "\n".join(lines)
