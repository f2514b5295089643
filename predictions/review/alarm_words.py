"""What an alarm says, in words: what speaks against the review, finding by finding."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions.review.discordance import RULE
from predictions.review.models import Alarm, Verdict
from slides.templatetags.words import decimals

MOST_FINDINGS = 3  # that are told one by one


def why(alarm: Alarm) -> list[str]:
    """Sentences: what it is about first."""
    return _WHY[alarm.kind](alarm.details)


def _second_read(details: Mapping[str, Any]) -> list[str]:
    told = _findings(details)
    if details["is_sure_slide"]:
        score = {"score": decimals(details["slide_score"], 2)}
        told.append(_("The slide’s surest place has %(score)s.") % score)
    return told


def _look_back(details: Mapping[str, Any]) -> list[str]:
    words = {
        "version": details["version"]["name"],
        "threshold": decimals(details["threshold"], 2),
    }
    first = _("%(version)s calls the slide positive at its threshold of %(threshold)s.") % words
    return [first, *_findings(details)]


def _truth_changed(details: Mapping[str, Any]) -> list[str]:
    after = details["after"]
    who = ", ".join(details["by"]) or _("the site")
    words = {"revision": after["revision"], "who": who}
    first = _("Revision %(revision)s of the truth, by %(who)s, is newer than the review.") % words
    before = details["before"]
    had, has = (bool(one and one["tumour_px2"]) for one in (before, after))
    if has and not had:
        return [first, _("It marks tumour; before, none was marked.")]
    if had and not has:
        return [first, _("It marks no tumour; before, some was marked.")]
    return [first]


def _file_changed(details: Mapping[str, Any]) -> list[str]:
    if not details["found"]:
        return [_("The file is gone, or cannot be read.")]
    words = {"signed": details["signed"][:12], "found": details["found"][:12]}
    return [_("Its SHA-256 begins with %(found)s; with %(signed)s when it was signed.") % words]


_WHY = {
    Alarm.Kind.SECOND_READ: _second_read,
    Alarm.Kind.LOOK_BACK: _look_back,
    Alarm.Kind.TRUTH_CHANGED: _truth_changed,
    Alarm.Kind.FILE_CHANGED: _file_changed,
}


def _findings(details: Mapping[str, Any]) -> list[str]:
    found = details["findings"]
    told = [_finding(one) for one in found[:MOST_FINDINGS]]
    rest = len(found) - MOST_FINDINGS
    if rest > 0:
        more = ngettext("%(n)s more finding.", "%(n)s more findings.", rest)
        told.append(more % {"n": rest})
    return told


def _finding(one: Mapping[str, Any]) -> str:
    words: dict[str, Any] = {
        "number": one["number"],
        "confidence": decimals(one["confidence"], 2),
        "judged": _judged(one),
    }
    if one["diameter_um"] is None:
        return _("Finding %(number)s: %(confidence)s, %(judged)s.") % words
    words["size"] = decimals(one["diameter_um"], 0)
    return _("Finding %(number)s: %(confidence)s, %(size)s µm across, %(judged)s.") % words


def _judged(one: Mapping[str, Any]) -> str:
    if one["state"] == "rejected":
        because = dict(Verdict.Because.choices).get(one["because"])
        return _("rejected as %(because)s") % {"because": because} if because else _("rejected")
    return {"open": _("not judged"), "accepted": _("accepted")}.get(one["state"], one["state"])


def rule() -> list[str]:
    """When an alarm is raised, in words."""
    words = {
        "confidence": decimals(RULE.confidence, 2),
        "size": decimals(RULE.diameter_um, 0),
        "score": decimals(RULE.slide_score, 2),
    }
    return [
        _(
            "Signed as negative although the model had a finding of %(confidence)s or more, "
            "%(size)s µm across or larger, that was rejected or left, or any place of %(score)s "
            "or more. Where the version’s threshold is higher, it takes the place of these."
        )
        % words,
        _(
            "Signed as negative, and a version that went live later finds tumour where the reader "
            "judged nothing."
        ),
        _("Somebody else changed the slide’s truth after the review was signed."),
        _("The slide’s file is not the one that was signed."),
    ]
