"""Rows of the worklist as they are shown: what may be told of each, and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from predictions.models import Prediction
from predictions.review import visibility
from predictions.review.models import Alarm, Review, WorkItem
from predictions.review.work_filters import Scope
from predictions.review.work_words import waiting, why
from training.models import Stage

SIGNED = Review.State.SIGNED


@dataclass(frozen=True)
class Row:
    """tells: whether scores and findings may be shown. why: sentences, the leading one first.

    review: the number of the signed review, if there is one that the user may open.
    holder: who has it, where that is somebody else.
    """

    item: WorkItem
    tells: bool
    why: list[str]
    needs_second_look: bool
    review: int | None
    holder: Any

    @property
    def is_own(self) -> bool:
        return self.item.assigned_to_id is not None and self.holder is None

    @property
    def is_synthetic(self) -> bool:
        version = self.item.prediction and self.item.prediction.version
        return self.item.slide.is_synthetic or bool(version and version.is_synthetic)


def rows_of(scope: Scope, items: Sequence[WorkItem]) -> list[Row]:
    """Items of a page, fetched with their kin, as rows. A fixed number of queries."""
    user, order = scope.user, scope.filters.order
    kept = _kept(user, items)
    others = _other_readings(items)
    said = _said(user, items)
    rows = []
    for item in items:
        tells = scope.tells_figures and item.slide_id not in kept
        told = why(item, order, others.get(item.slide_id, [])) if tells else [waiting(item)]
        reviews = said.get(item.pk, [])
        rows.append(
            Row(
                item=item,
                tells=tells,
                why=told,
                needs_second_look=any(one.is_disputed for one in reviews),
                review=next((one.pk for one in reviews if one.state == SIGNED), None),
                holder=_holder(user, item),
            )
        )
    return rows


def _said(user: Any, items: Sequence[WorkItem]) -> dict[int, list[Any]]:
    """Reviews of each item that are signed or disputed, as far as the user may see them.

    Who may see them is a question of its own, and most work to be read has none.
    """
    alarms = Alarm.objects.filter(review=OuterRef("pk"), answer="")
    rows = Review.objects.filter(item__in=[item.pk for item in items])
    rows = rows.alias(disputed=Exists(alarms)).filter(Q(state=SIGNED) | Q(disputed=True))
    found = list(rows.annotate(is_disputed=F("disputed")).only("pk", "item", "state"))
    if not found:
        return {}
    visible = visibility.visible_reviews(user).filter(pk__in=[one.pk for one in found])
    seen = set(visible.values_list("pk", flat=True))
    told: dict[int, list[Any]] = {}
    for one in found:
        if one.pk in seen:
            told.setdefault(one.item_id, []).append(one)
    return told


def _kept(user: Any, items: Sequence[WorkItem]) -> set[int]:
    """Slides of which this user is to be told nothing that a model says."""
    slides = visibility.model_kept_from(user).filter(pk__in=[item.slide_id for item in items])
    return set(slides.values_list("pk", flat=True))


def _other_readings(items: Sequence[WorkItem]) -> dict[int, list[Prediction]]:
    """The newest reading by each other version that is not archived, by slide."""
    own = {item.slide_id: item.prediction for item in items}
    done = Prediction.objects.filter(
        slide__in=own, status=Prediction.Status.DONE, slide_score__isnull=False
    )
    newest: dict[tuple[int, int], Prediction] = {}
    for one in (
        done.exclude(version__stage=Stage.ARCHIVED).select_related("version").order_by("-pk")
    ):
        newest.setdefault((one.slide_id, one.version_id), one)
    others: dict[int, list[Prediction]] = {}
    for (slide, version), one in newest.items():
        reading = own[slide]
        if reading is None or reading.version_id != version:
            others.setdefault(slide, []).append(one)
    return others


def _holder(user: Any, item: WorkItem) -> Any:
    """Who has an item, unless it is the user, nobody, or an account that was closed."""
    holder = item.assigned_to
    return holder if holder and holder.pk != user.pk and holder.is_active else None
