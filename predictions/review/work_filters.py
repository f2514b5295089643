"""Which work a person asked the list for, and in which order. It travels in the address."""

from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from predictions.lesions import SIZE_CLASSES
from predictions.review import visibility
from predictions.review.models import Alarm, Study, WorkItem
from predictions.review.models.work import WORK_ORDERS

MOST_WORDS = 200

ORDERS = {
    "score": _("highest score first"),
    "doubt": _("most doubtful first"),
    "dispute": _("most disputed first"),
    "value": _("most worth a review first"),
    "date": _("longest waiting first"),
    "patient": _("by patient"),
}
STATES = {
    "": _("not signed yet"),
    "waiting": _("to be read"),
    "begun": _("begun"),
    "signed": _("signed"),
    "all": _("all"),
}
WHOSE = {
    "": _("mine and nobody’s"),
    "mine": _("mine"),
    "nobody": _("nobody’s"),
    "all": _("everybody’s"),
}
SIZES = {
    "none": _("no finding"),
    "itc": _("isolated tumour cells"),
    "micro": _("micrometastasis"),
    "macro": _("macrometastasis"),
    "unknown": _("size unknown"),
}
YES_NO = {"yes": _("yes"), "no": _("no")}
# What a study in which readers decide on their own tells nothing of.
TELL_FIGURES = ("version", "size")
SAFE_ORDERS = ("date", "patient")


@dataclass(frozen=True)
class Filters:
    """Empty means: no matter. state: not signed yet. whose: mine and nobody’s."""

    order: str = "score"
    state: str = ""
    whose: str = ""
    words: str = ""
    patient: str = ""
    urgent: str = ""
    version: str = ""
    synthetic: str = ""
    size: str = ""
    second: str = ""
    study: str = ""

    @classmethod
    def of(cls, given: Any) -> "Filters":
        """The filters of an address (anything with get); what is none of the choices is dropped."""
        return cls(
            order=_one_of(given.get("order"), ORDERS) or "score",
            state=_one_of(given.get("state"), STATES),
            whose=_one_of(given.get("whose"), WHOSE),
            words=(given.get("q") or "").replace("\0", "").strip()[:MOST_WORDS],
            patient=(given.get("patient") or "").replace("\0", "")[:MOST_WORDS],
            urgent=_one_of(given.get("urgent"), YES_NO),
            version=_number(given.get("version")),
            synthetic=_one_of(given.get("synthetic"), YES_NO),
            size=_one_of(given.get("size"), SIZES),
            second=_one_of(given.get("second"), YES_NO),
            study=_number(given.get("study")),
        )

    @property
    def query(self) -> str:
        """The part of an address after ?, empty where nothing is asked for."""
        return urlencode(self.asked())

    def asked(self) -> dict[str, str]:
        """What differs from the list as it opens, by its name in the address."""
        plain = Filters()
        told = {one.name: getattr(self, one.name) for one in fields(self)}
        asked = {name: said for name, said in told.items() if said != getattr(plain, name)}
        return {("q" if name == "words" else name): said for name, said in asked.items()}

    @property
    def are_set(self) -> bool:
        """True where something is asked for besides the order and the study."""
        return bool(set(self.asked()) - {"order", "study"})

    @property
    def cleared(self) -> "Filters":
        """The same order and study, nothing left out."""
        return Filters(order=self.order, study=self.study)

    def but(self, **changes: str) -> "Filters":
        return replace(self, **changes)


def _one_of(value: str | None, allowed: Any) -> str:
    return value if value and value in allowed else ""


def _number(value: Any) -> str:
    """The id of a row, as it stands in an address; empty where it cannot be one."""
    told = str(value or "")
    return told if told.isascii() and told.isdigit() and len(told) < 19 else ""


# Rows --------------------------------------------------------------------------


@dataclass(frozen=True)
class Scope:
    """What a user's list is of: routine work, or the user's own seats in a study.

    filters: as they are carried out: what would tell a reader who is to decide alone is left out.
    tells_figures: False where the list says nothing of what a model found.
    """

    user: Any
    filters: Filters
    study: Study | None = None
    tells_figures: bool = True

    @cached_property
    def visible(self) -> QuerySet[WorkItem]:
        """Made once: it is most of the work of asking."""
        return visibility.visible_items(self.user)

    def but(self, **changes: str) -> "Scope":
        """The same list with other filters."""
        other = replace(self, filters=self.filters.but(**changes))
        other.__dict__["visible"] = self.visible
        return other


def scope_of(user: Any, filters: Filters) -> Scope:
    study = _study_of(user, filters)
    if _tells_figures(user, study):
        return Scope(user, filters, study)
    order = filters.order if filters.order in SAFE_ORDERS else "date"
    safe = filters.but(order=order, **dict.fromkeys(TELL_FIGURES, ""))
    return Scope(user, safe, study, tells_figures=False)


def _study_of(user: Any, filters: Filters) -> Study | None:
    if not filters.study:
        return None
    return studies_with_work(user).filter(pk=filters.study).first()


def studies_with_work(user: Any) -> QuerySet[Study]:
    own = WorkItem.objects.filter(study=OuterRef("pk"), assigned_to=user.pk)
    return Study.objects.filter(Exists(own))


def _tells_figures(user: Any, study: Study | None) -> bool:
    if study is None or not study.is_unaided_first:
        return True
    return study.state == Study.State.CLOSED or study.adjudicator_id == user.pk


def listed(scope: Scope) -> QuerySet[WorkItem]:
    """The work that was asked for and may be seen, not ordered.

    Routine work, or one's own of a study: what belongs to others in a study is on no list.
    """
    filters, user = scope.filters, scope.user
    rows = scope.visible
    if scope.study:
        rows = rows.filter(study=scope.study, assigned_to=user.pk)
    elif filters.study:
        return rows.none()
    else:
        rows = rows.filter(study=None).filter(_whose(user, filters.whose))
    return rows.filter(_state(filters), _of_the_item(filters), _of_the_slide(user, filters))


def has_work(user: Any) -> bool:
    """Whether anything waits for a reader, routine or in a study."""
    if listed(Scope(user, Filters())).exists():
        return True
    own = visibility.visible_items(user).filter(assigned_to=user.pk, study__state=Study.State.OPEN)
    return own.unsigned().exists()


def _state(filters: Filters) -> Q:
    """What needs a second look is signed: it is shown unless another state is asked for."""
    if filters.state in WorkItem.State.values:
        return Q(state=filters.state)
    if filters.state == "all" or filters.second == "yes":
        return Q()
    return ~Q(state=WorkItem.State.SIGNED)


def _whose(user: Any, whose: str) -> Q:
    """Work of an account that was closed is nobody’s."""
    nobodys = Q(assigned_to=None) | Q(assigned_to__is_active=False)
    return {
        "": Q(assigned_to=user.pk) | nobodys,
        "mine": Q(assigned_to=user.pk),
        "nobody": nobodys,
        "all": Q(),
    }[whose]


def _of_the_item(filters: Filters) -> Q:
    condition = Q()
    if filters.words:
        condition &= Q(name__icontains=filters.words) | Q(patient__icontains=filters.words)
    if filters.patient:
        condition &= Q(patient=filters.patient)
    if filters.urgent:
        condition &= Q(is_urgent=filters.urgent == "yes")
    if filters.size in SIZE_CLASSES:
        condition &= Q(size_class=filters.size)
    elif filters.size:
        condition &= Q(size_class="")
        condition &= Q(finding_count=0) if filters.size == "none" else Q(finding_count__gt=0)
    return condition


def _of_the_slide(user: Any, filters: Filters) -> Q:
    condition = Q()
    if filters.version:
        condition &= Q(prediction__version=filters.version)
    if filters.synthetic:
        condition &= Q(slide__is_synthetic=filters.synthetic == "yes")
    if filters.second:
        needs = Q(pk__in=in_need_of_a_second_look(user))
        condition &= needs if filters.second == "yes" else ~needs
    return condition


def in_need_of_a_second_look(user: Any) -> QuerySet:
    """Numbers of work of which something speaks against what was signed, not answered yet."""
    reviews = visibility.visible_reviews(user)
    return Alarm.objects.filter(answer="", review__in=reviews).values("review__item")


def column_of(order: str) -> tuple[str, bool]:
    """The column that an order goes by, and whether the highest comes first."""
    column = WORK_ORDERS[order]
    return column.removeprefix("-"), column.startswith("-")
