"""What is kept from somebody for the time being, such as from the readers of a blinded study.

The doors of the site ask here. Who keeps something back lies higher up, and is put in when the
site starts (`keep`); without it nothing is kept.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

from django.db.models import Q, QuerySet


class Kept(StrEnum):
    """What of a slide may be kept from a user."""

    MODEL = "model"  # maps, scores and findings of any version
    TRUTH = "truth"  # what anybody says is in the slide, and what was measured against it
    MARKS = "marks"  # what other readers set, said or looked at


class Keeper(Protocol):
    def slides(self, user: Any, what: Kept) -> QuerySet:
        """The slides of which this is kept from the user."""

    def refusal(self, user: Any, name: str, arguments: Mapping[str, Any]) -> str:
        """Why an address is closed to the user for now, in plain words; empty where it is open."""

    def rows(self, rows: QuerySet, user: Any) -> QuerySet:
        """The rows without those that are kept from the user."""


_keepers: list[Keeper] = []


def keep(keeper: Keeper) -> None:
    """Ask this keeper from now on."""
    _keepers.append(keeper)


def is_kept(user: Any, what: Kept, slide_id: int) -> bool:
    return any(keeper.slides(user, what).filter(pk=slide_id).exists() for keeper in _keepers)


def told(user: Any, what: Kept, slide: str = "pk") -> Q:
    """The condition that of the slide, at this path, this is not kept from the user."""
    condition = Q()
    for keeper in _keepers:
        condition &= ~Q(**{f"{slide}__in": keeper.slides(user, what)})
    return condition


def without_kept(rows: QuerySet, user: Any) -> QuerySet:
    """Rows of any model but for those that are kept from the user."""
    for keeper in _keepers:
        rows = keeper.rows(rows, user)
    return rows


def refusal(user: Any, name: str | None, arguments: Mapping[str, Any]) -> str:
    """Why an address, by its name, is closed to the user for now; empty where it is open."""
    said = (keeper.refusal(user, name or "", arguments) for keeper in _keepers)
    return next((words for words in said if words), "")
