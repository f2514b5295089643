"""Worklists as people filtered and ordered them, kept under a name."""

from typing import Any
from urllib.parse import parse_qs

from django.contrib.auth.models import User
from django.db.models import Case, Q, QuerySet, Value, When

from predictions.review.models import SavedView
from predictions.review.work_filters import Filters
from slides.jobs import Reason

LONGEST = 120


class NotSaved(Reason):
    code = "not_saved"


def views_of(user: Any) -> QuerySet[SavedView]:
    """One's own and what colleagues share, one's own first."""
    seen = SavedView.objects.filter(Q(owner=user.pk) | Q(is_shared=True, owner__is_active=True))
    is_others = Case(When(owner=user.pk, then=Value(0)), default=Value(1))
    return seen.select_related("owner").order_by(is_others, "name", "pk")


def filters_of(query: str) -> Filters:
    """The filters of an address; what is none of the choices is dropped."""
    told = parse_qs(query.lstrip("?"), max_num_fields=50)
    return Filters.of({name: values[-1] for name, values in told.items()})


def save_view(*, owner: User, name: str, query: str, is_shared: bool = False) -> SavedView:
    """Keep a list under a name; the owner's view of that name becomes this one."""
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise NotSaved("Give the view a name.", "bad_input")
    if len(name) > LONGEST:
        raise NotSaved(
            f"The name has {len(name)} characters; at most {LONGEST} are kept.", "bad_input"
        )
    told = {"query": filters_of(query).query, "is_shared": is_shared}
    view, _ = SavedView.objects.update_or_create(owner=owner, name=name, defaults=told)
    return view


def forget_view(*, view: SavedView, by: User) -> None:
    if view.owner_id != by.pk:
        raise NotSaved(f"“{view}” is {view.owner}'s: only they forget it.", "not_yours")
    view.delete()
