"""All kinds of jobs in one list: what waits, what runs, what failed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from predictions import tasks as prediction_tasks
from predictions.models import GateRun, MapImport, Prediction, Report
from slides import tasks as slide_tasks
from slides.jobs import Job
from slides.models import Slide
from training import tasks as training_tasks
from training.models import Dataset, Experiment, Mining, OnnxExport, TrainingRun, VersionImport

RECENT_DAYS = 7
RECENT_COUNT = 30


@dataclass(frozen=True)
class Kind:
    """A kind of job: its name, rows, unit of work (empty: share only) and task."""

    words: Any
    model: type[Job]
    unit: Any
    task: Any
    related: tuple[str, ...] = ()


KINDS = {
    "slide": Kind(_("Intake"), Slide, "", slide_tasks.ingest_slide),
    "dataset": Kind(_("Freezing"), Dataset, _("slides"), training_tasks.freeze_dataset),
    "run": Kind(
        _("Training"),
        TrainingRun,
        _("patches"),
        training_tasks.train_run,
        ("dataset",),
    ),
    "experiment": Kind(
        _("Experiment"), Experiment, _("patches"), training_tasks.carry_out_experiment
    ),
    "mining": Kind(_("Mining"), Mining, _("patches"), training_tasks.mine_negatives, ("version",)),
    "prediction": Kind(
        _("Prediction"),
        Prediction,
        _("cells"),
        prediction_tasks.predict_slide,
        ("slide", "version"),
    ),
    "gate": Kind(_("Gate"), GateRun, _("slides"), prediction_tasks.try_at_gate, ("version",)),
    "report": Kind(_("Report"), Report, _("steps"), prediction_tasks.make_report),
    "outside": Kind(_("Maps"), MapImport, _("slides"), prediction_tasks.import_maps),
    "import": Kind(_("Import"), VersionImport, "", training_tasks.import_version),
    "onnx": Kind(_("ONNX"), OnnxExport, "", training_tasks.export_onnx, ("version",)),
}


@dataclass(frozen=True)
class Listed:
    """A job with the name of its kind."""

    key: str
    kind: Kind
    row: Any

    @property
    def may_retry(self) -> bool:
        """False where a refused file was removed: it has to be sent again."""
        if self.key in ("import", "outside"):
            return self.row.path.is_file()
        return self.key != "slide" or bool(self.row.file)


def current() -> list[Listed]:
    """Running jobs first, then those that wait, oldest first."""
    found = _rows(lambda rows: rows.active())
    return sorted(found, key=lambda each: (each.row.status != "running", each.row.queued_at))


def recent() -> list[Listed]:
    """Jobs that failed or were cancelled of late, newest first."""
    since = now() - timedelta(days=RECENT_DAYS)
    ended = [Job.Status.FAILED, Job.Status.CANCELLED]
    found = _rows(lambda rows: rows.filter(status__in=ended, finished_at__gte=since))
    return sorted(found, key=lambda each: each.row.finished_at, reverse=True)[:RECENT_COUNT]


def _rows(choose: Callable[[Any], Any]) -> list[Listed]:
    return [
        Listed(key, kind, row)
        for key, kind in KINDS.items()
        for row in choose(kind.model.objects.select_related(*kind.related))
    ]
