"""Every file that somebody takes out of the site is written into the audit log, before it goes.

A file is what is answered as an attachment, over a page or the API. What it is of is told by the
first word of its address; a file of no one row is put down to the user's own account.
"""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase

from predictions.models import Cohort, Evaluation, Prediction, Report
from predictions.review.models import Review, Study
from slides import audit
from slides.models import Annotation, Slide
from training.models import Dataset, Experiment, Mining, ModelVersion, TrainingRun

SUBJECTS: dict[str, type[Model]] = {
    "slide": Slide,
    "truth": Slide,
    "worksheet": Slide,
    "annotation": Annotation,
    "dataset": Dataset,
    "run": TrainingRun,
    "experiment": Experiment,
    "mining": Mining,
    "version": ModelVersion,
    "results": ModelVersion,
    "prediction": Prediction,
    "evaluation": Evaluation,
    "cohort": Cohort,
    "report": Report,
    "review": Review,
    "study": Study,
}


class ExportLog:
    """Write down which file goes to whom; if it cannot be written, nothing goes."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if _is_export(request, response):
            _note(request, response)
        return response


def _is_export(request: HttpRequest, response: HttpResponseBase) -> bool:
    """A whole file, as it is asked for first; the later parts of one are not told again."""
    if request.method != "GET" or response.status_code != HTTPStatus.OK:
        return False
    is_file = response.headers.get("Content-Disposition", "").startswith("attachment")
    return is_file and request.user.is_authenticated


def _note(request: HttpRequest, response: HttpResponseBase) -> None:
    match: Any = request.resolver_match
    name = match.url_name.removeprefix("api-")
    subject = _subject(name, match.kwargs) or request.user
    told: dict[str, Any] = {"file": _file_name(response), "by": match.url_name}
    if (slide := _slide_of(subject)) is not None:
        told["slide"] = slide
    audit.record(request.user, "take out", subject, **told)


def _subject(name: str, arguments: dict[str, Any]) -> Any:
    model = SUBJECTS.get(name.split("-")[0])
    if model is None or "pk" not in arguments:
        return None
    return model._default_manager.filter(pk=arguments["pk"]).first()


def _slide_of(subject: Model | User) -> int | None:
    if isinstance(subject, Slide):
        return subject.pk
    if isinstance(subject, Evaluation):
        return subject.prediction.slide_id
    return getattr(subject, "slide_id", None)


def _file_name(response: HttpResponseBase) -> str:
    _, _, name = response.headers["Content-Disposition"].partition("filename")
    return name.lstrip("*= ").removeprefix("utf-8''").strip('"')[:200]
