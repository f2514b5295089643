"""The findings wall: findings of many slides as pictures, sorted, grouped, judged one by one."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from predictions.crops import window
from predictions.lesions import SIZE_CLASSES
from predictions.review import findings
from predictions.review.findings import Finding
from predictions.review.models import Candidate, Review, Verdict, WorkItem
from predictions.review.visibility import visible_reviews
from predictions.review.work_filters import Filters, Scope, listed

PER_PAGE = 60

SORTS = {
    "confidence": _("surest first"),
    "doubt": _("most doubtful first"),
    "dispute": _("most disputed first"),
    "size": _("largest first"),
}
COLUMNS = {
    "confidence": F("confidence").desc(),
    "doubt": F("uncertainty").desc(),
    "dispute": F("disagreement").desc(),
    "size": F("diameter_um").desc(nulls_last=True),
}
GROUPS = {
    "": _("not grouped"),
    "size": _("by size"),
    "slide": _("by slide"),
    "version": _("by version"),
}
JUDGED = {"": _("to be judged"), "yes": _("judged"), "all": _("all")}
SIZE_NAMES = {
    "macro": _("Macrometastases, over 2 mm"),
    "micro": _("Micrometastases, 0.2 to 2 mm"),
    "itc": _("Isolated tumour cells, up to 0.2 mm"),
    "": _("Size unknown"),
}
LARGEST_FIRST = Case(
    *(When(size_class=name, then=Value(rank)) for rank, name in enumerate(SIZE_CLASSES[::-1])),
    default=Value(len(SIZE_CLASSES)),
    output_field=IntegerField(),
)
GROUP_ORDERS: dict[str, list[Any]] = {
    "": [],
    "size": [LARGEST_FIRST],
    "slide": ["prediction__slide__name", "prediction_id"],
    "version": ["prediction__version_id"],
}


@dataclass(frozen=True)
class Wall:
    """How the wall is asked for, beside the filters of the worklist."""

    sort: str = "confidence"
    group: str = ""
    judged: str = ""

    @classmethod
    def of(cls, given: Any) -> "Wall":
        """As an address says; what is none of the choices is dropped."""
        chosen = {"sort": SORTS, "group": GROUPS, "judged": JUDGED}
        told = {name: given.get(name) or "" for name in chosen}
        return cls(**{name: said for name, said in told.items() if said in chosen[name] and said})

    def query(self, filters: Filters) -> str:
        """The part of an address after ?, with the worklist's filters."""
        own = {one.name: getattr(self, one.name) for one in fields(self)}
        plain = Wall()
        asked = {name: said for name, said in own.items() if said != getattr(plain, name)}
        return urlencode(filters.asked() | asked)


@dataclass(frozen=True)
class Tile:
    """A finding on the wall. review: the number of the reader's own open one, None before.

    holder: who reads the slide, where that is somebody else. frame: its box in px of the crop.
    """

    candidate: Candidate
    item: WorkItem
    finding: Finding
    review: int | None
    is_open: bool
    holder: Any
    frame: tuple[float, float, float, float]


# Which ---------------------------------------------------------------------------------


def on_the_wall(scope: Scope, wall: Wall) -> QuerySet[Candidate]:
    """Findings of the reading that each listed slide is reviewed by, in their order.

    Nothing where a reader decides before the model is shown: see visibility.visible_items.
    """
    if not scope.tells_figures:
        return Candidate.objects.none()
    rows = Candidate.objects.filter(
        prediction__in=listed(scope).exclude(prediction=None).values("prediction"),
        map_sha256=F("prediction__map_sha256"),
        threshold=F("prediction__threshold"),
    )
    if wall.judged in ("", "yes"):
        is_judged = Exists(_standing(scope.user))
        rows = rows.filter(is_judged if wall.judged else ~is_judged)
    return rows.order_by(*GROUP_ORDERS[wall.group], COLUMNS[wall.sort], "pk")


def _standing(user: Any) -> QuerySet[Verdict]:
    """Verdicts on a finding that nobody undid, in the reader's own review or a signed one."""
    undone = Verdict.objects.filter(undoes=OuterRef("pk"))
    reviews = visible_reviews(user).exclude(state=Review.State.LEFT)
    given = Verdict.objects.filter(candidate=OuterRef("pk"), review__in=reviews, undoes=None)
    return given.exclude(Exists(undone)).exclude(kind=Verdict.Kind.WITHDRAWN)


def page_of(rows: QuerySet[Candidate], number: int) -> tuple[list[Candidate], bool]:
    """One page, and whether another follows. Nothing is counted."""
    begin = (number - 1) * PER_PAGE
    kin = rows.select_related("prediction__version", "prediction__slide")
    found = list(kin[begin : begin + PER_PAGE + 1])
    return found[:PER_PAGE], len(found) > PER_PAGE


# As they are shown -----------------------------------------------------------------------


def tiles_of(scope: Scope, candidates: Sequence[Candidate]) -> list[Tile]:
    """Candidates of a page with what was said of them. A fixed number of queries."""
    items = _items(scope, candidates)
    reviews = _reviews(scope.user, items.values())
    said = _folded(reviews.values(), candidates)
    tiles = []
    for one in candidates:
        item = items[one.prediction_id]
        review = reviews.get(item.pk)
        finding = said.get((item.pk, one.pk)) or findings.fold([one], [])[0]
        is_own = review is not None and review.reader_id == scope.user.pk
        is_open = review is None or review.state == Review.State.OPEN
        tiles.append(
            Tile(
                candidate=one,
                item=item,
                finding=finding,
                review=review.pk if review else None,
                is_open=is_open and (is_own or review is None),
                holder=_holder(scope.user, item),
                frame=window(tuple(one.box_l0), one.prediction.slide.mpp).frame,
            )
        )
    return tiles


def _items(scope: Scope, candidates: Sequence[Candidate]) -> dict[int, WorkItem]:
    rows = listed(scope).filter(prediction__in={one.prediction_id for one in candidates})
    return {one.prediction_id: one for one in rows.select_related("slide", "assigned_to")}


def _reviews(user: Any, items: Iterable[WorkItem]) -> dict[int, Review]:
    """By item: the reader's open review, else the signed one."""
    shown = (Review.State.OPEN, Review.State.SIGNED)
    rows = visible_reviews(user).filter(item__in=list(items), state__in=shown)
    found: dict[int, Review] = {}
    for row in rows.order_by("pk"):
        is_own_open = row.state == Review.State.OPEN and row.reader_id == user.pk
        if is_own_open or row.state == Review.State.SIGNED and row.item_id not in found:
            found[row.item_id] = row
    return found


def _folded(
    reviews: Iterable[Review], candidates: Sequence[Candidate]
) -> dict[tuple[int, int], Finding]:
    """By item and candidate: the finding as the review says it is."""
    rows = {row.pk: row for row in reviews}
    told = Verdict.objects.filter(review__in=rows, candidate__in=[one.pk for one in candidates])
    by_review: dict[int, list[Verdict]] = defaultdict(list)
    for verdict in told.order_by("sequence"):
        by_review[verdict.review_id].append(verdict)
    by_prediction = defaultdict(list)
    for one in candidates:
        by_prediction[one.prediction_id].append(one)
    return {
        (rows[pk].item_id, finding.candidate_id): finding
        for pk, verdicts in by_review.items()
        for finding in findings.fold(by_prediction[rows[pk].prediction_id], verdicts)
    }


def _holder(user: Any, item: WorkItem) -> Any:
    """Who else has the slide; an account that was closed holds nothing."""
    who = item.assigned_to
    return who if who is not None and who.is_active and who.pk != user.pk else None


def parts_of(tiles: Sequence[Tile], wall: Wall) -> list[tuple[str, list[Tile]]]:
    """Tiles by their group, in order, each group under its name."""
    names = {
        "": lambda tile: "",
        "size": lambda tile: str(SIZE_NAMES[tile.candidate.size_class]),
        "slide": lambda tile: str(tile.item.name),
        "version": lambda tile: str(tile.candidate.prediction.version),
    }
    return [(name, list(members)) for name, members in groupby(tiles, names[wall.group])]
