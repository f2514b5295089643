"""Pages of the worklist, and what comes before and after an item: by keyset, never by counting.

Urgent work comes first in every order; items that are equal go by their number. An item is found
by where it stands now, also after it has left the filter: signed, say.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from predictions.review.models import WorkItem
from predictions.review.work_filters import Filters, Scope, column_of, listed, scope_of

PER_PAGE = 30
MOST_COUNTED = 10_000


@dataclass(frozen=True)
class Page:
    """items: in order. before, after: the number of the item to page from, None at an end."""

    items: list[WorkItem]
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True)
class Count:
    """How many rows there are, counted up to MOST_COUNTED."""

    n: int
    is_more: bool = False


def counted(rows: QuerySet) -> Count:
    """How many rows there are; beyond MOST_COUNTED it is only said that there are more."""
    n = rows.order_by()[: MOST_COUNTED + 1].count()
    return Count(min(n, MOST_COUNTED), n > MOST_COUNTED)


def page_of(scope: Scope, *, given: Any = None, per_page: int = PER_PAGE) -> Page:
    """One page of the list.

    given: has "after" or "before", the number of the item next to it, or "at", the item it begins
    with. An item that is gone, or none at all, gives the first page.
    """
    walk = Walk.of(scope)
    anchor, way = _anchor(given or {})
    if anchor is None:
        return _forward(walk.take(per_page + 1), per_page)
    if way == "before":
        found = walk.before(anchor, per_page + 1)
        items = found[:per_page][::-1]
        before = items[0].pk if len(found) > per_page else None
        return Page(items, before, items[-1].pk) if items else page_of(scope, per_page=per_page)
    found = walk.after(anchor, per_page + 1, is_included=way == "at")
    first = found[0] if found else anchor
    has_before = bool(walk.before(first, 1, is_included=not found))
    return _forward(found, per_page, before=first.pk if has_before else None)


def _forward(found: list[WorkItem], per_page: int, before: int | None = None) -> Page:
    items = found[:per_page]
    return Page(items, before, items[-1].pk if len(found) > per_page else None)


def _anchor(given: Any) -> tuple[WorkItem | None, str]:
    for way in ("after", "before", "at"):
        told = str(given.get(way) or "")
        if told.isascii() and told.isdigit() and len(told) < 19:
            return WorkItem.objects.filter(pk=told).first(), way
    return None, ""


# One after the other -------------------------------------------------------------


@dataclass(frozen=True)
class Walk:
    """Rows of a filter in its order, from any item on, forwards and backwards."""

    rows: QuerySet[WorkItem]
    column: str
    is_descending: bool

    @classmethod
    def of(cls, scope: Scope) -> "Walk":
        kin = ("slide", "study", "assigned_to", "prediction__version")
        return cls(listed(scope).select_related(*kin), *column_of(scope.filters.order))

    def take(self, n: int) -> list[WorkItem]:
        return list(self._ordered(self.rows)[:n])

    def after(self, item: WorkItem, n: int, *, is_included: bool = False) -> list[WorkItem]:
        """The n rows after an item, and the item itself first if it is asked for."""
        return self._until(n, self._pieces(item, forwards=True, is_included=is_included))

    def before(self, item: WorkItem, n: int, *, is_included: bool = False) -> list[WorkItem]:
        """The n rows before an item, the nearest first."""
        return self._until(n, self._pieces(item, forwards=False, is_included=is_included))

    def _until(self, n: int, pieces: Iterator[QuerySet[WorkItem]]) -> list[WorkItem]:
        found: list[WorkItem] = []
        for piece in pieces:
            found += piece[: n - len(found)]
            if len(found) >= n:
                break
        return found

    def _pieces(
        self, item: WorkItem, *, forwards: bool, is_included: bool
    ) -> Iterator[QuerySet[WorkItem]]:
        """Rows as urgent as the item and beyond it, then those of the other kind, if that is next.

        Each is one stretch of an index: a condition on both at once would be none.
        """
        beyond = self._beyond(item, forwards=forwards)
        if is_included:
            beyond |= Q(pk=item.pk)
        same = self.rows.filter(self._bound(item, forwards=forwards), is_urgent=item.is_urgent)
        yield self._ordered(same.filter(beyond), forwards=forwards)
        if item.is_urgent == forwards:
            other = self.rows.filter(is_urgent=not item.is_urgent)
            yield self._ordered(other, forwards=forwards)

    def _bound(self, item: WorkItem, *, forwards: bool) -> Q:
        """What lets an index begin at the item: its column is at most, or at least, the item's."""
        side = "lte" if self.is_descending == forwards else "gte"
        return Q(**{f"{self.column}__{side}": getattr(item, self.column)})

    def _beyond(self, item: WorkItem, *, forwards: bool) -> Q:
        value = getattr(item, self.column)
        side = "lt" if self.is_descending == forwards else "gt"
        tie = {self.column: value, "pk__gt" if forwards else "pk__lt": item.pk}
        return Q(**{f"{self.column}__{side}": value}) | Q(**tie)

    def _ordered(self, rows: QuerySet[WorkItem], *, forwards: bool = True) -> QuerySet[WorkItem]:
        """By study first, although all rows are of one: so the whole index is used."""
        signs = ("-", "-" if self.is_descending else "", "")
        names = ("is_urgent", self.column, "pk")
        order = [f"{sign}{name}" for sign, name in zip(signs, names, strict=True)]
        if forwards:
            return rows.order_by("study_id", *order)
        return rows.order_by("study_id", *order).reverse()


# Next and previous ---------------------------------------------------------------


@dataclass(frozen=True)
class Neighbours:
    previous: WorkItem | None
    next: WorkItem | None


def neighbours(item: WorkItem, filters: Filters, user: Any) -> Neighbours:
    """What comes before and after an item within a filter; None at its ends."""
    walk = Walk.of(scope_of(user, filters))
    return Neighbours(_first(walk.before(item, 1)), _first(walk.after(item, 1)))


def next_unsigned(item: WorkItem, filters: Filters, user: Any) -> WorkItem | None:
    """What to read after an item: the next that is not signed, from the top again at the end.

    None where nothing of the filter is left to be read. What somebody else is reading is theirs.
    """
    whose = "" if filters.whose == "all" else filters.whose
    walk = Walk.of(scope_of(user, filters.but(state="", whose=whose)))
    rows = walk.after(item, 1) or [one for one in walk.take(2) if one.pk != item.pk]
    return _first(rows)


def _first(rows: list[WorkItem]) -> WorkItem | None:
    return rows[0] if rows else None
