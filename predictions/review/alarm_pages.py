"""Which alarms are shown and in which order, each with its words, its place and its crop."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from predictions.crops import CROP_PX, window
from predictions.review import alarm_words, alarms
from predictions.review.models import Alarm
from slides.roles import is_admin

STATES = {"open": _("open"), "answered": _("answered"), "all": _("all")}
WHOSE = {"mine": _("on my reviews"), "all": _("on all reviews")}
KIN = (
    *("review__slide", "review__reader", "review__item__study", "review__superseded_by__reader"),
    *("prediction__version", "answered_by", "look_back"),
)


@dataclass(frozen=True)
class Filters:
    """What was asked for; empty means all. alarm: the one that a notice leads to."""

    state: str = "open"
    kind: str = ""
    whose: str = "all"
    look_back: str = ""
    alarm: str = ""
    words: str = ""

    @classmethod
    def of(cls, given: dict[str, str], user: Any) -> "Filters":
        """The filters of a query string; a value that is none of the choices is dropped."""
        alarm = _number(given.get("alarm"))
        own = "all" if is_admin(user) or alarm else "mine"
        return cls(
            state=_one_of(given.get("state"), STATES, "all" if alarm else "open"),
            kind=_one_of(given.get("kind"), Alarm.Kind.values, ""),
            whose=_one_of(given.get("whose"), WHOSE, own),
            look_back=_number(given.get("look_back")),
            alarm=alarm,
            words=given.get("q", "").strip()[:200],
        )

    @property
    def as_query(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})


def _one_of(value: str | None, allowed: Any, otherwise: str) -> str:
    return value if value in allowed and value is not None else otherwise


def _number(value: str | None) -> str:
    return value if value and value.isdecimal() and len(value) < 16 else ""


def listed(filters: Filters, user: Any) -> QuerySet[Alarm]:
    """The alarms that a user may see and asked for, open ones first, then the newest."""
    rows = alarms.visible_alarms(user)
    if filters.alarm:
        rows = rows.filter(pk=filters.alarm)
    if filters.state != "all":
        rows = rows.filter(answer="") if filters.state == "open" else rows.exclude(answer="")
    if filters.kind:
        rows = rows.filter(kind=filters.kind)
    if filters.whose == "mine":
        rows = rows.filter(review__reader=user)
    if filters.look_back:
        rows = rows.filter(look_back=filters.look_back)
    if words := filters.words:
        rows = rows.filter(
            Q(review__slide__name__icontains=words) | Q(review__slide__patient__icontains=words)
        )
    return rows.select_related(*KIN).order_by("-opened_at", "-pk")


def dressed(alarm: Alarm) -> Alarm:
    """An alarm with what its row shows."""
    alarm.why = alarm_words.why(alarm)  # type: ignore[attr-defined]
    alarm.place_address = place_address(alarm)  # type: ignore[attr-defined]
    place = place_of(alarm)
    if place is not None:
        frame = window(tuple(place["box_l0"]), alarm.review.slide.mpp).frame
        alarm.frame = frame  # type: ignore[attr-defined]
        alarm.px = CROP_PX  # type: ignore[attr-defined]
    following = getattr(alarm.review, "superseded_by", None)
    alarm.following = following  # type: ignore[attr-defined]
    return alarm


def place_of(alarm: Alarm) -> dict[str, Any] | None:
    """Where to look: the surest finding, or the largest piece of truth that changed."""
    found = alarm.details.get("findings")
    if found:
        return dict(found[0])
    return alarm.details if "box_l0" in alarm.details else None


def place_address(alarm: Alarm) -> str:
    """The slide's page at the place, under the reading that speaks against the review."""
    address, place = reverse("slide", args=[alarm.review.slide_id]), place_of(alarm)
    if place is None:
        return address
    left, top, right, bottom = window(tuple(place["box_l0"]), alarm.review.slide.mpp).box_l0
    view = {"x": f"{(left + right) / 2:.1f}", "y": f"{(top + bottom) / 2:.1f}"}
    view["w"] = f"{2 * (right - left):.1f}"
    if alarm.prediction_id:
        view["p"] = str(alarm.prediction_id)
    return f"{address}#{urlencode(view)}"
