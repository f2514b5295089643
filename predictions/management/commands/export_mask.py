"""Write a predicted mask as a TIFF of the slide's size."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions.exports import export_mask
from predictions.models import Prediction


class Command(BaseCommand):
    help = (
        "Export a prediction as a pyramidal TIFF that OpenSlide opens, of the slide's own size. "
        "Mask: 255 where tumour is called, else 0. Probability: 0 = not assessed, "
        "v in 1..255 = probability (v - 1) / 254. Where it comes from is in ImageDescription."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("prediction", type=int)
        parser.add_argument("out", type=Path)
        parser.add_argument("--threshold", type=float, help="default: the version's own")
        parser.add_argument("--kind", choices=("mask", "probability"), default="mask")
        parser.add_argument("--overwrite", action="store_true")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        out: Path = options["out"]
        if out.exists() and not options["overwrite"]:
            raise CommandError(f"{out} exists; give another name or --overwrite.")
        prediction = Prediction.objects.filter(pk=options["prediction"]).first()
        if prediction is None:
            raise CommandError(f"There is no prediction {options['prediction']}.")
        try:
            facts = export_mask(
                prediction, out, threshold=options["threshold"], kind=options["kind"]
            )
        except (ValueError, OSError) as refusal:
            raise CommandError(str(refusal)) from refusal
        if options["format"] == "json":
            self.stdout.write(json.dumps({"out": str(out)} | facts, indent=2))
        else:
            note = f" ({facts['note']})" if facts["note"] else ""
            self.stdout.write(f"{out}: {facts['kind']} of {facts['slide']}{note}")
