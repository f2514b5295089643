"""What open studies keep back of the rest of the site: closed addresses, and rows not told.

Put into slides.withheld when the site starts: every door and every list of rows asks there.
"""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _

from predictions.models import Cohort, Evaluation, GateRun, Prediction, Report
from predictions.review import visibility
from slides import withheld
from slides.models import Annotation, AuditEvent, Bookmark, Edit, PendingTruth, SeenTissue, Slide
from slides.withheld import Kept
from training.models import Dataset, Mining, ModelVersion, TrainingRun

SLIDES: dict[Kept, Callable[[Any], QuerySet[Slide]]] = {
    Kept.MODEL: visibility.model_kept_from,
    Kept.TRUTH: visibility.truth_kept_from,
    Kept.MARKS: visibility.marks_kept_from,
}
# Of which slide a row tells what. A dataset, a run and what was mined tell the truth of patches.
TELLS: dict[type[Model], tuple[Kept, str]] = {
    Prediction: (Kept.MODEL, "slide"),
    Evaluation: (Kept.TRUTH, "prediction__slide"),
    Cohort: (Kept.TRUTH, "evaluations__prediction__slide"),
    Annotation: (Kept.TRUTH, "slide"),
    Edit: (Kept.TRUTH, "slide"),
    PendingTruth: (Kept.TRUTH, "slide"),
    Dataset: (Kept.TRUTH, "slides"),
    TrainingRun: (Kept.TRUTH, "dataset__slides"),
    Mining: (Kept.TRUTH, "slides"),
}
# Whose they are. One's own are told; those of others on a slide of a blinded study are not.
BY: dict[type[Model], str] = {Bookmark: "author", SeenTissue: "reader"}
# Addresses by their first word: the row that their pk is of.
SUBJECTS: dict[str, type[Model]] = {
    "prediction": Prediction,
    "evaluation": Evaluation,
    "cohort": Cohort,
    "annotation": Annotation,
    "dataset": Dataset,
    "run": TrainingRun,
    "mining": Mining,
    "report": Report,
    "gate": GateRun,
}
OF_A_VERSION = {"gate-new"}
TRUTH_OF_A_SLIDE = (
    "truth-", "slide-truth", "slide-add-truth", "slide-label-mask", "slide-drawing",
    "slide-revision",
)  # fmt: skip
MEASURED = {"prediction", "prediction-state", "prediction-truth", "prediction-metrics"}


class StudyKeeper:
    """Keeps from the readers of open studies what would tell them."""

    def slides(self, user: Any, what: Kept) -> QuerySet[Slide]:
        return SLIDES[what](user)

    def rows(self, rows: QuerySet, user: Any) -> QuerySet:
        model = rows.model
        if model in TELLS:
            what, slide = TELLS[model]
            return rows.exclude(**{f"{slide}__in": SLIDES[what](user)})
        if model in BY:
            others = Q(slide__in=visibility.marks_kept_from(user)) & ~Q(**{BY[model]: user.pk})
            return rows.exclude(others)
        if model is AuditEvent:
            return _audit_without_colleagues(rows, user)
        if model in (Report, GateRun):
            return rows.exclude(pk__in=_of_kept_slides(rows, user))
        return rows

    def refusal(self, user: Any, name: str, arguments: Mapping[str, Any]) -> str:
        if "pk" not in arguments:
            return ""
        name, pk = name.removeprefix("api-"), int(arguments["pk"])
        if name.startswith(TRUTH_OF_A_SLIDE):
            return _until_closed(user, visibility.truth_kept_from(user).filter(pk=pk))
        if name in MEASURED:
            of_it = visibility.truth_kept_from(user).filter(predictions=pk)
            return _until_closed(user, of_it)
        if name in _OF_VERSIONS:
            return _until_closed(user, _OF_VERSIONS[name](user, pk))
        model = SUBJECTS.get(name.split("-")[0])
        if model is None or name in OF_A_VERSION:
            return ""
        return self._row_refusal(user, model, pk)

    def _row_refusal(self, user: Any, model: type[Model], pk: int) -> str:
        row = model._default_manager.filter(pk=pk)
        if self.rows(row, user).exists() or not row.exists():
            return ""
        if model is Prediction:
            return _until_decided(user, visibility.model_kept_from(user).filter(predictions=pk))
        return _until_closed(user, visibility.truth_kept_from(user))


KEEPER = StudyKeeper()


def put_in() -> None:
    withheld.keep(KEEPER)


# Words ----------------------------------------------------------------------------------


def _until_closed(user: Any, kept: QuerySet[Slide]) -> str:
    slide = kept.first()
    if slide is None:
        return ""
    study = visibility.studies_of(user).filter(slides__slide=slide).first()
    return _(
        "%(slide)s belongs to the study “%(study)s”, in which you take part. What others say of it "
        "is shown to you once the study is closed."
    ) % {"slide": slide, "study": study}


def _until_decided(user: Any, kept: QuerySet[Slide]) -> str:
    slide = kept.first()
    if slide is None:
        return ""
    study = visibility.undecided(user).filter(slide=slide).first().study
    return _(
        "In the study “%(study)s” you decide on %(slide)s before the model is shown. Read it from "
        "your worklist first."
    ) % {"slide": slide, "study": study}


# Rows that name their slides elsewhere ------------------------------------------------------


def _audit_without_colleagues(rows: QuerySet, user: Any) -> QuerySet:
    """An admin who reads in a blinded study is told nothing that colleagues did at the desk."""
    if not visibility.blinded_for(user).exists():
        return rows
    return rows.exclude(Q(subject_type__startswith="review.") & ~Q(actor=user.get_username()))


def _of_kept_slides(rows: QuerySet, user: Any) -> list[int]:
    """Reports and trials at the gate that tell of a slide whose truth is kept."""
    kept = set(visibility.truth_kept_from(user).values_list("pk", flat=True))
    if not kept:
        return []
    column = "inputs__slides" if rows.model is Report else "test_slides"
    told = rows.model._default_manager.values_list("pk", column)
    return [pk for pk, members in told if kept & {_slide_id(one) for one in members or []}]


def _slide_id(member: Mapping[str, Any]) -> Any:
    return member.get("slide", member.get("id"))


def _tested(user: Any, version: int) -> QuerySet[Slide]:
    """Test slides that the files for challenges would tell of."""
    return visibility.model_kept_from(user).with_subset(Slide.Subset.TEST)


def _validated(user: Any, version: int) -> QuerySet[Slide]:
    """Slides of the dataset that a version's patch scores are of."""
    row = ModelVersion.objects.filter(pk=version).first()
    run = row.source_run if row else None
    if run is None:
        return Slide.objects.none()
    return visibility.truth_kept_from(user).filter(datasets=run.dataset_id)


def _corrected(user: Any, version: int) -> QuerySet[Slide]:
    """Slides of which the list of corrections would tell what was drawn, and by whom."""
    return visibility.truth_kept_from(user).filter(annotations__isnull=False)


_OF_VERSIONS: dict[str, Callable[[Any, int], QuerySet[Slide]]] = {
    "version-results": _tested,
    "results-detail": _tested,
    "version-scores": _validated,
    "version-corrections": _corrected,
    "version-retrain": _corrected,
}
