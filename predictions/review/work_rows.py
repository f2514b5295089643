"""Rows of the worklist as they are shown: what may be told of each, and what can be done."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from predictions.models import Prediction
from predictions.review import visibility
from predictions.review.models import Review, WorkItem
from predictions.review.work_filters import Scope, needs_second_look
from predictions.review.work_words import waiting, why
from training.models import Stage


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
    disputed = set(_of(items).filter(needs_second_look(user)).values_list("pk", flat=True))
    reviews = _signed(user, items)
    rows = []
    for item in items:
        tells = scope.tells_figures and item.slide_id not in kept
        told = why(item, order, others.get(item.slide_id, [])) if tells else [waiting(item)]
        rows.append(
            Row(
                item=item,
                tells=tells,
                why=told,
                needs_second_look=item.pk in disputed,
                review=reviews.get(item.pk),
                holder=_holder(user, item),
            )
        )
    return rows


def _of(items: Sequence[WorkItem]) -> Any:
    return WorkItem.objects.filter(pk__in=[item.pk for item in items])


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


def _signed(user: Any, items: Sequence[WorkItem]) -> dict[int, int]:
    reviews = visibility.visible_reviews(user).filter(item__in=[item.pk for item in items])
    return dict(reviews.filter(state=Review.State.SIGNED).values_list("item", "pk"))


def _holder(user: Any, item: WorkItem) -> Any:
    """Who has an item, unless it is the user, nobody, or an account that was closed."""
    holder = item.assigned_to
    return holder if holder and holder.pk != user.pk and holder.is_active else None
