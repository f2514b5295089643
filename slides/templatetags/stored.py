"""Sentences that rows keep in English, since scripts read them too, in the reader's language."""

import re

from django import template
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

register = template.Library()

# Why a figure or its interval does not exist, and names that rows and files use.
SENTENCES = (
    _("no tumour cell was assessed"),
    _("no cell was called tumour"),
    _("no tumour-free cell was assessed"),
    _("neither tumour nor a call in the assessed cells"),
    _("needs tumour and tumour-free cells"),
    _("this slide holds no tumour: see false positives per cm2"),
    _("the truth is not exhaustive: a call outside its outlines may be tumour"),
    _("the truth holds no tumour"),
    _("counted on slides without tumour only"),
    _("the tissue area or um per px is unknown"),
    _("no slide has an exhaustive truth: a call outside its outlines may be tumour"),
    _("too few patients carry this figure for an interval"),
    _("no normal slide with known tissue area"),
    _("needs slides with and without tumour"),
    _("no such slide in the cohort"),
    _("needs two patients with tumour and two with normal patches"),
    _("no validation patch to take it of"),
    _("too few patients to fit on some and measure on others"),
    *(_("temperature"), _("isotonic")),
    _("this is the accuracy of its confusion matrix, printed as AUC"),
    _("its patch counts cannot be right as printed"),
    _("the slide is not ready"),
    _("no truth: import an annotation, or declare the slide free of tumour"),
    _("no tissue mask: import the slide again"),
    _("no patch holds enough tissue that may be learnt from"),
    *(_("test"), _("unseen"), _("development"), _("all")),
    *(_("training"), _("validation")),
    *(_("without prediction"), _("without truth"), _("seen")),
    *(_("tumour"), _("normal"), _("artefact"), _("ignore")),
)
# Sentences with something in them: how they are stored, and how they are said.
FORMS = (
    (
        re.compile(r"(?P<source>.+), on the scale of (?P<kind>\w+) calibration"),
        _("%(source)s, on the scale of %(kind)s calibration"),
    ),
    (
        re.compile(
            r"lowest threshold with at most (?P<budget>\S+) false positives per mm2 on "
            r"(?P<area>\S+) mm2 \((?P<n>\d+) normal patches\) of (?P<patients>\d+) validation "
            r"patients? \(dataset (?P<dataset>\w+)\)"
        ),
        _(
            "lowest threshold with at most %(budget)s false positives per mm² on %(area)s mm² "
            "(normal patches: %(n)s, validation patients: %(patients)s, dataset %(dataset)s)"
        ),
    ),
    (
        re.compile(
            r"highest threshold with recall of at least (?P<recall>\S+) on (?P<n>\d+) tumour "
            r"patches of (?P<patients>\d+) validation patients? \(dataset (?P<dataset>\w+)\)"
        ),
        _(
            "highest threshold with recall of at least %(recall)s on %(n)s tumour patches "
            "(validation patients: %(patients)s, dataset %(dataset)s)"
        ),
    ),
    (re.compile(r"no slide has it: (?P<reason>.+)"), _("no slide has it: %(reason)s")),
)


@register.filter
def told(sentence: str | None) -> str:
    """A stored sentence in the reader's language; as it is where nobody translated it."""
    if not sentence:
        return ""
    for pattern, form in FORMS:
        if (found := pattern.fullmatch(sentence)) and gettext(form) != form:
            return gettext(form) % {name: told(said) for name, said in found.groupdict().items()}
    return gettext(sentence)
