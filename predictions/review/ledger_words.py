"""What a reader's corrections became, in plain words that claim no more than is known."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from predictions import pair_words
from predictions.review.ledger import Learnt, Ledger
from predictions.review.models import Verdict

REASONS = {
    "test_slide": lambda n: ngettext(
        "%(n)s change is on a test slide, from which nothing is learnt.",
        "%(n)s changes are on test slides, from which nothing is learnt.",
        n,
    ),
    "study": lambda n: ngettext(
        "%(n)s change waits for a blinded study to be closed.",
        "%(n)s changes wait for a blinded study to be closed.",
        n,
    ),
    "review_only": lambda n: ngettext(
        "%(n)s change was kept in its review only, as its reader wished.",
        "%(n)s changes were kept in their reviews only, as their reader wished.",
        n,
    ),
}


def headline(learnt: Learnt, *, is_own: bool) -> str:
    """How many corrections went into a version, and whose."""
    words: dict[str, Any] = {"n": learnt.own, "version": learnt.version.name}
    if is_own:
        first = ngettext(
            "%(version)s learnt from %(n)s correction of yours",
            "%(version)s learnt from %(n)s corrections of yours",
            learnt.own,
        )
    else:
        first = ngettext(
            "%(version)s learnt from %(n)s correction of this reader",
            "%(version)s learnt from %(n)s corrections of this reader",
            learnt.own,
        )
    if not learnt.others:
        return first % words + "."
    others = ngettext("%(n)s of others", "%(n)s of others", learnt.others)
    told = {"first": first % words, "others": others % {"n": learnt.others}}
    return _("%(first)s and from %(others)s.") % told


def effect(learnt: Learnt) -> list[str]:
    """What is different on the test slides, false findings first; nothing where not measured."""
    pair, parent = learnt.pair, learnt.parent
    if pair is None or parent is None:
        return []
    names = {"version": learnt.version.name, "parent": parent.name}
    told = [_over(pair["n"], names)]
    told += [_false_findings(pair["false_findings"], names), _lesions(pair["lesions"], names)]
    for name in ("false_per_slide", "lesion_sensitivity"):
        told.append(pair_words.figure_sentence(name, pair["figures"][name]))
    return [line for line in told if line]


def caution() -> str:
    return _(
        "That is the difference of everything that changed between the two versions: all "
        "corrections, by whomever, and learning anew. It is no proof that any of them caused it."
    )


def _false_findings(counts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    gone, new = counts["lost"], counts["gained"]
    if not counts["first"] and not counts["second"]:
        return _("Neither %(version)s nor %(parent)s has a false finding.") % names
    if not gone and not new:
        return _("%(version)s has the same false findings as %(parent)s.") % names
    words = {"gone": gone, "new": new, "before": counts["first"], "now": counts["second"], **names}
    return (
        _(
            "False findings: %(gone)s are gone, %(new)s are new (%(before)s under %(parent)s, "
            "%(now)s now)."
        )
        % words
    )


def _lesions(counts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if not counts["n"]:
        return _("No lesion counts on these slides.")
    words = {"gained": counts["gained"], "lost": counts["lost"], "n": counts["n"], **names}
    if not counts["gained"] and not counts["lost"]:
        return _("It finds and misses the same of %(n)s lesions.") % words
    return (
        _("Lesions: it finds %(gained)s that %(parent)s misses and loses %(lost)s, of %(n)s.")
        % words
    )


def _over(n: Mapping[str, Any], names: Mapping[str, str]) -> str:
    words = {"slides": n["slides"], "patients": n["patients"], **names}
    return (
        _(
            "%(version)s against its parent %(parent)s, on %(slides)s test slides of %(patients)s "
            "patients:"
        )
        % words
    )


def summary(ledger: Ledger) -> list[str]:
    """How many corrections there are, and where they are."""
    changes, confirmed = len(ledger.changes), len(ledger.confirmed)
    slides = len({one.slide for one in ledger.changes})
    corrections = ngettext("%(n)s correction", "%(n)s corrections", changes) % {"n": changes}
    on_slides = ngettext("on %(n)s slide", "on %(n)s slides", slides) % {"n": slides}
    told = [f"{corrections} {on_slides}."]
    if confirmed:
        words = ngettext(
            "%(n)s finding of the model was confirmed.",
            "%(n)s findings of the model were confirmed.",
            confirmed,
        )
        told.append(words % {"n": confirmed})
    if waiting := len(ledger.waiting):
        words = ngettext("%(n)s is in no dataset yet.", "%(n)s are in no dataset yet.", waiting)
        told.append(words % {"n": waiting})
    return told + kept_words(ledger)


def kept_words(ledger: Ledger) -> list[str]:
    """Changes that became no drawing, and why."""
    return [REASONS[name](n) % {"n": n} for name, n in ledger.kept.items() if name in REASONS]


def kind_words(kind: str, because: str) -> str:
    """What was said of a finding: rejected and why, outline corrected, added."""
    said = dict(Verdict.Kind.choices)[kind]
    reason = dict(Verdict.Because.choices).get(because)
    return f"{said}: {reason}" if reason else str(said)
