"""Which slides to show: words, filters and order of the slide list. Reads rows, writes none."""

from dataclasses import dataclass
from typing import Any

from django.db.models import F, FloatField, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _

from predictions.models import Prediction
from slides import withheld
from slides.models import Annotation, Slide

TRUTH_CHOICES = [
    ("tumour", _("tumour marked")),
    ("normal", _("declared normal")),
    ("none", _("no truth yet")),
]
STATUS_CHOICES = [
    ("ready", _("ready")),
    ("active", _("being taken in")),
    ("failed", _("refused or failed")),
]
SORT_CHOICES = [
    ("name", _("name")),
    ("newest", _("newest first")),
    ("tissue", _("most tissue")),
    ("score", _("highest score first")),
]
ORDERS = {
    "name": ["name", "pk"],
    "newest": ["-pk"],
    "tissue": [F("tissue_share").desc(), "pk"],
    "score": [F("latest_score").desc(nulls_last=True), "pk"],
}
STATUSES = {
    "ready": [Slide.Status.DONE],
    "active": [Slide.Status.QUEUED, Slide.Status.RUNNING],
    "failed": [Slide.Status.FAILED, Slide.Status.CANCELLED],
}


@dataclass(frozen=True)
class Filters:
    """What a person asked the list for; empty means all."""

    words: str = ""
    subset: str = ""
    truth: str = ""
    status: str = ""
    sort: str = "name"

    @classmethod
    def of(cls, given: dict[str, str]) -> "Filters":
        """The filters of a query string; a value that is none of the choices is dropped."""
        return cls(
            words=given.get("q", "").strip()[:200],
            subset=_one_of(given.get("subset"), Slide.Subset.values),
            truth=_one_of(given.get("truth"), [key for key, _ in TRUTH_CHOICES]),
            status=_one_of(given.get("status"), list(STATUSES)),
            sort=_one_of(given.get("sort"), list(ORDERS)) or "name",
        )

    @property
    def are_set(self) -> bool:
        return bool(self.words or self.subset or self.truth or self.status)


def _one_of(value: str | None, allowed: list[str]) -> str:
    return value if value in allowed else ""


def listed_slides(filters: Filters, user: Any) -> QuerySet[Slide]:
    """Slides with latest truth and done predictions fetched along, in the order asked for.

    What is kept from the user is neither told, nor filtered or ordered by.
    """
    truths = withheld.without_kept(Annotation.objects.order_by("-revision"), user)
    done = withheld.without_kept(Prediction.objects.filter(status=Prediction.Status.DONE), user)
    slides = _with_latest(Slide.objects.all(), truths, done).filter(_condition(filters))
    truths = truths.defer("regions", "fit", "note")
    done = done.select_related("version")
    return slides.order_by(*ORDERS[filters.sort]).prefetch_related(
        Prefetch("annotations", truths, to_attr="truths"),
        Prefetch("predictions", done.order_by("-pk"), to_attr="readings"),
    )


def _with_latest(
    slides: QuerySet[Slide], truths: QuerySet[Annotation], done: QuerySet[Prediction]
) -> QuerySet[Slide]:
    latest = truths.filter(slide=OuterRef("pk"))
    scores = done.filter(slide=OuterRef("pk"))
    return slides.annotate(
        truth_area=Subquery(latest.values("tumour_area_px")[:1], output_field=FloatField()),
        latest_score=Subquery(scores.order_by("-pk").values("slide_score")[:1]),
    )


def _condition(filters: Filters) -> Q:
    condition = Q()
    if filters.words:
        condition &= Q(name__icontains=filters.words) | Q(patient__icontains=filters.words)
    if filters.subset:
        condition &= Q(subset=filters.subset)
    if filters.status:
        condition &= Q(status__in=STATUSES[filters.status])
    if filters.truth:
        condition &= {
            "tumour": Q(truth_area__gt=0),
            "normal": Q(truth_area=0),
            "none": Q(truth_area__isnull=True),
        }[filters.truth]
    return condition
