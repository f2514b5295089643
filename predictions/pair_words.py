"""What two versions over the same slides differ in, in plain words of the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, override

from slides.templatetags.stored import told
from slides.templatetags.words import rounded

Words = str | Promise
FIGURES: dict[str, Words] = {
    "slide_auc": gettext_lazy("ROC-AUC of slides"),
    "froc": gettext_lazy("Lesion score (FROC)"),
    "lesion_sensitivity": gettext_lazy("Share of lesions found"),
    "false_per_slide": gettext_lazy("False findings per slide"),
    "recall": gettext_lazy("Recall of a slide’s cells"),
    "precision": gettext_lazy("Precision of a slide’s cells"),
    "specificity": gettext_lazy("Specificity of a slide’s cells"),
    "dice": gettext_lazy("Dice of a slide’s cells"),
    "iou": gettext_lazy("IoU of a slide’s cells"),
    "roc_auc": gettext_lazy("ROC-AUC of a slide’s cells"),
    "pr_auc": gettext_lazy("PR-AUC of a slide’s cells"),
    "fp_per_cm2": gettext_lazy("False-positive cells per cm² of a normal slide"),
}
TESTS: dict[str, Words] = {
    "lesions": gettext_lazy("Lesions found"),
    "slides": gettext_lazy("Slides called rightly"),
    "tumour_slides": gettext_lazy("Tumour slides called"),
    "normal_slides": gettext_lazy("Normal slides not called"),
}
SAID_FIRST = ("slide_auc", "froc", "dice", "false_per_slide")
MINUS = "−"


def english(pair: Mapping[str, Any], first: str, second: str) -> list[str]:
    """The sentences as files keep them."""
    with override("en"):
        return sentences(pair, first, second)


def sentences(pair: Mapping[str, Any], first: str, second: str) -> list[str]:
    """What matters most of a pair, lesions before figures. first, second: names of the versions."""
    names = {"a": first, "b": second}
    lines = [lesion_sentence(pair["lesions"], names), _itc(pair["lesions"], names)]
    lines.append(_false_findings(pair["false_findings"], names))
    for name in SAID_FIRST:
        if line := figure_sentence(name, pair["figures"][name]):
            lines.append(line)
    return [line for line in lines if line]


def lesion_sentence(counts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """What the second finds more and less than the first; names: a and b."""
    if not counts["n"]:
        return told(counts["reason"]) if "reason" in counts else _("No lesion counts here.")
    if not counts["gained"] and not counts["lost"]:
        alike = ngettext(
            "%(b)s finds and misses the same as %(a)s, of %(n)s lesion.",
            "%(b)s finds and misses the same as %(a)s, of %(n)s lesions.",
            counts["n"],
        )
        return alike % {"n": counts["n"], **names}
    return _("%(found)s, and %(lost)s (of %(n)s lesions).") % {
        "found": _gained(counts["gained"], names),
        "lost": _lost(counts["lost"]),
        "n": counts["n"],
    }


def _gained(n: int, names: Mapping[str, str]) -> str:
    if not n:
        return _("%(b)s finds no lesion that %(a)s misses") % names
    many = ngettext(
        "%(b)s finds %(n)s lesion that %(a)s misses",
        "%(b)s finds %(n)s lesions that %(a)s misses",
        n,
    )
    return many % {"n": n, **names}


def _lost(n: int) -> str:
    return ngettext("loses %(n)s", "loses %(n)s", n) % {"n": n} if n else _("loses none")


def _itc(counts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Isolated tumour cells are in no figure, but whoever reads slides wants to know."""
    own = counts["by_size_class"]["itc"]
    if not own["gained"] and not own["lost"]:
        return ""
    return _(
        "Of %(n)s groups of isolated tumour cells, which count in no figure, %(b)s finds "
        "%(gained)s that %(a)s misses, and loses %(lost)s."
    ) % {"n": own["n"], "gained": own["gained"], "lost": own["lost"], **names}


def _false_findings(counts: Mapping[str, Any], names: Mapping[str, str]) -> str:
    if not counts["n"]:
        return ""
    if not counts["first"] and not counts["second"]:
        return _("Neither has a false finding.")
    return _(
        "False findings: %(new)s new, %(gone)s gone (%(a)s %(first)s, %(b)s %(second)s, on %(n)s "
        "slides)."
    ) % {"new": counts["gained"], "gone": counts["lost"], **counts, **names}


# Figures ---------------------------------------------------------------------


def figure_sentence(name: str, figure: Mapping[str, Any]) -> str:
    """A difference with its interval and what that means; empty where there is no figure."""
    if figure["value"] is None:
        return ""
    words = {
        "figure": FIGURES[name],
        "value": signed(figure["value"]),
        "verdict": verdict_words(figure),
    }
    if figure["low"] is None and round(abs(figure["value"]), 3) == 0:
        words["value"] = rounded(figure["second"], 3)
        return _("%(figure)s: %(value)s under both; no interval: %(verdict)s.") % words
    if figure["low"] is None:
        return _("%(figure)s: difference %(value)s; no interval: %(verdict)s.") % words
    return _(
        "%(figure)s: difference %(value)s, 95 %% interval %(low)s to %(high)s: %(verdict)s."
    ) % {**words, "low": signed(figure["low"]), "high": signed(figure["high"])}


def verdict_words(figure: Mapping[str, Any]) -> str:
    verdict = figure["verdict"]
    if verdict == "better":
        return _("better")
    if verdict == "worse":
        return _("worse")
    if verdict == "unclear":
        return _("no clear difference")
    if verdict == "too_few":
        few = ngettext(
            "%(n)s patient is too few to tell",
            "%(n)s patients are too few to tell",
            figure["patients"],
        )
        return few % {"n": figure["patients"]}
    return told(figure.get("interval_reason") or figure.get("reason") or "")


def signed(value: float, digits: int = 3) -> str:
    """A difference with its sign; none on what rounds to 0."""
    size = rounded(abs(value), digits)
    if round(abs(value), digits) == 0:
        return size
    return f"+{size}" if value > 0 else f"{MINUS}{size}"


def mcnemar_words(test: Mapping[str, Any], first: str, second: str) -> str:
    """Of what only one of two gets right, whether it leans to one side more than by chance."""
    if test.get("p") is None:
        return told(test.get("reason", ""))
    if test["p"] >= 0.05:
        return _("no clear difference")
    wins = test["only_second_right"] > test["only_first_right"]
    return _("%(name)s is right more often") % {"name": second if wins else first}
