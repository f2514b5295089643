"""What a user is told of in the page: assigned, discordant, adjudicated, answered."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.timezone import now
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.review.models import Alarm, Notice


@transaction.atomic
def tell(user: User, kind: str, *, address: str, **facts: Any) -> Notice:
    """Put a notice before a user; call it in the transaction of what it tells of.

    address: the page it leads to. facts: what its sentence is made of, plain JSON: by (who did
    it), slide, study (names), alarm (its kind), text, n (how many slides). One that is still
    unread, of the same kind and address, is brought up to date instead; slides assigned add up.
    """
    row, is_new = Notice.objects.select_for_update().get_or_create(
        user=user, kind=kind, address=address, read_at=None, defaults={"facts": facts}
    )
    if not is_new:
        row.facts = _together(row, facts)
        row.created_at = now()
        row.save(update_fields=["facts", "created_at"])
    return row


def _together(row: Notice, facts: dict[str, Any]) -> dict[str, Any]:
    """The newer facts; of slides that were assigned one after the other, how many there are."""
    if row.kind != Notice.Kind.ASSIGNED:
        return facts
    n = row.facts.get("n", 1) + facts.get("n", 1)
    return {name: value for name, value in facts.items() if name != "slide"} | {"n": n}


def mark_read(user: User, notice: Notice | None = None) -> int:
    """Mark one of a user's notices as read, or all of them; how many were not yet."""
    unread = Notice.objects.filter(user=user, read_at=None)
    if notice is not None:
        unread = unread.filter(pk=notice.pk)
    return unread.update(read_at=now())


def sentence(notice: Notice) -> str:
    """What a notice says, in the language of whoever reads it."""
    return _SENTENCES[notice.kind](_Facts(notice.facts))


class _Facts(dict[str, Any]):
    """Facts of a notice: one that is not there is empty."""

    def __missing__(self, name: str) -> str:
        return ""


def _assigned(facts: _Facts) -> str:
    if facts["slide"]:
        words = (
            _("%(slide)s was assigned to you by %(by)s.")
            if facts["by"]
            else _("%(slide)s was assigned to you.")
        )
        return words % facts
    n = int(facts["n"] or 1)
    told = ngettext("%(n)s slide was assigned to you", "%(n)s slides were assigned to you", n) % {
        "n": n
    }
    if facts["study"]:
        told += _(" in the study %(study)s") % facts
    if facts["by"]:
        told += _(" by %(by)s") % facts
    return f"{told}."


def _discordant(facts: _Facts) -> str:
    kinds = dict(Alarm.Kind.choices)
    return _("%(slide)s, signed by you: %(why)s.") % {
        "slide": facts["slide"],
        "why": kinds.get(facts["alarm"], _("something speaks against it")),
    }


def _adjudicated(facts: _Facts) -> str:
    if facts["study"]:
        return _("%(slide)s was adjudicated in the study %(study)s.") % facts
    return _("%(slide)s was adjudicated.") % facts


def _answered(facts: _Facts) -> str:
    if facts["text"]:
        return _("%(by)s wrote at a pin on %(slide)s: %(text)s") % facts
    return _("%(by)s wrote at a pin on %(slide)s.") % facts


_SENTENCES = {
    Notice.Kind.ASSIGNED: _assigned,
    Notice.Kind.DISCORDANT: _discordant,
    Notice.Kind.ADJUDICATED: _adjudicated,
    Notice.Kind.ANSWERED: _answered,
}
