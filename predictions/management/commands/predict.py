"""Read slides with a model version."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from predictions import tasks
from predictions.management.chosen import SUBSETS, chosen_slides, chosen_version
from predictions.models import Prediction
from predictions.origin import NotPredictable
from predictions.services import request_prediction
from slides.jobs import recover
from slides.models import Slide
from training.management.showing import Progress
from training.models import ModelVersion


class Command(BaseCommand):
    help = (
        "Predict slides with a model version: here and now, or by the workers with --queue. "
        "A slide that these weights and settings have read is not read again."
    )

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: Any) -> CommandParser:
        # --version is ours here, not Django's
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--version",
            dest="version_word",
            metavar="VERSION",
            help="name or number (default: the live one)",
        )
        parser.add_argument("--slides", nargs="+", default=[], metavar="SLIDE")
        parser.add_argument("--subset", choices=SUBSETS, help="all ready slides of a subset")
        parser.add_argument("--tissue-bar", type=float, help="least share of tissue in a cell")
        parser.add_argument("--queue", action="store_true", help="leave the work to the workers")
        parser.add_argument("--format", choices=("text", "json"), default="text")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["slides"]) == bool(options["subset"]):
            raise CommandError("Say which slides: --slides NAME ... or --subset test|all.")
        version = chosen_version(options["version_word"])
        slides = chosen_slides(options["slides"], options["subset"])
        recover(Prediction)  # what a killed command left running is queued again
        self.progress = Progress(self.stderr if options["format"] == "text" else None, "cells")
        with self.progress.stopped_by_interrupt():
            results = [
                self._one(slide, version, options)
                for slide in slides
                if not self.progress.is_stopped
            ]
        if options["format"] == "json":
            self.stdout.write(json.dumps(results, indent=2))
        bad = [result["slide"] for result in results if result["status"] in {"refused", "failed"}]
        if self.progress.is_stopped:
            raise CommandError("Stopped. Run the same command again to go on.")
        if bad:
            raise CommandError(f"{len(bad)} of {len(slides)} slides were not predicted: {bad}")

    def _one(self, slide: Slide, version: ModelVersion, options: dict[str, Any]) -> dict[str, Any]:
        try:
            prediction = request_prediction(
                slide=slide, version=version, tissue_bar=options["tissue_bar"]
            )
        except NotPredictable as refusal:
            result = {"slide": slide.name, "status": "refused"}
            result |= {"reason": refusal.code, "error": str(refusal)}
        else:
            self._carry_out(prediction, is_queued=options["queue"])
            prediction.refresh_from_db()
            result = _result(prediction)
        if options["format"] == "text":
            self.stdout.write(_line(result))
        return result

    def _carry_out(self, prediction: Prediction, *, is_queued: bool) -> None:
        if prediction.status != Prediction.Status.QUEUED:
            return
        if is_queued:
            tasks.predict_slide.delay(prediction.pk)
            return
        tasks.run_prediction(prediction, watch=self.progress)


def _result(prediction: Prediction) -> dict[str, Any]:
    evaluation = prediction.evaluation
    return {
        "slide": prediction.slide.name,
        "prediction": prediction.pk,
        "slide_mpp": prediction.slide.mpp,
        "version": prediction.version.name,
        "weights_sha256": prediction.version.weights_sha256,
        "mpp": prediction.version.mpp,
        "patch_px": prediction.version.patch_px,
        "columns": prediction.columns,
        "rows": prediction.rows,
        "side_l0": prediction.side_l0,
        "status": prediction.status,
        "reason": prediction.reason,
        "error": prediction.error,
        "exposure": prediction.exposure,
        "threshold": prediction.threshold,
        "threshold_source": prediction.version.threshold_source,
        "tissue_bar": prediction.tissue_bar,
        "cells_assessed": prediction.assessed_count,
        "cells_tumour": prediction.tumour_count,
        "slide_score": prediction.slide_score,
        "seconds": prediction.seconds_taken,
        "map": str(prediction.map_path or ""),
        "map_sha256": prediction.map_sha256,
        "warnings": prediction.warnings,
        "is_synthetic": prediction.slide.is_synthetic or prediction.version.is_synthetic,
        "evaluation": evaluation.pk if evaluation else None,
    }


def _line(result: dict[str, Any]) -> str:
    if result["status"] != "done":
        reason = f" ({result['reason']}): {result['error']}" if result["reason"] else ""
        return f"{result['slide']}: {result['status']}{reason}"
    score = result["slide_score"]
    told = "no cell assessed" if score is None else f"highest probability {score:.3f}"
    seconds = result["seconds"] or 0.0
    notes = "".join(f"\n  WARNING {warning}" for warning in result["warnings"])
    return (
        f"{result['slide']}: prediction {result['prediction']}, {result['cells_tumour']} of "
        f"{result['cells_assessed']} cells called tumour, {told}, {seconds:.1f} s{notes}"
    )
